// The routing table and its handlers; what may take a while waits in line for a side thread.
#include "cli/control_routes.hpp"

#include "actors/scheduler/weather_outlook.hpp"
#include "cli/dashboard.hpp"
#include "cli/openapi.hpp"
#include "cli/stored_status.hpp"
#include "messages/json_controls.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <charconv>
#include <condition_variable>
#include <deque>
#include <filesystem>
#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <thread>
#include <utility>

namespace longwave::cli {

/// One thread that runs tasks in order. With a name of its own: it is part of a class that the header declares.
class side_worker {
public:
  /// @param most  tasks that may wait
  explicit side_worker(std::size_t most) : most_(most), thread_([this] { run(); }) {}
  ~side_worker() { end(); }

  /// Waits for the task that runs; what waited behind it is dropped. Not from a task; by one thread at a time.
  void end() {
    {
      const std::lock_guard guard(mutex_);
      ending_ = true;
    }
    wake_.notify_one();
    if (thread_.joinable()) thread_.join();
    tasks_.clear();
  }

  /// False when too many tasks wait already, and after the end.
  bool post(std::function<void()> task) {
    {
      const std::lock_guard guard(mutex_);
      if (ending_ || tasks_.size() >= most_) return false;
      tasks_.push_back(std::move(task));
    }
    wake_.notify_one();
    return true;
  }

private:
  void run() {
    for (;;) {
      std::unique_lock lock(mutex_);
      wake_.wait(lock, [this] { return ending_ || !tasks_.empty(); });
      if (ending_) return;
      const auto task = std::move(tasks_.front());
      tasks_.pop_front();
      lock.unlock();
      task();
    }
  }

  std::size_t most_;
  std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<std::function<void()>> tasks_;
  bool ending_ = false;
  std::thread thread_;
};

namespace {

using json = nlohmann::json;

/// Questions that may wait for a side thread; more are answered with 503.
constexpr std::size_t queue_limit = 256;
constexpr std::uint64_t default_segments = 100;
constexpr std::uint64_t most_segments = 1'000;
/// Of one answer with segments; it then ends early, and says where to go on.
constexpr std::size_t most_answer_bytes = 8 * 1024 * 1024;
constexpr std::size_t most_reason_bytes = 1'000;

enum class endpoint {
  engine, runs, run, pause, resume, stop, checkpoint, weather, segments, segment, stories, checkpoints, snapshot, events,
  openapi, metrics, dashboard
};

struct route_row {
  endpoint what;
  std::string_view get_or_post;
  /// `*` stands for one segment of the path: the run's id, then a number.
  std::array<std::string_view, 5> pattern;
};

constexpr route_row route_table[] = {
  {endpoint::engine, "GET", {"v1", "status"}},
  {endpoint::runs, "GET, POST", {"v1", "runs"}},
  {endpoint::run, "GET", {"v1", "runs", "*"}},
  {endpoint::pause, "POST", {"v1", "runs", "*", "pause"}},
  {endpoint::resume, "POST", {"v1", "runs", "*", "resume"}},
  {endpoint::stop, "POST", {"v1", "runs", "*", "stop"}},
  {endpoint::checkpoint, "POST", {"v1", "runs", "*", "checkpoint"}},
  {endpoint::weather, "POST", {"v1", "runs", "*", "weather"}},
  {endpoint::segments, "GET", {"v1", "runs", "*", "segments"}},
  {endpoint::segment, "GET", {"v1", "runs", "*", "segments", "*"}},
  {endpoint::stories, "GET", {"v1", "runs", "*", "stories"}},
  {endpoint::checkpoints, "GET", {"v1", "runs", "*", "checkpoints"}},
  {endpoint::snapshot, "POST", {"v1", "snapshot"}},
  {endpoint::events, "GET", {"v1", "events"}},
  {endpoint::openapi, "GET", {"v1", "openapi.json"}},
  {endpoint::metrics, "GET", {"metrics"}},
  {endpoint::dashboard, "GET", {}},
};

struct parsed_target {
  std::vector<std::string> path;
  std::map<std::string, std::string> query;
};

std::optional<unsigned> hex_digit(char c) noexcept {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return std::nullopt;
}

/// Empty for an escape that is none.
std::optional<std::string> percent_decoded(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      out += text[i];
      continue;
    }
    if (i + 2 >= text.size()) return std::nullopt;
    const auto high = hex_digit(text[i + 1]), low = hex_digit(text[i + 2]);
    if (!high || !low) return std::nullopt;
    out += static_cast<char>(*high * 16 + *low);
    i += 2;
  }
  return out;
}

