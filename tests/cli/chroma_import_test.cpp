// Tests of reading a Chroma server: pages, filters, tokens, everything that can go wrong; a real one when it is named.
#include "cli/chroma_import.hpp"
#include "cli/exit_code.hpp"
#include "tests/storage/store_test_data.hpp"
#include "tests/support/loopback_server.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <set>

#include <sys/stat.h>

using namespace longwave;
using namespace longwave::cli;
using longwave::test::loopback_server;
using longwave::test::scripted_answer;
using longwave::test::seen_request;
using nlohmann::json;

namespace {

constexpr const char* base = "/api/v2/tenants/default_tenant/databases/default_database/collections";

/// A collection as a Chroma server serves it: the pages of API v2, with `where` for equality.
struct collection {
  std::vector<std::string> ids;
  std::vector<json> metadatas;
  std::uint64_t counted = 0; ///< answers to count so far
  std::uint64_t grows = 0;   ///< records more at the second count

  explicit collection(std::size_t records) {
    for (std::size_t i = 0; i < records; ++i) {
      ids.push_back("r" + std::to_string(i));
      metadatas.push_back({{"wiki_title", "Bell " + std::to_string(i)}, {"content_type", "quest"}, {"region", i % 2 ? "Mojave" : "Appalachia"},
                           {"year_min", 2080}, {"year_max", 2100}});
    }
  }

  scripted_answer answer(const seen_request& r) {
    const std::string at = base;
    if (r.target == at + "/lore") return {200, R"({"id":"the-id","name":"lore"})"};
    if (r.target == at + "?limit=10") return {200, R"([{"name":"lore"},{"name":"more"}])"};
    if (r.target == at + "/the-id/count") return {200, std::to_string(ids.size() + (counted++ > 0 ? grows : 0))};
    if (r.target != at + "/the-id/get" || r.method != "POST") return {404, R"({"error":"NotFoundError","message":"Collection [x] does not exists"})"};
    const auto asked = json::parse(r.body);
    json page = {{"ids", json::array()}, {"documents", json::array()}, {"metadatas", json::array()}, {"embeddings", nullptr}};
    std::uint64_t skipped = 0;
    for (std::size_t i = 0; i < ids.size(); ++i) {
      if (asked.contains("where") && metadatas[i]["region"] != asked["where"]["region"]) continue;
      if (skipped++ < asked["offset"].get<std::uint64_t>()) continue;
      if (page["ids"].size() == asked["limit"].get<std::uint64_t>()) break;
      page["ids"].push_back(ids[i]);
      page["documents"].push_back("The bell of station " + std::to_string(i) + " rings.");
      page["metadatas"].push_back(metadatas[i]);
    }
    return {200, page.dump()};
  }
};

chroma_options at(const loopback_server& server) {
  chroma_options o;
  o.url = server.url();
  o.collection = "lore";
  o.timeout_s = 10;
  return o;
}

int exit_of(const result<read_catalogue>& r) { return r ? 0 : exit_code_of(r.error().code); }

} // namespace

TEST_CASE("chroma: a collection is read page by page, with provenance") {
  collection lore(650);
  const loopback_server server([&](const seen_request& r) { return lore.answer(r); });
  const auto read = read_catalogue_server(at(server), "");
  INFO((read ? std::string() : to_string(read.error())));
  REQUIRE(read);
  const auto& records = read.value().intake.records();
  REQUIRE(records.size() == 650);
  CHECK(records[649].id == "r649");
  CHECK(records[649].title == "Bell 649");
  CHECK(records[649].line_number == 650);
  CHECK(records[649].source == server.url() + "#lore");
  CHECK(records[649].layer == "fuzzy");
  CHECK(read.value().source_hash.size() == 64);
  std::vector<std::uint64_t> offsets;
  for (const auto& r : server.requests())
    if (r.method == "POST") offsets.push_back(json::parse(r.body)["offset"].get<std::uint64_t>());
  CHECK(offsets == std::vector<std::uint64_t>{0, 300, 600});
}

