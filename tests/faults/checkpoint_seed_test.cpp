// Checkpoints, damage and resume as an operator meets them (A1, A3 by contract 8.16, A4, A6, A6b, A6c).
#include "tests/support/process.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <chrono>
#include <functional>
#include <iostream>
#include <memory>
#include <set>

using namespace longwave::tests;

namespace {

using words = std::vector<std::string>;
using nlohmann::json;

constexpr int hours = 16;
constexpr std::size_t stopped_after = 12;

words day(const fs::path& output, const words& more = {}) {
  words args{"broadcast",
             "--dj",
             "julie",
             "--seed",
             "6",
             "--duration",
             std::to_string(hours),
             "--enable-stories",
             "--enable-validation",
             "--progress",
             "none",
             "--disk-floor",
             "0",
             "--resume",
             "--output",
             output.string()};
  args.insert(args.end(), more.begin(), more.end());
  return args;
}

struct answer {
  process_end end;
  std::string said;
};

answer ask(const words& args) {
  scratch_folder logs;
  const auto end = run(args, logs / "log", 60'000);
  return {end, read_file(logs / "log")};
}

/// What a verb with --json prints, one document or several lines.
json documents(const words& args) {
  const auto got = ask(args);
  INFO(args[0] << " " << args[1] << "\n" << got.said);
  REQUIRE(got.end == process_end{0, 0});
  auto one = json::parse(got.said, nullptr, false);
  if (!one.is_discarded()) return one;
  auto list = json::array();
  std::istringstream in(got.said);
  for (std::string line; std::getline(in, line);) list.push_back(json::parse(line));
  return list;
}

std::vector<std::string> lines_of(const fs::path& file) {
  std::vector<std::string> lines;
  std::istringstream in(read_file(file));
  for (std::string line; std::getline(in, line);) lines.push_back(line);
  return lines;
}

/// Plays until `stopped_after` segments are published and hangs in the next.
std::unique_ptr<process> play_and_hang(const scratch_folder& folder, const fs::path& output) {
  write_file(folder / "hold",
             "{\"segment\":" + std::to_string(stopped_after + 1) + ",\"fault\":\"slow\",\"ms\":600000}\n");
  auto args = day(output, {"--fault-plan", folder / "hold"});
  args.insert(args.begin(), binary());
  auto p = std::make_unique<process>(args, folder / "log");
  for (int turn = 0; turn < 3'000 && lines_of(output / "segments.jsonl").size() < stopped_after; ++turn)
    if (p->wait_for(10)) break;
  INFO(read_file(folder / "log"));
  REQUIRE(lines_of(output / "segments.jsonl").size() == stopped_after);
  return p;
}

/// A day that was stopped, kept aside so that every case can have its own.
class stopped_day {
public:
  stopped_day() {
    REQUIRE(run(day(folder_ / "twin"), folder_ / "log") == process_end{0, 0});
    twin_ = identity_of(folder_ / "twin");
    auto p = play_and_hang(folder_, output());
    REQUIRE(run({"stop", output(), "--mode", "immediate"}, folder_ / "log") == process_end{0, 0});
    REQUIRE(p->wait_for(20'000) == process_end{0, 0});
    fs::rename(output(), folder_ / "kept");
    whole_ = lines_of(folder_ / "kept/segments.jsonl");
  }
  fs::path output() const { return folder_ / "day"; }
  fs::path copy() const { return folder_ / "copy"; }
  const std::string& twin() const { return twin_; }
  const std::vector<std::string>& whole() const { return whole_; }
  void renew() const {
    fs::remove_all(output());
    fs::remove_all(copy());
    fs::copy(folder_ / "kept", output(), fs::copy_options::recursive | fs::copy_options::copy_symlinks);
  }
  /// The store's write-ahead log, where a run of this size lives.
  fs::path wal() const {
    fs::path largest;
    for (const auto& entry : fs::directory_iterator(output() / ".longwave/store"))
      if (entry.path().extension() == ".log" && (largest.empty() || entry.file_size() > fs::file_size(largest)))
        largest = entry.path();
    REQUIRE_FALSE(largest.empty());
    return largest;
  }

private:
  scratch_folder folder_;
  std::string twin_;
  std::vector<std::string> whole_;
};

/// Everything that holds content: what a refusal must leave as it is. The database renews its own notes (LOG, MANIFEST,
/// OPTIONS, empty logs) whenever it is opened.
std::map<std::string, std::string> content_of(const fs::path& output, const std::set<std::string>& store_files) {
  std::map<std::string, std::string> all;
  for (auto it = fs::recursive_directory_iterator(output); it != fs::recursive_directory_iterator(); ++it) {
    const auto name = it->path().filename().string();
    const bool in_store = it->path().parent_path().filename() == "store";
    if (it->is_regular_file() && (!in_store || store_files.count(name)))
      all[it->path().string()] = read_file(it->path());
  }
  return all;
}

std::set<std::string> data_files(const fs::path& output) {
  std::set<std::string> names;
  for (const auto& entry : fs::directory_iterator(output / ".longwave/store")) {
    const auto extension = entry.path().extension();
    if ((extension == ".log" || extension == ".sst") && entry.file_size() > 0) names.insert(entry.path().filename());
  }
  return names;
}

enum class wanted { refused, whole, either };

/// The promise under damage: refused with 74, told what to do and nothing changed; or whole, identical to the twin.
bool check_damage(const stopped_day& base, const std::string& name, const std::function<void()>& damage, wanted want) {
  base.renew();
  damage();
  const auto store_files = data_files(base.output());
  const auto before = content_of(base.output(), store_files);
  const auto got = ask(day(base.output()));
  INFO(name << "\n" << got.said);
  if (got.end == process_end{0, 0}) {
    CHECK(want != wanted::refused);
    CHECK(identity_of(base.output()) == base.twin());
    CHECK(ask({"verify", base.output()}).end == process_end{0, 0});
    return false;
  }
  CHECK(want != wanted::whole);
  CHECK(got.end == process_end{74, 0});
  CHECK(got.said.rfind("longwave: ", 0) == 0);
  CHECK(std::count(got.said.begin(), got.said.end(), '\n') == 1);
  CHECK(got.said.find("longwave repair") != std::string::npos);
  CHECK(content_of(base.output(), store_files) == before);
  CHECK(ask(day(base.output())).end == process_end{74, 0}); // asking again does not make it sound
  CHECK(ask({"verify", base.output()}).end.exit_code != 0);
  // What is sound can be saved.
  CHECK(ask({"repair", base.output(), "--to", base.copy()}).end == process_end{0, 0});
  const auto saved = lines_of(base.copy() / "segments.jsonl");
  CHECK_FALSE(saved.empty());
  REQUIRE(saved.size() <= base.whole().size());
  CHECK(std::equal(saved.begin(), saved.end(), base.whole().begin()));
  CHECK(content_of(base.output(), store_files) == before);
  return true;
}

void overwrite_byte(const fs::path& file, double fraction) {
  auto bytes = read_file(file);
  REQUIRE_FALSE(bytes.empty());
  auto& byte = bytes[static_cast<std::size_t>(static_cast<double>(bytes.size() - 1) * fraction)];
  byte = static_cast<char>(byte ^ 0x55);
  write_file(file, bytes);
}

void edit_segments(const fs::path& output, const std::function<void(std::vector<std::string>&)>& edit) {
  auto lines = lines_of(output / "segments.jsonl");
  edit(lines);
  std::string all;
  for (const auto& line : lines) all += line + "\n";
  write_file(output / "segments.jsonl", all);
}

std::map<std::string, int> kinds_in(const json& checkpoints) {
  std::map<std::string, int> kinds;
  for (const auto& c : checkpoints) ++kinds[c.at("kind").get<std::string>()];
  return kinds;
}

words fresh(const fs::path& output, const words& more) {
  words args{"broadcast",    "--dj", "julie",           "--seed", "6",        "--progress",   "none",
             "--disk-floor", "0",    "--segment-files", "off",    "--output", output.string()};
  args.insert(args.end(), more.begin(), more.end());
  return args;
}

} // namespace

TEST_CASE("checkpoint: test_save_creates_valid_json") {
  scratch_folder folder;
  const auto output = folder / "out";
  REQUIRE(run(fresh(output, {"--duration", "4", "--enable-stories"}), folder / "log") == process_end{0, 0});
  const auto list = documents({"inspect", output, "checkpoints", "--json"});
  REQUIRE(list.size() >= 4);
  std::set<std::string> ids;
  for (const auto& entry : list) {
    for (const char* key : {"id", "kind", "seq", "position", "at", "valid"}) CHECK(entry.contains(key));
    CHECK(entry["valid"] == true);
    ids.insert(entry["id"]);
    const auto checkpoint = documents({"inspect", output, "checkpoint", entry["id"], "--json"});
    for (const char* key : {"metadata", "broadcast_state", "story_state", "session_context"}) {
      INFO(entry["id"] << " " << key);
      REQUIRE(checkpoint.contains(key));
      CHECK(checkpoint[key].is_object());
    }
    const auto& metadata = checkpoint["metadata"];
    CHECK(metadata.at("checkpoint_id") == entry["id"]);
    CHECK(metadata.at("dj") == "Julie (2102, Appalachia)");
    CHECK(metadata.at("segments") == entry["seq"]);
    CHECK(metadata.at("position") == entry["position"]);
    CHECK(metadata.at("schema_version").is_number_integer());
    CHECK(metadata.at("created_at") == entry["at"]);
  }
  CHECK(ids.size() == list.size());
  CHECK(ask({"inspect", output, "checkpoint", "no-such-checkpoint", "--json"}).end == process_end{69, 0});
}

TEST_CASE("checkpoint: one for every broadcast hour, one a day, one a week") {
  scratch_folder folder;
  const auto checkpoints = [&](const std::string& name, const words& more) {
    REQUIRE(run(fresh(folder / name, more), folder / "log").signal == 0);
    return documents({"inspect", folder / name, "checkpoints", "--json"});
  };
  auto kinds = kinds_in(checkpoints("day", {"--duration", "16"}));
  CHECK(kinds["hourly"] == 16);
  CHECK(kinds["daily"] == 1);
  CHECK(kinds["end"] == 1);
  CHECK(kinds_in(checkpoints("four", {"--duration", "16", "--checkpoint-interval", "4"}))["hourly"] == 4);
  // Three segments an hour: at the hour's end, not after each.
  const auto dense = checkpoints("dense", {"--duration", "4", "--segments-per-hour", "3"});
  CHECK(kinds_in(dense)["hourly"] == 4);
  for (const auto& c : dense) CHECK(c["seq"].get<int>() % 3 == 0);
  // Twenty days: the newest are all there, and the oldest hourly ones are not kept for ever.
  const auto long_run = checkpoints("long", {"--days", "20"});
  kinds = kinds_in(long_run);
  CHECK(kinds["weekly"] == 2);
  CHECK(kinds["daily"] >= 7);
  CHECK(kinds["daily"] <= 8);
  CHECK(kinds["hourly"] >= 24);
  CHECK(kinds["hourly"] <= 24 + 16); // retention is applied at each day's end
  std::set<int> hourly, daily;
  for (const auto& c : long_run) {
    CHECK(c["valid"] == true);
    if (c["kind"] == "hourly") hourly.insert(c["seq"].get<int>());
    if (c["kind"] == "daily") daily.insert(c["seq"].get<int>());
  }
  for (int seq = 20 * 16; seq > 20 * 16 - 24; --seq) CHECK(hourly.count(seq) == 1);
  for (int past = 0; past < 7; ++past) CHECK(daily.count((20 - past) * 16) == 1);
  // Each that is listed can be looked at.
  CHECK(documents({"inspect", folder / "long", "checkpoint", long_run.front()["id"], "--json"})
          .contains("broadcast_state"));
}

TEST_CASE("checkpoint: test_load_validates_schema") {
  const stopped_day base;
  const auto segments = base.output() / "segments.jsonl";
  const auto store = base.output() / ".longwave/store";
  int refused = 0, cases = 0;
  const auto try_damage = [&](const std::string& name, wanted want, const std::function<void()>& damage) {
    ++cases;
    refused += check_damage(base, name, damage, want);
  };
  try_damage("nothing", wanted::whole, [] {});

  // The hand-over file ahead of the store, or different from it.
  try_damage("one line ahead", wanted::refused, [&] {
    edit_segments(base.output(), [](auto& l) {
      auto next = json::parse(l.back());
      next["seq"] = l.size() + 1;
      l.push_back(next.dump());
    });
  });
  try_damage("a word in line 3", wanted::refused, [&] {
    edit_segments(base.output(), [](auto& l) { l[2].replace(l[2].find("\"text\":\"") + 8, 1, "#"); });
  });
  try_damage("a word in the last line", wanted::refused, [&] {
    edit_segments(base.output(), [](auto& l) { l.back().replace(l.back().find("\"text\":\"") + 8, 1, "#"); });
  });
  try_damage("no JSON in line 6", wanted::refused,
             [&] { edit_segments(base.output(), [](auto& l) { l[5] = "garbage"; }); });
  try_damage("line 5 missing", wanted::refused,
             [&] { edit_segments(base.output(), [](auto& l) { l.erase(l.begin() + 4); }); });
  try_damage("a line twice", wanted::refused,
             [&] { edit_segments(base.output(), [](auto& l) { l.insert(l.begin() + 4, l[4]); }); });

  // The hand-over file behind the store: derived, so it is written again.
  try_damage("three lines behind", wanted::whole,
             [&] { edit_segments(base.output(), [](auto& l) { l.resize(l.size() - 3); }); });
  try_damage("a torn last line", wanted::whole, [&] { fs::resize_file(segments, fs::file_size(segments) - 10); });
  try_damage("an empty file", wanted::whole, [&] { write_file(segments, ""); });
  try_damage("no file", wanted::whole, [&] { fs::remove(segments); });
  try_damage("no status", wanted::whole, [&] { fs::remove(base.output() / "LIVE_STATUS.json"); });
  try_damage("half a status", wanted::whole,
             [&] { write_file(base.output() / "LIVE_STATUS.json", "{\"state\":\"runn"); });

  // The store.
  try_damage("the log cut in half", wanted::refused,
             [&] { fs::resize_file(base.wal(), fs::file_size(base.wal()) / 2); });
  try_damage("no CURRENT", wanted::refused, [&] { fs::remove(store / "CURRENT"); });
  try_damage("a CURRENT that names nothing", wanted::refused,
             [&] { write_file(store / "CURRENT", "MANIFEST-999999\n"); });
  try_damage("an empty CURRENT", wanted::refused, [&] { write_file(store / "CURRENT", ""); });
  try_damage("no log", wanted::refused, [&] { fs::remove(base.wal()); });
  for (const double at : {0.02, 0.2, 0.45, 0.7, 0.93})
    try_damage("byte at " + std::to_string(at), wanted::refused, [&] { overwrite_byte(base.wal(), at); });
  // At the very end a torn write looks the same as a power cut: lost is only what was never published.
  for (const std::uintmax_t cut : {1u, 100u, 3'000u})
    try_damage("the log " + std::to_string(cut) + " bytes shorter", wanted::either,
               [&] { fs::resize_file(base.wal(), fs::file_size(base.wal()) - cut); });
  CHECK(refused >= 15);
  std::cout << "checkpoint_seed_test: " << cases << " damaged folders, " << refused << " refused, the rest whole\n";
}

TEST_CASE("checkpoint: another run's store is not resumed") {
  const stopped_day base;
  base.renew();
  const auto other = base.copy();
  REQUIRE(run(fresh(other, {"--duration", "3"}), other.parent_path() / "log") == process_end{0, 0});
  // The other run's store in this run's folder: it does not know this output.
  fs::remove_all(base.output() / ".longwave");
  fs::copy(other / ".longwave", base.output() / ".longwave", fs::copy_options::recursive);
  const auto before = read_file(base.output() / "segments.jsonl");
  const auto got = ask(day(base.output()));
  INFO(got.said);
  CHECK((got.end == process_end{73, 0} || got.end == process_end{74, 0}));
  CHECK(read_file(base.output() / "segments.jsonl") == before);
}

TEST_CASE("checkpoint: test_resume_finds_latest") {
  const stopped_day base;
  base.renew();
  const auto listed = documents({"inspect", base.output(), "checkpoints", "--json"});
  REQUIRE(listed.size() >= 3);
  CHECK(listed.back()["seq"] == stopped_after);
  // Times of files say nothing: the newest in the store gets the oldest, and the other way round.
  std::vector<fs::path> files;
  for (const auto& entry : fs::recursive_directory_iterator(base.output()))
    if (entry.is_regular_file()) files.push_back(entry.path());
  std::sort(files.begin(), files.end());
  const auto now = fs::file_time_type::clock::now();
  for (std::size_t i = 0; i < files.size(); ++i)
    fs::last_write_time(files[i], now + std::chrono::hours(24 * (static_cast<int>(i * 7 % 60) - 30)));
  const auto got = ask(day(base.output()));
  INFO(got.said);
  REQUIRE(got.end == process_end{0, 0});
  CHECK(identity_of(base.output()) == base.twin());
  const auto lines = lines_of(base.output() / "segments.jsonl");
  REQUIRE(lines.size() == hours);
  CHECK(std::equal(base.whole().begin(), base.whole().end(), lines.begin())); // what was there was not written anew
}

TEST_CASE("checkpoint: test_world_state_preserved_across_resume") {
  scratch_folder folder;
  const auto output = folder / "out";
  const auto look = [&] {
    json seen;
    for (const char* view : {"world", "variety", "stories"})
      seen[view] = documents({"inspect", output, view, "--json"});
    return seen;
  };
  auto p = play_and_hang(folder, output);
  const auto live = look();
  REQUIRE(live["world"].is_object());
  REQUIRE_FALSE(live["stories"].empty());
  p->send(SIGKILL);
  REQUIRE(p->wait_for(10'000));
  CHECK(look() == live);
  p = play_and_hang(folder, output); // resumed, and in the same segment again
  CHECK(look() == live);
  REQUIRE(run({"stop", output, "--mode", "immediate"}, folder / "log") == process_end{0, 0});
  REQUIRE(p->wait_for(20'000) == process_end{0, 0});
  CHECK(look() == live);
  REQUIRE(run(day(output), folder / "log") == process_end{0, 0});
  const auto resumed = look();
  CHECK(resumed != live);
  // At the end the world is what it is for a run that nothing disturbed.
  fs::rename(output, folder / "disturbed");
  REQUIRE(run(day(output), folder / "log") == process_end{0, 0});
  CHECK(look() == resumed);
  CHECK(identity_of(output) == identity_of(folder / "disturbed"));
}
