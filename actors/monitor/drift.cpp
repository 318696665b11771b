// Words and phrases as hashes, windows as queues.
#include "actors/monitor/drift.hpp"

#include "actors/monitor/ratio.hpp"
#include "actors/monitor/word_hashes.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <utility>

namespace longwave {

namespace {

using nlohmann::ordered_json;

constexpr std::uint32_t hash_start = 2166136261u;
constexpr std::uint32_t hash_factor = 16777619u;

/// Of the distinct words or phrases of a text, how many the window before it had.
struct share_count {
  std::uint32_t distinct = 0;
  std::uint32_t known = 0;

  void count(std::uint32_t last, std::uint32_t now) {
    if (last == now) return;
    ++distinct;
    known += last != 0;
  }
  double share() const { return distinct == 0 ? 0 : static_cast<double>(known) / distinct; }
};

template <class List, class Pick>
double mean_over(const List& list, Pick pick) {
  double sum = 0;
  for (const auto& entry : list) sum += pick(entry);
  return sum / static_cast<double>(list.size());
}

ordered_json figures_json(const std::optional<drift_figures>& f) {
  if (!f) return nullptr;
  return {{"novelty", four_decimals(f->novelty)},
          {"phrase_reuse", four_decimals(f->phrase_reuse)},
          {"pass_rate", four_decimals(f->pass_rate)},
          {"first_attempt_pass_rate", four_decimals(f->first_attempt_pass_rate)},
          {"segment_s", four_decimals(f->segment_s)}};
}

} // namespace

segment_drift::segment_drift(bool validated, drift_limits limits)
    : limits_(limits), validated_(validated), words_(static_cast<std::uint32_t>(limits.window)),
      phrases_(static_cast<std::uint32_t>(limits.window)) {}

void segment_drift::add_text(const segment_record& record) {
  std::vector<std::uint32_t> text;
  text.reserve(record.text.size() / 4);
  for_each_word_hash(record.text, [&](std::uint64_t word) { text.push_back(static_cast<std::uint32_t>(word)); });
  if (text.empty()) return;
  const bool window_is_full = texts_ >= limits_.window;
  ++texts_;
  share_count words, phrases;
  for (const auto word : text) words.count(words_.note(word, texts_), texts_);
  for (std::size_t i = 0; i + limits_.phrase_words <= text.size(); ++i) {
    std::uint32_t hash = hash_start;
    for (std::size_t k = 0; k < limits_.phrase_words; ++k) hash = (hash ^ text[i + k]) * hash_factor;
    if ((hash >> 16) % limits_.one_phrase_in == 0) phrases.count(phrases_.note(hash, texts_), texts_);
  }
  if (!window_is_full) return;
  samples_.push_back({1 - words.share(), phrases.share(), static_cast<double>(record.generation_ms) / 1'000});
  if (samples_.size() > limits_.window) samples_.pop_front();
  sampled_ = std::min(sampled_ + 1, 2 * limits_.window);
}

void segment_drift::add(const segment_record& record) {
  const bool accepted = record.status == record_status::accepted;
  if (accepted) add_text(record);
  const auto& outcomes = record.attempt_outcomes;
  if (validated_ && (accepted || (!outcomes.empty() && outcomes.back() == "rejected"))) {
    verdicts_.push_back({accepted, accepted && outcomes.empty()});
    if (verdicts_.size() > limits_.window) verdicts_.pop_front();
    judged_ = std::min(judged_ + 1, 2 * limits_.window);
  }
  fill_baseline();
}

void segment_drift::fill_baseline() {
  const auto now = recent();
  if (!now) return;
  if (sampled_ == limits_.window && !baseline_.novelty) {
    baseline_.novelty = now->novelty;
    baseline_.phrase_reuse = now->phrase_reuse;
    baseline_.segment_s = now->segment_s;
  }
  if (judged_ == limits_.window && !baseline_.pass_rate) {
    baseline_.pass_rate = now->pass_rate;
    baseline_.first_attempt_pass_rate = now->first_attempt_pass_rate;
  }
}

void segment_drift::leap() {
  texts_ = 0;
  words_.clear();
  phrases_.clear();
  samples_.clear();
  verdicts_.clear();
}

std::optional<drift_figures> segment_drift::baseline() const {
  if (!baseline_.novelty && !baseline_.pass_rate) return std::nullopt;
  return baseline_;
}

std::optional<drift_figures> segment_drift::recent() const {
  drift_figures f;
  if (samples_.size() == limits_.window) {
    f.novelty = mean_over(samples_, [](const auto& s) { return s.novelty; });
    f.phrase_reuse = mean_over(samples_, [](const auto& s) { return s.reuse; });
    f.segment_s = mean_over(samples_, [](const auto& s) { return s.seconds; });
  }
  if (verdicts_.size() == limits_.window) {
    f.pass_rate = mean_over(verdicts_, [](const auto& v) { return v.passed ? 1.0 : 0.0; });
    f.first_attempt_pass_rate = mean_over(verdicts_, [](const auto& v) { return v.at_once ? 1.0 : 0.0; });
  }
  if (!f.novelty && !f.pass_rate) return std::nullopt;
  return f;
}

std::vector<std::string> segment_drift::signs() const {
  std::vector<std::string> out;
  const auto now = recent();
  if (!now) return out;
  if (sampled_ == 2 * limits_.window && now->novelty && baseline_.novelty) {
    if (*now->novelty < *baseline_.novelty * (1 - limits_.novelty_loss)) out.emplace_back("novelty");
    if (*now->phrase_reuse > *baseline_.phrase_reuse + limits_.reuse_gain) out.emplace_back("phrase_reuse");
  }
  if (judged_ == 2 * limits_.window && now->pass_rate && baseline_.pass_rate) {
    if (*now->pass_rate < *baseline_.pass_rate - limits_.pass_loss) out.emplace_back("pass_rate");
    if (*now->first_attempt_pass_rate < *baseline_.first_attempt_pass_rate - limits_.at_once_loss)
      out.emplace_back("first_attempt_pass_rate");
  }
  return out;
}

nlohmann::ordered_json drift_view(const segment_drift& drift, const segment_trend& trend) {
  ordered_json signs = drift.signs();
  if (trend.trend() == "slowing") signs.push_back("slowdown");
  return {{"window", drift.limits().window},
          {"baseline", figures_json(drift.baseline())},
          {"recent", figures_json(drift.recent())},
          {"signs", std::move(signs)}};
}

std::vector<status_warning> drift_warnings(const segment_drift& drift) {
  std::vector<status_warning> list;
  const auto now = drift.recent(), first = drift.baseline();
  const auto say = [&](const char* what, const std::optional<double>& then, const std::optional<double>& here) {
    char text[160];
    std::snprintf(text, sizeof text, "%s: %.1f %% over the last %zu segments, %.1f %% at the start of the run", what,
                  here.value_or(0) * 100, drift.limits().window, then.value_or(0) * 100);
    return std::string(text);
  };
  for (const auto& sign : drift.signs()) {
    const drift_figures& then = *first;
    std::string message;
    if (sign == "novelty") message = say("texts bring fewer new words", then.novelty, now->novelty);
    if (sign == "phrase_reuse") message = say("more phrases are said again", then.phrase_reuse, now->phrase_reuse);
    if (sign == "pass_rate") message = say("fewer segments pass validation", then.pass_rate, now->pass_rate);
    if (sign == "first_attempt_pass_rate")
      message = say("fewer first drafts pass validation", then.first_attempt_pass_rate, now->first_attempt_pass_rate);
    list.push_back({"drift_" + sign, std::move(message), ""});
  }
  return list;
}

} // namespace longwave
