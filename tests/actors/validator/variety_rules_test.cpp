// The rule table of variety at its boundaries (domain 9, contract 8.33).
#include "actors/validator/variety_rules.hpp"

#include <catch2/catch.hpp>

using namespace longwave;

TEST_CASE("variety rules: every rule is broken up to its number and free beyond it") {
  for (const variety_rule& rule : variety_rules) {
    if (rule.dimension == "near_duplicate" || rule.dimension == "identical") continue; // numbers of other rules' kind
    INFO(rule.dimension << " " << to_string(rule.kind) << " " << rule.limit);
    variety_use within, beyond;
    switch (rule.kind) {
      case limit_kind::cooldown_segments: within.segments_ago = rule.limit; beyond.segments_ago = rule.limit + 1; break;
      case limit_kind::cooldown_hours: within.hours_ago = rule.limit - 1; beyond.hours_ago = rule.limit; break;
      case limit_kind::cooldown_uses: within.uses_ago = rule.limit; beyond.uses_ago = rule.limit + 1; break;
      case limit_kind::max_per_day: within.today = rule.limit; beyond.today = rule.limit - 1; break;
      case limit_kind::max_per_week: within.this_week = rule.limit; beyond.this_week = rule.limit - 1; break;
      case limit_kind::max_consecutive: within.consecutive = rule.limit; beyond.consecutive = rule.limit - 1; break;
      case limit_kind::no_immediate_repeat: within.uses_ago = 1; beyond.uses_ago = 2; break;
    }
    const auto* broken = broken_rule(rule.dimension, within);
    REQUIRE(broken);
    CHECK(broken->kind == rule.kind);
    CHECK(broken_rule(rule.dimension, beyond) == nullptr);
    CHECK(broken_rule(rule.dimension, {}) == nullptr);
    CHECK(limit_of(rule.dimension, rule.kind) == rule.limit);
  }
  CHECK(broken_rule("no such dimension", {.today = 99}) == nullptr);
}

TEST_CASE("variety rules: the numbers are those of the contract") {
  CHECK(limit_of("opening", limit_kind::cooldown_segments) == 10);
  CHECK(limit_of("opening", limit_kind::max_per_day) == 1);
  CHECK(limit_of("opening", limit_kind::max_per_week) == 3);
  CHECK(limit_of("catchphrase", limit_kind::max_per_day) == 3);
  CHECK(limit_of("news", limit_kind::cooldown_hours) == 48);
  CHECK(limit_of("quest", limit_kind::cooldown_hours) == 168);
  CHECK(limit_of("location", limit_kind::cooldown_hours) == 24);
  CHECK(limit_of("faction", limit_kind::cooldown_hours) == 12);
  CHECK(limit_of("topic", limit_kind::cooldown_segments) == 5);
  CHECK(limit_of("weather", limit_kind::max_consecutive) == 3);
  CHECK(limit_of("rad_storm", limit_kind::max_per_week) == 2);
  CHECK(limit_of("near_duplicate", limit_kind::no_immediate_repeat) == 50);
}
