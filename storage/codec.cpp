// Sealing and unsealing of stored values with xxh3-64.
#include "storage/codec.hpp"

#include <xxhash.h>

#include <cstdint>
#include <cstring>

namespace longwave::storage {

seal_header seal(std::string_view payload) noexcept {
  seal_header header;
  header[0] = codec_version;
  // The version is the hash's seed: a flipped version byte cannot turn one valid envelope into another.
  XXH64_canonical_t canonical;
  XXH64_canonicalFromHash(&canonical, XXH3_64bits_withSeed(payload.data(), payload.size(), codec_version));
  std::memcpy(header.data() + 1, canonical.digest, sizeof canonical.digest);
  return header;
}

std::string sealed(std::string_view payload) {
  const auto header = seal(payload);
  std::string value(header.data(), header.size());
  value += payload;
  return value;
}

result<std::string_view> unseal(std::string_view value, std::string_view key) {
  const auto damaged = [&](std::string why) {
    return failure{error_code::store_damaged, "the store is damaged", std::string(key) + ": " + std::move(why),
                   "save what is sound with `longwave repair DIR --to DIR2`"};
  };
  constexpr auto header_size = std::tuple_size_v<seal_header>;
  if (value.size() < header_size) return damaged("value of " + std::to_string(value.size()) + " bytes is too short");
  if (value.front() != codec_version)
    return damaged("unknown value format " + std::to_string(static_cast<unsigned char>(value.front())));
  const auto payload = value.substr(header_size);
  const auto expected = seal(payload);
  if (std::memcmp(expected.data(), value.data(), header_size) != 0) return damaged("checksum does not match");
  return payload;
}

} // namespace longwave::storage
