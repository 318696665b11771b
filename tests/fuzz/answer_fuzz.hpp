// What must hold for every reader of answers, whatever the bytes: no crash, the same judgement wherever the stream is
// cut, and nothing but sound text as a draft.
#pragma once

#include "actors/generator/backends/answer_text.hpp"

#include <utf8.h>

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

namespace longwave::fuzz {

template <class Reader>
draft read_in_steps(std::string_view body, std::size_t step, body_end how) {
  Reader reader;
  bool more = true;
  for (std::size_t at = 0; more && at < body.size(); at += step) more = reader.feed(body.substr(at, step));
  return reader.finish(more ? how : body_end::clean);
}

/// The first byte of the input chooses the step, the second how the body ends.
template <class Reader>
int judge(const std::uint8_t* data, std::size_t size) {
  if (size < 2) return 0;
  const std::string_view body(reinterpret_cast<const char*>(data + 2), size - 2);
  const auto how = static_cast<body_end>(data[1] % 3);
  const auto whole = read_in_steps<Reader>(body, body.size() + 1, how);
  const auto pieces = read_in_steps<Reader>(body, 1 + data[0] % 32, how);
  const bool same = whole.outcome == pieces.outcome && whole.text == pieces.text && whole.usage == pieces.usage;
  const bool sound = whole.outcome != outcome_class::ok || (!whole.text.empty() && whole.text.size() <= text_limit &&
                                                            utf8::is_valid(whole.text.begin(), whole.text.end()));
  if (!same || !sound || whole.detail.size() > detail_limit) std::abort();
  return 0;
}

} // namespace longwave::fuzz
