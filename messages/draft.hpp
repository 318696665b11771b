// What comes back from a backend: one outcome class, a text when it is sound, usage when it is known.
#pragma once

#include <nlohmann/json_fwd.hpp>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace longwave {

/// One class for every answer, whatever the backend (backends.md section 2).
enum class outcome_class {
  ok,
  incomplete,  ///< cut off: length, no end mark, error line in mid-stream
  empty,       ///< blank, garbage or an error shape instead of content
  loop,        ///< the model repeats itself
  refused,     ///< content filter
  busy,        ///< 429 rate, 503, 529: wait, spends no attempt
  stall,       ///< connect, first-byte, idle or hard deadline
  transport,   ///< refused, reset, DNS, 500/502/504
  config,      ///< 400, 401, 403, 404 model: pause at once
  quota,       ///< spend limit: pause at once
  rejected,    ///< the validator said no
  interrupted, ///< pause, stop or an actor's death: counts nothing
};

std::string_view to_string(outcome_class c) noexcept;
std::optional<outcome_class> parse_outcome_class(std::string_view text) noexcept;

/// Tokens of one call as the backend reported them. A part that was not reported stays empty.
struct token_usage {
  /// The whole prompt, parts read from or written to a cache included.
  std::optional<std::uint64_t> input_tokens = {};
  /// Everything the model wrote, reasoning included.
  std::optional<std::uint64_t> output_tokens = {};
  /// Part of the input that came from the server's cache.
  std::optional<std::uint64_t> cached_tokens = {};
  /// Part of the input that was written to the server's cache.
  std::optional<std::uint64_t> cache_write_tokens = {};
  /// Part of the output that was reasoning.
  std::optional<std::uint64_t> reasoning_tokens = {};

  /// Sum of both, or empty when one is unknown.
  std::optional<std::uint64_t> total() const noexcept;
  bool operator==(const token_usage&) const = default;
};

void to_json(nlohmann::json& j, const token_usage& u);
void from_json(const nlohmann::json& j, token_usage& u);

struct judge_report;

/// The answer to one model call.
struct draft {
  outcome_class outcome = outcome_class::ok;
  /// The text, UTF-8; only meaningful for `ok` (kept as evidence for `incomplete`).
  std::string text;
  std::optional<token_usage> usage;
  /// One line for logs and feedback: what went wrong.
  std::string detail;
  /// Wait asked for by a busy backend, milliseconds; 0 = none given.
  std::int64_t retry_after_ms = 0;
  /// How long the call took on the run's clock, milliseconds.
  std::int64_t took_ms = 0;
  /// Who answered: base URL and model as asked; empty for the offline grammar and planned faults.
  std::string endpoint = {};
  std::string model = {};
  /// `incomplete` because the token limit was reached: a shorter answer would have fitted.
  bool cut_by_length = false;
  /// `config` because the prompt does not fit the model's window.
  bool prompt_too_long = false;
  /// From the request to the first piece of text or thinking, real milliseconds; empty when none came.
  std::optional<std::int64_t> first_token_ms = {};
  /// What stood around the script and was taken out of `text`: labels, stage directions, politeness. One line each.
  std::vector<std::string> removed = {};
  /// Bytes of thinking that came beside the text, or within it.
  std::uint64_t thinking_bytes = 0;
  /// A guess at the usage where the backend reported none and something was sent and answered.
  std::optional<token_usage> estimated_usage = {};
  /// Estimated tokens of the prompt that was sent; 0 = nothing was.
  std::uint64_t prompt_tokens = 0;
  /// What the judge said of the text (messages/judge.hpp); null while it was not asked.
  std::shared_ptr<const judge_report> judge = {};
};

} // namespace longwave
