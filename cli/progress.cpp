// Drawing of progress, header and final statistics.
#include "cli/progress.hpp"

#include "cli/terminal_text.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <optional>
#include <sys/ioctl.h>
#include <unistd.h>

namespace longwave::cli {

namespace {

using json = nlohmann::json;

constexpr std::int64_t bar_gap_ms = 100;
constexpr std::int64_t plain_gap_ms = 2'000;
constexpr int bar_columns = 40;

std::int64_t steady_now_ms() {
  using namespace std::chrono;
  return duration_cast<milliseconds>(steady_clock::now().time_since_epoch()).count();
}

std::string text_at(const json& j, const char* pointer, const std::string& otherwise = "") {
  const json::json_pointer at(pointer);
  return j.contains(at) && j[at].is_string() ? j[at].get<std::string>() : otherwise;
}

std::optional<double> number_at(const json& j, const char* pointer) {
  const json::json_pointer at(pointer);
  return j.contains(at) && j[at].is_number() ? std::optional(j[at].get<double>()) : std::nullopt;
}

std::string clock_text(double seconds) {
  const auto all = static_cast<long long>(std::max(0.0, std::round(seconds)));
  char text[40];
  if (all >= 86'400)
    std::snprintf(text, sizeof text, "%lldd %02lld:%02lld", all / 86'400, all / 3'600 % 24, all / 60 % 60);
  else if (all >= 3'600)
    std::snprintf(text, sizeof text, "%lld:%02lld:%02lld", all / 3'600, all / 60 % 60, all % 60);
  else
    std::snprintf(text, sizeof text, "%02lld:%02lld", all / 60, all % 60);
  return text;
}

std::string thousands(std::uint64_t n) {
  std::string digits = std::to_string(n);
  for (int at = static_cast<int>(digits.size()) - 3; at > 0; at -= 3) digits.insert(static_cast<std::size_t>(at), ",");
  return digits;
}

std::string count_text(const json& status) {
  const auto done = number_at(status, "/progress/segments_done").value_or(0);
  const auto planned = number_at(status, "/progress/segments_planned");
  return std::to_string(static_cast<long long>(done)) + "/" + (planned ? std::to_string(static_cast<long long>(*planned)) : "-");
}

int columns_of(std::FILE* out) {
  winsize size{};
  if (::ioctl(::fileno(out), TIOCGWINSZ, &size) == 0 && size.ws_col > 20) return size.ws_col;
  return 100;
}

} // namespace

std::string progress_line(const json& status, int bar_width, int width) {
  const double percent = std::clamp(number_at(status, "/progress/percent").value_or(0), 0.0, 100.0);
  std::string line;
  if (bar_width > 0) {
    const int filled = static_cast<int>(percent / 100.0 * bar_width);
    line = "[" + std::string(static_cast<std::size_t>(filled), '#') +
           std::string(static_cast<std::size_t>(bar_width - filled), '-') + "] ";
  }
  char text[96];
  std::snprintf(text, sizeof text, "%5.1f %% ", percent);
  line += text + count_text(status);
  if (text_at(status, "/kind") == "broadcast") {
    std::snprintf(text, sizeof text, "  day %d %02d:00", static_cast<int>(number_at(status, "/position/day").value_or(1)),
                  static_cast<int>(number_at(status, "/position/hour").value_or(0)));
    line += text;
  }
  const auto eta = number_at(status, "/eta_seconds");
  line += "  " + clock_text(number_at(status, "/timing/elapsed_s").value_or(0)) + "  ETA " + (eta ? clock_text(*eta) : "-");
  if (const auto recent = number_at(status, "/timing/recent_avg_s")) {
    std::snprintf(text, sizeof text, "  %.2f s each", *recent);
    line += text;
  }
  if (const auto pass = number_at(status, "/validation/pass_rate")) {
    std::snprintf(text, sizeof text, "  pass %.0f %%", *pass * 100.0);
    line += text;
  }
  if (const auto state = text_at(status, "/state"); state != "running") {
    line += "  " + state;
    if (status.contains("pause_reasons") && status["pause_reasons"].is_array() && !status["pause_reasons"].empty()) {
      line += ":";
      for (const auto& reason : status["pause_reasons"]) line += " " + reason.get<std::string>();
    }
  }
  if (status.contains("warnings") && status["warnings"].is_array() && !status["warnings"].empty()) {
    line += "  warnings:";
    for (const auto& w : status["warnings"]) line += " " + w.value("code", "");
  }
  line = terminal_line(line);
  if (static_cast<int>(line.size()) > width) line.resize(static_cast<std::size_t>(width));
  return line;
}

progress::progress(progress_mode mode, std::FILE* out, bool is_terminal, bool color) : mode_(mode), out_(out), color_(color) {
  if (mode_ == progress_mode::automatic) mode_ = is_terminal ? progress_mode::bar : progress_mode::plain;
  if (mode_ == progress_mode::bar && !is_terminal) mode_ = progress_mode::plain;
}

progress::~progress() { finish(); }

void progress::update(const json& status) {
  if (mode_ == progress_mode::none || !status.is_object()) return;
  std::lock_guard guard(mutex_);
  last_ = status.dump(-1, ' ', true, json::error_handler_t::replace);
  const auto now = steady_now_ms();
  const auto state = text_at(status, "/state");
  const auto gap = mode_ == progress_mode::bar ? bar_gap_ms : mode_ == progress_mode::plain ? plain_gap_ms : 0;
  if (state == shown_state_ && now - shown_ms_ < gap) return;
  shown_ms_ = now;
  shown_state_ = state;
  show(status);
  last_.clear();
}

void progress::show(const json& status) {
  if (mode_ == progress_mode::json) {
    std::fprintf(out_, "%s\n", status.dump(-1, ' ', true, json::error_handler_t::replace).c_str());
  } else if (mode_ == progress_mode::plain) {
    std::fprintf(out_, "%s\n", progress_line(status, 0, 200).c_str());
  } else {
    const int columns = columns_of(out_);
    const auto line = progress_line(status, columns >= 100 ? bar_columns : columns / 4, columns - 1);
    const bool paused = color_ && text_at(status, "/state") == "paused";
    std::fprintf(out_, "\r\x1b[K%s%s%s", paused ? "\x1b[33m" : "", line.c_str(), paused ? "\x1b[0m" : "");
    line_open_ = true;
  }
  std::fflush(out_);
}

void progress::finish() {
  std::lock_guard guard(mutex_);
  if (!last_.empty()) show(json::parse(last_));
  last_.clear();
  if (line_open_) std::fprintf(out_, "\n");
  line_open_ = false;
}

std::string run_header(const run_config& c) {
  std::string out = "longwave " + std::string(to_string(c.kind)) + "  run " + c.run_id + "\n";
  if (c.kind == run_kind::broadcast) {
    out += "  dj       " + c.dj + "\n  plan     " + std::to_string(c.duration_hours) + " h from " + std::to_string(c.start_hour) +
           ":00, " + std::to_string(c.segments_per_hour) + " an hour" +
           (c.segments_per_hour == 1 ? " (time check within; weather 06 and 17, news 12)" : "") + "\n";
    out += std::string("  stories  ") + (c.stories_enabled ? "on" : "off") + ", validation " +
           (c.validation_enabled ? c.validation_mode : "off") + "\n";
  } else {
    out += "  plan     " + (c.max_stories ? std::to_string(*c.max_stories) + " stories" : std::string("stories")) +
           (c.duration_seconds ? " for " + std::to_string(*c.duration_seconds) + " s" : "") + ", " +
           std::to_string(c.interval_seconds) + " s between, language " + c.language + "\n";
  }
  out += "  backend  " + c.backend + (c.backend == "offline" ? " (seeded grammar, no model)" : " " + c.model) + "\n  seed     " +
         std::to_string(c.seed) + "\n  output   " + c.output + "\n";
  std::string safe;
  for (std::size_t from = 0; from < out.size();) {
    const auto to = out.find('\n', from);
    safe += terminal_line(out.substr(from, to - from)) + "\n";
    from = to + 1;
  }
  return safe;
}

std::string final_statistics(const json& status, const std::string& language) {
  if (!status.is_object()) return "";
  const auto accepted = static_cast<std::uint64_t>(number_at(status, "/progress/segments_accepted").value_or(0));
  const auto skipped = static_cast<std::uint64_t>(number_at(status, "/progress/segments_skipped").value_or(0));
  const auto elapsed = number_at(status, "/timing/elapsed_s").value_or(0);
  const auto input = number_at(status, "/usage/input_tokens");
  const auto output = number_at(status, "/usage/output_tokens");
  const auto total = number_at(status, "/usage/total_tokens");
  const auto missing = static_cast<std::uint64_t>(number_at(status, "/usage/missing").value_or(0));
  const auto tokens = [](const std::optional<double>& n) { return n ? thousands(static_cast<std::uint64_t>(*n)) : std::string("-"); };
  const double mean = accepted ? elapsed / static_cast<double>(accepted) : 0;
  const auto mean_tokens = total && accepted ? thousands(static_cast<std::uint64_t>(*total / static_cast<double>(accepted))) : "-";
  char text[1024];
  if (language == "ko")
    std::snprintf(text, sizeof text,
                  "실행 완료 - 최종 통계\n총 실행 시간: %.1f초 (%.2f시간)\n생성된 소설: %s개, 건너뜀: %s개\n평균 생성 시간: %.2f초\n"
                  "총 토큰 사용량: %s (입력 %s, 출력 %s)\n평균 토큰 사용량: %s\n토큰 사용량 정보 없음: %s회\n",
                  elapsed, elapsed / 3'600.0, thousands(accepted).c_str(), thousands(skipped).c_str(), mean, tokens(total).c_str(),
                  tokens(input).c_str(), tokens(output).c_str(), mean_tokens.c_str(), thousands(missing).c_str());
  else
    std::snprintf(text, sizeof text,
                  "final statistics: %s\nrun time: %.1f s (%.2f h)\naccepted: %s, skipped: %s\nmean time each: %.2f s\n"
                  "tokens: %s (input %s, output %s), mean %s each\ncalls without usage: %s\n",
                  text_at(status, "/state").c_str(), elapsed, elapsed / 3'600.0, thousands(accepted).c_str(),
                  thousands(skipped).c_str(), mean, tokens(total).c_str(), tokens(input).c_str(), tokens(output).c_str(),
                  mean_tokens.c_str(), thousands(missing).c_str());
  return text;
}

} // namespace longwave::cli
