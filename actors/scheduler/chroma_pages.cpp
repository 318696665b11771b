// Paths and bodies of API v2.
#include "actors/scheduler/chroma_pages.hpp"

#include "messages/passage_text.hpp"

namespace longwave {

namespace {

using nlohmann::json;

/// RFC 3986: everything but unreserved characters is escaped.
std::string escaped(std::string_view part) {
  constexpr char digits[] = "0123456789ABCDEF";
  std::string out;
  for (const unsigned char c : part) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_' || c == '.' || c == '~';
    if (plain) out += static_cast<char>(c);
    else (out += '%', out += digits[c >> 4], out += digits[c & 15]);
  }
  return out;
}

std::string database_path(const chroma_place& place) {
  return "/api/v2/tenants/" + escaped(place.tenant) + "/databases/" + escaped(place.database) + "/collections";
}

json parsed(std::string_view body) { return json::parse(body, nullptr, false); }

/// {"error":"NotFoundError","message":"..."}, or whatever else came, as one line.
std::string message_of(std::string_view body) {
  const auto j = parsed(body);
  if (j.is_object())
    for (const auto* name : {"message", "error", "detail"})
      if (const auto at = j.find(name); at != j.end() && at->is_string()) return passage_text(at->get<std::string>(), 300);
  return passage_text(body, 120);
}

} // namespace

std::string chroma_collection_path(const chroma_place& place) { return database_path(place) + "/" + escaped(place.collection); }

std::string chroma_list_path(const chroma_place& place) { return database_path(place) + "?limit=10"; }

std::string chroma_count_path(const chroma_place& place, const std::string& id) { return database_path(place) + "/" + escaped(id) + "/count"; }

std::string chroma_get_path(const chroma_place& place, const std::string& id) { return database_path(place) + "/" + escaped(id) + "/get"; }

std::string chroma_get_body(const json& where, std::uint64_t offset, const chroma_limits& limits) {
  json body = {{"include", {"documents", "metadatas"}}, {"limit", limits.page}, {"offset", offset}};
  if (where.is_object() && !where.empty()) body["where"] = where;
  return body.dump();
}

result<json> read_where(const std::string& text) {
  if (text.empty()) return json();
  auto j = parsed(text);
  if (j.is_object()) return j;
  return failure{error_code::bad_usage, "--where", "wants a JSON object", R"(write a filter of Chroma, such as '{"region": "Appalachia"}')"};
}

std::string chroma_collection_id(std::string_view body) {
  const auto j = parsed(body);
  return j.is_object() && j.contains("id") && j["id"].is_string() ? j["id"].get<std::string>() : std::string();
}

std::string chroma_collection_names(std::string_view body) {
  const auto j = parsed(body);
  std::string names;
  if (!j.is_array()) return names;
  std::size_t count = 0;
  for (const auto& c : j) {
    if (!c.is_object() || !c.contains("name") || !c["name"].is_string() || ++count > 10) continue;
    names += (names.empty() ? "" : ", ") + passage_text(c["name"].get<std::string>(), 100);
  }
  return names;
}

std::optional<std::uint64_t> chroma_count(std::string_view body) {
  const auto j = parsed(body);
  return j.is_number_unsigned() ? std::optional(j.get<std::uint64_t>()) : std::nullopt;
}

failure chroma_refusal(const chroma_place& place, int status, std::string_view body, bool of_collection) {
  const auto what = "cannot read collection " + place.collection + " of " + place.url;
  const auto why = "the server answers " + std::to_string(status) + (body.empty() ? "" : ": " + message_of(body));
  if (status == 401 || status == 403)
    return {error_code::backend_refused, what, why, "give the server's token with --token-file, and check --tenant and --database"};
  if (status == 404 && of_collection) return {error_code::bad_input, what, why, "check --collection, --tenant and --database"};
  if (status == 404 || status == 410 || status == 405)
    return {error_code::backend_unavailable, what, why, "check --chroma: the server must speak Chroma's HTTP API v2"};
  if (status == 400 || status == 422) return {error_code::bad_input, what, why, "check --where and --collection; nothing was imported"};
  return {error_code::backend_unavailable, what, why, "try again later; nothing was imported"};
}

} // namespace longwave