TEST_CASE("chroma: a full last page is followed by an empty one, an empty collection is read") {
  for (const std::size_t size : {0u, 300u}) {
    collection lore(size);
    const loopback_server server([&](const seen_request& r) { return lore.answer(r); });
    const auto read = read_catalogue_server(at(server), "");
    REQUIRE(read);
    CHECK(read.value().intake.rows() == size);
  }
}

TEST_CASE("chroma: the filter is the server's, and a broken one is refused before anything is asked") {
  collection lore(10);
  const loopback_server server([&](const seen_request& r) { return lore.answer(r); });
  auto options = at(server);
  options.where = R"({"region":"Mojave"})";
  const auto read = read_catalogue_server(options, "");
  REQUIRE(read);
  CHECK(read.value().intake.records().size() == 5);
  const auto asked = server.requests().size();
  for (const auto* wrong : {"region=Mojave", "[1]", "{"}) {
    options.where = wrong;
    CHECK(exit_of(read_catalogue_server(options, "")) == exit_usage);
  }
  CHECK(server.requests().size() == asked);
}

TEST_CASE("chroma: what is missing or wrong in the options is named") {
  chroma_options o;
  o.url = "http://127.0.0.1:1";
  CHECK(exit_of(read_catalogue_server(o, "")) == exit_usage);
  o.collection = "lore";
  o.url = "127.0.0.1:8000";
  CHECK(exit_of(read_catalogue_server(o, "")) == exit_usage);
  o.url.clear();
  CHECK(exit_of(read_catalogue_server(o, "")) == exit_usage);
  o.url = "http://127.0.0.1:1";
  const auto refused = read_catalogue_server(o, "");
  CHECK(exit_of(refused) == exit_unavailable);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().what.find("http://127.0.0.1:1") != std::string::npos);
}

TEST_CASE("chroma: an unknown collection is data at fault, and the ones there are are named") {
  collection lore(3);
  const loopback_server server([&](const seen_request& r) { return lore.answer(r); });
  auto options = at(server);
  options.collection = "no/such";
  const auto read = read_catalogue_server(options, "");
  CHECK(exit_of(read) == exit_data);
  CHECK(read.error().why.find("there are: lore, more") != std::string::npos);
  CHECK(server.requests().front().target == std::string(base) + "/no%2Fsuch");
}

TEST_CASE("chroma: each refusal and each broken answer ends with its own exit code and nothing read") {
  struct { scripted_answer answer; int exit; } const rows[] = {
    {{401, R"({"error":"AuthError","message":"no"})"}, exit_unavailable},
    {{400, R"({"error":"InvalidArgumentError","message":"Invalid where clause"})"}, exit_data},
    {{422, ""}, exit_data},
    {{429, "slow down"}, exit_unavailable},
    {{500, "oops \x1b[31m"}, exit_unavailable},
    {{0, ""}, exit_unavailable},
    {{200, "<html>"}, exit_data},
    {{200, "[]"}, exit_data},
    {{200, R"({"ids":["a"],"documents":[],"metadatas":[]})"}, exit_data},
    {{200, R"({"ids":["a"],"documents":null,"metadatas":null})"}, exit_data},
  };
  for (const auto& row : rows) {
    collection lore(3);
    const loopback_server server([&](const seen_request& r) { return r.method == "POST" ? row.answer : lore.answer(r); });
    const auto read = read_catalogue_server(at(server), "");
    INFO(row.answer.status << " " << row.answer.body);
    CHECK(exit_of(read) == row.exit);
    REQUIRE_FALSE(read);
    CHECK(to_string(read.error()).find('\x1b') == std::string::npos);
  }
}

