// Which four-digit numbers are years: telephone numbers, quantities and titles look alike.
#include "actors/validator/temporal.hpp"

#include <algorithm>
#include <array>
#include <optional>
#include <string>

namespace longwave {

namespace {

constexpr std::string_view category = "temporal";

/// A title is short; longer quotations are speech and may place something in time.
constexpr std::size_t max_title_words = 10;
constexpr std::size_t max_plain_title_words = 8;

template <std::size_t N>
bool any_of(const std::array<std::string_view, N>& list, std::string_view text) {
  return std::find(list.begin(), list.end(), text) != list.end();
}

/// "2500 caps" is a quantity ...
constexpr auto units = std::to_array<std::string_view>({
  "caps",   "cap",    "feet",    "foot",    "ft",      "miles",  "mile",    "yards",   "meters",  "metres",
  "inches", "pounds", "pound",   "lbs",     "tons",    "acres",  "gallons", "liters",  "rounds",  "bullets",
  "shells", "people", "souls",   "men",     "women",   "folks",  "head",    "hours",   "rads",    "degrees",
  "khz",    "mhz",    "hertz",   "kilohertz", "megahertz", "volts", "watts", "dollars", "bottles", "boxes",
  "crates", "bricks", "barrels", "percent", "steps",   "times",
});

/// ... unless a word before it says when: "in 2281 people left".
constexpr auto time_words = std::to_array<std::string_view>({
  "in", "since", "until", "till", "before", "after", "during", "year", "circa", "spring", "summer", "autumn", "fall",
  "winter", "january", "february", "march", "april", "may", "june", "july", "august", "september", "october",
  "november", "december",
});

/// "locker 2204" is a label.
constexpr auto label_words = std::to_array<std::string_view>({
  "number", "no", "room", "unit", "model", "serial", "locker", "frequency", "channel", "code", "extension", "box",
  "badge", "terminal", "route", "vault", "flight", "lot", "suite", "apartment", "engine", "dial", "call",
});

constexpr auto year_prefixes = std::to_array<std::string_view>({"mid", "pre", "post", "late", "early", "since"});

bool is_year(const word_list& words, std::size_t i, const temporal_limits& limits, int& value) {
  const std::string_view digits = words.folded(i);
  const bool decade = digits.size() == 5 && digits.back() == 's';
  if (digits.size() != 4 && !decade) return false;
  value = 0;
  for (char c : digits.substr(0, 4)) {
    if (c < '0' || c > '9') return false;
    value = value * 10 + (c - '0');
  }
  return value >= limits.first_year && value <= limits.last_year;
}

/// True when words i and i + 1 form one group: hyphen always, point, slash and en dash between digits only.
bool chained(const word_list& words, std::size_t i) {
  if (i + 1 >= words.size()) return false;
  const std::string_view gap = words.gap(i);
  if (gap == "-" || gap == "\u2010" || gap == "\u2011") return true;
  const bool digits = words[i].number && words[i + 1].number;
  return digits && (gap == "." || gap == "/" || gap == "\u2013");
}

struct chain {
  std::size_t first = 0;
  std::size_t last = 0;
  std::size_t size() const noexcept { return last - first + 1; }
};

chain chain_around(const word_list& words, std::size_t i) {
  chain c{i, i};
  while (c.first > 0 && chained(words, c.first - 1)) --c.first;
  while (chained(words, c.last)) ++c.last;
  return c;
}

bool has_digits(const word_list& words, const chain& c) {
  for (std::size_t i = c.first; i <= c.last; ++i)
    if (words[i].number) return true;
  return false;
}

bool short_number(const word_list& words, std::size_t i) {
  return words[i].number && words.folded(i).size() <= 2;
}

/// Dates, ranges and words like "mid-2281" are years although they are joined to something.
bool chain_is_year(const word_list& words, const chain& c, std::size_t year, const temporal_limits& limits) {
  int ignored = 0;
  if (c.size() == 2) {
    const std::size_t other = year == c.first ? c.last : c.first;
    if (words[other].number) return short_number(words, other) || is_year(words, other, limits, ignored);
    if (other < year && any_of(year_prefixes, words.folded(other))) return true;
    return !has_capital(words.raw(other)) && !any_of(units, words.folded(other));
  }
  if (c.size() == 3 && year == c.first) return short_number(words, year + 1) && short_number(words, year + 2);
  if (c.size() == 3 && year == c.last) return short_number(words, year - 1) && short_number(words, year - 2);
  return false;
}

/// True when the number stands next to other digits as telephone numbers do: "555 2281", "304-555-APP (2773)".
bool beside_digits(const word_list& words, std::size_t i) {
  if (i > 0) {
    const std::string_view gap = words.gap(i - 1);
    const chain before = chain_around(words, i - 1);
    if ((gap == " " || gap == " (" || gap == "(") && before.size() > 1 && has_digits(words, before)) return true;
    if (gap == " " && words[i - 1].number && words.folded(i - 1).size() >= 3) return true;
  }
  return i + 1 < words.size() && words.gap(i) == " " && words[i + 1].number && words.folded(i + 1).size() >= 3;
}

bool is_quantity_or_label(const word_list& words, std::size_t i) {
  const std::uint32_t begin = words[i].begin;
  if (begin > 0 && (words.text()[begin - 1] == '$' || words.text()[begin - 1] == '#')) return true;
  if (i > 0 && any_of(time_words, words.folded(i - 1))) return false;
  if (i > 0 && any_of(label_words, words.folded(i - 1))) return true;
  const std::string_view gap = words.gap(i);
  return i + 1 < words.size() && gap == " " && any_of(units, words.folded(i + 1));
}

// Quotations.

struct quotation {
  std::size_t begin = 0;
  std::size_t end = 0;
};

bool is_space(char c) { return c == ' ' || c == '\n' || c == '\t' || c == '\r'; }
bool is_alnum(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || static_cast<signed char>(c) < 0;
}

/// All closed quotations, inner ones first. Straight quotes are told apart by what stands around them.
std::vector<quotation> quotations_of(std::string_view text) {
  struct open_quote {
    char32_t closes;
    std::size_t begin;
  };
  std::vector<open_quote> open;
  std::vector<quotation> found;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t start = at;
    const char32_t c = next_code_point(text, at);
    char32_t closes = 0;
    if (c == 0x201C) closes = 0x201D;
    if (c == 0x2018) closes = 0x2019;
    if (c == 0xAB) closes = 0xBB;
    if (c == U'"' || c == U'\'') {
      const char before = start > 0 ? text[start - 1] : ' ';
      const char after = at < text.size() ? text[at] : ' ';
      const bool leading = is_space(before) || before == '(' || before == '[' || before == '-' || before == '"';
      if (leading && !is_space(after)) closes = c;
      if (c == U'\'' && is_alnum(before) && is_alnum(after)) continue;  // an apostrophe
    }
    if (closes != 0) {
      open.push_back({closes, at});
      continue;
    }
    if (c != U'"' && c != U'\'' && c != 0x201D && c != 0x2019 && c != 0xBB) continue;
    const auto match = std::find_if(open.rbegin(), open.rend(), [c](const open_quote& o) { return o.closes == c; });
    if (match == open.rend()) continue;
    found.push_back({match->begin, start});
    open.erase(match.base() - 1, open.end());
  }
  return found;
}

/// A quotation around the whole script is a wrapper, not a title.
bool wraps_all(std::string_view text, const quotation& q) {
  // Bytes of other quotation marks count as no letters here.
  const auto is_alnum = [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
  };
  const auto letters_in = [&](std::size_t from, std::size_t to) {
    const std::string_view part = text.substr(from, to - from);
    return std::any_of(part.begin(), part.end(), is_alnum);
  };
  return !letters_in(0, q.begin) && !letters_in(q.end, text.size());
}

/// Titles are short; every long word has a capital, or nothing in it ends a sentence or clause.
bool is_title(std::string_view content) {
  const word_list words(content);
  if (words.empty() || words.spoken_count() > max_title_words) return false;
  const auto capitalised = [&](std::size_t i) {
    return has_capital(words.raw(i)) || (words.raw(i)[0] >= '0' && words.raw(i)[0] <= '9');
  };
  bool title_case = capitalised(0);
  for (std::size_t i = 1; i < words.size() && title_case; ++i)
    title_case = words.folded(i).size() <= 3 || capitalised(i);
  if (title_case) return true;
  return words.spoken_count() <= max_plain_title_words && content.find_first_of(".,!?;:") == std::string_view::npos;
}

std::optional<std::string_view> title_around(std::string_view text, std::size_t begin, std::size_t end) {
  for (const quotation& q : quotations_of(text)) {
    if (begin < q.begin || end > q.end || wraps_all(text, q)) continue;
    const std::string_view content = text.substr(q.begin, q.end - q.begin);
    if (is_title(content)) return content;
  }
  return std::nullopt;
}

std::string around(const word_list& words, const chain& c) {
  const std::size_t first = c.first >= 2 ? c.first - 2 : 0;
  const std::size_t last = std::min(c.last + 2, words.size() - 1);
  return std::string(words.span(first, last - first + 1));
}

void add_once(std::vector<violation>& out, violation v) {
  const bool known = std::any_of(out.begin(), out.end(), [&](const violation& o) {
    return o.rule == v.rule && o.message == v.message;
  });
  if (!known) out.push_back(std::move(v));
}

} // namespace

