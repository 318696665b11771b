// Rumours: which are going around, how far each has come, and which one a segment tells (domain 4).
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

/// The rumours that are alive, at most forty.
///
/// A rumour moves from rumor over spreading and confirmed to resolved, one step when it is told on a later day than the
/// step before; told as resolved it leaves the list, as it does when nobody told it for seven days. Subjects are not
/// used twice before all were used. Not safe for use by several threads at a time.
class gossip_tracker {
public:
  /// @param expected_a_day rumours told a day, from which the number of live ones follows
  gossip_tracker(std::uint64_t seed, const std::vector<topic_list>& topics, double expected_a_day);

  /// The rumour for segment `seq` of broadcast day `day`. Pure in state and arguments.
  /// @param rests  says of a subject that it should wait: taken only when there is no other; empty = none should
  gossip_topic pick(std::uint64_t seq, int day, const std::function<bool(const std::string&)>& rests = {}) const;

  /// A rumour was really told.
  void told(const gossip_topic& topic, std::uint64_t seq, int day);
  /// A day begins: rumours that nobody told for seven days are dropped.
  void begin_day(int day);

  /// Names of pieces that changed ("gossip", "gossip/<id>"), cleared by the call.
  std::vector<std::string> take_changed();
  std::vector<std::string> piece_names() const;
  /// A piece as JSON; null when it is gone.
  nlohmann::json piece(const std::string& name) const;
  /// The same piece appended as compact JSON with sorted names; "null" when it is gone. What a commit stores.
  void append_piece(std::string& out, std::string_view name) const;
  /// Takes a saved piece back. Throws nlohmann::json::exception when it is malformed.
  void load(const std::string& name, const nlohmann::json& piece);

  /// For `inspect world`: live ones, counts and the last resolved.
  nlohmann::json view() const;

private:
  struct live_rumour {
    std::uint64_t number = 0;
    std::size_t subject = 0;
    int stage = 0;
    int stage_day = 0;
    int mentions = 0;
    std::uint64_t last_seq = 0;
    int last_day = 0;
  };

  gossip_topic topic_of(std::uint64_t number, std::size_t subject, int stage) const;
  bool is_live(std::size_t subject) const noexcept;
  std::uint64_t next_number(const std::function<bool(const std::string&)>& rests) const;

  std::uint64_t seed_;
  /// All subjects, each with its category.
  std::vector<std::pair<std::string, std::string>> subjects_;
  subject_deck deck_;
  std::size_t live_limit_;
  std::vector<live_rumour> live_;
  /// Steps of the deck that were dealt.
  std::uint64_t drawn_ = 0;
  /// Steps among them that were passed over because their subject rested, oldest first.
  std::vector<std::uint64_t> postponed_;
  std::uint64_t resolved_ = 0;
  std::uint64_t faded_ = 0;
  /// Subjects of the last five that were resolved, oldest first.
  std::vector<std::string> last_resolved_;
  std::vector<std::string> changed_;
};

} // namespace longwave
