// Feedback from violations; sentences for a model, not for a log.
#include "actors/retry/feedback.hpp"

#include "messages/ascii_case.hpp"

#include <algorithm>
#include <array>
#include <string_view>
#include <vector>

namespace longwave {

namespace {

struct guidance {
  std::vector<std::string_view> signs;
  std::string_view line;
};

// domain 5, "one de-duplicated guidance line per family found in the messages"
const std::array<guidance, 6>& families() {
  static const std::array<guidance, 6> table{{
    {{"temporal", "year"}, "Time: name no date or event beyond what you can know."},
    {{"faction", "forbidden"}, "Lore: do not mention the forbidden factions or topics at all."},
    {{"tone", "voice"}, "Voice: keep to your own voice and tone."},
    {{"regional", "location"}, "Place: stay with your own region and its places."},
    {{"story_incorporation"}, "Story: tell what happens in the planned beat and name who is in it."},
    {{"engagement_low"}, "Engagement: speak to somebody, and let a question, a feeling or a surprise be in it."},
  }};
  return table;
}

bool is_answer_at_fault(const failed_attempt& failed) noexcept {
  const auto c = failed.outcome;
  return c == outcome_class::rejected || (c == outcome_class::incomplete && failed.cut_by_length) ||
         c == outcome_class::empty || c == outcome_class::loop || c == outcome_class::refused;
}

std::string_view advice_for(const failed_attempt& failed) noexcept {
  switch (failed.outcome) {
    // A server that died in the middle says nothing about the text: only a full token limit asks for less.
    case outcome_class::incomplete:
      return failed.cut_by_length ? "The answer was cut off before its end; write less and finish it." : "";
    case outcome_class::empty: return "The answer held no script; write the spoken text and nothing else.";
    case outcome_class::loop: return "The answer repeated itself; say each thing once.";
    case outcome_class::refused: return "The request was declined; keep to harmless everyday matters.";
    default: return {};
  }
}

bool shows_any(const violation& v, const std::vector<std::string_view>& signs) {
  const std::string text = ascii_lower(v.category + ' ' + v.rule + ' ' + v.message);
  return std::any_of(signs.begin(), signs.end(),
                     [&](std::string_view sign) { return text.find(sign) != std::string::npos; });
}

} // namespace

std::string feedback_block(const attempt_state& state) {
  const auto last = std::find_if(state.history.rbegin(), state.history.rend(),
                                 [](const failed_attempt& f) { return is_answer_at_fault(f); });
  if (last == state.history.rend()) return {};
  std::vector<const violation*> told;
  for (const violation& v : last->violations)
    if (v.level != severity::warning) told.push_back(&v);
  const std::string_view advice = advice_for(*last);
  if (told.empty() && advice.empty()) return {};

  std::string block = "Attempt " + std::to_string(last->attempt);
  block += " could not be used. Write it anew and correct this:\n";
  if (!advice.empty()) block += "- " + std::string(advice) + '\n';
  for (const violation* v : told) block += "- " + v->message + '\n';
  for (const guidance& family : families()) {
    const bool found =
      std::any_of(told.begin(), told.end(), [&](const violation* v) { return shows_any(*v, family.signs); });
    if (found) block += std::string(family.line) + '\n';
  }
  return block;
}

} // namespace longwave
