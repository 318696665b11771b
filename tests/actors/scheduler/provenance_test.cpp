// Tests of the provenance text against a document of the same parts.
#include "actors/scheduler/provenance.hpp"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

using namespace longwave;
using nlohmann::json;

TEST_CASE("provenance: the text equals a dump of its parts") {
  segment_plan plan;
  plan.seq = 9;
  attempt_state attempts;
  attempts.attempt = 2;
  attempts.rejected = 1;
  attempts.history = {{1, outcome_class::rejected, "too \"short\",\"digest\":{", {{"words", "format", severity::warning, "m", "e"}}}};
  recent_text digest;
  digest.seq = 9;
  digest.shingles = {1, 2, 0xffffffff};
  digest.text_hash = 0xfedcba9876543210;
  digest.topics = {"rain } \\ \"{"};
  digest.cooled = {"news:rain"};
  json parts{{"plan", plan}, {"attempts", attempts}, {"calls", 12}};
  CHECK(provenance_text(plan, attempts, 12, nullptr, "") == parts.dump());
  parts["digest"] = digest;
  parts["metadata"] = {{"title", "T"}};
  const auto text = provenance_text(plan, attempts, 12, &digest, R"({"title":"T"})");
  CHECK(text == parts.dump());
  CHECK(digest_part(text) == json(digest).dump());
  CHECK(digest_part(provenance_text(plan, attempts, 12, nullptr, "")).empty());
  const auto back = json::parse(text);
  CHECK(back["digest"].get<recent_text>().shingles == digest.shingles);
  CHECK(back["digest"].get<recent_text>().text_hash == digest.text_hash);
  CHECK(back["attempts"].get<attempt_state>().history.size() == 1);
}
