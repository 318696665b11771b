// What a Chroma server is asked and what its answers mean (HTTP API v2). Pure: texts in, texts out.
#pragma once

#include "messages/error.hpp"

#include <nlohmann/json.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace longwave {

/// Which collection of which server.
struct chroma_place {
  /// "http://host:port", with a path in front of /api/v2 where there is one.
  std::string url;
  std::string tenant = "default_tenant";
  std::string database = "default_database";
  std::string collection;

  /// "http://host:port#collection": what an import is remembered by.
  std::string source() const { return url + "#" + collection; }
};

/// Bounds of reading a collection.
struct chroma_limits {
  /// Records a page: the most that the hosted service gives at once.
  std::uint64_t page = 300;
  std::uint64_t records = 2'000'000;
  /// Bytes of one page: 300 records of 1 MB would be more; those are too large for an import anyway.
  std::size_t page_bytes = 64u << 20;
};

/// Paths, below the server's own path.
std::string chroma_collection_path(const chroma_place& place);
std::string chroma_list_path(const chroma_place& place);
std::string chroma_count_path(const chroma_place& place, const std::string& id);
std::string chroma_get_path(const chroma_place& place, const std::string& id);

/// The body of a paged get: `where` as the user gave it, documents and metadata, no vectors.
std::string chroma_get_body(const nlohmann::json& where, std::uint64_t offset, const chroma_limits& limits = {});

/// Reads --where. Fails with bad_usage when it is no JSON object.
result<nlohmann::json> read_where(const std::string& text);

/// The id of a collection from its page; empty when the page is none.
std::string chroma_collection_id(std::string_view body);
/// The names in a list of collections, at most ten, joined with ", ".
std::string chroma_collection_names(std::string_view body);
/// A count; empty when the page is none.
std::optional<std::uint64_t> chroma_count(std::string_view body);

/// What an answer other than 200 means, in the words of an import.
/// @param body  of the answer; its `message` is taken in, cut to 300 bytes
/// 401, 403: backend_refused; 404: bad_input for a collection, backend_unavailable for a server without API v2;
/// 400, 422: bad_input; 429 and 5xx: backend_unavailable.
failure chroma_refusal(const chroma_place& place, int status, std::string_view body, bool of_collection);

} // namespace longwave
