// The feed: order, ids, resuming, what was missed, runs kept apart, and one wake for many events.
#include "cli/event_feed.hpp"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

using namespace longwave;
using namespace longwave::cli;

namespace {

std::vector<nlohmann::json> data_of(const std::string& text) {
  std::vector<nlohmann::json> out;
  const std::string line = "\ndata: ";
  for (std::size_t at = text.find(line); at != std::string::npos; at = text.find(line, at + 1))
    out.push_back(nlohmann::json::parse(text.substr(at + line.size(), text.find('\n', at + 1) - at - line.size())));
  return out;
}

std::shared_ptr<event_feed> feed_of(int events, std::size_t capacity = 8) {
  auto feed = std::make_shared<event_feed>(std::make_shared<host_clock>(), capacity);
  for (int i = 1; i <= events; ++i) feed->add({i % 2 ? "odd" : "even", "segment_accepted", "segment " + std::to_string(i)});
  return feed;
}

} // namespace

TEST_CASE("event feed: a new reader gets what is remembered, in order, as server-sent events") {
  const auto feed = feed_of(3);
  const auto text = feed->read("", "", false)->take();
  CHECK(text.find("event: segment_accepted\n") != std::string::npos);
  const auto events = data_of(text);
  REQUIRE(events.size() == 3);
  CHECK(events[0]["detail"] == "segment 1");
  CHECK(events[2]["run_id"] == "odd");
  CHECK(text.find("id: " + events[1]["id"].get<std::string>() + "\n") != std::string::npos);
}

TEST_CASE("event feed: a reader goes on behind the last event it has") {
  const auto feed = feed_of(3);
  const auto events = data_of(feed->read("", "", false)->take());
  const auto rest = data_of(feed->read(events[1]["id"].get<std::string>(), "", false)->take());
  REQUIRE(rest.size() == 1);
  CHECK(rest[0]["detail"] == "segment 3");
  CHECK(data_of(feed->read(events[2]["id"].get<std::string>(), "", false)->take()).empty());
}

TEST_CASE("event feed: ids that are none, of another process or from the future give everything") {
  const auto feed = feed_of(2);
  for (const char* id : {"12", "-", "another-1", "x-99999999999999999999", ""})
    CHECK(data_of(feed->read(id, "", false)->take()).size() == 2);
}

TEST_CASE("event feed: a reader that was away too long is told how many it missed") {
  const auto feed = feed_of(1, 4);
  const auto reader = feed->read("", "", true);
  CHECK(data_of(reader->take()).size() == 1);
  for (int i = 2; i <= 10; ++i) feed->add({"r", "segment_accepted", "segment " + std::to_string(i)});
  const auto events = data_of(reader->take());
  REQUIRE(events.size() == 5);
  CHECK(events[0]["type"] == "events_missed");
  CHECK(events[0]["detail"] == "5");
  CHECK(events[1]["detail"] == "segment 7");
}

TEST_CASE("event feed: a reader of one run gets its events and the engine's own") {
  const auto feed = feed_of(4);
  feed->add({"", "actor_restarted", "generator"});
  const auto events = data_of(feed->read("", "even", false)->take());
  REQUIRE(events.size() == 3);
  CHECK(events[0]["detail"] == "segment 2");
  CHECK(events[2]["run_id"].is_null());
}

TEST_CASE("event feed: one wake until the events are taken, none after the reader is gone") {
  const auto feed = feed_of(0);
  auto reader = feed->read("", "", true);
  int wakes = 0;
  reader->on_more([&] { ++wakes; });
  feed->add({"r", "run_pausing", ""});
  feed->add({"r", "run_paused", ""});
  CHECK(wakes == 1);
  CHECK(data_of(reader->take()).size() == 2);
  feed->add({"r", "run_resumed", ""});
  CHECK(wakes == 2);
  reader.reset();
  feed->add({"r", "run_paused", ""});
  CHECK(wakes == 2);
}

TEST_CASE("event feed: any bytes in a detail stay inside their line") {
  const auto feed = feed_of(0);
  feed->add({"r", "attempt_failed", "a\n\ndata: forged\xff"});
  const auto text = feed->read("", "", false)->take();
  REQUIRE(data_of(text).size() == 1);
  CHECK(data_of(text)[0]["detail"].get<std::string>().substr(0, 16) == "a\n\ndata: forged\xef");
}
