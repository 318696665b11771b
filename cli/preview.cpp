// `longwave preview`: the first segments of a run as it would write them; nothing is stored, no folder is made.
#include "actors/generator/prompt.hpp"
#include "actors/generator/prompt_check.hpp"
#include "actors/generator/prompt_log.hpp"
#include "actors/generator/spoken_text.hpp"
#include "actors/retry/outcome.hpp"
#include "actors/scheduler/show.hpp"
#include "actors/validator/engagement.hpp"
#include "actors/validator/judge.hpp"
#include "actors/validator/judge_batch.hpp"
#include "cli/command_line.hpp"
#include "cli/exit_code.hpp"
#include "cli/prepare.hpp"
#include "cli/run_options.hpp"
#include "cli/terminal_text.hpp"
#include "cli/verbs.hpp"
#include "storage/output_folder.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <charconv>
#include <cstdio>
#include <filesystem>

namespace longwave::cli {

namespace {

constexpr int most_segments = 100;
/// Hours of the broadcast that samples are taken from when no --duration is given: stories plan towards its end.
constexpr std::int64_t usual_hours = 112;

/// One sample, or how far it came.
struct sample {
  std::shared_ptr<const segment_plan> plan;
  bool accepted = false;
  int attempts = 0;
  draft answer;
  verdict judgement;
};

/// A run in memory: plans, asks, judges and moves on, without actors and without a store.
class rehearsal {
public:
  explicit rehearsal(std::shared_ptr<const run_setup> setup)
    : setup_(std::move(setup)), world_(*setup_->config, setup_->pack), window_(std::make_shared<repetition_window>()) {}

  /// The next segment. Fails with backend_unavailable or backend_refused when no text can be had at all.
  result<sample> next() {
    const auto seq = world_.settled() + 1;
    sample s;
    auto plan = world_.plan(seq, {window_.get(), setup_->rules.get()});
    const auto original = plan;
    attempt_state state;
    for (;;) {
      s.plan = plan;
      s.attempts += 1;
      auto failed = attempt(s, state);
      if (!failed) return failed.error();
      if (!failed.value()) break;
      const auto& config = *setup_->config;
      const auto decision = decide_retry(state, *failed.value(), config.max_attempts, config.validation_enabled, 0, 0, 0, false);
      state = decision.after;
      if (decision.step == next_step::skip) break;
      if (decision.drop_story && plan->beat) plan = world_.without_story(*plan);
    }
    settle(*original, s, plan != original);
    return s;
  }

private:
  /// One call and its verdict. @return what failed, or nothing when the draft is accepted
  result<std::optional<failed_attempt>> attempt(sample& s, const attempt_state& state) {
    attempt_order order;
    order.setup = setup_;
    order.plan = s.plan;
    order.state = state;
    order.call = ++calls_;
    order.window = window_;
    auto call = make_call(order);
    call.purpose = call_purpose::preview;
    call.virtual_clock = setup_->config->virtual_clock;
    if (const auto& folder = setup_->config->log_prompts; !folder.empty()) write_prompt_log(call, folder);
    s.answer = wait_for_answer([&](answer_function give) { return setup_->source->start(call, std::move(give)); });
    settle_text(s.answer, setup_->profile.get());
    failed_attempt failed{state.attempt, s.answer.outcome, s.answer.detail, {}};
    switch (s.answer.outcome) {
      case outcome_class::ok: break;
      case outcome_class::incomplete:
      case outcome_class::empty:
      case outcome_class::loop:
      case outcome_class::refused: return std::optional(failed);
      case outcome_class::config:
      case outcome_class::quota: return no_text(error_code::backend_refused, s.answer);
      default: return no_text(error_code::backend_unavailable, s.answer);
    }
    s.judgement = first_reading(order, s.answer);
    if (setup_->judge && s.judgement.accepted() && judge_reads(*setup_->config, s.plan->seq)) {
      ask_judge(order, s);
      if (engagement_counts(*setup_->config)) judge_engagement(s.judgement, s.answer.text);
    }
    s.accepted = s.judgement.accepted();
    if (s.accepted) return std::optional<failed_attempt>();
    failed.outcome = outcome_class::rejected;
    failed.violations = s.judgement.violations;
    return std::optional(failed);
  }