void judge_years(const word_list& words, const temporal_limits& limits, std::vector<violation>& out) {
  for (std::size_t i = 0; i < words.size(); ++i) {
    int year = 0;
    if (!is_year(words, i, limits, year)) continue;
    const bool beyond = limits.cutoff_year > 0 && year > limits.cutoff_year;
    const bool below = limits.year_min > 0 && year < limits.year_min;
    if (!beyond && !below) continue;
    const chain c = chain_around(words, i);
    const auto title = title_around(words.text(), words[i].begin, words[i].end);
    const bool number_group = c.size() > 1 ? !chain_is_year(words, c, i, limits) : beside_digits(words, i);
    const std::string name = std::to_string(year);
    if (title || number_group || is_quantity_or_label(words, i)) {
      add_once(out, {"year_doubtful", std::string(category), severity::warning,
                     "The number " + name + " may be a year outside this DJ's knowledge.",
                     title ? std::string(*title) : around(words, c)});
    } else if (beyond) {
      add_once(out, {"year_beyond_cutoff", std::string(category), severity::critical,
                     "The year " + name + " lies after " + std::to_string(limits.cutoff_year) +
                       ", the last year this DJ can know.",
                     std::string(words.raw(i))});
    } else {
      add_once(out, {"year_below_min", std::string(category), severity::critical,
                     "The year " + name + " lies before " + std::to_string(limits.year_min) +
                       ", the first year this DJ speaks of.",
                     std::string(words.raw(i))});
    }
  }
}

