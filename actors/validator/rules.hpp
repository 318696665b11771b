// All rules over one text, in the order of domain 6.1: critical ones first, then quality, then warnings.
#pragma once

#include "actors/validator/repetition.hpp"
#include "messages/profile.hpp"
#include "messages/segment.hpp"
#include "messages/verdict.hpp"

#include <memory>
#include <string>
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

/// What the window shall remember of an accepted text: the same as `verdict.digest`, for whoever has a text that was not
/// accepted by the rules.
/// @param mark  the mark that `judge_text` gave
recent_text digest_text(const rule_context& context, const segment_plan& plan, const std::string& text,
                        const variety_mark& mark);

} // namespace longwave
