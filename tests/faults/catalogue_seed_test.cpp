// The catalogue from outside, with the real binary: named seed tests A7 to A13 and A33, preflight, backups, packs (B5, C12).
#include "tests/support/process.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <set>

using namespace longwave::tests;
using nlohmann::json;

namespace {

using words = std::vector<std::string>;

/// What a call said on stdout and stderr together, and how it ended.
struct answer {
  process_end end;
  std::string said;
  json value() const { return json::parse(said); }
};

answer ask(const words& args) {
  scratch_folder logs;
  const auto end = run(args, logs / "log", 120'000);
  return {end, read_file(logs / "log")};
}

constexpr process_end done{0, 0}, failed{11, 0}, bad_data{65, 0}, bad_usage{64, 0}, taken{73, 0}, damaged{74, 0};

json record(const std::string& id, const std::string& title, const json& more) {
  json r{{"id", id},
         {"wiki_title", title},
         {"text", "The people of the hollow lost their bell in a storm. They looked for it for a week. A child found it in the river. They hung it "
                  "up again before winter. It rings at noon."},
         {"content_type", "quest"},
         {"region", "Appalachia"},
         {"knowledge_tier", "regional"},
         {"year_max", 2102},
         {"year_min", 2102}};
  if (!more.is_null()) r.update(more); // `{}` is null

  return r;
}

void write_records(const fs::path& file, const std::vector<json>& records) {
  std::string all;
  for (const auto& r : records) all += r.dump() + "\n";
  write_file(file, all);
}

struct audited {
  answer got;
  json verdict;
  json pool;
  std::set<std::string> titles;
};

audited audit(const std::string& dj, const fs::path& catalogue, const scratch_folder& folder) {
  audited a;
  a.got = ask({"audit", "--dj", dj, catalogue.string(), "--to", (folder / "pool.json").string(), "--json"});
  INFO(a.got.said);
  a.verdict = a.got.value();
  a.pool = json::parse(read_file(folder / "pool.json"));
  for (const auto& s : a.pool["scored_stories"]) a.titles.insert(s["title"].get<std::string>());
  return a;
}

/// Three chunks a title: five beats.
std::vector<json> whole_stories(std::size_t count, const json& more = json::object()) {
  std::vector<json> records;
  for (std::size_t i = 0; i < count; ++i)
    for (int chunk = 0; chunk < 3; ++chunk) {
      auto fields = more;
      fields["chunk_index"] = chunk;
      records.push_back(record("q" + std::to_string(i) + "-" + std::to_string(chunk), "The Bell of Hollow " + std::to_string(i), fields));
    }
  return records;
}

} // namespace

TEST_CASE("A7 test_julie_temporal_filter: only records up to the DJ's year are told, and none without a year") {
  scratch_folder folder;
  write_records(folder / "c.jsonl", {record("a", "Of 2101", {{"year_min", 2101}, {"year_max", 2101}}), record("b", "Of 2102", {}),
                                     record("c", "Of 2103", {{"year_min", 2103}, {"year_max", 2103}}),
                                     record("d", "Undated", {{"year_min", nullptr}, {"year_max", nullptr}})});
  const auto a = audit("julie", folder / "c.jsonl", folder);
  CHECK(a.titles == std::set<std::string>{"Of 2101", "Of 2102"});
  CHECK(a.verdict["refused"]["temporal"] == 1);
  CHECK(a.verdict["refused"]["undated"] == 1);
  CHECK(a.verdict["violations"]["temporal"] == 0);
  for (const auto& s : a.pool["scored_stories"]) CHECK(s["year_max"] <= 2102);
}

TEST_CASE("A8 test_julie_regional_filter: home, however it is written, and common knowledge; nothing of foreign regions") {
  scratch_folder folder;
  write_records(folder / "c.jsonl",
                {record("a", "At Home", {}), record("b", "Old Name", {{"region", "West Virginia"}}), record("c", "Desert", {{"region", "Mojave Wasteland"}}),
                 record("d", "Common Desert", {{"region", "Mojave"}, {"knowledge_tier", "common"}}), record("e", "Common", {{"region", ""}, {"knowledge_tier", "common"}}),
                 record("f", "From the Vault", {{"region", "Elsewhere"}, {"info_source", "vault-tec"}}), record("g", "Far", {{"region", "Elsewhere"}})});
  const auto a = audit("julie", folder / "c.jsonl", folder);
  CHECK(a.titles == std::set<std::string>{"At Home", "Old Name", "Common", "From the Vault"});
  CHECK(a.verdict["violations"]["regional"] == 0);
  CHECK(a.verdict["refused"]["regional"] == 3);
}

TEST_CASE("A9 test_forbidden_factions_excluded: NCR and Legion records are Mr. New Vegas' and never Julie's") {
  scratch_folder folder;
  // Desert factions in their own time: what ends before a faction was founded is refused for that.
  const auto faction = [](const std::string& id, const std::string& title, const std::string& name, const std::string& region) {
    const int year = region == "Mojave" ? 2281 : 2102;
    return record(id, title, {{"factions", {name}}, {"region", region}, {"year_min", year}, {"year_max", year}});
  };
  write_records(folder / "julie.jsonl", {faction("a", "Patrol", "NCR", "Appalachia"), faction("b", "Riders", "Caesar's Legion", "Appalachia"),
                                         faction("c", "Helpers", "Responders", "Appalachia"),
                                         record("d", "Named in Text", {{"text", "An NCR patrol came over the hill and asked for water. It was given some."}})});
  CHECK(audit("julie", folder / "julie.jsonl", folder).titles == std::set<std::string>{"Helpers"});
  write_records(folder / "vegas.jsonl", {faction("a", "Patrol", "NCR", "Mojave"), faction("b", "Riders", "Caesar's Legion", "Mojave"),
                                         faction("c", "Militia", "Minutemen", "Mojave")});
  CHECK(audit("vegas", folder / "vegas.jsonl", folder).titles == std::set<std::string>{"Patrol", "Riders"});
}

TEST_CASE("A10 test_multi_layer_discovery: infobox, content type, text and curated list each find their own") {
  scratch_folder folder;
  const std::string plain = "A bell hung in the hollow for as long as anyone could say. It rang at noon. Nobody knew who rang it.";
  write_records(folder / "c.jsonl", {record("a", "By Infobox", {{"infobox_type", "quest"}, {"content_type", nullptr}}), record("b", "By Type", {{"content_type", "questline"}}),
                                     record("c", "By Text", {{"content_type", nullptr}, {"text", plain + " This side quest begins at the mill, and its reward is a bell."}}),
                                     record("d", "Tracking Unknowns", {{"content_type", nullptr}, {"text", plain}}),
                                     record("e", "Nothing of the Kind", {{"content_type", "item"}, {"text", plain}})});
  const auto a = audit("julie", folder / "c.jsonl", folder);
  CHECK(a.titles == std::set<std::string>{"By Infobox", "By Type", "By Text", "Tracking Unknowns"});
  for (const auto* layer : {"strict", "fuzzy", "content", "curated"}) CHECK(a.verdict["layers"][layer] == 1);
  std::map<std::string, std::string> layers;
  for (const auto& s : a.pool["scored_stories"]) layers[s["title"]] = s["layer"];
  CHECK(layers == std::map<std::string, std::string>{{"By Infobox", "strict"}, {"By Type", "fuzzy"}, {"By Text", "content"}, {"Tracking Unknowns", "curated"}});
}

TEST_CASE("A11 test_real_chromadb_filtered_extraction: an export of 5,001 records imports and yields stories without a violation") {
  scratch_folder folder;
  json ids = json::array(), documents = json::array(), metadatas = json::array();
  for (int i = 0; i < 5'001; ++i) {
    auto r = record("r" + std::to_string(i), "Story " + std::to_string(i / 3), {{"chunk_index", i % 3}, {"year_max", 2090 + i / 3 % 30}, {"year_min", 2080}});
    ids.push_back(r["id"]);
    documents.push_back(r["text"]);
    for (const auto* gone : {"id", "text"}) r.erase(gone);
    metadatas.push_back(r);
  }
  write_file(folder / "export.json", json{{"ids", ids}, {"documents", documents}, {"metadatas", metadatas}, {"embeddings", nullptr}}.dump());
  const auto imported = ask({"lore", "import", (folder / "export.json").string(), folder.path().string(), "--json"});
  INFO(imported.said);
  REQUIRE(imported.end == done);
  CHECK(imported.value()["imported"] == 5'001);
  const auto a = audit("julie", folder.path(), folder);
  CHECK(a.verdict["stories"] > 100);
  CHECK(a.verdict["violations"] == json{{"temporal", 0}, {"regional", 0}});
  CHECK(a.verdict["refused"]["temporal"] > 0);
}

TEST_CASE("A12 test_quest_pool_sufficient: 99 stories fail, 100 pass") {
  scratch_folder folder;
  write_records(folder / "99.jsonl", whole_stories(99));
  const auto few = audit("julie", folder / "99.jsonl", folder);
  CHECK(few.got.end == failed);
  CHECK(few.verdict["stories"] == 99);
  CHECK(few.verdict["shortage"]["stories"] == 1);
  write_records(folder / "100.jsonl", whole_stories(100));
  const auto enough = audit("julie", folder / "100.jsonl", folder);
  CHECK(enough.got.end == done);
  CHECK(enough.verdict["passed"] == true);
}

TEST_CASE("A13 title exclusion set: pages about a game are left out, names that only look like them stay") {
  scratch_folder folder;
  std::vector<json> records;
  int id = 0;
  for (const auto* title : {"Fallout 3 Perks", "Fallout 76 Quests", "FALLOUT 4 WEAPONS", "Walkthrough:The Bell", "Category:Bells", "List of bells", "Template:Bell",
                            "Portal:Bells", "Bell Ringer (perk)", "Bell (weapon)", "Bell Coat (armor)", "Bell (Item)"})
    records.push_back(record(std::to_string(++id), title, {}));
  const std::set<std::string> kept{"Beyond the Beef", "The List", "Perks of the Job", "Listless"};
  for (const auto& title : kept) records.push_back(record(std::to_string(++id), title, {}));
  write_records(folder / "c.jsonl", records);
  CHECK(audit("julie", folder / "c.jsonl", folder).titles == kept);
}

TEST_CASE("A13 false positive audit: 4.9 % passes, 5 % warns, 10.1 % fails") {
  scratch_folder folder;
  const auto rate = [&](int bad) {
    std::vector<json> records;
    for (int i = 0; i < 1'000; ++i)
      records.push_back(record(std::to_string(i), i < bad ? "Template:Bell " + std::to_string(i) : "The Bell " + std::to_string(i), {}));
    write_records(folder / "c.jsonl", records);
    return audit("julie", folder / "c.jsonl", folder);
  };
  CHECK(rate(49).verdict["false_positive_status"] == "PASS");
  const auto warned = rate(50);
  CHECK(warned.verdict["false_positive_status"] == "WARN");
  CHECK(warned.got.end == done);
  const auto refused = rate(101);
  CHECK(refused.verdict["false_positive_status"] == "FAIL");
  CHECK(refused.verdict["false_positive_rate"] == Approx(0.101));
  CHECK(refused.got.end == failed);
}

TEST_CASE("A33 test_pool_sufficient_for_30_days: 399 beats are insufficient, 400 acceptable, 576 excellent") {
  scratch_folder folder;
  const auto beats = [&](int wanted) {
    auto records = whole_stories(static_cast<std::size_t>(wanted / 5 - 21));
    for (int i = 0; i < wanted % 5 + 105; ++i) records.push_back(record("s" + std::to_string(i), "Short Tale " + std::to_string(i), {}));
    write_records(folder / "c.jsonl", records);
    return audit("julie", folder / "c.jsonl", folder);
  };
  const auto few = beats(399);
  CHECK(few.verdict["beats"] == 399);
  CHECK(few.verdict["status"] == "INSUFFICIENT");
  CHECK(few.verdict["shortage"]["beats"] == 1);
  CHECK(few.got.end == failed);
  const auto enough = beats(400);
  CHECK(enough.verdict["status"] == "ACCEPTABLE");
  CHECK(enough.got.end == done);
  CHECK(beats(576).verdict["status"] == "EXCELLENT");
}

TEST_CASE("lore import: faults are reported with file and line, and refuse the whole file") {
  scratch_folder folder;
  auto bad_years = record("y", "Backwards", {{"year_min", 2102}, {"year_max", 2090}});
  auto looped = record("l", "Loop", {{"callbacks", {"m"}}});
  auto looped_too = record("m", "Pool", {{"callbacks", {"l"}}});
  auto no_acts = record("n", "No Acts", {{"acts", json::array()}});
  std::string all = record("a", "Sound", {}).dump() + "\n" + bad_years.dump() + "\n{broken\n" + record("a", "Twice", {}).dump() + "\n" + looped.dump() + "\n" +
                    looped_too.dump() + "\n" + no_acts.dump() + "\n{\"id\":\"u\",\"title\":\"\xff\xfe\",\"text\":\"x\"}\n" +
                    record("h", "Huge", {{"text", std::string(10'000'000, 'x')}}).dump() + "\n" +
                    record("w", "Undated", {{"year_min", nullptr}, {"year_max", nullptr}}).dump() + "\n";
  write_file(folder / "c.jsonl", all);
  const auto file = (folder / "c.jsonl").string();
  const auto refused = ask({"lore", "import", file, (folder / "run").string()});
  INFO(refused.said);
  CHECK(refused.end == bad_data);
  for (const auto* line : {":2: ", ":3: ", ":4: ", ":5: ", ":6: ", ":7: ", ":8: ", ":9: ", ":10: "}) CHECK(refused.said.find(file + line) != std::string::npos);
  CHECK_FALSE(fs::exists(folder / "run"));
  const auto skipped = ask({"lore", "import", file, (folder / "run").string(), "--skip-bad", "--json"});
  CHECK(skipped.end == done);
  const auto j = json::parse(skipped.said.substr(skipped.said.find("\n{\n") + 1));
  CHECK(j["imported"] == 2);
  CHECK(j["skipped"] == 8);
  CHECK(j["undated"] == 1);
  CHECK(j["fault_counts"] == json{{"contradictory_years", 1}, {"bad_json", 1}, {"duplicate_id", 1}, {"cyclic_callbacks", 2}, {"empty_acts", 1}, {"not_utf8", 1}, {"too_large", 1}});
}

TEST_CASE("lore import: the same file again changes nothing, a changed record needs --replace") {
  scratch_folder folder;
  const auto into = folder.path().string();
  write_records(folder / "c.jsonl", {record("a", "One", {}), record("b", "Two", {})});
  REQUIRE(ask({"lore", "import", (folder / "c.jsonl").string(), into}).end == done);
  CHECK(ask({"lore", "import", (folder / "c.jsonl").string(), into, "--json"}).value()["unchanged"] == 2);
  write_records(folder / "d.jsonl", {record("b", "Two and a Half", {})});
  CHECK(ask({"lore", "import", (folder / "d.jsonl").string(), into}).end == bad_data);
  CHECK(ask({"lore", "import", (folder / "d.jsonl").string(), into, "--replace", "--json"}).value()["replaced"] == 1);
  const auto found = ask({"lore", "find", "--dir", into, "half", "--json"});
  CHECK(found.value()["title"] == "Two and a Half");
  CHECK(ask({"lore", "list", into, "--json"}).value()["records"] == 2);
}

TEST_CASE("lore import: CSV with quotes and line breaks is read like JSON Lines") {
  scratch_folder folder;
  write_file(folder / "c.csv", "id,wiki_title,text,content_type,region,year,knowledge_tier\r\n"
                               "a,\"The \"\"Great\"\" Bell\",\"It rang.\nIt rang again, and the whole town came out.\",quest,West Virginia,2101,common\r\n"
                               "b,Short\r\n");
  const auto refused = ask({"lore", "import", (folder / "c.csv").string(), folder.path().string()});
  CHECK(refused.end == bad_data);
  CHECK(refused.said.find("c.csv:4: ") != std::string::npos);
  const auto got = ask({"lore", "import", (folder / "c.csv").string(), folder.path().string(), "--skip-bad"});
  CHECK(got.end == done);
  CHECK(ask({"lore", "find", "--dir", folder.path().string(), "great", "--json"}).value()["region"] == "Appalachia");
}

TEST_CASE("broadcast: imported stories and a quest pool are told, the same again from the same seed, and never swapped on resume") {
  scratch_folder folder;
  write_records(folder / "c.jsonl", whole_stories(30));
  const auto imported = ask({"lore", "import", (folder / "c.jsonl").string(), (folder / "a").string()});
  REQUIRE(imported.end == done);
  const auto told = [&](const std::string& output, const words& more) {
    words args{"broadcast", "--dj", "julie", "--duration", "32", "--enable-stories", "--seed", "4", "--progress", "none", "--output", (folder / output).string()};
    args.insert(args.end(), more.begin(), more.end());
    const auto end = run(args, folder / (output + ".log"));
    CHECK((end == done || end == process_end{10, 0}));
  };
  const auto ids = [&](const std::string& output) {
    std::set<std::string> seen;
    for (const auto& line : read_lines(folder / output / "segments.jsonl"))
      if (line["story"].is_object()) seen.insert(line["story"]["id"].get<std::string>().substr(0, 5));
    return seen;
  };
  told("a", {});
  told("b", {"--lore", (folder / "a").string()});
  CHECK(identity_of(folder / "a") == identity_of(folder / "b"));
  const auto a = audit("julie", folder / "c.jsonl", folder);
  told("c", {"--duration", "240", "--quest-pool", (folder / "pool.json").string()});
  CHECK(ids("c") == std::set<std::string>{"lore-"});
  write_records(folder / "more.jsonl", {record("new", "A New Bell", {})});
  REQUIRE(ask({"lore", "import", (folder / "more.jsonl").string(), (folder / "a").string()}).end == done);
  const auto swapped = ask({"broadcast", "--resume", "--duration", "48", "--output", (folder / "a").string()});
  CHECK(swapped.end == taken);
  CHECK(swapped.said.find("pack was") != std::string::npos);
}

TEST_CASE("B5 preflight: fails with 399 beats, too little disk or no backup, lists each failing row, creates nothing") {
  scratch_folder folder;
  const auto pool = [&](int acts) {
    json stories = json::array();
    for (int i = 0; i < 133; ++i) {
      const int mine = i + 1 < 133 ? 3 : acts - 3 * 132;
      json list = json::array();
      for (int n = 1; n <= mine; ++n) list.push_back({{"act_number", n}, {"act_type", n == 1 ? "setup" : "climax"}, {"title", "Part"}, {"summary", "The bell rings over the hollow again."}});
      stories.push_back({{"story_id", "s" + std::to_string(i)}, {"title", "Bell " + std::to_string(i)}, {"timeline", "daily"}, {"summary", "A bell is found."}, {"region", "Appalachia"}, {"year_min", 2100}, {"year_max", 2102}, {"acts", list}});
    }
    const auto path = (folder / (std::to_string(acts) + ".json")).string();
    write_file(path, json{{"stories", stories}}.dump());
    return path;
  };
  const auto output = (folder / "run").string();
  const auto look = [&](const words& more) {
    words args{"preflight", "--dj", "julie", "--duration", "112", "--enable-stories", "--output", output, "--json"};
    args.insert(args.end(), more.begin(), more.end());
    return ask(args);
  };
  const auto failing = [](const json& j) {
    std::set<std::string> names;
    for (const auto& r : j["rows"])
      if (r["met"] == false) names.insert(r["name"].get<std::string>());
    return names;
  };
  const std::string plenty = "100000000000";
  const auto ready = look({"--quest-pool", pool(400), "--assume-free-bytes", plenty});
  INFO(ready.said);
  CHECK(ready.end == done);
  const auto few = look({"--quest-pool", pool(399), "--assume-free-bytes", "9999999999", "--backup", (folder / "none").string()});
  CHECK(few.end == failed);
  CHECK(failing(few.value()) == std::set<std::string>{"pools", "disk", "backup"});
  CHECK(failing(ask({"preflight", "--dj", "julie", "--duration", "480", "--output", output, "--assume-free-bytes", "19999999999", "--json"}).value()) == std::set<std::string>{"disk"});
  CHECK(ask({"preflight", "--dj", "nobody", "--duration", "112", "--output", output}).end == bad_usage);
  CHECK_FALSE(fs::exists(folder / "run"));
  REQUIRE(run({"broadcast", "--dj", "julie", "--duration", "2", "--seed", "1", "--progress", "none", "--output", output}, folder / "log") == done);
  CHECK(failing(look({"--assume-free-bytes", plenty}).value()) == std::set<std::string>{"state", "backup"});
}

TEST_CASE("backup and restore: a restored run verifies, resumes and ends as its twin; a changed byte is refused") {
  scratch_folder folder;
  const auto start = [&](const std::string& output, const words& more) {
    words args{"broadcast", "--seed", "9", "--progress", "none", "--output", (folder / output).string()};
    args.insert(args.end(), more.begin(), more.end());
    return run(args, folder / (output + ".log"));
  };
  const words first{"--dj", "julie", "--duration", "8", "--enable-stories"};
  REQUIRE(start("a", first) == done);
  const auto backup = (folder / "backup").string();
  const auto made = ask({"backup", (folder / "a").string(), "--to", backup, "--json"});
  INFO(made.said);
  REQUIRE(made.end == done);
  CHECK(made.value()["runs"][0]["seq"] == 8);
  CHECK(ask({"backup", (folder / "a").string(), "--to", backup}).end == taken);
  CHECK(ask({"backup", "--check", backup}).end == done);
  REQUIRE(ask({"restore", backup, "--to", (folder / "b").string()}).end == done);
  CHECK(read_file(folder / "a" / "segments.jsonl") == read_file(folder / "b" / "segments.jsonl"));
  CHECK(ask({"verify", (folder / "b").string()}).end == done);
  CHECK(ask({"restore", backup, "--to", (folder / "b").string()}).end == taken);
  const words longer{"--resume", "--duration", "24"};
  CHECK(start("a", longer) == start("b", longer));
  CHECK(identity_of(folder / "a") == identity_of(folder / "b"));
  for (const auto& entry : fs::recursive_directory_iterator(folder / "backup"))
    if (entry.path().extension() == ".log" || entry.path().extension() == ".sst") {
      auto bytes = read_file(entry.path());
      if (bytes.empty()) continue;
      bytes[bytes.size() / 2] = static_cast<char>(bytes[bytes.size() / 2] ^ 1);
      write_file(entry.path(), bytes);
      break;
    }
  const auto refused = ask({"restore", backup, "--to", (folder / "c").string()});
  CHECK(refused.end == damaged);
  CHECK(refused.said.find("SHA-256") != std::string::npos);
  CHECK_FALSE(fs::exists(folder / "c"));
}

TEST_CASE("C12 profiles: every name and shortcut starts a run, a part that fits two is refused with both") {
  scratch_folder folder;
  const auto profiles = ask({"profiles", "--json"}).value();
  std::set<std::string> names;
  for (const auto& p : profiles) {
    names.insert(p["name"].get<std::string>());
    for (const auto& s : p["shortcuts"]) names.insert(s.get<std::string>());
  }
  for (const auto* wanted : {"julie", "vegas", "travis", "travis-confident", "threedog", "3dog"}) CHECK(names.count(wanted) == 1);
  int count = 0;
  for (const auto& name : names) {
    const auto output = folder / ("run" + std::to_string(++count));
    const auto end = run({"broadcast", "--dj", name, "--duration", "4", "--seed", "3", "--enable-validation", "--enable-stories", "--progress", "none", "--output", output.string()}, folder / "log");
    INFO(name << "\n" << read_file(folder / "log"));
    CHECK((end == done || end == process_end{10, 0}));
    CHECK(read_lines(output / "segments.jsonl").size() == 4);
  }
  const auto ambiguous = ask({"broadcast", "--dj", "travis miles", "--duration", "1", "--output", (folder / "no").string()});
  CHECK(ambiguous.end == bad_usage);
  for (const auto* name : {"(Nervous)", "(Confident)"}) CHECK(ambiguous.said.find(name) != std::string::npos);
}

TEST_CASE("packs new: what it writes runs offline and is sound, and is never written over something") {
  scratch_folder folder;
  const auto pack = (folder / "My World").string();
  REQUIRE(ask({"packs", "new", pack}).end == done);
  const auto checked = ask({"packs", "check", pack, "--json"});
  INFO(checked.said);
  CHECK(checked.end == done);
  CHECK(checked.value()["content"]["name"] == "my-world");
  const auto end = run({"broadcast", "--pack", pack, "--dj", "robin", "--duration", "16", "--seed", "2", "--enable-validation", "--enable-stories", "--progress", "none",
                        "--output", (folder / "out").string()},
                       folder / "log");
  CHECK((end == done || end == process_end{10, 0}));
  CHECK(read_lines(folder / "out" / "segments.jsonl").size() == 16);
  CHECK(ask({"packs", "new", pack}).end == taken);
}

TEST_CASE("packs check: every fault is named with file and field, exit code 65") {
  scratch_folder folder;
  const auto pack = folder / "world";
  REQUIRE(ask({"packs", "new", pack.string()}).end == done);
  auto profile = json::parse(read_file(pack / "profiles" / "robin.json"));
  profile["catchphrases"] = json::array();
  profile["tone"] = 7;
  write_file(pack / "profiles" / "robin.json", profile.dump());
  auto stories = json::parse(read_file(pack / "stories" / "a.json"));
  stories["stories"][1]["acts"][0].erase("summary");
  write_file(pack / "stories" / "a.json", stories.dump());
  write_file(pack / "topics" / "news.json", "{\"topics\": [");
  const auto got = ask({"packs", "check", pack.string()});
  INFO(got.said);
  CHECK(got.end == bad_data);
  for (const auto* part : {"robin.json: catchphrases", "robin.json: tone", "a.json: stories[1].acts[0]", "news.json"}) CHECK(got.said.find(part) != std::string::npos);
}

TEST_CASE("packs check: a profile that contradicts itself is refused with its field, and cannot start a run") {
  scratch_folder folder;
  const auto pack = folder / "world";
  REQUIRE(ask({"packs", "new", pack.string()}).end == done);
  auto profile = json::parse(read_file(pack / "profiles" / "robin.json"));
  profile["knowledge_constraints"]["temporal_cutoff_year"] = 2149;
  write_file(pack / "profiles" / "robin.json", profile.dump());
  for (const words& args : {words{"packs", "check", pack.string()},
                            words{"broadcast", "--pack", pack.string(), "--dj", "robin", "--duration", "1", "--output", (folder / "out").string()}}) {
    const auto got = ask(args);
    CHECK(got.end == bad_data);
    CHECK(got.said.find("temporal_cutoff_year") != std::string::npos);
  }
  CHECK_FALSE(fs::exists(folder / "out"));
}

TEST_CASE("packs check: stories that their own DJ may not tell are faults, and the packs that come with the program have none") {
  scratch_folder folder;
  const auto pack = folder / "world";
  REQUIRE(ask({"packs", "new", pack.string()}).end == done);
  auto stories = json::parse(read_file(pack / "stories" / "a.json"));
  stories["stories"][0]["acts"][0]["summary"] = "The Dredgers came up the channel with their lamps out.";
  write_file(pack / "stories" / "a.json", stories.dump());
  const auto got = ask({"packs", "check", pack.string()});
  CHECK(got.end == bad_data);
  CHECK(got.said.find("forbidden_text") != std::string::npos);
  for (const auto* name : {"appalachia", "mojave", "commonwealth", "capital", "midnight"}) {
    const auto sound = ask({"packs", "check", name});
    INFO(sound.said);
    CHECK(sound.end == done);
  }
}
