// Nothing that a terminal obeys comes through: every control character, bidi mark and invalid byte.
#include "cli/terminal_text.hpp"

#include <catch2/catch.hpp>
#include <utf8.h>

#include <iterator>

using namespace longwave::cli;

namespace {

std::string utf8_of(std::uint32_t c) {
  std::string out;
  utf8::unchecked::append(c, std::back_inserter(out));
  return out;
}

bool printable_ascii(const std::string& text) {
  for (const char c : text)
    if (c < 0x20 || c > 0x7e) return false;
  return true;
}

} // namespace

TEST_CASE("every C0 and C1 control character is shown, not obeyed", "[terminal_text]") {
  for (std::uint32_t c = 0; c < 0xa0; c = c == 0x1f ? 0x7f : c + 1) {
    const auto line = terminal_line("a" + utf8_of(c) + "b");
    CAPTURE(c);
    CHECK(printable_ascii(line));
    CHECK(line.size() == 6);
    const bool stays = c == '\n' || c == '\t';
    CHECK(terminal_text("a" + utf8_of(c) + "b") == (stays ? "a" + utf8_of(c) + "b" : line));
  }
}

TEST_CASE("bidi marks, separators and the byte order mark are shown", "[terminal_text]") {
  std::vector<std::uint32_t> marks{0x061c, 0x200e, 0x200f, 0x2028, 0x2029, 0xfeff};
  for (std::uint32_t c = 0x202a; c <= 0x202e; ++c) marks.push_back(c);
  for (std::uint32_t c = 0x2066; c <= 0x2069; ++c) marks.push_back(c);
  for (const auto c : marks) {
    CAPTURE(c);
    CHECK(printable_ascii(terminal_text(utf8_of(c))));
    CHECK(printable_ascii(terminal_line(utf8_of(c))));
  }
}

TEST_CASE("every invalid byte becomes a replacement character", "[terminal_text]") {
  for (int byte = 0x80; byte < 0x100; ++byte) {
    const std::string text{'a', static_cast<char>(byte)};
    const auto line = terminal_line(text);
    CAPTURE(byte);
    CHECK(utf8::is_valid(line.begin(), line.end()));
    CHECK(line.find("\xef\xbf\xbd") != std::string::npos);
  }
}

TEST_CASE("an escape sequence loses its power", "[terminal_text]") {
  CHECK(terminal_line("\x1b[31mred\x1b[0m") == "\\x1b[31mred\\x1b[0m");
  CHECK(terminal_line("\x1b]0;title\x07") == "\\x1b]0;title\\x07");
  CHECK(terminal_line("one\ntwo\r\nthree") == "one\\x0atwo\\x0d\\x0athree");
}

TEST_CASE("ordinary text stays as it is", "[terminal_text]") {
  const std::string text = "Guten Tag, 안녕하세요, “quotes”, 🙂 and more…";
  CHECK(terminal_line(text) == text);
  CHECK(terminal_text("a\n\tb") == "a\n\tb");
  CHECK(terminal_line("").empty());
}
