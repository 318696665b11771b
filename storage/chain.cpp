// SHA-256 by OpenSSL's EVP interface, with one digest context a thread.
#include "storage/chain.hpp"

#include <openssl/evp.h>

#include <array>
#include <initializer_list>
#include <memory>
#include <new>

namespace longwave::storage {

namespace {

struct context_deleter {
  void operator()(EVP_MD_CTX* context) const noexcept { EVP_MD_CTX_free(context); }
};

std::string digest_hex(std::initializer_list<std::string_view> parts) {
  // Fetching the algorithm and making a context cost more than hashing a record, so both are kept.
  thread_local const std::unique_ptr<EVP_MD_CTX, context_deleter> context(EVP_MD_CTX_new());
  static EVP_MD* const algorithm = EVP_MD_fetch(nullptr, "SHA256", nullptr);
  if (!context || algorithm == nullptr || EVP_DigestInit_ex(context.get(), algorithm, nullptr) != 1)
    throw std::bad_alloc(); // OpenSSL fails here only when it cannot get memory
  for (auto part : parts) EVP_DigestUpdate(context.get(), part.data(), part.size());
  std::array<unsigned char, 32> digest{};
  EVP_DigestFinal_ex(context.get(), digest.data(), nullptr);
  constexpr char hex[] = "0123456789abcdef";
  std::string text;
  text.reserve(2 * digest.size());
  for (auto byte : digest) {
    text += hex[byte >> 4];
    text += hex[byte & 15];
  }
  return text;
}

} // namespace

std::string sha256_hex(std::string_view bytes) {
  return digest_hex({bytes});
}

std::string chain_hash(std::string_view prev_hash, std::string_view canonical) {
  return digest_hex({prev_hash, "\n", canonical});
}

void link_record(segment_record& record, std::string_view prev_hash) {
  record.prev_hash = prev_hash;
  record.hash = chain_hash(prev_hash, canonical_json(record));
}

} // namespace longwave::storage
