// Tests of pack loading: a sound pack is read, every kind of fault is named with its file.
#include "storage/pack_folder.hpp"

#include "store_test_data.hpp"

#include <catch2/catch.hpp>

using namespace longwave;
using namespace longwave::storage;
using namespace longwave::storage::testing;

namespace {

const char* const story = R"({"story_id":"%","title":"T","timeline":"daily","summary":"S.","content_type":"event",
  "themes":["rain"],"factions":[],"locations":[],"characters":[],"region":"Appalachia","year_min":2100,
  "year_max":2103,"knowledge_tier":"common","suggested_framing":"direct","acts":[{"act_number":1,"act_type":"setup",
  "title":"A","summary":"Something happens.","tellings":["It rained."],"entities":[],"themes":[],
  "conflict_level":0.5,"emotional_tone":"calm"}]})";

std::string story_with_id(const std::string& id) {
  std::string text = story;
  return text.replace(text.find('%'), 1, id);
}

/// A small stories pack without schemas beside it.
struct small_pack {
  small_pack() {
    std::filesystem::create_directories(root / "stories");
    std::filesystem::create_directories(root / "grammar");
    write_all(root / "pack.json", manifest.dump());
    write_all(root / "stories" / "b.json", "{\"stories\":[" + story_with_id("two") + "]}");
    write_all(root / "stories" / "a.json", "{\"stories\":[" + story_with_id("one") + "]}");
    write_all(root / "topics.json", R"({"topics":[{"category":"c","subjects":["a door","a well"]}]})");
    write_all(root / "grammar" / "en.json", "{\"start\":[\"x\"]}");
    write_all(root / "skeletons.json", R"({"skeletons":[{"template_id":"t1","template_name":"N",
      "canonical_core":{"setting":"s","primary_fear":"f","antagonist":"a","mechanism":"m","twist":"w"},
      "story_skeleton":{"act_1":"1","act_2":"2","act_3":"3"},"variation_axes":[]}]})");
  }
  void set(const char* key, nlohmann::json value) {
    manifest[key] = std::move(value);
    write_all(root / "pack.json", manifest.dump());
  }
  /// The failure's words.
  std::string fault() {
    const auto pack = load_pack(root);
    if (pack) return "";
    CHECK(pack.error().code == error_code::bad_pack);
    const auto text = to_string(pack.error());
    CHECK(text.find('\n') == std::string::npos);
    return text;
  }
  bool faults(const std::string& file, const std::string& word) {
    const auto text = fault();
    INFO(text);
    CHECK(text.find(file) != std::string::npos);
    CHECK(text.find(word) != std::string::npos);
    return text.find(file) != std::string::npos && text.find(word) != std::string::npos;
  }

  scratch_folder folder;
  std::filesystem::path root = folder.path / "small";
  nlohmann::json manifest = nlohmann::json::parse(R"({"format":1,"name":"small","title":"Small","version":"1.0.0",
    "kind":"stories","stories":["stories"],"skeletons":["skeletons.json"],
    "topics":{"gossip":"topics.json","news":"topics.json"},"grammar":{"en":"grammar/en.json"}})");
};

} // namespace

TEST_CASE("a sound pack is read in name order", "[storage]") {
  small_pack p;
  const auto pack = load_pack(p.root);
  INFO(p.fault());
  REQUIRE(pack);
  CHECK(pack.value().name == "small");
  REQUIRE(pack.value().stories.size() == 2);
  CHECK(pack.value().stories[0].story_id == "one");
  CHECK(pack.value().gossip.at(0).subjects.size() == 2);
  CHECK(pack.value().news.size() == 1);
  CHECK(pack.value().skeletons.size() == 1);
  CHECK(pack.value().grammars.contains("en"));
  CHECK(pack.value().content_hash.size() == 64);
  CHECK(load_pack(p.root / "").value().content_hash == pack.value().content_hash);
  write_all(p.root / "topics.json", R"({"topics":[{"category":"c","subjects":["a door"]}]})");
  CHECK(load_pack(p.root).value().content_hash != pack.value().content_hash);
}

