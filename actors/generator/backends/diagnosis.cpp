// One function a check, each naming what is wrong together with what mends it.
#include "actors/generator/backends/diagnosis.hpp"

#include <algorithm>
#include <cstdio>

namespace longwave {

namespace {

constexpr double slow_tokens_per_second = 3;
constexpr std::int64_t slow_first_token_ms = 20'000;

server_check fine(std::string name, std::string detail) { return {std::move(name), check_status::ok, std::move(detail), "", false}; }
server_check warn(std::string name, std::string detail, std::string fix) {
  return {std::move(name), check_status::warning, std::move(detail), std::move(fix), false};
}
server_check fail(std::string name, std::string detail, std::string fix, bool configuration = false) {
  return {std::move(name), check_status::problem, std::move(detail), std::move(fix), configuration};
}

std::string fixed(double value, int digits) {
  char text[40];
  std::snprintf(text, sizeof text, "%.*f", digits, value);
  return text;
}

/// "llama3" and "llama3:latest" are the same model to an Ollama.
bool same_model(const std::string& offered, const std::string& wanted) {
  return offered == wanted || offered == wanted + ":latest" || wanted == offered + ":latest";
}

std::string names_of(const std::vector<offered_model>& models) {
  constexpr std::size_t most = 6;
  std::string list;
  for (std::size_t i = 0; i < models.size() && i < most; ++i) list += (i ? ", " : "") + models[i].name;
  if (models.size() > most) list += " and " + std::to_string(models.size() - most) + " more";
  return list;
}

server_check reach(const server_description& d) {
  if (d.outcome == outcome_class::ok)
    return fine("reach", std::to_string(d.models.size()) + (d.models.size() == 1 ? " model offered" : " models offered"));
  const std::string detail = std::string(to_string(d.outcome)) + (d.detail.empty() ? "" : ": " + d.detail);
  switch (d.outcome) {
    case outcome_class::config: return warn("reach", "the list of models cannot be read: " + detail, "check the key; some servers have no such list");
    case outcome_class::busy: return warn("reach", detail, "it is busy or loading; try again later");
    default: return fail("reach", detail, "start the server, or check --endpoint: host, port, http or https");
  }
}

std::optional<server_check> model(const server_description& d, bool answered) {
  if (d.models.empty()) return std::nullopt;
  const bool there = std::any_of(d.models.begin(), d.models.end(), [&](const auto& m) { return same_model(m.name, d.model); });
  if (there) return fine("model", d.model + " is there");
  // Some servers answer under any name (llama.cpp, emulators), others load a model that they do not list.
  if (answered)
    return warn("model", d.model + " is not listed, and answers all the same; listed are " + names_of(d.models),
                "make sure that it is the model you mean");
  const auto pull = d.kind == "ollama" ? "`ollama pull " + d.model + "`, or choose" : std::string("choose");
  return fail("model", d.model + " is not offered; there are " + names_of(d.models), pull + " one of these with --model");
}

std::optional<server_check> ollama(const server_description& d) {
  if (d.ollama_version.empty()) return std::nullopt;
  if (d.kind == "ollama") return fine("ollama", "version " + d.ollama_version);
  return warn("ollama", "this is an Ollama " + d.ollama_version + ", whose " + d.kind + " route ignores window and thinking settings",
              "use --backend ollama with the same --endpoint");
}

server_check answer(const draft& a) {
  if (a.outcome == outcome_class::ok) return fine("answer", "a sound answer in " + fixed(static_cast<double>(a.took_ms) / 1'000, 1) + " s");
  const std::string detail = std::string(to_string(a.outcome)) + (a.detail.empty() ? "" : ": " + a.detail);
  switch (a.outcome) {
    case outcome_class::config: return fail("answer", detail, "check --model and the key file");
    case outcome_class::quota: return fail("answer", detail, "raise the limit or pay at the provider");
    case outcome_class::busy: return warn("answer", detail, "it is busy; a run would wait");
    case outcome_class::stall: return fail("answer", detail, "restart the server, or give more --call-timeout");
    case outcome_class::empty:
      if (a.thinking_bytes > 0)
        return fail("answer", "the model only thought and wrote nothing", "use a model that does not think, or switch its thinking off at the server");
      return fail("answer", detail, "try another model, or the chat template that belongs to this one");
    case outcome_class::incomplete:
      if (a.cut_by_length) return fine("answer", "an answer up to its token limit");
      return fail("answer", detail, "see the server's own log");
    default: return fail("answer", detail, "see the server's own log");
  }
}

std::optional<server_check> speed(const draft& a) {
  const auto rate = tokens_per_second(a);
  if (!rate && !a.first_token_ms) return std::nullopt;
  std::string detail = rate ? fixed(*rate, 1) + " tokens a second" : "tokens a second not known";
  if (a.first_token_ms) detail += ", first after " + fixed(static_cast<double>(*a.first_token_ms) / 1'000, 2) + " s";
  if (rate && *rate < slow_tokens_per_second)
    return warn("speed", detail, "a script of 300 tokens takes " + fixed(300 / *rate, 0) + " s: mind --call-timeout, or take a smaller model");
  if (a.first_token_ms && *a.first_token_ms > slow_first_token_ms)
    return warn("speed", detail, "if that was loading the model, try again; else mind --first-byte-timeout");
  return fine("speed", detail);
}

std::optional<server_check> usage(const draft& a) {
  if (a.outcome != outcome_class::ok) return std::nullopt;
  if (a.usage && a.usage->total()) return fine("usage", "reported");
  return warn("usage", "not reported, or only in part", "costs will be estimates; a newer server may report usage in streams");
}

std::optional<server_check> thinking(const draft& a) {
  const bool counted = a.usage && a.usage->reasoning_tokens && *a.usage->reasoning_tokens > 0;
  if (a.thinking_bytes == 0 && !counted) return a.outcome == outcome_class::ok ? std::optional(fine("thinking", "none")) : std::nullopt;
  return warn("thinking", "the model thinks before it writes", "it costs time and tokens and can eat the token limit: prefer a model that does not");
}

std::optional<server_check> window(const server_findings& found) {
  const auto known = found.description.window_tokens;
  if (!found.too_long.empty())
    return fail("window", found.too_long, "give the server a larger window (--context for an Ollama, its own option elsewhere)", true);
  if (!known) return std::nullopt;
  return fine("window", std::to_string(*known) + " tokens");
}

std::optional<server_check> truncation(const server_findings& found) {
  if (!found.long_answer) return std::nullopt;
  const auto& a = *found.long_answer;
  if (a.prompt_too_long)
    return fail("truncation", "a prompt of about " + std::to_string(found.long_prompt_tokens) + " tokens is refused: " + a.detail,
                "give the server a larger window", true);
  const bool answered = a.outcome == outcome_class::ok || a.outcome == outcome_class::incomplete;
  if (!answered || !a.usage || !a.usage->input_tokens) return std::nullopt;
  const auto counted = *a.usage->input_tokens;
  const auto detail = std::to_string(counted) + " prompt tokens counted, about " + std::to_string(found.long_prompt_tokens) + " sent";
  if (counted * 10 < found.long_prompt_tokens * 7)
    return fail("truncation", detail + ": the server cuts prompts in silence", "give it a larger window; for an Ollama use --backend ollama", true);
  return fine("truncation", detail);
}

} // namespace

std::string_view to_string(check_status s) noexcept {
  switch (s) {
    case check_status::ok: return "ok";
    case check_status::warning: return "warning";
    case check_status::problem: return "problem";
  }
  return "problem";
}

generation_call short_question() {
  generation_call call;
  call.purpose = call_purpose::doctor;
  call.system_prompt = "You answer in plain words.";
  call.user_prompt = "Count from one to twenty in words, separated by commas.";
  call.temperature = 0;
  call.max_tokens = 120;
  return call;
}

generation_call long_question() {
  generation_call call = short_question();
  call.user_prompt = "The first word of this text is LANTERN. What follows is filler; afterwards answer with the single word ready.\n";
  // Different words: a run of equal ones is what some servers fold.
  for (int i = 1; i <= 320; ++i) call.user_prompt += "Line " + std::to_string(i) + " tells of road " + std::to_string(i * 7 % 97) + ".\n";
  call.user_prompt += "Answer with the single word ready.";
  call.max_tokens = 8;
  return call;
}

std::optional<double> tokens_per_second(const draft& answer) {
  if (!answer.usage || !answer.usage->output_tokens || *answer.usage->output_tokens < 5) return std::nullopt;
  const auto writing_ms = answer.took_ms - answer.first_token_ms.value_or(0);
  if (writing_ms <= 0) return std::nullopt;
  return static_cast<double>(*answer.usage->output_tokens) * 1'000.0 / static_cast<double>(writing_ms);
}

std::vector<server_check> diagnose(const server_findings& found) {
  std::vector<server_check> list;
  const auto add = [&](std::optional<server_check> check) {
    if (check) list.push_back(std::move(*check));
  };
  add(reach(found.description));
  add(model(found.description, found.short_answer && found.short_answer->outcome == outcome_class::ok));
  add(ollama(found.description));
  if (found.short_answer) {
    add(answer(*found.short_answer));
    add(speed(*found.short_answer));
    add(usage(*found.short_answer));
    add(thinking(*found.short_answer));
  }
  add(window(found));
  add(truncation(found));
  return list;
}

} // namespace longwave
