// `--speculate` seen from outside: the same bytes with and without, whatever the judge says and whoever is killed.
#include "tests/support/fault_server_process.hpp"
#include "tests/support/process.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <string>
#include <vector>

using namespace longwave::tests;
using longwave::test::fault_server;

namespace {

using words = std::vector<std::string>;
using nlohmann::json;

/// The judge takes its time, so that there is something to be ahead of, and refuses two first drafts.
const std::string slow_judge = R"({"segment":3,"attempt":1,"fault":"judge_reject","judge_ms":60}
{"segment":6,"attempt":1,"fault":"judge_reject","judge_ms":60}
{"segment":8,"attempt":1,"fault":"http500"}
{"segment":"*","fault":"slow","ms":5,"judge_ms":60}
)";

words broadcast(const fs::path& output, int hours, const fs::path& plan, const words& more) {
  words args{"broadcast", "--dj", "julie", "--seed", "5", "--duration", std::to_string(hours), "--progress", "none",
             "--disk-floor", "0", "--output", output.string()};
  if (std::find(more.begin(), more.end(), "--validation-mode") == more.end()) args.insert(args.end(), {"--validation-mode", "hybrid"});
  if (!plan.empty()) args.insert(args.end(), {"--fault-plan", plan.string()});
  args.insert(args.end(), more.begin(), more.end());
  return args;
}

json status_of(const fs::path& output) { return json::parse(read_file(output / "LIVE_STATUS.json")); }

json said(const words& args, const scratch_folder& folder) {
  fs::remove(folder / "said.json"); // what is there would be added to
  run(args, folder / "said.json");
  return json::parse(read_file(folder / "said.json"));
}

} // namespace

TEST_CASE("speculation: the same bytes with and without, and what was thrown away is counted") {
  scratch_folder folder;
  const auto plan = folder / "plan.jsonl";
  write_file(plan, slow_judge);
  REQUIRE(run(broadcast(folder / "plain", 12, plan, {}), folder / "plain.log").signal == 0);
  REQUIRE(run(broadcast(folder / "ahead", 12, plan, {"--speculate"}), folder / "ahead.log").signal == 0);
  INFO(read_file(folder / "ahead.log"));
  REQUIRE(read_lines(folder / "ahead/segments.jsonl").size() == 12);
  CHECK(identity_of(folder / "ahead") == identity_of(folder / "plain"));
  const auto plain = status_of(folder / "plain"), ahead = status_of(folder / "ahead");
  CHECK(plain["retries"]["discarded_drafts"] == 0);
  const auto discarded = ahead["retries"]["discarded_drafts"].get<int>();
  CHECK(discarded >= 2);
  CHECK(ahead["retries"]["attempts"] == plain["retries"]["attempts"]);
  CHECK(ahead["usage"]["total_tokens"].get<int>() > plain["usage"]["total_tokens"].get<int>());
  CHECK(said({"report", (folder / "ahead").string(), "--json"}, folder)["totals"]["discarded_drafts"] == discarded);
  const auto why = said({"why", (folder / "ahead").string(), "4", "--json"}, folder); // made while 3 was read
  REQUIRE(why["discarded"].size() >= 1);
  CHECK(why["discarded"][0]["reason"] == "segment 3 did not pass");
  CHECK(why["discarded"][0]["evidence"]["usage"]["output_tokens"].get<int>() > 0);
  CHECK(run({"verify", (folder / "ahead").string()}, folder / "verify.log") == process_end{0, 0});
}

TEST_CASE("speculation: the same bytes when the process is killed with two segments in the making") {
  scratch_folder folder;
  const auto plan = folder / "plan.jsonl";
  write_file(plan, slow_judge);
  REQUIRE(run(broadcast(folder / "plain", 16, plan, {}), folder / "plain.log").signal == 0);
  for (int kills = 0; kills < 6; ++kills) {
    auto args = broadcast(folder / "ahead", 16, plan, {"--speculate", "--resume"});
    args.insert(args.begin(), binary());
    process p(args, folder / "ahead.log");
    const auto want = static_cast<std::size_t>(2 * kills + 2);
    while (!p.wait_for(7 + kills))
      if (fs::exists(folder / "ahead/segments.jsonl") && read_lines(folder / "ahead/segments.jsonl").size() >= want) break;
    p.send(SIGKILL);
    p.wait_for(-1);
  }
  REQUIRE(run(broadcast(folder / "ahead", 16, plan, {"--resume"}), folder / "ahead.log").signal == 0);
  CHECK(identity_of(folder / "ahead") == identity_of(folder / "plain"));
}

