// Three terms over one text, and the issues that a person should look at.
#include "actors/validator/engagement.hpp"

#include "messages/ascii_case.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <functional>
#include <unordered_set>
#include <utility>

namespace longwave {

namespace {

using namespace std::string_view_literals;

/// Words that carry a feeling.
constexpr auto feelings = std::to_array<std::string_view>(
  {"aching", "afraid", "alone", "amazed", "angry", "beautiful", "beloved", "bitter", "blessed", "brave", "broken",
   "calm", "careful", "cheer", "cheerful", "comfort", "comforting", "courage", "cried", "cry", "crying", "curious",
   "danger", "dangerous", "darling", "dear", "delight", "desperate", "dread", "eager", "enjoy", "excited", "faith",
   "fear", "fearless", "fierce", "fine", "forgive", "forgiven", "friend", "friends", "frightened", "fun", "funny",
   "gentle", "glad", "good", "grateful", "grief", "grin", "happy", "hard", "hate", "haunted", "heart",
   "heartbreak", "home", "hope", "hopeful", "hoping", "horror", "hug", "hurt", "joy", "kind", "kindness", "laugh",
   "laughed", "laughing", "lonely", "lonesome", "lost", "love", "loved", "lovely", "luck", "lucky", "mad", "mercy",
   "miss", "missed", "nervous", "nice", "nightmare", "pain", "panic", "patient", "peace", "pity", "please",
   "pleased", "precious", "pride", "promise", "proud", "quiet", "sad", "safe", "scared", "scream", "shame",
   "shiver", "shy", "sigh", "silly", "smile", "smiled", "smiling", "soft", "sorrow", "sorry", "stubborn",
   "surprise", "surprised", "surprises", "sweet", "tears", "tender", "terrible", "terrified", "thank", "thankful",
   "thanks", "thrilled", "tired", "trouble", "trust", "ugly", "upset", "warm", "warmth", "weary", "weep",
   "whisper", "wish", "wonder", "wonderful", "worried", "worry", "wrong"});

/// Words that speak for oneself or to somebody.
constexpr auto address = std::to_array<std::string_view>(
  {"folks", "friend", "friends", "i", "i'd", "i'll", "i'm", "i've", "listeners", "me", "mine", "my", "our", "ours",
   "us", "we", "we'll", "we're", "we've", "you", "you'll", "you're", "you've", "your", "yours"});

/// A list that is asked for every word of a run.
class word_table {
public:
  template <std::size_t Size>
  explicit word_table(const std::array<std::string_view, Size>& words) : words_(words.begin(), words.end()) {
    for (const auto word : words) begins_[begin_of(word)] |= bit_of(word.size());
  }

  bool contains(std::string_view word) const {
    return (begins_[begin_of(word)] & bit_of(word.size())) != 0 && words_.contains(word);
  }

private:
  static std::size_t begin_of(std::string_view word) { return static_cast<unsigned char>(word.front()); }
  static std::uint32_t bit_of(std::size_t length) { return 1u << std::min<std::size_t>(length, 31); }

