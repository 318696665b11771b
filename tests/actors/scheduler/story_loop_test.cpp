// Tests of the choice of skeletons in story runs.
#include "actors/scheduler/story_loop.hpp"

#include <catch2/catch.hpp>

#include <nlohmann/json.hpp>

#include <map>

using namespace longwave;

namespace {

std::vector<story_skeleton> skeletons() {
  std::vector<story_skeleton> out;
  for (const char* id : {"T-SYS-001", "T-APT-001", "T-INF-001", "T-ECO-001", "T-BOD-001", "T-LIM-001", "T-RUR-001"}) {
    story_skeleton s;
    s.template_id = id;
    out.push_back(s);
  }
  return out;
}

bool in_cluster(const std::string& id) {
  return id == "T-SYS-001" || id == "T-APT-001" || id == "T-INF-001" || id == "T-ECO-001";
}

} // namespace

TEST_CASE("story loop: no skeleton comes twice in a row, accepted or skipped") {
  const auto all = skeletons();
  story_loop loop(1, all, "");
  std::string last;
  std::map<std::string, int> seen;
  for (std::uint64_t seq = 1; seq <= 300; ++seq) {
    const auto* s = loop.choose(seq);
    REQUIRE(s);
    CHECK(s->template_id != last);
    last = s->template_id;
    ++seen[last];
    loop.settled(last, seq % 3 != 0);
  }
  CHECK(seen.size() == all.size());
}

TEST_CASE("story loop: the cluster gets rarer as it fills the last ten, never impossible") {
  const auto all = skeletons();
  const auto share = [&](int used) {
    nlohmann::json recent = nlohmann::json::array();
    for (int i = 0; i < 10; ++i) recent.push_back(i < used ? "T-SYS-001" : "T-BOD-001");
    int hits = 0;
    for (std::uint64_t seq = 1; seq <= 4000; ++seq) {
      story_loop loop(5, all, "");
      loop.load({{"last", "other"}, {"recent", recent}});
      hits += in_cluster(loop.choose(seq)->template_id) ? 1 : 0;
    }
    return hits / 4000.0;
  };
  CHECK(share(3) == Approx(4.0 / 7).margin(0.03));
  CHECK(share(4) == Approx(2.0 / 5).margin(0.03));
  CHECK(share(6) == Approx(0.8 / 3.8).margin(0.03));
  CHECK(share(8) == Approx(0.2 / 3.2).margin(0.02));
  CHECK(share(10) > 0);
}

TEST_CASE("story loop: a fixed template is always used and an unknown one gives none") {
  const auto all = skeletons();
  story_loop fixed(1, all, "T-LIM-001");
  for (std::uint64_t seq = 1; seq <= 5; ++seq) {
    CHECK(fixed.choose(seq)->template_id == "T-LIM-001");
    fixed.settled("T-LIM-001", true);
  }
  CHECK(story_loop(1, all, "T-NONE").choose(1) == nullptr);
  CHECK(story_loop(1, {}, "").choose(1) == nullptr);
}

TEST_CASE("story loop: a lone skeleton repeats") {
  std::vector<story_skeleton> one(1);
  one[0].template_id = "T-ONE-001";
  story_loop loop(1, one, "");
  loop.settled("T-ONE-001", true);
  REQUIRE(loop.choose(2));
}
