// A day of stories as its operator runs it: counts, waits, signals, pairs of files, statistics, greps (B24-B34, B36).
#include "tests/support/process.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <chrono>
#include <iostream>
#include <memory>
#include <regex>
#include <set>

using namespace longwave::tests;

namespace {

using words = std::vector<std::string>;
using nlohmann::json;
using std::chrono::steady_clock;

constexpr const char* statistics_mark = "실행 완료 - 최종 통계";
constexpr const char* tokens_mark = "총 토큰 사용량";
constexpr const char* saved_mark = "생성 완료 - 저장 위치";

double seconds_since(steady_clock::time_point then) {
  return std::chrono::duration<double>(steady_clock::now() - then).count();
}

words stories(const fs::path& output, const words& more) {
  words args{"stories", "--seed",       "24", "--lang",   "ko",           "--progress",
             "none",    "--disk-floor", "0",  "--output", output.string()};
  args.insert(args.end(), more.begin(), more.end());
  return args;
}

bool holds(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

std::size_t count_of(const std::string& text, const std::string& part) {
  std::size_t count = 0;
  for (auto at = text.find(part); at != std::string::npos; at = text.find(part, at + part.size())) ++count;
  return count;
}

std::size_t lines_in(const fs::path& output) { return count_of(read_file(output / "segments.jsonl"), "\n"); }

/// The finished pairs of the folder, by stem; fails on a story without sound metadata, and on metadata without a story
/// unless the run may be between the two.
std::map<std::string, json> pairs_in(const fs::path& output, bool at_rest) {
  static const std::regex story(R"(horror_story_\d{8}_\d{6}_\d{4,}\.md)"),
    metadata(R"(horror_story_\d{8}_\d{6}_\d{4,}_metadata\.json)");
  std::map<std::string, json> pairs;
  std::set<std::string> described;
  std::error_code ec;
  for (const auto& entry : fs::directory_iterator(output, ec)) {
    const auto name = entry.path().filename().string();
    if (std::regex_match(name, metadata))
      described.insert(name.substr(0, name.size() - std::string("_metadata.json").size()));
    if (!std::regex_match(name, story)) continue;
    const auto stem = name.substr(0, name.size() - 3);
    INFO(name);
    const auto text = read_file(output / (stem + "_metadata.json"));
    const auto parsed = json::parse(text, nullptr, false);
    REQUIRE(parsed.is_object());
    REQUIRE(parsed.contains("title"));
    REQUIRE_FALSE(read_file(entry.path()).empty());
    pairs[stem] = parsed;
  }
  if (at_rest) CHECK(described.size() == pairs.size());
  return pairs;
}

std::unique_ptr<process> start(const scratch_folder& folder, words args) {
  args.insert(args.begin(), binary());
  return std::make_unique<process>(args, folder / "said");
}

bool until_lines(process& p, const fs::path& output, std::size_t count) {
  for (int turn = 0; turn < 3'000; ++turn) {
    if (lines_in(output) >= count) return true;
    if (p.wait_for(10)) return lines_in(output) >= count;
  }
  return false;
}

bool until_said(process& p, const fs::path& file, const std::string& part) {
  for (int turn = 0; turn < 3'000; ++turn) {
    if (holds(read_file(file), part)) return true;
    if (p.wait_for(10)) return holds(read_file(file), part);
  }
  return false;
}

json status_of(const fs::path& output) { return json::parse(read_file(output / "LIVE_STATUS.json")); }

std::string with_commas(std::uint64_t number) {
  auto text = std::to_string(number);
  for (auto at = static_cast<std::ptrdiff_t>(text.size()) - 3; at > 0; at -= 3)
    text.insert(static_cast<std::size_t>(at), ",");
  return text;
}

/// What the seed's greps look for in a log, without the lines that it excuses.
std::vector<std::string> crash_grep(const std::string& log) {
  static const std::regex crash("traceback|error", std::regex::icase), excused("토큰 사용량.*없음");
  std::vector<std::string> found;
  std::istringstream in(log);
  for (std::string line; std::getline(in, line);)
    if (std::regex_search(line, crash) && !std::regex_search(line, excused)) found.push_back(line);
  return found;
}

struct story_run {
  process_end end;
  std::string said;
  std::string log;
  std::map<std::string, json> pairs;
  json status;
};

story_run play(const scratch_folder& folder, const std::string& name, const words& more) {
  story_run r;
  r.end = run(stories(folder / name, more), folder / (name + ".said"), 60'000);
  r.said = read_file(folder / (name + ".said"));
  INFO(r.said);
  r.log = read_file(folder / (name + "/logs/longwave.log"));
  r.pairs = pairs_in(folder / name, true);
  r.status = status_of(folder / name);
  // Whatever happened: as many stories as records, and the statistics in both places.
  CHECK(r.status["progress"]["segments_accepted"] == r.pairs.size());
  CHECK(r.status["progress"]["segments_done"] == lines_in(folder / name));
  for (const auto* mark : {statistics_mark, tokens_mark}) {
    CHECK(holds(r.said, mark));
    CHECK(holds(r.log, mark));
  }
  return r;
}

} // namespace

TEST_CASE("story run: one story is what you get when you ask for nothing else") {
  scratch_folder folder;
  const auto r = play(folder, "out", {});
  CHECK(r.end == process_end{0, 0});
  REQUIRE(r.pairs.size() == 1);
  CHECK(count_of(r.said, saved_mark) == 1);
  CHECK(holds(r.said, "생성 개수 제한 도달 (1개)"));
  CHECK(crash_grep(r.log).empty());
  // The log can be found by the old name, too.
  std::size_t links = 0;
  for (const auto& entry : fs::directory_iterator(folder / "out/logs"))
    links += entry.is_symlink() &&
             std::regex_match(entry.path().filename().string(), std::regex(R"(horror_story_\d{8}_\d{6}\.log)"));
  CHECK(links == 1);
}

TEST_CASE("story run: a count with intervals waits between stories, not after the last") {
  scratch_folder folder;
  const auto r = play(folder, "out", {"--max-stories", "3", "--interval-seconds", "300", "--clock", "virtual"});
  CHECK(r.end == process_end{0, 0});
  CHECK(r.pairs.size() == 3);
  CHECK(r.status["timing"]["elapsed_s"].get<double>() == Approx(600).margin(1));
  CHECK(count_of(r.said, "다음 생성까지 300초 대기 중") == 2);
  CHECK(holds(r.said, "생성 개수 제한 도달 (3개)"));
  CHECK(r.status["state"] == "completed");
}

TEST_CASE("story run: a day with a story every half hour is 48 stories") {
  scratch_folder folder;
  const auto r =
    play(folder, "out", {"--duration-seconds", "86400", "--interval-seconds", "1800", "--clock", "virtual"});
  CHECK(r.end == process_end{0, 0});
  CHECK(r.pairs.size() == 48);
  CHECK(holds(r.said, "실행 시간 제한 도달 (86400초)"));
  CHECK(holds(r.said, "생성된 소설: 48개"));
  CHECK(r.status["state_reason"] == "duration");
  CHECK(r.status["progress"]["segments_planned"].is_null());
  CHECK(crash_grep(r.log).empty());
  // Sums: every count in the statistics is the sum over the metadata files.
  std::uint64_t input = 0, output = 0, total = 0;
  std::set<std::string> titles;
  for (const auto& [stem, metadata] : r.pairs) {
    input += metadata["usage"]["input_tokens"].get<std::uint64_t>();
    output += metadata["usage"]["output_tokens"].get<std::uint64_t>();
    total += metadata["usage"]["total_tokens"].get<std::uint64_t>();
    titles.insert(metadata["title"]);
  }
  CHECK(total == input + output);
  const auto line =
    "총 토큰 사용량: " + with_commas(total) + " (입력 " + with_commas(input) + ", 출력 " + with_commas(output) + ")";
  INFO(line << "\n" << r.said);
  CHECK(holds(r.said, line));
  CHECK(holds(r.log, line));
  CHECK(total > 1'000);
  std::smatch average;
  const std::regex average_line("평균 토큰 사용량: ([0-9,]+)");
  REQUIRE(std::regex_search(r.said, average, average_line));
  CHECK(std::abs(std::stod(std::regex_replace(average[1].str(), std::regex(","), "")) -
                 static_cast<double>(total) / 48) <= 1);
  CHECK(r.status["usage"]["total_tokens"] == total);
  CHECK(titles.size() > 24);
  std::cout << "story_run_test: 48 stories, " << titles.size() << " titles\n";
}

TEST_CASE("story run: duration and count together, whichever comes first") {
  scratch_folder folder;
  const auto by_count =
    play(folder, "count",
         {"--duration-seconds", "3600", "--interval-seconds", "600", "--max-stories", "3", "--clock", "virtual"});
  CHECK(by_count.end == process_end{0, 0});
  CHECK(by_count.pairs.size() == 3);
  CHECK(by_count.status["state_reason"] == "count");
  const auto by_time =
    play(folder, "time",
         {"--duration-seconds", "3600", "--interval-seconds", "600", "--max-stories", "100", "--clock", "virtual"});
  CHECK(by_time.end == process_end{0, 0});
  CHECK(by_time.pairs.size() == 6);
  CHECK(by_time.status["state_reason"] == "duration");
  // A story that takes longer than what is left is finished, and no other begun.
  write_file(folder / "plan", "{\"fault\":\"slow\",\"ms\":400000}\n");
  const auto slow = play(
    folder, "slow",
    {"--duration-seconds", "1000", "--call-timeout", "3600", "--clock", "virtual", "--fault-plan", folder / "plan"});
  CHECK(slow.end == process_end{0, 0});
  CHECK(slow.pairs.size() == 3);
}

TEST_CASE("story run: fifty stories without a wait are fifty files, and a story never shows without its metadata") {
  scratch_folder folder;
  const auto output = folder / "out";
  auto p = start(folder, stories(output, {"--max-stories", "50"}));
  std::size_t looks = 0, most = 0;
  for (bool over = false; !over; ++looks) {
    over = p->wait_for(1).has_value();
    const auto now = pairs_in(output, false).size();
    CHECK(now >= most);
    most = now;
  }
  REQUIRE(p->wait_for(0) == process_end{0, 0});
  const auto pairs = pairs_in(output, true);
  CHECK(pairs.size() == 50);
  CHECK(lines_in(output) == 50);
  CHECK(count_of(read_file(folder / "said"), saved_mark) == 50);
  CHECK(run({"verify", output}, folder / "log") == process_end{0, 0});
  std::cout << "story_run_test: " << looks << " looks at 50 stories\n";
}

TEST_CASE("story run: kill -9 leaves whole pairs, and a resume completes the count") {
  scratch_folder folder;
  const auto twin = folder / "twin", output = folder / "out";
  REQUIRE(run(stories(twin, {"--max-stories", "40"}), folder / "log") == process_end{0, 0});
  std::size_t kills = 0;
  for (std::size_t goal = 3; goal < 40; goal += 6) {
    auto p = start(folder, stories(output, {"--max-stories", "40", "--resume"}));
    REQUIRE(until_lines(*p, output, goal));
    p->send(SIGKILL);
    REQUIRE(p->wait_for(10'000));
    ++kills;
    pairs_in(output, false);
  }
  REQUIRE(run(stories(output, {"--max-stories", "40", "--resume"}), folder / "log", 60'000) == process_end{0, 0});
  CHECK(pairs_in(output, true).size() == 40);
  CHECK(identity_of(output) == identity_of(twin));
  CHECK(run({"verify", output}, folder / "log") == process_end{0, 0});
  std::cout << "story_run_test: " << kills << " kills, 40 pairs\n";
}

TEST_CASE("story run: a signal during a story lets it finish, saves it and ends with 0") {
  for (const int signal : {SIGINT, SIGTERM}) {
    scratch_folder folder;
    const auto output = folder / "out";
    write_file(folder / "plan", "{\"segment\":3,\"fault\":\"slow\",\"ms\":1000}\n");
    auto p = start(folder, stories(output, {"--max-stories", "10", "--fault-plan", folder / "plan"}));
    REQUIRE(until_lines(*p, output, 2));
    REQUIRE_FALSE(p->wait_for(150));
    p->send(signal);
    REQUIRE(p->wait_for(20'000) == process_end{0, 0});
    const auto said = read_file(folder / "said"), log = read_file(output / "logs/longwave.log");
    INFO(said);
    CHECK(pairs_in(output, true).size() == 3);
    CHECK(lines_in(output) == 3);
    CHECK(holds(said, "SIGINT/SIGTERM 수신 - 현재 작업 완료 후 종료합니다"));
    CHECK(holds(said, "종료 신호 수신 - 생성 루프 종료"));
    for (const auto* mark : {statistics_mark, tokens_mark}) {
      CHECK(holds(said, mark));
      CHECK(holds(log, mark));
    }
    CHECK(holds(said, "생성된 소설: 3개"));
    CHECK(status_of(output)["state"] == "stopped");
    CHECK(crash_grep(log).empty());
    // And it goes on from there.
    REQUIRE(run(stories(output, {"--resume"}), folder / "log") == process_end{0, 0});
    CHECK(pairs_in(output, true).size() == 10);
  }
}

TEST_CASE("story run: a signal during the wait ends it at once") {
  for (const int signal : {SIGINT, SIGTERM}) {
    scratch_folder folder;
    const auto output = folder / "out";
    auto p = start(folder, stories(output, {"--max-stories", "5", "--interval-seconds", "3600"}));
    REQUIRE(until_said(*p, folder / "said", "다음 생성까지 3600초 대기 중"));
    const auto sent = steady_clock::now();
    p->send(signal);
    REQUIRE(p->wait_for(20'000) == process_end{0, 0});
    CHECK(seconds_since(sent) < 5); // one second is the aim, on an idle machine
    CHECK(pairs_in(output, true).size() == 1);
    CHECK(holds(read_file(folder / "said"), statistics_mark));
  }
}

TEST_CASE("story run: a signal before the first story ends with statistics of none") {
  scratch_folder folder;
  const auto output = folder / "out";
  fs::create_directory(output);
  write_file(output / "PAUSE", "");
  auto p = start(folder, stories(output, {"--max-stories", "5"}));
  for (int turn = 0; turn < 2'000 && !fs::exists(output / "LIVE_STATUS.json"); ++turn) REQUIRE_FALSE(p->wait_for(10));
  p->send(SIGTERM);
  REQUIRE(p->wait_for(20'000) == process_end{0, 0});
  CHECK(pairs_in(output, true).empty());
  CHECK(holds(read_file(folder / "said"), statistics_mark));
  CHECK(holds(read_file(folder / "said"), "생성된 소설: 0개"));
}

TEST_CASE("story run: a second signal ends at once with 130 or 143, without half a story") {
  const std::map<int, int> ends{{SIGINT, 130}, {SIGTERM, 143}};
  for (const auto& [signal, code] : ends) {
    scratch_folder folder;
    const auto output = folder / "out";
    write_file(folder / "plan", "{\"segment\":3,\"fault\":\"slow\",\"ms\":600000}\n");
    auto p =
      start(folder, stories(output, {"--max-stories", "5", "--call-timeout", "3600", "--fault-plan", folder / "plan"}));
    REQUIRE(until_lines(*p, output, 2));
    p->send(signal);
    REQUIRE_FALSE(p->wait_for(500)); // it waits for the story
    p->send(signal);
    const auto end = p->wait_for(10'000);
    REQUIRE(end);
    INFO(end->exit_code << " signal " << end->signal);
    CHECK(*end == process_end{code, 0});
    CHECK(pairs_in(output, true).size() == 2);
    CHECK(lines_in(output) == 2);
    for (const auto& entry : fs::directory_iterator(output)) CHECK(entry.path().extension() != ".tmp");
    CHECK(run({"verify", output}, folder / "log") == process_end{0, 0});
    REQUIRE(run(stories(output, {"--resume"}), folder / "log", 30'000) == process_end{0, 0});
    CHECK(pairs_in(output, true).size() == 5);
  }
}

TEST_CASE("story run: usage that is missing or malformed is null, warned of and left out of the sums") {
  scratch_folder folder;
  write_file(folder / "plan", "{\"segment\":2,\"fault\":\"nousage\"}\n{\"segment\":4,\"fault\":\"badusage\"}\n");
  const auto r = play(folder, "out", {"--max-stories", "5", "--fault-plan", folder / "plan"});
  CHECK(r.end == process_end{0, 0});
  REQUIRE(r.pairs.size() == 5);
  std::uint64_t total = 0;
  for (const auto& [stem, metadata] : r.pairs) {
    const auto seq = metadata["seq"].get<int>();
    INFO(stem << " " << metadata["usage"].dump());
    CHECK(metadata["usage"].is_null() == (seq == 2 || seq == 4));
    if (!metadata["usage"].is_null()) total += metadata["usage"]["total_tokens"].get<std::uint64_t>();
  }
  CHECK(holds(r.said, "총 토큰 사용량: " + with_commas(total) + " "));
  CHECK(holds(r.log, "토큰 사용량 정보 없음\n"));
  CHECK(holds(r.log, "토큰 사용량 추출 실패"));
  CHECK(holds(r.said, "토큰 사용량 정보 없음: 2회"));
  CHECK(r.status["usage"]["missing"] == 2);
  CHECK(r.status["usage"]["total_tokens"] == total);
  CHECK(crash_grep(r.log).empty());
}

TEST_CASE("story run: statistics come also when the backend fails") {
  scratch_folder folder;
  write_file(folder / "plan", "{\"segment\":\"3-8\",\"fault\":\"reset\"}\n");
  const auto r =
    play(folder, "out",
         {"--max-stories", "10", "--clock", "virtual", "--on-failure-limit", "exit", "--fault-plan", folder / "plan"});
  CHECK(r.end == process_end{75, 0});
  CHECK(r.pairs.size() == 2);
  CHECK(holds(r.said, "생성된 소설: 2개, 건너뜀: 5개"));
  CHECK(r.status["state"] == "paused");
  write_file(folder / "plan", "{\"segment\":3,\"fault\":\"abort\"}\n");
  const auto aborted = folder / "aborted";
  const auto end =
    run(stories(aborted, {"--max-stories", "5", "--fault-plan", folder / "plan"}), folder / "log", 30'000);
  CHECK(end.signal == SIGABRT);
  CHECK(pairs_in(aborted, false).size() <= 2); // what was committed but not yet published comes with the resume
  REQUIRE(run(stories(aborted, {"--resume"}), folder / "log", 30'000) == process_end{0, 0});
  CHECK(pairs_in(aborted, true).size() == 5);
  CHECK(holds(read_file(aborted / "logs/longwave.log"), statistics_mark));
}

TEST_CASE("story run: the stories are in the language that was asked for") {
  scratch_folder folder;
  const auto hangul_share = [](const fs::path& output) {
    std::size_t hangul = 0, letters = 0;
    for (const auto& line : read_lines(output / "segments.jsonl")) {
      const auto text = line["text"].get<std::string>();
      for (std::size_t i = 0; i < text.size(); ++i) {
        const auto byte = static_cast<unsigned char>(text[i]);
        letters += std::isalpha(byte) != 0;
        if (byte >= 0xea && byte <= 0xed) ++hangul, ++letters; // Hangul syllables are U+AC00 to U+D7A3
      }
    }
    return static_cast<double>(hangul) / static_cast<double>(letters);
  };
  REQUIRE(run(stories(folder / "ko", {"--max-stories", "5"}), folder / "log") == process_end{0, 0});
  CHECK(hangul_share(folder / "ko") > 0.9);
  REQUIRE(run(stories(folder / "en", {"--max-stories", "5", "--lang", "en"}), folder / "log") == process_end{0, 0});
  CHECK(hangul_share(folder / "en") == 0);
}
