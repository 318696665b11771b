// Tests of stories in a run: acts in order, nothing consumed that was not aired, everything finished (C5, B17, B18).
#include "tests/actors/scheduler/sample_pack.hpp"

#include <catch2/catch.hpp>

#include <set>

using namespace longwave;
using namespace longwave::test;

namespace {

/// Plays a run and checks on the way what must hold at every segment.
struct played_run {
  std::map<std::string, std::vector<int>> acts;      // airing id -> acts as aired
  std::map<std::string, std::vector<std::string>> tellings;
  std::map<std::string, int> acts_total;
  std::set<timeline> lines;
  int beats = 0;
  int fillers = 0;
};

played_run play_run(show& s, std::uint64_t from, std::uint64_t to, double failing = 0) {
  played_run out;
  for (std::uint64_t seq = from; seq <= to; ++seq) {
    random_stream luck(77, seq, 0, "luck");
    const ending how = !luck.chance(failing) ? ending::accepted : luck.chance(0.5) ? ending::skipped : ending::dropped;
    const auto plan = play(s, seq, how);
    s.take_changes();
    if (plan->type == segment_type::story || plan->type == segment_type::gossip ||
        plan->type == segment_type::music_intro) {
      ++out.fillers;
    }
    if (!plan->beat || how != ending::accepted) continue;
    ++out.beats;
    out.lines.insert(plan->beat->line);
    out.acts[plan->beat->id].push_back(plan->beat->act);
    out.tellings[plan->beat->id].push_back(plan->beat->telling);
    out.acts_total[plan->beat->id] = plan->beat->acts_total;
  }
  return out;
}

/// Acts 1..n in order, none skipped, each at most three times.
void check_order(const played_run& run) {
  for (const auto& [id, acts] : run.acts) {
    INFO(id);
    CHECK(acts.front() == 1);
    for (std::size_t i = 1; i < acts.size(); ++i) CHECK((acts[i] == acts[i - 1] || acts[i] == acts[i - 1] + 1));
    for (int act = 1; act <= run.acts_total.at(id); ++act) CHECK(std::count(acts.begin(), acts.end(), act) <= 3);
    const auto& told = run.tellings.at(id);
    CHECK(std::set<std::string>(told.begin(), told.end()).size() == told.size());
  }
}

void check_complete(const played_run& run) {
  for (const auto& [id, acts] : run.acts) {
    INFO(id);
    CHECK(acts.back() == run.acts_total.at(id));
  }
}

} // namespace

TEST_CASE("story arcs: a week at one slot an hour tells eight stories to their end and half the fillers are stories") {
  const auto pack = sample_pack();
  for (std::uint64_t seed = 1; seed <= 10; ++seed) {
    INFO(seed);
    show s(sample_config(seed, 112), pack);
    const auto run = play_run(s, 1, 112);
    check_order(run);
    check_complete(run);
    const auto status = s.story_status();
    CHECK(status.at("completed") >= 8);
    CHECK(status.at("abandoned") == 0);
    CHECK(status.at("active").empty());
    CHECK(status.at("due") == 0);
    CHECK(run.beats > run.fillers * 0.35);
    CHECK(run.beats < run.fillers * 0.7);
    CHECK(run.lines.count(timeline::weekly) == 1);
    CHECK(status.at("pools").at("daily").at("pct") >= 30);
  }
}

TEST_CASE("story arcs: a month tells twenty stories and monthly ones too") {
  const auto pack = sample_pack();
  for (std::uint64_t seed = 1; seed <= 10; ++seed) {
    INFO(seed);
    show s(sample_config(seed, 480), pack);
    const auto run = play_run(s, 1, 480);
    check_order(run);
    check_complete(run);
    CHECK(s.story_status().at("completed") >= 20);
    CHECK(s.story_status().at("active").empty());
    CHECK(run.lines.count(timeline::monthly) == 1);
  }
}

TEST_CASE("story arcs: failing segments delay stories and leave none unfinished") {
  const auto pack = sample_pack();
  for (std::uint64_t seed = 1; seed <= 10; ++seed) {
    INFO(seed);
    show s(sample_config(seed, 112), pack);
    const auto run = play_run(s, 1, 112, 0.15);
    check_order(run);
    check_complete(run);
    CHECK(s.story_status().at("active").empty());
    CHECK(s.story_status().at("abandoned") == 0);
  }
}

TEST_CASE("story arcs: a rejected or dropped beat is not consumed") {
  const auto pack = sample_pack();
  show s(sample_config(1, 480), pack);
  std::uint64_t seq = 1;
  std::shared_ptr<const segment_plan> plan;
  for (;; ++seq) {
    plan = s.plan(seq);
    if (plan->beat) break;
    play(s, seq);
  }
  const story_beat first = *plan->beat;
  CHECK(first.act == 1);
  play(s, seq++, ending::skipped);
  CHECK(s.stories_view().empty());
  bool dropped = false;
  for (; seq < 200; ++seq) {
    plan = s.plan(seq);
    if (plan->beat && plan->beat->line == first.line) {
      CHECK(plan->beat->id == first.id);
      CHECK(plan->beat->act == 1);
      if (dropped) break;
      play(s, seq, ending::dropped);
      CHECK(s.stories_view().empty());
      dropped = true;
    } else {
      play(s, seq, ending::skipped);
    }
  }
  play(s, seq);
  REQUIRE(s.stories_view().size() == 1);
  CHECK(s.stories_view()[0].at("acts")[0].at("seqs") == std::vector<std::uint64_t>{seq});
}

