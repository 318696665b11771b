// Any bytes as the page of a model server that describes it.
#include "actors/generator/backends/server_pages.hpp"

#include <cstddef>
#include <cstdint>
#include <string_view>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view body(reinterpret_cast<const char*>(data), size);
  for (const char* kind : {"ollama", "openai", "anthropic"}) {
    longwave::server_description found;
    found.model = "m";
    for (const auto& path : longwave::pages_of(kind, "")) longwave::read_page(found, path, body);
  }
  return 0;
}
