// Tests of the offline backend and the Appalachia grammar: sound scripts, variety over 30 days, feedback, lengths.
#include "actors/generator/backends/offline.hpp"
#include "actors/validator/rules.hpp"
#include "messages/pack.hpp"
#include "messages/random.hpp"
#include "messages/sentences.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <cctype>
#include <deque>
#include <filesystem>
#include <fstream>
#include <map>
#include <set>

using namespace longwave;
using nlohmann::json;

namespace {

const std::string julie = "Julie (2102, Appalachia)";

std::filesystem::path packs() {
  return std::filesystem::path(LONGWAVE_SOURCE_DIR) / "packs";
}

json read_json(const std::filesystem::path& path) {
  std::ifstream in(path);
  REQUIRE(in);
  return json::parse(in);
}

std::vector<topic_list> topics(const std::filesystem::path& path) {
  std::vector<topic_list> lists;
  const json document = read_json(path);
  for (const auto& t : document.at("topics")) lists.push_back({t.at("category"), t.at("subjects")});
  return lists;
}

const std::shared_ptr<const content_pack>& appalachia() {
  static const auto pack = [] {
    auto p = std::make_shared<content_pack>();
    const auto folder = packs() / "appalachia";
    p->name = "appalachia";
    p->profiles.push_back(read_json(folder / "profiles/julie.json").get<dj_profile>());
    p->gossip = topics(folder / "topics/gossip.json");
    p->news = topics(folder / "topics/news.json");
    p->grammars["en"] = read_json(folder / "grammar/en.json");
    return std::shared_ptr<const content_pack>(p);
  }();
  return pack;
}

draft answer_of(backend& b, const generation_call& call) {
  draft got;
  int answers = 0;
  const auto handle = b.start(call, [&](draft d) {
    got = std::move(d);
    ++answers;
  });
  CHECK(handle == nullptr);
  CHECK(answers == 1);
  return got;
}

generation_call call_for(segment_plan plan, std::uint64_t seed = 42) {
  generation_call call;
  call.seq = plan.seq;
  call.seed = seed;
  call.plan = std::make_shared<const segment_plan>(std::move(plan));
  return call;
}

segment_plan base_plan(segment_type type, std::uint64_t seq) {
  segment_plan plan;
  plan.seq = seq;
  plan.type = type;
  plan.position.day = static_cast<int>((seq - 1) / 16 + 1);
  plan.position.hour = static_cast<int>((seq - 1) % 16 + 6);
  plan.position.broadcast_date = "2102-10-23";
  plan.structure = std::string(1, "abcd"[seq % 4]);
  plan.weather = {"rainy", "moderate", 48, false, "", "cloudy"};
  plan.forecast = {{"foggy", "minor", 44, false, "", "rainy"}, {"sunny", "minor", 52, false, "", "foggy"}};
  return plan;
}

/// A day's plan like the scheduler's: weather at 6 and 17, news at 12, otherwise rumours and now and then music.
segment_plan planned(std::uint64_t seq) {
  random_stream random(7, seq, 0, "test plan");
  const int hour = static_cast<int>((seq - 1) % 16 + 6);
  const auto type = hour == 6 || hour == 17 ? segment_type::weather
                    : hour == 12            ? segment_type::news
                    : random.chance(0.06)   ? segment_type::music_intro
                                            : segment_type::gossip;
  auto plan = base_plan(type, seq);
  plan.structure = std::string(1, "abcd"[(seq + seq / 16) % 4]);
  const auto& phrases = appalachia()->profiles[0].catchphrases;
  if (random.chance(0.8)) plan.catchphrase = phrases[random.below(phrases.size())];
  const auto subject = [&](const topic_list& list) { return list.subjects[random.below(list.subjects.size())]; };
  const auto& gossip = appalachia()->gossip[random.below(8)];
  const auto& news = appalachia()->news[random.below(8)];
  const char* const stages[] = {"rumor", "spreading", "confirmed", "resolved"};
  const char* const wordings[] = {"confirmed", "solid reports", "according to reports", "word is"};
  const std::string rumor = subject(gossip);
  const std::string item = subject(news);
  if (type == segment_type::gossip) plan.gossip = gossip_topic{"g", gossip.category, rumor, stages[random.below(4)]};
  if (type == segment_type::news) plan.news = news_topic{news.category, 0.8, wordings[random.below(4)], item};
  return plan;
}

story_beat beat() {
  story_beat b;
  b.id = "plank-bridge";
  b.title = "The Toll at Plank Bridge";
  b.act = 2;
  b.acts_total = 3;
  b.act_type = "rising";
  b.summary = "Carpenter Hollis measures the gorge by moonlight for a second bridge.";
  b.telling = "Hollis went out with a knotted string and counted the whole gorge, one knot at a time.";
  b.entities = {"Hollis", "Sable"};
  b.themes = {"courage"};
  b.framing = "report";
  b.so_far = {"The Raiders boss Sable closed the only bridge"};
  return b;
}

/// A pack of the source tree with profile and grammar only.
std::shared_ptr<const content_pack> pack_at(const std::filesystem::path& folder) {
  auto p = std::make_shared<content_pack>();
  p->name = folder.filename().string();
  for (const auto& file : std::filesystem::directory_iterator(folder / "profiles"))
    p->profiles.push_back(read_json(file.path()).get<dj_profile>());
  p->grammars["en"] = read_json(folder / "grammar/en.json");
  return p;
}

std::vector<std::string> words_of(const std::string& text) {
  std::vector<std::string> words;
  std::string word;
  for (const char c : text + " ") {
    if (std::isalnum(static_cast<unsigned char>(c)) || c == '\'') word += static_cast<char>(std::tolower(c));
    else if (!word.empty()) words.push_back(std::exchange(word, {}));
  }
  return words;
}

double jaccard(const std::set<std::string>& a, const std::set<std::string>& b) {
  const auto common = std::count_if(a.begin(), a.end(), [&](const auto& w) { return b.count(w) > 0; });
  return static_cast<double>(common) / static_cast<double>(a.size() + b.size() - static_cast<std::size_t>(common));
}

bool contains(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

std::size_t characters(const std::string& text) {
  return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), [](char c) { return (c & 0xc0) != 0x80; }));
}

} // namespace

