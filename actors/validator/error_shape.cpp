// Whole-answer shapes; a text that only contains an error word is left alone (contract 8.9).
#include "actors/validator/error_shape.hpp"

#include "actors/validator/words.hpp"
#include "messages/ascii_case.hpp"
#include "messages/phrases.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <string>

namespace longwave {

namespace {

/// More control or replacement characters than this, in per cent of all, and the answer is garbage.
constexpr std::size_t garbage_percent = 5;

constexpr auto error_words = std::to_array<std::string_view>({
  "error", "errors", "failed", "failure", "exception", "timeout", "timed out", "traceback", "unavailable", "not found",
  "refused", "rejected", "unauthorized", "forbidden", "overloaded",
});

/// A fenced block ("```json ... ```") is judged by what is in it.
std::string_view without_fence(std::string_view s) noexcept {
  if (!s.starts_with("```") || !s.ends_with("```") || s.size() < 7) return s;
  const std::size_t line = s.find('\n');
  if (line == std::string_view::npos || line + 3 > s.size() - 3) return s;
  return trimmed(s.substr(line + 1, s.size() - 3 - (line + 1)));
}

struct census {
  std::size_t characters = 0;
  /// Bytes that are no UTF-8: such a text cannot even be written down.
  std::size_t invalid = 0;
  /// Control and replacement characters.
  std::size_t broken = 0;
  std::size_t letters = 0;
  std::size_t visible = 0;
};

census count_characters(std::string_view s) noexcept {
  census n;
  for (std::size_t at = 0; at < s.size();) {
    ++n.characters;
    const auto byte = static_cast<unsigned char>(s[at]);
    if (byte >= 0x20 && byte < 0x7F) {
      ++at;
      n.visible += byte != 0x20;
      n.letters += (byte | 32) >= 'a' && (byte | 32) <= 'z';
      continue;
    }
    const std::size_t start = at;
    const char32_t c = next_code_point(s, at);
    const bool space = c == U' ' || c == U'\n' || c == U'\t' || c == U'\r' || c == 0xA0 || c == 0x3000;
    const bool control = (c < 0x20 && !space) || (c >= 0x7F && c < 0xA0);
    const bool invisible = (c >= 0x2000 && c <= 0x200F) || (c >= 0x2028 && c <= 0x202F) ||
                           (c >= 0x205F && c <= 0x206F) || c == 0xFEFF || c == 0xAD;
    if (c == 0xFFFD && at - start == 1) ++n.invalid;
    if (c == 0xFFFD || control) ++n.broken;
    if (c >= 0xC0 && !invisible && !(c >= 0x2000 && c <= 0x2BFF) && c != 0xFFFD && c < 0x1F000)
      ++n.letters;
    if (!space && !invisible) ++n.visible;
  }
  return n;
}

bool bracketed(std::string_view line) noexcept {
  return line.size() >= 2 && line.front() == '[' && line.back() == ']';
}

/// Every line stands in square brackets, and one of them speaks of an error.
bool is_bracketed_error(std::string_view s) {
  if (s.front() != '[' || s.back() != ']') return false;
  // Prose between two bracketed remarks is prose: the brackets must enclose each line by themselves.
  for (std::size_t at = 0; at < s.size();) {
    const std::size_t end = std::min(s.find('\n', at), s.size());
    const std::string_view line = trimmed(s.substr(at, end - at));
    if (!line.empty() && (!bracketed(line) || line.find(']') != line.size() - 1)) return false;
    at = end + 1;
  }
  const std::string low = ascii_lower(s);
  return std::any_of(error_words.begin(), error_words.end(),
                     [&](std::string_view w) { return low.find(w) != std::string::npos; });
}

bool is_html(std::string_view s) {
  if (s.front() != '<' || s.back() != '>') return false;
  const std::string low = ascii_lower(s.substr(0, 64));
  for (std::string_view start : {"<!doctype", "<html", "<head", "<body", "<?xml", "<title", "<h1", "<center", "<error"})
    if (low.starts_with(start)) return true;
  return s.find("</") != std::string_view::npos;
}

bool is_json_error(std::string_view s) {
  if (s.front() != '{' || s.back() != '}') return false;
  const auto j = nlohmann::json::parse(s.begin(), s.end(), nullptr, false);
  if (!j.is_object()) return false;
  for (const char* key : {"error", "errors", "exception", "fault"})
    if (j.contains(key)) return true;
  const auto type = j.find("type");
  if (type != j.end() && type->is_string() && type->get_ref<const std::string&>() == "error") return true;
  const bool coded = j.contains("code") || j.contains("status") || j.contains("status_code");
  return j.contains("detail") || (coded && j.contains("message"));
}

/// Straight apostrophes for curly ones, lower case.
std::string plain_lower(std::string_view s) {
  constexpr std::string_view curly = "\u2019";
  std::string low;
  low.reserve(s.size());
  while (!s.empty()) {
    const auto end = std::min(s.find(curly), s.size());
    low.append(ascii_lower(s.substr(0, end)));
    if (end < s.size()) low.push_back('\'');
    s.remove_prefix(std::min(end + curly.size(), s.size()));
  }
  return low;
}

/// A model that declines, in its own voice. Both must be there: how such an answer begins, and what it is about soon after;
/// a host may be sorry, and may be unable to do many things.
bool is_refusal(std::string_view s) {
  static constexpr auto beginnings = std::to_array<std::string_view>(
    {"i'm sorry", "i am sorry", "sorry", "i apologize", "i cannot", "i can't", "i can not", "i'm unable", "i am unable", "i'm not able",
     "i am not able", "i won't be able", "i will not be able", "unfortunately, i", "as an ai", "\uc8c4\uc1a1"});
  static constexpr auto subjects = std::to_array<std::string_view>(
    {"help with that", "help you with that", "help with this request", "help with your request", "assist with that", "assist with this",
     "assist with your", "assist with creating", "assist with writing", "assist you with", "fulfill that request", "fulfill this request",
     "fulfill your request", "comply with", "create content", "generate content", "produce content", "write content", "provide content",
     "create that", "generate that", "write that", "provide that", "continue this conversation",
     "language model", "ai assistant", "content policy", "usage policies", "\ub3c4\uc640\ub4dc\ub9b4 \uc218 \uc5c6", "\uc0dd\uc131\ud560 \uc218 \uc5c6",
     "\uc791\uc131\ud560 \uc218 \uc5c6", "\uc81c\uacf5\ud560 \uc218 \uc5c6", "\uc694\uccad\uc744 \uc218\ud589\ud560 \uc218 \uc5c6"});
  /// No person of any story says these of itself.
  static constexpr auto confessions = std::to_array<std::string_view>(
    {"as an ai language model", "as a large language model", "as an ai assistant", "i'm an ai language model", "i am an ai language model",
     "i'm an ai assistant", "i am an ai assistant", "i'm a large language model", "i am a large language model"});
  constexpr std::size_t first_part = 240;
  const std::string low = plain_lower(s);
  std::string_view begin = low;
  while (!begin.empty() && std::string_view("\"'*_ ").find(begin.front()) != std::string_view::npos) begin.remove_prefix(1);
  return (starts_with_one_of(begin, beginnings) && holds_one_of(begin.substr(0, first_part), subjects)) || holds_one_of(low, confessions);
}

} // namespace

std::string_view to_string(error_shape s) noexcept {
  switch (s) {
    case error_shape::none: return "none";
    case error_shape::blank: return "blank";
    case error_shape::garbage: return "garbage";
    case error_shape::bracketed_error: return "bracketed_error";
    case error_shape::html: return "html";
    case error_shape::json_error: return "json_error";
    case error_shape::refusal: return "refusal";
  }
  return "none";
}

error_shape shape_of(std::string_view answer) noexcept {
  const census n = count_characters(answer);
  if (n.visible == 0) return error_shape::blank;
  if (n.invalid > 0 || n.broken * 100 > n.characters * garbage_percent) return error_shape::garbage;
  if (n.letters == 0) return n.broken > 0 || n.visible > 12 ? error_shape::garbage : error_shape::blank;
  const std::string_view s = without_fence(trimmed(answer));
  if (s.empty()) return error_shape::blank;
  try {
    if (is_bracketed_error(s)) return error_shape::bracketed_error;
    if (is_html(s)) return error_shape::html;
    if (is_json_error(s)) return error_shape::json_error;
    if (is_refusal(s)) return error_shape::refusal;
  } catch (const std::exception&) {
    // Only memory can fail here; the shapes are a refusal of content, not a reason to end the process.
    return error_shape::garbage;
  }
  return error_shape::none;
}

} // namespace longwave
