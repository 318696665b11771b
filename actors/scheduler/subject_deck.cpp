// Seeded shuffles, one a round.
#include "actors/scheduler/subject_deck.hpp"

#include "messages/random.hpp"

#include <numeric>
#include <utility>

namespace longwave {

std::vector<std::uint32_t> subject_deck::shuffled(std::uint64_t number) const {
  std::vector<std::uint32_t> order(size_);
  std::iota(order.begin(), order.end(), 0u);
  random_stream draw(seed_, 0, 0, purpose_ + "/" + std::to_string(number));
  for (std::size_t i = size_; i > 1; --i) std::swap(order[i - 1], order[draw.below(i)]);
  return order;
}

const subject_deck::dealt_round& subject_deck::round(std::uint64_t number) const {
  for (const auto& r : rounds_) {
    if (r.number == number) return r;
  }
  dealt_round made{number, shuffled(number)};
  // With three or more subjects a swap of the first two leaves the last alone: the round before needs no fixing here.
  if (number > 0 && size_ > 2 && shuffled(number - 1).back() == made.order[0]) {
    std::swap(made.order[0], made.order[1]);
  }
  if (rounds_.size() >= 2) rounds_.erase(rounds_.begin());
  rounds_.push_back(std::move(made));
  return rounds_.back();
}

std::size_t subject_deck::at(std::uint64_t k) const {
  if (size_ <= 2) return size_ == 0 ? 0 : static_cast<std::size_t>(k % size_);
  return round(k / size_).order[k % size_];
}

} // namespace longwave
