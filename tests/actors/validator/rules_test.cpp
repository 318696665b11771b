// All rules together, on whole scripts.
#include "actors/validator/rules.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <string>
#include <vector>

using namespace longwave;

namespace {

dj_profile julie() {
  dj_profile p;
  p.name = "Julie (2102, Appalachia)";
  p.tone = "hopeful, earnest, conversational";
  p.station = "Appalachia Radio";
  p.catchphrases = {"Keep your lantern lit"};
  p.knowledge.temporal_cutoff_year = 2102;
  p.knowledge.region = "Appalachia";
  p.knowledge.forbidden_factions = {"NCR", "Institute", "Brotherhood of Steel"};
  p.knowledge.forbidden_topics = {"synths", "west coast factions", "commonwealth", "sole survivor"};
  p.knowledge.known_factions = {"Responders", "Free States", "Raiders", "Scorched"};
  return p;
}

segment_plan gossip(std::uint64_t seq = 1) {
  segment_plan plan;
  plan.seq = seq;
  plan.type = segment_type::gossip;
  plan.min_words = 10;
  plan.structure = "p1";
  return plan;
}

const std::string clean =
  "Hey folks, the Responders fixed the footbridge at Flatwoods this morning, and I believe we can all walk to market "
  "with dry feet again before the week is out.";

verdict judge(const std::string& text, const segment_plan& plan = gossip(), const repetition_window& window = {}) {
  static const rule_context context(julie());
  return judge_text(context, plan, text, window);
}

std::string rules_of(const verdict& v) {
  std::string out;
  for (const violation& f : v.violations) out += (out.empty() ? "" : " ") + f.rule;
  return out;
}

bool has(const verdict& v, std::string_view rule) {
  return std::any_of(v.violations.begin(), v.violations.end(), [&](const violation& f) { return f.rule == rule; });
}

} // namespace

TEST_CASE("rules: a clean script has no violation") {
  const verdict v = judge(clean);
  CHECK(rules_of(v) == "");
  CHECK(v.accepted());
  CHECK(v.incorporation == -1);
}

TEST_CASE("rules: each critical rule rejects") {
  for (const char* tail : {" It was 2281.", " The NCR helped.", " The Brotherhood of Steel helped.", " No synths here.",
                           " A rider from the Mojave.", " Check the internet."}) {
    INFO(tail);
    const verdict v = judge(clean + tail);
    CHECK_FALSE(v.valid());
    CHECK_FALSE(v.accepted());
  }
}

TEST_CASE("rules: the traps of real scripts are not critical") {
  for (const char* tail : {" Call 304-555-APP (2773).", " Here is 'In the Year 2525'.", " Good night, Appalachia.",
                           " It is warm toward noon, and the war is over.", " The old railroad is rusty.",
                           " I like it.", " And that is that"}) {
    INFO(tail);
    CHECK(judge(clean + tail).valid());
  }
  CHECK(rules_of(judge('"' + clean + '"')) == "");
  CHECK(rules_of(judge(clean + " And that is that")) == "no_end_mark");
  CHECK(judge("\"" + clean + " It was 2281.\"").valid() == false);
}

TEST_CASE("rules: format alone never rejects") {
  std::string long_text;
  for (int i = 0; i < 300; ++i) long_text += "hope ";
  const verdict v = judge(long_text);
  CHECK(v.accepted());
  CHECK(has(v, "too_long"));
  CHECK(has(v, "no_end_mark"));
}

TEST_CASE("rules: critical findings come first, warnings last") {
  const verdict v = judge("Call 304-555-2773, the NCR said in 2281, perfectly");
  REQUIRE(v.violations.size() >= 4);
  CHECK(std::is_sorted(v.violations.begin(), v.violations.end(),
                       [](const violation& a, const violation& b) { return a.level < b.level; }));
  CHECK(v.violations[0].rule == "year_beyond_cutoff");
  CHECK(v.violations[1].rule == "forbidden_faction");
  CHECK(v.violations[2].rule == "foreign_name");
}

TEST_CASE("rules: nothing and error shapes are critical and judged no further") {
  const verdict blank = judge(" \n");
  REQUIRE(blank.violations.size() == 1);
  CHECK(blank.violations[0].rule == "empty");
  CHECK(blank.violations[0].category == "format");
  const verdict error = judge("[Generation error: 404 in 2281]");
  REQUIRE(error.violations.size() == 1);
  CHECK(error.violations[0].rule == "error_shape");
  CHECK(error.violations[0].category == "backend");
  CHECK_FALSE(error.valid());
}

TEST_CASE("rules: evidence of a cut answer stays whole UTF-8") {
  std::string page = "<html>";
  for (int i = 0; i < 100; ++i) page += "é";
  const verdict v = judge(page + "</html>");
  REQUIRE(v.violations.size() == 1);
  const std::string& evidence = v.violations[0].evidence;
  CHECK(evidence.size() <= 120);
  CHECK((evidence.size() - 6) % 2 == 0);
}

