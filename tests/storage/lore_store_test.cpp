// Tests of the catalogue's database: import, replace, glances, search, refusals.
#include "storage/lore_store.hpp"

#include <catch2/catch.hpp>
#include <rocksdb/db.h>

#include <filesystem>
#include <fstream>

#include <stdlib.h>

using namespace longwave;
using namespace longwave::storage;
namespace fs = std::filesystem;

namespace {

class folder {
public:
  folder() {
    std::string name = (fs::temp_directory_path() / "longwave-lore-XXXXXX").string();
    path = ::mkdtemp(name.data());
  }
  ~folder() { fs::remove_all(path); }
  fs::path path;
};

lore_record record(const std::string& id, const std::string& text) {
  lore_record r;
  r.id = id;
  r.title = "Title " + id;
  r.text = text;
  r.region = "Appalachia";
  r.factions = {"Responders"};
  r.year_max = 2100;
  return r;
}

std::unique_ptr<lore_store> open(const fs::path& path, lore_access access = lore_access::create) {
  auto opened = lore_store::open(path, access);
  REQUIRE(opened);
  return std::move(opened.value());
}

} // namespace

TEST_CASE("lore_store: what is imported is there after opening again, glances and provenance too") {
  folder f;
  {
    auto s = open(f.path / "lore");
    auto done = s->import({record("a", "A bell by the river"), record("b", "A lamp on the hill")}, {"f.jsonl", "abc", "now", 0, 1});
    REQUIRE(done);
    CHECK(done.value().added == 2);
  }
  const auto s = open(f.path / "lore", lore_access::read);
  CHECK(s->size() == 2);
  CHECK(s->record(1).value().text == "A bell by the river");
  CHECK(s->find("b").value() == 2);
  CHECK_FALSE(s->find("c"));
  std::vector<std::string> titles;
  const auto seen = s->each([&](const lore_glance& g) {
    titles.emplace_back(g.title);
    CHECK(g.factions->front() == "Responders");
    CHECK(g.year_max == 2100);
    CHECK_FALSE(g.year_min);
  });
  CHECK(seen);
  CHECK(titles == std::vector<std::string>{"Title a", "Title b"});
  const auto imports = s->imports();
  REQUIRE(imports.value().size() == 1);
  CHECK(imports.value()[0].source == "f.jsonl");
  CHECK(imports.value()[0].skipped == 1);
}

TEST_CASE("lore_store: equal records change nothing, others replace, and the content hash tells") {
  folder f;
  auto s = open(f.path / "lore");
  REQUIRE(s->import({record("a", "one"), record("b", "two")}, {}));
  const auto hash = s->content_hash();
  auto again = record("a", "one");
  again.source = "elsewhere";
  CHECK(s->import({again}, {}).value().unchanged == 1);
  CHECK(s->content_hash() == hash);
  CHECK(s->conflicts({record("a", "one"), record("b", "three"), record("c", "four")}).value() == std::vector<std::size_t>{1});
  auto done = s->import({record("b", "three"), record("c", "four")}, {});
  CHECK(done.value().replaced == 1);
  CHECK(done.value().added == 1);
  CHECK(s->record(2).value().text == "three");
  CHECK(s->size() == 3);
  CHECK(s->content_hash() != hash);
}

