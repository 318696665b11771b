// `longwave why N`: how one segment came about, from its plan to its record.
#include "actors/generator/prompt.hpp"
#include "actors/generator/prompt_templates.hpp"
#include "actors/retry/feedback.hpp"
#include "cli/command_line.hpp"
#include "cli/exit_code.hpp"
#include "cli/pack_search.hpp"
#include "cli/terminal_text.hpp"
#include "cli/verbs.hpp"
#include "messages/json_controls.hpp"
#include "messages/plan_json.hpp"

#include <CLI/App.hpp>
#include <charconv>

namespace longwave::cli {

namespace {

using why_json = nlohmann::ordered_json;

std::string plain(const why_json& j) {
  if (j.is_null()) return "-";
  if (j.is_string()) return j.get<std::string>();
  return escape_controls(j.dump(-1, ' ', false, why_json::error_handler_t::replace));
}

void print_fields(const why_json& j) {
  for (const auto& [name, value] : j.items()) {
    if (value.is_null() || (value.is_structured() && value.empty()) || value == "") continue;
    print_line("  " + name + ": " + plain(value));
  }
}

void print_violations(const why_json& violations) {
  for (const auto& v : violations)
    print_line("      " + v.value("severity", std::string()) + " " + v.value("category", std::string()) + "/" +
               v.value("rule", std::string()) + ": " + v.value("message", std::string()) +
               (v.value("evidence", std::string()).empty() ? "" : " [" + v.value("evidence", std::string()) + "]"));
}

/// "  2.3 s, 310 + 140 tokens (reported), judge passed 0.91"
std::string evidence_line(const why_json& evidence) {
  if (!evidence.is_object()) return {};
  std::string line = "      " + plain(evidence.value("took_ms", why_json())) + " ms";
  const auto tokens = [](const why_json& u) { return plain(u.value("input_tokens", why_json())) + " + " + plain(u.value("output_tokens", why_json())); };
  if (const auto& used = evidence.value("usage", why_json()); used.is_object()) line += ", " + tokens(used) + " tokens";
  else if (const auto& guess = evidence.value("estimated_usage", why_json()); guess.is_object()) line += ", about " + tokens(guess) + " tokens";
  line += " (" + evidence.value("usage_source", std::string("unknown")) + ")";
  if (const auto& judge = evidence.value("judge", why_json()); judge.is_object())
    line += ", judge " + judge.value("state", std::string()) + " " + plain(judge.value("score", why_json()));
  return line;
}

void print_evidence(const why_json& evidence) {
  if (!evidence.is_object()) return;
  print_line(evidence_line(evidence));
  if (const auto draft = evidence.value("text", std::string()); !draft.empty()) print_text("      draft: " + draft + "\n");
}

void print_prompt(const why_json& prompt) {
  if (!prompt.is_object()) return;
  if (prompt.contains("note")) return print_text("\nprompt\n  " + prompt.value("note", std::string()) + "\n");
  print_text("\nprompt (about " + plain(prompt.value("tokens_estimated", why_json())) + " tokens)\n\n" +
             prompt.value("system", std::string()) + "\n" + prompt.value("user", std::string()));
}

void print_attempts(const why_json& why) {
  print_raw("\nattempts\n");
  const auto& attempts = why["attempts"];
  if (attempts.is_object() && attempts.contains("history"))
    for (const auto& failed : attempts["history"]) {
      print_line("  " + plain(failed.value("attempt", why_json())) + ": " + failed.value("outcome", std::string()) +
                 " " + failed.value("detail", std::string()));
      print_violations(failed.value("violations", why_json::array()));
      print_evidence(failed.value("evidence", why_json()));
    }
  const auto& record = why["segment"];
  const bool accepted = record.value("status", std::string()) == "accepted";
  print_line(accepted ? "  " + plain(record.value("attempts", why_json())) + ": ok"
                      : "  given up: " + record.value("skip_reason", std::string()));
  if (accepted) print_violations(record.value("violations", why_json::array()));
  if (why.contains("answer")) print_evidence(why["answer"]);
  if (!why.contains("discarded")) return;
  print_raw("\nmade before their turn and thrown away\n");
  for (const auto& draft : why["discarded"]) {
    print_line("  " + draft.value("reason", std::string()));
    print_evidence(draft.value("evidence", why_json()));
  }
}

/// Which records the prompt used, and which layer found each.
void print_lore(const why_json& plan) {
  const auto lore = plan.is_object() ? plan.value("lore", why_json()) : why_json();
  if (!lore.is_array() || lore.empty()) return;
  print_raw("\nlore\n");
  for (const auto& p : lore) {
    const auto source = p.value("source", std::string());
    print_line("  " + p.value("id", std::string()) + ": " + p.value("title", std::string()) + "  [layer " +
               p.value("layer", std::string()) + ", " + p.value("framing", std::string()) +
               (source.empty() ? "" : ", " + source) + "]");
  }
}

void print_why(const why_json& why) {
  auto record = why["segment"];
  const auto text = record.value("text", std::string());
  record.erase("text");
  record.erase("violations");
  print_raw("plan\n");
  auto plan = why["plan"].is_object() ? why["plan"] : why_json::object();
  plan.erase("lore");
  print_fields(plan);
  print_lore(why["plan"]);
  print_attempts(why);
  print_prompt(why.value("prompt", why_json()));
  print_raw("\nrecord\n");
  print_fields(record);
  if (!text.empty()) print_text("\ntext\n\n" + text + "\n");
}

/// The prompt of the last attempt, rendered anew: prompts are a pure function of pack, plan and what failed before, so
/// none of them is stored.
why_json prompt_of(const opened_store& o, const nlohmann::json& how, bool accepted) {
  const auto note = [](const std::string& why) { return why_json{{"note", why}}; };
  const auto config = o.db->config(o.run);
  if (!config || !how.is_object() || !how.contains("plan")) return nullptr;
  auto setup = std::make_shared<run_setup>();
  setup->config = std::make_shared<const run_config>(config.value());
  auto pack = pack_for(config.value().pack, config.value().dj, config.value().kind);
  if (!pack) return note("not shown: " + to_string(pack.error()));
  if (config.value().pack_hash.find(pack.value().content_hash) == std::string::npos)
    return note("not shown: the pack has changed since this run");
  for (const auto& profile : pack.value().profiles)
    if (profile.name == config.value().dj) setup->profile = std::make_shared<const dj_profile>(profile);
  auto templates = prompt_templates::compile(pack.value());
  if (!templates) return note("not shown: " + to_string(templates.error()));
  setup->prompts = templates.value();
  attempt_order order;
  order.setup = setup;
  try {
    order.plan = std::make_shared<const segment_plan>(plan_from_json(how["plan"]));
    if (how.contains("attempts")) how["attempts"].get_to(order.state);
  } catch (const nlohmann::json::exception& e) {
    return note(std::string("not shown: ") + e.what());
  }
  // A skipped segment's last failure came after its last prompt.
  if (!accepted && !order.state.history.empty()) order.state.history.pop_back();
  const auto call = make_call(order);
  prompt_inputs inputs;
  add_plan(inputs, *order.plan);
  why_json parts = why_json::object();
  for (const auto& [name, text] : inputs.entries()) parts[std::string(name)] = text;
  if (const auto block = feedback_block(order.state); !block.empty() && config.value().use_feedback) parts["feedback"] = block;
  return {{"system", call.system_prompt}, {"user", call.user_prompt},     {"tokens_estimated", prompt_tokens(call)},
          {"temperature", call.temperature}, {"top_p", call.top_p}, {"max_tokens", call.max_tokens}, {"parts", parts}};
}

result<why_json> explain(const opened_store& o, std::uint64_t seq) {
  auto line = o.db->segment_line(o.run, seq);
  if (!line) return line.error();
  auto stored = o.db->provenance(o.run, seq);
  // A record stands on its own: without its history the rest is still worth showing.
  const auto how = stored ? why_json::parse(stored.value(), nullptr, false) : why_json::object();
  why_json why;
  why["seq"] = seq;
  why["run_id"] = o.run;
  for (const auto* name : {"plan", "attempts", "calls"})
    why[name] = how.is_object() && how.contains(name) ? how[name] : why_json(nullptr);
  if (how.is_object())
    for (const auto& [name, value] : how.items())
      if (!why.contains(name)) why[name] = value;
  why["segment"] = why_json::parse(line.value(), nullptr, false);
  if (!why["segment"].is_object())
    return failure{error_code::store_damaged, "cannot read segment " + std::to_string(seq), "its record is not JSON",
                   "see what is sound with `longwave verify`"};
  if (stored)
    why["prompt"] = prompt_of(o, nlohmann::json::parse(stored.value(), nullptr, false), why["segment"].value("status", "") == "accepted");
  return why;
}

} // namespace

int why_verb(const arguments& args) {
  look_options options;
  std::vector<std::string> words;
  CLI::App app("Show how segment N came about: plan, attempts with verdicts, usage and times, text.", "why");
  add_look_options(app, options);
  app.add_option("WORDS", words, "[DIR] N: the run's output folder (default .) and the segment's number")
    ->default_str("")
    ->required();
  if (const auto over = parse_arguments(app, args)) return *over;
  if (words.size() > 2) return report_usage(app, "'" + words[2] + "' is one argument too many", options.json);
  if (words.size() == 2) options.store.folder = words.front();
  std::uint64_t seq = 0;
  const auto& number = words.back();
  const auto [end, fault] = std::from_chars(number.data(), number.data() + number.size(), seq);
  if (fault != std::errc{} || end != number.data() + number.size())
    return report_usage(app, "'" + number + "' is no segment number", options.json);

  auto opened = open_store(options.store);
  if (!opened) return report_failure(opened.error(), options.json);
  auto why = explain(opened.value(), seq);
  if (!why) return report_failure(why.error(), options.json);
  options.json ? print_json(why.value(), 2) : print_why(why.value());
  return finish_output(exit_done);
}

} // namespace longwave::cli
