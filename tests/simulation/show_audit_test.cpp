// Thirty days of the real binary, judged by a reader of its own: it parses what a listener or an operator gets and
// shares no code with the program (A25-A31, B17, B18, C3, C8, C21, C22).
#include "tests/support/process.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <iostream>
#include <map>
#include <set>

using namespace longwave::tests;

namespace {

using nlohmann::json;
using words = std::vector<std::string>;

struct line {
  int seq = 0, day = 0, hour = 0, slot = 0;
  std::string type, text, date, structure;
  json story;
  json flags;
};

std::string run_binary(const scratch_folder& folder, words args, int expected = 0) {
  static int calls = 0;
  const auto out = folder / ("out-" + std::to_string(++calls));
  args.insert(args.begin(), binary());
  process p(args, out);
  const auto end = p.wait_for(240'000);
  REQUIRE(end);
  const auto text = read_file(out);
  INFO(text.substr(0, 2'000));
  CHECK(end->exit_code == expected);
  return text;
}

std::vector<line> read_run(const fs::path& output) {
  std::vector<line> lines;
  std::ifstream in(output / "segments.jsonl");
  for (std::string text; std::getline(in, text);) {
    const auto j = json::parse(text);
    CHECK(j["status"] == "accepted");
    line l;
    l.seq = j["seq"];
    l.day = j["day"];
    l.hour = j["hour"];
    l.slot = j["slot"];
    l.type = j["type"];
    l.text = j["text"];
    l.date = j["broadcast_date"];
    l.structure = j["variety"]["structure"];
    l.flags = j["variety"]["flags"];
    l.story = j["story"];
    lines.push_back(std::move(l));
  }
  return lines;
}

words broadcast(const fs::path& output, const char* hours, const char* seed, const words& more = {}) {
  words args{"broadcast", "--duration", hours, "--enable-validation", "--enable-stories", "--seed", seed, "--progress", "none",
             "--disk-floor", "0", "--output", output.string()};
  args.insert(args.end(), more.begin(), more.end());
  if (std::find(args.begin(), args.end(), "--dj") == args.end()) args.insert(args.end(), {"--dj", "Julie (2102, Appalachia)"});
  return args;
}

/// Lower-case words of letters, digits and apostrophes.
words words_of(const std::string& text) {
  words out;
  std::string w;
  for (unsigned char c : text + " ") {
    if (std::isalnum(c) || c == '\'' || c >= 0x80)
      w += static_cast<char>(std::tolower(c));
    else if (!w.empty())
      out.push_back(std::exchange(w, {}));
  }
  return out;
}

std::string opening_of(const words& w) {
  std::string out;
  for (std::size_t i = 0; i < w.size() && i < 6; ++i) out += w[i] + " ";
  return out;
}

double jaccard(const std::set<std::string>& a, const std::set<std::string>& b) {
  std::size_t common = 0;
  for (const auto& w : a) common += b.count(w);
  return static_cast<double>(common) / static_cast<double>(a.size() + b.size() - common);
}

/// Base id, number of airing and chain of a story id: "a_escalated_weekly#2" is a, 2, {weekly}.
struct story_name {
  std::string base;
  int airing = 1;
  words chain;
};

story_name name_of(std::string id) {
  story_name n;
  if (const auto mark = id.find('#'); mark != std::string::npos) {
    n.airing = std::stoi(id.substr(mark + 1));
    id.resize(mark);
  }
  const std::string grown = "_escalated_";
  while (id.rfind(grown) != std::string::npos) {
    const auto mark = id.rfind(grown);
    n.chain.insert(n.chain.begin(), id.substr(mark + grown.size()));
    id.resize(mark);
  }
  n.base = id;
  return n;
}

struct told_story {
  std::vector<int> acts;
  int first = 0, last = 0, total = 0, first_day = 0, last_day = 0, first_hour = 0, last_hour = 0;
  std::string timeline;
};

std::map<std::string, told_story> stories_of(const std::vector<line>& lines) {
  std::map<std::string, told_story> out;
  for (const auto& l : lines) {
    CHECK((l.type == "story") == l.story.is_object());
    if (!l.story.is_object()) continue;
    auto& s = out[l.story["id"].get<std::string>()];
    if (s.acts.empty()) {
      s.first = l.seq;
      s.first_day = l.day;
      s.first_hour = l.hour;
    }
    s.acts.push_back(l.story["act"]);
    s.total = l.story["acts_total"];
    s.timeline = l.story["timeline"];
    s.last = l.seq;
    s.last_day = l.day;
    s.last_hour = l.hour;
  }
  return out;
}

void audit_schedule(const std::vector<line>& lines, int per_hour) {
  std::map<int, std::map<std::string, int>> days;
  std::set<std::tuple<int, int, std::string>> done;
  std::map<int, std::string> dates;
  for (std::size_t i = 0; i < lines.size(); ++i) {
    const auto& l = lines[i];
    const int place = static_cast<int>(i);
    CHECK(l.seq == place + 1);
    CHECK(l.day == place / (16 * per_hour) + 1);
    CHECK(l.hour == 6 + place / per_hour % 16);
    CHECK(l.slot == place % per_hour + 1);
    ++days[l.day][l.type];
    if (l.type == "time_check" || l.type == "weather" || l.type == "news") {
      INFO("day " << l.day << " hour " << l.hour << " " << l.type);
      CHECK(done.insert({l.day, l.hour, l.type}).second);
    }
    auto& date = dates[l.day];
    CHECK((date.empty() || date == l.date));
    date = l.date;
  }
  std::set<std::string> different;
  for (const auto& [day, date] : dates) CHECK(different.insert(date).second);
  for (auto& [day, types] : days) {
    INFO("day " << day);
    CHECK(types["weather"] == (per_hour == 1 ? 2 : 3));
    CHECK(types["news"] == (per_hour == 1 ? 1 : 3));
    CHECK(types["time_check"] == (per_hour == 1 ? 0 : 16));
  }
}

void audit_stories(const std::vector<line>& lines) {
  const auto stories = stories_of(lines);
  const std::map<std::string, int> rest{{"daily", 7}, {"weekly", 14}, {"monthly", 30}, {"yearly", 30}};
  std::map<std::string, std::vector<const told_story*>> airings;
  for (const auto& [id, s] : stories) {
    INFO(id);
    CHECK(s.acts.front() == 1);
    for (std::size_t i = 1; i < s.acts.size(); ++i)
      CHECK((s.acts[i] == s.acts[i - 1] || s.acts[i] == s.acts[i - 1] + 1));
    CHECK(s.acts.back() == s.total); // every arc that was begun came to its end
    const auto name = name_of(id);
    CHECK(name.chain.size() <= 2);
    if (name.chain.empty())
      airings[name.base].push_back(&s);
    else
      CHECK(s.timeline == name.chain.back());
  }
  for (const auto& [base, list] : airings) {
    auto sorted = list;
    std::sort(sorted.begin(), sorted.end(), [](auto a, auto b) { return a->first < b->first; });
    for (std::size_t i = 1; i < sorted.size(); ++i) {
      INFO(base << " is told again");
      CHECK(sorted[i]->first_day - sorted[i - 1]->last_day >= rest.at(sorted[i]->timeline));
    }
  }
  // One slot a timeline: no two stories of one run at a time.
  for (const auto& [a, x] : stories)
    for (const auto& [b, y] : stories)
      if (a < b && x.timeline == y.timeline) {
        INFO(a << " and " << b);
        CHECK((x.last < y.first || y.last < x.first));
      }
}

void audit_repetition(const std::vector<line>& lines) {
  std::vector<std::set<std::string>> sets;
  words openings;
  std::set<std::string> vocabulary;
  std::size_t flagged = 0;
  std::map<std::string, std::string> last_structure;
  for (const auto& l : lines) {
    INFO("segment " << l.seq << ": " << l.text);
    const auto w = words_of(l.text);
    CHECK(w.size() >= 30);
    CHECK(l.text.find_first_of("[]{}<>#") == std::string::npos);
    const auto opening = opening_of(w);
    for (std::size_t back = 1; back <= 10 && back <= openings.size(); ++back)
      CHECK(openings[openings.size() - back] != opening);
    openings.push_back(opening);
    std::set<std::string> set(w.begin(), w.end());
    for (const auto& other : sets) CHECK(jaccard(set, other) < 0.5);
    vocabulary.insert(set.begin(), set.end());
    sets.push_back(std::move(set));
    flagged += !l.flags.empty();
    for (const auto& flag : l.flags) CHECK((flag != "opening" && flag != "identical" && flag != "near_duplicate"));
    CHECK(last_structure[l.type] != l.structure); // A26
    last_structure[l.type] = l.structure;
  }
  std::cout << "audit: " << lines.size() << " segments, " << vocabulary.size() << " words, " << flagged << " flagged\n";
  CHECK(vocabulary.size() >= (lines.size() >= 480 ? 2'500u : 1'200u));
  CHECK(flagged * 100 < lines.size() * (lines.size() >= 480 ? 1 : 3)); // issue 4, point 10; names that had to come again
}

} // namespace

TEST_CASE("show audit: thirty days keep schedule, arcs, rests and words (B17, B18, C3, A26, A27)") {
  const scratch_folder folder;
  run_binary(folder, broadcast(folder / "run", "480", "2102"));
  const auto lines = read_run(folder / "run");
  REQUIRE(lines.size() == 480);
  audit_schedule(lines, 1);
  audit_stories(lines);
  audit_repetition(lines);
  const auto stories = stories_of(lines);
  CHECK(stories.size() >= 20);
  std::set<std::string> lines_told;
  for (const auto& [id, s] : stories) lines_told.insert(s.timeline);
  CHECK(lines_told.count("daily"));
  CHECK(lines_told.count("weekly"));
  const auto report = json::parse(read_file(folder / "run" / "report.json"));
  CHECK(report["verdict"] == "SUCCESS");
  CHECK(report["drift"]["vocabulary"].get<int>() >= 2'500);
  CHECK(report["days"].size() == 30);
  const auto status = json::parse(read_file(folder / "run" / "LIVE_STATUS.json"));
  CHECK(status["forecast"]["pools"].size() == 4);
  // C8: rumours advance and leave the list, which does not grow.
  const auto world = json::parse(run_binary(folder, {"inspect", (folder / "run").string(), "world", "--json"}));
  CHECK(world["gossip"]["resolved"].get<int>() > 5);
  CHECK(world["gossip"]["live"].size() <= 40);
}

TEST_CASE("show audit: every other DJ's thirty days are as rich (issue 4, point 10)") {
  for (const auto* dj : {"vegas", "travis", "travis-confident", "threedog"}) {
    INFO(dj);
    const scratch_folder folder;
    run_binary(folder, broadcast(folder / "run", "480", "7", {"--dj", dj}));
    const auto lines = read_run(folder / "run");
    REQUIRE(lines.size() == 480);
    audit_schedule(lines, 1);
    audit_stories(lines);
    audit_repetition(lines);
    CHECK(stories_of(lines).size() >= 20);
    CHECK(json::parse(read_file(folder / "run" / "report.json"))["verdict"] == "SUCCESS");
  }
}

TEST_CASE("show audit: a week at twenty segments an hour repeats nobody's openings (B15)") {
  for (const auto* dj : {"julie", "vegas", "travis", "travis-confident", "threedog"}) {
    INFO(dj);
    const scratch_folder folder;
    run_binary(folder, broadcast(folder / "run", "112", "7", {"--dj", dj, "--segments-per-hour", "20", "--clock", "virtual"}));
    const auto lines = read_run(folder / "run");
    REQUIRE(lines.size() == 2'240);
    std::size_t flagged = 0;
    words openings;
    for (const auto& l : lines) {
      flagged += !l.flags.empty();
      const auto opening = opening_of(words_of(l.text));
      for (std::size_t back = 1; back <= 10 && back <= openings.size(); ++back) CHECK(openings[openings.size() - back] != opening);
      openings.push_back(opening);
    }
    CHECK(flagged * 100 < lines.size());
    CHECK(json::parse(read_file(folder / "run" / "report.json"))["verdict"] == "SUCCESS");
  }
}

TEST_CASE("show audit: two slots an hour keep the full order of a day (C3)") {
  const scratch_folder folder;
  run_binary(folder, broadcast(folder / "run", "48", "7", {"--segments-per-hour", "2"}));
  const auto lines = read_run(folder / "run");
  REQUIRE(lines.size() == 96);
  audit_schedule(lines, 2);
  audit_stories(lines);
  audit_repetition(lines);
}

TEST_CASE("show audit: test_weather_consecutive_limit (A25), a year of fifty seeds") {
  const scratch_folder folder;
  std::size_t days_read = 0;
  for (int seed = 1; seed <= 50; ++seed) {
    const auto calendar = json::parse(
      run_binary(folder, {"calendar", "--days", "365", "--seed", std::to_string(seed), "--json"}));
    std::map<std::string, int> streak;
    std::vector<int> rad;
    for (const auto& day : calendar["days"]) {
      std::map<std::string, int> count;
      for (const auto& slot : day["slots"]) ++count[slot["type"].get<std::string>()];
      int most = 0;
      for (const auto& [type, n] : count) most = std::max(most, n);
      std::map<std::string, int> next;
      for (const auto& [type, n] : count)
        if (n == most) next[type] = streak[type] + 1;
      streak = std::move(next);
      INFO("seed " << seed << " " << day["date"]);
      for (const auto& [type, n] : streak) CHECK(n <= 3);
      rad.push_back(count["rad_storm"]);
      int week = 0;
      for (std::size_t i = rad.size() > 7 ? rad.size() - 7 : 0; i < rad.size(); ++i) week += rad[i];
      CHECK(week <= 2);
      ++days_read;
    }
  }
  CHECK(days_read == 50 * 365);
}

TEST_CASE("show audit: test_max_escalation_enforced (A31), chains end after two and counts are carried") {
  const scratch_folder folder;
  run_binary(folder, broadcast(folder / "run", "960", "31"));
  const auto lines = read_run(folder / "run");
  const auto stories = stories_of(lines);
  std::size_t grown = 0, twice = 0;
  for (const auto& [id, s] : stories) {
    const auto name = name_of(id);
    if (name.chain.empty()) continue;
    INFO(id);
    ++grown;
    twice += name.chain.size() == 2;
    CHECK(name.chain.size() <= 2);
    CHECK(name.chain.back() == s.timeline);
    if (name.chain.size() == 2) CHECK(((name.chain[0] == "weekly" && name.chain[1] == "monthly") || (name.chain[0] == "monthly" && name.chain[1] == "yearly")));
  }
  CHECK(grown >= 3);
  std::cout << "audit: " << grown << " sequels, " << twice << " of them second ones\n";
  const auto views = json::parse(run_binary(folder, {"inspect", (folder / "run").string(), "stories", "--json"}));
  std::map<std::string, json> by_id;
  std::set<double> engagements;
  for (const auto& v : views) {
    by_id[v["id"]] = v;
    engagements.insert(v["engagement"].get<double>());
  }
  CHECK(engagements.size() > 10); // C6: values spread, and can pass .75
  CHECK(*engagements.rbegin() > 0.75);
  for (const auto& [id, v] : by_id) {
    const auto name = name_of(id);
    CHECK(v["escalation_count"] == name.chain.size());
    if (v["escalated_to"].is_null()) continue;
    const auto next = by_id.find(v["escalated_to"].get<std::string>());
    if (next == by_id.end()) continue; // announced, and its timeline was not free before the end
    INFO(id);
    CHECK(next->second["started"].get<int>() > v["ended"].get<int>());
    CHECK(v["timeline"] != "yearly");
  }
}

TEST_CASE("show audit: test_per_story_history (A28), a story's beats are its own and its history is short (A29, A30)") {
  const scratch_folder folder;
  run_binary(folder, broadcast(folder / "run", "112", "28"));
  const auto stories = stories_of(read_run(folder / "run"));
  std::size_t beats = 0;
  for (const auto& [id, s] : stories) {
    std::istringstream out(run_binary(folder, {"inspect", (folder / "run").string(), "--beats", id, "--json"}));
    std::size_t i = 0;
    for (std::string text; std::getline(out, text); ++i) {
      const auto beat = json::parse(text);
      INFO(id);
      CHECK(beat["story"] == id);
      REQUIRE(i < s.acts.size());
      CHECK(beat["act"] == s.acts[i]);
      ++beats;
    }
    CHECK(i == s.acts.size());
    const auto view = json::parse(run_binary(folder, {"inspect", (folder / "run").string(), "story", id, "--json"}));
    const auto& history = view["history"];
    CHECK(history["count"] == s.acts.size());
    CHECK(history["recent"].size() == std::min<std::size_t>(3, s.acts.size()));
    CHECK(history["tokens"].get<int>() <= 750);
    if (s.acts.size() >= 10) CHECK(history["tokens"].get<int>() * 2 <= history["tokens_full"].get<int>());
  }
  CHECK(beats > 20);
}

TEST_CASE("show audit: ordered weather holds for the following segments only and is alerted once (C21, C22)") {
  const scratch_folder folder;
  const auto run = folder / "run";
  run_binary(folder, broadcast(run, "8", "22"));
  const auto before = read_file(run / "segments.jsonl");
  run_binary(folder, {"weather", "set", "hail", run.string()}, 64);
  run_binary(folder, {"weather", "set", "rad_storm", run.string(), "--intensity", "severe"});
  const auto shown = json::parse(run_binary(folder, {"weather", "show", run.string(), "--json"}));
  REQUIRE(shown["overrides"].size() == 1);
  CHECK(shown["overrides"][0]["type"] == "rad_storm");
  CHECK(shown["overrides"][0]["from"] == 9);
  const auto calendar = json::parse(run_binary(folder, {"calendar", run.string(), "--days", "2", "--json"}));
  CHECK(calendar["seed"] == 22);
  CHECK(calendar["days"][0]["slots"][0]["ordered"].is_null()); // 06 to 11: segments 1 to 6
  CHECK(calendar["days"][0]["slots"][1]["ordered"]["from"] == 9); // 12 to 17: segments 7 to 12
  CHECK(calendar["days"][1]["slots"][0]["ordered"]["type"] == "rad_storm");
  run_binary(folder, broadcast(run, "24", "22", {"--resume"}));
  const auto after = read_file(run / "segments.jsonl");
  CHECK(after.compare(0, before.size(), before) == 0);
  const auto status = json::parse(read_file(run / "LIVE_STATUS.json"));
  CHECK(status["weather"]["type"] == "rad_storm");
  CHECK(status["weather"]["order"]["from"] == 9);
  CHECK(status["weather"]["order"]["intensity"] == "severe");
  auto lines = read_run(run);
  REQUIRE(lines.size() == 24);
  CHECK(lines[8].type == "emergency_weather");
  CHECK(std::count_if(lines.begin(), lines.end(), [](const line& l) { return l.type == "emergency_weather"; }) == 1);
  run_binary(folder, {"weather", "clear", run.string()});
  run_binary(folder, broadcast(run, "32", "22", {"--resume"}));
  const auto world = json::parse(run_binary(folder, {"inspect", run.string(), "world", "--json"}));
  CHECK(world["weather"]["overrides"][0]["to"] == 25);
  CHECK(json::parse(read_file(run / "LIVE_STATUS.json"))["weather"]["order"].is_null());
  const auto told = json::parse(run_binary(folder, {"calendar", run.string(), "--json"}));
  CHECK(told["days"].size() == 2);
  CHECK(told["days"][1]["slots"][0]["ordered"]["to"] == 25);
  CHECK(told["days"][1]["slots"][2]["ordered"].is_null());
  CHECK(run_binary(folder, {"verify", run.string()}).find("sound") != std::string::npos);
}

TEST_CASE("show audit: stories refer back to earlier ones, and the status says how the run drifts") {
  const scratch_folder folder;
  const auto run = folder / "run";
  run_binary(folder, broadcast(run, "480", "5"));
  const auto lines = read_run(run);
  REQUIRE(lines.size() == 480);
  std::map<std::string, json> stories;
  for (const auto& story : json::parse(run_binary(folder, {"inspect", run.string(), "stories", "--json"})))
    stories[story["id"].get<std::string>()] = story;
  std::map<std::string, std::vector<int>> days;
  int callbacks = 0;
  for (const auto& [id, story] : stories)
    for (const auto& callback : story["callbacks"]) {
      ++callbacks;
      const int seq = callback["seq"];
      const std::string to = callback["to"];
      INFO(id << " in segment " << seq << " refers to " << to);
      REQUIRE(stories.count(to));
      const auto& past = stories[to];
      const auto& heard = lines.at(static_cast<std::size_t>(seq - 1));
      CHECK(heard.story["id"] == id);
      CHECK(heard.text.find(past["title"].get<std::string>()) != std::string::npos);
      // What it came to: most words of its last act's first sentence.
      const auto outcome = past["acts"].back()["summary"].get<std::string>();
      const auto said = words_of(heard.text), wanted = words_of(outcome.substr(0, outcome.find(". ")));
      const std::set<std::string> spoken(said.begin(), said.end());
      const auto found = std::count_if(wanted.begin(), wanted.end(), [&](const auto& w) { return spoken.count(w) > 0; });
      CHECK(static_cast<double>(found) > 0.8 * static_cast<double>(wanted.size()));
      CHECK(past["status"] == "completed");
      CHECK(past["ended"] < seq);
      CHECK(lines.at(past["ended"].get<std::size_t>() - 1).day < heard.day);
      days[to].push_back(heard.day);
    }
  CHECK(callbacks >= 8);
  for (auto& [to, when] : days) {
    std::sort(when.begin(), when.end());
    for (std::size_t i = 1; i < when.size(); ++i) CHECK(when[i] - when[i - 1] >= 7);
  }
  const auto status = json::parse(read_file(run / "LIVE_STATUS.json"));
  CHECK(status["stories"]["callbacks"] == callbacks);
  CHECK(status["drift"]["baseline"]["novelty"].is_number());
  CHECK(status["drift"]["recent"]["pass_rate"] == 1);
  CHECK(status["drift"]["signs"].empty());
  const auto report = json::parse(read_file(run / "report.json"));
  CHECK(report["drift"]["rolling"]["recent"]["novelty"] == status["drift"]["recent"]["novelty"]);
  const auto asked = std::find_if(stories.begin(), stories.end(), [](const auto& s) { return !s.second["callbacks"].empty(); });
  REQUIRE(asked != stories.end());
  const auto& first = asked->second["callbacks"][0];
  const auto why = json::parse(run_binary(folder, {"why", run.string(), std::to_string(first["seq"].get<int>()), "--json"}));
  CHECK(why["plan"]["story"]["callback_to"]["id"] == first["to"]);
}

TEST_CASE("show audit: figures of drift are the same after the monitor has died") {
  const scratch_folder folder;
  run_binary(folder, broadcast(folder / "whole", "300", "6"));
  const auto plan = folder / "plan.jsonl";
  std::ofstream(plan) << R"({"segment":150,"attempt":1,"fault":"crash:monitor"})" << "\n"
                      << R"({"segment":260,"attempt":1,"fault":"crash:monitor"})" << "\n";
  run_binary(folder, broadcast(folder / "revived", "300", "6", {"--fault-plan", plan.string()}));
  const auto whole = json::parse(read_file(folder / "whole" / "LIVE_STATUS.json"));
  const auto revived = json::parse(read_file(folder / "revived" / "LIVE_STATUS.json"));
  for (const auto* window : {"baseline", "recent"})
    for (const auto* figure : {"novelty", "phrase_reuse", "pass_rate", "first_attempt_pass_rate"}) {
      INFO(window << " " << figure);
      CHECK(whole["drift"][window][figure].is_number());
      CHECK(whole["drift"][window][figure] == revived["drift"][window][figure]);
    }
}
