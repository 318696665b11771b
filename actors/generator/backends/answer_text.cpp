// Text, usage and error shapes of streamed answers.
#include "actors/generator/backends/answer_text.hpp"

#include <utf8.h>

#include <functional>
#include <iterator>

namespace longwave {

namespace {

constexpr std::size_t longest_word = 256;
constexpr std::size_t deepest_nesting = 64;
constexpr std::uint64_t largest_count = std::uint64_t{1} << 53;
constexpr std::string_view blanks = " \t\r\n\v\f";

bool is_ascii_alnum(unsigned char c) noexcept {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

bool has_letter(std::string_view token) noexcept {
  for (unsigned char c : token) {
    if (c >= 0x80 || is_ascii_alnum(c)) return true;
  }
  return false;
}

bool in(std::uint32_t c, std::uint32_t first, std::uint32_t last) noexcept { return c >= first && c <= last; }

/// Letters and digits of any script. Everything beyond Latin-1 counts unless it is punctuation, a symbol, a blank or
/// a private character: enough to tell prose from dividers and junk.
bool is_letter(std::uint32_t c) noexcept {
  if (c < 0x80) return is_ascii_alnum(static_cast<unsigned char>(c));
  if (c < 0xc0 || c == 0xd7 || c == 0xf7) return false;
  if (in(c, 0x2000, 0x2bff) || in(c, 0x3000, 0x303f)) return false;
  if (in(c, 0xe000, 0xf8ff) || in(c, 0xfe00, 0xfe0f) || c == 0xfeff || in(c, 0xfff0, 0xffff)) return false;
  return !in(c, 0x1f000, 0x1faff) && c < 0xe0000;
}

bool is_control(std::uint32_t c) noexcept {
  if (c == '\n' || c == '\r' || c == '\t') return false;
  return c < 0x20 || in(c, 0x7f, 0x9f);
}

/// Nesting outside of strings; the parser itself does not limit it.
bool nested_too_deep(std::string_view text) noexcept {
  std::size_t depth = 0;
  bool in_string = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (in_string) {
      if (c == '\\') {
        ++i;
      } else if (c == '"') {
        in_string = false;
      }
    } else if (c == '"') {
      in_string = true;
    } else if (c == '{' || c == '[') {
      if (++depth > deepest_nesting) return true;
    } else if ((c == '}' || c == ']') && depth > 0) {
      --depth;
    }
  }
  return false;
}

} // namespace

std::string one_line(std::string_view text, std::size_t limit) {
  // Broken bytes are replaced over a bounded prefix only: an error page may have megabytes.
  const std::string_view head = text.substr(0, limit * 4);
  std::string valid;
  utf8::replace_invalid(head.begin(), head.end(), std::back_inserter(valid), '?');
  std::string line;
  bool blank = false;
  for (auto at = valid.begin(); at != valid.end();) {
    const auto start = at;
    const std::uint32_t c = utf8::next(at, valid.end());
    if (c <= 0x20 || in(c, 0x7f, 0xa0) || c == 0x2028 || c == 0x2029) {
      blank = !line.empty();
      continue;
    }
    const std::string_view character(&*start, static_cast<std::size_t>(at - start));
    if (line.size() + (blank ? 1 : 0) + character.size() > limit) break;
    if (blank) line.push_back(' ');
    blank = false;
    line.append(character);
  }
  return line;
}

void loop_detector::add(std::string_view token) {
  const std::uint64_t hash = std::hash<std::string_view>{}(token);
  const bool lettered = has_letter(token);
  bool any_letter = lettered;
  for (std::size_t n = 1; n <= longest_sequence; ++n) {
    const bool known = count_ >= n;
    const std::size_t before = known ? (count_ - n) % longest_sequence : 0;
    equal_run_[n] = known && history_[before] == hash ? equal_run_[n] + 1 : 0;
    // The first sequence plus `most_repeats` further ones that are equal to it.
    if (any_letter && equal_run_[n] >= most_repeats * n) looping_ = true;
    if (known) any_letter = any_letter || lettered_[before];
  }
  const std::size_t slot = count_ % longest_sequence;
  history_[slot] = hash;
  lettered_[slot] = lettered;
  ++count_;
}

void answer_text::append(std::string_view piece) {
  if (piece.empty() || too_long_) return;
  if (text_.size() + piece.size() > text_limit) {
    too_long_ = true;
    return;
  }
  text_.append(piece);
  tokens_.add(piece);
  for (char c : piece) {
    const bool blank = blanks.find(c) != std::string_view::npos;
    if (!blank) word_.push_back(c);
    if ((blank && !word_.empty()) || word_.size() >= longest_word) {
      words_.add(word_);
      word_.clear();
    }
  }
}

std::optional<std::string> unusable_text(const unmarked_text& written) {
  if (!written.fault.empty()) return written.fault;
  const std::string_view text = written.text;
  if (text.find_first_not_of(blanks) == std::string_view::npos) return "the answer is blank";
  if (!utf8::is_valid(text.begin(), text.end())) return "the answer is no valid UTF-8";
  std::size_t characters = 0;
  std::size_t letters = 0;
  std::size_t replaced = 0;
  for (auto at = text.begin(); at != text.end();) {
    const std::uint32_t c = utf8::next(at, text.end());
    if (is_control(c)) return "the answer contains control characters";
    ++characters;
    if (is_letter(c)) ++letters;
    if (c == 0xfffd) ++replaced;
  }
  if (letters == 0) return "the answer has no words";
  // A stray replacement character is a tokeniser's slip; a tenth of the text is garbage.
  if (replaced * 10 >= characters) return "the answer is garbled";
  return std::nullopt;
}

std::optional<nlohmann::json> parse_answer_object(std::string_view text) {
  if (nested_too_deep(text)) return std::nullopt;
  auto value = nlohmann::json::parse(text.begin(), text.end(), nullptr, false);
  if (!value.is_object()) return std::nullopt;
  return value;
}

std::string error_message_of(const nlohmann::json& body) {
  if (!body.is_object()) return {};
  const auto text_of = [](const nlohmann::json& object, const char* key) -> std::string {
    const auto found = object.find(key);
    return found != object.end() && found->is_string() ? found->get<std::string>() : std::string();
  };
  const auto error = body.find("error");
  if (error != body.end() && error->is_string()) return error->get<std::string>();
  if (error != body.end() && error->is_object()) {
    for (const char* key : {"message", "type", "code"}) {
      if (auto text = text_of(*error, key); !text.empty()) return text;
    }
    return "an error without a message";
  }
  for (const char* key : {"message", "detail"}) {
    if (auto text = text_of(body, key); !text.empty()) return text;
  }
  // Lists of faults: FastAPI's "detail", and "errors" of others. The first one says enough.
  for (const char* key : {"detail", "errors"}) {
    const auto list = body.find(key);
    if (list == body.end() || !list->is_array() || list->empty() || !list->front().is_object()) continue;
    for (const char* words : {"msg", "message"}) {
      auto text = text_of(list->front(), words);
      if (text.empty()) continue;
      const auto place = list->front().find("loc");
      return place != list->front().end() && place->is_array() && !place->empty() && place->back().is_string()
               ? place->back().get<std::string>() + ": " + text
               : text;
    }
  }
  return {};
}

std::optional<std::uint64_t> read_count(const nlohmann::json& object, const char* key, bool& malformed) {
  const auto found = object.find(key);
  if (found == object.end() || found->is_null()) return std::nullopt;
  if (found->is_number_unsigned() && found->get<std::uint64_t>() <= largest_count) return found->get<std::uint64_t>();
  malformed = true;
  return std::nullopt;
}

std::string cut_at_limit(std::optional<std::uint64_t> output_tokens, int max_tokens) {
  constexpr std::uint64_t clearly_percent = 90; // servers differ in what they count
  std::string said = "cut at the token limit";
  if (output_tokens && max_tokens > 0 && *output_tokens * 100 < static_cast<std::uint64_t>(max_tokens) * clearly_percent)
    said += ", after " + std::to_string(*output_tokens) + " of " + std::to_string(max_tokens) +
            " tokens: the model's window is full, or the server has a limit of its own";
  return said;
}

std::optional<token_usage> counted_usage(token_usage told, bool wrote) {
  if (told.input_tokens == 0u) told.input_tokens.reset();
  if (wrote && told.output_tokens == 0u) told.output_tokens.reset();
  if (!told.input_tokens && !told.output_tokens) return std::nullopt;
  return told;
}

} // namespace longwave
