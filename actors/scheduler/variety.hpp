// Script patterns and catch-phrases: what a segment uses so that it does not sound like its neighbours (domain 9).
#pragma once

#include "messages/segment.hpp"
#include "messages/verdict.hpp"

#include <nlohmann/json_fwd.hpp>

#include <array>
#include <cstdint>
#include <string>
#include <vector>

namespace longwave {

/// Remembers the last pattern of each type and the use of catch-phrases. Plain value, no thread of its own.
class variety_table {
public:
  variety_table(std::uint64_t seed, std::vector<std::string> catchphrases)
    : seed_(seed), phrases_(std::move(catchphrases)), used_today_(phrases_.size(), 0) {}

  /// One of "a".."d", not the one that the last accepted segment of this type had. Pure in state and arguments.
  std::string structure(segment_type type, std::uint64_t seq) const;
  /// A catch-phrase for about six segments in ten, none of the last three and none more than three times a day; else
  /// empty.
  std::string catchphrase(segment_type type, std::uint64_t seq, int day) const;
  std::string last_structure(segment_type type) const;
  /// Newest first, at most five.
  std::vector<std::string> recent_catchphrases() const;

  /// A segment was accepted; `mark` says what it really used (null: as planned).
  void used(const segment_plan& plan, segment_type type, const variety_mark* mark);

  /// The one piece, "variety".
  nlohmann::json piece() const;
  /// The same appended as compact JSON with sorted names: every accepted segment changes it.
  void append_piece(std::string& out) const;
  /// Throws nlohmann::json::exception when the piece is malformed.
  void load(const nlohmann::json& piece);

private:
  std::uint64_t seed_;
  std::vector<std::string> phrases_;
  /// By segment type; empty before the first.
  std::array<std::string, 7> last_{};
  /// Places in `phrases_`, newest last, at most five.
  std::vector<std::size_t> recent_;
  int day_ = 0;
  std::vector<int> used_today_;
};

} // namespace longwave
