// Answers that as a whole are no scripts.
#include "actors/validator/error_shape.hpp"

#include <catch2/catch.hpp>

#include <string>

using namespace longwave;

TEST_CASE("error_shape: nothing to hear is blank") {
  for (std::string_view text : {"", " ", "\n\t \r\n", "\u200B\u00A0", "...", "\u2014 \u2026"}) {
    INFO(text);
    CHECK(shape_of(text) == error_shape::blank);
  }
}

TEST_CASE("error_shape: bracketed errors, pages and error objects are refused") {
  for (std::string_view text : {"[Generation error: 404]", "  [ERROR: model not found]\n", "[Timeout]",
                                "[Generation error: 404]\n[Generation error: 404]"}) {
    INFO(text);
    CHECK(shape_of(text) == error_shape::bracketed_error);
  }
  for (std::string_view text : {"<html><body><h1>502 Bad Gateway</h1></body></html>",
                                "<!DOCTYPE html>\n<html>...</html>\n", "<?xml version=\"1.0\"?><Error>x</Error>"}) {
    INFO(text);
    CHECK(shape_of(text) == error_shape::html);
  }
  for (std::string_view text :
       {R"({"error":"model not found"})", R"({"error":{"message":"x","type":"y"}})", R"({"type":"error","x":1})",
        R"({"code":503,"message":"Loading model"})", "```json\n{\"error\": \"no\"}\n```",
        R"({"detail":"Not Found"})"}) {
    INFO(text);
    CHECK(shape_of(text) == error_shape::json_error);
  }
}

TEST_CASE("error_shape: the words alone are prose") {
  for (std::string_view text :
       {"Somebody painted Error: 404 on the old mall, and it already exists on every map.",
        "Traceback, they called him.",
        "The terminal said [error] and went dark.", "[Static] This is a test, folks. [error, haha]", "[soft music]",
        "He wrote {\"error\": 1} on the wall.", "If x < y and y > z, then so what?", "A <b>bold</b> idea.",
        "Error: someone ate my lunch. That is the news."}) {
    INFO(text);
    CHECK(shape_of(text) == error_shape::none);
  }
}

TEST_CASE("error_shape: bytes that no listener would accept are garbage") {
  CHECK(shape_of("Good evening \xFF\xFE folks, it rains.") == error_shape::garbage);
  CHECK(shape_of("\x01\x02\x03 abc") == error_shape::garbage);
  CHECK(shape_of("@@##$$%%^^&&**((!!~~") == error_shape::garbage);
  CHECK(shape_of("\uFFFD\uFFFD\uFFFD ok") == error_shape::garbage);
}

TEST_CASE("error_shape: other languages and decorated text are scripts") {
  CHECK(shape_of("밤이 깊었다. 라디오가 켜졌다.") == error_shape::none);
  CHECK(shape_of("\"Good morning — it’s cold… 🎵\"") == error_shape::none);
  CHECK(shape_of("# Title\n\nText with a\ttab.") == error_shape::none);
}

TEST_CASE("error_shape: names are distinct") {
  CHECK(to_string(error_shape::none) == "none");
  CHECK(to_string(error_shape::json_error) == "json_error");
  CHECK(to_string(error_shape::html) != to_string(error_shape::garbage));
}
