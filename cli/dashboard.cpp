// Hashes of the page's inline parts, and its headers.
#include "cli/dashboard.hpp"

#include <openssl/evp.h>
#include <openssl/sha.h>

namespace longwave::cli {

namespace {

std::string base64_sha256(std::string_view text) {
  unsigned char digest[SHA256_DIGEST_LENGTH];
  SHA256(reinterpret_cast<const unsigned char*>(text.data()), text.size(), digest);
  unsigned char encoded[4 * ((SHA256_DIGEST_LENGTH + 2) / 3) + 1];
  const int length = EVP_EncodeBlock(encoded, digest, SHA256_DIGEST_LENGTH);
  return {reinterpret_cast<const char*>(encoded), static_cast<std::size_t>(length)};
}

/// " 'sha256-...'" for each element of this name, which the page writes without attributes.
std::string hashes_of(std::string_view page, const std::string& element) {
  const auto open = "<" + element + ">", close = "</" + element + ">";
  std::string hashes;
  for (auto from = page.find(open); from != std::string_view::npos; from = page.find(open, from)) {
    from += open.size();
    const auto to = page.find(close, from);
    if (to == std::string_view::npos) break;
    hashes += " 'sha256-" + base64_sha256(page.substr(from, to - from)) + "'";
  }
  return hashes.empty() ? " 'none'" : hashes;
}

} // namespace

std::string content_security_policy(std::string_view page) {
  return "default-src 'none'; script-src" + hashes_of(page, "script") + "; style-src" + hashes_of(page, "style") +
         "; img-src data:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
}

http_reply dashboard_reply() {
  static const std::string policy = content_security_policy(dashboard_page());
  http_reply reply;
  reply.content_type = "text/html; charset=utf-8";
  reply.body = std::string(dashboard_page());
  reply.headers = {{"Content-Security-Policy", policy},
                   {"Referrer-Policy", "no-referrer"},
                   {"X-Frame-Options", "DENY"},
                   {"Cross-Origin-Opener-Policy", "same-origin"},
                   {"Cross-Origin-Resource-Policy", "same-origin"}};
  return reply;
}

} // namespace longwave::cli
