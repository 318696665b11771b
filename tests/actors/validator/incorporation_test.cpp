// How much of a beat a text tells.
#include "actors/validator/incorporation.hpp"

#include <catch2/catch.hpp>

#include <string>

using namespace longwave;

namespace {

story_beat mill_beat() {
  story_beat beat;
  beat.title = "Lanterns over Miller Creek";
  beat.summary = "Widow Harlan lights lanterns along Miller Creek to guide lost traders home.";
  beat.entities = {"Widow Harlan", "Miller Creek"};
  beat.themes = {"hope", "mercy"};
  return beat;
}

double score(const story_beat& beat, const std::string& text) {
  const word_list words(text);
  return incorporation_score(beat, word_hash_set(words));
}

} // namespace

TEST_CASE("incorporation: a full telling scores above .85") {
  CHECK(score(mill_beat(), "Widow Harlan lights lanterns along Miller Creek, over the water, to guide lost traders "
                           "home. That is hope, friends, and mercy.") > 0.85);
}

TEST_CASE("incorporation: a partial telling lies between, none below .2") {
  const double partial = score(mill_beat(), "Somebody down at Miller Creek keeps lanterns burning every night.");
  CHECK(partial >= 0.3);
  CHECK(partial < 0.5);
  CHECK(score(mill_beat(), "Fog on the ridge and no caravans today.") < 0.2);
}

TEST_CASE("incorporation: the parts have their weights") {
  story_beat beat;
  beat.entities = {"Harlan"};
  beat.summary = "lanterns burning";
  beat.themes = {"mercy"};
  beat.title = "Creek";
  CHECK(score(beat, "Harlan") == Approx(0.3));
  CHECK(score(beat, "lanterns burning") == Approx(0.4));
  CHECK(score(beat, "lanterns") == Approx(0.2));
  CHECK(score(beat, "mercy") == Approx(0.2));
  CHECK(score(beat, "creek") == Approx(0.1));
}

TEST_CASE("incorporation: missing parts are weighed out") {
  story_beat beat;
  beat.summary = "lanterns burning";
  CHECK(score(beat, "lanterns burning") == Approx(1.0));
  beat.title = "Creek";
  CHECK(score(beat, "lanterns burning") == Approx(0.8));
  CHECK(score(story_beat{}, "anything") == Approx(1.0));
}

TEST_CASE("incorporation: short and stop words are not compared, short names are") {
  story_beat beat;
  beat.summary = "they would have been with the old cat";
  CHECK(score(beat, "nothing of it") == Approx(1.0));
  beat.entities = {"Moe"};
  CHECK(score(beat, "nothing of it") == Approx(0.0));
  CHECK(score(beat, "then Moe came") == Approx(1.0));
}

TEST_CASE("incorporation: words count whole and case does not") {
  story_beat beat;
  beat.summary = "lantern";
  CHECK(score(beat, "LANTERN'S light") == Approx(1.0));
  CHECK(score(beat, "lanternfish") == Approx(0.0));
}

TEST_CASE("incorporation: a callback counts when the text names it and says what it came to") {
  story_beat beat = mill_beat();
  beat.callback = story_callback{"flood", "The Flood at Sutton Lock", "Widow Harlan",
                                 "The lock keeper opened the sluice by hand and saved eleven houses.", 2, 9};
  const auto said = [&](const std::string& text) {
    const word_list words(text);
    return refers_back(beat, word_hash_set(words));
  };
  CHECK(said("You remember the flood at Sutton Lock and Widow Harlan: the keeper opened the sluice and saved the houses."));
  CHECK_FALSE(said("Widow Harlan lights lanterns along Miller Creek to guide lost traders home.")); // its own story only
  CHECK_FALSE(said("The keeper opened the sluice at Sutton Lock by hand and saved eleven houses.")); // not what ties them
}

TEST_CASE("incorporation: words that the beat brings along say nothing of the past") {
  story_beat beat = mill_beat();
  beat.title = "After the Lanterns over Miller Creek";
  beat.callback = story_callback{"lanterns", "Lanterns over Miller Creek", "Widow Harlan", "Three traders came home at last.", 2, 9};
  const word_list own("Widow Harlan lights lanterns along Miller Creek to guide lost traders home. After the lanterns.");
  CHECK_FALSE(refers_back(beat, word_hash_set(own)));
  const word_list both("Widow Harlan lights lanterns along Miller Creek. Three came at last.");
  CHECK(refers_back(beat, word_hash_set(both)));
}
