// What the last ten accepted segments said: openings, topics and types, for hints and continuity (domain 4).
#pragma once

#include "messages/segment.hpp"
#include "messages/verdict.hpp"

#include <nlohmann/json_fwd.hpp>

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace longwave {

/// A ring of ten; each place is a piece of its own, so that a segment rewrites one of them only.
class session_memory {
public:
  static constexpr std::size_t capacity = 10;

  /// Excerpts that a prompt gets, and the bytes of each (domain 4: last 3 scripts cut to 200 characters).
  static constexpr std::size_t told_excerpts = 3;
  static constexpr std::size_t excerpt_bytes = 200;

  /// A segment was accepted.
  /// @param excerpt  keep how its text begins, for prompts
  /// @return name of the piece that changed, "memory/<place>"
  std::string remember(const segment_plan& plan, segment_type type, const std::string* text, const variety_mark* mark,
                       bool excerpt = false);

  /// What the last three segments said, oldest first: "day 2, 07:00, gossip: Morning, folks ...". One line each.
  std::vector<std::string> excerpts() const;

  /// Newest first.
  std::vector<std::string> recent_openings() const;
  /// Newest first, each once, at most five.
  std::vector<std::string> recent_topics() const;

  std::vector<std::string> piece_names() const;
  nlohmann::json piece(const std::string& name) const;
  /// The same appended as compact JSON with sorted names; "null" for an empty place.
  void append_piece(std::string& out, std::string_view name) const;
  /// Throws nlohmann::json::exception when the piece is malformed.
  void load(const std::string& name, const nlohmann::json& piece);
  /// For `inspect world`, oldest first.
  nlohmann::json view() const;

private:
  struct memory {
    /// 0 = empty place.
    std::uint64_t seq = 0;
    segment_type type = segment_type::gossip;
    std::string opening;
    std::vector<std::string> topics;
    std::string structure;
    /// "day 2, 07:00, gossip: ..."; empty where no prompt asks for it.
    std::string excerpt;
  };

  std::vector<const memory*> newest_first() const;
  static void append_json(std::string& out, const memory& m);

  std::array<memory, capacity> ring_{};
};

} // namespace longwave
