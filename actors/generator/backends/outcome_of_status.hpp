// What an HTTP status and its error body mean for a run, and how long a busy server asks to wait.
//
// Pure: the time comes in as an argument.
#pragma once

#include "messages/draft.hpp"

#include <nlohmann/json_fwd.hpp>

#include <cstdint>
#include <string>
#include <string_view>

namespace longwave {

/// Longest wait that a server may ask for, milliseconds (1 hour); a longer one is shortened to this.
constexpr std::int64_t longest_retry_after_ms = 3'600'000;

/// The parts of a response that is not 200.
struct error_response {
  int status = 0;
  /// As much of the body as was read.
  std::string body;
  /// Header values as sent; empty when absent.
  std::string retry_after;
  std::string retry_after_ms;
  /// The server's own clock (`Date`), the base for a `Retry-After` that is a date.
  std::string date;
  std::string location;
};

/// The wait that a server asks for, milliseconds, 0..`longest_retry_after_ms`; 0 when there is none or it makes no
/// sense. `retry-after-ms` wins over `retry-after`, which may be seconds ("2", "1.5"), a span ("6m0s", "250ms") or an
/// HTTP date, counted from `date` or else from `now_unix_s`.
std::int64_t parse_retry_after(std::string_view retry_after, std::string_view retry_after_ms, std::string_view date,
                               std::int64_t now_unix_s);

/// Whether an error body speaks of a spent quota or unpaid bill: nothing that waiting a while would mend.
bool names_quota(const nlohmann::json& body);

/// Whether an error's words say that the prompt does not fit the model's window.
bool names_long_prompt(std::string_view message);

/// The class of an error object that came where an answer was expected, under status 200.
/// @param after_text text came before it: then the answer is `incomplete`, unless the quota is spent
outcome_class class_of_error_event(const nlohmann::json& body, bool after_text);

/// Classifies a response whose status is not 200 (backends.md section 2). Never `ok`.
/// @param now_unix_s seconds since 1970, used for a `Retry-After` date when the server sent no `Date`
draft outcome_of_status(const error_response& response, std::int64_t now_unix_s);

} // namespace longwave
