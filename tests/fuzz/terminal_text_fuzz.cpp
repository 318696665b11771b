// Any bytes on their way to a terminal or into JSON: no control character comes out.
#include "tests/fuzz/fuzz_input.hpp"

#include "cli/terminal_text.hpp"
#include "messages/json_controls.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>

using namespace longwave;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  auto bytes = fuzz::text_of(data, size);
  const auto shown = cli::terminal_line(bytes);
  fuzz::require(std::none_of(shown.begin(), shown.end(), [](unsigned char c) { return c < 0x20 || c == 0x7f; }));
  fuzz::require(shown.find("\xc2\x9b") == std::string::npos);
  const auto json = nlohmann::json(std::string(bytes)).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
  const auto escaped = escape_controls(json);
  fuzz::require(escaped.find('\x7f') == std::string::npos && escaped.find("\xc2\x9b") == std::string::npos);
  fuzz::require(nlohmann::json::parse(escaped) == nlohmann::json::parse(json));
  return 0;
}
