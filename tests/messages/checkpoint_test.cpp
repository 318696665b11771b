// Tests of checkpoint names and JSON.
#include "messages/checkpoint.hpp"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

using namespace longwave;

TEST_CASE("checkpoint ids name day, hour, segment and all kinds but hourly", "[messages]") {
  const slot_position at{3, 14, 2, "2102-10-25"};
  CHECK(checkpoint_id(at, 41, checkpoint_kind::hourly) == "checkpoint_day3_hour14_seg41");
  CHECK(checkpoint_id(at, 41, checkpoint_kind::manual) == "checkpoint_day3_hour14_seg41_manual");
}

TEST_CASE("checkpoint kinds have names that parse", "[messages]") {
  for (int i = 0; i < 7; ++i) {
    const auto kind = static_cast<checkpoint_kind>(i);
    CHECK(parse_checkpoint_kind(to_string(kind)) == kind);
  }
  CHECK_FALSE(parse_checkpoint_kind("yearly"));
}

TEST_CASE("checkpoint record survives a round trip", "[messages]") {
  const checkpoint_record c{"checkpoint_day1_hour6_seg1_stop", checkpoint_kind::stop, 1, {1, 6, 1, "2102-10-23"},
                            "2000-01-01T00:00:00.000000Z",     std::string(64, '1')};
  const auto back = nlohmann::json(c).get<checkpoint_record>();
  CHECK(nlohmann::json(back) == nlohmann::json(c));
  CHECK(back.position == c.position);
  auto broken = nlohmann::json(c);
  broken["kind"] = "yearly";
  CHECK_THROWS_AS(broken.get<checkpoint_record>(), nlohmann::json::exception);
}