TEST_CASE("story arcs: a story whose start keeps failing makes room for another") {
  const auto pack = sample_pack();
  show s(sample_config(1, 480), pack);
  std::set<std::string> tried;
  for (std::uint64_t seq = 1; seq <= 100; ++seq) {
    const auto plan = play(s, seq, ending::dropped);
    if (plan->beat) tried.insert(plan->beat->id);
  }
  CHECK(tried.size() > 4);
  CHECK(s.stories_view().empty());
}

TEST_CASE("story arcs: short runs start nothing that they cannot finish") {
  const auto pack = sample_pack();
  for (std::int64_t hours : {1, 2, 3, 4}) {
    show s(sample_config(3, hours), pack);
    CHECK(play_run(s, 1, static_cast<std::uint64_t>(hours)).beats == 0);
  }
  for (std::int64_t hours = 5; hours <= 40; ++hours) {
    for (std::uint64_t seed = 1; seed <= 3; ++seed) {
      show s(sample_config(seed, hours), pack);
      check_complete(play_run(s, 1, static_cast<std::uint64_t>(hours)));
      CHECK(s.story_status().at("active").empty());
    }
  }
}

TEST_CASE("story arcs: no more stories run at a time than their complexity allows") {
  const auto pack = sample_pack();
  for (auto& story : pack->stories) {
    if (story.line != timeline::daily) story.factions = {"Responders", "Raiders", "Free States", "Scorched"};
  }
  std::map<std::string, double> complexity;
  for (const auto& story : pack->stories)
    complexity[story.story_id] = story_complexity(story) - static_cast<double>(story.acts.size()) * 0.5;
  show s(sample_config(5, 480), pack);
  for (std::uint64_t seq = 1; seq <= 480; ++seq) {
    play(s, seq);
    const auto active = s.story_status().at("active");
    if (active.empty()) continue;
    double sum = 0;
    for (const auto& a : active) {
      // A sequel has the people of the story that it grew from, and acts of its own.
      const auto id = a.at("id").get<std::string>();
      sum += complexity.at(id.substr(0, id.find("_escalated_"))) + a.at("acts_total").get<double>() * 0.5;
    }
    CHECK(static_cast<int>(active.size()) <= concurrent_limit(sum / static_cast<double>(active.size())));
  }
}

TEST_CASE("story arcs: a story of one act completes and the next one waits for the cool-down") {
  auto pack = sample_pack();
  pack->stories.clear();
  for (int i = 0; i < 30; ++i) pack->stories.push_back(sample_story("one-" + std::to_string(i), timeline::daily, 1, 1));
  show s(sample_config(2, 112), pack);
  std::uint64_t last = 0;
  for (std::uint64_t seq = 1; seq <= 112; ++seq) {
    const auto plan = play(s, seq);
    if (!plan->beat) continue;
    CHECK((last == 0 || seq - last > 2));
    last = seq;
    CHECK(s.story_status().at("active").empty());
  }
  CHECK(s.story_status().at("completed") >= 10);
}

TEST_CASE("story arcs: told again a story has a new id and other wordings first") {
  auto pack = sample_pack();
  pack->stories.clear();
  for (int i = 0; i < 3; ++i) pack->stories.push_back(sample_story("s" + std::to_string(i), timeline::daily, 3, 6));
  show s(sample_config(2, 480), pack);
  const auto run = play_run(s, 1, 480);
  check_order(run);
  check_complete(run);
  REQUIRE(run.acts.count("s0"));
  REQUIRE(run.acts.count("s0#2"));
  CHECK(run.tellings.at("s0").front() == "s0 act 1 telling 1");
  CHECK(run.tellings.at("s0#2").front() != "s0 act 1 telling 1");
  std::map<std::string, int> ended, began;
  for (const auto& a : s.stories_view()) {
    const std::string id = a.at("id");
    began[id] = static_cast<int>((a.at("started").get<std::uint64_t>() - 1) / 16) + 1;
    ended[id] = static_cast<int>((a.at("ended").get<std::uint64_t>() - 1) / 16) + 1;
  }
  CHECK(began.at("s0#2") - ended.at("s0") >= 7);
}

TEST_CASE("story arcs: the archive and the pieces of a long run stay bounded", "[long]") {
  const auto pack = sample_pack();
  auto config = sample_config(4, 20'000);
  show s(config, pack);
  std::map<std::string, nlohmann::json> state;
  std::size_t most_pieces = 0, longest = 0;
  for (std::uint64_t seq = 1; seq <= 20'000; ++seq) {
    play(s, seq);
    const auto changes = s.take_changes();
    most_pieces = std::max(most_pieces, changes.size());
    for (const auto& [name, text] : changes) {
      longest = std::max(longest, text.size());
      if (text == "null") {
        state.erase(name);
      } else {
        state[name] = nlohmann::json::parse(text);
      }
    }
  }
  CHECK(s.story_status().at("completed") > 1000);
  CHECK(most_pieces <= 16);
  CHECK(longest < 2000);
  CHECK(state.size() < 1100);
  const auto restored = show::restore(config, pack, state);
  REQUIRE(restored);
  CHECK(restored.value().all_pieces() == s.all_pieces());
}

TEST_CASE("story arcs: a run that is extended goes on without a break") {
  const auto pack = sample_pack();
  auto config = sample_config(6, 64);
  show s(config, pack);
  play_run(s, 1, 64);
  CHECK(s.story_status().at("active").empty());
  const auto completed = s.story_status().at("completed").get<int>();
  config.duration_hours = 160;
  auto longer = show::restore(config, pack, s.all_pieces());
  REQUIRE(longer);
  const auto run = play_run(longer.value(), 65, 160);
  check_order(run);
  check_complete(run);
  CHECK(longer.value().story_status().at("completed") > completed + 3);
  CHECK(longer.value().story_status().at("active").empty());
}