  failure no_text(error_code code, const draft& answer) const {
    const auto& config = *setup_->config;
    const auto where = answer.endpoint.empty() ? config.endpoints.empty() ? std::string() : " at " + config.endpoints.front() : " at " + answer.endpoint;
    return {code, "backend " + config.backend + where, std::string(to_string(answer.outcome)) + ", " + answer.detail,
            "`longwave doctor` with the same flags names what is wrong"};
  }

  void ask_judge(const attempt_order& order, sample& s) {
    const auto call = make_judge_call(order, s.answer.text);
    if (const auto& folder = setup_->config->log_prompts; !folder.empty()) write_prompt_log(call, folder, "-judge");
    auto report = read_judgement(wait_for_answer([&](answer_function give) { return setup_->judge->start(call, std::move(give)); }));
    add_judgement(s.judgement, report);
    s.answer.judge = std::make_shared<const judge_report>(std::move(report));
  }

  void settle(const segment_plan& original, const sample& s, bool story_dropped) {
    settled_segment settled;
    settled.accepted = s.accepted;
    settled.text = &s.answer.text;
    settled.variety = &s.judgement.variety;
    settled.incorporation = s.accepted ? s.judgement.incorporation : -1;
    settled.story_dropped = story_dropped;
    if (s.accepted) {
      // A copy: an order of before may still look at the old one.
      auto next = std::make_shared<repetition_window>(*window_);
      next->add(digest_text(*setup_->rules, *s.plan, s.answer.text, s.judgement.variety));
      window_ = std::move(next);
    }
    world_.settle(original, settled);
  }

