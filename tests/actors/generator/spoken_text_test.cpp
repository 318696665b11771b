// What stands around a script, and what a sentence keeps.
#include "actors/generator/spoken_text.hpp"

#include <catch2/catch.hpp>

#include <string>
#include <utility>
#include <vector>

using namespace longwave;

namespace {

const std::vector<std::string> julie{"julie", "Julie"};
const std::string said = "Well hey there, friends, this is Julie. The rain is gone, and I mean it.";

std::string spoken(const std::string& text) { return spoken_part(text, julie).text; }

dj_profile profile_of_julie() {
  dj_profile p;
  p.name = "Julie (2102, Appalachia)";
  p.shortcuts = {"julie"};
  return p;
}

draft answer_of(std::string text, std::string endpoint = "http://127.0.0.1:1") {
  draft d;
  d.text = std::move(text);
  d.endpoint = std::move(endpoint);
  return d;
}

} // namespace

TEST_CASE("spoken_text: what stands around a script is taken out and told") {
  const std::pair<std::string, std::string> around[] = {
    {"```\n" + said + "\n```", "```"},
    {"```text\n" + said + "\n```", "```text"},
    {"Sure! Here's the radio segment you asked for:\n\n" + said, "Sure! Here's the radio segment you asked for:"},
    {"**Here is the script:**\n\n---\n\n" + said, "**Here is the script:**"},
    {"Certainly, a gossip segment for Julie.\n---\n" + said, "Certainly, a gossip segment for Julie."},
    {said + "\n\nLet me know if you'd like another version!", "Let me know if you'd like another version!"},
    {"# Evening Broadcast\n\n" + said, "# Evening Broadcast"},
    {"**Evening Broadcast**\n" + said, "**Evening Broadcast**"},
    {"---\n" + said, "---"},
    {"Julie: " + said, "Julie:"},
    {"**Julie:** " + said, "**Julie:**"},
    {"**JULIE**: " + said, "**JULIE**:"},
    {"[Julie]: " + said, "[Julie]:"},
    {"Host: " + said, "Host:"},
    {"[soft static] " + said, "[soft static]"},
    {said + " [music fades]", "[music fades]"},
    {"(laughs) " + said, "(laughs)"},
    {said + " (music fades out)", "(music fades out)"},
    {"*static crackles* " + said, "*static crackles*"},
    {said + " *sighs*", "*sighs*"},
    {"*Static crackles*\n" + said, "*Static crackles*"},
  };
  for (const auto& [text, piece] : around) {
    INFO(text);
    const auto done = spoken_part(text, julie);
    CHECK(done.text == said);
    REQUIRE_FALSE(done.removed.empty());
    CHECK(done.removed.front() == piece);
  }
  CHECK(spoken("Sure, here's the segment:\n\n```\n**Julie:** \"" + said + "\"\n```") == "\"" + said + "\"");
  CHECK(spoken("**" + said.substr(0, said.size() - 1) + "**") == said.substr(0, said.size() - 1)); // all of it in bold is no title
  CHECK(spoken("Hold on. [pause] There it is.") == "Hold on. There it is.");
  CHECK(spoken("Hold on. (pauses) There it is.") == "Hold on. There it is.");
  CHECK(spoken("I *really* mean **it**, friends.") == "I really mean it, friends.");
}

TEST_CASE("spoken_text: words of a sentence stay, whatever stands near them") {
  for (const std::string& text : {
         std::string(said),
         std::string("Call us at 304-555-APP (2773), folks."),
         std::string("Stay safe. (And I mean that.) Good night."),
         std::string("The road (the old one) is closed."),
         std::string("Okay, folks, here's what we know:\nThe bridge is closed."),
         std::string("Sure is cold tonight.\nStay in."),
         std::string("One more thing.\n\nLet me know if you see my brother out there."),
         std::string("\"Stay,\" she said, and then, \"go.\""),
         std::string("Two * three is six."),
         std::string("Here's the thing: we are not alone."),
         std::string("Julie here. Julies everywhere: one of them is me."),
         std::string("snake_case and 5 [] brackets"),
         std::string("The frequency [98.5] and the room [B12] are ours."),
         "\"" + said + "\"",
         std::string("The host: a kind man."),
       }) {
    INFO(text);
    const auto done = spoken_part(text, julie);
    if (text.rfind("The host", 0) != 0) CHECK(done.text == text);
    CHECK(done.removed.empty());
  }
}

TEST_CASE("spoken_text: the same once more changes nothing, and any bytes come to an end") {
  const std::string odd[] = {"", "[", "]", "(", "*", "**", "***", "```", "```\n```", "\"\"", "\"", "[[a] b]", "*(a)*", "**[a]**", "Julie:", "Julie: Julie: hey",
                             "\xff[a\xfe]", "# ", "# a", "# a\n# b", "#\n#", "---\n***\n___", "[a][b](c) *d* e", "(a (b) c) D", "*a* *b* *c*", "\"*laughs* \"Hey\"\""};
  for (const auto& text : odd) {
    INFO(text);
    const auto once = spoken(text);
    CHECK(spoken(once) == once);
    CHECK(once.size() <= text.size() + 1);
  }
  CHECK(spoken("[all of it is a stage direction]").empty());
  std::string many;
  for (int i = 0; i < 5'000; ++i) many += "[a] b. ";
  const auto done = spoken_part(many, julie);
  CHECK(done.text.find('[') == std::string::npos);
  CHECK(done.removed.size() == spoken_limits{}.told);
}

TEST_CASE("spoken_text: an answer is settled once: what is spoken, a refusal, or no text") {
  const auto profile = profile_of_julie();
  CHECK(speakers_of(profile) == std::vector<std::string>{"Julie"});
  dj_profile other;
  other.name = "Travis Miles (Nervous) (2287, Commonwealth)";
  other.shortcuts = {"travis", "travis-nervous", "miles", "t"};
  CHECK(speakers_of(other) == std::vector<std::string>{"Travis Miles", "travis"});
  auto labelled = answer_of("Julie: " + said);
  settle_text(labelled, &profile);
  CHECK(labelled.outcome == outcome_class::ok);
  CHECK(labelled.text == said);
  CHECK(labelled.removed == std::vector<std::string>{"Julie:"});
  auto declined = answer_of("I'm sorry, but I can't help with that.");
  settle_text(declined, &profile);
  CHECK(declined.outcome == outcome_class::refused);
  CHECK(declined.detail == "refused: I'm sorry, but I can't help with that.");
  auto declined_behind_a_label = answer_of("Julie: I'm sorry, but I can't help with that.");
  settle_text(declined_behind_a_label, &profile);
  CHECK(declined_behind_a_label.outcome == outcome_class::refused);
  auto nothing_left = answer_of("[soft static, then silence]");
  settle_text(nothing_left, &profile);
  CHECK(nothing_left.outcome == outcome_class::empty);
  auto failed = answer_of("[Generation error: 404]");
  settle_text(failed, &profile);
  CHECK(failed.outcome == outcome_class::empty);
  auto story = answer_of("# A Night\n\nThe door [it was red] opened.");
  settle_text(story, nullptr);
  CHECK(story.text == "# A Night\n\nThe door [it was red] opened.");
  auto offline = answer_of("Julie: as the pack has it.", "");
  settle_text(offline, &profile);
  CHECK(offline.text == "Julie: as the pack has it.");
  auto stalled = answer_of("Julie: ");
  stalled.outcome = outcome_class::stall;
  settle_text(stalled, &profile);
  CHECK(stalled.outcome == outcome_class::stall);
}
