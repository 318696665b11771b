// splitmix64 over an FNV-1a start value; both are published, portable algorithms.
#include "messages/random.hpp"

namespace longwave {

namespace {

constexpr std::uint64_t fnv_offset = 14695981039346656037ull;
constexpr std::uint64_t fnv_prime = 1099511628211ull;

std::uint64_t mix(std::uint64_t h, std::uint64_t word) noexcept {
  for (int i = 0; i < 8; ++i) {
    h ^= (word >> (8 * i)) & 0xff;
    h *= fnv_prime;
  }
  return h;
}

} // namespace

random_stream::random_stream(std::uint64_t seed, std::uint64_t segment, std::uint64_t rejected,
                             std::string_view purpose) noexcept
  : state_(mix(mix(mix(fnv_offset, seed), segment), rejected)) {
  for (unsigned char c : purpose) {
    state_ ^= c;
    state_ *= fnv_prime;
  }
}

} // namespace longwave
