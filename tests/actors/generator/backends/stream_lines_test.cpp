// Line and event splitters: the same result wherever the stream is cut.
#include "actors/generator/backends/stream_lines.hpp"

#include <catch2/catch.hpp>

#include <string>
#include <utility>
#include <vector>

using namespace longwave;

namespace {

std::vector<std::string> lines_of(const std::vector<std::string_view>& pieces, std::size_t limit = stream_line_limit) {
  line_splitter splitter(limit);
  std::vector<std::string> lines;
  const auto take = [&](std::string_view line) { lines.emplace_back(line); return true; };
  for (const auto piece : pieces) splitter.feed(piece, take);
  splitter.finish(take);
  return lines;
}

std::vector<std::pair<std::string, std::string>> events_of(const std::vector<std::string_view>& pieces) {
  sse_splitter splitter;
  std::vector<std::pair<std::string, std::string>> events;
  const auto take = [&](const sse_event& e) { events.emplace_back(e.event, e.data); return true; };
  for (const auto piece : pieces) splitter.feed(piece, take);
  splitter.finish(take);
  return events;
}

/// All cuts into two, all cuts into three of a short stream, and single bytes.
template <class Split>
void check_all_cuts(const std::string& stream, Split split) {
  const auto whole = split({stream});
  const std::string_view all = stream;
  for (std::size_t i = 0; i <= all.size(); ++i) {
    REQUIRE(split({all.substr(0, i), all.substr(i)}) == whole);
    for (std::size_t j = i; j <= all.size(); ++j) {
      REQUIRE(split({all.substr(0, i), all.substr(i, j - i), all.substr(j)}) == whole);
    }
  }
  std::vector<std::string_view> bytes;
  for (std::size_t i = 0; i < all.size(); ++i) bytes.push_back(all.substr(i, 1));
  REQUIRE(split(bytes) == whole);
}

} // namespace

TEST_CASE("stream_lines: NDJSON lines with LF, CR LF, blanks and a last line without newline") {
  CHECK(lines_of({"{\"a\":1}\n{\"b\":2}\r\n\n  \r\n{\"c\":3}"}) ==
        std::vector<std::string>{"{\"a\":1}", "{\"b\":2}", "{\"c\":3}"});
  CHECK(lines_of({""}).empty());
  CHECK(lines_of({"\n\n\r\n"}).empty());
}

TEST_CASE("stream_lines: NDJSON gives the same at every cut") {
  check_all_cuts("{\"a\":\"\xec\x95\x88\"}\r\n\n{\"b\":2}\n \n{\"c\":3}\r\n{\"d\"", [](const std::vector<std::string_view>& pieces) { return lines_of(pieces); });
}

TEST_CASE("stream_lines: events give the same at every cut") {
  check_all_cuts("\xef\xbb\xbf" "data: one\n\n: ping\r\n\r\nevent: x\rdata:two\rdata: three\r\rdata: {\"k\":1}\r\n\r\ndata: [DONE]",
                 [](const std::vector<std::string_view>& pieces) { return events_of(pieces); });
}

TEST_CASE("stream_lines: events follow the standard") {
  using events = std::vector<std::pair<std::string, std::string>>;
  CHECK(events_of({"data: a\n\ndata: b\n\n"}) == events{{"", "a"}, {"", "b"}});
  CHECK(events_of({"data: a\ndata: b\n\n"}) == events{{"", "a\nb"}});
  CHECK(events_of({"data:a\n\n"}) == events{{"", "a"}});
  CHECK(events_of({"data:  a\n\n"}) == events{{"", " a"}});
  CHECK(events_of({"event: error\ndata: x\n\n"}) == events{{"error", "x"}});
  CHECK(events_of({"event: only\n\ndata: x\n\n"}) == events{{"", "x"}});
  CHECK(events_of({": comment\n\nid: 4\nretry: 10\n\n"}).empty());
  CHECK(events_of({"data\n\n"}) == events{{"", ""}});
  CHECK(events_of({"database: no\n\n"}).empty());
  CHECK(events_of({"data: unfinished"}) == events{{"", "unfinished"}});
}

TEST_CASE("stream_lines: a line over the limit ends the stream") {
  for (std::size_t step : {1u, 3u, 100u}) {
    line_splitter lines(10);
    sse_splitter events(10);
    const std::string text(30, 'x');
    const auto no_line = [](std::string_view) { FAIL("a line came"); return true; };
    const auto no_event = [](const sse_event&) { FAIL("an event came"); return true; };
    split_result a = split_result::more, b = split_result::more;
    for (std::size_t i = 0; i < text.size(); i += step) {
      a = lines.feed(std::string_view(text).substr(i, step), no_line);
      b = events.feed(std::string_view(text).substr(i, step), no_event);
    }
    CHECK(a == split_result::too_long);
    CHECK(b == split_result::too_long);
    CHECK(lines.feed("ok\n", no_line) == split_result::too_long);
    CHECK(lines.finish(no_line) == split_result::too_long);
    CHECK(events.finish(no_event) == split_result::too_long);
  }
}

TEST_CASE("stream_lines: many data lines of one event count together") {
  sse_splitter events(100);
  split_result r = split_result::more;
  for (int i = 0; i < 30; ++i) r = events.feed("data: 12345678\n", [](const sse_event&) { return true; });
  CHECK(r == split_result::too_long);
}

TEST_CASE("stream_lines: a receiver that stops gets nothing more") {
  line_splitter lines;
  int seen = 0;
  const auto once = [&](std::string_view) { ++seen; return false; };
  CHECK(lines.feed("a\nb\nc", once) == split_result::stopped);
  CHECK(lines.feed("d\n", once) == split_result::stopped);
  CHECK(lines.finish(once) == split_result::stopped);
  CHECK(seen == 1);
  sse_splitter events;
  const auto once_event = [&](const sse_event&) { ++seen; return false; };
  CHECK(events.feed("data: a\n\ndata: b\n\n", once_event) == split_result::stopped);
  CHECK(events.finish(once_event) == split_result::stopped);
  CHECK(seen == 2);
}
