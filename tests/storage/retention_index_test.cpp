// Tests of the retention index: it drops what nobody reads, and nothing else.
#include "messages/random.hpp"
#include "storage/retention_index.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <vector>

using namespace longwave;
using namespace longwave::storage;

namespace {

/// Newest version of a piece at or before `seq`; 0 for none.
std::uint64_t read_at(const std::set<std::uint64_t>& versions, std::uint64_t seq) {
  const auto after = versions.upper_bound(seq);
  return after == versions.begin() ? 0 : *std::prev(after);
}

} // namespace

TEST_CASE("retention index: what a kept checkpoint or the head reads stays, whenever thinning out comes") {
  const retention keep{3, 2, 1, 1};
  const std::vector<std::string> names{"a", "b", "c"};
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    retention_index index;
    std::map<std::string, std::set<std::uint64_t>> all, left;
    std::vector<std::uint64_t> points;
    for (std::uint64_t seq = 1; seq <= 120; ++seq) {
      random_stream draw(seed, seq, 0, "index");
      for (const auto& name : names) {
        if (!draw.chance(0.5)) continue;
        index.add_version(name, seq, false);
        all[name].insert(seq);
        left[name].insert(seq);
      }
      if (draw.chance(0.4)) {
        index.add_checkpoint(seq, draw.chance(0.7) ? checkpoint_kind::hourly : checkpoint_kind::daily);
        points.push_back(seq);
      }
      if (!draw.chance(0.1)) continue;
      const auto gone = index.thin_out(seq, keep);
      for (const auto& [at, kind] : gone.checkpoints) points.erase(std::find(points.begin(), points.end(), at));
      for (const auto& [name, at] : gone.versions) REQUIRE(left[name].erase(at) == 1);
      points.push_back(seq); // the head is read too
      for (const auto& name : names) {
        std::set<std::uint64_t> read;
        for (auto point : points) {
          REQUIRE(read_at(left[name], point) == read_at(all[name], point));
          read.insert(read_at(all[name], point));
        }
        read.erase(0);
        REQUIRE(left[name] == read); // and nothing else was kept
      }
      points.pop_back();
    }
  }
}

TEST_CASE("retention index: a removal goes with what it hides, a damaged checkpoint keeps what it needs") {
  retention_index index;
  index.add_version("story/x", 1, false);
  index.add_version("story/x", 5, true);
  index.add_damaged_checkpoint(2);
  CHECK(index.thin_out(9).empty());
  retention_index other;
  other.add_version("story/x", 1, false);
  other.add_version("story/x", 5, true);
  other.add_version("y", 3, false);
  other.add_version("y", 3, false); // written again without a segment
  const auto gone = other.thin_out(9);
  CHECK(gone.versions == std::vector<std::pair<std::string, std::uint64_t>>{{"story/x", 1}, {"story/x", 5}});
}