TEST_CASE("pack faults name file and reason", "[storage]") {
  small_pack p;
  SECTION("no manifest") {
    std::filesystem::remove(p.root / "pack.json");
    CHECK(p.faults("pack.json", "cannot be read"));
  }
  SECTION("not JSON") {
    write_all(p.root / "topics.json", "{\"topics\": [}");
    CHECK(p.faults("topics.json", "parse error"));
  }
  SECTION("not UTF-8") {
    write_all(p.root / "topics.json", "{\"topics\":[\"\xff\"]}");
    CHECK(p.faults("topics.json", "UTF-8"));
  }
  SECTION("other format") {
    p.set("format", 2);
    CHECK(p.faults("pack.json", "format"));
  }
  SECTION("other kind") {
    p.set("kind", "songs");
    CHECK(p.faults("pack.json", "kind"));
  }
  SECTION("reference to nothing") {
    p.set("stories", {"missing"});
    CHECK(p.faults("pack.json", "stories[0]: \"missing\" does not exist"));
  }
  SECTION("reference out of the pack") {
    write_all(p.folder.path / "secret.json", "{}");
    p.set("stories", {"../secret.json"});
    CHECK(p.faults("pack.json", "leads out of the pack"));
  }
  SECTION("link out of the pack") {
    write_all(p.folder.path / "secret.json", "{}");
    std::filesystem::create_symlink(p.folder.path / "secret.json", p.root / "link.json");
    p.set("stories", {"link.json"});
    CHECK(p.faults("pack.json", "leads out of the pack"));
  }
  SECTION("absolute reference") {
    p.set("stories", {"/etc/passwd"});
    CHECK(p.faults("pack.json", "relative path"));
  }
  SECTION("a story twice") {
    write_all(p.root / "stories" / "b.json", "{\"stories\":[" + story_with_id("one") + "]}");
    CHECK(p.faults("b.json", "story \"one\": is there twice"));
  }
  SECTION("a callback to a story that is not there") {
    auto text = story_with_id("two");
    text.insert(text.size() - 1, R"(,"callbacks":["nobody"])");
    write_all(p.root / "stories" / "b.json", "{\"stories\":[" + text + "]}");
    CHECK(p.faults("b.json", "story \"two\", callbacks: there is no story \"nobody\""));
  }
  SECTION("callbacks that go round in a circle") {
    auto one = story_with_id("one"), two = story_with_id("two"), three = story_with_id("three");
    one.insert(one.size() - 1, R"(,"callbacks":["two"])");
    two.insert(two.size() - 1, R"(,"callbacks":["three"])");
    three.insert(three.size() - 1, R"(,"callbacks":["two"])");
    write_all(p.root / "stories" / "a.json", "{\"stories\":[" + one + "]}");
    write_all(p.root / "stories" / "b.json", "{\"stories\":[" + two + "," + three + "]}");
    CHECK(p.faults("b.json", "story \"two\", callbacks: they go round in a circle: \"two\", \"three\", and again \"two\""));
  }
  SECTION("a story that calls back to itself") {
    auto text = story_with_id("two");
    text.insert(text.size() - 1, R"(,"callbacks":["two"])");
    write_all(p.root / "stories" / "b.json", "{\"stories\":[" + text + "]}");
    CHECK(p.faults("b.json", "story \"two\", callbacks: it calls back to itself"));
  }
  SECTION("acts not numbered") {
    auto text = story_with_id("two");
    text.replace(text.find("\"act_number\":1"), 14, "\"act_number\":2");
    write_all(p.root / "stories" / "b.json", "{\"stories\":[" + text + "]}");
    CHECK(p.faults("b.json", "acts must be numbered"));
  }
  SECTION("a story without title") {
    auto text = story_with_id("two");
    text.erase(text.find("\"title\":\"T\","), 12);
    write_all(p.root / "stories" / "b.json", "{\"stories\":[" + text + "]}");
    CHECK(p.faults("b.json", "title"));
  }
  SECTION("too large") {
    write_all(p.root / "topics.json", "\"" + std::string((16 << 20) + 1, 'x') + "\"");
    CHECK(p.faults("topics.json", "16 MB"));
  }
  SECTION("nothing to tell") {
    p.manifest.erase("skeletons");
    p.set("title", "x");
    CHECK(p.faults("pack.json", "skeletons"));
  }
  SECTION("topics of no kind") {
    p.set("topics", {{"sport", "topics.json"}});
    CHECK(p.faults("pack.json", "topics.sport"));
  }
}

TEST_CASE("an author's callbacks between stories are read", "[storage]") {
  small_pack p;
  auto text = story_with_id("two");
  text.insert(text.size() - 1, R"(,"callbacks":["one"])");
  write_all(p.root / "stories" / "b.json", "{\"stories\":[" + text + "]}");
  const auto pack = load_pack(p.root);
  REQUIRE(pack);
  CHECK(pack.value().stories.at(1).callbacks == std::vector<std::string>{"one"});
  CHECK(pack.value().stories.at(0).callbacks.empty());
}

TEST_CASE("schemas beside the pack are used and name the field", "[storage]") {
  small_pack p;
  std::filesystem::create_directories(p.folder.path / "schema");
  const auto schema = p.folder.path / "schema" / "topics.schema.json";
  write_all(schema, R"({"$schema":"http://json-schema.org/draft-07/schema#","type":"object","properties":{"topics":
    {"type":"array","items":{"type":"object","properties":{"subjects":{"type":"array","minItems":3}}}}}})");
  CHECK(p.faults("topics.json", "topics[0].subjects"));
  write_all(schema, "{");
  CHECK(p.faults("topics.schema.json", "parse error"));
}

TEST_CASE("packs are found by folder, by name and in order", "[storage]") {
  small_pack a;
  small_pack b;
  const std::vector<std::filesystem::path> search{a.folder.path, b.folder.path, "/no/such/folder"};
  CHECK(find_pack("small", search).value() == a.root);
  CHECK(find_pack(b.root.string(), search).value() == b.root);
  CHECK(find_pack("../small", search).error().code == error_code::not_found);
  CHECK(find_pack("", search).error().code == error_code::not_found);
  CHECK(list_packs(search) == std::vector<std::filesystem::path>{a.root});
}
