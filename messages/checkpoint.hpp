// A named point of a run that can be listed, inspected and resumed from.
#pragma once

#include "messages/segment.hpp"

#include <nlohmann/json_fwd.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace longwave {

enum class checkpoint_kind { hourly, daily, weekly, pause, stop, end, manual };

std::string_view to_string(checkpoint_kind k) noexcept;
std::optional<checkpoint_kind> parse_checkpoint_kind(std::string_view text) noexcept;

/// The small record that lies in its segment's batch (contract 8.18).
struct checkpoint_record {
  /// "checkpoint_day<D>_hour<H>_seg<N>" plus "_<kind>" for all but hourly ones; unique in a run.
  std::string id;
  checkpoint_kind kind = checkpoint_kind::hourly;
  /// Last committed segment at this point; 0 = before the first.
  std::uint64_t seq = 0;
  slot_position position;
  /// RFC 3339 UTC.
  std::string at;
  /// Chain head at `seq`.
  std::string head;
};

/// Compact, with sorted names: a checkpoint an hour is one a segment where an hour has one.
void append_json(std::string& out, const checkpoint_record& c);
void to_json(nlohmann::json& j, const checkpoint_record& c);
void from_json(const nlohmann::json& j, checkpoint_record& c);

/// Builds the id from its parts.
std::string checkpoint_id(const slot_position& position, std::uint64_t seq, checkpoint_kind kind);

} // namespace longwave
