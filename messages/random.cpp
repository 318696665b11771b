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

std::uint64_t random_stream::next() noexcept {
  state_ += 0x9e3779b97f4a7c15ull;
  std::uint64_t z = state_;
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ull;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebull;
  return z ^ (z >> 31);
}

std::uint64_t random_stream::below(std::uint64_t bound) noexcept {
  if (bound == 0) return 0;
  // Lemire's multiply-and-shift; its bias is below 2^-32 for the bounds used here (pool sizes, counts).
  return static_cast<std::uint64_t>((static_cast<unsigned __int128>(next()) * bound) >> 64);
}

double random_stream::fraction() noexcept {
  return static_cast<double>(next() >> 11) * 0x1.0p-53;
}

} // namespace longwave