TEST_CASE("chroma: a server that says nothing is given up after the timeout") {
  const loopback_server server([](const seen_request&) { return scripted_answer{-1, ""}; });
  auto options = at(server);
  options.timeout_s = 1;
  CHECK(exit_of(read_catalogue_server(options, "")) == exit_unavailable);
}

TEST_CASE("chroma: a collection that changes while it is read is not taken") {
  collection lore(5);
  lore.grows = 1;
  const loopback_server server([&](const seen_request& r) { return lore.answer(r); });
  const auto read = read_catalogue_server(at(server), "");
  CHECK(exit_of(read) == exit_unavailable);
  CHECK(read.error().why.find("5 records at the beginning and 6 at the end") != std::string::npos);
}

TEST_CASE("chroma: bounds hold: records, bytes of a page, records of a page") {
  collection lore(700);
  const loopback_server server([&](const seen_request& r) { return lore.answer(r); });
  chroma_limits limits;
  limits.records = 600;
  CHECK(exit_of(read_catalogue_server(at(server), "", limits)) == exit_data);
  limits = {};
  limits.page_bytes = 10'000;
  CHECK(exit_of(read_catalogue_server(at(server), "", limits)) == exit_data);
  const loopback_server generous([&](const seen_request& r) {
    auto all = r;
    if (r.method == "POST") all.body = R"({"limit":700,"offset":0})";
    return lore.answer(all);
  });
  CHECK(exit_of(read_catalogue_server(at(generous), "")) == exit_data);
}

TEST_CASE("chroma: the token goes with every request and into no message") {
  storage::testing::scratch_folder folder;
  const auto file = folder.path / "token";
  std::ofstream(file) << "s3cret-token\n";
  ::chmod(file.c_str(), 0600);
  collection lore(3);
  const loopback_server server([&](const seen_request& r) {
    return r.head.find("s3cret-token") == std::string::npos ? scripted_answer{401, "{}"} : lore.answer(r);
  });
  auto options = at(server);
  const auto without = read_catalogue_server(options, "");
  CHECK(exit_of(without) == exit_unavailable);
  CHECK(without.error().remedy.find("--token-file") != std::string::npos);
  options.token_file = file.string();
  const auto read = read_catalogue_server(options, "");
  REQUIRE(read);
  CHECK(read.value().intake.records().size() == 3);
  options.collection = "none";
  CHECK(to_string(read_catalogue_server(options, "").error()).find("s3cret") == std::string::npos);
}

TEST_CASE("chroma: a real server gives what a file gives", "[chroma]") {
  // LONGWAVE_TEST_CHROMA_URL names one, LONGWAVE_TEST_CHROMA_COLLECTION a collection of it with some records of the Mojave.
  const char* url = std::getenv("LONGWAVE_TEST_CHROMA_URL");
  if (!url) return;
  chroma_options o;
  o.url = url;
  o.collection = "no-such-collection-here";
  const auto missing = read_catalogue_server(o, "");
  CHECK(exit_of(missing) == exit_data);
  const char* name = std::getenv("LONGWAVE_TEST_CHROMA_COLLECTION");
  if (!name) return;
  o.collection = name;
  const auto all = read_catalogue_server(o, "");
  INFO((all ? std::string() : to_string(all.error())));
  REQUIRE(all);
  CHECK(all.value().intake.rows() > 0);
  const auto again = read_catalogue_server(o, "");
  REQUIRE(again);
  CHECK(again.value().source_hash == all.value().source_hash);
  std::set<std::string> ids;
  for (const auto& r : all.value().intake.records()) ids.insert(r.id);
  CHECK(ids.size() == all.value().intake.records().size());
  o.where = R"({"region":"Mojave"})";
  const auto some = read_catalogue_server(o, "");
  REQUIRE(some);
  CHECK(some.value().intake.rows() < all.value().intake.rows());
  o.where = R"({"region":{"$no_such_operator":1}})";
  CHECK(exit_of(read_catalogue_server(o, "")) == exit_data);
}
