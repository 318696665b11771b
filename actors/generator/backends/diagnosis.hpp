// What is wrong with a model server, told from what it says of itself and from two small calls. Pure.
#pragma once

#include "actors/generator/backends/backend.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace longwave {

enum class check_status { ok, warning, problem };

std::string_view to_string(check_status s) noexcept;

/// One thing that was looked at.
struct server_check {
  /// reach, model, ollama, answer, speed, usage, thinking, window, truncation.
  std::string name;
  check_status status = check_status::ok;
  /// One line: what was found.
  std::string detail;
  /// One line: what to do; empty where nothing is wrong.
  std::string fix;
  /// A problem that is the configuration's, not the server's.
  bool configuration = false;
};

/// What was learnt of one server.
struct server_findings {
  server_description description;
  /// The answer to `short_question`; empty when it was not asked.
  std::optional<draft> short_answer;
  /// The answer to `long_question`; empty when it was not asked.
  std::optional<draft> long_answer;
  /// Estimated tokens of the long prompt.
  std::uint64_t long_prompt_tokens = 0;
  /// Why the run's prompts do not fit the window that is known here; empty when they do.
  std::string too_long;
};

/// A call that a model answers with some twenty words: how fast it is, whether it thinks, what it reports.
generation_call short_question();

/// A call with a prompt as long as a run's longest, about 2,000 tokens, answered in a few: is all of it counted?
generation_call long_question();

/// Output tokens a second after the first; empty when there is nothing to tell it from.
std::optional<double> tokens_per_second(const draft& answer);

/// All checks, in the order of `server_check::name`; those that nothing is known of are left out.
std::vector<server_check> diagnose(const server_findings& found);

} // namespace longwave
