// Tests of the memory of recent segments.
#include "actors/scheduler/session_memory.hpp"

#include <catch2/catch.hpp>

#include <nlohmann/json.hpp>

using namespace longwave;

namespace {

std::string tell(session_memory& memory, std::uint64_t seq, const std::string& text) {
  segment_plan p;
  p.seq = seq;
  p.gossip = gossip_topic{"g1", "romance", "subject " + std::to_string(seq), "rumor"};
  return memory.remember(p, segment_type::gossip, &text, nullptr);
}

} // namespace

TEST_CASE("session memory: it holds the last ten and no more") {
  session_memory memory;
  for (std::uint64_t seq = 1; seq <= 25; ++seq) tell(memory, seq, "Opening number " + std::to_string(seq));
  const auto openings = memory.recent_openings();
  REQUIRE(openings.size() == 10);
  CHECK(openings.front() == "opening number 25");
  CHECK(openings.back() == "opening number 16");
  CHECK(memory.piece_names().size() == 10);
  CHECK(memory.recent_topics() ==
        std::vector<std::string>{"subject 25", "subject 24", "subject 23", "subject 22", "subject 21"});
}

TEST_CASE("session memory: an opening is six words without punctuation") {
  session_memory memory;
  tell(memory, 1, "\"Well, hello there -- all you GOOD people of the hills!\"");
  CHECK(memory.recent_openings().front() == "well hello there all you good");
}

TEST_CASE("session memory: a mark from the validator wins over the text") {
  session_memory memory;
  segment_plan p;
  p.seq = 3;
  variety_mark mark;
  mark.opening = "as the validator saw it";
  mark.topics = {"Flatwoods"};
  const std::string text = "Something else entirely";
  memory.remember(p, segment_type::news, &text, &mark);
  CHECK(memory.recent_openings().front() == "as the validator saw it");
  CHECK(memory.recent_topics() == std::vector<std::string>{"Flatwoods"});
}

TEST_CASE("session memory: pieces give the same memory back") {
  session_memory memory, copy;
  for (std::uint64_t seq = 1; seq <= 13; ++seq) tell(memory, seq, "Opening number " + std::to_string(seq));
  for (const auto& name : memory.piece_names()) copy.load(name, memory.piece(name));
  CHECK(copy.view() == memory.view());
  CHECK(memory.piece("memory/77").is_null());
}

TEST_CASE("session memory: excerpts of the last three, oldest first, kept only when a prompt asks for them") {
  session_memory memory;
  std::string text = "Morning, neighbors.\nThe well by the ridge is full again, and";
  while (text.size() < 400) text += " on and on it goes";
  for (std::uint64_t seq = 1; seq <= 5; ++seq) {
    segment_plan p;
    p.seq = seq;
    p.position = {1, 5 + static_cast<int>(seq), 1, ""};
    memory.remember(p, segment_type::music_intro, &text, nullptr, true);
  }
  const auto lines = memory.excerpts();
  REQUIRE(lines.size() == 3);
  CHECK(lines.front().rfind("day 1, 08:00, music intro: Morning, neighbors. The well", 0) == 0);
  CHECK(lines.back().rfind("day 1, 10:00", 0) == 0);
  for (const auto& line : lines) {
    CHECK(line.size() <= session_memory::excerpt_bytes + 40);
    CHECK(line.substr(line.size() - 4) == " ...");
    CHECK(line.find('\n') == std::string::npos);
  }
  session_memory loaded;
  for (const auto& name : memory.piece_names()) loaded.load(name, memory.piece(name));
  CHECK(loaded.excerpts() == lines);
  session_memory plain;
  tell(plain, 1, text);
  CHECK(plain.excerpts().empty());
  CHECK_FALSE(plain.piece(plain.piece_names().front()).contains("excerpt"));
}
