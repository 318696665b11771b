// Tests of patterns and catch-phrases (acceptance A26).
#include "actors/scheduler/variety.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>
#include <set>

using namespace longwave;

namespace {

segment_plan planned(const variety_table& table, std::uint64_t seq, segment_type type) {
  segment_plan p;
  p.seq = seq;
  p.type = type;
  p.position.day = static_cast<int>((seq - 1) / 16) + 1;
  p.structure = table.structure(type, seq);
  p.catchphrase = table.catchphrase(type, seq, p.position.day);
  return p;
}

} // namespace

TEST_CASE("variety: a type never has the same pattern twice running and uses all four") {
  variety_table table(1, {});
  std::map<segment_type, std::string> last;
  std::set<std::string> seen;
  for (std::uint64_t seq = 1; seq <= 300; ++seq) {
    const auto type = seq % 3 == 0 ? segment_type::story : segment_type::gossip;
    const auto p = planned(table, seq, type);
    CHECK(p.structure != last[type]);
    CHECK(p.catchphrase.empty());
    last[type] = p.structure;
    seen.insert(p.structure);
    table.used(p, type, nullptr);
  }
  CHECK(seen == std::set<std::string>{"a", "b", "c", "d"});
}

TEST_CASE("variety: catch-phrases stay within three a day and away from the last three") {
  for (std::uint64_t seed = 1; seed <= 10; ++seed) {
    variety_table table(seed, {"One", "Two", "Three", "Four", "Five"});
    std::map<std::pair<int, std::string>, int> a_day;
    std::vector<std::string> used;
    for (std::uint64_t seq = 1; seq <= 480; ++seq) {
      const auto p = planned(table, seq, segment_type::gossip);
      if (!p.catchphrase.empty()) {
        const auto from = used.size() > 3 ? used.end() - 3 : used.begin();
        CHECK(std::find(from, used.end(), p.catchphrase) == used.end());
        CHECK(++a_day[{p.position.day, p.catchphrase}] <= 3);
        used.push_back(p.catchphrase);
      }
      table.used(p, segment_type::gossip, nullptr);
    }
    CHECK(used.size() > 240);
    CHECK(used.size() < 336);
  }
}

TEST_CASE("variety: what the text really used counts, whatever was planned") {
  variety_table table(1, {"Stay safe", "Keep on", "Good night", "So long"});
  segment_plan p;
  p.position.day = 1;
  p.structure = "a";
  variety_mark mark;
  mark.structure = "c";
  mark.catchphrases = {"stay SAFE", "never heard of"};
  table.used(p, segment_type::news, &mark);
  CHECK(table.last_structure(segment_type::news) == "c");
  CHECK(table.recent_catchphrases() == std::vector<std::string>{"Stay safe"});
}

TEST_CASE("variety: a profile with few phrases still gets one, and alerts get none") {
  variety_table table(1, {"Only one"});
  int used = 0;
  for (std::uint64_t seq = 1; seq <= 16; ++seq) {
    const auto p = planned(table, seq, segment_type::gossip);
    if (!p.catchphrase.empty()) ++used;
    table.used(p, segment_type::gossip, nullptr);
    CHECK(table.catchphrase(segment_type::emergency_weather, seq, 1).empty());
  }
  CHECK(used == 3);
}

TEST_CASE("variety: a saved table goes on alike and a foreign one is refused") {
  variety_table table(1, {"One", "Two"});
  for (std::uint64_t seq = 1; seq <= 40; ++seq) {
    table.used(planned(table, seq, segment_type::gossip), segment_type::gossip, nullptr);
  }
  variety_table copy(1, {"One", "Two"});
  copy.load(table.piece());
  CHECK(copy.piece() == table.piece());
  variety_table other(1, {"One"});
  CHECK_THROWS_AS(other.load(table.piece()), nlohmann::json::exception);
}