TEST_CASE("lore_store: glances show what the records hold, over many blocks, imports and replacements") {
  folder f;
  const auto odd = [](int n, const std::string& mark) {
    auto r = record("r" + std::to_string(n), "text");
    r.title = n % 7 == 0 ? "" : "Title \"" + std::to_string(n / 3) + "\" \xc3\xa9\n\\" + mark;
    r.region = n % 5 == 0 ? "" : mark;
    r.region_type = n % 2 == 0 ? "East Coast" : "";
    r.layer = n % 3 == 0 ? "strict" : "";
    r.excluded = n % 11 == 0 ? "perks" : "";
    r.tier = "tier" + std::to_string(n % 4);
    r.info_source = n % 13 == 0 ? "vault-tec" : "public";
    r.era = n % 17 == 0 ? "wastelanders" : "";
    r.year_min = n % 6 == 0 ? std::nullopt : std::optional(n - 50);
    r.year_max = n % 9 == 0 ? std::nullopt : std::optional(n + 2077);
    r.post_war = n % 2 == 0;
    r.labelled_no_story = n % 19 == 0;
    r.factions = n % 4 == 0 ? std::vector<std::string>{} : std::vector<std::string>{"Responders", mark};
    return r;
  };
  std::vector<lore_record> first, second;
  for (int n = 0; n < 9'000; ++n) first.push_back(odd(n, "one"));
  for (int n = 8'500; n < 9'100; ++n) second.push_back(odd(n, "two"));
  {
    auto s = open(f.path / "lore");
    REQUIRE(s->import(first, {}));
    REQUIRE(s->each([](const lore_glance&) {})); // what was loaded before an import is not what is shown after it
    REQUIRE(s->import(second, {}));
  }
  const auto s = open(f.path / "lore", lore_access::read);
  std::uint64_t expected = 0;
  const auto seen = s->each([&](const lore_glance& g) {
    REQUIRE(g.number == ++expected);
    const auto r = s->record(g.number).value();
    const auto wanted = glance_at(r, g.number);
    const bool same = g.title == wanted.title && g.layer == wanted.layer && g.excluded == wanted.excluded && g.region == wanted.region &&
                      g.region_type == wanted.region_type && g.tier == wanted.tier && g.info_source == wanted.info_source &&
                      g.era == wanted.era && g.year_min == wanted.year_min && g.year_max == wanted.year_max &&
                      g.post_war == wanted.post_war && g.labelled_no_story == wanted.labelled_no_story &&
                      (g.factions ? *g.factions : std::vector<std::string>()) == (wanted.factions ? *wanted.factions : std::vector<std::string>());
    if (!same) FAIL_CHECK("record " << r.id);
  });
  CHECK(seen);
  CHECK(expected == 9'100);
}

TEST_CASE("lore_store: a damaged block of facets is refused by name; a part of a catalogue is not taken for the whole") {
  folder f;
  REQUIRE(open(f.path / "lore")->import({record("a", "A bell by the river"), record("b", "A bell in the tower")}, {}));
  {
    rocksdb::DB* raw = nullptr;
    REQUIRE(rocksdb::DB::Open({}, (f.path / "lore").string(), &raw).ok());
    const std::unique_ptr<rocksdb::DB> db(raw);
    const std::unique_ptr<rocksdb::Iterator> it(db->NewIterator({}));
    const std::string facets(1, static_cast<char>(lore_prefix::facets));
    it->Seek(facets);
    REQUIRE((it->Valid() && it->key().starts_with(facets)));
    auto value = it->value().ToString();
    value.back() = static_cast<char>(value.back() ^ 1);
    REQUIRE(db->Put({}, it->key(), value).ok());
  }
  const auto s = open(f.path / "lore", lore_access::read);
  int looks = 0;
  const auto seen = s->each([&](const lore_glance&) { ++looks; });
  REQUIRE_FALSE(seen);
  CHECK(seen.error().code == error_code::store_damaged);
  CHECK(to_string(seen.error()).find("facets") != std::string::npos);
  CHECK(looks == 0);
  CHECK(s->record(2).value().text == "A bell in the tower"); // by its number it can still be read
}

TEST_CASE("lore_store: a search puts the rarest words first and keeps to what is allowed") {
  folder f;
  auto s = open(f.path / "lore");
  std::vector<lore_record> records;
  for (int i = 0; i < 20; ++i) records.push_back(record("r" + std::to_string(i), i == 7 ? "a river bell" : i == 9 ? "a bell" : "a river"));
  REQUIRE(s->import(records, {}));
  const auto numbers = [&](const char* words, std::size_t limit, const std::function<bool(std::uint64_t)>& allowed) {
    std::vector<std::uint64_t> list;
    const auto found = s->search(words, limit, allowed);
    for (const auto& hit : found.value()) list.push_back(hit.number);
    return list;
  };
  CHECK(numbers("river bell", 2, nullptr) == std::vector<std::uint64_t>{8, 10});
  CHECK(numbers("bell", 5, [](std::uint64_t n) { return n != 8; }) == std::vector<std::uint64_t>{10});
  CHECK(s->search("nothing of it", 5, nullptr).value().empty());
}

TEST_CASE("lore_store: none there, a foreign database, and a second import at the same time are refused") {
  folder f;
  const auto missing = lore_store::open(f.path / "lore", lore_access::read);
  REQUIRE_FALSE(missing);
  CHECK(missing.error().code == error_code::not_found);
  const auto held = open(f.path / "lore");
  const auto second = lore_store::open(f.path / "lore", lore_access::write);
  REQUIRE_FALSE(second);
  CHECK(second.error().code == error_code::store_locked);
}
