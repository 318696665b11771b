// Which numbers are years, and which words come from another time.
#include "actors/validator/temporal.hpp"

#include <catch2/catch.hpp>

#include <string>
#include <vector>

using namespace longwave;

namespace {

std::vector<violation> years_in(std::string_view text, int cutoff = 2102, int least = 0) {
  std::vector<violation> out;
  judge_years(word_list(text), {cutoff, least}, out);
  return out;
}

std::string rules_of(const std::vector<violation>& violations) {
  std::string out;
  for (const violation& v : violations) out += (out.empty() ? "" : " ") + v.rule;
  return out;
}

std::string rule_for(std::string_view text) { return rules_of(years_in(text)); }

std::vector<violation> words_in(std::string_view text) {
  phrase_set phrases;
  add_temporal_phrases(phrases);
  phrases.seal();
  const word_list words(text);
  std::vector<phrase_hit> hits;
  phrases.find(words, hits);
  std::vector<violation> out;
  judge_anachronisms(phrases, hits, words, out);
  return out;
}

} // namespace

TEST_CASE("temporal: years up to the cutoff are known, the next one is not") {
  CHECK(rule_for("We rebuilt it in 2102.").empty());
  CHECK(rule_for("We rebuilt it in 2103.") == "year_beyond_cutoff");
  CHECK(rule_for("It fell in 2281, they say.") == "year_beyond_cutoff");
  CHECK(rule_for("In 1900 or 1899.").empty());
  CHECK(rule_for("In 2999!") == "year_beyond_cutoff");
  CHECK(rule_for("In 3000!").empty());
}

TEST_CASE("temporal: a critical violation names the year in message and evidence") {
  const auto found = years_in("They marched in 2281.");
  REQUIRE(found.size() == 1);
  CHECK(found[0].level == severity::critical);
  CHECK(found[0].category == "temporal");
  CHECK(found[0].message.find("2281") != std::string::npos);
  CHECK(found[0].message.find("year") != std::string::npos);
  CHECK(found[0].evidence == "2281");
}

TEST_CASE("temporal: each year is reported once") {
  CHECK(years_in("In 2281 and 2281 and 2282.").size() == 2);
}

TEST_CASE("temporal: the lower limit is its own rule and may be absent") {
  CHECK(rules_of(years_in("Back in 2076.", 2102, 2077)) == "year_below_min");
  CHECK(years_in("Back in 2077.", 2102, 2077).empty());
  CHECK(years_in("Back in 1950.", 2102, 0).empty());
  CHECK(years_in("Far ahead in 2990.", 0, 0).empty());
}

TEST_CASE("temporal: a telephone number is no year") {
  for (std::string_view text : {"Call 304-555-APP (2773) today.", "Call 304-555-2773 today.", "Ring 555-2773 now.",
                                "Ring 555 2773 now.", "Dial 304.555.2773 for us.", "Dial APP-2773 for us."}) {
    INFO(text);
    CHECK(rule_for(text) == "year_doubtful");
  }
  const auto found = years_in("Call 304-555-APP (2773) today.");
  REQUIRE(found.size() == 1);
  CHECK(found[0].level == severity::warning);
  CHECK(found[0].evidence.find("2773") != std::string::npos);
}

TEST_CASE("temporal: a quoted title is no year") {
  for (std::string_view text :
       {"Next up is 'In the Year 2525' by request.", "Next up is \"In the Year 2525,\" by request.",
        "Next: \u2018In the Year 2525\u2019, friends.", "Next: \u201CIn the Year 2525\u201D, friends.",
        "\"Hey folks, here's 'In the Year 2525' again.\""}) {
    INFO(text);
    CHECK(rule_for(text) == "year_doubtful");
  }
}

TEST_CASE("temporal: speech in quotation marks and a quoted script are no titles") {
  CHECK(rule_for("\"Well folks, the dam was lost back in 2281, and that is how it went.\"") == "year_beyond_cutoff");
  CHECK(rule_for("\u201CThe dam was lost in 2281.\u201D") == "year_beyond_cutoff");
  CHECK(rule_for("\"In the Year 2525\"") == "year_beyond_cutoff");
  CHECK(rule_for("A trader said \"the dam was lost in 2281, and nobody ever came back from it again, friend.\"") ==
        "year_beyond_cutoff");
  CHECK(rule_for("The traders' carts came in 2281 and the miners' too.") == "year_beyond_cutoff");
  CHECK(rule_for("It's 2281, isn't it?") == "year_beyond_cutoff");
}

TEST_CASE("temporal: dates, ranges and compounds are years") {
  for (std::string_view text : {"On 2281-10-19 it rained.", "On 10/19/2281 it rained.", "From 2277-2281 it rained.",
                                "In mid-2281 it rained.", "A post-2281 world.", "The 2280s were worse.",
                                "2281's worst day.", "October 19, 2281 was cold.", "On October 19 2281.",
                                "The 2281-era maps.", "Since 2281\u20132285."}) {
    INFO(text);
    CHECK_THAT(rule_for(text), Catch::Contains("year_beyond_cutoff"));
  }
}

TEST_CASE("temporal: quantities and labels only may be years") {
  for (std::string_view text : {"It cost 2500 caps.", "It cost $2500.", "Locker 2204 is open.", "At 2200 hours sharp.",
                                "A 2500-foot drop.", "Tune to 2281 kHz."}) {
    INFO(text);
    CHECK(rule_for(text) == "year_doubtful");
  }
  CHECK(rule_for("In 2281 people left.") == "year_beyond_cutoff");
}

TEST_CASE("temporal: longer digit groups are no years at all") {
  CHECK(rule_for("Serial 12281 and 228100.").empty());
  CHECK(rule_for("About 12,281 steps.").empty());
  CHECK(rule_for("Model X2281b.").empty());
}

TEST_CASE("temporal: modern words are critical, words of the setting a warning") {
  for (std::string_view word : {"internet", "smartphone", "wifi", "Wi-Fi", "website", "app", "social media", "Twitter",
                                "Facebook", "YouTube", "laptop", "iPhone", "android", "websites"}) {
    INFO(word);
    const auto found = words_in("Look at the " + std::string(word) + " over there.");
    REQUIRE(found.size() == 1);
    CHECK(found[0].level == severity::critical);
    CHECK(found[0].rule == "anachronism");
  }
  for (std::string_view word : {"computer", "tablet", "computers"}) {
    const auto found = words_in("That old " + std::string(word) + " hums.");
    REQUIRE(found.size() == 1);
    CHECK(found[0].level == severity::warning);
  }
}

TEST_CASE("temporal: parts of words and vanity numbers are no modern words") {
  CHECK(words_in("Good evening, Appalachia. The map wraps around. Call 304-555-APP (2773).").empty());
  CHECK(words_in("A social call. Media was another thing.").empty());
}