std::vector<std::string_view> split(std::string_view text, char at) {
  std::vector<std::string_view> parts;
  for (;;) {
    const auto end = text.find(at);
    parts.push_back(text.substr(0, end));
    if (end == std::string_view::npos) return parts;
    text.remove_prefix(end + 1);
  }
}

/// Empty for a target that cannot be read.
std::optional<parsed_target> parse_target(std::string_view target) {
  constexpr std::string_view scheme = "http://";
  if (target.substr(0, scheme.size()) == scheme) {
    const auto path = target.find('/', scheme.size());
    target = path == std::string_view::npos ? std::string_view("/") : target.substr(path);
  }
  if (target.empty() || target.front() != '/') return std::nullopt;
  const auto mark = target.find('?');
  parsed_target parsed;
  for (auto part : split(target.substr(1, mark == std::string_view::npos ? mark : mark - 1), '/')) {
    auto decoded = percent_decoded(part);
    if (!decoded) return std::nullopt;
    parsed.path.push_back(std::move(*decoded));
  }
  if (parsed.path.size() == 1 && parsed.path.front().empty()) parsed.path.clear(); // "/"
  if (mark == std::string_view::npos) return parsed;
  for (auto pair : split(target.substr(mark + 1), '&')) {
    const auto equals = pair.find('=');
    auto name = percent_decoded(pair.substr(0, equals));
    auto value = percent_decoded(equals == std::string_view::npos ? std::string_view() : pair.substr(equals + 1));
    if (!name || !value || !parsed.query.emplace(std::move(*name), std::move(*value)).second) return std::nullopt;
  }
  return parsed;
}

bool matches(const route_row& row, const std::vector<std::string>& path) {
  for (std::size_t i = 0; i < row.pattern.size(); ++i) {
    if (row.pattern[i].empty()) return path.size() == i;
    if (i >= path.size() || (row.pattern[i] != "*" && row.pattern[i] != path[i])) return false;
  }
  return path.size() == row.pattern.size();
}

std::optional<std::uint64_t> whole_number(const std::string& text) {
  std::uint64_t value = 0;
  const char* end = text.data() + text.size();
  const auto read = std::from_chars(text.data(), end, value);
  if (read.ec != std::errc() || read.ptr != end) return std::nullopt;
  return value;
}

/// An empty body is an empty object.
std::optional<json> parse_body(const std::string& body) {
  if (body.empty()) return json::object();
  auto j = json::parse(body, nullptr, false);
  if (!j.is_object()) return std::nullopt;
  return j;
}

/// A text of the body; "" when it is not there. Empty when it is no text.
std::optional<std::string> text_of(const json& body, const char* name) {
  const auto at = body.find(name);
  if (at == body.end() || at->is_null()) return std::string();
  if (!at->is_string()) return std::nullopt;
  return at->get<std::string>();
}

http_reply json_reply(std::string text) {
  http_reply reply;
  reply.body = std::move(text);
  return reply;
}

http_reply from_engine(control_reply answer) {
  http_reply reply;
  reply.status = answer.http_status;
  reply.body = std::move(answer.json);
  if (reply.status >= 400) reply.content_type = "application/problem+json";
  return reply;
}

