// What is made before the judge reads: option values to segments, and the rules' part of a verdict.
#include "actors/validator/judge_batch.hpp"

#include "actors/attempt_order.hpp"
#include "actors/validator/engagement.hpp"
#include "actors/validator/judge.hpp"
#include "actors/validator/rules.hpp"
#include "actors/validator/story_similarity.hpp"

#include <algorithm>
#include <charconv>

namespace longwave {

std::optional<int> parse_judge_batch(std::string_view value) noexcept {
  if (value == "off") return 1;
  if (value == "hour") return 0;
  int drafts = 0;
  const auto [end, ec] = std::from_chars(value.data(), value.data() + value.size(), drafts);
  if (ec != std::errc() || end != value.data() + value.size() || drafts < 2 || drafts > judge_batch_limits{}.drafts)
    return std::nullopt;
  return drafts;
}

bool judges_in_batches(const run_config& config) noexcept { return parse_judge_batch(config.judge_batch).value_or(1) != 1; }

std::uint64_t last_drafted_before(const run_config& config, std::uint64_t seq, bool made_before) noexcept {
  std::uint64_t last = seq;
  const auto drafts = parse_judge_batch(config.judge_batch).value_or(1);
  if (drafts != 1) {
    const auto per_hour = static_cast<std::uint64_t>(std::max(config.segments_per_hour, 1));
    if (!made_before) last = drafts == 0 ? (seq + per_hour - 1) / per_hour * per_hour : seq + static_cast<std::uint64_t>(drafts) - 1;
  } else if (config.speculate) {
    last = seq + 1;
  }
  if (const auto planned = config.planned_segments()) last = std::max(seq, std::min(last, *planned));
  return last;
}

bool engagement_counts(const run_config& config) noexcept {
  return config.kind == run_kind::broadcast && config.validation_enabled && config.validation_mode != "llm";
}

verdict first_reading(const attempt_order& order, const draft& answer) {
  const auto& config = *order.setup->config;
  const auto& text = answer.text;
  verdict v = judge_text(*order.setup->rules, *order.plan, text, *order.window);
  for (const auto& piece : answer.removed)
    v.violations.push_back({"not_spoken", "format", severity::warning, "This stood around the script and was taken out.", piece});
  if (!config.validation_enabled) {
    v.violations.clear(); // marks of use are still needed; judging is switched off
    v.story_told = true;
  }
  keep_for_mode(v, config.validation_mode);
  if (engagement_counts(config)) judge_engagement(v, text);
  if (order.stories && order.plan->skeleton) {
    v.similarity = observe_similarity(core_of(*order.plan->skeleton), word_set_of(text), *order.stories);
    if (config.dedup_enabled && v.similarity->signal == "HIGH")
      v.violations.insert(v.violations.begin(), duplicate_story(*v.similarity));
  }
  return v;
}

} // namespace longwave