TEST_CASE("the Appalachia grammar has every entry point and only facts that exist", "[offline]") {
  const auto entry = broadcast_entry_points();
  const auto checked = check_grammar(appalachia()->grammars.at("en"), "en.json", entry);
  if (!checked) FAIL(to_string(checked.error()));

  auto plan = base_plan(segment_type::story, 1);
  plan.weather.emergency = true;
  plan.gossip = gossip_topic{"g", "romance", "a ring in a bottle", "rumor"};
  plan.news = news_topic{"creature_alert", 0.65, "word is", "wolves by the ford"};
  plan.catchphrase = "One good day at a time";
  plan.beat = beat();
  plan.beat->entities.push_back("Marrow");
  plan.beat->callback = story_callback{"flood", "The Flood", "Keeper Maud", "The lock held.", 3, 9};
  auto facts = facts_of(plan, appalachia()->profiles[0]);
  plan.beat->act = plan.beat->acts_total = 1;
  const auto single_act = facts_of(plan, appalachia()->profiles[0]);
  for (const auto& [name, value] : single_act.entries()) facts.set(name, value);
  facts.set("beat.plain", "yes");
  const auto compiled = grammar::compile(appalachia()->grammars.at("en"), "en.json");
  REQUIRE(compiled);
  for (const auto& name : compiled.value().facts()) {
    INFO(name);
    CHECK(facts.find(name) != nullptr);
  }
}