http_reply no_such_run() { return problem_reply(404, "no such run in this engine"); }

http_reply unknown_run(const failure& f) {
  return f.code == error_code::not_found ? no_such_run() : failure_reply(f);
}

std::string compact(const auto& j) { return escape_controls(j.dump(-1, ' ', false, json::error_handler_t::replace)); }

/// True for a path that stays where it counts from. What a network client names must lie below the engine's folder
/// (contract 8.29).
bool stays_below(const std::string& text) {
  const std::filesystem::path path(text);
  return path.is_relative() && std::none_of(path.begin(), path.end(), [](const auto& part) { return part == ".."; });
}

/// Name of the first option of a submission that leaves the engine's folder; empty for none.
std::string escaping_path(const json& body) {
  for (const char* name : {"output", "data_dir", "pack", "fault_plan", "api_key_file", "log_prompts", "config",
                           "quest_pool", "registry", "server"})
    if (const auto at = body.find(name); at != body.end() && at->is_string() && !stays_below(at->get<std::string>()))
      return name;
  return {};
}

// -- what is read from the store, on the worker's thread --------------------------------------------------------------

http_reply read_segments(const storage::store& s, const std::string& run, std::uint64_t after, std::uint64_t limit) {
  const auto head = s.head(run);
  if (!head) return unknown_run(head.error());
  const auto last = head.value().seq;
  std::string text = R"({"segments":[)";
  std::uint64_t reached = after;
  if (after < last) {
    const auto to = std::min(last, after + limit); // cannot overflow: after < last, limit is small
    const auto read = s.segments(run, after + 1, to, [&](std::uint64_t seq, const std::string& line) {
      if (reached > after) text += ',';
      text += line;
      reached = seq;
      return text.size() < most_answer_bytes;
    });
    if (!read) return failure_reply(read.error());
  }
  text += R"(],"next_after":)";
  text += reached > after && reached < last ? std::to_string(reached) : "null";
  return json_reply(text + "}");
}

http_reply read_segment(const storage::store& s, const std::string& run, std::uint64_t seq) {
  auto line = s.segment_line(run, seq);
  if (line) return json_reply(std::move(line.value()));
  if (line.error().code != error_code::not_found) return failure_reply(line.error());
  return problem_reply(404, "run " + run + " has no segment " + std::to_string(seq));
}

http_reply read_stories(const storage::store& s, const std::string& run) {
  const auto head = s.head(run);
  if (!head) return unknown_run(head.error());
  const auto state = s.state_at(run, head.value().seq);
  if (!state) return failure_reply(state.error());
  json list = json::array();
  for (const auto& [name, piece] : state.value())
    for (const auto& [prefix, active] : {std::pair<std::string_view, bool>{"story/", true}, {"aired/", false}}) {
      if (name.compare(0, prefix.size(), prefix) != 0 || piece.is_null()) continue;
      json story = piece.is_object() ? piece : json{{"state", piece}};
      story["id"] = name.substr(prefix.size());
      story["active"] = active;
      list.push_back(std::move(story));
    }
  return json_reply(compact(json{{"stories", std::move(list)}}));
}

http_reply read_checkpoints(const storage::store& s, const std::string& run) {
  if (const auto known = s.head(run); !known) return unknown_run(known.error());
  const auto listed = s.checkpoints(run);
  if (!listed) return failure_reply(listed.error());
  auto list = nlohmann::ordered_json::array();
  for (const auto& c : listed.value()) {
    nlohmann::ordered_json j{{"id", c.record.id},   {"kind", to_string(c.record.kind)},
                             {"seq", c.record.seq}, {"position", json(c.record.position)},
                             {"at", c.record.at},   {"valid", c.valid}};
    if (!c.valid) j["fault"] = c.fault;
    list.push_back(std::move(j));
  }
  return json_reply(compact(nlohmann::ordered_json{{"checkpoints", std::move(list)}}));
}

