// How the simulated engine steps, crashes, steers and watches.
#include "tests/support/simulated_engine.hpp"

#include "actors/generator/backends/offline_judge.hpp"

#include "storage/audit.hpp"
#include "storage/output_folder.hpp"
#include "storage/record_reader.hpp"
#include "storage/recovery.hpp"
#include "storage/stored_metadata.hpp"
#include "tests/actors/scheduler/sample_pack.hpp"

#include <caf/send.hpp>
#include <spdlog/spdlog.h>

#include <cxxabi.h>
#include <stdlib.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <fstream>
#include <memory>
#include <stdexcept>

namespace longwave::test {

namespace fs = std::filesystem;

// -- texts ------------------------------------------------------------------------------------------------------------

namespace {

constexpr auto openers = std::to_array<std::string_view>(
  {"Good", "Evening", "Friends", "Listen", "Well", "Here", "Folks", "Steady", "Gather", "Quiet", "Bright", "Softly"});
constexpr auto things = std::to_array<std::string_view>(
  {"lantern", "river", "kettle", "bridge", "garden", "ladder", "window", "barrel", "blanket", "whistle", "orchard",
   "basket", "candle", "fiddle", "meadow", "cellar", "hammer", "pillow", "ribbon", "saddle", "teapot", "willow",
   "button", "copper", "feather", "harbor", "kitten", "marble", "needle", "pepper", "quilt", "rope"});
constexpr auto doings = std::to_array<std::string_view>(
  {"waits beside", "leans against", "follows", "sings about", "hides behind", "looks for", "mends", "carries",
   "remembers", "paints", "guards", "borrows", "washes", "trades for", "dreams of", "points to"});

template <std::size_t N>
std::string_view pick(random_stream& r, const std::array<std::string_view, N>& from) {
  return from[r.below(N)];
}

} // namespace

draft sound_draft(const generation_call& call) {
  random_stream r(call.seed, call.seq, static_cast<std::uint64_t>(call.rejected), "simulated text");
  std::string text(pick(r, openers));
  for (int i = 0; i < 9; ++i) {
    text += i == 0 ? ", the " : i % 3 == 0 ? "! You smile, my friend, for the " : ". The "; // a text that speaks to nobody is rejected
    text.append(pick(r, things)).append(" ").append(pick(r, doings)).append(" the ").append(pick(r, things));
  }
  text += ".";
  if (call.plan) {
    if (const auto& beat = call.plan->beat) {
      text += " " + beat->title + ". " + beat->summary;
      for (const auto& entity : beat->entities) text += " " + entity + " is there.";
      for (const auto& theme : beat->themes) text += " It is about " + theme + ".";
    }
    if (!call.plan->catchphrase.empty()) text += " " + call.plan->catchphrase + ".";
  }
  draft d;
  d.usage = token_usage{100, text.size() / 5};
  d.text = std::move(text);
  return d;
}

draft bad_draft(const generation_call& call) {
  auto d = sound_draft(call);
  d.text += " I found it on the internet.";
  return d;
}

answer_script grammar_script(std::shared_ptr<const content_pack> pack, const std::string& dj) {
  std::shared_ptr<backend> grammar = make_offline_backend(std::move(pack), dj);
  return [grammar](const generation_call& call) {
    scripted_answer scripted;
    grammar->start(call, [&](draft answer) { scripted.answer = std::move(answer); });
    return scripted;
  };
}

answer_script judge_script() {
  std::shared_ptr<backend> judge = make_offline_judge();
  return [judge](const generation_call& call) {
    scripted_answer scripted;
    judge->start(call, [&](draft answer) { scripted.answer = std::move(answer); });
    return scripted;
  };
}

run_config simulated_broadcast(std::uint64_t seed, std::int64_t hours, const std::string& fault_plan) {
  auto config = sample_config(seed, hours);
  config.validation_enabled = true;
  config.disk_floor_bytes = 0;
  config.fault_plan = fault_plan;
  return config;
}

std::string canonical_output(const std::vector<segment_record>& records) {
  std::string all;
  for (const auto& record : records) all += canonical_json(record) + "\n";
  return all;
}

// -- the scripted model -----------------------------------------------------------------------------------------------

class scripted_backend::handle final : public call_handle {
public:
  handle(scripted_backend& from, std::uint64_t number) : from_(from), number_(number) {}
  void cancel() override { from_.cancel(number_); }

private:
  scripted_backend& from_;
  std::uint64_t number_;
};

std::shared_ptr<call_handle> scripted_backend::start(const generation_call& call, answer_function answer) {
  ++calls[call.seq];
  auto scripted = script(call);
  if (scripted.delay_ms <= 0) {
    most_open = std::max(most_open, open_.size() + 1);
    answer(std::move(scripted.answer));
    return nullptr;
  }
  scripted.answer.took_ms = scripted.delay_ms;
  const auto number = ++last_number_;
  open_.emplace(number, open_call{clock_->ns + scripted.delay_ms * 1'000'000, std::move(answer),
                                  std::move(scripted.answer)});
  most_open = std::max(most_open, open_.size());
  return std::make_shared<handle>(*this, number);
}

std::shared_ptr<call_handle> scripted_backend::probe(answer_function answer) {
  ++probes;
  answer(on_probe());
  return nullptr;
}

std::optional<std::int64_t> scripted_backend::next_due_ns() const {
  std::optional<std::int64_t> due;
  for (const auto& [number, call] : open_) due = due ? std::min(*due, call.due_ns) : call.due_ns;
  return due;
}

void scripted_backend::answer_due() {
  for (auto at = open_.begin(); at != open_.end();) {
    if (at->second.due_ns > clock_->ns) {
      ++at;
      continue;
    }
    auto call = std::move(at->second);
    at = open_.erase(at);
    call.answer(std::move(call.words));
  }
}

void scripted_backend::cancel(std::uint64_t number) {
  auto at = open_.find(number);
  if (at == open_.end()) return;
  auto call = std::move(at->second);
  open_.erase(at);
  draft interrupted;
  interrupted.outcome = outcome_class::interrupted;
  call.answer(std::move(interrupted));
}

void scripted_backend::forget() { open_.clear(); }

// -- the store, watched -----------------------------------------------------------------------------------------------

/// Passes everything on; counts what is committed and refuses writes when the simulation says so.
class simulation::watched_store final : public storage::store {
public:
  watched_store(simulation& owner, std::unique_ptr<storage::store> real) : owner_(owner), real_(std::move(real)) {}

