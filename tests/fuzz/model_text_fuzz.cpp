// Any bytes as what a model wrote: cut down to what is spoken without end or growth, and the same once more.
#include "tests/fuzz/fuzz_input.hpp"

#include "actors/generator/backends/model_marks.hpp"
#include "actors/generator/spoken_text.hpp"
#include "actors/validator/error_shape.hpp"

#include <utf8.h>

using namespace longwave;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const std::vector<std::string> speakers{"julie", "Mr. New Vegas"};
  const auto bytes = fuzz::text_of(data, size);
  const bool sound = utf8::is_valid(bytes.begin(), bytes.end());
  const auto written = without_marks(bytes);
  fuzz::require(written.text.size() + written.thinking_bytes <= bytes.size());
  fuzz::require(written.fault.find('\n') == std::string::npos);
  const auto spoken = spoken_part(written.text, speakers);
  fuzz::require(spoken.text.size() <= written.text.size());
  fuzz::require(spoken_part(spoken.text, speakers).text == spoken.text);
  fuzz::require(!sound || utf8::is_valid(spoken.text.begin(), spoken.text.end()));
  for (const auto& piece : spoken.removed) fuzz::require(piece.find('\n') == std::string::npos);
  shape_of(spoken.text);
  return 0;
}
