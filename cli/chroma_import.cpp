// One request after the other over the client of the model servers.
#include "cli/chroma_import.hpp"

#include "actors/generator/backends/http.hpp"
#include "cli/api_key.hpp"
#include "storage/chain.hpp"
#include "storage/lore_file.hpp"

#include <CLI/App.hpp>
#include <algorithm>
#include <future>

namespace longwave::cli {

namespace {

using nlohmann::json;

/// One server, asked one thing at a time.
class chroma_reader {
public:
  chroma_reader(chroma_place place, http_url base, std::string token, std::int64_t timeout_ms, chroma_limits limits)
    : place_(std::move(place)), base_(std::move(base)), token_(std::move(token)), limits_(limits) {
    http_limits_.call_timeout_ms = timeout_ms;
    http_limits_.first_byte_timeout_ms = timeout_ms;
    http_limits_.body_limit = limits_.page_bytes;
  }

  const chroma_place& place() const noexcept { return place_; }

  /// Asks for the collection and remembers its id.
  result<void> open() {
    auto page = ask("GET", chroma_collection_path(place_), {}, true);
    if (!page) {
      auto why = page.error();
      if (why.code == error_code::bad_input)
        if (const auto list = ask("GET", chroma_list_path(place_), {}, false); list)
          if (const auto names = chroma_collection_names(list.value()); !names.empty()) why.why += "; there are: " + names;
      return why;
    }
    id_ = chroma_collection_id(page.value());
    if (id_.empty()) return no_answer("the collection's page has no id");
    return ok();
  }

  result<std::uint64_t> count() {
    auto page = ask("GET", chroma_count_path(place_, id_), {}, true);
    if (!page) return page.error();
    const auto n = chroma_count(page.value());
    if (!n) return no_answer("its count is no number");
    return *n;
  }

  /// Rows of one page into `sink`; their number comes back.
  result<std::uint64_t> page(const json& where, std::uint64_t offset, std::string& digest, const storage::row_sink& sink) {
    auto body = ask("POST", chroma_get_path(place_, id_), chroma_get_body(where, offset, limits_), true);
    if (!body) return body.error();
    const auto rows = json::parse(body.value(), nullptr, false);
    if (!rows.is_object() || !rows.contains("ids") || !rows["ids"].is_array()) return no_answer("a page is no list of records");
    if (rows["ids"].size() > limits_.page) return no_answer("a page holds more records than were asked for");
    for (const auto* name : {"documents", "metadatas"})
      if (const auto at = rows.find(name); at == rows.end() || !at->is_array() || at->size() != rows["ids"].size())
        return no_answer(std::string("a page's ") + name + " do not fit its ids");
    // Over what the records say: a server gives the names of metadata in another order each time.
    const json content = {rows["ids"], rows["documents"], rows["metadatas"]};
    digest = storage::sha256_hex(digest + content.dump(-1, ' ', false, json::error_handler_t::replace));
    storage::read_chroma_export(rows, offset + 1, sink);
    return rows["ids"].size();
  }

  failure no_answer(const std::string& why) const {
    return {error_code::bad_input, "cannot read collection " + place_.collection + " of " + place_.url, why,
            "check --chroma: the server must speak Chroma's HTTP API v2; nothing was imported"};
  }

private:
  result<std::string> ask(const char* method, const std::string& path, std::string body, bool of_collection) {
    http_request request;
    request.method = method;
    request.target = base_.path + path;
    request.headers = {{"Accept", "application/json"}};
    if (!body.empty()) request.headers.emplace_back("Content-Type", "application/json");
    if (!token_.empty()) {
      request.headers.emplace_back("X-Chroma-Token", token_);
      request.headers.emplace_back("Authorization", "Bearer " + token_);
    }
    request.body = std::move(body);
    std::string got;
    bool too_large = false;
    std::promise<http_result> ended;
    auto end = ended.get_future();
    client_.start(
      base_, std::move(request), http_limits_,
      [&, limit = limits_.page_bytes](std::string_view bytes, std::int64_t) {
        too_large = too_large || bytes.size() > limit - got.size();
        if (too_large) return body_wish::stop;
        got.append(bytes);
        return body_wish::more;
      },
      [&ended](http_result r) { ended.set_value(std::move(r)); });
    const auto r = end.get();
    if (too_large || r.end == http_end::too_large)
      return failure{error_code::bad_input, "cannot read collection " + place_.collection + " of " + place_.url,
                     "a page is larger than " + std::to_string(limits_.page_bytes >> 20) + " MB", "narrow it with --where; nothing was imported"};
    if (r.end != http_end::complete)
      return failure{error_code::backend_unavailable, "cannot reach the Chroma server " + place_.url, r.detail,
                     "check --chroma (http or https? host, port), or give more --timeout; nothing was imported"};
    if (r.head.status != 200) return chroma_refusal(place_, r.head.status, r.error_body, of_collection);
    return got;
  }

