// A collection of a live Chroma server as a catalogue: read page by page over HTTP, then judged like a file.
#pragma once

#include "actors/scheduler/chroma_pages.hpp"
#include "cli/command_line.hpp"
#include "cli/lore_import.hpp"

#include <string>

namespace longwave::cli {

/// What names a server, as options.
struct chroma_options {
  std::string url;
  std::string collection;
  std::string where;
  std::string tenant = "default_tenant";
  std::string database = "default_database";
  std::string token_file;
  int timeout_s = 60;

  bool given() const noexcept { return !url.empty() || !collection.empty(); }
};

/// Adds --chroma, --collection, --where, --tenant, --database, --token-file, --timeout.
void add_chroma_options(CLI::App& app, chroma_options& options);

/// Reads a whole collection. A record's place is its number in the order that the server gives. Nothing is tried twice:
/// a read that fails is a failure, and an import of it takes nothing in.
/// @param limits  pages and bounds
/// Fails with bad_usage (URL, --where, no collection), bad_config (token file), backend_unavailable (no connection, busy,
/// not a Chroma with API v2, a collection that changes meanwhile), backend_refused (token), bad_input (no such
/// collection, filter refused, an answer that is none, too many records).
result<read_catalogue> read_catalogue_server(const chroma_options& options, const std::string& curated,
                                             const chroma_limits& limits = {});

} // namespace longwave::cli