TEST_CASE("each type and structure gives a sound script", "[offline]") {
  const auto b = make_offline_backend(appalachia(), julie);
  for (const auto type : {segment_type::emergency_weather, segment_type::time_check, segment_type::weather,
                          segment_type::news, segment_type::story, segment_type::gossip, segment_type::music_intro}) {
    for (std::uint64_t seq = 1; seq <= 64; ++seq) {
      auto plan = base_plan(type, seq);
      plan.gossip = gossip_topic{"g", "romance", "a ring in a bottle", "rumor"};
      plan.news = news_topic{"creature_alert", 0.65, "word is", "wolves by the ford"};
      plan.catchphrase = "One good day at a time";
      if (type == segment_type::story) plan.beat = beat();
      if (type == segment_type::emergency_weather) plan.weather = {"rad_storm", "severe", 60, true, "e", "rainy"};
      const auto got = answer_of(*b, call_for(plan));
      INFO(to_string(type) << '.' << plan.structure << ": " << got.text << got.detail);
      REQUIRE(got.outcome == outcome_class::ok);
      CHECK(contains(got.text, plan.catchphrase));
      CHECK(contains(got.text, hour_in_words(plan.position.hour)));
      CHECK(count_words(got.text) >= 30);
      CHECK(count_words(got.text) <= 225);
      CHECK(std::string_view(".!?").find(got.text.back()) != std::string_view::npos);
      for (const char* flaw : {"  ", "..", " .", "#", "{", "}", "[", "*"}) CHECK_FALSE(contains(got.text, flaw));
      if (type == segment_type::story) {
        CHECK(contains(got.text, plan.beat->telling));
        for (const char* part : {"The Toll at Plank Bridge", "Sable", "courage"}) CHECK(contains(got.text, part));
      }
      if (type == segment_type::news) CHECK(contains(got.text, "wolves by the ford"));
      if (type == segment_type::weather) CHECK(contains(got.text, "forty-eight degrees"));
    }
  }
}

