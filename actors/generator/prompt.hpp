// The call of one attempt: the two prompts a model gets and the settings it is asked with.
#pragma once

#include "actors/attempt_order.hpp"
#include "actors/generator/backends/backend.hpp"

#include <optional>
#include <string>

namespace longwave {

/// What a run's "system" template says in a language; it depends on the profile alone.
std::string system_prompt(const run_setup& setup, const std::string& language);

/// Builds the call of one attempt from the pack's templates. Pure: same order, same bytes. Every optional input may be
/// absent.
generation_call make_call(const attempt_order& order);

/// The call that has the judge read one draft of this attempt: another purpose, the judge's templates and settings.
generation_call make_judge_call(const attempt_order& order, const std::string& script);

/// How a model is asked, by what is written (domain 4 and 13).
struct call_settings {
  double temperature = 0.8;
  double top_p = 0.9;
  int max_tokens = 300;
};

/// 0.8 and 300 tokens for a script, 0.6 for an emergency; stories get room for two tokens a character of `--target-length`.
call_settings settings_for(const segment_plan& plan) noexcept;

/// What the judge is asked with: 0.1, so that it says the same of the same text.
call_settings judge_settings() noexcept;

/// Estimated tokens of both prompts with what a chat request adds.
std::uint64_t prompt_tokens(const generation_call& call) noexcept;

/// The window that the run's model works in, tokens: `--context`, or what an Ollama is asked for; empty when it is
/// not known.
std::optional<std::uint64_t> window_of(const run_config& config) noexcept;

/// Why a call cannot fit its model's window, in one line; nothing when it fits or the window is not known. At least
/// enough room for the shortest answer that would be accepted must be left.
std::optional<std::string> too_long_for(const generation_call& call, std::optional<std::uint64_t> window);

/// The text of the prompt log for a call: settings, then both prompts.
std::string prompt_log_text(const generation_call& call);

/// Its file name: "<run>-call-000012-segment-000003-attempt-2.txt", the judge's with "-judge" before the dot.
std::string prompt_log_name(const generation_call& call, std::string_view suffix = {});

} // namespace longwave
