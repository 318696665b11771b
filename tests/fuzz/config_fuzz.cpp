// Any bytes as a configuration file.
#include "tests/fuzz/fuzz_input.hpp"

#include "cli/config_file.hpp"

#include <CLI/CLI.hpp>

#include <map>
#include <sstream>

using namespace longwave;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  auto bytes = fuzz::text_of(data, size);
  std::map<std::string, int> lines;
  const auto reader = cli::make_config_reader(lines);
  std::istringstream in{std::string(bytes)};
  try {
    (void) reader->from_config(in);
  } catch (const CLI::Error& refused) {
    fuzz::require(std::string_view(refused.what()).size() > 0);
  }
  return 0;
}
