// Tests of the news desk.
#include "actors/scheduler/news.hpp"

#include "tests/actors/scheduler/sample_pack.hpp"

#include <catch2/catch.hpp>

#include <set>

using namespace longwave;

namespace {

const std::vector<std::string> all_categories{"faction_update",     "settlement_report", "trade_route_update",
                                              "creature_alert",     "resource_discovery", "weather_pattern",
                                              "historical_discovery", "military_action"};

std::vector<topic_list> all_topics() {
  std::vector<topic_list> out;
  for (const auto& c : all_categories) out.push_back({c, {c + " one", c + " two", c + " three"}});
  return out;
}

} // namespace

TEST_CASE("news: a category is never one of the last two and subjects come round in turn") {
  news_desk desk(1, "Appalachia", all_topics());
  std::vector<news_topic> told;
  for (std::uint64_t seq = 1; seq <= 400; ++seq) {
    told.push_back(desk.pick(seq));
    desk.told(told.back());
  }
  std::map<std::string, std::vector<std::string>> subjects;
  for (std::size_t i = 0; i < told.size(); ++i) {
    if (i >= 1) CHECK(told[i].category != told[i - 1].category);
    if (i >= 2) CHECK(told[i].category != told[i - 2].category);
    subjects[told[i].category].push_back(told[i].subject);
  }
  for (const auto& [category, list] : subjects) {
    for (std::size_t i = 0; i + 3 <= list.size(); i += 3) {
      CHECK(std::set<std::string>{list[i], list[i + 1], list[i + 2]}.size() == 3);
    }
  }
  CHECK(subjects["settlement_report"].size() > subjects["military_action"].size());
}

TEST_CASE("news: wording follows confidence") {
  CHECK(news_wording(0.95) == "confirmed");
  CHECK(news_wording(0.9) == "confirmed");
  CHECK(news_wording(0.85) == "solid reports");
  CHECK(news_wording(0.75) == "according to reports");
  CHECK(news_wording(0.6) == "word is");
  CHECK(news_wording(0.59) == "rumor has it");
  const news_desk desk(2, "Mojave", {{"military_action", {"a convoy"}}});
  const auto t = desk.pick(1);
  CHECK(t.confidence == Approx(0.95));
  CHECK(t.wording == "confirmed");
}

TEST_CASE("news: few or no categories still give news") {
  news_desk one(3, "Appalachia", {{"creature_alert", {"a", "b"}}});
  for (std::uint64_t seq = 1; seq <= 10; ++seq) {
    const auto t = one.pick(seq);
    CHECK(t.category == "creature_alert");
    one.told(t);
  }
  CHECK_FALSE(news_desk(3, "Appalachia", {}).pick(1).subject.empty());
}

TEST_CASE("news: a saved desk goes on alike") {
  news_desk desk(4, "Appalachia", all_topics());
  for (std::uint64_t seq = 1; seq <= 50; ++seq) {
    news_desk copy(4, "Appalachia", all_topics());
    copy.load(desk.piece());
    const auto t = desk.pick(seq), u = copy.pick(seq);
    CHECK(t.subject == u.subject);
    desk.told(t);
  }
}
