// Tiers, thresholds, variety and orders seen from outside (A18-A20, A22, A23, A27, A31, C22).
#include "tests/support/process.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <set>

using namespace longwave::tests;

namespace {

using words = std::vector<std::string>;
using nlohmann::json;

struct trial {
  process_end end;
  std::vector<json> lines;
  json status;
  fs::path output;
};

trial play(const scratch_folder& folder, const std::string& name, int hours, const words& more = {}) {
  trial t;
  t.output = folder / name;
  words args{"broadcast", "--dj", "julie", "--duration", std::to_string(hours), "--seed", "7", "--clock", "virtual",
             "--enable-validation", "--progress", "none", "--disk-floor", "0", "--skip-preflight", "--output",
             t.output.string()};
  args.insert(args.end(), more.begin(), more.end());
  t.end = run(args, folder / (name + ".log"));
  t.lines = read_lines(t.output / "segments.jsonl");
  t.status = json::parse(read_file(t.output / "LIVE_STATUS.json"));
  return t;
}

/// A fault plan that puts these words on the air in the segments named.
void say(const fs::path& plan, const std::vector<std::pair<int, std::string>>& texts) {
  std::string lines;
  for (const auto& [segment, text] : texts)
    lines += json{{"segment", segment}, {"attempt", "*"}, {"fault", "bad"}, {"text", text}}.dump() + "\n";
  write_file(plan, lines);
}

struct judged {
  process_end end;
  json verdict;
};

judged validate(const scratch_folder& folder, const std::string& script) {
  write_file(folder / "script.txt", script);
  fs::remove(folder / "validate.log");
  judged j{run({"validate", "--dj", "julie", "--json", (folder / "script.txt").string()}, folder / "validate.log"), {}};
  j.verdict = json::parse(read_file(folder / "validate.log"));
  return j;
}

/// Thirty-odd sound words for Julie, different for each number but for what is asked for.
std::string sound(int n, const std::string& opening = "") {
  static const words things{"ladder", "kettle", "blanket", "wagon", "lantern", "fiddle", "bucket", "saddle", "mirror"};
  static const words deeds{"mended", "borrowed", "painted", "carried", "polished", "traded", "hid"};
  std::string text = opening.empty() ? "Hey folks, number " + std::string(1, static_cast<char>('a' + n % 26)) + std::string(1, static_cast<char>('a' + n / 26)) : opening;
  for (int i = 0; i < 5; ++i)
    text += " and my friend " + deeds[static_cast<std::size_t>(n + i) % deeds.size()] + " a " +
            things[static_cast<std::size_t>(n * 3 + i * 2) % things.size()] + " near gate" + std::to_string(n * 5 + i) + "x";
  return text + ", you know, so be careful and be kind.";
}

} // namespace

TEST_CASE("quality: test_critical_lore_is_fatal (A18)") {
  const scratch_folder folder;
  const std::string script = "Hey folks, the NCR sent a trader up the ridge today, and you know, I hope they stay safe.";
  const auto found = validate(folder, script);
  CHECK(found.end == process_end{11, 0});
  CHECK(found.verdict["valid"] == false);
  const auto& all = found.verdict["violations"];
  CHECK(std::any_of(all.begin(), all.end(), [](const json& v) { return v["severity"] == "critical" && v["category"] == "lore"; }));
  // A judge who likes everything changes nothing: the attempt is rejected before it is asked.
  write_file(folder / "plan", json{{"segment", 2}, {"attempt", 1}, {"fault", "bad"}, {"text", script}}.dump() + "\n");
  const auto t = play(folder, "run", 4, {"--validation-mode", "hybrid", "--fault-plan", folder / "plan"});
  CHECK(t.end == process_end{0, 0});
  REQUIRE(t.lines.size() == 4);
  CHECK(t.lines[1]["attempts"] == 2);
  CHECK(t.lines[1]["status"] == "accepted");
  CHECK(t.lines[1]["text"].get<std::string>().find("NCR") == std::string::npos);
}

