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

TEST_CASE("error_shape: a model that speaks of itself is told from a host who is sorry") {
  for (std::string_view text : {"I'm sorry, but I can't help with that.", "I\u2019m sorry, but I can\u2019t assist with that request.",
                                "\"I cannot create content that depicts violence.\"", "As an AI language model, I do not listen to the radio.",
                                "Sorry, I can't comply with that. Instead, I can offer a calmer piece.",
                                "Well, friends. As a large language model I have no weather to tell of.",
                                "\uc8c4\uc1a1\ud558\uc9c0\ub9cc \uadf8 \uc694\uccad\uc740 \ub3c4\uc640\ub4dc\ub9b4 \uc218 \uc5c6\uc2b5\ub2c8\ub2e4."}) {
    INFO(text);
    CHECK(shape_of(text) == error_shape::refusal);
  }
  for (std::string_view text : {"I'm sorry, friends, the signal was bad last night.", "Sorry, folks, we can't play this request tonight.",
                                "I can't help but smile when the sun comes up.", "I cannot tell you how glad I am to hear from you all.",
                                "That robot says it is an assistant. I am no machine, I promise.",
                                "\uc8c4\uc1a1\ud569\ub2c8\ub2e4. \uc624\ub298\uc740 \ube44\uac00 \uc635\ub2c8\ub2e4."}) {
    INFO(text);
    CHECK(shape_of(text) == error_shape::none);
  }
  CHECK(to_string(error_shape::refusal) == "refusal");
}
