// Checks and merges; see prepare.hpp.
#include "cli/prepare.hpp"

#include "actors/generator/backends/call_log.hpp"
#include "actors/generator/backends/openai.hpp"
#include "actors/generator/prompt.hpp"
#include "actors/generator/prompt_check.hpp"
#include "actors/generator/prompt_log.hpp"
#include "actors/generator/prompt_templates.hpp"
#include "actors/retry/remedy.hpp"
#include "actors/scheduler/dj_lore.hpp"
#include "actors/scheduler/show.hpp"
#include "actors/scheduler/story_registry.hpp"
#include "actors/validator/judge_batch.hpp"
#include "cli/backend_choice.hpp"
#include "cli/lore_import.hpp"
#include "cli/pack_search.hpp"
#include "cli/run_content.hpp"
#include "messages/shared_part.hpp"
#include "storage/input_file.hpp"
#include "storage/output_folder.hpp"

#include <algorithm>
#include <condition_variable>
#include <ctime>
#include <map>
#include <mutex>
#include <random>
#include <unistd.h>

namespace longwave::cli {

namespace fs = std::filesystem;

namespace {

/// Room that a segment takes in store, log and files together, bytes: measured 112 segments at about 0.9 MB.
constexpr std::uint64_t bytes_per_segment = 12'000;
constexpr std::uint64_t bytes_per_story = 60'000;

std::uint64_t random_seed() {
  std::random_device device; // the one random number of a run; stored with it
  return (static_cast<std::uint64_t>(device()) << 32) | device();
}

// Runs of one engine share what they read from a pack: sixty-four of them must not hold it sixty-four times.

std::string key_of(const content_pack& pack) { return pack.content_hash + pack.folder.string(); }

std::shared_ptr<const content_pack> shared_pack(content_pack loaded) {
  const auto key = key_of(loaded);
  return shared_part<content_pack>(key, [&] { return std::make_shared<const content_pack>(std::move(loaded)); });
}

result<std::shared_ptr<const prompt_templates>> shared_prompts(const content_pack& pack) {
  std::optional<failure> why;
  auto prompts = shared_part<prompt_templates>(key_of(pack), [&]() -> std::shared_ptr<const prompt_templates> {
    auto compiled = prompt_templates::compile(pack);
    if (compiled) return std::move(compiled.value());
    why = compiled.error();
    return nullptr;
  });
  if (why) return *why;
  return prompts;
}

std::shared_ptr<const rule_context> shared_rules(const content_pack& pack, const dj_profile& dj) {
  return shared_part<rule_context>(key_of(pack) + '\n' + dj.name, [&] {
    std::vector<std::string> places;
    for (const auto& story : pack.stories) places.insert(places.end(), story.locations.begin(), story.locations.end());
    return std::make_shared<const rule_context>(dj, places);
  });
}

/// Everything that shapes output and differs; empty when the run may go on.
std::string differences(const run_config& stored, const run_config& wanted) {
  std::string list;
  auto add = [&](const std::string& name, const std::string& a, const std::string& b) {
    list += (list.empty() ? "" : ", ") + name + " was " + (a.empty() ? "unset" : a) + " and is now " + (b.empty() ? "unset" : b);
  };
  const auto a = stored.fingerprint();
  const auto b = wanted.fingerprint();
  for (std::size_t i = 0; i < a.size() && i < b.size(); ++i)
    if (a[i].second != b[i].second) add(a[i].first, a[i].second, b[i].second);
  if (wanted.duration_hours < stored.duration_hours)
    add("duration", std::to_string(stored.duration_hours), std::to_string(wanted.duration_hours));
  if (stored.max_stories && wanted.max_stories && *wanted.max_stories < *stored.max_stories)
    add("max-stories", std::to_string(*stored.max_stories), std::to_string(*wanted.max_stories));
  if (stored.duration_seconds && wanted.duration_seconds && *wanted.duration_seconds < *stored.duration_seconds)
    add("duration-seconds", std::to_string(*stored.duration_seconds), std::to_string(*wanted.duration_seconds));
  return list;
}

/// The run that a folder's options mean: the one named, or the only one there is.
result<std::string> stored_run(const storage::store& store, const run_options& options, const fs::path& output) {
  auto runs = store.runs();
  if (!runs) return runs.error();
  if (options.has("run-id")) {
    const auto id = options.value("run-id");
    const auto& list = runs.value();
    if (std::find(list.begin(), list.end(), id) != list.end()) return id;
    if (!list.empty() && !options.has("server") && !options.has("data-dir"))
      return failure{error_code::run_exists, output.string(), "holds run " + list.front() + ", not " + id, "use another --output"};
    return std::string();
  }
  for (const auto& id : runs.value()) {
    const auto config = store.config(id);
    if (config && config.value().output == output.string()) return id;
  }
  if (options.has("server") || options.has("data-dir") || runs.value().size() != 1) return std::string();
  // A folder with its store in it was moved or copied as a whole, and its one run with it; unless that run has a folder
  // of its own, which points back here (contract 8.29).
  const auto& id = runs.value().front();
  const auto config = store.config(id);
  if (!config) return config.error();
  std::error_code ec;
  for (const auto& folder : {output / id, fs::path(config.value().output)})
    if (fs::exists(folder / ".longwave" / "engine.json", ec)) return std::string();
  return id;
}

/// `--registry shared`: what the store's other story runs have told, oldest run first.
result<story_memory> told_elsewhere(const storage::store& store, const std::string& own_run) {
  struct told_run {
    std::string started_at;
    std::vector<known_story> stories;
  };
  std::vector<told_run> found;
  auto runs = store.runs();
  if (!runs) return runs.error();
  for (const auto& id : runs.value()) {
    if (id == own_run) continue;
    const auto head = store.head(id);
    if (!head) return head.error();
    const auto state = store.state_at(id, head.value().seq);
    if (!state) return state.error();
    told_run run{head.value().started_at, {}};
    for (const auto& [name, piece] : state.value())
      if (name.rfind("registry/", 0) == 0 && piece.is_object()) run.stories.push_back(piece.get<known_story>());
    std::sort(run.stories.begin(), run.stories.end(), [](const auto& a, const auto& b) { return a.seq < b.seq; });
    if (!run.stories.empty()) found.push_back(std::move(run));
  }
  std::sort(found.begin(), found.end(), [](const auto& a, const auto& b) { return a.started_at < b.started_at; });
  story_memory memory;
  for (auto& run : found)
    for (auto& story : run.stories) memory.push_back(std::make_shared<const known_story>(std::move(story)));
  return memory;
}

failure holds_a_run(const fs::path& output, const run_config& config, const storage::run_head& head) {
  std::string far = "run " + config.run_id + ", " + std::to_string(head.seq);
  if (const auto planned = config.planned_segments()) far += " of " + std::to_string(*planned);
  return {error_code::run_exists, "cannot start in " + output.string(), "it holds " + far + " segments (" + head.state + ")",
          "go on with --resume, or choose another --output"};
}

/// The catalogue that was imported into the output folder; empty when there is none.
std::string own_catalogue(const run_options& options, const fs::path& output) {
  std::error_code ec;
  const auto folder = options.has("data-dir") ? fs::absolute(options.value("data-dir"), ec).lexically_normal() / "lore" : lore_folder_of(output);
  return fs::exists(folder / "CURRENT", ec) ? folder.string() : std::string();
}

void fill_in(run_config& config, const run_options& options, const fs::path& output, const host_clock& clock) {
  if (!options.has("seed")) config.seed = random_seed();
  if (config.run_id.empty()) config.run_id = legalised_run_id(output.filename().string());
  (void) clock;
  if (config.kind == run_kind::broadcast && !options.has("lore")) config.lore = own_catalogue(options, output);
  if (config.kind == run_kind::stories && !config.max_stories && !config.duration_seconds) config.max_stories = 1;
}

result<void> check_new(const run_config& config) {
  if (config.kind == run_kind::broadcast && config.dj.empty())
    return failure{error_code::bad_usage, "broadcast", "wants --dj NAME", "`longwave profiles` lists them"};
  if (config.kind == run_kind::broadcast && config.duration_hours == 0)
    return failure{error_code::bad_usage, "broadcast", "wants --duration HOURS or --days N", "see --help"};
  return ok();
}

/// The run's first prompt, answered in a few tokens: tells in one call whether server, key and model are there and
/// whether the prompt fits the window.
generation_call first_question(const run_setup& setup) {
  attempt_order order;
  order.setup = std::shared_ptr<const run_setup>(std::shared_ptr<void>(), &setup); // borrowed
  order.plan = show(*setup.config, setup.pack, {}, setup.lore).plan(1);
  auto call = make_call(order);
  const auto tiny = probe_call();
  call.purpose = tiny.purpose;
  call.max_tokens = tiny.max_tokens;
  call.virtual_clock = setup.config->virtual_clock;
  return call;
}

} // namespace

draft wait_for_answer(const std::function<std::shared_ptr<call_handle>(answer_function)>& ask) {
  std::mutex mutex;
  std::condition_variable answered;
  std::optional<draft> answer;
  const auto call = ask([&](draft d) {
    std::lock_guard guard(mutex);
    answer = std::move(d);
    answered.notify_one();
  });
  std::unique_lock lock(mutex);
  answered.wait(lock, [&] { return answer.has_value(); });
  return std::move(*answer);
}

std::optional<std::string> judge_trouble(const run_setup& setup) {
  if (!setup.judge) return std::nullopt;
  const auto answer = wait_for_answer([&](answer_function give) { return setup.judge->probe(std::move(give)); });
  if (answer.outcome == outcome_class::ok || answer.outcome == outcome_class::busy || answer.outcome == outcome_class::incomplete)
    return std::nullopt;
  return std::string(to_string(answer.outcome)) + (answer.detail.empty() ? "" : ", " + answer.detail);
}

result<std::shared_ptr<run_setup>> make_setup(run_config config, std::shared_ptr<const host_clock> clock) {
  auto loaded = load_run_content(config);
  if (!loaded) return loaded.error();
  auto setup = std::make_shared<run_setup>();
  auto content = shared_pack(std::move(loaded.value().pack));
  if (config.kind == run_kind::broadcast) {
    setup->profile = shared_part<dj_profile>(key_of(*content) + '\n' + loaded.value().dj->name, [&] { return loaded.value().dj; });
    if (loaded.value().catalogue) {
      auto lore = dj_lore::make(loaded.value().catalogue, *setup->profile);
      if (!lore) return lore.error();
      setup->lore = std::move(lore.value());
    }
    config.dj = setup->profile->name;
    if (config.start_date.empty()) config.start_date = setup->profile->start_date;
    setup->rules = shared_rules(*content, *setup->profile);
  } else {
    setup->rules = std::make_shared<rule_context>();
    if (content->skeletons.empty())
      return failure{error_code::bad_pack, "pack " + content->name, "has no story skeletons", "use a pack for stories, such as midnight"};
    const auto is_wanted = [&](const auto& s) { return s.template_id == config.template_id; };
    if (!config.template_id.empty() && std::none_of(content->skeletons.begin(), content->skeletons.end(), is_wanted)) {
      std::string list;
      for (const auto& s : content->skeletons) list += (list.empty() ? "" : ", ") + s.template_id;
      return failure{error_code::bad_usage, "--template " + config.template_id, "is not in pack " + content->name, "choose one of " + list};
    }
  }
  if (config.backend == "offline" && !content->grammars.count(config.language))
    return failure{error_code::bad_pack, "pack " + content->name, "has no grammar for language " + config.language, "use --backend or another pack"};
  if (config.budget > 0) {
    const auto model = config.model.empty() ? config.backend : config.model;
    if (!price_of(config.prices, model))
      return failure{error_code::bad_config, "--budget", "there is no price for " + model,
                     "give --price \"" + model + " input=X output=Y\", or limit tokens with --budget-tokens"};
  }
  config.pack_hash = content->content_hash;
  auto prompts = shared_prompts(*content);
  if (!prompts) return prompts.error();
  setup->prompts = std::move(prompts.value());
  const auto system = system_prompt(*setup, config.language);
  setup->system_prompt = shared_part<std::string>(system, [&] { return std::make_shared<const std::string>(system); });
  auto faults = fault_plan::parse(config.fault_plan);
  if (!faults) return faults.error();
  auto planned_faults = shared_part<fault_plan>(config.fault_plan, [&] { return std::make_shared<const fault_plan>(std::move(faults.value())); });
  auto source = make_backend(config, content);
  if (!source) return source.error();
  setup->faults = std::move(planned_faults);
  setup->source = std::move(source.value());
  auto judge = make_judge(config, content);
  if (!judge) return judge.error();
  setup->judge = std::move(judge.value());
  if (config.speculate || judges_in_batches(config))
    if (auto sense = check_drafts_ahead(config, setup->judge != nullptr); !sense) return sense.error();
  if (!config.call_log.empty()) {
    auto logged = log_calls(setup->source, config.call_log);
    if (!logged) return logged.error();
    setup->source = std::move(logged.value());
  }
  setup->works_ahead = config.backend == "offline" && setup->faults->empty();
  setup->pack = std::move(content);
  setup->config = std::make_shared<run_config>(std::move(config));
  setup->clock = std::move(clock);
  return setup;
}

result<fs::path> output_folder_of(const run_options& options, const fs::path& base, const host_clock& clock) {
  std::error_code ec;
  if (options.has("output")) {
    const fs::path asked = options.value("output");
    if (asked.empty()) return failure{error_code::bad_usage, "--output", "is empty", "name a folder"};
    auto path = (asked.is_absolute() ? asked : base / asked).lexically_normal();
    if (path.filename().empty()) path = path.parent_path();
    return path;
  }
  auto id = options.value("run-id");
  if (id.empty()) {
    const std::time_t now = clock.wall_us() / 1'000'000;
    std::tm utc{};
    ::gmtime_r(&now, &utc);
    char text[64];
    std::strftime(text, sizeof text, "%Y%m%d-%H%M%S", &utc);
    id = std::string(to_string(options.kind)) + "-" + text;
  }
  const auto below = options.has("server") ? base / id : base / "output" / id;
  return below.lexically_normal();
}

result<prepared_run> prepare_run(const run_options& options, const fs::path& output, const storage::store* store,
                                 std::shared_ptr<const host_clock> clock) {
  run_config config;
  prepared_run prepared;
  std::string id;
  if (store) {
    auto found = stored_run(*store, options, output);
    if (!found) return found.error();
    id = found.value();
  }
  storage::run_head head;
  run_config stored;
  if (!id.empty()) {
    auto stored_config = store->config(id);
    if (!stored_config) return stored_config.error();
    auto stored_head = store->head(id);
    if (!stored_head) return stored_head.error();
    stored = config = stored_config.value();
    // A rehearsal and its tools are this process's affair: a resumed run is undisturbed unless it is asked for again.
    config.fault_plan.clear();
    config.call_log.clear();
    config.log_prompts.clear();
    head = stored_head.value();
    if (!options.has("resume")) return holds_a_run(output, config, head);
    if (config.kind != options.kind)
      return failure{error_code::fingerprint_mismatch, "cannot resume run " + id,
                     "it is a run of kind " + std::string(to_string(config.kind)), "use the other verb"};
    prepared.known = true;
    prepared.done = head.seq;
  }
  if (auto applied = apply_options(options, config); !applied) return applied.error();
  config.output = output.string();
  if (!prepared.known) {
    if (auto checked = check_new(config); !checked) return checked.error();
    if (std::error_code ec; fs::exists(output / "segments.jsonl", ec))
      return failure{error_code::run_exists, "cannot start in " + output.string(), "it holds a segments.jsonl without its store",
                     "choose another --output, or bring the store back"};
    fill_in(config, options, output, *clock);
  }
  auto setup = make_setup(config, std::move(clock));
  if (!setup) return setup.error();
  if (store && setup.value()->config->registry == "shared") {
    auto told = told_elsewhere(*store, setup.value()->config->run_id);
    if (!told) return told.error();
    setup.value()->elsewhere = std::move(told.value());
  }
  prepared.setup = setup.value();
  if (!prepared.known) return prepared;
  if (const auto list = differences(stored, *prepared.setup->config); !list.empty())
    return failure{error_code::fingerprint_mismatch, "cannot resume run " + id, "the output would change: " + list,
                   "leave these flags out, or start a new run elsewhere"};
  const auto planned = prepared.setup->config->planned_segments();
  const bool grown = prepared.setup->config->duration_seconds != stored.duration_seconds;
  prepared.finished = head.state == "aborted" || (head.state == "completed" && !grown && (!planned || head.seq >= *planned));
  return prepared;
}

fs::path existing_parent(const fs::path& output) {
  fs::path existing = output;
  std::error_code ec;
  while (!fs::exists(existing, ec) && existing.has_parent_path() && existing != existing.parent_path())
    existing = existing.parent_path();
  return existing;
}

std::uint64_t estimated_bytes(const run_config& config) {
  const bool stories = config.kind == run_kind::stories;
  return config.planned_segments().value_or(stories ? 48 : 0) * (stories ? bytes_per_story : bytes_per_segment);
}

result<void> check_writable(const fs::path& output) {
  const auto existing = existing_parent(output);
  std::error_code ec;
  if (fs::is_directory(existing, ec) && ::access(existing.c_str(), W_OK | X_OK) == 0) return ok();
  return failure{error_code::output_unwritable, "cannot create " + output.string(), existing.string() + " cannot be written to",
                 "choose another --output"};
}

result<void> check_backend(const run_setup& setup) {
  const auto& config = *setup.config;
  if (const auto why = prompt_beyond_window(setup))
    return failure{error_code::bad_config, "prompts of pack " + setup.pack->name, *why,
                   "give a larger --context, or shorten the templates"};
  if (config.backend == "offline") return ok();
  const auto answer = std::make_unique<draft>(
    wait_for_answer([&](answer_function give) { return setup.source->start(first_question(setup), std::move(give)); }));
  if (answer->outcome == outcome_class::ok || answer->outcome == outcome_class::busy || answer->outcome == outcome_class::incomplete)
    return ok();
  // A content filter speaks of this one prompt; the segments that meet it are asked of the other model.
  if (answer->outcome == outcome_class::refused && !config.fallback_model.empty()) return ok();
  if (answer->prompt_too_long)
    return failure{error_code::backend_refused, "model " + answer->model + " at " + answer->endpoint,
                   "the prompt does not fit its window: " + answer->detail,
                   "give it a larger window (--context for an Ollama), or name another model"};
  const bool refused = answer->outcome == outcome_class::config || answer->outcome == outcome_class::quota;
  return failure{refused ? error_code::backend_refused : error_code::backend_unavailable,
                 "backend " + config.backend + " at " + (answer->endpoint.empty() ? config.endpoints.front() : answer->endpoint),
                 answer->detail.empty() ? std::string(to_string(answer->outcome)) : answer->detail,
                 remedy_before_start(*answer) + (refused ? "" : ", or start with --skip-preflight")};
}

result<void> check_before_start(const run_setup& setup, const fs::path& output) {
  const auto& config = *setup.config;
  if (auto writable = check_writable(output); !writable) return writable;
  const auto free = storage::free_bytes(existing_parent(output));
  if (!free) return free.error();
  const auto floor = static_cast<std::uint64_t>(config.disk_floor_bytes);
  const auto wanted = 2 * estimated_bytes(config) + floor;
  if (floor > 0 && free.value() < wanted)
    return failure{error_code::disk_full, "cannot start in " + output.string(),
                   std::to_string(free.value() / 1'000'000) + " MB are free and " + std::to_string(wanted / 1'000'000) + " MB are wanted",
                   "free some space, or lower --disk-floor"};
  if (auto answers = check_backend(setup); !answers) return answers;
  return config.log_prompts.empty() ? ok() : make_prompt_log(config.log_prompts);
}

} // namespace longwave::cli
