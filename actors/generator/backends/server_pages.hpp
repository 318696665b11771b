// What the pages of a model server tell about it: models, window, whether it is an Ollama.
//
// Pure: page bodies in, facts out. A page that is missing or of another form tells nothing.
#pragma once

#include "actors/generator/backends/backend.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace longwave {

/// The pages to read, as paths, in the order they should be asked. The first is the list of models.
/// @param base path of the server's base; of kind "openai" that of its API, with the version
std::vector<std::string> pages_of(std::string_view kind, const std::string& base);

/// Takes one page in. Unknown paths and malformed bodies change nothing.
/// @param path as `pages_of` gave it  @param body of a 200 response
void read_page(server_description& into, std::string_view path, std::string_view body);

} // namespace longwave
