// Thinking and control tokens that a server left in the text.
#include "actors/generator/backends/model_marks.hpp"

#include <catch2/catch.hpp>

#include <string>
#include <utility>

using namespace longwave;

namespace {

const std::string said = "Well hey there, friends. Stay warm tonight.";

} // namespace

TEST_CASE("model_marks: a text without marks stays as it is, but for blanks at its ends") {
  for (const std::string& text : {said, std::string("Less < more, [sic] and a | bar |> here."), std::string("\u201cQuoted\u201d \u2026 and <b>bold</b>")}) {
    INFO(text);
    CHECK(without_marks(" \n" + text + "\t\n").text == text);
    CHECK(without_marks(text).fault.empty());
    CHECK(without_marks(text).thinking_bytes == 0);
  }
  CHECK(without_marks("").text.empty());
  CHECK(without_marks(" \n ").text.empty());
}

TEST_CASE("model_marks: thinking is taken out and counted") {
  const std::string thought = "\nI should be warm. The hour is six.\n";
  const std::pair<std::string, std::string> tags[] = {
    {"<think>", "</think>"}, {"<THINK>", "</Think>"}, {"<thinking>", "</thinking>"}, {"<thought>", "</thought>"},
    {"<reasoning>", "</reasoning>"}, {"<seed:think>", "</seed:think>"}, {"[THINK]", "[/THINK]"},
    {"\u25c1think\u25b7", "\u25c1/think\u25b7"}, {"<|START_THINKING|>", "<|END_THINKING|>"}, {"<|begin_of_thought|>", "<|end_of_thought|>"}};
  for (const auto& [open, close] : tags) {
    INFO(open);
    const auto whole = without_marks(open + thought + close + "\n\n" + said);
    CHECK(whole.text == said);
    CHECK(whole.fault.empty());
    CHECK(whole.thinking_bytes == thought.size());
    // The template wrote the opening tag.
    const auto half = without_marks(thought + close + "\n" + said);
    CHECK(half.text == said);
    CHECK(half.fault.empty());
    CHECK(half.thinking_bytes == thought.size());
    const auto twice = without_marks(open + close + said + " " + open + thought + close + "Good night.");
    CHECK(twice.text == said + " Good night.");
    CHECK(twice.thinking_bytes == thought.size());
    for (const std::string& unfinished : {open + thought, said + open + thought, open + thought + close + said + open}) {
      INFO(unfinished);
      CHECK(without_marks(unfinished).fault == "the answer ended within its thinking");
    }
  }
}

TEST_CASE("model_marks: tags with nothing between them are no thinking") {
  // What a model writes whose thinking is switched off.
  const auto off = without_marks("<think>\n\n</think>\n\n" + said);
  CHECK(off.text == said);
  CHECK(off.thinking_bytes == 0);
  CHECK(without_marks("\n\n</think>\n\n" + said).thinking_bytes == 0);
}

TEST_CASE("model_marks: of the channels of gpt-oss only the final one is the text") {
  const std::string begin = "<|channel|>analysis<|message|>We need a segment.<|end|><|start|>assistant";
  const auto whole = without_marks(begin + "<|channel|>final<|message|>" + said + "<|return|>");
  CHECK(whole.text == said);
  CHECK(whole.fault.empty());
  CHECK(whole.thinking_bytes > 10);
  CHECK(without_marks("<|channel|>final<|message|>" + said).thinking_bytes == 0);
  CHECK(without_marks(begin).fault == "the answer ended within its thinking");
}

TEST_CASE("model_marks: control tokens at the ends go, between words they are a fault") {
  for (const std::string token : {"<|im_end|>", "<|eot_id|>", "</s>", "<end_of_turn>", "<|endoftext|>", "<\uff5cend\u2581of\u2581sentence\uff5c>",
                                  "[/INST]", "<|im_end|>\n<|endoftext|>"}) {
    INFO(token);
    CHECK(without_marks(said + token).text == said);
    CHECK(without_marks(said + "\n" + token + "\n").fault.empty());
    CHECK(without_marks(token + " " + said).text == said);
    const auto turn = without_marks(said + token + "\nuser\nAnother one.");
    CHECK(turn.fault.find("control token") != std::string::npos);
    CHECK(turn.fault.find('\n') == std::string::npos);
  }
  for (const std::string head : {"<|im_start|>assistant\n", "<|start_header_id|>assistant<|end_header_id|>\n\n", "<start_of_turn>model\n"}) {
    INFO(head);
    CHECK(without_marks(head + said).text == said);
  }
  CHECK(without_marks("assistant\n" + said).text == "assistant\n" + said); // no token before it: a word like others
  CHECK(without_marks("<|im_end|>").text.empty());
  for (const std::string plain : {"<|>", "<||>", "a <| b |> c", "<|no blanks inside|>", "<" , "[", "x<"}) {
    INFO(plain);
    CHECK(without_marks(plain).fault.empty());
  }
}

TEST_CASE("model_marks: any bytes, and many tags, come to an end") {
  std::string many;
  for (int i = 0; i < 4'000; ++i) many += "<think></think>";
  CHECK(without_marks(many + said).text == said);
  CHECK(without_marks(std::string(60'000, '<')).fault.empty());
  CHECK(without_marks("\xff\xfe<think>\xc0</think>ok \xe2").text == "\xff\xfeok \xe2");
}
