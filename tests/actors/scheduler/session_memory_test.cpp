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
