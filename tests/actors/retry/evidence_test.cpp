// Evidence of an attempt: bounded, valid JSON whatever the draft held.
#include "actors/retry/evidence.hpp"

#include "messages/judge.hpp"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

using namespace longwave;

TEST_CASE("evidence: a rejected draft is kept up to its limit, between characters") {
  draft d;
  for (int i = 0; i < 5'000; ++i) d.text += "\xec\x95\xbc"; // three bytes each
  const auto j = nlohmann::json::parse(evidence_of(d, true));
  CHECK(j["text_bytes"] == 15'000);
  const auto text = j["text"].get<std::string>();
  CHECK(text.size() <= evidence_limit + 3);
  CHECK(text.ends_with("\xe2\x80\xa6"));
  CHECK(j["usage"].is_null());
  CHECK(j["usage_source"] == "unknown");
  CHECK_FALSE(nlohmann::json::parse(evidence_of(d, false)).contains("text"));
}

TEST_CASE("evidence: broken bytes become valid JSON, and the judge is in it") {
  draft d;
  d.text = "\xff\xfe {{\"\x01";
  auto report = std::make_shared<judge_report>();
  report->score = 0.5;
  report->detail = "away";
  d.judge = report;
  const auto j = nlohmann::json::parse(evidence_of(d, true));
  CHECK(j["judge"]["state"] == "unavailable");
  CHECK(j["judge"]["score"] == 0.5);
}
