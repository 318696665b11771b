// Inputs into templates, templates into prompts; see domain 4, "Prompt inputs".
#include "actors/generator/prompt.hpp"

#include "actors/generator/prompt_templates.hpp"
#include "actors/generator/token_estimate.hpp"
#include "actors/retry/feedback.hpp"
#include "actors/retry/patience.hpp"
#include "actors/validator/judge.hpp"

#include <algorithm>
#include <cstdio>

namespace longwave {

namespace {

/// The window that an Ollama is asked for unless told otherwise; endpoint_options has the same number.
constexpr std::uint64_t ollama_window = 8'192;

std::uint64_t least_answer_tokens(const generation_call& call) noexcept {
  const auto wanted = static_cast<std::uint64_t>(std::max(call.max_tokens, 0));
  if (!call.plan || !call.plan->skeleton) return wanted;
  // A story's limit is generous; what must fit is the story.
  const int characters = call.plan->target_length > 0 ? call.plan->target_length : 3'500;
  const auto needed = static_cast<std::uint64_t>(characters) * (call.plan->language == "ko" ? 3u : 1u) / 4;
  return std::min(wanted, needed);
}

} // namespace

call_settings settings_for(const segment_plan& plan) noexcept {
  call_settings settings;
  if (plan.type == segment_type::emergency_weather) settings.temperature = 0.6;
  // domain 13: 8,192 tokens; contract 8.37: maximum tokens follow --target-length
  if (plan.skeleton) settings.max_tokens = std::max(8'192, plan.target_length * 2);
  return settings;
}

call_settings judge_settings() noexcept { return {0.1, 0.9, 600}; }

std::string system_prompt(const run_setup& setup, const std::string& language) {
  prompt_inputs inputs;
  if (setup.profile) add_profile(inputs, *setup.profile);
  const auto templates = setup.prompts ? setup.prompts : prompt_templates::built_in();
  return templates->render("system", language, inputs);
}

generation_call make_call(const attempt_order& order) {
  const auto& config = *order.setup->config;
  const auto& plan = *order.plan;
  generation_call call;
  call.run_id = config.run_id;
  call.seq = plan.seq;
  call.attempt = order.state.attempt;
  call.rejected = order.state.rejected;
  call.call = order.call;
  call.seed = config.seed;
  call.plan = order.plan;
  call.heard = order.window;
  if (order.window && order.setup->rules && !plan.skeleton)
    for (const auto& key : resting_keys(*order.setup->rules, *order.window, plan.position.day, plan.position.hour))
      call.resting.push_back(key.substr(key.find(':') + 1));
  prompt_inputs inputs;
  if (order.setup->profile) add_profile(inputs, *order.setup->profile);
  const auto templates = order.setup->prompts ? order.setup->prompts : prompt_templates::built_in();
  call.system_prompt = order.setup->system_prompt && plan.language == config.language
                         ? *order.setup->system_prompt
                         : system_prompt(*order.setup, plan.language);
  if (config.use_feedback && !order.state.history.empty()) {
    call.feedback = order.state.history.back().violations;
    auto block = feedback_block(order.state);
    while (!block.empty() && block.back() == '\n') block.pop_back();
    inputs.set("feedback", std::move(block));
  }
  add_plan(inputs, plan);
  call.user_prompt = templates->render(plan.skeleton ? "story" : to_string(plan.type), plan.language, inputs);
  const auto settings = settings_for(plan);
  call.temperature = settings.temperature;
  call.top_p = settings.top_p;
  call.max_tokens = settings.max_tokens;
  call.patience_percent = patience_percent(order.state);
  if (const auto window = window_of(config)) {
    // More than the window leaves would make a server forget the prompt while it writes. Where not even the least answer
    // fits, the call stays as it is: `too_long_for` refuses it.
    const auto used = prompt_tokens(call);
    if (used + least_answer_tokens(call) <= *window)
      call.max_tokens = static_cast<int>(std::min<std::uint64_t>(static_cast<std::uint64_t>(call.max_tokens), *window - used));
  }
  return call;
}

generation_call make_judge_call(const attempt_order& order, const std::string& script) {
  const auto& config = *order.setup->config;
  const auto& plan = *order.plan;
  generation_call call;
  call.purpose = call_purpose::judge;
  call.run_id = config.run_id;
  call.seq = plan.seq;
  call.attempt = order.state.attempt;
  call.rejected = order.state.rejected;
  call.call = order.call;
  call.seed = config.seed;
  call.virtual_clock = config.virtual_clock;
  prompt_inputs inputs;
  if (order.setup->profile) add_profile(inputs, *order.setup->profile);
  add_plan(inputs, plan);
  inputs.set("script", script);
  const auto templates = order.setup->prompts ? order.setup->prompts : prompt_templates::built_in();
  call.system_prompt = templates->render("judge_system", plan.language, inputs);
  call.user_prompt = templates->render("judge", plan.language, inputs);
  const auto settings = judge_settings();
  call.temperature = settings.temperature;
  call.top_p = settings.top_p;
  call.max_tokens = settings.max_tokens;
  call.json_schema = judgement_schema();
  call.timeout_ms = config.judge_timeout_ms;
  return call;
}

std::uint64_t prompt_tokens(const generation_call& call) noexcept {
  return estimate_tokens(call.system_prompt) + estimate_tokens(call.user_prompt) + message_overhead_tokens;
}

std::optional<std::uint64_t> window_of(const run_config& config) noexcept {
  if (config.context_tokens > 0) return static_cast<std::uint64_t>(config.context_tokens);
  const auto has_own = [](const std::string& endpoint) { return endpoint.find(" context=") != std::string::npos; };
  if (std::any_of(config.endpoints.begin(), config.endpoints.end(), has_own)) return std::nullopt; // each server its own
  if (config.backend == "ollama") return ollama_window;
  return std::nullopt;
}

std::optional<std::string> too_long_for(const generation_call& call, std::optional<std::uint64_t> window) {
  if (!window) return std::nullopt;
  const auto prompt = prompt_tokens(call), answer = least_answer_tokens(call);
  if (prompt + answer <= *window) return std::nullopt;
  return "the prompt has about " + std::to_string(prompt) + " tokens and its answer wants " + std::to_string(answer) +
         ": more than the window of " + std::to_string(*window);
}

std::string prompt_log_text(const generation_call& call) {
  char settings[160];
  std::snprintf(settings, sizeof settings, "temperature %.2f, top_p %.2f, max_tokens %d, about %llu prompt tokens\n",
                call.temperature, call.top_p, call.max_tokens, static_cast<unsigned long long>(prompt_tokens(call)));
  return "call " + std::to_string(call.call) + ", segment " + std::to_string(call.seq) + ", attempt " +
         std::to_string(call.attempt) + "\n" + settings + "\n--- system ---\n" + call.system_prompt + "\n--- user ---\n" +
         call.user_prompt;
}

std::string prompt_log_name(const generation_call& call, std::string_view suffix) {
  char numbers[96];
  std::snprintf(numbers, sizeof numbers, "-call-%06llu-segment-%06llu-attempt-%d",
                static_cast<unsigned long long>(call.call), static_cast<unsigned long long>(call.seq), call.attempt);
  return call.run_id + numbers + std::string(suffix) + ".txt";
}

} // namespace longwave
