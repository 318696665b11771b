// A person reads segments one by one and says what they think: the dialogue of `longwave review` on a terminal.
#pragma once

#include "actors/monitor/review.hpp"
#include "messages/error.hpp"

#include <cstddef>
#include <functional>
#include <iosfwd>
#include <string>
#include <vector>

namespace longwave::cli {

/// What a person may add to a verdict.
struct spoken_verdict {
  bool approved = true;
  std::vector<std::string> issues;
  std::string note;
};

struct dialogue_end {
  std::size_t approved = 0;
  std::size_t rejected = 0;
  /// Left for later.
  std::size_t skipped = 0;
  /// True when the person said "quit" or the input ended.
  bool quit = false;
};

/// Longest note, in bytes; more is cut at a character's end.
inline constexpr std::size_t most_note_bytes = 2'000;

/// The longest beginning of `text` that has at most `most_note_bytes` and ends with a whole character.
std::string cut_note(std::string text);

/// Shows each item, asks "approve, reject, skip, quit", for a rejection also which issues and a note, and hands every
/// verdict to `record` at once, so that what was said is kept whatever happens next. All text is made safe for a terminal.
/// Fails as `record` does.
result<dialogue_end> hold_review(const std::vector<review_item>& items, std::istream& in, std::ostream& out,
                                 const std::function<result<void>(const review_item&, const spoken_verdict&)>& record);

/// An item as lines for a person: place, type, score, issues, verdict, text.
std::string review_page(const review_item& item);

} // namespace longwave::cli
