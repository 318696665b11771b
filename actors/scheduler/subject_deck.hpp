// A deck of subjects: dealt in a seeded order, none twice before all were dealt.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace longwave {

/// The k-th subject of an endless deal over `size` subjects. Only k has to be remembered; the order of each round
/// follows from the seed. Not safe for use by several threads at a time.
class subject_deck {
public:
  /// @param purpose names the deck; decks of different names are independent
  subject_deck(std::uint64_t seed, std::string purpose, std::size_t size)
    : seed_(seed), purpose_(std::move(purpose)), size_(size) {}

  std::size_t size() const noexcept { return size_; }

  /// Index of the subject dealt at step k, from 0; 0 for an empty deck. A round never begins with the last of the one
  /// before.
  std::size_t at(std::uint64_t k) const;

private:
  struct dealt_round {
    std::uint64_t number = 0;
    std::vector<std::uint32_t> order;
  };

  const dealt_round& round(std::uint64_t number) const;
  std::vector<std::uint32_t> shuffled(std::uint64_t number) const;

  std::uint64_t seed_;
  std::string purpose_;
  std::size_t size_;
  /// The last two rounds that were looked at.
  mutable std::vector<dealt_round> rounds_;
};

} // namespace longwave
