// Damages one file of a finished run and starts it: flipped bits, zeroed pages, truncated, deleted, swapped and stale
// files, of every kind in store and output. A start has every segment, or it is refused by a code that has a page in
// docs/errors.md and has changed nothing; a readable file that was damaged is named by the recount (P3).
//
//   build/release/damage_test                             10,000 damages
//   LONGWAVE_DAMAGES=2000000 LONGWAVE_SEED=9 ...          more of them
//   LONGWAVE_DAMAGE=1234 ...                              that case again
#include "tests/support/engine_trial.hpp"
#include "tests/support/oracle.hpp"

#include "actors/supervisor.hpp"
#include "cli/engine_host.hpp"
#include "storage/audit.hpp"
#include "storage/recovery.hpp"
#include "storage/stored_metadata.hpp"

#include <catch2/catch.hpp>

#include <rocksdb/db.h>
#include <spdlog/sinks/null_sink.h>
#include <spdlog/spdlog.h>

using namespace longwave::tests;
namespace storage = longwave::storage;

namespace {

constexpr std::uint64_t segments = 36;
constexpr const char* run_id = "twin";

std::vector<std::string> hours(std::uint64_t count) {
  return {"broadcast", "--dj", "julie", "--duration", std::to_string(count), "--enable-validation", "--enable-stories", "--seed", "61"};
}

using tree = std::map<std::string, std::string>;

tree read_tree(const fs::path& folder) {
  tree files;
  for (const auto& entry : fs::recursive_directory_iterator(folder))
    if (entry.is_regular_file()) files.emplace(entry.path().lexically_relative(folder).string(), read_file(entry.path()));
  return files;
}

void write_tree(const fs::path& folder, const tree& files) {
  fs::remove_all(folder);
  for (const auto& [name, bytes] : files) {
    fs::create_directories((folder / name).parent_path());
    write_file(folder / name, bytes);
  }
}

/// What a file is, for fair shares among kinds: a run has many readable files and one MANIFEST.
std::string kind_of(const std::string& name) {
  const auto base = fs::path(name).filename().string();
  if (base.ends_with(".log") && name.find("/store/") != std::string::npos) return "WAL";
  if (base.ends_with(".sst")) return "SST";
  if (base.starts_with("MANIFEST")) return "MANIFEST";
  if (base.starts_with("OPTIONS")) return "OPTIONS";
  if (name.starts_with("segments/")) return "readable";
  if (name.starts_with("review/")) return "review";
  return base;
}

struct damage {
  std::string file, what;
};

/// One damage to `files`, chosen by `chance`. `older` is the same run at half of its length.
damage spoil(tree& files, const tree& older, longwave::random_stream& chance) {
  std::map<std::string, std::vector<std::string>> kinds;
  for (const auto& [name, bytes] : files)
    if (kind_of(name) != "engine.lock" && kind_of(name) != "LOCK") kinds[kind_of(name)].push_back(name);
  auto kind = std::next(kinds.begin(), static_cast<std::ptrdiff_t>(chance.below(kinds.size())));
  const auto name = kind->second[chance.below(kind->second.size())];
  auto& bytes = files[name];
  const auto at = chance.below(bytes.size());
  switch (chance.below(bytes.empty() ? 2 : 8)) {
    case 0: files.erase(name); return {name, "deleted"};
    case 1: {
      // Two files of the store, or two of the output, change places.
      auto other = std::next(files.begin(), static_cast<std::ptrdiff_t>(chance.below(files.size())));
      std::swap(files[name], other->second);
      return {name, "swapped with " + other->first};
    }
    case 2: bytes.resize(at); return {name, "truncated to " + std::to_string(at)};
    case 3: {
      const std::uint64_t page = chance.chance(0.5) ? 512 : 4096;
      const auto begin = at / page * page;
      for (auto i = begin; i < std::min<std::uint64_t>(begin + page, bytes.size()); ++i) bytes[i] = '\0';
      return {name, "zeroed at " + std::to_string(begin) + ", " + std::to_string(page) + " bytes"};
    }
    case 4: {
      // A stale copy: the file of that kind as it was at half of the run.
      for (const auto& [old, old_bytes] : older)
        if (kind_of(old) == kind->first && old_bytes != bytes && (kind->first != "readable" || old != name)) {
          bytes = old_bytes;
          return {name, "an old " + old};
        }
      [[fallthrough]];
    }
    default: bytes[at] = static_cast<char>(bytes[at] ^ (1 << chance.below(8))); return {name, "a bit flipped at " + std::to_string(at)};
  }
}

/// How a start took it.
struct verdict {
  std::string fault;   ///< a promise is broken; empty: it is not
  bool refused = false;
  std::string code;
};

class damage_trial {
public:
  explicit damage_trial(fs::path folder) : folder_(std::move(folder)) {
    const auto made = folder_ / "made";
    fs::create_directories(made);
    grow(made, segments / 2);
    older_ = read_tree(made);
    // Half of the run goes into a table file, so that there is one to damage.
    const int flushed = in_child(folder_ / "log", [&](std::string&) {
      rocksdb::DB* db = nullptr;
      if (!rocksdb::DB::Open({}, (made / ".longwave/store").string(), &db).ok()) return 1;
      const bool done = db->Flush({}).ok();
      delete db;
      return done ? 0 : 1;
    });
    if (flushed != 0) throw std::runtime_error("cannot flush the store");
    fs::remove(made / ".longwave/store/LOG");
    grow(made, segments);
    whole_ = read_tree(made);
    std::istringstream in(whole_.at("segments.jsonl"));
    for (std::string line; std::getline(in, line);) lines_.push_back(line);
    if (lines_.size() != segments) throw std::runtime_error("the run is not whole");
    pages_ = read_file(fs::path(LONGWAVE_SOURCE_DIR) / "docs/errors.md");
    std::set<std::string> kinds;
    for (const auto& [name, bytes] : whole_) kinds.insert(kind_of(name));
    for (const auto* needed : {"WAL", "SST", "MANIFEST", "CURRENT", "OPTIONS", "SCHEMA", "segments.jsonl", "readable", "LIVE_STATUS.json"})
      if (!kinds.count(needed)) throw std::runtime_error(std::string("there is no ") + needed + " to damage");
  }

