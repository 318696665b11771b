// Templates of a pack that cannot be used are refused by name, before a run begins.
#include "actors/generator/prompt_templates.hpp"

#include <catch2/catch.hpp>

using namespace longwave;

namespace {

std::string refusal(std::map<std::string, std::string> prompts) {
  content_pack pack;
  pack.name = "trial";
  pack.prompts = std::move(prompts);
  const auto compiled = prompt_templates::compile(pack);
  return compiled ? std::string() : to_string(compiled.error());
}

bool holds(const std::string& text, std::string_view part) { return text.find(part) != std::string::npos; }

} // namespace

TEST_CASE("prompt templates: what cannot be used is named with template and reason") {
  CHECK(holds(refusal({{"news", "Say {{news_subject"}}), "\"news\""));
  CHECK(holds(refusal({{"news", "Say {{#weather}} it"}}), "Unclosed"));
  CHECK(holds(refusal({{"news", "Say {{#weather}}{{wether}}{{/weather}} it"}}), "{{wether}} is no input"));
  CHECK(holds(refusal({{"news", "Say {{^weather}}{{wether}}{{/weather}} it"}}), "{{wether}} is no input"));
  CHECK(holds(refusal({{"news", "{{> nothing}} Say it"}}), "no part named \"nothing\""));
  CHECK(holds(refusal({{"news", "{{> a}}"}, {"a", "{{> b}}"}, {"b", "{{> a}}"}}), "include one another"));
  CHECK(holds(refusal({{"news", "{{#weather}}Say it{{/weather}}"}}), "says nothing"));
  CHECK(holds(refusal({{"news", "{{=<% %>=}}Say it"}}), "delimiters"));
  CHECK(holds(refusal({{"told.en", "Say it"}}), "languages"));
}

TEST_CASE("prompt templates: parts are put in and take their own line with them") {
  content_pack pack;
  pack.prompts = {{"news", "First.\n{{> middle}}\nLast {{>tail}}"}, {"middle", "{{#weather}}\nSky: {{weather}}\n{{/weather}}\n"}, {"tail", "word"}};
  const auto compiled = prompt_templates::compile(pack);
  REQUIRE(compiled);
  prompt_inputs inputs;
  CHECK(compiled.value()->render("news", "en", inputs) == "First.\nLast word");
  inputs.set("weather", "rainy");
  CHECK(compiled.value()->render("news", "en", inputs) == "First.\nSky: rainy\nLast word");
}

TEST_CASE("prompt templates: a language of its own comes first") {
  content_pack pack;
  pack.prompts = {{"story", "English"}, {"story.ko", "Korean"}};
  const auto compiled = prompt_templates::compile(pack);
  REQUIRE(compiled);
  CHECK(compiled.value()->render("story", "ko", {}) == "Korean");
  CHECK(compiled.value()->render("story", "en", {}) == "English");
}