TEST_CASE("quality: test_format_is_warning_only (A19)") {
  const scratch_folder folder;
  std::string endless = sound(1);
  endless.pop_back(); // no end mark
  for (int i = 2; i < 14; ++i) endless += " " + sound(i).substr(0, sound(i).size() - 1);
  const auto found = validate(folder, endless);
  CHECK(found.end == process_end{0, 0});
  CHECK(found.verdict["valid"] == true);
  std::set<std::string> rules;
  for (const auto& v : found.verdict["violations"])
    if (v["category"] == "format") {
      CHECK(v["severity"] == "warning");
      rules.insert(v["rule"].get<std::string>());
    }
  CHECK(rules.size() >= 2);
}

TEST_CASE("quality: a text that engages nobody is rejected and written anew (Q10)") {
  const scratch_folder folder;
  const std::string dull = "The cart went north. The cart went south. The cart went north. The cart went south. The cart went "
                           "north again. The cart went south again. The cart went north.";
  const auto found = validate(folder, dull);
  CHECK(found.end == process_end{0, 0}); // quality, not critical
  CHECK(found.verdict["engagement"]["folder"] == "rejected");
  CHECK(found.verdict["engagement"]["score"] < 0.5);
  const auto has = [](const json& violations) {
    return std::any_of(violations.begin(), violations.end(),
                       [](const json& v) { return v["rule"] == "engagement_low" && v["severity"] == "quality"; });
  };
  CHECK(has(found.verdict["violations"]));

  // Once: the next attempt is told, and accepted. Always: skipped, and the report says for what.
  const auto line = [&](int segment, const json& attempt) {
    return json{{"segment", segment}, {"attempt", attempt}, {"fault", "bad"}, {"text", dull}}.dump() + "\n";
  };
  write_file(folder / "plan", line(2, 1) + line(3, "*"));
  const auto t = play(folder, "run", 4, {"--fault-plan", folder / "plan"});
  CHECK(t.end == process_end{11, 0}); // one of four lost
  REQUIRE(t.lines.size() == 4);
  CHECK(t.lines[1]["attempts"] == 2);
  CHECK(t.lines[1]["status"] == "accepted");
  CHECK(t.lines[2]["status"] == "skipped");
  CHECK(t.lines[2]["skip_reason"] == "max_retries_exceeded");
  CHECK(t.status["validation"]["by_category"]["engagement"] == 1);
  run({"why", t.output.string(), "2", "--json"}, folder / "why.log");
  CHECK(has(json::parse(read_file(folder / "why.log"))["attempts"]["history"][0]["violations"]));
  const auto report = json::parse(read_file(t.output / "report.json"));
  CHECK(report["violations"]["by_category"]["engagement"] == 1);
  CHECK(report["review"]["folders"].value("rejected", 0) == 0);

  // Without validation nothing is judged.
  write_file(folder / "plan", line(3, "*"));
  const auto free = (folder / "free").string();
  CHECK(run({"broadcast", "--dj", "julie", "--duration", "4", "--seed", "7", "--clock", "virtual", "--no-validation", "--progress", "none",
             "--disk-floor", "0", "--skip-preflight", "--fault-plan", (folder / "plan").string(), "--output", free},
            folder / "free.log") == process_end{0, 0});
  const auto aired = read_lines(fs::path(free) / "segments.jsonl");
  REQUIRE(aired.size() == 4);
  CHECK(aired[2]["status"] == "accepted");
  CHECK(aired[2]["text"] == dull);
}

TEST_CASE("quality: test_progressive_thresholds (A20)") {
  const scratch_folder folder;
  const auto failing = [&](const std::string& name, int hours, const std::vector<int>& segments) {
    std::vector<std::pair<int, std::string>> texts;
    for (const int s : segments) texts.emplace_back(s, "In 2281 the dam gave way, folks, and I hope you are safe, you know.");
    say(folder / (name + ".plan"), texts);
    return play(folder, name, hours,
                {"--max-attempts", "1", "--on-failure-limit", "exit", "--fault-plan", folder / (name + ".plan")});
  };
  const auto four = failing("four", 50, {30, 33, 36, 39});
  CHECK(four.end.exit_code != 75);
  CHECK(four.lines.size() == 50);
  CHECK(four.status["validation"]["gate"]["state"] == "ok");
  CHECK(four.status["validation"]["gate"]["threshold"] == 0.1);
  const auto six = failing("six", 60, {30, 33, 36, 39, 42, 45});
  CHECK(six.end == process_end{75, 0});
  CHECK(six.lines.size() == 45); // beyond what the band can bear: at once
  CHECK(six.status["pause_reasons"] == json{"quality_gate"});
  CHECK(six.status["validation"]["gate"]["state"] == "tripped");
  const auto many = failing("many", 210, {});
  CHECK(many.status["validation"]["gate"]["threshold"] == 0.05);
}

