// What the monitor does with each message; status, trend and report are built in monitor/.
#include "actors/monitor.hpp"

#include "actors/free_memory.hpp"
#include "actors/last_words.hpp"
#include "actors/monitor/live_status.hpp"
#include "actors/monitor/report.hpp"
#include "actors/monitor/resting_status.hpp"
#include "actors/monitor/review.hpp"
#include "actors/monitor/status_pace.hpp"
#include "messages/json_controls.hpp"
#include "messages/kill_point.hpp"
#include "storage/disk_reserve.hpp"

#include <nlohmann/json.hpp>
#include <spdlog/spdlog.h>

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <optional>
#include <stdexcept>
#include <utility>
#include <vector>

namespace longwave {

namespace {

using self_pointer = monitor_actor::stateful_pointer<monitor_state>;
using watched_run = monitor_state::watched_run;
using shown_run = monitor_state::shown_run;
using resting_run = monitor_state::resting_run;
using std::chrono::milliseconds;

constexpr status_pace pace;
/// contract 8.14: the log is synced every 2 s, files lag at most 2 s.
constexpr std::int64_t log_sync_gap_ms = 2'000;
constexpr milliseconds heartbeat_pause{pace.heartbeat_ms};
/// Heartbeats without a run that comes to rest or leaves it, at each of which free memory is given back.
constexpr int settling_heartbeats = 2;
/// Readable files written at a look.
constexpr std::size_t files_per_turn = 256;
/// Resting runs whose PAUSE file is asked for at a look where the kernel has told of none: all of so many, else as many as
/// make a round of all in 5 s, or in 1 s where the kernel does not watch each of them.
constexpr std::size_t resting_per_look = 64;
constexpr std::size_t looks_a_round = 25;
constexpr std::size_t looks_a_round_unwatched = 5;

std::int64_t now_ms(self_pointer self) { return self->state.options.clock->steady_ms(); }

std::filesystem::path folder_of(const watched_run& run) { return run.folder; }

void condition(self_pointer self, const watched_run& run, const std::string& reason, bool present, const std::string& detail) {
  self->send(self->state.board->today()->supervisor, condition_seen{run.id, reason, present, detail});
}

/// Tells what the disk is like when it changed; a floor that is still broken is told again at every look, so that a
/// person's resume does not hide it.
void tell_disk(self_pointer self, watched_run& run, bool again = false) {
  const bool present = run.disk_low || run.write_failed;
  if (run.disk_told == present && !(present && again)) return;
  run.disk_told = present;
  condition(self, run, "disk_low", present,
            run.write_failed ? run.write_failure : present ? "free disk space is below --disk-floor" : "");
}

/// Where the reserve lies: in the engine's folder, which a lone run's output is.
std::filesystem::path reserve_folder(self_pointer self, const watched_run& run) {
  const auto& engine = self->state.options.data_folder;
  return (engine.empty() ? folder_of(run) : engine) / ".longwave";
}

/// What holds for many runs, as long as one look takes.
struct disk_look {
  /// Free space of each device.
  std::map<std::uint64_t, std::uint64_t> free;
  /// Floors, on a device, for which the engine's reserve was tended.
  std::set<std::pair<std::uint64_t, std::uint64_t>> tended;
};

result<std::uint64_t> free_space(const watched_run& run, disk_look& look) {
  if (!run.device) return storage::free_bytes(folder_of(run));
  if (const auto at = look.free.find(*run.device); at != look.free.end()) return at->second;
  auto free = storage::free_bytes(folder_of(run));
  if (free) look.free.emplace(*run.device, free.value()); // a folder that is gone says nothing about the others
  return free;
}

/// Free space against the run's floor, and the reserve with it. Cheap: asked at every look.
void look_at_disk(self_pointer self, watched_run& run, disk_look& look, bool again = false) {
  const auto free = free_space(run, look);
  const auto floor = static_cast<std::uint64_t>(std::max<std::int64_t>(run.disk_floor_bytes, 0));
  run.disk_low = floor > 0 && free && free.value() < floor;
  const bool shared = run.device && !self->state.options.data_folder.empty();
  if (free && (!shared || look.tended.emplace(*run.device, floor).second))
    storage::tend_reserve(reserve_folder(self, run), floor, free.value());
  tell_disk(self, run, again);
}

/// A write that failed pauses the run (reliability P4); `writes_again` lets it go on.
void wrote(self_pointer self, watched_run& run, const result<void>& written) {
  if (written || std::exchange(run.write_failed, true)) return;
  run.write_failure = to_string(written.error());
  spdlog::warn("run {}: {}", run.id, run.write_failure);
  tell_disk(self, run);
}

/// To whoever follows the events; its line in the log is written by who tells it.
void show_event(self_pointer self, const event_happened& event) {
  if (self->state.options.on_event) self->state.options.on_event(event);
}

// -- publishing -------------------------------------------------------------------------------------------------------

/// Into the output folder, as far as it goes; the scheduler hears how far that is.
void publish_waiting(self_pointer self, shown_run& run) {
  auto& out = *run.publisher;
  const auto before = out.published();
  wrote(self, run, out.publish());
  if (run.facts_from && out.published() != before)
    self->send(run.facts_from, segments_published{out.published(), out.complete()});
}

/// Everything that can be written, and onto the disk.
void publish_all(self_pointer self, shown_run& run) {
  publish_waiting(self, run);
  wrote(self, run, run.publisher->write_files());
  wrote(self, run, run.publisher->sync());
}

void publish(self_pointer self, publish_segment& m) {
  if (m.crash) throw std::runtime_error("fault plan: crash:monitor");
  auto at = self->state.runs.find(m.run);
  if (at == self->state.runs.end()) return;
  auto& run = at->second;
  run.facts_from = caf::actor_cast<scheduler_actor>(self->current_sender());
  // Not taken: published before a restart of this actor, or to be had from the store.
  if (!run.publisher->take(std::move(m))) return;
  const auto now = now_ms(self);
  if (run.last_segment_at_ms > 0) run.trend.add(static_cast<double>(now - run.last_segment_at_ms));
  run.last_segment_at_ms = now;
  publish_waiting(self, run);
  if (std::exchange(run.status_is_due, true)) return;
  const auto since = now - run.status_written_ms;
  const auto gap = pace.gap_of(self->state.runs.size());
  if (since >= gap)
    self->send(self, status_due{run.id});
  else
    self->delayed_send(self, milliseconds(gap - since), status_due{run.id});
}

// -- status -----------------------------------------------------------------------------------------------------------

/// Warnings of both kinds that came or went since the last look, as events.
void tell_warnings(self_pointer self, shown_run& run, const std::vector<status_warning>& own) {
  std::map<std::string, std::string> now;
  for (const auto* list : {&own, &run.facts->warnings})
    for (const auto& w : *list) now.emplace(w.code, w.message);
  const auto& id = run.id;
  for (const auto& [code, message] : now)
    if (!run.told_warnings.contains(code)) show_event(self, {id, "warning_raised", code + ": " + message});
  for (const auto& code : run.told_warnings)
    if (!now.contains(code)) show_event(self, {id, "warning_cleared", code});
  run.told_warnings.clear();
  for (const auto& [code, message] : now) run.told_warnings.insert(code);
}

std::vector<status_warning> warnings_now(self_pointer self, shown_run& run) {
  auto list = number_warnings(*run.facts, run.trend);
  for (auto& w : drift_warnings(run.publisher->drift())) list.push_back(std::move(w));
  if (run.disk_low) list.push_back({"disk_low", "free disk space is below the floor", ""});
  std::map<std::string, std::string> since;
  for (auto& w : list) {
    auto at = run.warning_since.find(w.code);
    if (at == run.warning_since.end()) {
      spdlog::warn("run {}: {}", run.id, w.message);
      at = run.warning_since.emplace(w.code, rfc3339(self->state.options.clock->wall_us())).first;
    }
    w.since = at->second;
    since.insert(*at);
  }
  for (const auto& [code, when] : run.warning_since)
    if (!since.count(code)) spdlog::info("run {}: warning {} is over", run.id, code);
  run.warning_since = std::move(since);
  return list;
}

constexpr const char* status_file = "LIVE_STATUS.json";

void put_status(self_pointer self, watched_run& run, const std::string& status_json) {
  run.status_written_ms = now_ms(self);
  run.status_mark = mark_of(status_json);
  KILL_POINT("status:before");
  wrote(self, run, storage::write_file_atomically(*self->state.options.files, folder_of(run) / status_file, status_json));
  KILL_POINT("status:after");
  if (self->state.options.on_status) self->state.options.on_status(run.id, status_json);
}

std::string read_status(const watched_run& run) {
  std::ifstream in(folder_of(run) / status_file, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

/// The status that was written last, from the run's folder; nothing when somebody else has written there.
std::optional<std::string> status_on_disk(const watched_run& run) {
  auto text = read_status(run);
  if (run.status_mark == 0 || mark_of(text) != run.status_mark) return std::nullopt;
  return text;
}

void write_status(self_pointer self, shown_run& run) {
  if (!run.facts) return;
  status_extras extras;
  extras.updated_at = rfc3339(self->state.options.clock->wall_us());
  extras.pid = static_cast<int>(::getpid());
  if (auto free = storage::free_bytes(folder_of(run))) extras.disk_free_bytes = free.value();
  extras.warnings = warnings_now(self, run);
  extras.drift = &run.publisher->drift();
  tell_warnings(self, run, extras.warnings);
  run.status_json = controlless_json(live_status(*run.facts, run.trend, extras), 2) + "\n";
  put_status(self, run, run.status_json);
}

void take_facts(self_pointer self, const facts_changed& m) {
  auto at = self->state.runs.find(m.facts->run_id);
  if (at == self->state.runs.end()) return;
  auto& run = at->second;
  const bool changed = !run.facts || run.facts->state != m.facts->state;
  run.facts = m.facts;
  if (changed) {
    const auto& f = *m.facts;
    show_event(self, {f.run_id, "state_changed", std::string(to_string(f.state)) + (f.state_reason.empty() ? "" : " (" + f.state_reason + ")")});
  }
  run.facts_from = caf::actor_cast<scheduler_actor>(self->current_sender());
  if (changed && m.facts->state != run_state::running) run.last_segment_at_ms = 0; // a pause is no slow segment
  // A revived scheduler counts what its predecessor committed and may not have lived to hand over.
  run.publisher->catch_up(m.facts->counters.done());
  publish_waiting(self, run);
  if (m.facts->state == run_state::paused || is_final(m.facts->state)) publish_all(self, run);
  run.status_is_due = false;
  write_status(self, run);
}

void status_turn(self_pointer self, const status_due& m) {
  auto at = self->state.runs.find(m.run);
  if (at == self->state.runs.end() || !at->second.facts_from) return;
  at->second.status_is_due = false;
  self->send(at->second.facts_from, get_run_facts{});
}

nlohmann::json engine_facts(self_pointer self) {
  std::uint64_t active = 0;
  for (const auto& [id, run] : self->state.runs) active += run.facts && !is_final(run.facts->state);
  const auto resting = self->state.resting.size();
  return {{"pid", ::getpid()}, {"version", LONGWAVE_VERSION}, {"runs_active", active + resting},
          {"runs_known", self->state.runs.size() + resting + self->state.ended.size()}};
}

void answer(self_pointer self, const answer_status& m) {
  if (m.engine) return m.reply({200, engine_facts(self).dump()});
  if (m.run.empty()) {
    std::string list = "[";
    auto add = [&](const std::string& json) { list += (list.size() > 1 ? "," : "") + json; };
    auto resting = self->state.resting.begin();
    const auto add_resting = [&](const std::string* before) {
      for (; resting != self->state.resting.end() && (before == nullptr || resting->first < *before); ++resting) {
        if (auto text = status_on_disk(resting->second)) add(*text);
        else self->send(self->state.board->today()->supervisor, wake_run{resting->first, {}}); // it is shown again, and in the next list
      }
    };
    for (const auto& [id, run] : self->state.runs) {
      add_resting(&id);
      if (!run.status_json.empty()) add(run.status_json);
      else if (auto text = status_on_disk(run)) add(*text); // it has just been woken
    }
    add_resting(nullptr);
    for (const auto& [id, json] : self->state.ended) add(json);
    return m.reply({200, list + "]"});
  }
  if (auto at = self->state.runs.find(m.run); at != self->state.runs.end()) {
    if (!at->second.status_json.empty()) return m.reply({200, at->second.status_json});
    if (auto text = status_on_disk(at->second)) return m.reply({200, *text});
  }
  if (auto at = self->state.resting.find(m.run); at != self->state.resting.end()) {
    if (auto text = status_on_disk(at->second)) return m.reply({200, *text});
    return self->send(self->state.board->today()->supervisor, wake_run{m.run, m});
  }
  if (auto at = self->state.ended.find(m.run); at != self->state.ended.end()) return m.reply({200, at->second});
  const nlohmann::json problem{
    {"type", "about:blank"}, {"title", "Not Found"}, {"status", 404}, {"detail", "no such run in this engine"}};
  m.reply({404, problem.dump()});
}

// -- watching ---------------------------------------------------------------------------------------------------------

/// After a failed write: once everything that waited is written, and the status too, the disk is sound again.
void writes_again(self_pointer self, shown_run& run) {
  if (!run.write_failed || !run.publisher->is_open() || !run.publisher->is_idle()) return;
  run.write_failed = false;
  write_status(self, run);
  tell_disk(self, run);
}

void look_for_pause_file(self_pointer self, watched_run& run, bool all) {
  const bool present = self->state.pauses.present(run.folder) || all;
  if (run.pause_file != present) condition(self, run, "pause_file", present, "");
  run.pause_file = present;
}

/// All resting runs where something has changed, else some in turn.
void watch_resting(self_pointer self, bool changed, bool all) {
  auto& resting = self->state.resting;
  const auto round = self->state.pauses.watches_all() ? looks_a_round : looks_a_round_unwatched;
  auto at = changed ? resting.begin() : resting.lower_bound(self->state.next_watched);
  for (auto left = changed ? resting.size() : std::max(resting_per_look, resting.size() / round + 1); left > 0 && at != resting.end(); --left, ++at)
    look_for_pause_file(self, at->second, all);
  self->state.next_watched = at == resting.end() ? std::string() : at->first;
}

void watch(self_pointer self) {
  auto& pauses = self->state.pauses;
  bool changed = pauses.look();
  const auto& engine = self->state.options.data_folder;
  const bool all = !engine.empty() && pauses.present(engine.string());
  changed = std::exchange(self->state.all_paused, all) != all || changed;
  disk_look look;
  for (auto& [id, run] : self->state.runs) {
    look_for_pause_file(self, run, all);
    if (!run.publisher->is_open()) {
      wrote(self, run, run.publisher->open());
      run.publisher->catch_up();
    }
    look_at_disk(self, run, look);
    publish_waiting(self, run);
    wrote(self, run, run.publisher->write_files(files_per_turn));
    writes_again(self, run);
    const auto now = now_ms(self);
    if (now - run.log_synced_ms >= log_sync_gap_ms && run.facts && run.facts->state == run_state::running) {
      wrote(self, run, run.publisher->sync());
      run.log_synced_ms = now;
    }
  }
  watch_resting(self, changed, all);
  self->delayed_send(self, self->state.options.look_pause, watch_due{});
}

/// What somebody else has written over is not brought up to date: the run itself shows how it stands.
void renew_resting(self_pointer self, const std::string& id, resting_run& run) {
  resting_news news;
  news.updated_at = rfc3339(self->state.options.clock->wall_us());
  if (auto free = storage::free_bytes(folder_of(run))) news.disk_free_bytes = free.value();
  if (run.waits) news.elapsed_ms = now_ms(self) - run.status_written_ms;
  const auto before = status_on_disk(run);
  const auto now = before ? renewed_status(*before, news) : std::nullopt;
  if (now) put_status(self, run, *now);
  else self->send(self->state.board->today()->supervisor, wake_run{id, {}});
}

/// Runs have left the memory, and no more do: what they have left behind there is given back. Twice, since the store's
/// buffers are free a moment after they are written out.
void settle(self_pointer self) {
  auto& state = self->state;
  const bool moved = std::exchange(state.rested_before, state.resting.size()) != state.resting.size();
  state.calm_heartbeats = moved ? 0 : std::min(state.calm_heartbeats + 1, settling_heartbeats + 1);
  if (state.resting.empty() || state.calm_heartbeats < 1 || state.calm_heartbeats > settling_heartbeats) return;
  give_back_free_memory();
  self->send(state.board->today()->committer.actor, settle_store{});
}

/// A run that says nothing for a while is shown again all the same; the more of them, the rarer.
void heartbeat(self_pointer self) {
  disk_look look;
  const auto now = now_ms(self);
  for (auto& [id, run] : self->state.runs) {
    look_at_disk(self, run, look, true);
    if (run.facts_from && pace.is_due(now - run.status_written_ms, self->state.runs.size())) self->send(run.facts_from, get_run_facts{});
  }
  for (auto& [id, run] : self->state.resting) {
    look_at_disk(self, run, look, true);
    if (pace.is_due_parked(now - run.status_written_ms, self->state.resting.size())) renew_resting(self, id, run);
  }
  settle(self);
  self->delayed_send(self, heartbeat_pause, heartbeat_due{});
}

// -- rest -------------------------------------------------------------------------------------------------------------

/// Only what is published and shown as a whole may stand for a run that is not there.
void offer_rest(self_pointer self, const rest_offered& m) {
  const auto at = self->state.runs.find(m.run);
  if (at == self->state.runs.end()) return;
  const auto& run = at->second;
  const bool shown = run.facts && !run.status_json.empty() && !run.status_is_due && !run.write_failed;
  if (shown && run.publisher->is_open() && run.publisher->is_idle()) self->send(self->state.board->today()->supervisor, m);
}

void rest(self_pointer self, const run_rests& m) {
  const auto at = self->state.runs.find(m.run);
  if (at == self->state.runs.end()) return;
  auto& run = at->second;
  publish_all(self, run); // of a run that waits the end of the log is not synced yet
  resting_run kept;
  kept.waits = run.facts && run.facts->state == run_state::running;
  if (!run.trend.empty()) kept.trend = std::make_unique<segment_trend>(std::move(run.trend));
  static_cast<watched_run&>(kept) = std::move(static_cast<watched_run&>(run));
  self->state.runs.erase(at);
  self->state.resting.insert_or_assign(m.run, std::move(kept));
}

// -- begin and end ----------------------------------------------------------------------------------------------------

void begin_watching(watched_run& run, const run_config& config) {
  run.id = config.run_id;
  run.folder = config.output;
  run.disk_floor_bytes = config.disk_floor_bytes;
  struct stat info {};
  if (::stat(run.folder.c_str(), &info) == 0) run.device = info.st_dev;
}

/// The monitor before this one has shown it, in this process: that stands, or the run is woken to be shown again.
void take_over(self_pointer self, resting_run& run, const run_opened& m) {
  begin_watching(run, *m.config);
  const auto text = read_status(run);
  const auto status = nlohmann::json::parse(text, nullptr, false);
  if (!status.is_object() || status.value("run_id", nlohmann::json()) != m.config->run_id || status.value("pid", nlohmann::json()) != ::getpid()) return;
  run.status_mark = mark_of(text);
  run.status_written_ms = now_ms(self);
  run.waits = status.value("state", nlohmann::json()) == "running";
}

void open_run(self_pointer self, const run_opened& m) {
  if (m.parked) return take_over(self, self->state.resting[m.config->run_id], m);
  auto& run = self->state.runs[m.config->run_id];
  if (run.publisher && run.publisher->is_open()) return; // a revived scheduler: everything is open already
  if (auto rested = self->state.resting.extract(m.config->run_id)) {
    static_cast<watched_run&>(run) = std::move(static_cast<watched_run&>(rested.mapped()));
    if (rested.mapped().trend) run.trend = std::move(*rested.mapped().trend);
  }
  begin_watching(run, *m.config);
  run.config = m.config;
  run.publisher.emplace(m.config, run_publisher::surroundings{self->state.options.files, self->state.store.get(), &self->state.records});
  self->state.ended.erase(m.config->run_id);
  disk_look look;
  look_at_disk(self, run, look);
  wrote(self, run, run.publisher->open());
}

void finish(self_pointer self, const finish_publishing& m) {
  auto at = self->state.runs.find(m.run);
  if (at != self->state.runs.end()) {
    auto& run = at->second;
    run.publisher->catch_up();
    publish_all(self, run);
    // The report last: a start that finds it knows that nothing before it is missing.
    if (run.config->segment_files)
      if (auto sorted = write_review_folders(*self->state.store, m.run, folder_of(run), *self->state.options.files); !sorted)
        spdlog::warn("run {}: {}", m.run, to_string(sorted.error()));
    KILL_POINT("end:before_report");
    if (auto written = write_report(*self->state.store, m.run, folder_of(run), *self->state.options.files); !written)
      spdlog::warn("run {}: {}", m.run, to_string(written.error()));
    write_status(self, run);
    if (self->state.options.data_folder.empty()) storage::drop_reserve(reserve_folder(self, run));
    self->state.ended[m.run] = run.status_json;
    self->state.pauses.forget(run.folder);
    self->state.runs.erase(at);
  }
  self->send(self->state.board->today()->supervisor, publishing_finished{m.run});
}

void log_event(self_pointer self, const event_happened& m) {
  spdlog::info("{} {} {}", m.run, m.type, m.detail);
  show_event(self, m);
}

} // namespace

monitor_actor::behavior_type make_monitor(self_pointer self, std::shared_ptr<const crew_board> board,
                                          std::shared_ptr<storage::store> store, engine_options options) {
  self->state.options = std::move(options);
  self->state.board = std::move(board);
  self->state.store = std::move(store);
  log_last_words(self);
  self->delayed_send(self, self->state.options.look_pause, watch_due{});
  self->delayed_send(self, heartbeat_pause, heartbeat_due{});
  return {
    [=](const run_opened& m) { open_run(self, m); },
    [=](publish_segment& m) { publish(self, m); },
    [=](const facts_changed& m) { take_facts(self, m); },
    [=](const event_happened& m) { log_event(self, m); },
    [=](const answer_status& m) { answer(self, m); },
    [=](const finish_publishing& m) { finish(self, m); },
    [=](const status_due& m) { status_turn(self, m); },
    [=](const watch_due&) { watch(self); },
    [=](const heartbeat_due&) { heartbeat(self); },
    [=](const rest_offered& m) { offer_rest(self, m); },
    [=](const run_rests& m) { rest(self, m); },
  };
}

} // namespace longwave
