// One pass over the lines, one over the remarks within them.
#include "actors/generator/spoken_text.hpp"

#include "actors/generator/backends/answer_text.hpp"
#include "actors/validator/error_shape.hpp"
#include "messages/ascii_case.hpp"
#include "messages/phrases.hpp"

#include <algorithm>
#include <array>
#include <cctype>

namespace longwave {

namespace {

constexpr spoken_limits limits;

constexpr auto introductions = std::to_array<std::string_view>(
  {"sure", "certainly", "of course", "absolutely", "okay", "ok,", "ok!", "here's", "here\u2019s", "here is", "below is"});
/// What such a line or paragraph is about: a host announces news, but no script.
constexpr auto introduced = std::to_array<std::string_view>(
  {"segment", "script", "draft", "version", "you asked", "requested", "your request"});
constexpr auto offers = std::to_array<std::string_view>(
  {"let me know if you", "would you like me to", "feel free to ask", "if you'd like me to", "if you would like me to", "i can also write"});
constexpr auto offered = std::to_array<std::string_view>({"adjust", "change", "revis", "edit", "another", "different", "version", "tweak", "modif",
                                                          "rewrite", "longer", "shorter", "segment", "script"});
constexpr auto general_speakers = std::to_array<std::string_view>({"dj", "host", "announcer", "narrator", "radio host"});

std::size_t words_in(std::string_view s) noexcept {
  std::size_t words = 0;
  bool in_word = false;
  for (unsigned char c : s) {
    const bool letter = c >= 0x80 || std::isalnum(c) != 0;
    words += letter && !in_word;
    in_word = letter || (in_word && (c == '\'' || c == '-'));
  }
  return words;
}

bool is_lower(char c) noexcept { return c >= 'a' && c <= 'z'; }
bool is_upper(char c) noexcept { return c >= 'A' && c <= 'Z'; }

/// Builds the result and keeps account of what is left out.
class collector {
public:
  void note(std::string_view piece) {
    piece = trimmed(piece);
    if (!piece.empty() && out_.removed.size() < limits.told) out_.removed.push_back(one_line(piece, limits.told_bytes));
  }
  spoken_text& out() noexcept { return out_; }

private:
  spoken_text out_;
};

std::string_view without_fence(std::string_view s, collector& c) {
  if (!s.starts_with("```") || !s.ends_with("```") || s.size() < 7) return s;
  const auto line = s.find('\n');
  if (line == std::string_view::npos || line + 1 > s.size() - 3) return s;
  c.note(s.substr(0, line));
  return trimmed(s.substr(line + 1, s.size() - 3 - (line + 1)));
}

/// "Sure! Here is the segment:" and the like: a line by itself that ends with a colon, or is followed by a rule.
std::string_view without_introduction(std::string_view s, collector& c) {
  const auto end = s.find('\n');
  if (end == std::string_view::npos) return s;
  const auto line = trimmed(s.substr(0, end));
  const auto rest = trimmed(s.substr(end));
  if (line.empty() || line.size() > limits.introduction_bytes || rest.empty()) return s;
  const auto said = trimmed(line.substr(0, line.find_last_not_of("*_") + 1));
  const auto low = ascii_lower(said);
  if (!starts_with_one_of(low, introductions) || !holds_one_of(low, introduced)) return s;
  if (!said.ends_with(':') && !rest.starts_with("---") && !rest.starts_with("***")) return s;
  c.note(line);
  return rest;
}

/// A last paragraph that speaks to the one who asked.
std::string_view without_offer(std::string_view s, collector& c) {
  const auto at = s.rfind("\n\n");
  if (at == std::string_view::npos) return s;
  const auto last = trimmed(s.substr(at));
  const auto low = ascii_lower(last);
  if (!starts_with_one_of(low, offers) || !holds_one_of(low, offered)) return s;
  c.note(last);
  return trimmed(s.substr(0, at));
}

bool is_rule(std::string_view line) noexcept {
  return line.size() >= 3 && (line.find_first_not_of("- ") == std::string_view::npos || line.find_first_not_of("* ") == std::string_view::npos ||
                              line.find_first_not_of("_ ") == std::string_view::npos || line.find_first_not_of("= ") == std::string_view::npos);
}

/// "# Title", and a first line that is all bold and no sentence: "**Evening Broadcast**".
bool is_heading(std::string_view line, bool first) noexcept {
  if (line.front() == '#') {
    const auto name = line.find_first_not_of('#');
    return name != std::string_view::npos && name <= 6 && line[name] == ' ';
  }
  if (!first || !line.starts_with("**") || !line.ends_with("**") || line.size() < 5) return false;
  const auto inner = line.substr(2, line.size() - 4);
  return inner.find("**") == std::string_view::npos && std::string_view(".!?\"").find(inner.back()) == std::string_view::npos;
}

/// Length of "Julie:", "**Julie:**", "**Julie**:", "[Julie]:" at the start of a line; 0 = none.
std::size_t label_length(std::string_view line, const std::vector<std::string>& speakers) {
  constexpr std::string_view marks = "*_[]";
  const auto name = std::min(line.find_first_not_of(marks), line.size());
  const std::string low = ascii_lower(line.substr(name, 80));
  const auto ends_after = [&](std::string_view speaker) -> std::size_t {
    if (speaker.empty() || !low.starts_with(speaker)) return 0;
    auto at = std::min(low.find_first_not_of(marks, speaker.size()), low.size());
    if (at >= low.size() || low[at] != ':') return 0;
    at = std::min(low.find_first_not_of("*_", at + 1), low.size());
    if (at < low.size() && low[at] != ' ' && low[at] != '"') return 0;
    return name + at;
  };
  for (const auto& speaker : speakers)
    if (const auto end = ends_after(ascii_lower(speaker))) return end;
  for (std::string_view speaker : general_speakers)
    if (const auto end = ends_after(speaker)) return end;
  return 0;
}

/// Headings, rules and labels, line by line. Lines that stay keep their breaks.
std::string without_line_marks(std::string_view s, const std::vector<std::string>& speakers, collector& c) {
  std::string kept;
  for (std::size_t at = 0; at < s.size();) {
    const auto end = std::min(s.find('\n', at), s.size());
    const auto line = trimmed(s.substr(at, end - at));
    const bool last = trimmed(s.substr(end)).empty(); // what nothing stands below is no heading
    if (!line.empty() && (is_rule(line) || (!last && is_heading(line, kept.empty())))) {
      c.note(line);
    } else {
      const auto label = line.empty() ? 0 : label_length(line, speakers);
      if (label > 0) c.note(line.substr(0, label));
      kept.append(trimmed(line.substr(label)));
      kept.push_back('\n');
    }
    at = end + 1;
  }
  return std::string(trimmed(kept));
}

/// Whether what ends at `out` ended a sentence, or nothing was said yet.
bool at_boundary(const std::string& out) noexcept {
  const auto last = out.find_last_not_of(" \t\"");
  if (last == std::string::npos) return true;
  const char c = out[last];
  return c == '\n' || c == '.' || c == '!' || c == '?' || c == ':' || std::string_view(out).substr(0, last + 1).ends_with("\u2026") ||
         std::string_view(out).substr(0, last + 1).ends_with("\u201d");
}

/// "laughs", "music fades": few words, no end mark, no number, in lower case.
bool is_remark(std::string_view inner) noexcept {
  inner = trimmed(inner);
  if (inner.empty() || inner.find_first_of("0123456789\n.!?") != std::string_view::npos) return false;
  const auto words = words_in(inner);
  return words > 0 && words <= limits.remark_words && (is_lower(inner.front()) || is_upper(inner.front()));
}

/// A new sentence or nothing follows.
bool sentence_follows(std::string_view rest) noexcept {
  const auto next = rest.find_first_not_of(" \t");
  if (next == std::string_view::npos) return true;
  const char c = rest[next];
  return is_upper(c) || c == '\n' || c == '"' || c == '[' || c == '(' || c == '*' || (static_cast<unsigned char>(c) >= 0x80);
}

/// Remarks and emphasis within the text.
std::string without_remarks(std::string_view s, collector& c) {
  std::string out;
  out.reserve(s.size());
  const auto leave_out = [&](std::size_t from, std::size_t to) {
    c.note(s.substr(from, to - from));
    if (!out.empty() && (out.back() == ' ' || out.back() == '\n'))
      while (to < s.size() && s[to] == ' ') ++to;
    return to;
  };
  for (std::size_t at = 0; at < s.size();) {
    const char ch = s[at];
    if (ch == '[' || ch == '(') {
      const auto close = s.find(ch == '[' ? ']' : ')', at + 1);
      if (close != std::string_view::npos) {
        const auto inner = s.substr(at + 1, close - at - 1);
        const bool bracket = ch == '[' && inner.size() <= limits.bracket_bytes && words_in(inner) > 0 &&
                             inner.find_first_of("[0123456789") == std::string_view::npos;
        const bool remark = ch == '(' && is_remark(inner) && is_lower(trimmed(inner).front()) && at_boundary(out) && sentence_follows(s.substr(close + 1));
        if (bracket || remark) {
          at = leave_out(at, close + 1);
          continue;
        }
      }
    }
    if (ch == '*') {
      const auto run = std::min(s.find_first_not_of('*', at), s.size()) - at;
      const auto close = s.find('*', at + run);
      if (run == 1 && close != std::string_view::npos && is_remark(s.substr(at + 1, close - at - 1)) && at_boundary(out) &&
          (close + 1 == s.size() || s[close + 1] != '*') && sentence_follows(s.substr(close + 1))) {
        at = leave_out(at, close + 1);
        continue;
      }
      // Emphasis: only where it touches a word. A lone asterisk between blanks stays.
      const bool touches = (at > 0 && s[at - 1] != ' ' && s[at - 1] != '\n') || (at + run < s.size() && s[at + run] != ' ' && s[at + run] != '\n');
      if (!touches) out.append(s.substr(at, run));
      at += run;
      continue;
    }
    out.push_back(ch);
    ++at;
  }
  return std::string(trimmed(out));
}

spoken_text taken_once(std::string_view answer, const std::vector<std::string>& speakers) {
  collector c;
  auto rest = without_fence(trimmed(answer), c);
  rest = without_introduction(rest, c);
  rest = without_fence(rest, c);
  rest = without_offer(rest, c);
  const auto text = without_line_marks(rest, speakers, c);
  c.out().text = without_remarks(text, c);
  return std::move(c.out());
}

} // namespace

std::vector<std::string> speakers_of(const dj_profile& profile) {
  std::vector<std::string> names{std::string(trimmed(std::string_view(profile.name).substr(0, profile.name.find('('))))};
  const auto whole = ascii_lower(names.front());
  for (const auto& shortcut : profile.shortcuts)
    if (shortcut.size() < whole.size() && whole.starts_with(shortcut + " ")) names.push_back(shortcut);
  return names;
}

spoken_text spoken_part(std::string_view answer, const std::vector<std::string>& speakers) {
  spoken_text done = taken_once(answer, speakers);
  // What was inside of one mark may begin with another; every round leaves something out, or is the last.
  for (auto size = answer.size(); done.text.size() < size;) {
    size = done.text.size();
    auto again = taken_once(done.text, speakers);
    done.text = std::move(again.text);
    for (auto& piece : again.removed)
      if (done.removed.size() < limits.told) done.removed.push_back(std::move(piece));
  }
  return done;
}

void settle_text(draft& answer, const dj_profile* profile) {
  if (answer.outcome != outcome_class::ok) return;
  const auto is_no_script = [&answer] {
    const auto shape = shape_of(answer.text);
    if (shape == error_shape::none) return false;
    answer.outcome = shape == error_shape::refusal ? outcome_class::refused : outcome_class::empty;
    answer.detail = shape == error_shape::refusal ? "refused: " + one_line(answer.text) : "the answer is no text: " + std::string(to_string(shape));
    answer.detail = one_line(answer.detail);
    return true;
  };
  if (is_no_script() || !profile || answer.endpoint.empty()) return;
  auto spoken = spoken_part(answer.text, speakers_of(*profile));
  answer.text = std::move(spoken.text);
  answer.removed = std::move(spoken.removed);
  if (!answer.removed.empty()) is_no_script();
}

} // namespace longwave