TEST_CASE("quality: test_continue_on_minor_threshold (A22)") {
  const scratch_folder folder;
  std::string open_ended = sound(3);
  open_ended.pop_back();
  say(folder / "plan", {{20, open_ended}, {40, sound(4).substr(0, sound(4).size() - 1)}});
  const auto t = play(folder, "run", 50, {"--fault-plan", folder / "plan"});
  CHECK(t.end == process_end{0, 0});
  CHECK(t.lines.size() == 50);
  CHECK(t.status["progress"]["segments_accepted"] == 50);
  CHECK(t.status["validation"]["by_category"]["format"].get<int>() >= 2);
}

TEST_CASE("quality: test_phrase_cooldown_enforced (A23), flagged within ten segments and hinted at") {
  const scratch_folder folder;
  const std::string opening = "Well hello there my dear mountain";
  say(folder / "plan", {{2, sound(2, opening)}, {3, sound(3, "WELL, hello there: my dear mountain")}, {33, sound(33, opening)}});
  fs::create_directories(folder / "prompts");
  const auto t = play(folder, "run", 40, {"--fault-plan", folder / "plan", "--log-prompts", (folder / "prompts").string()});
  REQUIRE(t.lines.size() == 40);
  const auto flagged = [&](std::size_t seq) {
    const auto flags = t.lines[seq - 1]["variety"]["flags"].get<words>();
    return std::find(flags.begin(), flags.end(), "opening") != flags.end();
  };
  CHECK_FALSE(flagged(2));
  CHECK(flagged(3));
  CHECK_FALSE(flagged(33)); // two days later
  CHECK(t.lines[2]["variety"]["opening"] == "well hello there my dear mountain");
  bool hinted = false;
  for (const auto& file : fs::directory_iterator(folder / "prompts"))
    if (file.path().filename().string().find("segment-000004") != std::string::npos)
      hinted = read_file(file.path()).find("well hello there my dear mountain") != std::string::npos;
  CHECK(hinted);
}

TEST_CASE("quality: test_variety_over_30_segments (A27)") {
  const scratch_folder folder;
  const auto flagged = [](const trial& t) {
    return std::count_if(t.lines.begin(), t.lines.end(), [](const json& l) { return !l["variety"]["flags"].empty(); });
  };
  const auto normal = play(folder, "normal", 30, {"--enable-stories"});
  REQUIRE(normal.lines.size() == 30);
  CHECK(flagged(normal) < 3);
  // A model that knows three phrases is found out.
  std::vector<std::pair<int, std::string>> texts;
  const words three{"Good evening to you my friends", "This is your hilltop voice again", "Hey there folks it is me"};
  for (int s = 1; s <= 30; ++s) texts.emplace_back(s, sound(s, three[static_cast<std::size_t>(s) % 3]));
  say(folder / "plan", texts);
  const auto parrot = play(folder, "parrot", 30, {"--fault-plan", folder / "plan"});
  REQUIRE(parrot.lines.size() == 30);
  CHECK(flagged(parrot) >= 24);
  CHECK(parrot.status["variety"]["flag_rate"].get<double>() > 0.8);
}

