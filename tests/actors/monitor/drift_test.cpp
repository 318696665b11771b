// Drift: a run that stays as it was shows no sign, one that repeats itself, passes less or is resumed shows what it should.
#include "actors/monitor/drift.hpp"

#include "messages/random.hpp"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include <algorithm>

using namespace longwave;

namespace {

/// A text of `words` words out of a vocabulary of that size.
std::string text_of(random_stream& random, std::uint64_t vocabulary, int words = 80) {
  std::string out;
  for (int i = 0; i < words; ++i) out += "word" + std::to_string(random.below(vocabulary)) + " ";
  return out;
}

segment_record accepted(std::uint64_t seq, std::string text, bool at_once = true) {
  segment_record r;
  r.seq = seq;
  r.status = record_status::accepted;
  r.text = std::move(text);
  r.generation_ms = 2'000;
  if (!at_once) r.attempt_outcomes = {"rejected"};
  return r;
}

segment_record skipped(std::uint64_t seq, const std::string& last = "rejected") {
  segment_record r;
  r.seq = seq;
  r.status = record_status::skipped;
  r.attempt_outcomes = {"rejected", last};
  return r;
}

bool has(const std::vector<std::string>& signs, const std::string& wanted) {
  return std::find(signs.begin(), signs.end(), wanted) != signs.end();
}

} // namespace

TEST_CASE("drift: figures are exact", "[drift]") {
  drift_limits two;
  two.window = 2;
  two.phrase_words = 2;
  two.one_phrase_in = 1;
  segment_drift d(true, two);
  d.add(accepted(1, "a b c"));
  d.add(accepted(2, "c d"));
  CHECK_FALSE(d.recent()->novelty);
  CHECK(d.recent()->pass_rate == 1.0);
  d.add(accepted(3, "A b, x!")); // new: x of three; phrases: "a b" of two
  d.add(accepted(4, "x d y"));   // against 2 and 3: new y; phrases: none of two
  const auto now = d.recent();
  REQUIRE(now);
  CHECK(*now->novelty == Approx(1.0 / 3));
  CHECK(*now->phrase_reuse == Approx(0.25));
  CHECK(*now->segment_s == Approx(2));
  REQUIRE(d.baseline());
  CHECK(d.baseline()->novelty == now->novelty);
  CHECK(d.signs().empty()); // the last window is the beginning itself
}

TEST_CASE("drift: a run that stays as it was shows no sign", "[drift]") {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    segment_drift d;
    random_stream random(seed, 0, 0, "texts");
    for (std::uint64_t seq = 1; seq <= 600; ++seq) {
      d.add(accepted(seq, text_of(random, 3'000), random.chance(0.95)));
      REQUIRE(d.signs().empty());
    }
  }
}

TEST_CASE("drift: fewer words, the same phrases, failing drafts are seen within two windows and go again", "[drift]") {
  segment_drift d;
  random_stream random(1, 0, 0, "texts");
  std::uint64_t seq = 0;
  for (int i = 0; i < 150; ++i) d.add(accepted(++seq, text_of(random, 3'000)));
  CHECK(d.signs().empty());
  SECTION("a model that loses its words") {
    for (int i = 0; i < 64; ++i) d.add(accepted(++seq, text_of(random, 300)));
    CHECK(has(d.signs(), "novelty"));
  }
  SECTION("a model that says the same again") {
    const auto phrase = text_of(random, 3'000, 20);
    for (int i = 0; i < 64; ++i) d.add(accepted(++seq, phrase + text_of(random, 3'000, 60)));
    CHECK(has(d.signs(), "phrase_reuse"));
    const auto warnings = drift_warnings(d);
    CHECK(std::any_of(warnings.begin(), warnings.end(), [](const auto& w) {
      return w.code == "drift_phrase_reuse" && w.message.find("last 32 segments") != std::string::npos;
    }));
  }
  SECTION("drafts that fail") {
    for (int i = 0; i < 32; ++i) d.add(accepted(++seq, text_of(random, 3'000), i % 2 == 0));
    CHECK(d.signs() == std::vector<std::string>{"first_attempt_pass_rate"});
    for (int i = 0; i < 32; ++i) i % 4 == 0 ? d.add(skipped(++seq)) : d.add(accepted(++seq, text_of(random, 3'000)));
    CHECK(has(d.signs(), "pass_rate"));
  }
  for (int i = 0; i < 70; ++i) d.add(accepted(++seq, text_of(random, 3'000)));
  CHECK(d.signs().empty());
}

TEST_CASE("drift: lost calls are no failed validation, and without validation there are no pass rates", "[drift]") {
  segment_drift d, unjudged(false);
  random_stream random(1, 0, 0, "texts");
  for (std::uint64_t seq = 1; seq <= 200; ++seq) {
    const auto r = seq > 150 && seq % 2 == 0 ? skipped(seq, "timeout") : accepted(seq, text_of(random, 3'000));
    d.add(r);
    unjudged.add(r);
  }
  CHECK(d.signs().empty());
  CHECK(d.recent()->pass_rate == 1.0);
  CHECK_FALSE(unjudged.recent()->pass_rate);
  const auto view = drift_view(unjudged, segment_trend{});
  CHECK(view["recent"]["pass_rate"].is_null());
  CHECK(view["baseline"]["novelty"].is_number());
  CHECK(drift_view(segment_drift{}, segment_trend{})["baseline"].is_null());
}

TEST_CASE("drift: going on from the beginning and the last windows gives the same figures", "[drift]") {
  std::vector<segment_record> records;
  random_stream random(9, 0, 0, "texts");
  for (std::uint64_t seq = 1; seq <= 500; ++seq)
    records.push_back(random.chance(0.05) ? skipped(seq) : accepted(seq, text_of(random, 800)));
  segment_drift whole, resumed;
  for (const auto& r : records) whole.add(r);
  std::size_t i = 0;
  while (!resumed.has_beginning()) resumed.add(records[i++]);
  CHECK(i < 115);
  resumed.leap();
  for (std::size_t k = records.size() - 80; k < records.size(); ++k) resumed.add(records[k]);
  CHECK(drift_view(whole, segment_trend{}) == drift_view(resumed, segment_trend{}));
}