TEST_CASE("thirty days: no repeated opening within ten, no near-duplicate, stages told apart", "[offline]") {
  const std::pair<const char*, std::vector<const char*>> stage_words[] = {
    {"rumor", {"heard", "rumor", "word is", "travelers say"}},
    {"spreading", {"reports indicate", "confirmed sightings", "ongoing"}},
    {"confirmed", {"confirmed", "official", "verified"}},
    {"resolved", {"resolved", "ended", "concluded", "aftermath"}}};
  const auto b = make_offline_backend(appalachia(), julie);
  std::deque<std::string> openings;
  std::deque<std::set<std::string>> recent;
  std::set<std::string> vocabulary;
  for (std::uint64_t seq = 1; seq <= 480; ++seq) {
    const auto plan = planned(seq);
    const auto got = answer_of(*b, call_for(plan));
    REQUIRE(got.outcome == outcome_class::ok);
    const auto words = words_of(got.text);
    INFO(seq << ": " << got.text);
    std::string opening;
    for (std::size_t i = 0; i < 6; ++i) opening += words.at(i) + ' ';
    CHECK(std::find(openings.begin(), openings.end(), opening) == openings.end());
    openings.push_back(opening);
    if (openings.size() > 10) openings.pop_front();

    const std::set<std::string> set(words.begin(), words.end());
    vocabulary.insert(set.begin(), set.end());
    for (const auto& before : recent) CHECK(jaccard(set, before) < 0.5);
    recent.push_back(set);
    if (recent.size() > 50) recent.pop_front();

    if (!plan.gossip) continue;
    std::string lower = got.text;
    for (char& c : lower) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    for (const auto& [stage, keys] : stage_words) {
      const bool found = std::any_of(keys.begin(), keys.end(), [&](const char* k) { return contains(lower, k); });
      CHECK(found == (plan.gossip->stage == stage));
    }
  }
  CHECK(vocabulary.size() > 1'900);
}

TEST_CASE("the same call gives the same bytes, a rejected draft gives others", "[offline]") {
  const auto b = make_offline_backend(appalachia(), julie);
  const auto again = make_offline_backend(appalachia(), julie);
  for (std::uint64_t seq = 1; seq <= 48; ++seq) {
    auto call = call_for(planned(seq));
    const auto first = answer_of(*b, call);
    CHECK(first.text == answer_of(*again, call).text);
    call.rejected = 1;
    CHECK(first.text != answer_of(*b, call).text);
  }
}

TEST_CASE("usage counts words", "[offline]") {
  const auto b = make_offline_backend(appalachia(), julie);
  auto call = call_for(planned(3));
  call.system_prompt = "one two";
  call.user_prompt = " three  four five ";
  const auto got = answer_of(*b, call);
  REQUIRE(got.usage);
  CHECK(got.usage->input_tokens == 5);
  CHECK(got.usage->output_tokens == count_words(got.text));
  CHECK(b->info().kind == "offline");
}

TEST_CASE("feedback is obeyed", "[offline]") {
  const auto b = make_offline_backend(appalachia(), julie);
  for (std::uint64_t seq = 1; seq <= 32; ++seq) {
    auto call = call_for(planned(seq));
    call.rejected = 1;
    call.feedback = {{"filler", "voice", severity::warning, "no such words", "um, kettle; cat"}};
    const auto words = words_of(answer_of(*b, call).text);
    for (const char* avoided : {"um", "kettle", "cat"})
      CHECK(std::find(words.begin(), words.end(), avoided) == words.end());
  }
  auto plan = base_plan(segment_type::story, 5);
  plan.beat = beat();
  auto call = call_for(plan);
  CHECK_FALSE(contains(answer_of(*b, call).text, plan.beat->summary));
  call.rejected = 1;
  call.feedback = {{"story_incorporation", "story", severity::quality, "the beat is told too weakly", ""}};
  const auto told = answer_of(*b, call).text;
  CHECK(contains(told, plan.beat->summary));
  CHECK(contains(told, plan.beat->telling));
}

TEST_CASE("evidence is split into phrases and long passages are left out", "[offline]") {
  const std::vector<violation> feedback{{"a", "lore", severity::critical, "", "NCR, the Institute ;"},
                                        {"b", "variety", severity::warning, "", std::string(60, 'x')},
                                        {"c", "variety", severity::warning, "", ""}};
  CHECK(avoided_phrases(feedback) == std::vector<std::string>{"NCR", "the Institute"});
}

TEST_CASE("a plan without its topic still gives a script", "[offline]") {
  const auto b = make_offline_backend(appalachia(), julie);
  for (const auto type : {segment_type::story, segment_type::gossip, segment_type::news}) {
    const auto got = answer_of(*b, call_for(base_plan(type, 9)));
    INFO(got.detail);
    CHECK(got.outcome == outcome_class::ok);
    CHECK(count_words(got.text) > 30);
  }
}

TEST_CASE("what cannot be generated is a configuration failure", "[offline]") {
  const auto b = make_offline_backend(appalachia(), julie);
  auto plan = base_plan(segment_type::gossip, 1);
  plan.language = "ko";
  CHECK(answer_of(*b, call_for(plan)).outcome == outcome_class::config);
  CHECK(answer_of(*b, generation_call{}).outcome == outcome_class::config);

  auto broken = std::make_shared<content_pack>();
  broken->name = "broken";
  broken->grammars["en"] = json::parse(R"({"format": 1, "rules": {"s": ["#t#"]}})");
  const auto bad = make_offline_backend(broken, julie);
  const auto got = answer_of(*bad, call_for(base_plan(segment_type::gossip, 1)));
  CHECK(got.outcome == outcome_class::config);
  CHECK(contains(got.detail, "unknown symbol t"));
}

TEST_CASE("a story has its title first and the asked length", "[offline]") {
  json paragraphs = json::array();
  for (int i = 0; i < 40; ++i)
    paragraphs.push_back("Number " + std::to_string(i) +
                         " went by. It was a plain thing to see. Then another came along the wall.");
  const json source = {{"format", 1},
                       {"rules",
                        {{"title", {"A House"}},
                         {"story.open", {"I opened. I waited a while."}},
                         {"story.act1", {"First it moved. I let it move."}},
                         {"story.act2", {"Second it spoke. I did not answer."}},
                         {"story.act3", {"Third it stayed. I stayed, too."}},
                         {"story.close", {"I close now. It is quiet here."}},
                         {"paragraph", paragraphs}}}};
  const auto g = grammar::compile(source, "test");
  REQUIRE(g);
  fact_table facts;
  facts.set("language", "en");
  for (const int target : {300, 500, 1'000, 3'000}) {
    const auto story = tell_story(g.value(), facts, {3, 1, 0}, target);
    REQUIRE(story);
    INFO(story.value());
    CHECK(story.value().rfind("# A House\n\nI opened.", 0) == 0);
    CHECK(contains(story.value(), "\n\nI close now."));
    CHECK(static_cast<double>(characters(story.value())) > target * 0.9);
    CHECK(static_cast<double>(characters(story.value())) < target * 1.1);
  }
  const auto unlimited = tell_story(g.value(), facts, {3, 1, 0}, 0);
  REQUIRE(unlimited);
  CHECK(count_words(unlimited.value()) >= 600);
  const auto tiny = tell_story(g.value(), facts, {3, 1, 0}, 100);
  REQUIRE(tiny);
  CHECK_FALSE(contains(tiny.value(), "I let it move."));
}

TEST_CASE("numbers, hours and lists are worded", "[offline]") {
  CHECK(number_in_words(0) == "zero");
  CHECK(number_in_words(42) == "forty-two");
  CHECK(number_in_words(-5) == "minus five");
  CHECK(number_in_words(101) == "one hundred and one");
  CHECK(hour_in_words(6) == "six in the morning");
  CHECK(hour_in_words(12) == "noon");
  CHECK(hour_in_words(17) == "five in the afternoon");
  CHECK(hour_in_words(20) == "eight in the evening");
  CHECK(hour_in_words(21) == "nine at night");
  CHECK(hour_in_words(24) == "midnight");
  CHECK(listed({"a", "b", "c"}) == "a, b and c");
  CHECK(listed({}).empty());
}

TEST_CASE("profiles survive the way to JSON and back", "[offline]") {
  const auto& profile = appalachia()->profiles[0];
  CHECK(profile.name == julie);
  CHECK(profile.shortcuts == std::vector<std::string>{"julie"});
  CHECK(profile.knowledge.temporal_cutoff_year == 2102);
  CHECK(profile.catchphrases.size() >= 8);
  const json written = profile;
  CHECK(json(written.get<dj_profile>()) == written);
  json without = written;
  without.erase("tone");
  CHECK_THROWS_WITH(without.get<dj_profile>(), Catch::Contains("tone"));
}

TEST_CASE("every broadcast pack says a planned callback with title, name and outcome, and nothing without one") {
  for (const char* name : {"appalachia", "mojave", "capital", "commonwealth", "schema/starter"}) {
    const auto pack = pack_at(packs() / name);
    for (std::uint64_t at = 0; at < 60 * pack->profiles.size(); ++at) {
      const auto& dj = pack->profiles[at / 60].name;
      const auto offline = make_offline_backend(pack, dj);
      const std::uint64_t seq = at % 60 + 1;
      INFO(dj << " " << seq);
      auto plan = base_plan(segment_type::story, seq);
      plan.beat = beat();
      const auto without = answer_of(*offline, call_for(plan)).text;
      CHECK(without.find("Sutton Lock") == std::string::npos);
      CHECK(without.find("sluice") == std::string::npos);
      plan.beat->callback = story_callback{"flood", "The Flood at Sutton Lock", seq % 3 == 0 ? "" : "Keeper Maud",
                                           "she opened the sluice by hand and saved eleven houses", static_cast<int>(seq % 40 + 1), 9};
      const auto text = answer_of(*offline, call_for(plan)).text;
      INFO(text);
      CHECK(text.find("The Flood at Sutton Lock") != std::string::npos);
      CHECK(text.find("She opened the sluice by hand and saved eleven houses.") != std::string::npos);
      CHECK((text.find("Keeper Maud") != std::string::npos) == (seq % 3 != 0));
      CHECK(text.find(plan.beat->telling) != std::string::npos);
    }
  }
}

TEST_CASE("two DJs of one pack keep their own voices") {
  const auto pack = pack_at(packs() / "commonwealth");
  REQUIRE(pack->profiles.size() == 2);
  std::map<std::string, std::string> said;
  for (const auto& dj : pack->profiles) {
    const auto offline = make_offline_backend(pack, dj.name);
    for (std::uint64_t seq = 1; seq <= 60; ++seq) {
      auto plan = base_plan(segment_type::gossip, seq);
      plan.gossip = gossip_topic{"g", "romance", "a locket on a scarecrow", "rumor"};
      plan.catchphrase = dj.catchphrases[seq % dj.catchphrases.size()];
      said[dj.name] += " " + answer_of(*offline, call_for(plan)).text;
    }
  }
  const auto& nervous = said.at("Travis Miles (Nervous) (2287, Commonwealth)");
  const auto& confident = said.at("Travis Miles (Confident) (2287, Commonwealth)");
  for (const auto* stammer : {"Um,", " um,", " uh,"}) {
    CHECK(nervous.find(stammer) != std::string::npos);
    CHECK(confident.find(stammer) == std::string::npos);
  }
  CHECK(confident.find("Stand tall, Commonwealth") != std::string::npos);
  CHECK(nervous.find("Stand tall") == std::string::npos);
}

TEST_CASE("weather that stays is not told as a change, and a catch-phrase begins its own sentence") {
  for (const char* name : {"appalachia", "mojave", "capital", "commonwealth", "schema/starter"}) {
    const auto pack = pack_at(packs() / name);
    for (const auto& dj : pack->profiles) {
      const auto offline = make_offline_backend(pack, dj.name);
      int phrases = 0;
      for (std::uint64_t seq = 1; seq <= 80; ++seq) {
        auto plan = base_plan(segment_type::weather, seq);
        plan.forecast.assign(2, plan.weather);
        for (auto& ahead : plan.forecast) ahead.type = "snow";
        plan.catchphrase = dj.catchphrases[seq % dj.catchphrases.size()];
        const auto text = answer_of(*offline, call_for(plan)).text;
        INFO(dj.name << ": " << text);
        for (const auto* twice : {"then snow", "snow after that", "could be snow", "snow, and then"}) CHECK(text.find(twice) == std::string::npos);
        const auto at = text.find(plan.catchphrase);
        if (at == std::string::npos || at < 2) continue;
        ++phrases;
        CHECK(std::string(".!?:").find(text[at - 2]) != std::string::npos);
      }
      CHECK(phrases > 10);
    }
  }
}

TEST_CASE("a rumour's words fit its stage, whatever stands around them") {
  const char* const stages[] = {"rumor", "spreading", "confirmed", "resolved"};
  for (const char* name : {"appalachia", "mojave", "capital", "commonwealth", "schema/starter"}) {
    const auto pack = pack_at(packs() / name);
    const auto rumours = topics(packs() / name / "topics/gossip.json");
    for (const auto& dj : pack->profiles) {
      const auto offline = make_offline_backend(pack, dj.name);
      const rule_context rules(dj);
      for (std::uint64_t seq = 1; seq <= 400; ++seq) {
        auto plan = base_plan(segment_type::gossip, seq);
        const auto& list = rumours[seq % rumours.size()];
        plan.gossip = gossip_topic{"g", list.category, list.subjects[seq % list.subjects.size()], stages[seq / 4 % 4]};
        const auto text = answer_of(*offline, call_for(plan)).text;
        for (const auto& v : judge_text(rules, plan, text, {}).violations)
          if (v.rule == "story_progression") FAIL_CHECK(dj.name << ", " << plan.gossip->stage << ": " << v.evidence << " in: " << text);
      }
    }
  }
}

TEST_CASE("every entity of a beat is named, also one that only the recap would have named") {
  for (const char* name : {"appalachia", "mojave", "capital", "commonwealth", "schema/starter"}) {
    const auto pack = pack_at(packs() / name);
    for (const auto& dj : pack->profiles) {
      const auto offline = make_offline_backend(pack, dj.name);
      for (std::uint64_t seq = 1; seq <= 80; ++seq) {
        auto plan = base_plan(segment_type::story, seq);
        plan.beat = beat();
        plan.beat->act = 2;
        plan.beat->entities.push_back("Oswald Thripp");
        plan.beat->so_far = {"The Pan: Oswald Thripp lent out his largest pan."};
        const auto text = answer_of(*offline, call_for(plan)).text;
        INFO(dj.name << " " << seq << ": " << text);
        CHECK(text.find("Oswald Thripp") != std::string::npos);
      }
    }
  }
}