  std::unordered_set<std::string_view> words_;
  /// By its first byte, which lengths a listed word has: most words need no hash.
  std::array<std::uint32_t, 256> begins_{};
};

const word_table& feeling_words() {
  static const word_table table(feelings);
  return table;
}

const word_table& address_words() {
  static const word_table table(address);
  return table;
}

struct sentence_facts {
  std::size_t count = 0;
  std::size_t moved = 0;
};

struct text_facts {
  /// The text in lower case with straight apostrophes; `words` point into it.
  std::string lower;
  std::vector<std::string_view> words;
  sentence_facts sentences;
};

/// For every byte: lower case where it is an ASCII letter, and whether it belongs to a word.
struct byte_facts {
  char lower = 0;
  bool in_word = false;
};

constexpr auto all_bytes = [] {
  std::array<byte_facts, 256> all{};
  for (std::size_t i = 0; i < all.size(); ++i) {
    const char c = ascii_lower(static_cast<char>(i));
    all[i] = {c, (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '\'' || i >= 0x80};
  }
  return all;
}();

const byte_facts& byte_facts_of(char c) { return all_bytes[static_cast<unsigned char>(c)]; }

std::string lower_with_straight_apostrophes(std::string_view text) {
  std::string lower(text.size(), '\0');
  std::size_t size = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\xe2' && text.substr(i, 3) == "\xe2\x80\x99"sv) {
      lower[size++] = '\'';
      i += 2;
    } else {
      lower[size++] = byte_facts_of(text[i]).lower;
    }
  }
  lower.resize(size);
  return lower;
}

/// Words in lower case, and how many sentences have something that moves.
void look_at(std::string_view text, text_facts& facts) {
  facts.lower = lower_with_straight_apostrophes(text);
  facts.words.reserve(facts.lower.size() / 5);
  const std::string_view lower = facts.lower;
  const auto& moving = feeling_words();
  std::size_t begin = 0;
  bool open = false, moved = false;
  for (std::size_t i = 0; i <= lower.size(); ++i) {
    const char c = i < lower.size() ? lower[i] : '\n';
    if (byte_facts_of(c).in_word) {
      open = true;
      continue;
    }
    if (i > begin) {
      facts.words.push_back(lower.substr(begin, i - begin));
      moved = moved || moving.contains(facts.words.back());
    }
    begin = i + 1;
    if (c == '!' || c == '?') moved = moved || open;
    if (c != '.' && c != '!' && c != '?' && c != '\n') continue;
    if (std::exchange(open, false)) {
      ++facts.sentences.count;
      facts.sentences.moved += moved;
    }
    moved = false;
  }
}

double rounded(double value) { return std::round(std::clamp(value, 0.0, 1.0) * 1'000) / 1'000; }

std::string_view kind_of(const violation& v) {
  if (v.category == "voice" || v.category == "tone") return "voice";
  if (v.category == "temporal" || v.category == "lore" || v.category == "regional" || v.category == "weather")
    return "lore";
  if (v.category == "format") return "format";
  if (v.category == "variety") return "pacing";
  return "quality";
}

double voice_term(const std::vector<violation>& violations, const text_facts& facts, const engagement_numbers& n,
                  std::vector<review_issue>& issues) {
  double term = 1;
  for (const auto& v : violations)
    if (kind_of(v) == "voice")
      term -= v.level == severity::critical  ? n.critical_costs
              : v.level == severity::quality ? n.quality_costs
                                             : n.warning_costs;
  const auto& spoken_words = address_words();
  const auto spoken = static_cast<double>(std::count_if(facts.words.begin(), facts.words.end(),
                                                        [&](const auto w) { return spoken_words.contains(w); }));
  const double share = facts.words.empty() ? 0 : spoken / static_cast<double>(facts.words.size());
  if (share < n.address_share) {
    term -= n.nobody_costs * (1 - share / n.address_share);
    issues.push_back({"voice", "address", "the text hardly speaks to anybody"});
  }
  return term;
}

double variety_term(const std::vector<violation>& violations, const std::vector<std::string>& flags,
                    const text_facts& facts, const engagement_numbers& n, std::vector<review_issue>& issues) {
  double term = 1;
  for (const auto& flag : flags) {
    const bool repeats = flag == "opening" || flag == "identical" || flag == "near_duplicate";
    term -= repeats ? n.repetition_costs : n.flag_costs;
    const auto known = std::any_of(violations.begin(), violations.end(),
                                   [&](const auto& v) { return v.category == "variety" && v.rule == flag; });
    if (!known) issues.push_back({"pacing", flag, "variety flag " + flag});
  }
  const auto looked_at = std::min(facts.words.size(), n.words_looked_at);
  // As numbers: sorting words costs more than everything else here.
  std::vector<std::size_t> first(looked_at);
  std::transform(facts.words.begin(), facts.words.begin() + static_cast<std::ptrdiff_t>(looked_at), first.begin(), std::hash<std::string_view>{});
  std::sort(first.begin(), first.end());
  const auto distinct = std::unique(first.begin(), first.end()) - first.begin();
  const double share = looked_at == 0 ? 0 : static_cast<double>(distinct) / static_cast<double>(looked_at);
  if (share < n.distinct_share) {
    term -= std::min(n.monotony_costs, (n.distinct_share - share) / 0.2 * n.monotony_costs);
    issues.push_back({"quality", "distinct_words", "the same words come again and again"});
  }
  return term;
}

double emotion_term(const text_facts& facts, const engagement_numbers& n, std::vector<review_issue>& issues) {
  if (facts.sentences.count == 0) return 0;
  const double share = static_cast<double>(facts.sentences.moved) / static_cast<double>(facts.sentences.count);
  if (share < n.moved_share / 2)
    issues.push_back({"pacing", "emotion", "few sentences carry a feeling, a question or an exclamation"});
  return share / n.moved_share;
}

constexpr std::string_view low_engagement = "engagement_low";

/// What the next attempt is told: each term that is short, with what it got.
std::string complaint(const engagement& e, const engagement_numbers& n) {
  const auto points = [](double value) {
    char digits[16];
    std::snprintf(digits, sizeof digits, "%.3f", value);
    return std::string(digits);
  };
  std::string text = "The text hardly engages (" + points(e.score) + " of at least " + points(n.review_from) + ")";
  // The line of the whole is asked of each term too.
  if (e.voice < n.approved_from) text += "; speak to your listeners, as yourself (" + points(e.voice) + ")";
  if (e.variety < n.approved_from) text += "; say what was not said before, in other words (" + points(e.variety) + ")";
  if (e.emotion < n.approved_from) text += "; move somebody (" + points(e.emotion) + ")";
  return text + ".";
}

/// What is gravest for a listener comes first.
std::string gravest(const std::vector<review_issue>& issues) {
  for (const char* kind : {"lore", "voice", "format", "pacing"})
    if (std::any_of(issues.begin(), issues.end(), [&](const auto& i) { return i.kind == kind; })) return kind;
  return "quality";
}

} // namespace

std::string_view to_string(review_folder f) noexcept {
  return f == review_folder::approved ? "approved" : f == review_folder::review ? "review" : "rejected";
}

bool is_review_issue(std::string_view name) noexcept {
  return std::find(review_issues.begin(), review_issues.end(), name) != review_issues.end();
}

engagement engagement_of(std::string_view text, const std::vector<violation>& violations,
                         const std::vector<std::string>& flags, const engagement_numbers& n) {
  text_facts facts;
  look_at(text, facts);
  engagement e;
  bool critical = false;
  for (const auto& v : violations) {
    critical = critical || v.level == severity::critical;
    e.issues.push_back({std::string(kind_of(v)), v.rule, v.message});
  }
  e.voice = rounded(voice_term(violations, facts, n, e.issues));
  e.variety = rounded(variety_term(violations, flags, facts, n, e.issues));
  e.emotion = rounded(emotion_term(facts, n, e.issues));
  e.score = rounded(n.voice_weight * e.voice + n.variety_weight * e.variety + n.emotion_weight * e.emotion);
  e.folder = e.score >= n.approved_from ? review_folder::approved
             : e.score >= n.review_from ? review_folder::review
                                        : review_folder::rejected;
  if (critical && e.folder == review_folder::approved) e.folder = review_folder::review;
  e.kind = gravest(e.issues);
  return e;
}

engagement engagement_of(const segment_record& r, const engagement_numbers& n) {
  return engagement_of(r.text, r.violations, r.variety.flags, n);
}

void judge_engagement(verdict& found, std::string_view text, const engagement_numbers& n) {
  if (!found.accepted()) return;
  const auto e = engagement_of(text, found.violations, found.variety.flags, n);
  if (e.folder != review_folder::rejected) return;
  found.engaging = false;
  found.digest.reset();
  found.violations.push_back({std::string(low_engagement), "engagement", severity::quality, complaint(e, n), ""});
}

} // namespace longwave
