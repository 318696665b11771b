// Tests of retrieval for prompts: what is asked, whom it is for, freshness, and that a restart changes nothing.
#include "actors/scheduler/dj_lore.hpp"
#include "actors/scheduler/lore_intake.hpp"
#include "tests/actors/scheduler/sample_pack.hpp"

#include <catch2/catch.hpp>

using namespace longwave;
using namespace longwave::test;

namespace {

lore_record lore(const std::string& id, const std::string& text) {
  lore_record r;
  r.id = id;
  r.title = "Page " + id;
  r.text = text;
  r.region = "Appalachia";
  r.year_min = 2090;
  r.year_max = 2100;
  r.layer = "fuzzy";
  r.source = "lore.jsonl";
  r.line_number = 3;
  return r;
}

std::shared_ptr<const lore_catalogue> catalogue(std::vector<lore_record> records) {
  return std::make_shared<lore_list>(std::move(records), "hash");
}

/// Records about everything that sample_pack's segments are about.
std::shared_ptr<const lore_catalogue> large_catalogue() {
  std::vector<lore_record> records;
  const char* words[] = {"romance", "conflict", "creature", "reports", "settlement", "news",  "weather", "rain",
                         "storm",   "music",    "radio",    "trade",   "people",     "rumor", "Title",   "Tess"};
  for (int i = 0; i < 400; ++i) {
    std::string text = "It is told";
    random_stream draw(5, static_cast<std::uint64_t>(i), 0, "lore");
    for (int w = 0; w < 6; ++w) text += std::string(" of ") + words[draw.below(std::size(words))] + " subject";
    records.push_back(lore("r" + std::to_string(i), text + " number " + std::to_string(i) + "."));
  }
  return catalogue(std::move(records));
}

segment_plan gossip_about(const std::string& subject, std::uint64_t seq = 1) {
  segment_plan plan;
  plan.seq = seq;
  plan.type = segment_type::gossip;
  plan.gossip = gossip_topic{"g", "romance", subject, "rumor"};
  return plan;
}

std::vector<std::string> ids(const std::vector<lore_passage>& passages) {
  std::vector<std::string> out;
  for (const auto& p : passages) out.push_back(p.id);
  return out;
}

} // namespace

TEST_CASE("retrieval: a segment asks about its subject and about what its type always may know") {
  const auto gossip = lore_queries(gossip_about("a light in the lookout"), "Appalachia");
  REQUIRE(gossip.size() == 2);
  CHECK(gossip[0].words == "a light in the lookout");
  CHECK(gossip[1].words.rfind("Appalachia ", 0) == 0);
  segment_plan story;
  story.type = segment_type::story;
  story.beat.emplace();
  story.beat->title = "The Bell";
  story.beat->themes = {"hope"};
  story.beat->entities = {"Tess"};
  const auto first_act = lore_queries(story, "Appalachia");
  REQUIRE(first_act.size() == 2);
  CHECK(first_act[1].words.find("Tess") != std::string::npos);
  CHECK(first_act[1].words.find("hope") != std::string::npos);
  // The next act asks the same of its story: one search for the whole arc.
  story.beat->themes = {"loss"};
  story.beat->entities = {"Hob"};
  const auto next_act = lore_queries(story, "Appalachia");
  CHECK(next_act[0] == first_act[0]);
  CHECK_FALSE(next_act[1] == first_act[1]);
  segment_plan check;
  check.type = segment_type::time_check;
  CHECK(lore_queries(check, "Appalachia").empty());
}