  std::vector<result<void>> commit(const std::vector<const storage::commit_batch*>& batches,
                                   const std::function<void(std::size_t)>& written) override {
    if (owner_.refuse_write)
      if (auto why = owner_.refuse_write()) return std::vector<result<void>>(batches.size(), result<void>(*why));
    auto done = real_->commit(batches, written);
    for (std::size_t i = 0; i < batches.size(); ++i) {
      if (!done[i] || batches[i]->record_line.empty() || batches[i]->seq <= owner_.committed_) continue;
      if (batches[i]->seq != owner_.committed_ + 1)
        owner_.broke("segment " + std::to_string(batches[i]->seq) + " was committed after " +
                     std::to_string(owner_.committed_));
      owner_.committed_ = batches[i]->seq;
      owner_.watch_record(batches[i]->record_line);
    }
    return done;
  }
  result<void> note_attempt(const std::string& run, const storage::attempt_note& note,
                            const storage::run_head* head) override {
    if (owner_.refuse_write)
      if (auto why = owner_.refuse_write()) return *why;
    return real_->note_attempt(run, note, head);
  }
  result<void> create_run(const run_config& c, const storage::run_head& h) override { return real_->create_run(c, h); }
  result<void> update_config(const run_config& c) override { return real_->update_config(c); }
  result<void> prune(const std::string& run) override { return real_->prune(run); }
  result<std::vector<std::string>> runs() const override { return real_->runs(); }
  result<run_config> config(const std::string& run) const override { return real_->config(run); }
  result<storage::run_head> head(const std::string& run) const override { return real_->head(run); }
  result<storage::loaded_run> load(const std::string& run) const override { return real_->load(run); }
  result<std::string> segment_line(const std::string& run, std::uint64_t seq) const override {
    return real_->segment_line(run, seq);
  }
  result<std::string> provenance(const std::string& run, std::uint64_t seq) const override {
    return real_->provenance(run, seq);
  }
  result<void> segments(const std::string& run, std::uint64_t from, std::uint64_t to,
                        const std::function<bool(std::uint64_t, const std::string&)>& each) const override {
    return real_->segments(run, from, to, each);
  }
  result<std::map<std::string, nlohmann::json>> state_at(const std::string& run, std::uint64_t seq) const override {
    return real_->state_at(run, seq);
  }
  result<std::vector<listed_checkpoint>> checkpoints(const std::string& run) const override {
    return real_->checkpoints(run);
  }
  result<std::uint64_t> published(const std::string& run) const override { return real_->published(run); }
  result<void> keys(const std::function<bool(const std::string&, std::size_t)>& each) const override {
    return real_->keys(each);
  }
  result<void> refresh() override { return real_->refresh(); }
  result<void> snapshot(const fs::path& to) const override { return real_->snapshot(to); }
  storage::store_counters counters() const override { return real_->counters(); }
  void settle() override { real_->settle(); }

private:
  simulation& owner_;
  std::unique_ptr<storage::store> real_;
};

// -- process ----------------------------------------------------------------------------------------------------------

namespace {

/// Memory, where there is a file system in it: simulations write a lot and keep nothing.
fs::path scratch_folder() {
  std::error_code ec;
  const fs::path base = fs::is_directory("/dev/shm", ec) ? fs::path("/dev/shm") : fs::temp_directory_path();
  auto pattern = (base / "longwave-simulation-XXXXXX").string();
  if (!::mkdtemp(pattern.data())) throw std::runtime_error("cannot make a folder below " + base.string());
  return pattern;
}

/// Made once: it never changes.
std::shared_ptr<const content_pack> made_up_pack() {
  static const std::shared_ptr<const content_pack> shared = sample_pack();
  return shared;
}

/// The part of a status that follows `"name":`, up to a comma: statuses are read at every event, so without a parser.
std::string_view field_of(std::string_view json, std::string_view name) {
  const auto key = "\"" + std::string(name) + "\":";
  auto at = json.find(key);
  if (at == std::string_view::npos) return {};
  json.remove_prefix(at + key.size());
  json.remove_prefix(std::min(json.size(), json.find_first_not_of(' ')));
  return json.substr(0, json.find_first_of(",}"));
}

/// Ends an actor ahead of everything that waits in its mailbox.
template <class Handle>
void end_now(const Handle& actor) {
  if (actor)
    caf::anon_send<caf::message_priority::high>(caf::actor_cast<caf::actor>(actor),
                                                caf::exit_msg{actor.address(), caf::exit_reason::kill});
}

template <class State, class Handle>
State* state_of(const Handle& actor) {
  using instance = typename Handle::template stateful_base<State>;
  auto* self = dynamic_cast<instance*>(caf::actor_cast<caf::abstract_actor*>(actor));
  return self ? &self->state : nullptr;
}

} // namespace

simulation::simulation(simulation_options options)
  : options_(std::move(options)), folder_(scratch_folder()), pack_(options_.pack ? options_.pack : made_up_pack()),
    chance_(options_.seed, 0, 0, "simulation") {
  static const bool quiet = [] {
    spdlog::set_level(spdlog::level::off);
    return true;
  }();
  (void) quiet;
  judge->script = judge_script();
  fs::create_directories(folder_ / "out");
  options_.config.output = (folder_ / "out").string();
  config_ = std::make_shared<run_config>(options_.config);
}

simulation::~simulation() {
  crash();
  std::error_code ignored;
  fs::remove_all(folder_, ignored);
}

void simulation::change_config(const std::function<void(run_config&)>& change) {
  auto next = *config_;
  change(next);
  config_ = std::make_shared<run_config>(std::move(next));
}

void simulation::open_store() {
  auto opened = storage::store::open(folder_ / "store");
  if (!opened) throw std::runtime_error(to_string(opened.error()));
  store_ = std::make_shared<watched_store>(*this, std::move(opened.value()));
}

void simulation::start() {
  crash();
  ++starts;
  outcome_.reset();
  refusal_.reset();
  collapse_.clear();
  shown_state_ = run_state::starting;
  bytes_when_paused_.reset();
  halt_asked_ms_.reset();
  tell("start " + std::to_string(starts));
  open_store();
  const bool known = static_cast<bool>(store_->config(config_->run_id));
  if (known) {
    const auto recovered = storage::recover_output(*store_, config_->run_id, config_->output,
                                                   storage::system_file_calls(), storage::stored_metadata(*store_));
    if (!recovered) throw std::runtime_error(to_string(recovered.error()));
  }
  count_lines();
  auto faults = fault_plan::parse(config_->fault_plan);
  if (!faults) throw std::runtime_error(to_string(faults.error()));
  setup_ = std::make_shared<run_setup>();
  setup_->config = config_;
  setup_->pack = pack_;
  if (config_->kind == run_kind::broadcast) {
    const auto* profile = &pack_->profiles.front();
    for (const auto& p : pack_->profiles)
      if (p.name == config_->dj) profile = &p;
    setup_->profile = std::make_shared<dj_profile>(*profile);
    setup_->rules = std::make_shared<rule_context>(*setup_->profile);
  } else {
    setup_->rules = std::make_shared<rule_context>();
  }
  setup_->source = model;
  if (config_->validation_enabled && config_->validation_mode != "rules") setup_->judge = judge;
  setup_->faults = std::make_shared<fault_plan>(std::move(faults.value()));
  setup_->clock = clock;
  setup_->works_ahead = options_.works_ahead && setup_->faults->empty();

  caf_config_ = std::make_unique<engine_config>(scheduling{2, 300, "testing"});
  system_ = std::make_unique<caf::actor_system>(*caf_config_);
  coordinator_ = &dynamic_cast<caf::scheduler::test_coordinator&>(system_->scheduler());
  board_ = std::make_shared<crew_board>();
  engine_options engine;
  engine.generators = options_.generators;
  engine.validators = options_.validators;
  engine.detached_writers = false;
  engine.look_pause = options_.look_pause;
  engine.awaited_run = config_->run_id; // what is steered before the submission arrives waits for it
  engine.clock = clock;
  engine.on_status = [this](const std::string&, const std::string& json) { see_status(json); };
  engine.on_event = [this](const event_happened& event) {
    ++events_[event.type];
    tell("event " + event.type);
  };
  engine.on_collapse = [this](std::string why) { collapse_ = std::move(why); };
  supervisor_ = start_supervisor(*system_, board_, store_, engine);
  submit_run order;
  order.setup = setup_;
  order.resume = known;
  order.published = lines_;
  order.crashed_segment = std::exchange(crashed_segment_, 0);
  if (fs::exists(folder_ / "out" / "PAUSE")) order.pauses = {"pause_file"};
  order.started = [this](result<void> begun) {
    if (!begun) refusal_ = begun.error();
  };
  order.ended = [this](run_outcome how) { outcome_ = std::move(how); };
  caf::anon_send(supervisor_, std::move(order));
}

void simulation::die() {
  auto* run = loop();
  const auto phase = run ? run->phase() : run_phase::idle;
  if (phase == run_phase::generating || phase == run_phase::validating || phase == run_phase::retrying)
    crashed_segment_ = run->head().seq + 1;
  crash();
}

void simulation::crash() {
  if (!system_) return;
  ++crashes;
  tell("the process is gone");
  model->forget();
  judge->forget();
  const auto crew = board_->today();
  if (auto* state = supervisor_now())
    for (auto& [id, run] : state->runs) end_now(run.scheduler);
  end_now(supervisor_);
  for (const auto& g : crew->generators) end_now(g.actor);
  for (const auto& v : crew->validators) end_now(v.actor);
  end_now(crew->retry.actor);
  end_now(crew->committer.actor);
  end_now(crew->monitor.actor);
  while (coordinator_->has_job()) coordinator_->run_once();
  supervisor_ = nullptr;
  board_.reset();
  coordinator_ = nullptr;
  system_.reset();
  caf_config_.reset();
  setup_.reset();
  store_.reset();
}

// -- time -------------------------------------------------------------------------------------------------------------

bool simulation::step() {
  if (!system_) return false;
  ++steps;
  if (coordinator_->has_job()) {
    if (options_.reorder && coordinator_->jobs.size() > 1)
      std::swap(coordinator_->jobs.front(), coordinator_->jobs[chance_.below(coordinator_->jobs.size())]);
    const auto actor = note_event();
    coordinator_->run_once();
    if (actor == monitor_state::name) count_lines(); // nobody else writes the log
    watch_promises();
  } else {
    const auto& timers = static_cast<caf::detail::test_actor_clock&>(coordinator_->clock()).schedule();
    if (timers.empty() && !next_answer_ns()) return false;
    advance();
    watch_latency(); // time alone writes nothing
  }
  return true;
}

/// Of a message's part; ours are not announced to CAF, so their names are those of C++.
std::string simulation::type_name(const caf::rtti_pair& type) const {
  if (type.second == nullptr) return system_->types().portable_name(type);
  int status = 0;
  const std::unique_ptr<char, decltype(&std::free)> name(abi::__cxa_demangle(type.second->name(), nullptr, nullptr, &status), &std::free);
  const std::string_view whole = status == 0 ? name.get() : type.second->name();
  constexpr std::string_view ours = "longwave::";
  return std::string(whole.substr(whole.rfind(ours, 0) == 0 ? ours.size() : 0));
}

/// Folds what comes next into the hash; with a trace, says which actor gets which message. The actor's name, empty for none.
std::string_view simulation::note_event() {
  auto* actor = dynamic_cast<caf::scheduled_actor*>(coordinator_->jobs.front());
  if (!actor) return {};
  const std::string_view name = actor->name();
  for (const char c : name) event_hash_ = (event_hash_ ^ static_cast<unsigned char>(c)) * 1'099'511'628'211ULL;
  event_hash_ = (event_hash_ ^ static_cast<std::uint64_t>(clock->ns)) * 1'099'511'628'211ULL;
  if (!trace) return name;
  std::string line(name);
  if (auto* mail = actor->mailbox().peek()) {
    const auto& content = mail->content();
    for (std::size_t i = 0; i < content.size(); ++i) {
      line += (i ? ", " : " <- ") + type_name(content.type(i));
    }
  }
  tell(line);
  return name;
}

void simulation::tell(const std::string& what) const {
  if (trace) trace(std::to_string(steps) + " " + std::to_string(now_ms()) + " ms  " + what);
}

std::optional<std::int64_t> simulation::next_answer_ns() const {
  const auto written = model->next_due_ns(), judged = judge->next_due_ns();
  return written && judged ? std::min(*written, *judged) : written ? written : judged;
}

void simulation::advance() {
  auto& timers = static_cast<caf::detail::test_actor_clock&>(coordinator_->clock());
  std::optional<std::int64_t> wait = next_answer_ns();
  if (wait) *wait = std::max<std::int64_t>(*wait - clock->ns, 0);
  if (!timers.schedule().empty()) {
    const std::int64_t timer = (timers.schedule().begin()->first - timers.now()).count();
    wait = std::max<std::int64_t>(wait ? std::min(*wait, timer) : timer, 0);
  }
  clock->ns += *wait;
  timers.advance_time(caf::timespan{*wait});
  model->answer_due();
  judge->answer_due();
}

bool simulation::until(const std::function<bool()>& condition, std::int64_t limit_ms) {
  const auto end = now_ms() + limit_ms;
  while (!condition()) {
    if (now_ms() > end || collapsed() || !step()) return condition();
  }
  return true;
}

void simulation::pass(std::int64_t ms) {
  const auto end = now_ms() + ms;
  while (now_ms() < end && step()) {
  }
}

bool simulation::until_end(std::int64_t limit_ms) {
  return until([&] { return outcome_.has_value(); }, limit_ms);
}

bool simulation::until_state(run_state state, std::int64_t limit_ms) {
  return until([&] { return shown_state_ == state; }, limit_ms);
}

// -- steering ---------------------------------------------------------------------------------------------------------

void simulation::control(control_request::verb what, stop_mode mode, const weather_order& weather) {
  if (what == control_request::verb::resume) halt_asked_ms_.reset();
  if ((what == control_request::verb::pause || what == control_request::verb::stop) && !halt_asked_ms_ &&
      shown_state_ == run_state::running)
    halt_asked_ms_ = now_ms();
  control_request request;
  request.what = what;
  request.run = config_->run_id;
  request.mode = mode;
  request.weather = weather;
  request.reply = [this](control_reply reply) { replies_.push_back(std::move(reply)); };
  caf::anon_send(supervisor_, std::move(request));
}

void simulation::stop_engine_now(stop_mode mode) { caf::anon_send(supervisor_, stop_engine{mode}); }

void simulation::stop(stop_mode mode) { control(control_request::verb::stop, mode); }

void simulation::touch_pause_file() { std::ofstream(folder_ / "out" / "PAUSE").put('\n'); }
void simulation::remove_pause_file() { fs::remove(folder_ / "out" / "PAUSE"); }

bool simulation::kill(const std::string& kind) {
  tell("kill " + kind);
  halt_asked_ms_.reset(); // a request in a dead actor's hands is asked for again
  const auto crew = board_->today();
  const auto place = std::hash<std::string>{}(config_->run_id);
  if (kind == "scheduler") {
    auto* state = supervisor_now();
    if (!state) return false;
    auto at = state->runs.find(config_->run_id);
    if (at == state->runs.end() || !at->second.scheduler || at->second.reviving || at->second.ended) return false;
    end_now(at->second.scheduler);
  } else if (crew->generators.empty()) {
    return false; // the supervisor has not started them yet
  } else if (kind == "generator") {
    end_now(crew->generators[place % crew->generators.size()].actor);
  } else if (kind == "validator") {
    end_now(crew->validators[place % crew->validators.size()].actor);
  } else if (kind == "retry") {
    end_now(crew->retry.actor);
  } else if (kind == "committer") {
    end_now(crew->committer.actor);
  } else if (kind == "monitor") {
    end_now(crew->monitor.actor);
    bytes_when_paused_.reset(); // what it had still to show of a resumed run comes from its successor
  } else {
    throw std::invalid_argument("no such actor: " + kind);
  }
  return true;
}

// -- looking ----------------------------------------------------------------------------------------------------------

supervisor_state* simulation::supervisor_now() const {
  return supervisor_ ? state_of<supervisor_state>(supervisor_) : nullptr;
}

run_loop* simulation::loop() const {
  auto* state = supervisor_now();
  if (!state) return nullptr;
  auto at = state->runs.find(config_->run_id);
  if (at == state->runs.end() || !at->second.scheduler) return nullptr;
  auto* scheduler = state_of<scheduler_state>(at->second.scheduler);
  return scheduler ? scheduler->loop.get() : nullptr;
}

std::vector<std::string> simulation::pause_reasons() const {
  if (auto* now = loop()) return now->facts()->pause_reasons;
  const auto shown = nlohmann::json::parse(status_, nullptr, false); // a run that is parked, or not there
  return alive() && shown.is_object() ? shown["pause_reasons"].get<std::vector<std::string>>() : std::vector<std::string>{};
}

std::vector<segment_record> simulation::records() const {
  std::vector<segment_record> all;
  std::ifstream in(folder_ / "out" / "segments.jsonl");
  storage::record_reader reader; // equal to the library's, by its own test, and a month's lines are read three times
  for (std::string line; std::getline(in, line);) {
    auto record = reader.read(line);
    if (!record) throw std::runtime_error(to_string(record.error()));
    all.push_back(std::move(record.value()));
  }
  return all;
}

void simulation::broke(const std::string& what) {
  if (broken_.size() < 20)
    broken_.push_back("step " + std::to_string(steps) + ", " + std::to_string(now_ms()) + " ms: " + what);
}

/// Counts complete lines of segments.jsonl that were added since it was looked at last.
void simulation::count_lines() {
  const auto path = folder_ / "out" / "segments.jsonl";
  std::error_code ec;
  const auto size = fs::file_size(path, ec);
  if (ec || size == log_bytes_) return;
  if (size < log_bytes_) lines_ = log_bytes_ = 0;
  std::ifstream in(path, std::ios::binary);
  in.seekg(static_cast<std::streamoff>(log_bytes_));
  std::string added(size - log_bytes_, '\0');
  in.read(added.data(), static_cast<std::streamsize>(added.size()));
  lines_ += static_cast<std::uint64_t>(std::count(added.begin(), added.end(), '\n'));
  log_bytes_ = size;
}

/// I8: a pause or a stop shows within the grace of the call in flight or its timeout, and within 30 s without one.
void simulation::watch_latency() {
  if (!halt_asked_ms_) return;
  if (outcome_ || shown_state_ == run_state::paused || shown_state_ == run_state::stopped) return halt_asked_ms_.reset();
  const auto limit = std::max<std::int64_t>(30'000, config_->call_timeout_ms) + 1'000;
  if (now_ms() - *halt_asked_ms_ <= limit) return;
  broke("a pause or stop was asked for " + std::to_string(now_ms() - *halt_asked_ms_) + " ms ago");
  halt_asked_ms_.reset();
}

/// I3 and I7 on what was just committed.
void simulation::watch_record(const std::string& line) {
  if (line.find("\"status\":\"accepted\"") != std::string::npos &&
      line.find("\"severity\":\"critical\"") != std::string::npos)
    broke("segment " + std::to_string(committed_) + " was accepted with a critical violation");
  if (line.find('\n') != std::string::npos) broke("segment " + std::to_string(committed_) + " is no single line");
  const auto attempts = field_of(line, "attempts");
  if (attempts.empty() || std::atoi(std::string(attempts).c_str()) > config_->max_attempts)
    broke("segment " + std::to_string(committed_) + " spent " + std::string(attempts) + " attempts");
}

void simulation::watch_promises() {
  if (model->open_calls() > 1) broke("two attempts are in flight");
  watch_latency();
  if (log_bytes_ == std::exchange(watched_bytes_, log_bytes_)) return;
  if (lines_ > committed_)
    broke("published " + std::to_string(lines_) + " of " + std::to_string(committed_) + " committed segments");
  if (bytes_when_paused_ && log_bytes_ > *bytes_when_paused_) broke("published after `paused` was visible");
}

void simulation::see_status(const std::string& json) {
  constexpr std::uint64_t parsed_every = 16;
  status_ = json;
  count_lines();
  if (statuses_++ % parsed_every == 0 && !nlohmann::json::accept(json)) broke("a status is no JSON");
  // The first `state` of a status is the run's own.
  auto state = field_of(json, "state");
  state.remove_prefix(std::min<std::size_t>(state.size(), 1));
  state = state.substr(0, state.find('"'));
  const auto shown = parse_run_state(state);
  if (!shown) return broke("a status names no state");
  if (*shown != shown_state_) tell("shown as " + std::string(state));
  shown_state_ = *shown;
  const auto done = std::strtoull(std::string(field_of(json, "segments_done")).c_str(), nullptr, 10);
  if (done > lines_)
    broke("the status counts " + std::to_string(done) + " segments, the log has " + std::to_string(lines_));
  if (shown_state_ == run_state::paused) {
    if (!bytes_when_paused_) bytes_when_paused_ = log_bytes_;
  } else {
    bytes_when_paused_.reset();
  }
}

std::vector<std::string> simulation::audit() {
  crash();
  --crashes; // the books are closed, nothing is lost
  open_store();
  std::vector<std::string> differences = broken_;
  const auto head = store_->head(config_->run_id);
  if (!head) {
    differences.push_back(to_string(head.error()));
  } else {
    const auto seen = storage::audit_run(*store_, config_->run_id, config_->output, head.value().seq,
                                         storage::stored_metadata(*store_));
    if (!seen) differences.push_back(to_string(seen.error()));
    else differences.insert(differences.end(), seen.value().differences.begin(), seen.value().differences.end());
    std::uint64_t next = 1;
    for (const auto& record : records()) {
      if (record.seq != next) differences.push_back("line " + std::to_string(next) + " is segment " + std::to_string(record.seq));
      ++next;
    }
    if (next - 1 != head.value().seq)
      differences.push_back("the log ends at " + std::to_string(next - 1) + ", the store at " +
                            std::to_string(head.value().seq));
  }
  store_.reset();
  return differences;
}

} // namespace longwave::test