  chroma_place place_;
  http_url base_;
  std::string token_;
  chroma_limits limits_;
  http_limits http_limits_;
  http_client client_;
  std::string id_;
};

result<chroma_place> place_of(const chroma_options& options) {
  if (options.url.empty()) return failure{error_code::bad_usage, "--collection", "wants --chroma URL too", "name the server"};
  if (options.collection.empty()) return failure{error_code::bad_usage, "--chroma", "wants --collection NAME too", "name the collection"};
  const auto url = parse_http_url(options.url);
  if (!url) return failure{error_code::bad_usage, "--chroma " + options.url, url.error().why, "write http://HOST:PORT or https://HOST"};
  return chroma_place{url.value().str(), options.tenant, options.database, options.collection};
}

/// Pages until one is not full; fails when there are more records than an import may have.
result<void> read_pages(chroma_reader& server, const json& where, const chroma_limits& limits, read_catalogue& read) {
  const auto sink = [&](std::uint64_t line, const json* row, const storage::row_fault* fault) {
    if (row) read.intake.add(line, *row);
    else read.intake.add_fault(line, {fault->kind, "", fault->why});
  };
  for (std::uint64_t offset = 0;;) {
    auto rows = server.page(where, offset, read.source_hash, sink);
    if (!rows) return rows.error();
    offset += rows.value();
    if (rows.value() < limits.page) return ok();
    if (offset >= limits.records) return server.no_answer("it has more than " + std::to_string(limits.records) + " records; narrow it with --where");
  }
}

} // namespace

void add_chroma_options(CLI::App& app, chroma_options& options) {
  app.add_option("--chroma", options.url, "Read from this Chroma server instead of a file: http://HOST:PORT (HTTP API v2)");
  app.add_option("--collection", options.collection, "The server's collection");
  app.add_option("--where", options.where, "Only records that fit this filter of Chroma's, as JSON: '{\"region\": \"Appalachia\"}'");
  app.add_option("--tenant", options.tenant, "The server's tenant")->capture_default_str();
  app.add_option("--database", options.database, "The server's database")->capture_default_str();
  app.add_option("--token-file", options.token_file, "File with the server's token, readable by you alone");
  app.add_option("--timeout", options.timeout_s, "Seconds that one page may take")->check(CLI::Range(1, 3'600))->capture_default_str();
}

result<read_catalogue> read_catalogue_server(const chroma_options& options, const std::string& curated, const chroma_limits& limits) {
  auto place = place_of(options);
  if (!place) return place.error();
  auto where = read_where(options.where);
  if (!where) return where.error();
  std::string token;
  if (!options.token_file.empty()) {
    auto read = read_key_file(options.token_file);
    if (!read) return read.error();
    token = std::move(read.value());
  }
  auto titles = read_curated(curated);
  if (!titles) return titles.error();
  chroma_reader server(place.value(), parse_http_url(options.url).value(), std::move(token), options.timeout_s * 1'000, limits);
  if (auto opened = server.open(); !opened) return opened.error();
  const auto before = server.count();
  if (!before) return before.error();
  read_catalogue read{lore_intake(place.value().source(), std::move(titles.value())), ""};
  if (auto done = read_pages(server, where.value(), limits, read); !done) return done.error();
  const auto after = server.count();
  if (!after) return after.error();
  // Pages go by place: what is added or removed meanwhile would shift records from one page to the next unseen.
  if (after.value() != before.value())
    return failure{error_code::backend_unavailable, "cannot read collection " + options.collection + " of " + place.value().url,
                   "it had " + std::to_string(before.value()) + " records at the beginning and " + std::to_string(after.value()) + " at the end",
                   "try again when nobody writes to it; nothing was imported"};
  read.intake.finish();
  return read;
}

} // namespace longwave::cli
