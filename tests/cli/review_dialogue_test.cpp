// The dialogue of a review: what is asked, what is kept at once, and that no text reaches the terminal as it is.
#include "cli/review_dialogue.hpp"

#include <catch2/catch.hpp>

#include <sstream>

using namespace longwave;
using namespace longwave::cli;

namespace {

std::vector<review_item> three() {
  std::vector<review_item> items(3);
  for (std::size_t i = 0; i < 3; ++i) {
    items[i].record.seq = i + 1;
    items[i].record.type = "weather";
    items[i].record.text = "Line one.\x1b]0;owned\x07\nLine two \xe2\x80\xae.";
    items[i].score = engagement_of(items[i].record);
  }
  return items;
}

struct held {
  dialogue_end end;
  std::vector<std::pair<std::uint64_t, spoken_verdict>> said;
  std::string shown;
};

held hold(const std::string& typed) {
  held h;
  std::istringstream in(typed);
  std::ostringstream out;
  auto done = hold_review(three(), in, out, [&](const review_item& item, const spoken_verdict& v) -> result<void> {
    h.said.emplace_back(item.record.seq, v);
    return ok();
  });
  REQUIRE(done);
  h.end = done.value();
  h.shown = out.str();
  return h;
}

} // namespace

TEST_CASE("review dialogue: approve, reject with issues and a note, skip", "[review]") {
  const auto h = hold("a\nwhat?\nr\nlooks\nvoice, pacing voice\ntoo slow\ns\n");
  CHECK(h.end.approved == 1);
  CHECK(h.end.rejected == 1);
  CHECK(h.end.skipped == 1);
  CHECK_FALSE(h.end.quit);
  REQUIRE(h.said.size() == 2);
  CHECK(h.said[0].second.approved);
  CHECK(h.said[1].first == 2);
  CHECK(h.said[1].second.issues == std::vector<std::string>{"voice", "pacing"});
  CHECK(h.said[1].second.note == "too slow");
}

TEST_CASE("review dialogue: an end of input keeps what was said and no half verdict", "[review]") {
  const auto h = hold("a\nr\n");
  CHECK(h.said.size() == 1);
  CHECK(h.end.quit);
  CHECK(hold("q\n").end.quit);
  CHECK(hold("").said.empty());
}

TEST_CASE("review dialogue: generated text is escaped, line ends stay", "[review]") {
  const auto h = hold("q\n");
  CHECK(h.shown.find('\x1b') == std::string::npos);
  CHECK(h.shown.find('\x07') == std::string::npos);
  CHECK(h.shown.find("\xe2\x80\xae") == std::string::npos);
  CHECK(h.shown.find("Line one.") != std::string::npos);
  CHECK(h.shown.find("\nLine two") != std::string::npos);
}

TEST_CASE("review dialogue: a failure to record ends it", "[review]") {
  std::istringstream in("a\na\n");
  std::ostringstream out;
  int asked = 0;
  const auto done = hold_review(three(), in, out, [&](const review_item&, const spoken_verdict&) -> result<void> {
    ++asked;
    return failure{error_code::disk_full, "cannot write", "full", ""};
  });
  CHECK_FALSE(done);
  CHECK(asked == 1);
}

TEST_CASE("review dialogue: a note is cut at a character's end", "[review]") {
  const auto note = cut_note(std::string(most_note_bytes - 1, 'x') + "\xc3\xa4");
  CHECK(note == std::string(most_note_bytes - 1, 'x'));
  CHECK(cut_note("short") == "short");
}
