// Prompts: every template with every input and with none, limits, feedback, settings, the log's text (domain 4 and 5).
#include "actors/generator/prompt.hpp"
#include "actors/generator/prompt_check.hpp"
#include "actors/generator/prompt_templates.hpp"
#include "actors/generator/token_estimate.hpp"
#include "storage/pack_folder.hpp"

#include <catch2/catch.hpp>

#include <algorithm>

using namespace longwave;

namespace {

bool holds(const std::string& text, std::string_view part) { return text.find(part) != std::string::npos; }

std::shared_ptr<const content_pack> pack_named(const std::string& name) {
  auto pack = storage::load_pack(std::string(LONGWAVE_SOURCE_DIR) + "/packs/" + name);
  REQUIRE(pack);
  return std::make_shared<const content_pack>(std::move(pack.value()));
}

attempt_order order_for(segment_plan plan, run_config config = {}) {
  auto setup = std::make_shared<run_setup>();
  const bool stories = plan.skeleton.has_value();
  setup->pack = pack_named(stories ? "midnight" : "appalachia");
  if (!stories) setup->profile = std::make_shared<const dj_profile>(setup->pack->profiles.front());
  auto templates = prompt_templates::compile(*setup->pack);
  REQUIRE(templates);
  setup->prompts = templates.value();
  config.kind = stories ? run_kind::stories : run_kind::broadcast;
  setup->config = std::make_shared<const run_config>(std::move(config));
  attempt_order order;
  order.setup = setup;
  order.plan = std::make_shared<const segment_plan>(std::move(plan));
  return order;
}

void check_clean(const std::string& text) {
  INFO(text);
  CHECK(text.find_first_not_of(" \t\n") != std::string::npos);
  for (const char* bad : {"{{", "}}", "None", "null", "\n\n\n", " \n", "  "}) {
    INFO(bad);
    CHECK_FALSE(holds(text, bad));
  }
}

constexpr std::array all_types{segment_type::emergency_weather, segment_type::time_check, segment_type::weather,
                               segment_type::news,              segment_type::story,      segment_type::gossip,
                               segment_type::music_intro};

story_beat long_beat(std::size_t words_an_act) {
  story_beat beat;
  beat.id = beat.title = "the-well";
  beat.act = 21;
  beat.acts_total = 22;
  beat.summary = "The well is opened.";
  std::string act;
  for (std::size_t i = 0; i < words_an_act; ++i) act += "stone ";
  for (int i = 1; i <= 20; ++i) beat.so_far.push_back("act" + std::to_string(i) + " " + act);
  return beat;
}

} // namespace

TEST_CASE("prompt: every segment type renders with every optional input absent") {
  for (const auto type : all_types) {
    segment_plan plan;
    plan.seq = 1;
    plan.type = type;
    auto order = order_for(plan);
    const auto with_profile = make_call(order);
    check_clean(with_profile.user_prompt);
    check_clean(with_profile.system_prompt);
    CHECK(holds(with_profile.user_prompt, "Write one radio segment of type " + std::string(to_string(type))));
    auto bare = std::make_shared<run_setup>(*order.setup);
    dj_profile nobody;
    nobody.name = "Nobody";
    bare->profile = std::make_shared<const dj_profile>(nobody);
    order.setup = bare;
    const auto call = make_call(order);
    check_clean(call.user_prompt);
    CHECK_FALSE(holds(call.system_prompt, "{{"));
  }
}

