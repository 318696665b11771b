// The model as a judge: reading its answers with tolerance, what they mean, sampling, and a judge that is away (C25).
#include "actors/validator/judge.hpp"

#include "actors/generator/backends/offline_judge.hpp"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include <algorithm>

using namespace longwave;

namespace {

judge_report read(const std::string& text) {
  draft d;
  d.text = text;
  return read_judgement(d);
}

} // namespace

TEST_CASE("judge: a judgement is found in whatever stands around it") {
  const std::string plain = R"({"is_valid": true, "overall_score": 0.9, "issues": [], "feedback": "fine {really}"})";
  for (const auto& text : {plain, "Sure! Here it is:\n```json\n" + plain + "\n```\nAnything else?", "{not json} " + plain,
                           "I think {a} and then " + plain + " {b}", "\xef\xbb\xbf" + plain}) {
    INFO(text);
    const auto report = read(text);
    CHECK(report.state == judge_state::passed);
    CHECK(report.score == 0.9);
    CHECK(report.feedback == "fine {really}");
  }
}

TEST_CASE("judge: garbage and outages are unavailable and never a violation") {
  for (const char* text : {"", "All good.", "{", "{}", "[]", R"({"verdict":"fine"})", R"({"is_valid": tru)", "{\"is_valid\": {}}"}) {
    INFO(text);
    const auto report = read(text);
    CHECK(report.state == judge_state::unavailable);
    CHECK_FALSE(report.detail.empty());
    CHECK_FALSE(report.score.has_value());
    verdict v;
    add_judgement(v, report);
    CHECK(v.violations.empty());
    CHECK(v.accepted());
  }
  for (const auto outcome : {outcome_class::transport, outcome_class::stall, outcome_class::busy, outcome_class::config,
                             outcome_class::empty, outcome_class::incomplete, outcome_class::refused}) {
    draft d;
    d.outcome = outcome;
    d.text = R"({"is_valid": false})";
    CHECK(read_judgement(d).state == judge_state::unavailable);
  }
}

TEST_CASE("judge: severities map onto ours, and only a critical issue rejects") {
  const auto report = read(R"({"is_valid": true, "overall_score": 0.7, "issues": [
    {"severity": "warning", "category": "Tone", "message": "Flat."},
    {"severity": "suggestion", "category": "voice", "message": "Warmer.", "suggestion": "Smile."}]})");
  CHECK(report.state == judge_state::passed);
  REQUIRE(report.issues.size() == 2);
  CHECK(report.issues[0].rule == "judge_tone");
  CHECK(report.issues[0].level == severity::quality);
  CHECK(report.issues[1].level == severity::warning);
  CHECK(report.issues[1].message == "Warmer. (Smile.)");
  const auto bad = read(R"({"is_valid": true, "issues": [{"severity": "critical", "category": "lore", "message": "No."}]})");
  CHECK(bad.state == judge_state::rejected);
  verdict v;
  add_judgement(v, bad);
  CHECK_FALSE(v.valid());
  const auto unsure = read(R"({"is_valid": true, "issues": [{"severity": "critical", "message": "No.", "confidence": 0.3}]})");
  CHECK(unsure.state == judge_state::passed);
  CHECK(unsure.issues[0].level == severity::quality);
  const auto silent = read(R"({"is_valid": "false", "feedback": "It rambles."})");
  CHECK(silent.state == judge_state::rejected);
  CHECK(silent.issues.at(0).message == "It rambles.");
}

TEST_CASE("judge: words in capitals and numbers in quotation marks mean what they say") {
  const auto loud = read(R"({"is_valid": "TRUE", "overall_score": "0.4", "issues": [{"severity": "CRITICAL", "category": "Tone", "message": "cold"}]})");
  CHECK(loud.state == judge_state::rejected);
  CHECK(loud.score == 0.4);
  REQUIRE(loud.issues.size() == 1);
  CHECK(loud.issues[0].level == severity::critical);
  const auto mild = read(R"({"is_valid": "Yes", "overall_score": "85", "issues": [{"severity": "Suggestion", "message": "warmer"}]})");
  CHECK(mild.state == judge_state::passed);
  CHECK(mild.score == 0.85);
  CHECK(mild.issues[0].level == severity::warning);
  CHECK(read(R"({"is_valid": "NO", "issues": []})").state == judge_state::rejected);
  for (const char* score : {"\"\"", "\"high\"", "\"0.5x\"", "\"-1\"", "\"1e1\"", "null", "[]"}) {
    INFO(score);
    CHECK_FALSE(read(std::string(R"({"is_valid": true, "overall_score": )") + score + "}").score);
  }
}

