// Marker lines of story runs.
#include "cli/story_log.hpp"

#include "cli/terminal_text.hpp"

#include <spdlog/spdlog.h>

#include <ctime>
#include <filesystem>
#include <sstream>

namespace longwave::cli {

namespace fs = std::filesystem;

story_log::story_log(const run_config& config, std::FILE* out) : config_(config), out_(out) {
  if (!speaks()) return;
  const std::time_t now = std::time(nullptr);
  std::tm utc{};
  ::gmtime_r(&now, &utc);
  char name[64];
  std::strftime(name, sizeof name, "horror_story_%Y%m%d_%H%M%S.log", &utc);
  std::error_code ignored; // the link is a convenience; the log itself is longwave.log
  fs::create_symlink("longwave.log", fs::path(config.output) / "logs" / name, ignored);
}

void story_log::say(const std::string& line) {
  std::lock_guard guard(mutex_);
  spdlog::info("{}", line);
  std::fprintf(out_, "%s\n", terminal_line(line).c_str());
  std::fflush(out_);
}

void story_log::event(const event_happened& event) {
  if (!speaks()) return;
  if (event.type == "story_saved")
    say(korean() ? "생성 완료 - 저장 위치: " + event.detail : "story written: " + event.detail);
  else if (event.type == "story_took")
    say(korean() ? "소요 시간: " + event.detail + "초" : "took " + event.detail + " s");
  else if (event.type == "interval_waiting")
    say(korean() ? "다음 생성까지 " + event.detail + "초 대기 중" : "next story in " + event.detail + " s");
  else if (event.type == "usage_missing")
    say(korean() ? (event.detail.find("malformed") != std::string::npos ? "토큰 사용량 추출 실패" : "토큰 사용량 정보 없음")
                 : "usage information missing");
}

void story_log::signal_received() {
  if (speaks() && korean()) return say("SIGINT/SIGTERM 수신 - 현재 작업 완료 후 종료합니다");
  say("signal received: the work in hand is finished, then the run stops");
}

void story_log::ended(const run_outcome& outcome) {
  if (!speaks()) return;
  if (outcome.state == run_state::completed && outcome.reason == "duration")
    say(korean() ? "실행 시간 제한 도달 (" + std::to_string(config_.duration_seconds.value_or(0)) + "초)" : "duration reached");
  else if (outcome.state == run_state::completed)
    say(korean() ? "생성 개수 제한 도달 (" + std::to_string(config_.max_stories.value_or(0)) + "개)" : "number of stories reached");
  else if (outcome.state == run_state::stopped)
    say(korean() ? "종료 신호 수신 - 생성 루프 종료" : "stopped");
}

void story_log::statistics(const std::string& text) {
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    if (line.empty()) continue;
    say(line);
  }
}

} // namespace longwave::cli