TEST_CASE("quality: the weather of a running engine is ordered, stored, and holds after a kill (C22)") {
  const scratch_folder folder;
  const auto out = folder / "run";
  fs::create_directories(out);
  write_file(out / "PAUSE", "");
  const words args{binary(), "broadcast", "--dj", "julie", "--duration", "24", "--seed", "7", "--clock", "virtual", "--progress", "none",
                   "--disk-floor", "0", "--skip-preflight", "--resume", "--output", out.string()};
  const auto until_paused = [&](process& engine) {
    for (int i = 0; i < 600; ++i) {
      const auto status = json::parse(read_file(out / "LIVE_STATUS.json"), nullptr, false);
      if (status.is_object() && status["state"] == "paused" && status["pid"] == engine.pid()) return true;
      if (engine.wait_for(50)) return false; // waits for the engine, at most so long
    }
    return false;
  };
  const auto ordered = [&] {
    fs::remove(folder / "show");
    run({"weather", "show", out.string(), "--json"}, folder / "show");
    return json::parse(read_file(folder / "show"))["overrides"];
  };
  {
    process engine(args, folder / "first.log");
    REQUIRE(until_paused(engine));
    CHECK(run({"weather", "set", "snow", out.string(), "--intensity", "severe"}, folder / "set.log") == process_end{0, 0});
    CHECK(run({"weather", "set", "frogs", out.string()}, folder / "frogs.log") == process_end{64, 0});
    REQUIRE(ordered().size() == 1); // paused: stored at once
    engine.send(SIGKILL);
    engine.wait_for(-1);
  }
  process engine(args, folder / "second.log");
  REQUIRE(until_paused(engine));
  CHECK(ordered().size() == 1);
  fs::remove(out / "PAUSE");
  REQUIRE(engine.wait_for(60'000) == process_end{0, 0});
  const auto lines = read_lines(out / "segments.jsonl");
  REQUIRE(lines.size() == 24);
  int told = 0;
  for (const auto& line : lines)
    if (line["type"] == "weather") told += line["text"].get<std::string>().find("snow") != std::string::npos;
  CHECK(told >= 2);
}

TEST_CASE("quality: weather that is ordered without an engine shows in the status at once, and at the next start") {
  const scratch_folder folder;
  const auto out = folder / "run";
  const auto play_hours = [&](const std::string& hours) {
    return run({"broadcast", "--dj", "julie", "--duration", hours, "--seed", "7", "--clock", "virtual", "--progress", "none",
                "--disk-floor", "0", "--skip-preflight", "--resume", "--output", out.string()},
               folder / "log");
  };
  const auto status = [&] { return json::parse(read_file(out / "LIVE_STATUS.json")); };
  REQUIRE(play_hours("2").signal == 0);
  const auto before = status();
  REQUIRE(before["weather"]["order"].is_null());
  REQUIRE(run({"weather", "set", "snow", out.string(), "--intensity", "severe", "--temperature", "-5"}, folder / "set.log") == process_end{0, 0});
  auto after = status();
  const json wanted{{"type", "snow"}, {"intensity", "severe"}, {"temperature_f", -5}, {"from", 3}};
  CHECK(after["weather"]["order"] == wanted);
  after["weather"]["order"] = nullptr;
  CHECK(after == before); // and nothing else
  REQUIRE(play_hours("4").signal == 0);
  CHECK(status()["weather"]["order"] == wanted);
  CHECK(status()["weather"]["type"] == "snow");
  REQUIRE(run({"weather", "clear", out.string()}, folder / "clear.log") == process_end{0, 0});
  CHECK(status()["weather"]["order"].is_null());
}

TEST_CASE("quality: --escalation always lets stories grow, twice at most, and never lets none (test_max_escalation_enforced)") {
  const scratch_folder folder;
  const auto grown = [&](const std::string& mode) {
    std::set<std::string> ids;
    for (const auto& line : play(folder, mode, 400, {"--enable-stories", "--escalation", mode}).lines)
      if (line["story"].is_object()) ids.insert(line["story"]["id"].get<std::string>());
    std::size_t most = 0, count = 0;
    for (const auto& id : ids) {
      std::size_t steps = 0;
      for (auto at = id.find("_escalated_"); at != std::string::npos; at = id.find("_escalated_", at + 1)) ++steps;
      most = std::max(most, steps);
      count += steps > 0;
    }
    return std::pair(count, most);
  };
  CHECK(grown("never").first == 0);
  const auto [count, most] = grown("always");
  CHECK(count >= 2);
  CHECK(most <= 2);
  CHECK(run({"broadcast", "--dj", "julie", "--duration", "1", "--escalation", "often", "--output", folder / "no"}, folder / "no.log") ==
        process_end{64, 0});
  CHECK_FALSE(fs::exists(folder / "no"));
}
