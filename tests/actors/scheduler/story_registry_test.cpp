// The memory of a story run: signatures, the ring, pieces and other runs' stories.
#include "actors/scheduler/story_registry.hpp"

#include "storage/chain.hpp"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

using namespace longwave;

namespace {

known_story story(std::uint64_t seq, const std::string& run = "r") {
  known_story s;
  s.id = run + "-" + std::to_string(seq);
  s.run = run;
  s.seq = seq;
  s.title = "Title " + std::to_string(seq);
  s.template_id = "T-" + std::to_string(seq);
  s.core = {"digital", "isolation", "system", "debt", "inversion"};
  s.signature = "sig-" + s.id;
  s.words = {1, 7, 4'000'000'000u};
  return s;
}

std::vector<std::string> ids(const story_memory& memory) {
  std::vector<std::string> out;
  for (const auto& s : memory) out.push_back(s->id);
  return out;
}

} // namespace

TEST_CASE("story registry: a signature is the hash of the sorted idea, whatever order the research came in") {
  const canonical_core core{"digital", "isolation", "system", "debt", "inversion"};
  CHECK(story_signature(core) ==
        storage::sha256_hex(R"({"canonical_core":{"antagonist_archetype":"system","primary_fear":"isolation",)"
                            R"("setting_archetype":"digital","threat_mechanism":"debt","twist_family":"inversion"},)"
                            R"("research_used":[]})"));
  CHECK(story_signature(core, {"RC-2", "RC-1"}) == story_signature(core, {"RC-1", "RC-2"}));
  CHECK(story_signature(core, {"RC-1"}) != story_signature(core));
  canonical_core other = core;
  other[4] = "revelation";
  CHECK(story_signature(other) != story_signature(core));
}

TEST_CASE("story registry: the newest stories stay, as many as the ring holds") {
  story_registry registry(3);
  for (std::uint64_t seq = 1; seq <= 5; ++seq) registry.add(story(seq));
  CHECK(ids(*registry.snapshot()) == std::vector<std::string>{"r-3", "r-4", "r-5"});
  CHECK(registry.piece_names().size() == 3);
  CHECK(registry.told("sig-r-4"));
  CHECK_FALSE(registry.told("sig-r-1"));
}

TEST_CASE("story registry: a snapshot does not change when a story follows") {
  story_registry registry(3);
  registry.add(story(1));
  const auto before = registry.snapshot();
  registry.add(story(2));
  CHECK(before->size() == 1);
  CHECK(registry.snapshot()->size() == 2);
}

TEST_CASE("story registry: its pieces rebuild it, also when they come in another order") {
  story_registry registry(4);
  for (std::uint64_t seq = 1; seq <= 6; ++seq)
    if (seq != 3) registry.add(story(seq)); // one was skipped
  auto names = registry.piece_names();
  std::reverse(names.begin(), names.end());
  story_registry again(4);
  for (const auto& name : names) again.load(nlohmann::json::parse(registry.piece(name).dump()));
  CHECK(ids(*again.snapshot()) == ids(*registry.snapshot()));
  CHECK(again.snapshot()->back()->words == story(6).words);
  CHECK(again.view() == registry.view());
}

TEST_CASE("story registry: stories of other runs count as told and are not saved with this run") {
  story_registry registry(3, {std::make_shared<const known_story>(story(9, "other"))});
  registry.add(story(1));
  CHECK(registry.told("sig-other-9"));
  CHECK(ids(*registry.snapshot()) == std::vector<std::string>{"other-9", "r-1"});
  CHECK(registry.piece_names().size() == 1);
}

TEST_CASE("story registry: a malformed piece is refused") {
  story_registry registry(3);
  CHECK_THROWS_AS(registry.load(nlohmann::json{{"id", "x"}}), nlohmann::json::exception);
  auto piece = nlohmann::json(story(1));
  piece["words"] = "not*base64";
  CHECK_THROWS_AS(registry.load(piece), nlohmann::json::exception);
}