http_reply read_status(const storage::store& s, const std::string& run) {
  const auto status = stored_status(s, run, true);
  if (status) return json_reply(compact(status.value()));
  return unknown_run(status.error());
}

/// The engine's list, and behind it the runs of the store that it does not run.
http_reply with_stored_runs(const storage::store& s, const std::string& engine_list) {
  auto list = nlohmann::ordered_json::parse(engine_list, nullptr, false);
  const auto runs = s.runs();
  if (!list.is_array() || !runs) return json_reply(engine_list);
  std::set<std::string> listed;
  for (const auto& status : list)
    if (status.is_object()) listed.insert(status.value("run_id", ""));
  for (const auto& run : runs.value()) {
    if (listed.count(run)) continue;
    if (auto status = stored_status(s, run, true)) list.push_back(std::move(status.value()));
  }
  return json_reply(compact(list));
}

bool is_over(const std::string& status_json) {
  const auto j = json::parse(status_json, nullptr, false);
  if (!j.is_object()) return false;
  const auto state = parse_run_state(j.value("state", ""));
  return state && is_final(*state);
}

} // namespace

// -- handlers ---------------------------------------------------------------------------------------------------------

struct control_routes::parts : std::enable_shared_from_this<control_routes::parts> {
  explicit parts(engine_port p) : port(std::move(p)) {}

  void route(const http_question& question, const reply_to_question& reply);
  void dispatch(endpoint what, const http_question& question, const parsed_target& target,
                const reply_to_question& reply);
  void ask(control_request request, const reply_to_question& reply);
  void ask_status(const std::string& run, const reply_to_question& reply);
  void ask_list(const reply_to_question& reply);
  void steer(endpoint what, const std::string& run, const json& body, const reply_to_question& reply);
  void order_weather(const std::string& run, const json& body, const reply_to_question& reply);
  void stop(control_request request, const reply_to_question& reply);
  void list_segments(const std::string& run, const parsed_target& target, const reply_to_question& reply);
  void submit(const http_question& question, json body, const reply_to_question& reply);
  void snapshot(const http_question& question, const json& body, const reply_to_question& reply);
  void events(const http_question& question, const parsed_target& target, const reply_to_question& reply);
  void metrics(const reply_to_question& reply);
  void on_disk(const reply_to_question& reply, std::function<http_reply(const engine_port&)> read);

  const engine_port port;
  /// Last: their threads use what stands above, and so may their tasks.
  side_worker disk{queue_limit};
  side_worker submissions{queue_limit};
};

void control_routes::parts::on_disk(const reply_to_question& reply,
                                    std::function<http_reply(const engine_port&)> read) {
  const bool queued = disk.post([this, reply, read = std::move(read)] {
    http_reply answer;
    try {
      answer = read(port);
    } catch (const std::exception& e) {
      answer = problem_reply(500, e.what());
    }
    reply(std::move(answer));
  });
  if (!queued) reply(problem_reply(503, "too many questions are waiting for the disk"));
}

void control_routes::parts::ask(control_request request, const reply_to_question& reply) {
  request.reply = [reply](control_reply answer) { reply(from_engine(std::move(answer))); };
  port.ask(std::move(request));
}

/// A run that this engine does not run, for one because it ended before a restart, is still told of.
void control_routes::parts::ask_status(const std::string& run, const reply_to_question& reply) {
  control_request request;
  request.what = control_request::verb::status;
  request.run = run;
  request.reply = [reply, run, weak = weak_from_this()](control_reply answer) {
    const auto self = answer.http_status == 404 ? weak.lock() : nullptr;
    if (!self) return reply(from_engine(std::move(answer)));
    self->on_disk(reply, [run](const engine_port& p) { return read_status(*p.store, run); });
  };
  port.ask(std::move(request));
}