TEST_CASE("retrieval: a DJ gets only what the filter and the critical rules let through") {
  auto late = lore("late", "The bell of the river.");
  late.year_max = 2103;
  auto page = lore("page", "The bell of the river.");
  page.excluded = "game_page";
  auto undated = lore("undated", "The bell of the river.");
  undated.year_min.reset();
  undated.year_max.reset();
  const auto named = lore("named", "The bell of the river was hung by the NCR.");
  const auto made = dj_lore::make(catalogue({lore("good", "The bell of the river."), late, page, undated, named}), sample_dj());
  const auto& source = *made.value();
  CHECK(source.known() == 2);
  lore_retrieval retrieval(std::shared_ptr<const lore_source>(std::shared_ptr<void>(), &source), "Appalachia", 16, 3'600);
  const auto found = retrieval.find(gossip_about("river bell"), 0);
  REQUIRE(found);
  REQUIRE(ids(found.value()) == std::vector<std::string>{"good"});
  CHECK(found.value()[0].layer == "fuzzy");
  CHECK(found.value()[0].source == "lore.jsonl:3");
}

TEST_CASE("retrieval: how the DJ knows a record") {
  auto dj = sample_dj();
  dj.knowledge.lore.info_sources = {"vault-tec"};
  dj.knowledge.lore.tiers = {"common"};
  auto r = lore("a", "x");
  CHECK(framing_of(dj, r) == "direct");
  r.region = "Elsewhere";
  CHECK(framing_of(dj, r) == "hearsay");
  r.tier = "common";
  CHECK(framing_of(dj, r) == "direct");
  r.year_max = 2077;
  CHECK(framing_of(dj, r) == "memory");
  r.info_source = "Vault-Tec";
  CHECK(framing_of(dj, r) == "archive");
}

TEST_CASE("retrieval: what was told is left out for fifty hours and ranks lower for a week") {
  CHECK(freshness(0) == 0);
  CHECK(freshness(84 * 3'600) == 0.5);
  CHECK(freshness(200 * 3'600) == 1);
  const auto source = dj_lore::make(catalogue({lore("a", "bell of the river"), lore("b", "bell in the tower")}), sample_dj()).value();
  lore_retrieval retrieval(source, "Appalachia", 16, 3'600);
  auto plan = gossip_about("bell river");
  plan.lore = retrieval.find(plan, 0).value();
  REQUIRE(ids(plan.lore) == std::vector<std::string>{"a", "b"});
  plan.lore.resize(1);
  retrieval.settle(plan, 0, true);
  const auto at = [&](std::int64_t hours) { return ids(retrieval.find(gossip_about("bell river", 2), hours * 3'600).value()); };
  CHECK(at(1) == std::vector<std::string>{"b"});
  CHECK(at(50) == std::vector<std::string>{"b"}); // .298
  CHECK(at(51) == std::vector<std::string>{"b", "a"}); // told again, behind one that says less of it
  CHECK(at(168) == std::vector<std::string>{"a", "b"});
}

TEST_CASE("retrieval: what a skipped segment had found was not told") {
  const auto source = dj_lore::make(catalogue({lore("a", "bell of the river")}), sample_dj()).value();
  lore_retrieval retrieval(source, "Appalachia", 16, 3'600);
  auto plan = gossip_about("bell river");
  plan.lore = retrieval.find(plan, 0).value();
  REQUIRE(plan.lore.size() == 1);
  retrieval.settle(plan, 0, false);
  CHECK(retrieval.told() == 0);
  CHECK(retrieval.counts().misses == 2);
  CHECK(ids(retrieval.find(gossip_about("bell river", 2), 3'600).value()) == std::vector<std::string>{"a"});
}

TEST_CASE("retrieval: a restart at any segment plans, counts and saves the same") {
  const auto pack = sample_pack();
  const auto config = sample_config(3, 200, 2);
  const auto source = dj_lore::make(large_catalogue(), sample_dj()).value();
  show whole(config, pack, {}, source);
  std::map<std::string, nlohmann::json> state;
  std::size_t told = 0;
  for (std::uint64_t seq = 1; seq <= 400; ++seq) {
    auto again = show::restore(config, pack, state, {}, source);
    REQUIRE(again);
    const auto plan = whole.plan(seq);
    REQUIRE(as_text(*again.value().plan(seq)) == as_text(*plan));
    told += plan->lore.size();
    CHECK(plan->lore.size() <= 3);
    const auto how = seq % 11 == 0 ? ending::skipped : seq % 7 == 0 ? ending::dropped : ending::accepted;
    play(again.value(), seq, how);
    play(whole, seq, how);
    REQUIRE(again.value().all_pieces() == whole.all_pieces());
    keep(state, whole);
  }
  CHECK(told > 400);
  REQUIRE(whole.cache_counts());
  CHECK(whole.cache_counts()->hits > 100);
  CHECK(state.count("lore") == 1);
  // No record within fifty hours of its last telling.
  CHECK(whole.world_view().at("lore").at("hit_rate").is_number());
}

TEST_CASE("retrieval: a run without a catalogue plans, saves and shows nothing of it") {
  show s(sample_config(3, 40), sample_pack());
  for (std::uint64_t seq = 1; seq <= 40; ++seq) CHECK(play(s, seq)->lore.empty());
  for (const auto& [name, piece] : s.all_pieces()) CHECK(name.rfind("lore", 0) != 0);
  CHECK(s.cache_counts() == nullptr);
  CHECK_FALSE(s.world_view().contains("lore"));
}

TEST_CASE("retrieval: a catalogue that cannot be read is told, not passed over") {
  struct broken final : lore_source {
    result<std::vector<lore_hit>> find(const lore_query&) const override { return failure{error_code::store_damaged, "term", "damaged", ""}; }
    result<std::optional<lore_passage>> passage(std::uint64_t, std::size_t) const override { return std::optional<lore_passage>(); }
  };
  show s(sample_config(3, 40), sample_pack(), {}, std::make_shared<broken>());
  for (std::uint64_t seq = 1; seq <= 3; ++seq) play(s, seq);
  REQUIRE(s.lore_failure());
  CHECK(s.lore_failure()->code == error_code::store_damaged);
}
