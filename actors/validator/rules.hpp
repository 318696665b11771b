// All rules over one text, in the order of domain 6.1: critical ones first, then quality, then warnings.
#pragma once

#include "actors/validator/repetition.hpp"
#include "messages/profile.hpp"
#include "messages/segment.hpp"
#include "messages/verdict.hpp"

#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace longwave {

struct compiled_rules;

/// The word lists of a run, compiled once. Immutable, cheap to copy, usable from any number of threads.
struct rule_context {
  /// @param places  further places that texts may be about, besides the well-known ones of the profile's region
  explicit rule_context(const dj_profile& profile, const std::vector<std::string>& places = {});
  /// For story runs: no DJ, so only format, error shape and repetition are judged.
  rule_context();

  const compiled_rules& compiled() const noexcept { return *compiled_; }

private:
  std::shared_ptr<const compiled_rules> compiled_;
};

/// Judges a text against its plan and against what was said before. Never throws for any bytes; < 60 us for 150 words.
///
/// The violations stand in the order of their tiers. `verdict.variety` holds what the text really uses.
verdict judge_text(const rule_context& context, const segment_plan& plan, const std::string& text,
                   const repetition_window& window);

/// Keys "location:<name>" and "faction:<name>" that a text at this time should leave in peace: used within their
/// cool-down, the home region and the station excepted.
std::vector<std::string> resting_keys(const rule_context& context, const repetition_window& window, int day, int hour);

/// The same keys for all places and factions that a text names, each once.
std::vector<std::string> named_keys(const rule_context& context, std::string_view text);

/// What the window shall remember of an accepted text: the same as `verdict.digest`, for whoever has a text that was not
/// accepted by the rules.
/// @param mark  the mark that `judge_text` gave
recent_text digest_text(const rule_context& context, const segment_plan& plan, const std::string& text,
                        const variety_mark& mark);

} // namespace longwave
