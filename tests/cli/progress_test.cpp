// Progress lines, the painter's rates, header and final statistics.
#include "cli/progress.hpp"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>
#include <utf8.h>

#include <cstdio>
#include <cstdlib>
#include <string>

using namespace longwave;
using namespace longwave::cli;
using json = nlohmann::json;

namespace {

json status_at(std::uint64_t done, std::uint64_t planned) {
  return {{"run_id", "pilot"},
          {"kind", "broadcast"},
          {"state", "running"},
          {"pause_reasons", json::array()},
          {"position", {{"day", 2}, {"hour", 7}}},
          {"progress",
           {{"segments_planned", planned},
            {"segments_done", done},
            {"segments_accepted", done},
            {"segments_skipped", 0},
            {"percent", 100.0 * static_cast<double>(done) / static_cast<double>(planned)}}},
          {"eta_seconds", nullptr},
          {"timing", {{"elapsed_s", 3'725.0}, {"recent_avg_s", 0.25}}},
          {"validation", {{"pass_rate", 0.96}}},
          {"usage",
           {{"input_tokens", 1'200'000}, {"output_tokens", 34'567}, {"total_tokens", 1'234'567}, {"missing", 0}}},
          {"warnings", json::array()}};
}

/// Everything that is written to a stream.
class captured {
public:
  captured() { stream = ::open_memstream(&text_, &size_); }
  ~captured() {
    std::fclose(stream);
    std::free(text_);
  }
  std::string text() {
    std::fflush(stream);
    return {text_, size_};
  }
  std::FILE* stream = nullptr;

private:
  char* text_ = nullptr;
  std::size_t size_ = 0;
};

std::size_t count(const std::string& text, const std::string& what) {
  std::size_t found = 0;
  for (auto at = text.find(what); at != std::string::npos; at = text.find(what, at + what.size())) ++found;
  return found;
}

} // namespace

TEST_CASE("progress: a line names count, place, times and pass rate") {
  const auto line = progress_line(status_at(28, 112), 40, 200);
  CHECK(line.find("[##########------------------------------]  25.0 %  28/112") == 0);
  for (const char* part : {"day 2 07:00", "1:02:05", "ETA —", "0.25 s each", "pass 96 %"})
    CHECK(line.find(part) != std::string::npos);
  auto later = status_at(28, 112);
  later["eta_seconds"] = 90'000;
  CHECK(progress_line(later, 0, 200).find("ETA 1d 01:00") != std::string::npos);
}

TEST_CASE("progress: drafts that wait for the judge are counted while their batch is made, and while it is read") {
  auto status = status_at(6, 112);
  status["validation"]["judge"] = {{"asked", 6}, {"waiting_drafts", 0}, {"batch", nullptr}};
  CHECK(progress_line(status, 0, 200).find("draft") == std::string::npos);
  status["validation"]["judge"] = {{"asked", 6}, {"waiting_drafts", 3}, {"batch", 6}};
  CHECK(progress_line(status, 0, 200).find("  3/6 drafts for the judge") != std::string::npos);
  status["validation"]["judge"]["batch"] = nullptr;
  CHECK(progress_line(status, 0, 200).find("  3 drafts wait for the judge") != std::string::npos);
  status["validation"]["judge"]["waiting_drafts"] = 1;
  CHECK(progress_line(status, 0, 200).find("  1 draft waits for the judge") != std::string::npos);
}

TEST_CASE("progress: the share never exceeds 100 and is 100 only at the end") {
  auto status = status_at(112, 112);
  status["progress"]["percent"] = 104.6;
  CHECK(progress_line(status, 10, 200).find("[##########] 100.0 %") == 0);
  status["progress"]["percent"] = 99.99;
  CHECK(progress_line(status, 0, 200).find(" 99.9 %") == 0);
  status["progress"]["percent"] = -3;
  CHECK(progress_line(status, 10, 200).find("[----------]   0.0 %") == 0);
}

TEST_CASE("progress: without a plan there is no share") {
  auto status = status_at(7, 10);
  status["progress"]["segments_planned"] = nullptr;
  status["progress"]["percent"] = nullptr;
  CHECK(progress_line(status, 40, 200).find("7 done") == 0);
}

TEST_CASE("progress: a line keeps to its width, whatever is in it") {
  auto status = status_at(1, 3);
  status["state"] = "paused";
  status["pause_reasons"] = {"control", "ünïcödé-ünïcödé", 3};
  status["warnings"] = {{{"code", "evil\x1b[2J\n\u202e"}}, "no object"};
  for (int width = 0; width < 200; ++width) {
    const auto line = progress_line(status, 20, width);
    REQUIRE(utf8::is_valid(line.begin(), line.end()));
    REQUIRE(utf8::distance(line.begin(), line.end()) <= width);
    REQUIRE(line.find_first_of("\x1b\n") == std::string::npos);
  }
}

TEST_CASE("progress: damaged statuses do no harm") {
  for (const char* text : {"{}", R"({"progress":3})", R"({"progress":{"percent":"x","segments_done":-4}})",
                           R"({"warnings":{},"pause_reasons":7,"state":[],"timing":{"elapsed_s":1e300}})"}) {
    const auto status = json::parse(text);
    CHECK_NOTHROW(progress_line(status, 40, 100));
    CHECK_NOTHROW(final_statistics(status, "ko"));
    CHECK_NOTHROW(final_statistics(status, "en"));
  }
}

TEST_CASE("progress: a bar is redrawn in place and its line is closed") {
  captured out;
  progress shown(progress_mode::automatic, out.stream, true, true);
  for (std::uint64_t i = 0; i <= 5'000; ++i) shown.update(status_at(i, 5'000));
  shown.finish();
  const auto text = out.text();
  CHECK(text.find("100.0 %  5,000/5,000") != std::string::npos);
  CHECK(text.back() == '\n');
  CHECK(count(text, "\n") == 1);
  CHECK(count(text, "\r") < 1'000);
  shown.update(status_at(1, 2));
  shown.finish();
  CHECK(out.text() == text);
}

TEST_CASE("progress: elsewhere there are plain lines without control characters") {
  captured out;
  {
    progress shown(progress_mode::bar, out.stream, false, true);
    for (std::uint64_t i = 0; i <= 1'000; ++i) shown.update(status_at(i, 1'000));
  }
  const auto text = out.text();
  CHECK(text.find_first_of("\x1b\r") == std::string::npos);
  CHECK(count(text, "\n") >= 1);
  CHECK(count(text, "\n") < 20);
  CHECK(text.find("1,000/1,000") != std::string::npos);
}

TEST_CASE("progress: json mode writes every status, none writes nothing") {
  captured out;
  {
    progress shown(progress_mode::json, out.stream, true, true);
    for (std::uint64_t i = 1; i <= 50; ++i) shown.update(status_at(i, 50));
  }
  const auto text = out.text();
  CHECK(count(text, "\n") == 50);
  CHECK(json::parse(text.substr(0, text.find('\n')))["progress"]["segments_done"] == 1);
  captured silent;
  {
    progress shown(progress_mode::none, silent.stream, true, true);
    shown.update(status_at(1, 2));
  }
  CHECK(silent.text().empty());
}

TEST_CASE("progress: the header says what will be done") {
  run_config c;
  c.run_id = "pilot";
  c.dj = "Julie \x1b[31m";
  c.duration_hours = 112;
  c.seed = 2102;
  c.output = "/tmp/pilot";
  const auto text = run_header(c);
  for (const char* part : {"run pilot", "112 h from 06:00", "2102", "offline", "/tmp/pilot", "\\x1b"})
    CHECK(text.find(part) != std::string::npos);
  CHECK(text.find('\x1b') == std::string::npos);
  c.kind = run_kind::stories;
  c.max_stories = 3;
  CHECK(run_header(c).find("3 stories") != std::string::npos);
}

TEST_CASE("progress: final statistics carry the markers and no alarming word") {
  auto status = status_at(4, 4);
  status["kind"] = "stories";
  const auto korean = final_statistics(status, "ko");
  for (const char* marker : {"실행 완료 - 최종 통계", "총 실행 시간",
                             "생성된 소설: 4개", "평균 생성 시간",
                             "총 토큰 사용량: 1,234,567", "평균 토큰 사용량: 308,641"})
    CHECK(korean.find(marker) != std::string::npos);
  const auto english = final_statistics(status, "en");
  CHECK(english.find("tokens: 1,234,567 (input 1,200,000, output 34,567), mean 308,641 each") != std::string::npos);
  status["usage"] = {{"total_tokens", nullptr}, {"missing", 4}};
  const auto unknown = final_statistics(status, "en");
  CHECK(unknown.find("tokens: — ") != std::string::npos);
  CHECK(unknown.find("calls without usage: 4") != std::string::npos);
  for (auto text : {korean, english, unknown})
    for (const char* word : {"error", "Error", "traceback"}) CHECK(text.find(word) == std::string::npos);
}