void add_temporal_phrases(phrase_set& phrases) {
  // domain 6.2, row "anachronism"
  const phrase_options any_case{.with_plural = true};
  for (std::string_view name : {"internet", "smartphone", "wifi", "wi-fi", "website", "app", "social media", "twitter",
                                "facebook", "youtube", "laptop", "iphone", "android"})
    phrases.add(phrase_kind::anachronism, name, any_case);
  for (std::string_view name : {"computer", "tablet"}) phrases.add(phrase_kind::setting_device, name, any_case);
}

void judge_anachronisms(const phrase_set& phrases, const std::vector<phrase_hit>& hits, const word_list& words,
                        std::vector<violation>& out) {
  for (const phrase_hit& hit : hits) {
    const std::string evidence(words.span(hit.first, hit.count));
    if (phrases.kind(hit) == phrase_kind::anachronism) {
      add_once(out, {"anachronism", std::string(category), severity::critical,
                     "The word \"" + phrases.name(hit) + "\" belongs to another time.", evidence});
    } else if (phrases.kind(hit) == phrase_kind::setting_device) {
      add_once(out, {"setting_device", std::string(category), severity::warning,
                     "The word \"" + phrases.name(hit) + "\" may sound out of its time.", evidence});
    }
  }
}

} // namespace longwave
