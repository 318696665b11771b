// News: which category and subject a bulletin has, and how sure its wording is (domain 4).
#pragma once

#include "actors/scheduler/subject_deck.hpp"
#include "messages/pack.hpp"
#include "messages/segment.hpp"

#include <nlohmann/json_fwd.hpp>

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace longwave {

/// "confirmed", "solid reports", "according to reports", "word is" or "rumor has it", by confidence 0..1.
std::string_view news_wording(double confidence) noexcept;

/// Chooses categories by the region's weights, never one of the last two, and deals each category's subjects in turn.
/// Not safe for use by several threads at a time.
class news_desk {
public:
  news_desk(std::uint64_t seed, std::string_view region, const std::vector<topic_list>& topics);

  /// The item for segment `seq`. Pure in state and arguments.
  /// @param rests  says of a subject that it should wait: its category is passed over while another has a free one
  news_topic pick(std::uint64_t seq, const std::function<bool(const std::string&)>& rests = {}) const;
  /// An item was really told.
  void told(const news_topic& topic);

  /// The one piece, "news".
  nlohmann::json piece() const;
  /// Throws nlohmann::json::exception when the piece is malformed.
  void load(const nlohmann::json& piece);

private:
  struct category {
    std::string name;
    double confidence = 0;
    double weight = 0;
    std::vector<std::string> subjects;
    subject_deck deck;
    std::uint64_t drawn = 0;
  };

  std::uint64_t seed_;
  std::vector<category> categories_;
  /// The last two categories told, newest last.
  std::vector<std::string> recent_;
};

} // namespace longwave
