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
  std::uint64_t next() noexcept;

  /// A whole number in [0, bound). `bound` 0 gives 0.
  std::uint64_t below(std::uint64_t bound) noexcept;

  /// A fraction in [0, 1).
  double fraction() noexcept;

  /// True with the given probability (0..1).
  bool chance(double probability) noexcept { return fraction() < probability; }

private:
  std::uint64_t state_;
};

} // namespace longwave
