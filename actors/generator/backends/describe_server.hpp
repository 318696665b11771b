// Asks a model server for its pages, one after the other, without generating anything.
#pragma once

#include "actors/generator/backends/backend.hpp"
#include "actors/generator/backends/http.hpp"

#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace longwave {

/// Reads the pages of `pages_of` and tells what they say. The outcome is that of the first page, the list of models;
/// the others may be missing. `tell` is called exactly once, on the client's thread (or the caller's, when the client
/// was shut down).
/// @param base of the server, without "/v1"; its path is prefixed to every page
/// @param headers that every request carries (the key)  @param secret is never shown in the detail
void describe_server(const std::shared_ptr<http_client>& client, const endpoint_options& options, http_url base,
                     std::vector<std::pair<std::string, std::string>> headers,
                     std::function<void(server_description)> tell);

} // namespace longwave