void control_routes::parts::ask_list(const reply_to_question& reply) {
  control_request request;
  request.what = control_request::verb::list;
  request.reply = [reply, weak = weak_from_this()](control_reply answer) {
    const auto self = answer.http_status == 200 ? weak.lock() : nullptr;
    if (!self) return reply(from_engine(std::move(answer)));
    self->on_disk(reply, [list = std::move(answer.json)](const engine_port& p) {
      return with_stored_runs(*p.store, list);
    });
  };
  port.ask(std::move(request));
}

void control_routes::parts::steer(endpoint what, const std::string& run, const json& body,
                                  const reply_to_question& reply) {
  control_request request;
  request.run = run;
  if (what == endpoint::pause) {
    request.what = control_request::verb::pause;
    const auto reason = text_of(body, "reason");
    if (!reason) return reply(problem_reply(400, "\"reason\" must be a text"));
    if (reason->size() > most_reason_bytes) return reply(problem_reply(400, "\"reason\" is longer than 1,000 bytes"));
    request.reason = *reason;
  }
  if (what == endpoint::resume) request.what = control_request::verb::resume;
  if (what == endpoint::checkpoint) request.what = control_request::verb::checkpoint;
  if (what != endpoint::stop) return ask(std::move(request), reply);
  request.what = control_request::verb::stop;
  const auto mode = text_of(body, "mode");
  if (mode && *mode == "urgent")
    request.mode = stop_mode::urgent;
  else if (mode && *mode == "immediate")
    request.mode = stop_mode::immediate;
  else if (!mode || (!mode->empty() && *mode != "graceful"))
    return reply(problem_reply(400, "\"mode\" must be graceful, urgent or immediate"));
  stop(std::move(request), reply);
}

/// {"type","intensity","temperature_f"}; without a type the calendar's weather again.
void control_routes::parts::order_weather(const std::string& run, const json& body, const reply_to_question& reply) {
  control_request request;
  request.run = run;
  request.what = control_request::verb::weather;
  const auto type = text_of(body, "type"), intensity = text_of(body, "intensity");
  if (!type || !intensity) return reply(problem_reply(400, "\"type\" and \"intensity\" must be texts"));
  request.weather = {*type, *intensity, std::nullopt};
  if (const auto at = body.find("temperature_f"); at != body.end() && !at->is_null()) {
    if (!at->is_number_integer()) return reply(problem_reply(400, "\"temperature_f\" must be a whole number"));
    request.weather.temperature_f = static_cast<int>(std::clamp<std::int64_t>(at->get<std::int64_t>(), -1'000, 1'000));
  }
  if (const auto fault = type->empty() ? std::string() : fault_of(request.weather); !fault.empty())
    return reply(problem_reply(400, fault));
  // A story run has none: that is a conflict, not a silent nothing.
  on_disk(
    [this, request, reply](http_reply checked) mutable {
      if (checked.status != 200) return reply(std::move(checked));
      ask(std::move(request), reply);
    },
    [run](const engine_port& p) {
      const auto config = p.store->config(run);
      if (config && config.value().kind != run_kind::broadcast) return problem_reply(409, "a story run has no weather");
      return json_reply("{}");
    });
}

/// Stopping what has ended already is no conflict: the answer is its status.
void control_routes::parts::stop(control_request request, const reply_to_question& reply) {
  const auto run = request.run;
  request.reply = [reply, run, weak = weak_from_this()](control_reply answer) {
    const auto self = answer.http_status == 409 ? weak.lock() : nullptr;
    if (!self) return reply(from_engine(std::move(answer)));
    self->ask_status(run, [reply, answer](http_reply status) {
      reply(status.status == 200 && is_over(status.body) ? std::move(status) : from_engine(answer));
    });
  };
  port.ask(std::move(request));
}

