// Tests of the rumour tracker (acceptance C8).
#include "actors/scheduler/gossip.hpp"

#include "tests/actors/scheduler/sample_pack.hpp"

#include <catch2/catch.hpp>

#include <set>

using namespace longwave;
using namespace longwave::test;

namespace {

/// Tells `a_day` rumours a day, 16 segments each, and gives what was told in order.
std::vector<gossip_topic> tell(gossip_tracker& tracker, int days, int a_day) {
  std::vector<gossip_topic> out;
  for (int day = 1; day <= days; ++day) {
    tracker.begin_day(day);
    for (int i = 0; i < a_day; ++i) {
      const auto seq = static_cast<std::uint64_t>((day - 1) * 16 + i * 2 + 1);
      out.push_back(tracker.pick(seq, day));
      tracker.told(out.back(), seq, day);
    }
  }
  return out;
}

} // namespace

TEST_CASE("gossip: rumours go through all stages in order and leave the list") {
  gossip_tracker tracker(1, sample_pack()->gossip, 6);
  std::map<std::string, std::vector<std::string>> stages;
  for (const auto& t : tell(tracker, 30, 6)) stages[t.id].push_back(t.stage);
  const std::vector<std::string> order{"rumor", "spreading", "confirmed", "resolved"};
  int resolved = 0;
  for (const auto& [id, told] : stages) {
    std::size_t at = 0;
    CHECK(told.front() == "rumor");
    for (const auto& stage : told) {
      if (stage != order[at]) ++at;
      REQUIRE(at < order.size());
      CHECK(stage == order[at]);
    }
    if (told.back() == "resolved") ++resolved;
    CHECK(std::count(told.begin(), told.end(), "resolved") <= 1);
  }
  CHECK(resolved > 20);
  CHECK(tracker.view().at("live").size() <= 6);
  CHECK(tracker.view().at("resolved") == resolved);
}

TEST_CASE("gossip: a rumour moves on at most once a day") {
  gossip_tracker tracker(2, sample_pack()->gossip, 40);
  std::map<std::string, std::set<std::string>> today;
  for (int day = 1; day <= 5; ++day) {
    today.clear();
    for (int i = 0; i < 100; ++i) {
      const auto seq = static_cast<std::uint64_t>((day - 1) * 100 + i + 1);
      const auto t = tracker.pick(seq, day);
      tracker.told(t, seq, day);
      today[t.id].insert(t.stage);
    }
    for (const auto& [id, stages] : today) CHECK(stages.size() == 1);
  }
}

TEST_CASE("gossip: no subject starts twice before all did, and none rests less than five segments") {
  const auto pack = sample_pack();
  gossip_tracker tracker(3, pack->gossip, 6);
  std::vector<std::string> started, told;
  for (const auto& t : tell(tracker, 20, 6)) {
    if (t.stage == "rumor" && std::find(told.begin(), told.end(), t.id) == told.end()) started.push_back(t.subject);
    told.push_back(t.id);
  }
  REQUIRE(started.size() > 20);
  const std::size_t round = std::min<std::size_t>(started.size(), 32);
  CHECK(std::set<std::string>(started.begin(), started.begin() + static_cast<long>(round)).size() == round);
  for (std::size_t i = 2; i < told.size(); ++i) CHECK((told[i] != told[i - 1] && told[i] != told[i - 2]));
}

TEST_CASE("gossip: a rumour that nobody tells fades after seven days") {
  gossip_tracker tracker(4, sample_pack()->gossip, 6);
  tell(tracker, 1, 3);
  const auto before = tracker.view().at("live").size();
  CHECK(before > 0);
  tracker.begin_day(7);
  CHECK(tracker.view().at("live").size() == before);
  tracker.take_changed();
  tracker.begin_day(8);
  CHECK(tracker.view().at("live").empty());
  CHECK(tracker.view().at("faded") == before);
  for (const auto& name : tracker.take_changed()) {
    if (name != "gossip") CHECK(tracker.piece(name).is_null());
  }
}

TEST_CASE("gossip: picking changes nothing and a pack without rumours still has some") {
  gossip_tracker tracker(5, {}, 6);
  const auto a = tracker.pick(1, 1), b = tracker.pick(1, 1);
  CHECK(a.id == b.id);
  CHECK_FALSE(a.subject.empty());
  CHECK(tracker.take_changed().empty());
  CHECK(tell(tracker, 40, 8).size() == 320);
}

TEST_CASE("gossip: a subject that should wait waits, and comes when it may") {
  gossip_tracker tracker(3, sample_pack()->gossip, 6);
  const std::string waiting = tracker.pick(1, 1).subject;
  const auto rests = [&](const std::string& subject) { return subject == waiting; };
  const auto other = tracker.pick(1, 1, rests);
  CHECK(other.subject != waiting);
  tracker.told(other, 1, 1);
  // Passed over, not lost: the next free moment is its own. A copy from the saved pieces thinks the same.
  gossip_tracker copy(3, sample_pack()->gossip, 6);
  for (const auto& name : tracker.piece_names()) copy.load(name, tracker.piece(name));
  CHECK(tracker.pick(2, 1).subject == waiting);
  CHECK(copy.pick(2, 1).subject == waiting);
  tracker.told(tracker.pick(2, 1), 2, 1);
  CHECK(tracker.piece("gossip").at("postponed").empty());
  // Where everything should wait, something is told all the same.
  CHECK_FALSE(tracker.pick(3, 1, [](const std::string&) { return true; }).subject.empty());
}