TEST_CASE("judge: what it writes is bounded and one line") {
  nlohmann::json j{{"is_valid", true}, {"overall_score", 87}, {"issues", nlohmann::json::array()}};
  for (int i = 0; i < 500; ++i)
    j["issues"].push_back({{"severity", "warning"}, {"category", "../\x1b[31m"}, {"message", std::string(10'000, 'x') + "\n\x1b"}});
  const auto report = read(j.dump());
  CHECK(report.score == Approx(0.87));
  CHECK(report.issues.size() == 20);
  for (const auto& v : report.issues) {
    CHECK(v.message.size() <= 300);
    CHECK(v.message.find('\x1b') == std::string::npos);
    CHECK(v.category.find('/') == std::string::npos);
  }
}

TEST_CASE("judge: a tenth of the segments is a tenth, the same ones every time") {
  run_config config;
  config.seed = 7;
  config.judge_sample = 0.1;
  int read = 0;
  for (std::uint64_t seq = 1; seq <= 1'000; ++seq) {
    read += judge_reads(config, seq);
    CHECK(judge_reads(config, seq) == judge_reads(config, seq));
  }
  CHECK(read >= 70);
  CHECK(read <= 130);
  config.judge_sample = 1;
  CHECK(judge_reads(config, 1));
  config.judge_sample = 0;
  CHECK_FALSE(judge_reads(config, 1));
}

TEST_CASE("judge: mode llm leaves the critical rules and the marks of use standing, hybrid everything") {
  verdict found;
  found.story_told = false;
  found.violations = {{"forbidden_faction", "lore", severity::critical, "", ""},
                      {"tone_missing", "tone", severity::quality, "", ""},
                      {"opening", "variety", severity::warning, "", ""}};
  auto hybrid = found;
  keep_for_mode(hybrid, "hybrid");
  CHECK(hybrid.violations.size() == 3);
  CHECK_FALSE(hybrid.accepted());
  keep_for_mode(found, "llm");
  CHECK(found.violations.size() == 2);
  CHECK(found.story_told);
  CHECK_FALSE(found.accepted());
}

TEST_CASE("judge: a dead judge is asked three times, then every tenth draft, until it answers") {
  judge_outage outage;
  std::string asked;
  for (int i = 0; i < 25; ++i) {
    const bool ask = outage.ask();
    asked += ask ? 'x' : '.';
    if (ask) outage.answered(false);
  }
  CHECK(asked == "xxx.........x.........x..");
  outage.answered(true);
  CHECK(outage.ask());
}

TEST_CASE("judge: the offline judge says the same of the same draft and rejects a few first ones") {
  const auto judge = make_offline_judge();
  const auto ask = [&](std::uint64_t seq, int rejected) {
    generation_call call;
    call.seed = 5;
    call.seq = seq;
    call.rejected = rejected;
    draft answer;
    judge->start(call, [&](draft d) { answer = std::move(d); });
    return read_judgement(answer);
  };
  int rejected = 0;
  for (std::uint64_t seq = 1; seq <= 600; ++seq) {
    const auto first = ask(seq, 0);
    CHECK(first.state != judge_state::unavailable);
    CHECK(first.score == ask(seq, 0).score);
    rejected += first.state == judge_state::rejected;
    CHECK(ask(seq, 1).state == judge_state::passed);
  }
  CHECK(rejected > 5);
  CHECK(rejected < 40);
}

TEST_CASE("judge: the schema is one object that names every field of a judgement") {
  const auto schema = nlohmann::json::parse(judgement_schema());
  for (const char* field : {"is_valid", "overall_score", "issues", "feedback"}) CHECK(schema["properties"].contains(field));
}