void control_routes::parts::list_segments(const std::string& run, const parsed_target& target,
                                          const reply_to_question& reply) {
  auto number = [&](const char* name, std::uint64_t otherwise) -> std::optional<std::uint64_t> {
    const auto at = target.query.find(name);
    return at == target.query.end() ? otherwise : whole_number(at->second);
  };
  const auto after = number("after", 0), limit = number("limit", default_segments);
  if (!after) return reply(problem_reply(400, "\"after\" must be a whole number"));
  if (!limit || *limit < 1 || *limit > most_segments)
    return reply(problem_reply(400, "\"limit\" must be a whole number from 1 to 1000"));
  on_disk(reply, [run, after = *after, limit = *limit](const engine_port& p) {
    return read_segments(*p.store, run, after, limit);
  });
}

void control_routes::parts::submit(const http_question& question, json body, const reply_to_question& reply) {
  if (question.over_network)
    if (const auto name = escaping_path(body); !name.empty())
      return reply(problem_reply(403, "\"" + name + "\" must be a path below the engine's folder"));
  const bool queued = submissions.post([this, body = std::move(body), reply]() mutable {
    try {
      port.submit(std::move(body), reply);
    } catch (const std::exception& e) {
      reply(problem_reply(500, e.what()));
    }
  });
  if (!queued) reply(problem_reply(503, "too many runs are being submitted"));
}

void control_routes::parts::snapshot(const http_question& question, const json& body, const reply_to_question& reply) {
  const auto to = text_of(body, "to");
  if (!to || to->find('\0') != std::string::npos) return reply(problem_reply(400, "\"to\" must be a path"));
  if (question.over_network && !stays_below(*to))
    return reply(problem_reply(403, "\"to\" must be a path below the engine's folder"));
  on_disk(reply, [to = *to](const engine_port& p) {
    const auto path = p.snapshot(to);
    return path ? json_reply(compact(json{{"path", path.value()}})) : failure_reply(path.error());
  });
}

/// `?follow=false` ends after what is there now; `?run=ID` leaves the other runs' out.
void control_routes::parts::events(const http_question& question, const parsed_target& target,
                                   const reply_to_question& reply) {
  const auto asked = [&](const char* name) {
    const auto at = target.query.find(name);
    return at == target.query.end() ? std::string() : at->second;
  };
  const auto follow = asked("follow"), run = asked("run");
  if (!follow.empty() && follow != "true" && follow != "false")
    return reply(problem_reply(400, "\"follow\" must be true or false"));
  if (!run.empty() && !legal_run_id(run)) return reply(no_such_run());
  if (!port.events) return reply(problem_reply(404, "this engine keeps no events"));
  http_reply answer;
  answer.content_type = "text/event-stream";
  answer.stream = port.events->read(question.last_event_id, run, follow != "false");
  reply(std::move(answer));
}

/// Statuses of many runs take a while to read: by the side thread.
void control_routes::parts::metrics(const reply_to_question& reply) {
  if (!port.metrics) return reply(problem_reply(404, "this engine counts nothing"));
  control_request request;
  request.what = control_request::verb::list;
  request.reply = [reply, weak = weak_from_this()](control_reply answer) {
    const auto self = answer.http_status == 200 ? weak.lock() : nullptr;
    if (!self) return reply(from_engine(std::move(answer)));
    self->on_disk(reply, [list = std::move(answer.json)](const engine_port& p) {
      http_reply page;
      page.content_type = "text/plain; version=0.0.4; charset=utf-8";
      page.body = p.metrics->page(json::parse(list, nullptr, false));
      return page;
    });
  };
  port.ask(std::move(request));
}

