// The house rules as a test.
#include <catch2/catch.hpp>
TEST_CASE("tidy: to be filled") { CHECK(true); }
