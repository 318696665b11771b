// The table of flags and how each value is checked.
#include "cli/run_options.hpp"

#include "actors/generator/backends/endpoint_spec.hpp"
#include "actors/scheduler/escalation.hpp"
#include "actors/validator/judge_batch.hpp"
#include "cli/backend_choice.hpp"
#include "cli/config_file.hpp"
#include "cli/price_table.hpp"
#include "messages/date.hpp"
#include "storage/input_file.hpp"

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <functional>
#include <sstream>

namespace longwave::cli {

namespace {

using setter = std::function<result<void>(run_config&, const std::string&)>;

enum applies { to_both, to_broadcast, to_stories };

struct flag_spec {
  const char* name;
  applies to;
  bool takes_value;
  const char* help;
  setter set; ///< null: read by the verb itself
};

failure bad_value(const std::string& name, const std::string& value, const std::string& wanted) {
  return {error_code::bad_usage, "--" + name + " " + value, wanted, "see --help"};
}

result<std::int64_t> whole(const std::string& name, const std::string& text, std::int64_t low, std::int64_t high) {
  std::int64_t n = 0;
  const auto [end, ec] = std::from_chars(text.data(), text.data() + text.size(), n);
  if (ec != std::errc() || end != text.data() + text.size() || n < low || n > high)
    return bad_value(name, text, "wants a whole number from " + std::to_string(low) + " to " + std::to_string(high));
  return n;
}

template <class T>
setter number(std::string name, T run_config::*field, std::int64_t low, std::int64_t high, std::int64_t factor = 1) {
  return [=](run_config& c, const std::string& text) -> result<void> {
    auto n = whole(name, text, low, high);
    if (!n) return n.error();
    c.*field = static_cast<T>(n.value() * factor);
    return ok();
  };
}

setter text(std::string run_config::*field) {
  return [=](run_config& c, const std::string& value) -> result<void> {
    c.*field = value;
    return ok();
  };
}

/// A path, made absolute: a run is resumed from anywhere.
setter path_text(std::string run_config::*field) {
  return [=](run_config& c, const std::string& value) -> result<void> {
    std::error_code ec;
    c.*field = value.empty() ? value : std::filesystem::absolute(value, ec).lexically_normal().string();
    return ok();
  };
}

setter choice(std::string name, std::string run_config::*field, std::vector<std::string> allowed) {
  return [=](run_config& c, const std::string& value) -> result<void> {
    if (std::find(allowed.begin(), allowed.end(), value) == allowed.end()) {
      std::string list;
      for (const auto& a : allowed) list += (list.empty() ? "" : ", ") + a;
      return bad_value(name, value, "wants one of " + list);
    }
    c.*field = value;
    return ok();
  };
}

setter truth(bool run_config::*field, bool value) {
  return [=](run_config& c, const std::string&) -> result<void> {
    c.*field = value;
    return ok();
  };
}

/// One of two words that stand for a truth value.
setter either(std::string name, bool run_config::*field, std::string yes, std::string no) {
  return [=](run_config& c, const std::string& value) -> result<void> {
    if (value != yes && value != no) return bad_value(name, value, "wants " + yes + " or " + no);
    c.*field = value == yes;
    return ok();
  };
}

result<void> set_days(run_config& c, const std::string& value) {
  auto n = whole("days", value, 1, 125'000);
  if (!n) return n.error();
  c.duration_hours = n.value() * c.hours_per_day;
  return ok();
}

result<void> set_max_stories(run_config& c, const std::string& value) {
  auto n = whole("max-stories", value, 1, 10'000'000);
  if (!n) return n.error();
  c.max_stories = static_cast<std::uint64_t>(n.value());
  return ok();
}

result<void> set_duration_seconds(run_config& c, const std::string& value) {
  auto n = whole("duration-seconds", value, 1, 1'000'000'000);
  if (!n) return n.error();
  c.duration_seconds = n.value();
  return ok();
}

result<void> set_seed(run_config& c, const std::string& value) {
  std::uint64_t n = 0;
  const auto [end, ec] = std::from_chars(value.data(), value.data() + value.size(), n);
  if (ec != std::errc() || end != value.data() + value.size())
    return bad_value("seed", value, "wants a whole number from 0 to 18446744073709551615");
  c.seed = n;
  return ok();
}

result<void> set_start_date(run_config& c, const std::string& value) {
  if (!parse_date(value)) return bad_value("start-date", value, "wants a date as YYYY-MM-DD");
  c.start_date = value;
  return ok();
}

/// The URL of an endpoint's settings for a message. What follows it may be a key in the wrong place, and a URL with a user
/// name may hold a password: neither is repeated.
std::string shown_url(const std::string& value) {
  const auto url = value.substr(0, value.find_first_of(" \t"));
  return url.empty() || url.find('@') != std::string::npos ? std::string() : " " + url;
}

result<void> add_endpoint(run_config& c, const std::string& value) {
  if (auto spec = parse_endpoint_spec(value); !spec)
    return failure{error_code::bad_config, "--endpoint" + shown_url(value), spec.error().why, spec.error().remedy};
  c.endpoints.push_back(value);
  return ok();
}

result<void> set_validation_mode(run_config& c, const std::string& value) {
  if (value != "rules" && value != "llm" && value != "hybrid")
    return bad_value("validation-mode", value, "wants one of rules, llm, hybrid");
  c.validation_mode = value;
  c.validation_enabled = true;
  return ok();
}

result<void> add_judge_endpoint(run_config& c, const std::string& value) {
  if (auto spec = parse_endpoint_spec(value); !spec)
    return failure{error_code::bad_config, "--judge-endpoint" + shown_url(value), spec.error().why, spec.error().remedy};
  c.judge_endpoints.push_back(value);
  return ok();
}

result<void> set_escalation(run_config& c, const std::string& value) {
  if (!parse_escalation_mode(value)) return bad_value("escalation", value, "wants natural, always or never");
  c.escalation = value;
  return ok();
}

result<void> set_judge_sample(run_config& c, const std::string& value) {
  double share = 0;
  const auto [end, ec] = std::from_chars(value.data(), value.data() + value.size(), share);
  if (ec != std::errc() || end != value.data() + value.size() || !(share >= 0 && share <= 1))
    return bad_value("judge-sample", value, "wants a number from 0 to 1");
  c.judge_sample = share;
  return ok();
}

result<void> set_judge_batch(run_config& c, const std::string& value) {
  if (!parse_judge_batch(value)) return bad_value("judge-batch", value, "wants off, hour or a number from 2 to 60");
  c.judge_batch = value;
  return ok();
}

result<void> add_price(run_config& c, const std::string& value) {
  auto price = parse_price(value);
  if (!price) return price.error();
  if (std::any_of(c.prices.begin(), c.prices.end(), [&](const auto& known) { return known.model == price.value().model; }))
    return failure{error_code::bad_usage, "--price " + value, "this model has a price already", "leave one of them out"};
  c.prices.push_back(std::move(price.value()));
  return ok();
}

result<void> set_budget(run_config& c, const std::string& value) {
  double amount = 0;
  const auto [end, ec] = std::from_chars(value.data(), value.data() + value.size(), amount);
  if (ec != std::errc() || end != value.data() + value.size() || !(amount > 0 && amount <= 1e12))
    return bad_value("budget", value, "wants an amount greater than 0, such as 12.50");
  c.budget = amount;
  return ok();
}

result<void> set_run_id(run_config& c, const std::string& value) {
  if (!legal_run_id(value))
    return bad_value("run-id", value, "wants up to 64 of a-z 0-9 . _ -, beginning with a letter or digit");
  c.run_id = value;
  return ok();
}

/// Read by the verb; here only its form is looked at.
result<void> check_workers(run_config&, const std::string& value) {
  auto n = whole("workers", value, 1, 64);
  if (!n) return n.error();
  return ok();
}

result<void> read_fault_plan(run_config& c, const std::string& value) {
  auto file = storage::read_input_file(value, 1u << 20);
  if (!file.why.empty())
    return failure{error_code::bad_fault_plan, "cannot read fault plan " + value, file.why, "check the path"};
  c.fault_plan = std::move(file.bytes);
  return ok();
}

/// CLI11 opens whatever is no folder: a FIFO would be waited for and a device read without end.
result<void> check_config_file(const std::vector<std::string>& args) {
  std::string path;
  for (std::size_t i = 0; i < args.size(); ++i) {
    if (args[i].rfind("--config=", 0) == 0) path = args[i].substr(9);
    else if (args[i] == "--config" && i + 1 < args.size()) path = args[i + 1];
  }
  if (path.empty()) return ok();
  if (const auto file = storage::read_input_file(path, 1u << 20); !file.why.empty())
    return failure{error_code::bad_config, "configuration file " + path, file.why, "check the path"};
  return ok();
}

const std::vector<flag_spec>& table() {
  using c = run_config;
  static const std::vector<flag_spec> flags{
    {"dj", to_broadcast, true, "who speaks: full name, short name, or an unambiguous part of it", text(&c::dj)},
    {"duration", to_broadcast, true, "broadcast hours, 1 to 2000000", number("duration", &c::duration_hours, 1, 2'000'000)},
    {"hours", to_broadcast, true, "the same as --duration", number("hours", &c::duration_hours, 1, 2'000'000)},
    {"days", to_broadcast, true, "broadcast days of 16 hours, instead of --duration", set_days},
    {"segments-per-hour", to_broadcast, true, "segments an hour, 1 to 60 [1]",
     number("segments-per-hour", &c::segments_per_hour, 1, 60)},
    {"start-hour", to_broadcast, true, "first hour of a broadcast day, 0 to 23 [6]", number("start-hour", &c::start_hour, 0, 23)},
    {"start-date", to_broadcast, true, "first simulated date, YYYY-MM-DD [the profile's]", set_start_date},
    {"enable-stories", to_broadcast, false, "tell story arcs", truth(&c::stories_enabled, true)},
    {"disable-stories", to_broadcast, false, "tell none [default]", truth(&c::stories_enabled, false)},
    {"enable-validation", to_broadcast, false, "judge every draft by the rules", truth(&c::validation_enabled, true)},
    {"no-validation", to_broadcast, false, "judge none [default]", truth(&c::validation_enabled, false)},
    {"validation-mode", to_broadcast, true,
     "who judges: rules; llm, a model, after the critical rules; hybrid, all rules and then the model; switches validation on [rules]",
     set_validation_mode},
    {"validation-model", to_broadcast, true, "the judging model's name [--model]", text(&c::validation_model)},
    {"judge-backend", to_broadcast, true, "where it is asked: offline, ollama, openai or anthropic [--backend]",
     choice("judge-backend", &c::judge_backend, {"offline", "ollama", "openai", "anthropic"})},
    {"judge-endpoint", to_broadcast, true, "its server, as --endpoint; repeatable [--endpoint]", add_judge_endpoint},
    {"judge-api-key-file", to_broadcast, true, "file that holds its key [--api-key-file]", text(&c::judge_api_key_file)},
    {"judge-timeout", to_broadcast, true, "longest judgement, seconds, 1 to 86400 [120]",
     number("judge-timeout", &c::judge_timeout_ms, 1, 86'400, 1'000)},
    {"escalation", to_broadcast, true,
     "whether told stories grow into longer ones: natural, by engagement and chance; always, a rehearsal; never [natural]",
     set_escalation},
    {"judge-sample", to_broadcast, true, "share of the segments that it reads, 0 to 1 [1]", set_judge_sample},
    {"speculate", to_broadcast, false, "make the next draft while the judge reads this one; thrown away when it does not pass", truth(&c::speculate, true)},
    {"no-speculate", to_broadcast, false, "make none before its turn [default]", truth(&c::speculate, false)},
    {"judge-batch", to_broadcast, true,
     "how many drafts the judge reads in a row, all of them made before it begins: off, hour, or 2 to 60; for a writer and a judge "
     "that share one GPU [off]",
     set_judge_batch},
    {"checkpoint-interval", to_broadcast, true, "broadcast hours between checkpoints, 1 to 1000 [1]",
     number("checkpoint-interval", &c::checkpoint_interval_hours, 1, 1'000)},
    {"max-stories", to_stories, true, "how many stories [1, or no limit with --duration-seconds]", set_max_stories},
    {"duration-seconds", to_stories, true, "how long to write stories, seconds [no limit]", set_duration_seconds},
    {"interval-seconds", to_stories, true, "wait between two stories, seconds [0]",
     number("interval-seconds", &c::interval_seconds, 0, 1'000'000'000)},
    {"template", to_stories, true, "always this skeleton, by id [chosen for each story]", text(&c::template_id)},
    {"target-length", to_stories, true, "characters a story, 300 to 10000 [the pack's own]",
     number("target-length", &c::target_length, 300, 10'000)},
    {"lang", to_stories, true, "en or ko [en]", choice("lang", &c::language, {"en", "ko"})},
    {"enable-dedup", to_stories, false, "ask again for a story too near to an earlier one, twice, then skip it",
     truth(&c::dedup_enabled, true)},
    {"load-history", to_stories, true, "earlier stories to compare with, 1 to 2000 [200]",
     number("load-history", &c::load_history, 1, 2'000)},
    {"registry", to_stories, true, "whose stories count as earlier: run, or shared = every run of the store [run]",
     choice("registry", &c::registry, {"run", "shared"})},
    {"dedup-policy", to_stories, true, "a skeleton that was told before: warn = take another, strict = skip the story [warn]",
     choice("dedup-policy", &c::dedup_policy, {"warn", "strict"})},
    {"output", to_both, true, "output folder [./output/<run id>]", nullptr},
    {"data-dir", to_both, true, "engine's own folder [<output>/.longwave]", nullptr},
    {"run-id", to_both, true, "name of the run [the output folder's name]", set_run_id},
    {"pack", to_both, true, "pack, by name or folder [the one that holds the DJ]", text(&c::pack)},
    {"lore", to_broadcast, true, "lore catalogue: a folder that one was imported into, or a catalogue file [the output folder's, if it has one]",
     path_text(&c::lore)},
    {"quest-pool", to_broadcast, true, "tell the stories of this pool, as `longwave audit` writes it [pack and catalogue]", path_text(&c::quest_pool)},
    {"seed", to_both, true, "seed of all randomness [random]", set_seed},
    {"resume", to_both, false, "go on with the run in the output folder, or begin it", nullptr},
    {"backend", to_both, true, "offline, ollama, openai or anthropic [offline]",
     choice("backend", &c::backend, {"offline", "ollama", "openai", "anthropic"})},
    {"model", to_both, true, "model name, for all backends but offline", text(&c::model)},
    {"endpoint", to_both, true,
     "base URL of a server, with or without /v1; repeatable: a pool. Settings of its own may follow: \"URL kind=ollama "
     "model=M in-flight=2 context=8192 api-key-file=F max-tokens-field=NAME\"",
     add_endpoint},
    {"api-key-file", to_both, true, "file that holds the key [a systemd credential, or LONGWAVE_API_KEY]", text(&c::api_key_file)},
    {"fallback-model", to_both, true, "model to ask after a refusal, or when a prompt is too long [none]", text(&c::fallback_model)},
    {"in-flight", to_both, true, "calls at once an endpoint, 1 to 1024 [ollama 1, others 16]", number("in-flight", &c::in_flight, 1, 1'024)},
    {"context", to_both, true, "the model's window, tokens: asked of an Ollama [8192], and what prompts are held against before they are sent",
     number("context", &c::context_tokens, 256, 10'000'000)},
    {"max-tokens-field", to_both, true, "max_tokens or max_completion_tokens, for openai [max_tokens]",
     choice("max-tokens-field", &c::max_tokens_field, {"max_tokens", "max_completion_tokens"})},
    {"max-attempts", to_both, true, "model calls a segment, 1 to 20 [3]", number("max-attempts", &c::max_attempts, 1, 20)},
    {"price", to_both, true,
     "what a model costs: \"MODEL input=2.5 cached-input=0.25 output=10\", per million tokens; repeatable, in a file "
     "[prices.\"MODEL\"]; offline and * count as models [none]",
     add_price},
    {"budget", to_both, true, "pause when the calls have cost this much, in the currency of the prices [no limit]", set_budget},
    {"budget-tokens", to_both, true, "pause when the calls have used this many tokens [no limit]",
     number("budget-tokens", &c::budget_tokens, 1, 1'000'000'000'000'000)},
    {"call-timeout", to_both, true, "longest model call, seconds, 1 to 86400 [60]",
     number("call-timeout", &c::call_timeout_ms, 1, 86'400, 1'000)},
    {"connect-timeout", to_both, true, "longest look-up, connection and TLS handshake, seconds, 1 to 300 [5]",
     number("connect-timeout", &c::connect_timeout_ms, 1, 300, 1'000)},
    {"first-byte-timeout", to_both, true, "longest wait for the first byte, and between two tokens, seconds [call-timeout]",
     number("first-byte-timeout", &c::first_byte_timeout_ms, 1, 86'400, 1'000)},
    {"idle-timeout", to_both, true, "longest silence within an answer, seconds, 1 to 86400 [30]",
     number("idle-timeout", &c::idle_timeout_ms, 1, 86'400, 1'000)},
    {"pause-grace", to_both, true, "how long a call may go on after a pause, seconds, 0 to 3600 [25]",
     number("pause-grace", &c::pause_grace_ms, 0, 3'600, 1'000)},
    {"stall-after", to_both, true, "longest wait for a busy backend, seconds [1800]",
     number("stall-after", &c::stall_after_s, 1, 1'000'000)},
    {"outage-wait", to_both, true, "wait for an endpoint that refuses, seconds a segment [60]",
     number("outage-wait", &c::outage_wait_s, 0, 1'000'000)},
    {"on-failure-limit", to_both, true, "pause or exit [pause]", either("on-failure-limit", &c::exit_on_failure_limit, "exit", "pause")},
    {"auto-resume", to_both, false, "go on by itself when a failed backend answers again", truth(&c::auto_resume, true)},
    {"clock", to_both, true, "real or virtual: waits pass at once [real]", either("clock", &c::virtual_clock, "virtual", "real")},
    {"fault-plan", to_both, true, "JSON Lines of faults to rehearse", read_fault_plan},
    {"segment-files", to_both, true, "a readable file for every segment, on or off [on]",
     either("segment-files", &c::segment_files, "on", "off")},
    {"no-feedback", to_both, false, "retry without telling what was wrong", truth(&c::use_feedback, false)},
    {"log-prompts", to_both, true, "folder to write every prompt into [none]", text(&c::log_prompts)},
    {"call-log", to_both, true, "file that notes every answer with its hash, synced: an oracle for tests [none]", text(&c::call_log)},
    {"disk-floor", to_both, true, "free megabytes below which the run pauses, 0 = off [500]",
     number("disk-floor", &c::disk_floor_bytes, 0, 100'000'000, 1'000'000)},
    {"workers", to_both, true, "generators and validators, 1 to 64 [2]", check_workers},
    {"progress", to_both, true, "auto, bar, plain, json or none [auto]", nullptr},
    {"log-level", to_both, true, "debug, info, warn or off [info]", nullptr},
    {"listen", to_both, true, "HOST:PORT: dashboard and API on TCP too, loopback only without a token file [no]", nullptr},
    {"token-file", to_both, true, "file with the bearer token that --listen asks for; only you may read it", nullptr},
    {"skip-preflight", to_both, false, "start without looking at disk and backend", nullptr},
    {"server", to_both, true, "hand the run to the engine of this folder (longwave serve)", nullptr},
    {"detach", to_both, false, "with --server: return at once with the run id", nullptr},
    {"json", to_both, false, "machine-readable output", nullptr},
    {"no-color", to_both, false, "no colour", nullptr},
  };
  return flags;
}

bool repeatable(std::string_view name) { return name == "endpoint" || name == "judge-endpoint" || name == "price"; }

bool fits(const flag_spec& flag, run_kind kind) {
  return flag.to == to_both || (flag.to == to_broadcast) == (kind == run_kind::broadcast);
}

std::string environment_name(std::string name) {
  for (char& ch : name) ch = ch == '-' ? '_' : static_cast<char>(std::toupper(static_cast<unsigned char>(ch)));
  return "LONGWAVE_" + name;
}

result<void> check_together(const run_options& o) {
  const int lengths = o.has("duration") + o.has("days") + o.has("hours");
  if (lengths > 1)
    return failure{error_code::bad_usage, "--duration and --days", "say the same thing twice", "give one of them"};
  if (o.has("enable-stories") && o.has("disable-stories"))
    return failure{error_code::bad_usage, "--enable-stories and --disable-stories", "contradict each other", "give one of them"};
  if (o.has("validation-mode") && o.has("no-validation"))
    return failure{error_code::bad_usage, "--validation-mode and --no-validation", "contradict each other", "give one of them"};
  if (o.has("enable-validation") && o.has("no-validation"))
    return failure{error_code::bad_usage, "--enable-validation and --no-validation", "contradict each other", "give one of them"};
  if (o.has("speculate") && o.has("no-speculate"))
    return failure{error_code::bad_usage, "--speculate and --no-speculate", "contradict each other", "give one of them"};
  return ok();
}

} // namespace

std::string run_options::value(const std::string& name, const std::string& otherwise) const {
  auto at = given.find(name);
  return at == given.end() || at->second.empty() ? otherwise : at->second.back();
}

result<parsed_options> parse_run_options(run_kind kind, const std::vector<std::string>& args) {
  const bool broadcast = kind == run_kind::broadcast;
  CLI::App app(broadcast ? "Generate a radio broadcast: ordered segments in simulated time."
                         : "Generate a series of stories.",
               broadcast ? "longwave broadcast" : "longwave stories");
  std::map<std::string, std::vector<std::string>> values;
  std::map<std::string, int> counts;
  for (const auto& flag : table()) {
    if (!fits(flag, kind)) continue;
    const std::string name = std::string("--") + flag.name;
    CLI::Option* option = flag.takes_value ? app.add_option(name, values[flag.name], flag.help)
                                               ->expected(1)
                                               ->type_name("")
                                               ->allow_extra_args(false) // a stray word is a slip, not a second value
                                               ->multi_option_policy(repeatable(flag.name)
                                                                       ? CLI::MultiOptionPolicy::TakeAll
                                                                       : CLI::MultiOptionPolicy::TakeLast)
                                           : app.add_flag(name, counts[flag.name], flag.help);
    option->envname(environment_name(flag.name));
  }
  app.set_config("--config", "", "TOML file with the same names as the flags");
  std::map<std::string, int> in_file;
  app.config_formatter(make_config_reader(in_file));
  app.allow_config_extras(CLI::config_extras_mode::error); // a misspelt name must not pass as a default
  if (auto readable = check_config_file(args); !readable) return readable.error();
  std::vector<std::string> reversed(args.rbegin(), args.rend());
  parsed_options parsed;
  parsed.options.kind = kind;
  try {
    app.parse(reversed);
  } catch (const CLI::CallForHelp&) {
    parsed.help = app.help();
    return parsed;
  } catch (const CLI::ConfigError& e) {
    std::string why = e.what();
    constexpr std::string_view extra = "INI was not able to parse "; // CLI11's words for a name it does not know
    if (why.rfind(extra, 0) == 0) why = "knows no option named " + why.substr(extra.size());
    return failure{error_code::bad_config, "configuration file", why, "see --help for the names"};
  } catch (const CLI::FileError& e) {
    return failure{error_code::bad_config, "configuration file", e.what(), "check the path"};
  } catch (const CLI::ParseError& e) {
    std::string why = e.what();
    std::replace(why.begin(), why.end(), '\n', ' ');
    return failure{error_code::bad_usage, broadcast ? "broadcast" : "stories", why, "see --help"};
  }
  for (auto& [name, list] : values)
    if (!list.empty()) parsed.options.given[name] = std::move(list);
  for (const auto& [name, count] : counts)
    if (count > 0) parsed.options.given[name] = {};
  for (const auto& [name, line] : in_file) {
    const auto named = [&, name = name](const std::string& arg) { return arg == "--" + name || arg.rfind("--" + name + "=", 0) == 0; };
    if (std::none_of(args.begin(), args.end(), named)) parsed.options.from_file[name] = line;
  }
  if (auto together = check_together(parsed.options); !together) return together.error();
  return parsed;
}

result<run_options> run_options_of(const nlohmann::json& body) {
  if (!body.is_object() || !body.contains("kind") || !body["kind"].is_string())
    return failure{error_code::bad_usage, "request body", "wants an object with \"kind\"", ""};
  const auto kind = parse_run_kind(body["kind"].get<std::string>());
  if (!kind) return failure{error_code::bad_usage, "kind", "wants \"broadcast\" or \"stories\"", ""};
  std::vector<std::string> args;
  for (const auto& [key, value] : body.items()) {
    if (key == "kind") continue;
    std::string name = "--" + key;
    std::replace(name.begin(), name.end(), '_', '-');
    if (value.is_boolean()) {
      if (value.get<bool>()) args.push_back(name);
      continue;
    }
    const auto add = [&](const nlohmann::json& v) {
      args.push_back(name + "=" + (v.is_string() ? v.get<std::string>() : v.dump()));
    };
    if (value.is_array())
      for (const auto& v : value) add(v);
    else if (!value.is_null())
      add(value);
  }
  auto parsed = parse_run_options(*kind, args);
  if (!parsed) return parsed.error();
  if (!parsed.value().help.empty()) return failure{error_code::bad_usage, "help", "is no option of a run", ""};
  return std::move(parsed.value().options);
}

/// Endpoints without a backend would be passed over in silence, and the grammar would write instead of the model.
result<void> check_spoken(const run_options& options, const run_config& config) {
  if (config.backend != "offline" || !options.has("endpoint") || options.has("backend")) return ok();
  if (judge_config(config).backend != "offline" && config.judge_endpoints.empty()) return ok();
  return failure{error_code::bad_config, "--endpoint" + shown_url(config.endpoints.front()), "nothing says what is spoken there: the backend is offline",
                 "give --backend ollama, openai or anthropic"};
}

result<void> apply_options(const run_options& options, run_config& config) {
  config.kind = options.kind;
  if (options.has("endpoint")) config.endpoints.clear();
  if (options.has("judge-endpoint")) config.judge_endpoints.clear();
  if (options.has("price")) config.prices.clear();
  for (const auto& flag : table()) {
    auto at = options.given.find(flag.name);
    if (!flag.set || at == options.given.end()) continue;
    if (!flag.takes_value) {
      if (auto done = flag.set(config, ""); !done) return done;
    }
    for (const auto& value : at->second) {
      auto done = flag.set(config, value);
      if (done) continue;
      failure why = done.error();
      if (const auto from = options.from_file.find(flag.name); from != options.from_file.end())
        why = {error_code::bad_config, "configuration file",
               "line " + std::to_string(from->second) + ": " + why.what.substr(2) + ": " + why.why, "mend it"};
      return why;
    }
  }
  return check_spoken(options, config);
}

} // namespace longwave::cli