void control_routes::parts::dispatch(endpoint what, const http_question& question, const parsed_target& target,
                                     const reply_to_question& reply) {
  const bool posts = question.method == "POST";
  json body = json::object();
  if (posts) {
    auto parsed = parse_body(question.body);
    if (!parsed) return reply(problem_reply(400, "the body must be a JSON object"));
    body = std::move(*parsed);
  }
  const std::string run = target.path.size() > 2 ? target.path[2] : std::string();
  switch (what) {
    case endpoint::engine: {
      control_request request;
      request.what = control_request::verb::engine;
      return ask(std::move(request), reply);
    }
    case endpoint::runs: return posts ? submit(question, std::move(body), reply) : ask_list(reply);
    case endpoint::run: return ask_status(run, reply);
    case endpoint::pause:
    case endpoint::resume:
    case endpoint::stop:
    case endpoint::checkpoint: return steer(what, run, body, reply);
    case endpoint::weather: return order_weather(run, body, reply);
    case endpoint::segments: return list_segments(run, target, reply);
    case endpoint::segment: {
      const auto n = whole_number(target.path[4]);
      if (!n || *n == 0) return reply(problem_reply(404, "segments are numbered from 1"));
      return on_disk(reply, [run, n = *n](const engine_port& p) { return read_segment(*p.store, run, n); });
    }
    case endpoint::stories:
      return on_disk(reply, [run](const engine_port& p) { return read_stories(*p.store, run); });
    case endpoint::checkpoints:
      return on_disk(reply, [run](const engine_port& p) { return read_checkpoints(*p.store, run); });
    case endpoint::snapshot: return snapshot(question, body, reply);
    case endpoint::events: return events(question, target, reply);
    case endpoint::metrics: return metrics(reply);
    case endpoint::dashboard: return reply(dashboard_reply());
    case endpoint::openapi: return reply(json_reply(std::string(openapi_document())));
  }
}

void control_routes::parts::route(const http_question& question, const reply_to_question& reply) {
  const auto target = parse_target(question.target);
  if (!target) return reply(problem_reply(400, "the request's target cannot be read"));
  const auto row = std::find_if(std::begin(route_table), std::end(route_table),
                                [&](const auto& r) { return matches(r, target->path); });
  if (row == std::end(route_table)) return reply(problem_reply(404, "no such route; see /v1/openapi.json"));
  const bool names_run = row->pattern[2] == "*";
  if (names_run && !legal_run_id(target->path[2])) return reply(no_such_run());
  // The server leaves the body out.
  const std::string_view method = question.method == "HEAD" ? std::string_view("GET") : std::string_view(question.method);
  const auto allowed = split(row->get_or_post, ',');
  const bool fits = std::any_of(allowed.begin(), allowed.end(), [&](std::string_view m) {
    return method == (m.front() == ' ' ? m.substr(1) : m);
  });
  if (!fits) {
    auto refused = problem_reply(405, "this route answers to " + std::string(row->get_or_post));
    refused.headers.emplace_back("Allow", std::string(row->get_or_post));
    return reply(std::move(refused));
  }
  dispatch(row->what, question, *target, reply);
}

std::vector<std::pair<std::string, std::string>> all_routes() {
  std::vector<std::pair<std::string, std::string>> all;
  for (const auto& row : route_table) {
    std::string path;
    for (std::size_t i = 0; i < row.pattern.size() && !row.pattern[i].empty(); ++i)
      path += "/" + (row.pattern[i] != "*" ? std::string(row.pattern[i]) : i == 2 ? "{id}" : "{n}");
    all.emplace_back(path.empty() ? "/" : path, row.get_or_post);
  }
  return all;
}

control_routes::control_routes(engine_port port) : parts_(std::make_shared<parts>(std::move(port))) {}

/// An answer of the engine may hold the parts for a moment longer; their threads end here, before the engine does.
control_routes::~control_routes() {
  parts_->disk.end();
  parts_->submissions.end();
}

void control_routes::handle(const http_question& question, reply_to_question reply) noexcept {
  try {
    parts_->route(question, reply);
  } catch (const std::exception& e) {
    try {
      reply(problem_reply(500, e.what()));
    } catch (const std::exception&) {
      // Out of memory twice over: the server answers 503 when the time is up.
    }
  }
}

} // namespace longwave::cli