  std::string try_case(std::uint64_t seed, std::uint64_t number, unsigned worker) {
    longwave::random_stream chance(seed, number + 1, 0, "damage");
    auto files = whole_;
    const auto done = spoil(files, older_, chance);
    if (files == whole_) return {};
    const auto output = folder_ / ("worker" + std::to_string(worker));
    write_tree(output, files);
    const auto seen = start(output, files);
    ++*cases;
    *refused += seen.refused;
    auto fault = seen.fault;
    if (fault.empty() && seen.refused && number % 16 == 0) fault = repair(output);
    if (fault.empty()) return {};
    return done.file + " " + done.what + ": " + fault + " (LONGWAVE_SEED=" + std::to_string(seed) + " LONGWAVE_DAMAGE=" + std::to_string(number) + ")";
  }

  shared_number cases, refused, named, lost, repaired, saved, end_lost;

private:
  void grow(const fs::path& output, std::uint64_t count) {
    const engine_trial engine(hours(count));
    if (in_child(folder_ / "log", [&](std::string& why) { return static_cast<int>(engine.play(output, {}, why)); }) != 0)
      throw std::runtime_error("cannot make the run: " + read_file(folder_ / "log"));
  }

  verdict refuse(const longwave::failure& why, const fs::path& output, const tree& files) {
    verdict v{{}, true, std::string(longwave::to_string(why.code))};
    if (pages_.find("## " + v.code + "\n") == std::string::npos) v.fault = "no page for " + v.code;
    if (why.code == longwave::error_code::store_damaged && why.remedy.find("longwave repair") == std::string::npos)
      v.fault = "the refusal does not name the repair: " + to_string(why);
    if (why.why.empty()) v.fault = "the refusal does not say why";
    auto after = read_tree(output);
    auto before = files;
    for (const auto* own : {".longwave/engine.lock", ".longwave/store/LOCK"}) after.erase(own), before.erase(own);
    if (const auto changed = files_fault(after, before); !changed.empty()) v.fault = "refused (" + v.code + "), but " + changed + " as before";
    return v;
  }

