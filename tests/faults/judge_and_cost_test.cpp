// Judge, budget, prompts, preview and doctor seen from outside, with the offline backend (A14, A18, C10, C25).
#include "tests/support/fault_server_process.hpp"
#include "tests/support/process.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <iostream>

using namespace longwave::tests;
using longwave::test::fault_server;

namespace {

using words = std::vector<std::string>;
using nlohmann::json;

words broadcast(const fs::path& output, int hours, const words& more) {
  words args{"broadcast", "--dj",         "julie", "--seed",   "5",            "--duration",     std::to_string(hours),
             "--progress", "none", "--disk-floor", "0", "--output", output.string()};
  args.insert(args.end(), more.begin(), more.end());
  return args;
}

/// Runs with a fault plan.
process_end play(const scratch_folder& folder, const std::string& name, int hours, const std::string& plan, words more) {
  if (!plan.empty()) {
    write_file(folder / (name + ".jsonl"), plan);
    more.insert(more.end(), {"--fault-plan", (folder / (name + ".jsonl")).string()});
  }
  return run(broadcast(folder / name, hours, more), folder / (name + ".log"));
}

json status_of(const fs::path& output) { return json::parse(read_file(output / "LIVE_STATUS.json")); }

json asked(const words& args, const scratch_folder& folder, const std::string& name, int code = 0) {
  const auto log = folder / (name + ".json");
  const auto end = run(args, log);
  INFO(read_file(log));
  REQUIRE(end == process_end{code, 0});
  return json::parse(read_file(log));
}

constexpr const char* late = "Well now, neighbors, um, I do remember how back in 2281 the old dam gave way, and everybody up on the "
                             "ridge, you know, had to carry what they could, and we all shared what we had left.";

} // namespace

TEST_CASE("prompts: test_retry_prompt_includes_errors, read from the prompt log of the offline backend") {
  scratch_folder folder;
  const auto end = play(folder, "out", 2, json{{"call", 1}, {"fault", "bad"}, {"text", late}}.dump(),
                        {"--enable-validation", "--log-prompts", (folder / "prompts").string()});
  INFO(read_file(folder / "out.log"));
  REQUIRE(end.signal == 0);
  std::vector<fs::path> files;
  for (const auto& entry : fs::directory_iterator(folder / "prompts")) files.push_back(entry.path());
  std::sort(files.begin(), files.end());
  REQUIRE(files.size() == 3);
  const auto first = read_file(files[0]), second = read_file(files[1]);
  CHECK(files[1].filename() == "out-call-000002-segment-000001-attempt-2.txt");
  CHECK(first.find("could not be used") == std::string::npos);
  CHECK(second.find("Attempt 1 could not be used") != std::string::npos);
  CHECK(second.find("2281") != std::string::npos);
  CHECK(second.find("Time: ") != std::string::npos);
  CHECK(second.find("Time: ") == second.rfind("Time: "));
  const auto why = asked({"why", (folder / "out").string(), "1", "--json"}, folder, "why");
  CHECK(why["attempts"]["history"][0]["evidence"]["text"].get<std::string>().find("2281") != std::string::npos);
  CHECK(second.find(why["prompt"]["user"].get<std::string>()) != std::string::npos);
}

TEST_CASE("judge: hybrid does not ask about what a critical rule forbids, and an outage costs no segment") {
  scratch_folder folder;
  const std::string plan = json{{"segment", 1}, {"attempt", 1}, {"fault", "bad"}, {"text", late}}.dump() + "\n" +
                           R"({"segment":2,"fault":"judge_down"})" + "\n" + R"({"segment":4,"fault":"judge_garbage"})" + "\n" +
                           R"({"segment":5,"attempt":1,"fault":"judge_reject"})" + "\n";
  const auto end = play(folder, "out", 16, plan, {"--validation-mode", "hybrid", "--log-prompts", (folder / "prompts").string()});
  INFO(read_file(folder / "out.log"));
  CHECK(end.signal == 0);
  const auto status = status_of(folder / "out");
  CHECK(status["progress"]["segments_accepted"] == 16);
  CHECK(status["validation"]["judge"]["unavailable"] == 2);
  for (const auto& line : read_lines(folder / "out/segments.jsonl"))
    if (line["seq"] == 2 || line["seq"] == 4)
      for (const auto& v : line["violations"]) CHECK(v["rule"].get<std::string>().rfind("judge_", 0) != 0);
  // Call 1 was vetoed by a rule: no question to the judge carries its number.
  std::size_t judged = 0;
  for (const auto& entry : fs::directory_iterator(folder / "prompts")) {
    const auto name = entry.path().filename().string();
    CHECK(name != "out-call-000001-segment-000001-attempt-1-judge.txt");
    judged += name.find("-judge.txt") != std::string::npos;
  }
  CHECK(judged == status["validation"]["judge"]["asked"]);
  const auto why = asked({"why", (folder / "out").string(), "5", "--json"}, folder, "why");
  CHECK(why["attempts"]["history"][0]["evidence"]["judge"]["state"] == "rejected");
  CHECK(why["answer"]["judge"]["state"] == "passed");
}