TEST_CASE("rules: a planned story that is not told asks for a retry without being critical") {
  segment_plan plan = gossip();
  plan.beat = story_beat{};
  plan.beat->id = "a-1";
  plan.beat->title = "Lanterns over Miller Creek";
  plan.beat->summary = "Widow Harlan lights lanterns along Miller Creek to guide lost traders home.";
  plan.beat->entities = {"Widow Harlan"};
  plan.beat->themes = {"hope"};
  const verdict v = judge(clean, plan);
  CHECK(v.valid());
  CHECK_FALSE(v.story_told);
  CHECK_FALSE(v.accepted());
  CHECK(has(v, "story_incorporation"));
  CHECK(v.incorporation < 0.5);
  const std::string telling = " In hope, Widow Harlan lights lanterns along Miller Creek to guide lost traders home.";
  const verdict told = judge(clean + telling, plan);
  CHECK(told.accepted());
  CHECK(told.incorporation > 0.8);
}

TEST_CASE("rules: the variety mark is taken from the text") {
  const verdict v = judge(clean + " Rain is near. Keep your lantern lit!");
  CHECK(v.variety.opening == "hey folks the responders fixed the");
  CHECK(v.variety.catchphrases == std::vector<std::string>{"Keep your lantern lit"});
  CHECK(v.variety.topics == std::vector<std::string>{"Responders", "Flatwoods", "weather"});
  CHECK(v.variety.structure == "p1");
  CHECK(v.variety.flags.empty());
}

TEST_CASE("rules: a digest brings repetition to light") {
  const rule_context context(julie());
  repetition_window window;
  const verdict first = judge(clean);
  window.add(digest_text(context, gossip(1), clean, first.variety));
  const verdict again = judge(clean, gossip(2), window);
  CHECK(again.valid());
  CHECK(again.variety.flags == std::vector<std::string>{"opening", "identical", "location", "faction", "structure"});
  for (const std::string& flag : again.variety.flags) CHECK(has(again, flag));
  const verdict changed = judge(clean + " Bye now.", gossip(2), window);
  CHECK(has(changed, "near_duplicate"));
  CHECK_FALSE(has(changed, "identical"));
}

TEST_CASE("rules: names that a beat requires and the home region may come again") {
  const rule_context context(julie());
  segment_plan plan = gossip(1);
  plan.beat = story_beat{};
  plan.beat->id = "a-1";
  plan.beat->summary = "The Responders mend the bridge at Flatwoods.";
  repetition_window window;
  window.add(digest_text(context, plan, clean, judge(clean, plan).variety));
  plan.seq = 2;
  const std::string next = "Believe me, the Responders are at Flatwoods again to mend the last bridge of them all.";
  CHECK_FALSE(has(judge(next, plan, window), "location"));
  CHECK_FALSE(has(judge(next, plan, window), "faction"));
  CHECK(has(judge(next, gossip(2), window), "location"));
  CHECK(has(judge(next, gossip(2), window), "faction"));
}

TEST_CASE("rules: further places count as topics") {
  const rule_context context(julie(), {"Cobb Hollow"});
  const verdict v = judge_text(context, gossip(), clean + " Over in Cobb Hollow too.", {});
  CHECK(std::find(v.variety.topics.begin(), v.variety.topics.end(), "Cobb Hollow") != v.variety.topics.end());
}

TEST_CASE("rules: story runs know no DJ limits but format, shape and repetition") {
  const rule_context context;
  segment_plan plan;
  plan.seq = 1;
  plan.type = segment_type::story;
  const std::string story = "# 제목\n\nIn 2281 the NCR had the internet, and I heard it breathing behind the wall.";
  const verdict v = judge_text(context, plan, story, {});
  CHECK(rules_of(v) == "");
  CHECK(v.variety.opening == "in 2281 the ncr had the");
  CHECK_FALSE(judge_text(context, plan, "[error]", {}).valid());
  CHECK(rules_of(judge_text(context, plan, "It never ended and", {})) == "too_short no_end_mark");
  repetition_window window;
  window.add(digest_text(context, plan, story, v.variety));
  CHECK(rules_of(judge_text(context, plan, story, window)) == "opening identical");
}

TEST_CASE("rules: a missing catch-phrase is noted only where one was planned") {
  std::string text = clean;
  for (int i = 0; i < 30; ++i) text += " and on";
  text += '.';
  CHECK_FALSE(has(judge(text, gossip(3)), "catchphrase_missing"));
  segment_plan plan = gossip(3);
  plan.catchphrase = "Keep your lantern lit";
  CHECK(has(judge(text, plan), "catchphrase_missing"));
  CHECK(has(judge(text, gossip(0)), "catchphrase_missing"));
}

TEST_CASE("rules: any bytes get a verdict") {
  for (int c = 0; c < 256; ++c) {
    const std::string text(40, static_cast<char>(c));
    CHECK_NOTHROW(judge(text));
    CHECK_NOTHROW(judge(clean + static_cast<char>(c)));
    CHECK_NOTHROW(judge(static_cast<char>(c) + std::string("'2281'\"") + static_cast<char>(c)));
  }
}
