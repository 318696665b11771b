// Status codes, error bodies and Retry-After headers of model servers.
#include "actors/generator/backends/outcome_of_status.hpp"

#include "actors/generator/backends/answer_text.hpp"
#include "messages/ascii_case.hpp"
#include "messages/phrases.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>

namespace longwave {

namespace {

bool has(std::string_view text, std::string_view part) noexcept { return text.find(part) != std::string_view::npos; }

std::int64_t capped(double milliseconds) noexcept {
  if (!(milliseconds > 0)) return 0;
  if (milliseconds >= static_cast<double>(longest_retry_after_ms)) return longest_retry_after_ms;
  return static_cast<std::int64_t>(milliseconds + 0.5);
}

/// A plain decimal number without exponent or sign; takes it off the front of `text`.
std::optional<double> take_decimal(std::string_view& text) noexcept {
  const auto end = std::min(text.find_first_not_of("0123456789."), text.size());
  double value = 0;
  const auto read = std::from_chars(text.data(), text.data() + end, value, std::chars_format::fixed);
  if (end == 0 || read.ec != std::errc() || read.ptr != text.data() + end) return std::nullopt;
  text.remove_prefix(end);
  return value;
}

/// "6m0s", "1h2m3.5s", "250ms" in milliseconds.
std::optional<double> parse_span(std::string_view text) noexcept {
  double sum = 0;
  while (!text.empty()) {
    const auto value = take_decimal(text);
    if (!value) return std::nullopt;
    double unit = 0;
    std::size_t length = 1;
    if (text.substr(0, 2) == "ms") {
      unit = 1;
      length = 2;
    } else if (!text.empty()) {
      unit = text[0] == 'h' ? 3'600'000 : text[0] == 'm' ? 60'000 : text[0] == 's' ? 1'000 : 0;
    }
    if (unit == 0) return std::nullopt;
    text.remove_prefix(length);
    sum += *value * unit;
  }
  return sum;
}

/// Days since 1970-01-01 of a proleptic Gregorian date.
std::int64_t days_of(std::int64_t year, int month, int day) noexcept {
  year -= month <= 2;
  const std::int64_t era = (year >= 0 ? year : year - 399) / 400;
  const std::int64_t year_of_era = year - era * 400;
  const std::int64_t day_of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
  return era * 146097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - 719468;
}

std::optional<int> number_at(std::string_view text, std::size_t at, std::size_t length) noexcept {
  if (text.size() < at + length) return std::nullopt;
  int value = 0;
  const auto read = std::from_chars(text.data() + at, text.data() + at + length, value);
  if (read.ec != std::errc() || read.ptr != text.data() + at + length || value < 0) return std::nullopt;
  return value;
}

/// An IMF-fixdate ("Sun, 06 Nov 1994 08:49:37 GMT") as seconds since 1970.
std::optional<std::int64_t> parse_http_date(std::string_view text) noexcept {
  constexpr std::array<std::string_view, 12> months = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                       "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  if (text.size() != 29 || text.substr(3, 2) != ", " || text.substr(25) != " GMT") return std::nullopt;
  const auto month = std::find(months.begin(), months.end(), text.substr(8, 3));
  const auto day = number_at(text, 5, 2), year = number_at(text, 12, 4);
  const auto hour = number_at(text, 17, 2), minute = number_at(text, 20, 2), second = number_at(text, 23, 2);
  if (month == months.end() || !day || !year || !hour || !minute || !second) return std::nullopt;
  if (*day < 1 || *day > 31 || *hour > 23 || *minute > 59 || *second > 60) return std::nullopt;
  const int month_number = static_cast<int>(month - months.begin()) + 1;
  return days_of(*year, month_number, *day) * 86400 + *hour * 3600 + *minute * 60 + *second;
}

/// The error object of a body; some services send it in a list of one.
std::optional<nlohmann::json> error_object_of(std::string_view body) {
  body = trimmed(body);
  if (body.size() >= 2 && body.front() == '[' && body.back() == ']') body = trimmed(body.substr(1, body.size() - 2));
  return parse_answer_object(body);
}

/// "Please retry in 34.07s.", "try again in 6m0s", "... in 20 seconds": how long in milliseconds, 0 when it says nothing of the kind.
std::int64_t wait_in_words(std::string_view message) {
  const std::string low = ascii_lower(message);
  for (std::string_view phrase : {"retry in ", "try again in "}) {
    const auto at = low.find(phrase);
    if (at == std::string::npos) continue;
    auto span = std::string_view(low).substr(at + phrase.size());
    auto rest = span;
    if (const auto number = take_decimal(rest)) {
      rest = trimmed(rest);
      if (rest.starts_with("second")) return capped(*number * 1'000);
      if (rest.starts_with("minute")) return capped(*number * 60'000);
    }
    span = span.substr(0, span.find_first_not_of("0123456789.hms"));
    while (!span.empty() && span.back() == '.') span.remove_suffix(1);
    if (const auto ms = parse_span(span); ms && *ms > 0) return capped(*ms);
  }
  return 0;
}

/// What the body says, as one line without the status.
std::string message_of(const error_response& response, const std::optional<nlohmann::json>& body) {
  if (body) return one_line(error_message_of(*body), detail_limit);
  const auto text = trimmed(response.body);
  if (text.empty()) return {};
  if (text.front() == '<') return "an HTML page";
  if (text.front() == '{' || text.front() == '[') return "an error object that cannot be read";
  return one_line(text, 200);
}

/// Type and code of an error object, lower case, apart by blanks.
std::string marks_of(const nlohmann::json& body) {
  std::string marks;
  const auto add = [&marks](const nlohmann::json& object, const char* key) {
    const auto found = object.find(key);
    if (found != object.end() && found->is_string()) marks += " " + ascii_lower(found->get<std::string>());
  };
  const auto look = [&](const nlohmann::json& object) {
    for (const char* key : {"type", "code", "error_code"}) add(object, key);
    const auto details = object.find("details");
    if (details != object.end() && details->is_object()) add(*details, "error_code");
  };
  if (!body.is_object()) return marks;
  look(body);
  const auto error = body.find("error");
  if (error != body.end() && error->is_object()) look(*error);
  return marks;
}

bool names_content_filter(const nlohmann::json& body) {
  const std::string marks = marks_of(body);
  return has(marks, "content_filter") || has(marks, "content_policy_violation") || has(marks, "moderation");
}

/// Servers before the 503 answered 500 when their queue was full. The last phrase is llama.cpp's when the window that its
/// slots share is full: all calls of the moment get it, whatever the length of their prompts, and the next one finds room.
bool names_full_queue(std::string_view message) {
  const std::string text = ascii_lower(message);
  return has(text, "server busy") || has(text, "maximum pending requests") || has(text, "loading model") ||
         has(text, "context size has been exceeded");
}

outcome_class class_of_client_error(int status, const std::optional<nlohmann::json>& body) {
  const bool quota = body && names_quota(*body);
  switch (status) {
    case 402: return outcome_class::quota;
    case 408: return outcome_class::transport;
    case 409:
    case 425: return outcome_class::busy;
    // A rate per minute is a quota to some; they say when it is over.
    case 429: return quota && wait_in_words(error_message_of(*body)) == 0 ? outcome_class::quota : outcome_class::busy;
    case 499: return outcome_class::transport; // "request canceled": the server gave the call up
    case 400:
    case 422: if (body && names_content_filter(*body)) return outcome_class::refused; break;
    default: break;
  }
  return quota && (status == 400 || status == 403) ? outcome_class::quota : outcome_class::config;
}

outcome_class class_of_status(int status, const std::optional<nlohmann::json>& body, std::string_view message) {
  if (status < 300) return outcome_class::empty; // 204 and other successes without an answer
  if (status < 400) {
    // A lasting redirect is a wrong address; the others may be a proxy in trouble.
    return status == 301 || status == 308 ? outcome_class::config : outcome_class::transport;
  }
  if (status < 500) return class_of_client_error(status, body);
  if (status == 503 || status == 529) return outcome_class::busy;
  if (names_full_queue(message)) return outcome_class::busy;
  // Some servers answer 500 when the prompt does not fit: asking again changes nothing.
  if (status == 501 || status == 505 || (status == 500 && names_long_prompt(message))) return outcome_class::config;
  return outcome_class::transport;
}

/// What an operator should know beyond the server's own words; empty for most.
std::string_view remark_of(int status) noexcept {
  switch (status) {
    case 401: return "the API key is missing or refused";
    case 403: return "access is refused";
    case 404: return "no such model or address";
    case 413: return "the request is too large";
    default: return {};
  }
}

} // namespace

std::int64_t parse_retry_after(std::string_view retry_after, std::string_view retry_after_ms, std::string_view date,
                               std::int64_t now_unix_s) {
  if (auto text = trimmed(retry_after_ms); !text.empty()) {
    const auto value = take_decimal(text);
    if (value && text.empty()) return capped(*value);
  }
  const auto text = trimmed(retry_after);
  if (text.empty()) return 0;
  auto rest = text;
  const auto seconds = take_decimal(rest);
  if (seconds && rest.empty()) return capped(*seconds * 1000);
  if (const auto span = parse_span(text)) return capped(*span);
  if (const auto until = parse_http_date(text)) {
    const std::int64_t from = parse_http_date(trimmed(date)).value_or(now_unix_s);
    return capped(static_cast<double>(*until - from) * 1000);
  }
  return 0;
}

bool names_long_prompt(std::string_view message) {
  const std::string text = ascii_lower(message);
  return has(text, "prompt is too long") || has(text, "context size") || has(text, "context length") || has(text, "available context") ||
         has(text, "context window");
}

bool names_quota(const nlohmann::json& body) {
  const std::string marks = marks_of(body);
  for (const char* mark : {"insufficient_quota", "billing", "spend_limit", "credit_balance", "insufficient_credits"}) {
    if (has(marks, mark)) return true;
  }
  // Not "quota exceeded" alone: some servers call a rate per minute a quota.
  const std::string text = ascii_lower(error_message_of(body));
  for (const char* phrase : {"exceeded your current quota", "credit balance", "spend limit", "insufficient credits",
                             "billing details"}) {
    if (has(text, phrase)) return true;
  }
  return false;
}

outcome_class class_of_error_event(const nlohmann::json& body, bool after_text) {
  if (names_quota(body)) return outcome_class::quota;
  if (after_text) return outcome_class::incomplete;
  const std::string marks = marks_of(body);
  const std::string message = error_message_of(body);
  if (has(marks, "overloaded") || has(marks, "rate_limit") || names_full_queue(message)) return outcome_class::busy;
  for (const char* mark : {"authentication_error", "permission_error", "not_found_error", "invalid_request", "invalid_api_key",
                           "exceed_context_size"})
    if (has(marks, mark)) return outcome_class::config;
  if (names_long_prompt(message)) return outcome_class::config;
  if (has(marks, "api_error") || has(marks, "timeout_error")) return outcome_class::transport;
  return outcome_class::empty;
}

draft outcome_of_status(const error_response& response, std::int64_t now_unix_s) {
  const auto body = error_object_of(response.body);
  const std::string message = message_of(response, body);
  draft answer;
  answer.outcome = class_of_status(response.status, body, message);
  answer.prompt_too_long = answer.outcome == outcome_class::config && names_long_prompt(message);
  if (answer.outcome == outcome_class::busy || answer.outcome == outcome_class::quota) {
    answer.retry_after_ms =
      parse_retry_after(response.retry_after, response.retry_after_ms, response.date, now_unix_s);
    if (answer.retry_after_ms == 0 && body) answer.retry_after_ms = wait_in_words(error_message_of(*body));
  }
  std::string detail = "HTTP " + std::to_string(response.status);
  if (const auto remark = remark_of(response.status); !remark.empty()) detail += ", " + std::string(remark);
  if (response.status >= 300 && response.status < 400 && !response.location.empty()) {
    detail += ": redirects to " + response.location + ", which is not followed";
  } else if (response.status != 401 && !message.empty()) {
    // A 401's own words may repeat parts of the key.
    detail += ": " + message;
  }
  answer.detail = one_line(detail);
  return answer;
}

} // namespace longwave
