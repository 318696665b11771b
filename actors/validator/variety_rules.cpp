// Looking up what is known of a key in the rules of its dimension.
#include "actors/validator/variety_rules.hpp"

namespace longwave {

namespace {

bool breaks(const variety_rule& rule, const variety_use& use) noexcept {
  switch (rule.kind) {
    case limit_kind::cooldown_segments: return use.segments_ago && *use.segments_ago <= rule.limit;
    case limit_kind::cooldown_hours: return use.hours_ago && *use.hours_ago < rule.limit;
    case limit_kind::cooldown_uses: return use.uses_ago && *use.uses_ago <= rule.limit;
    case limit_kind::max_per_day: return use.today >= rule.limit;
    case limit_kind::max_per_week: return use.this_week >= rule.limit;
    case limit_kind::max_consecutive: return use.consecutive >= rule.limit;
    case limit_kind::no_immediate_repeat: return use.uses_ago == 1;
  }
  return false;
}

} // namespace

std::string_view to_string(limit_kind k) noexcept {
  switch (k) {
    case limit_kind::cooldown_segments: return "cooldown_segments";
    case limit_kind::cooldown_hours: return "cooldown_hours";
    case limit_kind::cooldown_uses: return "cooldown_uses";
    case limit_kind::max_per_day: return "max_per_day";
    case limit_kind::max_per_week: return "max_per_week";
    case limit_kind::max_consecutive: return "max_consecutive";
    case limit_kind::no_immediate_repeat: return "no_immediate_repeat";
  }
  return "";
}

const variety_rule* broken_rule(std::string_view dimension, const variety_use& use) noexcept {
  for (const variety_rule& rule : variety_rules)
    if (rule.dimension == dimension && breaks(rule, use)) return &rule;
  return nullptr;
}

} // namespace longwave
