// Beat history: one story's beats, summed up act by act (A28-A30).
#include "actors/scheduler/beat_history.hpp"

#include <catch2/catch.hpp>

using namespace longwave;

namespace {

std::vector<aired_beat> beats(std::size_t count, std::size_t words_each) {
  std::vector<aired_beat> out;
  for (std::size_t i = 0; i < count; ++i) {
    aired_beat b;
    b.seq = i + 1;
    b.act = static_cast<int>(i / 2) + 1;
    b.act_type = "rising";
    b.act_title = "Act " + std::to_string(b.act);
    b.outcome = "In act " + std::to_string(b.act) + " Tamsin climbed down and the well ran clear again.";
    b.entities = {"Tamsin", "place " + std::to_string(i % 12)};
    b.conflict_level = 0.5;
    for (std::size_t w = 0; w < words_each; ++w) b.text += (w ? " word" : "word") + std::to_string(w);
    out.push_back(b);
  }
  return out;
}

} // namespace

TEST_CASE("beat history: test_beat_summarization (A29), ten beats are one summary and three whole ones") {
  const auto d = digest_beats(beats(10, 200));
  CHECK(d.count == 10);
  CHECK(d.summarized_count == 7);
  REQUIRE(d.recent.size() == 3);
  CHECK(d.recent.front().seq == 8);
  REQUIRE(d.outcomes.size() == 4);
  CHECK(d.outcomes[0].beats == 2);
  CHECK(d.outcomes[3].beats == 1);
  for (const auto& o : d.outcomes) CHECK(o.outcome.find("ran clear") != std::string::npos);
  CHECK(d.entities.front() == "Tamsin");
  CHECK(d.mean_conflict == Approx(0.5));
}

TEST_CASE("beat history: test_token_count_reduced (A30), twenty beats of two hundred words are at most 750") {
  const auto d = digest_beats(beats(20, 200));
  CHECK(d.tokens_full == 4'000);
  CHECK(d.tokens <= 750);
  CHECK(d.tokens * 2 <= d.tokens_full);
  CHECK(d.outcomes.size() == 9);
  CHECK(d.entities.size() == 10);
}

TEST_CASE("beat history: few beats stay whole, long ones are cut to the bound") {
  const auto few = digest_beats(beats(3, 100));
  CHECK(few.summarized_count == 0);
  CHECK(few.tokens == few.tokens_full);
  for (std::size_t words : {1u, 249u, 250u, 251u, 5'000u})
    for (std::size_t count : {0u, 1u, 3u, 4u, 60u}) CHECK(digest_beats(beats(count, words)).tokens <= 750);
}
