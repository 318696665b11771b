// Randomness as a value: the same words in, the same numbers out, on every machine and after every restart.
#pragma once

#include <cstdint>
#include <string_view>

namespace longwave {

/// A short stream of pseudo-random numbers for one purpose of one segment.
///
/// contract 8.20: randomness = hash(seed, segment, drafts rejected so far, purpose). There is no running generator
/// anywhere in the program: pauses, crashes and the number of workers cannot shift a stream.
class random_stream {
public:
  /// @param seed     the run's seed
  /// @param segment  1-based sequence number; 0 for what belongs to the whole run
  /// @param rejected drafts of this segment that were rejected so far
  /// @param purpose  what the numbers are for ("weather", "opening"); part of the hash
  random_stream(std::uint64_t seed, std::uint64_t segment, std::uint64_t rejected, std::string_view purpose) noexcept;

  /// The next 64 bits (splitmix64).
  std::uint64_t next() noexcept {
    state_ += 0x9e3779b97f4a7c15ull;
    std::uint64_t z = state_;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ull;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebull;
    return z ^ (z >> 31);
  }

  /// A whole number in [0, bound). `bound` 0 gives 0.
  std::uint64_t below(std::uint64_t bound) noexcept {
    if (bound == 0) return 0;
    // Lemire's multiply-and-shift; its bias is below 2^-32 for the bounds used here (pool sizes, counts).
    return static_cast<std::uint64_t>((static_cast<unsigned __int128>(next()) * bound) >> 64);
  }

  /// A fraction in [0, 1).
  double fraction() noexcept { return static_cast<double>(next() >> 11) * 0x1.0p-53; }

  /// True with the given probability (0..1).
  bool chance(double probability) noexcept { return fraction() < probability; }

private:
  std::uint64_t state_;
};

} // namespace longwave
