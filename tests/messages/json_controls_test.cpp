// Control characters in JSON.
#include "messages/json_controls.hpp"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

using namespace longwave;

TEST_CASE("json controls: every character that a terminal obeys is escaped, and the document stays the same") {
  for (unsigned code = 1; code <= 0xffff; ++code) {
    if (code >= 0xd800 && code <= 0xdfff) continue;
    char escaped[16];
    std::snprintf(escaped, sizeof escaped, "\"a\\u%04xb\"", code);
    const auto raw = nlohmann::json::parse(escaped).dump();
    const auto shown = escape_controls(raw);
    const bool obeyed = (code >= 0x7f && code <= 0x9f) || code == 0x61c || code == 0x200e || code == 0x200f ||
                        (code >= 0x2028 && code <= 0x202e) || (code >= 0x2066 && code <= 0x2069) || code == 0xfeff;
    CHECK((shown != raw) == obeyed);
    if (obeyed) CHECK(shown.find_first_not_of("\"\\abcdefu0123456789") == std::string::npos);
    CHECK(nlohmann::json::parse(shown) == nlohmann::json::parse(raw));
  }
}

TEST_CASE("json controls: a cut-off sequence and ordinary text stay as they are") {
  for (const std::string text : {"", "\xe2", "\xe2\x80", "\xc2", "\xef\xbb", "caf\xc3\xa9 \xe2\x80\x94 \xed\x95\x9c\xea\xb5\xad", "\xc2\xa0"})
    CHECK(escape_controls(text) == text);
}