  /// The way of every start, without an engine behind it.
  verdict start(const fs::path& output, const tree& files) {
    const auto data_dir = output / ".longwave";
    auto held = longwave::cli::look_at_store(data_dir);
    if (!held) return refuse(held.error(), output, files);
    if (!held.value().store) return verdict{"the store counts as absent", false, {}};
    const auto config = held.value().store->config(run_id);
    if (!config) return refuse(config.error(), output, files);
    // What `longwave verify` says before anything is mended.
    const auto recount = storage::audit_run(*held.value().store, run_id, output, segments, storage::stored_metadata(*held.value().store));
    const bool differs = !files_fault(shown(files), shown(whole_)).empty();
    *named += differs;
    if (differs && recount && recount.value().ok) return verdict{"the recount does not see it", false, {}};
    if (auto sound = storage::check_start(*held.value().store, run_id, output, 1'000); !sound) return refuse(sound.error(), output, files);
    if (auto opened = longwave::cli::hold_store(held.value(), data_dir); !opened) return refuse(opened.error(), output, files);
    auto& store = *held.value().store;
    const auto metadata = storage::stored_metadata(store);
    if (auto ready = storage::recover_output(store, run_id, output, storage::system_file_calls(), metadata); !ready)
      return verdict{"recovery fails after the look passed: " + to_string(ready.error()), true, {}};
    verdict v;
    const auto loaded = store.load(run_id);
    if (!loaded) return verdict{"it cannot be loaded after the look passed: " + to_string(loaded.error()), true, {}};
    std::uint64_t equal = 0;
    (void) store.segments(run_id, 1, segments, [&](std::uint64_t seq, const std::string& line) {
      equal += line == lines_[seq - 1];
      return true;
    });
    const auto audit = storage::audit_run(store, run_id, output, segments, metadata);
    const bool loud = !audit || !audit.value().ok;
    if (loaded.value().head.seq != segments || equal != segments) {
      // Damage before the tail is the recount's to find; but it must.
      *lost += !loud;
      if (!loud) v.fault = "it silently has " + std::to_string(equal) + " of " + std::to_string(segments) + " segments";
      if (loaded.value().head.seq != segments) v.fault = "it starts with " + std::to_string(loaded.value().head.seq) + " segments";
      return v;
    }
    // The commit of the run's end writes no segment: a cut behind the last one cannot be told from a power cut.
    *end_lost += loaded.value().head.state != "completed";
    // What the recount passes must be as it was.
    if (!loud)
      if (const auto other = files_fault(shown(read_tree(output)), shown(whole_)); !other.empty())
        v.fault = "the recount passes, but " + other;
    return v;
  }

  /// What the recount is about: segments.jsonl and the readable files.
  static tree shown(const tree& files) {
    tree some;
    for (const auto& [name, bytes] : files)
      if (name.starts_with("segments")) some.emplace(name, bytes);
    return some;
  }

  /// Saves the longest sound part and says what is missing.
  std::string repair(const fs::path& output) {
    const auto saved_to = output.string() + ".saved";
    fs::remove_all(saved_to);
    const auto report = storage::repair_run(output / ".longwave", {}, saved_to);
    ++*repaired;
    if (!report) return report.error().code == longwave::error_code::not_found ? "" : "repair: " + to_string(report.error());
    const auto& run = report.value().runs.front();
    if (run.kept < segments && run.missing.empty()) return "repair keeps " + std::to_string(run.kept) + " and does not say what is missing";
    const auto lines = read_lines(fs::path(saved_to) / "segments.jsonl");
    if (lines.size() != run.kept) return "repair says " + std::to_string(run.kept) + " and writes " + std::to_string(lines.size());
    std::istringstream in(read_file(fs::path(saved_to) / "segments.jsonl"));
    std::size_t at = 0;
    for (std::string line; std::getline(in, line); ++at)
      if (line != lines_[at]) return "repair changed segment " + std::to_string(at + 1);
    *saved += run.kept;
    return {};
  }

  fs::path folder_;
  tree whole_, older_;
  std::vector<std::string> lines_;
  std::string pages_;
};

} // namespace

TEST_CASE("damage: a start has every segment or is refused by name and changes nothing") {
  const auto seed = number_from("LONGWAVE_SEED", 1);
  const auto wanted = number_from("LONGWAVE_DAMAGES", 10'000);
  scratch_folder folder(quick_folder());
  damage_trial t(folder.path());
  constexpr unsigned workers = 2;
  const char* one = std::getenv("LONGWAVE_DAMAGE");
  const auto faults = in_workers(one ? 1 : wanted, workers, folder.path(), [&](std::uint64_t i) {
    spdlog::set_default_logger(std::make_shared<spdlog::logger>("", std::make_shared<spdlog::sinks::null_sink_mt>()));
    return t.try_case(seed, one ? std::strtoull(one, nullptr, 10) : i, static_cast<unsigned>(i % workers));
  });
  INFO(faults);
  CHECK(faults.empty());
  std::cout << "damage_test: SEED=" << seed << " damages=" << *t.cases << " refused=" << *t.refused
            << " named_by_the_recount=" << *t.named << " unharmed_or_mended=" << *t.cases - *t.refused << " lost=" << *t.lost
            << " end_of_run_forgotten=" << *t.end_lost
            << " repairs=" << *t.repaired << " segments_saved=" << *t.saved << "\n";
  if (!one) CHECK(*t.refused + *t.named > wanted / 4);
}