TEST_CASE("prompt: both languages of a story run render with every optional input absent") {
  for (const char* language : {"en", "ko"}) {
    segment_plan plan;
    plan.type = segment_type::story;
    plan.language = language;
    plan.skeleton = story_skeleton{};
    const auto call = make_call(order_for(plan));
    check_clean(call.user_prompt);
    CHECK(holds(call.user_prompt, "# "));
    CHECK(holds(call.user_prompt, std::string(language) == "ko" ? "Write in Korean" : "in English"));
    CHECK(call.max_tokens == 8'192);
  }
}

TEST_CASE("prompt: each template that is built in renders with everything and with nothing") {
  const auto templates = prompt_templates::built_in();
  for (const char* name : {"system", "emergency_weather", "time_check", "weather", "news", "story", "gossip", "music_intro",
                           "judge_system", "judge"}) {
    const auto full = templates->render(name, "en", sample_inputs());
    CHECK_FALSE(holds(full, "{{"));
    CHECK_FALSE(full.empty());
    CHECK_FALSE(holds(templates->render(name, "en", prompt_inputs{}), "{{"));
  }
}

TEST_CASE("prompt: a planned slot says what it is about") {
  segment_plan plan;
  plan.seq = 4;
  plan.type = segment_type::gossip;
  plan.position.hour = 9;
  plan.gossip = gossip_topic{"g1", "mysterious_events", "a light in the old lookout", "confirmed"};
  plan.weather = {"rainy", "moderate", 48, false, "", "foggy"};
  plan.catchphrase = "Keep a lamp in the window";
  plan.structure = "c";
  plan.hints.recent_openings = {"good morning neighbors it is six"};
  const auto call = make_call(order_for(plan));
  check_clean(call.user_prompt);
  for (const char* part : {"spoken at 9:00 (morning)", "a light in the old lookout", "(mysterious events)", "people you trust have seen it",
                           "rainy, moderate, 48 degrees", "Keep a lamp in the window", "from your window",
                           "Do not open like these: good morning neighbors it is six"}) {
    INFO(part);
    CHECK(holds(call.user_prompt, part));
  }
  CHECK(holds(call.system_prompt, "You are Julie"));
  CHECK(holds(call.system_prompt, "NCR; Institute; Brotherhood of Steel"));
}

TEST_CASE("prompt: values are put in as they are, whatever they hold") {
  segment_plan plan;
  plan.type = segment_type::gossip;
  plan.gossip = gossip_topic{"g", "romance", "<b>\"Tom & Ann\"</b> {{feedback}}", "rumor"};
  CHECK(holds(make_call(order_for(plan)).user_prompt, "of <b>\"Tom & Ann\"</b> {{feedback}}."));
}

TEST_CASE("prompt: test_token_count_reduced, the story part holds to a thousand tokens and keeps the newest acts") {
  segment_plan plan;
  plan.type = segment_type::story;
  plan.beat = long_beat(200);
  const auto order = order_for(plan);
  const auto with = make_call(order).user_prompt;
  plan.beat->so_far.clear();
  plan.beat->summary.clear();
  const auto full_words = 20 * 200;
  CHECK(estimate_tokens(with) < story_context_limit + 300);
  CHECK(std::count(with.begin(), with.end(), ' ') < full_words / 2);
  CHECK(holds(with, "act20 "));
  CHECK_FALSE(holds(with, "act1 "));
  plan.beat = long_beat(5'000); // not even one act fits
  plan.beat->summary = std::string(60'000, 'x') + " end";
  CHECK(estimate_tokens(make_call(order_for(plan)).user_prompt) < story_context_limit + 300);
}

TEST_CASE("prompt: a retry is told of the last failure, and of none with --no-feedback") {
  segment_plan plan;
  plan.type = segment_type::news;
  run_config config;
  auto order = order_for(plan, config);
  CHECK_FALSE(holds(make_call(order).user_prompt, "could not be used"));
  order.state.attempt = 2;
  order.state.rejected = 1;
  failed_attempt failed;
  failed.violations = {{"year_beyond_cutoff", "temporal", severity::critical, "The year 2281 lies after 2102.", "2281"}};
  order.state.history = {failed};
  const auto told = make_call(order).user_prompt;
  CHECK(told.rfind("Attempt 1 could not be used", 0) == 0);
  CHECK(holds(told, "The year 2281 lies after 2102."));
  config.use_feedback = false;
  auto untold = order_for(plan, config);
  untold.state = order.state;
  CHECK_FALSE(holds(make_call(untold).user_prompt, "could not be used"));
}

TEST_CASE("prompt: settings follow the type, and the judge is asked coolly") {
  segment_plan plan;
  CHECK(settings_for(plan).temperature == Approx(0.8));
  CHECK(settings_for(plan).max_tokens == 300);
  plan.type = segment_type::emergency_weather;
  CHECK(settings_for(plan).temperature == Approx(0.6));
  plan.skeleton = story_skeleton{};
  plan.target_length = 10'000;
  CHECK(settings_for(plan).max_tokens == 20'000);
  CHECK(judge_settings().temperature == Approx(0.1));
}

TEST_CASE("prompt: a call that cannot fit the window is known before it is sent") {
  segment_plan plan;
  plan.type = segment_type::gossip;
  run_config config;
  config.context_tokens = 600;
  const auto call = make_call(order_for(plan, config));
  CHECK(too_long_for(call, window_of(config)).has_value());
  config.context_tokens = 100'000;
  CHECK_FALSE(too_long_for(make_call(order_for(plan, config)), window_of(config)).has_value());
  config.context_tokens = 0;
  CHECK_FALSE(window_of(config).has_value());
  config.backend = "ollama";
  CHECK(window_of(config) == 8'192u);
}

TEST_CASE("prompt: an answer is given the room that the window leaves") {
  segment_plan plan;
  plan.type = segment_type::story;
  plan.skeleton = story_skeleton{};
  run_config config;
  config.context_tokens = 8'192;
  const auto call = make_call(order_for(plan, config));
  CHECK_FALSE(too_long_for(call, window_of(config)).has_value());
  CHECK(static_cast<std::uint64_t>(call.max_tokens) + prompt_tokens(call) == 8'192u);
}

TEST_CASE("prompt: the whole pack is held against the window at the start") {
  segment_plan plan;
  run_config config;
  config.context_tokens = 900;
  const auto small = order_for(plan, config);
  const auto why = prompt_beyond_window(*small.setup);
  REQUIRE(why.has_value());
  CHECK(holds(*why, "window of 900"));
  config.context_tokens = 8'192;
  CHECK_FALSE(prompt_beyond_window(*order_for(plan, config).setup).has_value());
}

TEST_CASE("prompt: the log names call, segment and attempt, in the order of calls") {
  generation_call call;
  call.run_id = "pilot";
  call.call = 12;
  call.seq = 3;
  call.attempt = 2;
  call.user_prompt = "words";
  CHECK(prompt_log_name(call) == "pilot-call-000012-segment-000003-attempt-2.txt");
  CHECK(prompt_log_name(call, "-judge") == "pilot-call-000012-segment-000003-attempt-2-judge.txt");
  CHECK(holds(prompt_log_text(call), "call 12, segment 3, attempt 2"));
}

TEST_CASE("prompt: lore and what was said before stand in it a line each, and only where there is any") {
  for (const auto type : all_types) {
    segment_plan plan;
    plan.seq = 5;
    plan.type = type;
    const auto bare = make_call(order_for(plan)).user_prompt;
    CHECK_FALSE(holds(bare, "You said lately"));
    CHECK_FALSE(holds(bare, "What you may know"));
    plan.lore = {{"r1", "The Well", "It ran dry in 2096.", "strict", "direct", "", 1},
                 {"r2", "The Vault", "Its door stood open.", "none", "archive", "", 2},
                 {"r3", "The Fair", "There were lamps.", "none", "memory", "", 3},
                 {"r4", "The Far Road", "Somebody walked it.", "none", "hearsay", "", 4}};
    plan.session = {"day 1, 06:00, weather: Rain until noon.", "day 1, 07:00, gossip: A light in the lookout."};
    const auto full = make_call(order_for(plan)).user_prompt;
    INFO(full);
    check_clean(full);
    if (type == segment_type::emergency_weather) continue; // an alarm has no time for either
    CHECK(holds(full, "- The Well: It ran dry in 2096.\n- The Vault (from an old file that was found): Its door"));
    CHECK(holds(full, "- The Fair (of the time before the war): "));
    CHECK(holds(full, "- The Far Road (hearsay: tell it as what people say): "));
    CHECK(holds(full, "- day 1, 06:00, weather: Rain until noon.\n- day 1, 07:00, gossip: "));
    CHECK(holds(full, "Do not contradict it."));
  }
}

TEST_CASE("prompt: what was said before holds to its tokens, the newest is kept") {
  segment_plan plan;
  plan.seq = 5;
  plan.session = {"oldest " + std::string(3'000, 'a'), "day 1, 07:00, gossip: newest."};
  const auto prompt = make_call(order_for(plan)).user_prompt;
  CHECK(holds(prompt, "- day 1, 07:00, gossip: newest."));
  CHECK_FALSE(holds(prompt, "oldest"));
}
