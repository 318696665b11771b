// The point table of narrative weight.
#include "actors/scheduler/narrative_weight.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <span>

namespace longwave {

namespace {

constexpr narrative_rules narrative_numbers;

constexpr std::array<std::string_view, 13> trivial_words{"collect",   "gather", "fetch", "retrieve", "find",
                                                         "pick up",   "deliver", "talk to", "return to",
                                                         "simple",    "minor",  "small", "easy"};
constexpr std::array<std::string_view, 16> significant_words{
  "main quest", "legendary", "critical", "major",  "epic",   "save",  "destroy",  "defend",  "war",
  "battle",     "defeat",    "rescue",   "betray", "reveal", "final", "ultimate"};
constexpr std::array<std::string_view, 9> major_factions{"brotherhood of steel", "ncr",         "caesars legion",
                                                         "enclave",              "institute",   "railroad",
                                                         "minutemen",            "free states", "responders"};
constexpr std::array<std::string_view, 5> heavy_themes{"sacrifice", "betrayal", "redemption", "war", "survival"};
constexpr std::array<std::string_view, 3> rejecting_words{"daily", "repeatable", "tutorial"};

/// Lower case, everything but letters and digits as one space, a space at either end: whole words can be searched as
/// " word ". Apostrophes, straight or curly, vanish. UTF-8 punctuation (the block that begins with E2: dashes, curly
/// quotes) separates like its ASCII kin.
std::string word_line(std::string_view text) {
  std::string out = " ";
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto c = static_cast<unsigned char>(text[i]);
    const bool punctuation = c == 0xE2 && i + 2 < text.size();
    const bool apostrophe = c == '\'' || (punctuation && (text.substr(i, 3) == "\u2019" || text.substr(i, 3) == "\u2018"));
    if (punctuation) i += 2;
    if (apostrophe) continue;
    if ((c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 0x80 && !punctuation))
      out += static_cast<char>(c);
    else if (c >= 'A' && c <= 'Z')
      out += static_cast<char>(c + 32);
    else if (out.back() != ' ')
      out += ' ';
  }
  if (out.back() != ' ') out += ' ';
  return out;
}

bool has_word(const std::string& line, std::string_view word) {
  return line.find(" " + std::string(word) + " ") != std::string::npos;
}

std::vector<std::string> words_in(const std::string& line, std::span<const std::string_view> words) {
  std::vector<std::string> found;
  for (auto w : words)
    if (has_word(line, w)) found.emplace_back(w);
  return found;
}

/// Major factions among names that a record lists: the whole name, with or without an article.
std::vector<std::string> listed_in(const std::vector<std::string>& names, std::span<const std::string_view> known) {
  std::vector<std::string> found;
  for (auto k : known) {
    const bool there = std::any_of(names.begin(), names.end(), [&](const std::string& n) {
      return has_word(word_line(n), k);
    });
    if (there) found.emplace_back(k);
  }
  return found;
}

/// A sum that starts at the table's start and keeps account of itself.
class account {
public:
  void add(std::string name, int points, std::vector<std::string> evidence) {
    if (points == 0) return;
    tenths_ += points;
    terms_.push_back({std::move(name), points / 10.0, std::move(evidence)});
  }

  /// As many times `each` as there is evidence, at most `limit` (which has the sign of `each`).
  void add_each(std::string name, int each, int limit, std::vector<std::string> evidence) {
    const int points = each * static_cast<int>(evidence.size());
    add(std::move(name), each < 0 ? std::max(points, limit) : std::min(points, limit), std::move(evidence));
  }

  int close() {
    const int bounded = std::clamp(tenths_, narrative_numbers.least, narrative_numbers.most);
    if (bounded != tenths_) terms_.push_back({"clamp", (bounded - tenths_) / 10.0, {"1 to 10"}});
    return bounded;
  }

  std::vector<narrative_term> take() { return std::move(terms_); }

private:
  int tenths_ = 0;
  std::vector<narrative_term> terms_;
};

int points_of_acts(std::size_t acts) {
  if (acts >= 7) return narrative_numbers.acts_seven_or_more;
  if (acts >= 5) return narrative_numbers.acts_five_or_six;
  if (acts >= 3) return narrative_numbers.acts_three_or_four;
  return acts == 2 ? 0 : narrative_numbers.acts_one_or_none;
}

int points_of_conflict(double mean) {
  // A mean of tenths may fall short of its own value by one bit.
  constexpr double hair = 1e-9;
  if (mean >= 0.8 - hair) return narrative_numbers.conflict_high;
  if (mean >= 0.6 - hair) return narrative_numbers.conflict_middle;
  return mean <= 0.3 + hair ? narrative_numbers.conflict_low : 0;
}

std::string two_decimals(double value) {
  char text[32];
  std::snprintf(text, sizeof text, "%.2f", value);
  return text;
}

} // namespace

narrative_input narrative_input_of(const story_record& story) {
  narrative_input in;
  in.title = story.title;
  in.summary = story.summary;
  in.content_type = story.content_type;
  in.factions = story.factions;
  in.themes = story.themes;
  in.acts = story.acts.size();
  double sum = 0;
  for (const auto& act : story.acts) sum += act.conflict_level;
  if (!story.acts.empty()) in.mean_conflict = sum / static_cast<double>(story.acts.size());
  return in;
}

narrative_weight weigh_narrative(const narrative_input& story) {
  const std::string line = word_line(story.title + " " + story.summary);
  account sum;
  sum.add("start", narrative_numbers.start, {});
  sum.add_each("trivial", narrative_numbers.trivial_word, narrative_numbers.trivial_limit, words_in(line, trivial_words));

  sum.add_each("significant", narrative_numbers.significant_word, narrative_numbers.significant_limit,
               words_in(line, significant_words));
  sum.add_each("factions", narrative_numbers.faction, narrative_numbers.faction_limit,
               story.factions ? listed_in(*story.factions, major_factions) : words_in(line, major_factions));
  sum.add("acts", points_of_acts(story.acts), {std::to_string(story.acts)});
  if (story.mean_conflict)
    sum.add("conflict", points_of_conflict(*story.mean_conflict), {two_decimals(*story.mean_conflict)});
  const std::string type = word_line(story.content_type);
  sum.add("content_type", type == " quest " ? narrative_numbers.quest : type == " event " ? narrative_numbers.event : 0, {story.content_type});
  sum.add_each("themes", narrative_numbers.theme, narrative_numbers.theme_limit, listed_in(story.themes, heavy_themes));

  narrative_weight out;
  const int tenths = sum.close();
  out.weight = tenths / 10.0;
  out.category = tenths <= narrative_numbers.trivial_to       ? "trivial"
                 : tenths <= narrative_numbers.minor_to       ? "minor"
                 : tenths <= narrative_numbers.significant_to ? "significant"
                                                  : "epic";
  out.tier = tenths >= narrative_numbers.epic_tier_from    ? "epic"
             : tenths >= narrative_numbers.major_tier_from ? "major"
             : tenths >= narrative_numbers.minor_tier_from ? "minor"
                                               : "filler";
  out.terms = sum.take();
  const auto rejecting = words_in(line, rejecting_words);
  if (!rejecting.empty()) out.rejected_by = rejecting.front();
  return out;
}

bool heavy_enough(double weight, timeline line) noexcept {
  return std::lround(weight * 10) >= narrative_numbers.timeline_from[static_cast<std::size_t>(line)];
}

timeline timeline_for(double weight) noexcept {
  timeline best = timeline::daily;
  for (timeline line : all_timelines)
    if (heavy_enough(weight, line)) best = line;
  return best;
}

} // namespace longwave
