// What of an answer is to be spoken: models put titles, labels, stage directions and politeness around a script.
//
// Pure. Whatever the bytes, nothing throws but for memory.
#pragma once

#include "messages/draft.hpp"
#include "messages/profile.hpp"

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace longwave {

struct spoken_limits {
  /// Longest remark in square brackets, bytes; what is longer is no stage direction.
  std::size_t bracket_bytes = 240;
  /// Longest remark in round brackets or asterisks, words.
  std::size_t remark_words = 8;
  /// Longest line that introduces a script ("Sure! Here is ..."), bytes.
  std::size_t introduction_bytes = 240;
  /// Pieces that are told, and bytes of each.
  std::size_t told = 8, told_bytes = 120;
};

/// A script without what stands around it.
struct spoken_text {
  std::string text;
  /// What was taken out, in the order of the text, each one line; at most `spoken_limits::told`.
  std::vector<std::string> removed;
};

/// Takes out of a script, and nothing else:
/// - a code fence around the whole;
/// - a first line that introduces it to the one who asked, and a last paragraph that offers more;
/// - headings and rules of Markdown, and the asterisks of emphasis;
/// - the speaker's name before what is said ("Julie:");
/// - stage directions: "[music fades]" anywhere but with a number in it, "(laughs)" and "*laughs*" where a sentence could begin and one does, or the text ends.
/// Words of a sentence, and quotation marks, stay as they are. The same once more changes nothing.
/// @param speakers names that may stand before what is said, any case
spoken_text spoken_part(std::string_view answer, const std::vector<std::string>& speakers);

/// The names by which a DJ may be labelled: the display name without its bracket, and short names that are its first words. Others may be
/// places ("vegas").
std::vector<std::string> speakers_of(const dj_profile& profile);

/// Settles what the text of a finished answer is worth: a server's is cut down to what is spoken (broadcasts), and an answer
/// that as a whole is no script is `refused` where the model says so, else `empty`. Leaves other outcomes alone.
/// @param profile null for story runs, whose texts stay as they came
void settle_text(draft& answer, const dj_profile* profile);

} // namespace longwave
