// What a model writes into its text besides the text, where the server leaves it there: thinking between tags, and the control
// tokens of its chat template. Servers that know the model take both out; many are not told.
//
// Pure. Whatever the bytes, nothing throws but for memory.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace longwave {

/// A text without the marks of its model.
struct unmarked_text {
  /// UTF-8 as it came, without blanks at its ends. With a `fault` only good as evidence.
  std::string text;
  /// Bytes of thinking that were taken out, without their tags.
  std::size_t thinking_bytes = 0;
  /// One line; why the rest is no text of a model that works well, empty when it may be one: it was still thinking, or went on
  /// after its own end.
  std::string fault;
};

/// Takes out
/// - thinking: `<think>...</think>` and its kin, everything before a closing tag whose opening one the template wrote, and the
///   channels of gpt-oss but the final one;
/// - control tokens (`<|im_end|>`, `</s>`, `<end_of_turn>` ...) at both ends, with the role after one at the start.
/// A control token between words is a fault: what follows is another turn, which the model made up.
unmarked_text without_marks(std::string_view text);

} // namespace longwave