TEST_CASE("judge: a judged run is the same again after a kill") {
  scratch_folder folder;
  CHECK(play(folder, "twin", 32, "", {"--validation-mode", "hybrid", "--enable-stories"}).signal == 0);
  {
    process p({binary(), "broadcast", "--dj", "julie", "--seed", "5", "--duration", "32", "--progress", "none", "--disk-floor", "0",
               "--output", (folder / "out").string(), "--validation-mode", "hybrid", "--enable-stories"},
              folder / "out.log");
    while (!p.wait_for(1))
      if (fs::exists(folder / "out/segments.jsonl") && fs::file_size(folder / "out/segments.jsonl") > 8'000) break;
    p.send(SIGKILL);
    p.wait_for(-1);
  }
  CHECK(run({"broadcast", "--resume", "--progress", "none", "--output", (folder / "out").string()}, folder / "out.log").signal == 0);
  CHECK(identity_of(folder / "out") == identity_of(folder / "twin"));
  const auto twin = status_of(folder / "twin"), out = status_of(folder / "out");
  CHECK(twin["usage"]["judge"]["calls"] == twin["validation"]["judge"]["asked"]);
  CHECK(out["usage"]["judge"]["input_tokens"] == twin["usage"]["judge"]["input_tokens"]);
}

TEST_CASE("budget: the run pauses when it is spent, and says so with its exit code") {
  scratch_folder folder;
  const words priced{"--price", "offline input=2 output=10", "--budget", "0.01", "--on-failure-limit", "exit"};
  const auto end = play(folder, "out", 112, "", priced);
  INFO(read_file(folder / "out.log"));
  CHECK(end == process_end{75, 0});
  const auto status = status_of(folder / "out");
  CHECK(status["pause_reasons"] == json::array({"budget"}));
  CHECK(status["cost"]["now"].get<double>() >= 0.01);
  CHECK(status["cost"]["budget_left"] == 0.0);
  CHECK(status["cost"]["projected"].get<double>() > status["cost"]["now"].get<double>());
  const auto report = asked({"report", (folder / "out").string(), "--json"}, folder, "report", 11); // six of 112: INVALID
  CHECK(report["totals"]["cost"]["now"] == status["cost"]["now"]);
  CHECK(run(broadcast(folder / "none", 2, {"--budget", "1"}), folder / "none.log") == process_end{78, 0});
  CHECK_FALSE(fs::exists(folder / "none"));
}

TEST_CASE("usage: a call without usage is estimated apart and priced apart") {
  scratch_folder folder;
  CHECK(play(folder, "out", 4, R"({"segment":2,"fault":"nousage"})", {"--price", "* input=1 output=1"}).signal == 0);
  const auto status = status_of(folder / "out");
  CHECK(status["usage"]["missing"] == 1);
  CHECK(status["usage"]["usage_source"] == "mixed");
  CHECK(status["usage"]["estimated"]["calls"] == 1);
  CHECK(status["cost"]["estimated_part"].get<double>() > 0);
  CHECK(read_lines(folder / "out/segments.jsonl").at(1)["usage"].is_null());
}

TEST_CASE("preview: samples are the run's first segments, and nothing is stored") {
  scratch_folder folder;
  CHECK(play(folder, "out", 3, "", {"--enable-validation"}).signal == 0);
  const auto lines = read_lines(folder / "out/segments.jsonl");
  const auto log = folder / "preview.jsonl";
  REQUIRE(run({"preview", "--dj", "julie", "--seed", "5", "--duration", "3", "--enable-validation", "--json"}, log) == process_end{0, 0});
  const auto samples = read_lines(log);
  REQUIRE(samples.size() == 3);
  for (std::size_t i = 0; i < 3; ++i) CHECK(samples[i]["text"] == lines[i]["text"]);
  REQUIRE(run({"preview", "stories", "--segments", "1", "--output", (folder / "sample.txt").string()}, folder / "x.log") == process_end{0, 0});
  CHECK(read_file(folder / "sample.txt").find("# ") != std::string::npos);
  CHECK(run({"preview", "--dj", "julie", "--segments", "0"}, folder / "x.log") == process_end{64, 0});
}

TEST_CASE("preview: a sample that no call gave a text for says why, and what was around a text is told") {
  scratch_folder folder;
  write_file(folder / "script", R"({"request":"*","behaviour":"text","text":"[static] Julie: Well hey there, friends. I hope you are safe."})" "\n");
  fault_server never({"--default", "openthink"}), labelled({"--script", (folder / "script").string()});
  const auto preview = [&](const fault_server& server) {
    run({"preview", "--dj", "julie", "--segments", "1", "--backend", "openai", "--model", "m", "--endpoint", server.url(), "--enable-validation"},
        folder / "log");
    return read_file(folder / "log");
  };
  CHECK(preview(never).find("not accepted ---\n  empty: the answer ended within its thinking") != std::string::npos);
  const auto told = preview(labelled);
  CHECK(told.find("---\nWell hey there, friends.") != std::string::npos);
  CHECK(told.find("format/not_spoken: ") != std::string::npos);
}

TEST_CASE("doctor: the offline backend is well, a dead server and a wrong URL are named with their codes") {
  scratch_folder folder;
  CHECK(asked({"doctor", "--dj", "julie", "--json"}, folder, "well")["ok"] == true);
  const auto dead = asked({"doctor", "--backend", "openai", "--endpoint", "http://127.0.0.1:9", "--model", "m", "--json"}, folder, "dead", 69);
  CHECK(dead["endpoints"][0]["checks"][0]["name"] == "reach");
  CHECK(dead["endpoints"][0]["checks"][0]["status"] == "problem");
  CHECK_FALSE(dead["endpoints"][0]["checks"][0]["fix"].is_null());
  CHECK(run({"doctor", "--backend", "openai", "--endpoint", "ftp://x", "--model", "m"}, folder / "x.log").exit_code != 0);
}

TEST_CASE("prompts: a window that is too small is refused before anything is created") {
  scratch_folder folder;
  CHECK(run(broadcast(folder / "out", 2, {"--context", "600"}), folder / "log") == process_end{78, 0});
  CHECK(read_file(folder / "log").find("window of 600") != std::string::npos);
  CHECK_FALSE(fs::exists(folder / "out"));
}