TEST_CASE("speculation: three kinds of server are asked ahead, one call at a time") {
  const std::string kind = GENERATE("ollama", "openai", "anthropic");
  INFO(kind);
  scratch_folder folder;
  const auto plan = folder / "plan.jsonl";
  write_file(plan, R"({"segment":3,"attempt":1,"fault":"judge_reject","judge_ms":80}
{"segment":"*","fault":"slow","ms":0,"judge_ms":80}
)");
  fault_server server({"--default", "slow:40"});
  REQUIRE(run(broadcast(folder / "out", 6, plan, {"--speculate", "--backend", kind, "--model", "trial", "--endpoint", server.url(),
                                                  "--judge-backend", "offline"}),
              folder / "log", 60'000)
            .signal == 0);
  INFO(read_file(folder / "log"));
  const auto lines = read_lines(folder / "out/segments.jsonl");
  REQUIRE(lines.size() == 6);
  const auto status = status_of(folder / "out");
  const auto discarded = status["retries"]["discarded_drafts"].get<std::size_t>();
  const auto attempts = status["retries"]["attempts"].get<std::size_t>();
  // Every call has come back or was cancelled; one asked whether the server answers at all.
  const auto asked = server.logged("request").size();
  CHECK(asked <= attempts + discarded + 1);
  CHECK(asked >= attempts + 1);
  CHECK(lines[0]["status"] == "accepted");
}

TEST_CASE("speculation: without anybody who reads there is nothing to be ahead of") {
  scratch_folder folder;
  CHECK(run({"broadcast", "--dj", "julie", "--duration", "2", "--speculate", "--enable-validation", "--output", (folder / "out").string()},
            folder / "log") == process_end{78, 0});
  CHECK(read_file(folder / "log").find("--speculate") != std::string::npos);
  CHECK_FALSE(fs::exists(folder / "out"));
  CHECK(run(broadcast(folder / "out", 2, {}, {"--speculate", "--no-speculate"}), folder / "log") == process_end{64, 0});
}

TEST_CASE("speculation: one server that takes one call at a time cannot write while it judges") {
  scratch_folder folder;
  const words one{"--speculate", "--backend", "ollama", "--model", "trial", "--endpoint", "http://127.0.0.1:1"};
  CHECK(run(broadcast(folder / "out", 2, {}, one), folder / "log") == process_end{78, 0});
  CHECK(read_file(folder / "log").find("takes one call at a time") != std::string::npos);
  CHECK_FALSE(fs::exists(folder / "out"));
  auto two = one;
  two.insert(two.end(), {"--judge-endpoint", "http://127.0.0.1:2"});
  CHECK(run(broadcast(folder / "out", 2, {}, two), folder / "log") == process_end{69, 0}); // nobody listens there: the next question
}

namespace {

/// A plan in which the judge refuses the first drafts of segments 3 and 6, and segment 8's first call fails.
words in_batches(const fs::path& output, const fs::path& plan, const words& more) {
  words args{"--segments-per-hour", "4"};
  args.insert(args.end(), more.begin(), more.end());
  return broadcast(output, 4, plan, args);
}

} // namespace

TEST_CASE("judge batch: the same bytes with and without, and each refusal throws the later drafts of its batch away") {
  scratch_folder folder;
  const auto plan = folder / "plan.jsonl";
  write_file(plan, slow_judge);
  REQUIRE(run(in_batches(folder / "plain", plan, {}), folder / "plain.log").signal == 0);
  REQUIRE(run(in_batches(folder / "batch", plan, {"--judge-batch", "hour"}), folder / "batch.log").signal == 0);
  INFO(read_file(folder / "batch.log"));
  REQUIRE(read_lines(folder / "batch/segments.jsonl").size() == 16);
  CHECK(identity_of(folder / "batch") == identity_of(folder / "plain"));
  const auto plain = status_of(folder / "plain"), batch = status_of(folder / "batch");
  CHECK(batch["retries"]["attempts"] == plain["retries"]["attempts"]);
  CHECK(batch["retries"]["discarded_drafts"] == 3); // 4 with 3; 7 and 8 with 6
  CHECK(read_file(folder / "batch/report.md").find("| discarded_drafts | 3 |") != std::string::npos);
  CHECK(read_file(folder / "plain/report.md").find("| discarded_drafts | 0 |") != std::string::npos);
  CHECK(json::parse(read_file(folder / "batch/report.json"))["totals"]["discarded_drafts"] == 3);
  for (const auto* seq : {"4", "7", "8"}) {
    INFO(seq);
    const auto why = said({"why", (folder / "batch").string(), seq, "--json"}, folder);
    REQUIRE(why["discarded"].size() == 1);
    CHECK(why["discarded"][0]["reason"] == (*seq == '4' ? "segment 3 did not pass" : "segment 6 did not pass"));
  }
  CHECK(run({"verify", (folder / "batch").string()}, folder / "verify.log") == process_end{0, 0});
}

TEST_CASE("judge batch: the same bytes when the process is killed again and again, while it writes and while it judges") {
  scratch_folder folder;
  const auto plan = folder / "plan.jsonl";
  write_file(plan, slow_judge);
  REQUIRE(run(in_batches(folder / "plain", plan, {}), folder / "plain.log").signal == 0);
  for (int kills = 0; kills < 6; ++kills) {
    auto args = in_batches(folder / "batch", plan, {"--judge-batch", kills % 2 == 0 ? "5" : "hour", "--resume"});
    args.insert(args.begin(), binary());
    process p(args, folder / "batch.log");
    const auto want = static_cast<std::size_t>(2 * kills + 1);
    while (!p.wait_for(7 + 3 * kills))
      if (fs::exists(folder / "batch/segments.jsonl") && read_lines(folder / "batch/segments.jsonl").size() >= want) break;
    p.send(SIGKILL);
    p.wait_for(-1);
  }
  REQUIRE(run(in_batches(folder / "batch", plan, {"--judge-batch", "hour", "--resume"}), folder / "batch.log").signal == 0);
  CHECK(identity_of(folder / "batch") == identity_of(folder / "plain"));
  CHECK(run({"verify", (folder / "batch").string()}, folder / "verify.log") == process_end{0, 0});
}

TEST_CASE("judge batch: a server that holds one model at a time loads each once an hour") {
  scratch_folder folder;
  write_file(folder / "judge.jsonl",
             R"({"model":"judge","behaviour":"text","text":"{\"is_valid\": true, \"overall_score\": 0.9, \"issues\": [], \"feedback\": \"\"}"})"
             "\n");
  const auto models_of = [&](const std::string& name, const words& more) {
    fault_server server({"--script", (folder / "judge.jsonl").string()});
    words args{"--segments-per-hour", "4", "--validation-mode", "llm", "--backend", "ollama", "--endpoint", server.url(), "--model", "writer",
               "--validation-model", "judge"};
    args.insert(args.end(), more.begin(), more.end());
    REQUIRE(run(broadcast(folder / name, 2, {}, args), folder / "log", 60'000).signal == 0);
    INFO(read_file(folder / "log"));
    const auto lines = read_lines(folder / name / "segments.jsonl");
    CHECK(lines.size() == 8);
    for (const auto& line : lines) CHECK(line["attempts"] == 1);
    std::string order;
    for (const auto& asked : server.logged("request"))
      if (asked.contains("body") && asked["body"].is_object()) order += asked["body"].value("model", "?") == "judge" ? 'j' : 'w';
    REQUIRE(order.size() >= 16);
    return order.substr(order.size() - 16); // before that it was asked whether it answers
  };
  CHECK(models_of("plain", {}) == "wjwjwjwjwjwjwjwj");
  CHECK(models_of("hour", {"--judge-batch", "hour"}) == "wwwwjjjjwwwwjjjj");
  CHECK(models_of("three", {"--judge-batch", "3"}) == "wwwjjjwwwjjjwwjj");
}

TEST_CASE("judge batch: what cannot be gathered is refused before anything is made") {
  scratch_folder folder;
  const auto refused = [&](const words& more, int code) {
    fs::remove(folder / "log");
    CHECK(run(broadcast(folder / "out", 2, {}, more), folder / "log") == process_end{code, 0});
    CHECK(read_file(folder / "log").find("judge-batch") != std::string::npos);
    CHECK_FALSE(fs::exists(folder / "out"));
  };
  refused({"--judge-batch", "hour"}, 78); // one segment an hour
  refused({"--judge-batch", "4", "--speculate"}, 78);
  refused({"--judge-batch", "4", "--validation-mode", "rules"}, 78);
  refused({"--judge-batch", "1"}, 64);
  refused({"--judge-batch", "61"}, 64);
  refused({"--judge-batch", "day"}, 64);
}

TEST_CASE("patience: an answer that takes longer than the deadline comes at the second attempt") {
  const std::string kind = GENERATE("ollama", "openai", "anthropic");
  INFO(kind);
  scratch_folder folder;
  fault_server server({"--default", "slow:1150", "--on", "1=ok"}); // the first is the question before the start
  REQUIRE(run({"broadcast", "--dj", "julie", "--seed", "5", "--duration", "1", "--progress", "none", "--disk-floor", "0", "--backend",
               kind, "--model", "trial", "--endpoint", server.url(), "--call-timeout", "1", "--enable-validation", "--output",
               (folder / "out").string()},
              folder / "log", 60'000)
            .signal == 0);
  INFO(read_file(folder / "log"));
  const auto lines = read_lines(folder / "out/segments.jsonl");
  REQUIRE(lines.size() == 1);
  CHECK(lines[0]["status"] == "accepted");
  CHECK(lines[0]["attempts"].get<int>() >= 2); // the third has twice the deadline: for a machine that is busy
}
