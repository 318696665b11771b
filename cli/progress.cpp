// Drawing of progress, header and final statistics.
#include "cli/progress.hpp"

#include "cli/status_text.hpp"
#include "cli/terminal_text.hpp"

#include <nlohmann/json.hpp>

#include <sys/ioctl.h>
#include <unistd.h>
#include <utf8.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <optional>
#include <thread>

namespace longwave::cli {

namespace {

using json = nlohmann::json;

constexpr std::chrono::milliseconds bar_gap{100};
constexpr std::chrono::milliseconds plain_gap{2'000};
constexpr int bar_columns = 40;
/// Where the width cannot be asked for.
constexpr int usual_columns = 100;
constexpr int plain_columns = 200;
/// Statuses that wait for a reader of JSON lines; behind a reader that stands still the oldest go.
constexpr std::size_t most_waiting = 256;

const json& at(const json& j, std::initializer_list<const char*> path) {
  static const json none;
  const json* here = &j;
  for (const char* name : path) {
    if (!here->is_object() || !here->contains(name)) return none;
    here = &(*here)[name];
  }
  return *here;
}

std::string text_at(const json& j, std::initializer_list<const char*> path) {
  const auto& value = at(j, path);
  return value.is_string() ? value.get<std::string>() : std::string();
}

std::optional<double> number_at(const json& j, std::initializer_list<const char*> path) {
  const auto& value = at(j, path);
  return value.is_number() ? std::optional(value.get<double>()) : std::nullopt;
}

std::uint64_t count_at(const json& j, std::initializer_list<const char*> path) {
  const auto value = number_at(j, path);
  return value && *value > 0 ? static_cast<std::uint64_t>(*value) : 0;
}

template <class... Values>
std::string printed(const char* format, Values... values) {
  char text[128];
  std::snprintf(text, sizeof text, format, values...);
  return text;
}

/// "04:12", "2:04:12", "3d 02:04".
std::string clock_text(double seconds) {
  const auto all = static_cast<long long>(std::clamp(std::round(seconds), 0.0, 1e15));
  if (all >= 86'400) return printed("%lldd %02lld:%02lld", all / 86'400, all / 3'600 % 24, all / 60 % 60);
  if (all >= 3'600) return printed("%lld:%02lld:%02lld", all / 3'600, all / 60 % 60, all % 60);
  return printed("%02lld:%02lld", all / 60, all % 60);
}

/// At most `width` columns, an ellipsis in place of what does not fit. Korean text of a reason takes two a letter; it
/// never stands here, and a line that wraps once would be all the harm.
std::string cut(const std::string& line, int width) {
  if (width <= 0) return {};
  std::size_t columns = 0;
  auto end = line.begin();
  for (auto here = line.begin(); here != line.end(); ++columns) {
    if (columns + 1 == static_cast<std::size_t>(width)) end = here;
    utf8::unchecked::next(here);
  }
  if (columns <= static_cast<std::size_t>(width)) return line;
  return std::string(line.begin(), end) + "…";
}

std::string where_text(const json& status) {
  const auto day = number_at(status, {"position", "day"}), hour = number_at(status, {"position", "hour"});
  if (text_at(status, {"kind"}) != "broadcast" || !day || !hour) return {};
  return printed("  day %d %02d:00", static_cast<int>(*day), static_cast<int>(*hour));
}

std::string state_text(const json& status) {
  const auto state = text_at(status, {"state"});
  if (state == "running" || state.empty()) return {};
  std::string text = "  " + state;
  const auto& reasons = at(status, {"pause_reasons"});
  if (!reasons.is_array() || reasons.empty()) return text;
  text += ":";
  for (const auto& reason : reasons)
    if (reason.is_string()) text += " " + reason.get<std::string>();
  return text;
}

/// Drafts of a batch that wait for the judge: while they are made nothing is committed.
std::string batch_text(const json& status) {
  const auto waiting = count_at(status, {"validation", "judge", "waiting_drafts"});
  if (waiting == 0) return {};
  if (number_at(status, {"validation", "judge", "batch"}))
    return "  " + grouped(waiting) + "/" + grouped(count_at(status, {"validation", "judge", "batch"})) + " drafts for the judge";
  return "  " + grouped(waiting) + (waiting == 1 ? " draft waits" : " drafts wait") + " for the judge";
}

std::string warning_text(const json& status) {
  std::string text;
  const auto& warnings = at(status, {"warnings"});
  for (const auto& warning : warnings.is_array() ? warnings : json::array())
    if (const auto code = text_at(warning, {"code"}); !code.empty()) text += (text.empty() ? "  ! " : " ") + code;
  return text;
}

int columns_of(std::FILE* out) {
  winsize size{};
  if (::ioctl(::fileno(out), TIOCGWINSZ, &size) == 0 && size.ws_col > 0) return size.ws_col;
  return usual_columns;
}

std::string dumped(const json& j) { return j.dump(-1, ' ', true, json::error_handler_t::replace); }

progress_mode settled(progress_mode mode, bool is_terminal) {
  if (mode == progress_mode::automatic || (mode == progress_mode::bar && !is_terminal))
    return is_terminal ? progress_mode::bar : progress_mode::plain;
  return mode;
}

} // namespace

std::string progress_line(const json& status, int bar_width, int width) {
  const auto share = number_at(status, {"progress", "percent"});
  const double percent = std::clamp(share.value_or(0.0), 0.0, 100.0);
  std::string line;
  if (bar_width > 0 && share) {
    const auto filled = static_cast<std::size_t>(percent / 100.0 * bar_width);
    line = "[" + std::string(filled, '#') + std::string(static_cast<std::size_t>(bar_width) - filled, '-') + "] ";
  }
  // Rounded down: 100 % is said when all is done, not before.
  if (share) line += printed("%5.1f %%  ", std::floor(percent * 10.0) / 10.0);
  line += grouped(count_at(status, {"progress", "segments_done"}));
  if (number_at(status, {"progress", "segments_planned"}))
    line += "/" + grouped(count_at(status, {"progress", "segments_planned"}));
  else
    line += " done";
  line += where_text(status);
  const auto eta = number_at(status, {"eta_seconds"});
  line += "  " + clock_text(number_at(status, {"timing", "elapsed_s"}).value_or(0)) + "  ETA ";
  line += eta ? clock_text(*eta) : std::string("—");
  if (const auto each = number_at(status, {"timing", "recent_avg_s"})) line += printed("  %.2f s each", *each);
  if (const auto pass = number_at(status, {"validation", "pass_rate"}))
    line += printed("  pass %.0f %%", *pass * 100.0);
  return cut(terminal_line(line + batch_text(status) + state_text(status) + warning_text(status)), width);
}

// -- the painter ------------------------------------------------------------------------------------------------------

struct progress::painter {
  painter(progress_mode m, std::FILE* o, bool c) : mode(m), out(o), color(c), thread([this] { run(); }) {}

  void update(const json& status);
  void finish();
  void run();
  void show(const json& status);
  std::chrono::milliseconds gap() const {
    if (mode == progress_mode::json) return std::chrono::milliseconds(0);
    return mode == progress_mode::bar ? bar_gap : plain_gap;
  }

  const progress_mode mode;
  std::FILE* const out;
  const bool color;

  std::mutex mutex;
  std::condition_variable changed;
  std::deque<json> waiting;
  /// The state of the last status that came, and whether one with another state waits.
  std::string state;
  bool state_changed = false;
  bool ending = false;
  /// The thread's own.
  bool line_open = false;
  /// Last: it uses what stands above.
  std::thread thread;
};

void progress::painter::update(const json& status) {
  const std::lock_guard guard(mutex);
  if (ending) return;
  auto now_in = text_at(status, {"state"});
  if (now_in != state) state_changed = true;
  state = std::move(now_in);
  // Only JSON lines show every status; the others the newest.
  if (mode != progress_mode::json) waiting.clear();
  if (waiting.size() == most_waiting) waiting.pop_front();
  waiting.push_back(status);
  changed.notify_one();
}

void progress::painter::run() {
  std::unique_lock lock(mutex);
  for (;;) {
    changed.wait(lock, [this] { return ending || !waiting.empty(); });
    if (waiting.empty()) break;
    const json status = std::move(waiting.front());
    waiting.pop_front();
    state_changed = false;
    lock.unlock();
    show(status);
    lock.lock();
    if (gap().count() > 0) changed.wait_for(lock, gap(), [this] { return ending || state_changed; });
  }
  if (line_open) std::fputc('\n', out);
  std::fflush(out);
}

void progress::painter::show(const json& status) {
  if (mode == progress_mode::json) {
    std::fprintf(out, "%s\n", dumped(status).c_str());
  } else if (mode == progress_mode::plain) {
    std::fprintf(out, "%s\n", progress_line(status, 0, plain_columns).c_str());
  } else {
    const int columns = columns_of(out);
    const auto line = progress_line(status, columns >= usual_columns ? bar_columns : columns / 5, columns - 1);
    const bool paused = color && text_at(status, {"state"}) == "paused";
    std::fprintf(out, "\r%s%s%s\x1b[K", paused ? "\x1b[33m" : "", line.c_str(), paused ? "\x1b[0m" : "");
    line_open = true;
  }
  std::fflush(out);
}

void progress::painter::finish() {
  {
    const std::lock_guard guard(mutex);
    ending = true;
  }
  changed.notify_one();
  if (thread.joinable()) thread.join();
}

progress::progress(progress_mode mode, std::FILE* out, bool is_terminal, bool color) {
  const auto chosen = settled(mode, is_terminal);
  if (chosen != progress_mode::none) painter_ = std::make_unique<painter>(chosen, out, color);
}

progress::~progress() { finish(); }

void progress::update(const json& status) {
  if (painter_ && status.is_object()) painter_->update(status);
}

void progress::finish() {
  if (painter_) painter_->finish();
}

// -- header and end ---------------------------------------------------------------------------------------------------

std::string run_header(const run_config& c) {
  std::string out;
  auto row = [&out](const char* name, const std::string& value) {
    out += terminal_line(printed("  %-12s", name) + value) + "\n";
  };
  out += terminal_line("longwave " + std::string(to_string(c.kind)) + ", run " + c.run_id) + "\n";
  if (c.kind == run_kind::broadcast) {
    row("on air", c.dj);
    row("plan", grouped(static_cast<std::uint64_t>(std::max<std::int64_t>(c.duration_hours, 0))) + " h from " +
                  printed("%02d:00, %d an hour", c.start_hour, c.segments_per_hour) +
                  (c.segments_per_hour == 1 ? " (the time check is part of each hour's segment)" : ""));
    row("stories", c.stories_enabled ? "on" : "off");
    row("validation", c.validation_enabled ? c.validation_mode : "off");
  } else {
    std::string plan = "stories";
    if (c.max_stories) plan = grouped(*c.max_stories) + (*c.max_stories == 1 ? " story" : " stories");
    if (c.duration_seconds) plan += " within " + std::to_string(*c.duration_seconds) + " s";
    if (c.interval_seconds > 0) plan += ", " + std::to_string(c.interval_seconds) + " s between two";
    row("plan", plan);
    row("language", c.language);
  }
  row("backend", c.backend + (c.backend == "offline" ? " (seeded grammar, no model)" : " " + c.model));
  row("seed", std::to_string(c.seed));
  row("output", c.output);
  return out;
}

std::string final_statistics(const json& status, const std::string& language) {
  if (!status.is_object()) return {};
  const auto accepted = count_at(status, {"progress", "segments_accepted"});
  const auto stories = grouped(accepted), skipped = grouped(count_at(status, {"progress", "segments_skipped"}));
  const double elapsed = number_at(status, {"timing", "elapsed_s"}).value_or(0);
  const double mean = accepted > 0 ? elapsed / static_cast<double>(accepted) : 0;
  auto tokens = [&](const char* name) {
    return number_at(status, {"usage", name}) ? grouped(count_at(status, {"usage", name})) : std::string("—");
  };
  const auto missing = count_at(status, {"usage", "missing"});
  std::string mean_tokens = "—";
  if (accepted > 0 && number_at(status, {"usage", "total_tokens"}))
    mean_tokens = grouped(count_at(status, {"usage", "total_tokens"}) / accepted);
  std::string out;
  if (language == "ko") {
    out += "실행 완료 - 최종 통계\n";
    out += "총 실행 시간: " + printed("%.1f초 (%.2f시간)", elapsed, elapsed / 3'600.0) + "\n";
    out += "생성된 소설: " + stories + "개, 건너뜀: " + skipped + "개\n";
    out += "평균 생성 시간: " + printed("%.2f초", mean) + "\n";
    out += "총 토큰 사용량: " + tokens("total_tokens") + " (입력 " + tokens("input_tokens") + ", 출력 " +
           tokens("output_tokens") + ")\n";
    out += "평균 토큰 사용량: " + mean_tokens + "\n";
    if (missing > 0) out += "토큰 사용량 정보 없음: " + grouped(missing) + "회\n";
    return out;
  }
  out += "final statistics: " + terminal_line(text_at(status, {"state"})) + "\n";
  out += "run time: " + printed("%.1f s (%.2f h)", elapsed, elapsed / 3'600.0) + "\n";
  out += "accepted: " + stories + ", skipped: " + skipped + "\n";
  out += "mean time each: " + printed("%.2f s", mean) + "\n";
  out += "tokens: " + tokens("total_tokens") + " (input " + tokens("input_tokens") + ", output " +
         tokens("output_tokens") + "), mean " + mean_tokens + " each\n";
  if (missing > 0) out += "calls without usage: " + grouped(missing) + "\n";
  if (const auto cost = number_at(status, {"cost", "now"})) {
    out += "cost: " + printed("%.4f", *cost);
    if (const auto each = number_at(status, {"cost", "per_accepted_segment"})) out += ", " + printed("%.6f", *each) + " each accepted";
    out += "\n";
  }
  return out;
}

} // namespace longwave::cli