  std::shared_ptr<const run_setup> setup_;
  show world_;
  std::shared_ptr<repetition_window> window_;
  std::uint64_t calls_ = 0;
};

nlohmann::ordered_json sample_json(const sample& s) {
  nlohmann::ordered_json j;
  j["seq"] = s.plan->seq;
  j["status"] = s.accepted ? "accepted" : "skipped";
  j["type"] = to_string(s.plan->type);
  j["day"] = s.plan->position.day;
  j["hour"] = s.plan->position.hour;
  j["slot"] = s.plan->position.slot;
  j["text"] = s.accepted ? s.answer.text : std::string();
  j["attempts"] = s.attempts;
  j["violations"] = nlohmann::json(s.judgement.violations);
  j["usage"] = s.answer.usage ? nlohmann::ordered_json(nlohmann::json(*s.answer.usage)) : nlohmann::ordered_json(nullptr);
  j["generation_ms"] = s.answer.took_ms;
  if (s.answer.judge) j["judge"] = nlohmann::json(*s.answer.judge);
  return j;
}

std::string sample_text(const sample& s) {
  std::string out = "--- " + std::to_string(s.plan->seq) + ": " + std::string(to_string(s.plan->type));
  if (!s.plan->skeleton) out += ", day " + std::to_string(s.plan->position.day) + " " + std::to_string(s.plan->position.hour) + ":00";
  else out += ", " + s.plan->skeleton->template_id;
  out += ", " + std::to_string(s.attempts) + (s.attempts == 1 ? " call" : " calls");
  if (s.answer.usage && s.answer.usage->total()) out += ", " + std::to_string(*s.answer.usage->total()) + " tokens";
  out += s.accepted ? " ---\n" : ", not accepted ---\n";
  if (s.accepted) out += s.answer.text + (s.answer.text.ends_with('\n') ? "" : "\n");
  else if (s.answer.outcome != outcome_class::ok)
    out += "  " + std::string(to_string(s.answer.outcome)) + (s.answer.detail.empty() ? "" : ": " + s.answer.detail) + "\n";
  for (const auto& v : s.judgement.violations)
    out += "  " + std::string(to_string(v.level)) + " " + v.category + "/" + v.rule + ": " + v.message + "\n";
  return out + "\n";
}

/// Takes --segments N and a leading "broadcast" or "stories" out of the arguments.
struct preview_request {
  arguments rest;
  std::optional<run_kind> kind;
  int segments = 3;
};

result<preview_request> read_preview(const arguments& args) {
  preview_request r;
  const auto number = [&](const std::string& text) {
    const auto [end, ec] = std::from_chars(text.data(), text.data() + text.size(), r.segments);
    return ec == std::errc() && end == text.data() + text.size() && r.segments >= 1 && r.segments <= most_segments;
  };
  const auto bad = [](const std::string& value) {
    return failure{error_code::bad_usage, "--segments " + value, "wants a whole number from 1 to " + std::to_string(most_segments), "see --help"};
  };
  for (std::size_t i = 0; i < args.size(); ++i) {
    if (i == 0 && parse_run_kind(args[0])) {
      r.kind = parse_run_kind(args[0]);
    } else if (args[i] == "--segments") {
      const auto value = i + 1 < args.size() ? args[++i] : std::string();
      if (!number(value)) return bad(value);
    } else if (args[i].rfind("--segments=", 0) == 0) {
      if (!number(args[i].substr(11))) return bad(args[i].substr(11));
    } else {
      r.rest.push_back(args[i]);
    }
  }
  return r;
}

result<std::shared_ptr<run_setup>> setup_for(const run_options& options) {
  run_config config;
  if (auto applied = apply_options(options, config); !applied) return applied.error();
  const auto clock = std::make_shared<host_clock>();
  if (!options.has("seed")) config.seed = static_cast<std::uint64_t>(clock->wall_us()); // another sample every time
  if (config.run_id.empty()) config.run_id = "preview";
  if (config.kind == run_kind::broadcast && config.dj.empty())
    return failure{error_code::bad_usage, "preview", "wants --dj NAME, or `preview stories`", "`longwave profiles` lists the DJs"};
  if (config.kind == run_kind::broadcast && config.duration_hours == 0) config.duration_hours = usual_hours;
  config.fault_plan.clear();
  auto setup = make_setup(std::move(config), clock);
  if (!setup) return setup.error();
  if (const auto why = prompt_beyond_window(*setup.value()))
    return failure{error_code::bad_config, "prompts of pack " + setup.value()->pack->name, *why, "give a larger --context, or shorten the templates"};
  if (const auto& folder = setup.value()->config->log_prompts; !folder.empty())
    if (auto made = make_prompt_log(folder); !made) return made.error();
  return setup;
}

int write_samples(const std::shared_ptr<run_setup>& setup, int segments, const run_options& options) {
  const bool as_json = options.has("json");
  const std::string file = options.value("output");
  rehearsal run(setup);
  std::string all;
  for (int i = 0; i < segments; ++i) {
    auto made = run.next();
    if (!made) return report_failure(made.error(), as_json);
    const auto text = as_json ? json_for_output(sample_json(made.value())) + "\n" : sample_text(made.value());
    if (!file.empty()) all += text;
    else as_json ? print_raw(text) : print_text(text);
  }
  if (!file.empty())
    if (auto written = storage::write_file_atomically(storage::system_file_calls(), file, all); !written)
      return report_failure({error_code::output_unwritable, "cannot write " + file, to_string(written.error()), "give --output a file's path"}, as_json);
  return finish_output(exit_done);
}

} // namespace

int preview_verb(const arguments& args) {
  auto request = read_preview(args);
  if (!request) return report_failure(request.error());
  const bool names_dj = std::any_of(args.begin(), args.end(), [](const auto& a) { return a.rfind("--dj", 0) == 0; });
  const bool wants_help = std::any_of(args.begin(), args.end(), [](const auto& a) { return a == "--help" || a == "-h"; });
  const auto kind = request.value().kind.value_or(names_dj || wants_help ? run_kind::broadcast : run_kind::stories);
  auto parsed = parse_run_options(kind, request.value().rest);
  if (!parsed) return report_failure(parsed.error());
  if (!parsed.value().help.empty()) {
    std::printf("Write the first samples of a run and commit nothing.\n\n"
                "  longwave preview [broadcast|stories] [--segments N] [flags of the run]\n\n"
                "  --segments N   how many, 1 to %d [3]\n"
                "  --output FILE  write them there [stdout]\n\n%s",
                most_segments, parsed.value().help.c_str());
    return finish_output(exit_done);
  }
  const auto& options = parsed.value().options;
  const bool as_json = options.has("json");
  std::error_code ec;
  if (options.has("output") && std::filesystem::is_directory(options.value("output"), ec))
    return report_failure({error_code::output_unwritable, "cannot write " + options.value("output"), "it is a folder", "give --output a file's path"}, as_json);
  auto setup = setup_for(options);
  if (!setup) return report_failure(setup.error(), as_json);
  return write_samples(setup.value(), request.value().segments, options);
}

} // namespace longwave::cli
