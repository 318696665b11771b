// Cuts the power: a whole engine runs in a child process over a disk that forgets what was not flushed (bytes, new
// files, renames, deletions; torn tails), and dies at the n-th sync, or in the middle of any call that changes something.
// Then it is started again, perhaps cut again, and at the end everything equals the undisturbed twin (P1, P2).
//
//   build/release/power_cut_test                          every sync of twenty segments, then at random: 2,000 cuts
//   LONGWAVE_CUTS=500000 LONGWAVE_SEED=9 ...              more of them, at other moments
//   LONGWAVE_ZERO_TAILS=1 ...                             torn tails may be zeros: some file systems leave them
//   LONGWAVE_CUT=seed:sync:call ...                       one of them again (a failing case prints its words)
#include "tests/support/engine_trial.hpp"
#include "tests/support/lossy_disk.hpp"
#include "tests/support/oracle.hpp"

#include <catch2/catch.hpp>

using namespace longwave::tests;

namespace {

const std::vector<std::string> twenty{"broadcast", "--dj", "julie", "--duration", "20", "--enable-validation",
                                      "--enable-stories", "--seed", "41"};
/// The same with a fault plan: then each call waits for the commit before it to be written, and is made while that is
/// synced, as it is with a real model. It syncs each segment by itself.
std::vector<std::string> waiting(const fs::path& folder) {
  const auto plan = folder / "plan";
  write_file(plan, R"({"segment":7,"attempt":1,"fault":"empty"})");
  auto words = twenty;
  words.insert(words.end(), {"--fault-plan", plan.string()});
  return words;
}

const std::vector<std::string> four{"stories", "--max-stories", "4", "--seed", "42"};

std::string words_of(const lossy_disk::plan& p) {
  return std::to_string(p.seed) + ":" + std::to_string(p.at_sync) + ":" + std::to_string(p.at_call);
}

/// A machine that goes down comes back with another boot id.
void reboot(const fs::path& output) {
  if (fs::exists(output / ".longwave/boot")) write_file(output / ".longwave/boot", "another boot\n");
}

class cut_trial {
public:
  cut_trial(const std::vector<std::string>& verb, fs::path folder) : engine_(verb), folder_(std::move(folder)) {
    const auto twin = folder_ / "twin";
    fs::create_directories(twin);
    shared_number syncs, changes;
    const int code = in_child(folder_ / "twin.log", [&](std::string& why) {
      lossy_disk disk({}, folder_ / "twin.attic");
      watched_file_calls calls(disk);
      const auto end = engine_.play(twin, {watched_file_system(disk), &calls, nullptr, {}, true}, why);
      *syncs = disk.syncs();
      *changes = disk.changes();
      return static_cast<int>(end);
    });
    if (code != 0) throw std::runtime_error("the twin failed: " + read_file(folder_ / "twin.log"));
    syncs_ = *syncs;
    changes_ = *changes;
    twin_ = read_file(twin / "segments.jsonl");
    twin_files_ = readable_files(twin);
  }

  std::uint64_t syncs() const { return syncs_; }
  std::uint64_t changes() const { return changes_; }

  /// Cut as planned, one life after the other; the last life is undisturbed. What was wrong, empty when nothing was.
  std::string cut(const std::string& name, const std::vector<lossy_disk::plan>& lives) {
    const auto output = folder_ / name;
    const auto log = folder_ / (name + ".log");
    fs::create_directories(output);
    shared_number published;
    std::string fault, words;
    for (std::size_t i = 0; i <= lives.size() && fault.empty(); ++i) {
      const bool last = i == lives.size();
      auto plan = last ? lossy_disk::plan{} : lives[i];
      plan.zero_tails = number_from("LONGWAVE_ZERO_TAILS", 0) != 0;
      if (!last) words += " " + words_of(plan);
      const int code = in_child(log, [&](std::string& why) {
        lossy_disk disk(plan, output.string() + ".attic");
        watched_file_calls calls(disk);
        engine_trial::life how;
        how.published = &*published;
        how.audit = last;
        if (!last) how.store_files = watched_file_system(disk);
        if (!last) how.output_files = &calls;
        return static_cast<int>(engine_.play(output, how, why));
      });
      if (code == cut_exit_code) {
        ++*cuts;
        reboot(output);
      } else if (code != 0) {
        *lost += code == static_cast<int>(trial_end::lost);
        fault = "exit code " + std::to_string(code) + ": " + read_file(log);
      }
    }
    if (fault.empty()) fault = compare(output);
    if (!fault.empty()) fault += " (LONGWAVE_CUT words:" + words + ")";
    if (!fault.empty() && std::getenv("LONGWAVE_KEEP")) return fault;
    for (const auto* end_of_name : {"", ".log", ".attic"}) fs::remove_all(output.string() + end_of_name);
    return fault;
  }

  shared_number cuts, lost, doubled;

private:
  std::string compare(const fs::path& output) {
    const auto own = read_file(output / "segments.jsonl");
    if (own == twin_) return files_fault(readable_files(output), twin_files_);
    std::set<std::string> seen;
    std::istringstream in(own);
    for (std::string line; std::getline(in, line);) *doubled += !seen.insert(line).second;
    return "segments.jsonl differs from the twin's";
  }

  engine_trial engine_;
  fs::path folder_;
  std::uint64_t syncs_ = 0, changes_ = 0;
  std::string twin_;
  std::map<std::string, std::string> twin_files_;
};

void print(const char* what, std::uint64_t seed, const cut_trial& t) {
  std::cout << "power_cut_test: " << what << " SEED=" << seed << " cuts=" << *t.cuts << " lost=" << *t.lost
            << " doubled=" << *t.doubled << " (a run has " << t.syncs() << " syncs and " << t.changes() << " changes)\n";
}

} // namespace

TEST_CASE("power cut: at every sync of a run of twenty segments nothing that was published is lost") {
  if (std::getenv("LONGWAVE_CUT")) return;
  const auto seed = number_from("LONGWAVE_SEED", 1);
  scratch_folder folder(quick_folder());
  cut_trial t(waiting(folder.path()), folder.path());
  REQUIRE(t.syncs() > 25);
  const auto faults = in_workers(t.syncs(), 2, folder.path(), [&](std::uint64_t i) {
    return t.cut("sync" + std::to_string(i + 1), {{i + 1, 0, seed}});
  });
  INFO(faults);
  CHECK(faults.empty());
  print("at every sync", seed, t);
  CHECK(*t.cuts >= t.syncs() - 10); // when segments.jsonl is flushed is a matter of moments
}

TEST_CASE("power cut: at random, and again while it recovers, nothing that was published is lost") {
  const auto seed = number_from("LONGWAVE_SEED", 1);
  const auto wanted = number_from("LONGWAVE_CUTS", 2'000);
  scratch_folder folder(quick_folder());
  cut_trial broadcast(twenty, folder / "b"), one_by_one(waiting(folder.path()), folder / "w"), stories(four, folder / "s");
  const auto trial_of = [&](std::uint64_t number) -> cut_trial& { return number % 8 == 0 ? stories : number % 2 == 0 ? broadcast : one_by_one; };
  const auto cuts = [&] { return *broadcast.cuts + *one_by_one.cuts + *stories.cuts; };
  if (const char* words = std::getenv("LONGWAVE_CUT")) {
    std::vector<lossy_disk::plan> lives;
    std::istringstream in(words);
    char colon = 0;
    for (lossy_disk::plan p; in >> p.seed >> colon >> p.at_sync >> colon >> p.at_call;) lives.push_back(p);
    const auto fault = trial_of(lives.front().seed).cut("again", lives);
    INFO(fault);
    CHECK(fault.empty());
    return;
  }
  const auto faults = in_workers(2 * wanted, 2, folder.path(), [&](std::uint64_t i) -> std::string {
    if (cuts() >= wanted) return {};
    longwave::random_stream chance(seed, i + 1, 0, "power cuts");
    auto& t = trial_of(i);
    std::vector<lossy_disk::plan> lives;
    const auto depth = 1 + chance.below(4);
    for (std::uint64_t life = 0; life < depth; ++life) {
      lossy_disk::plan p;
      p.seed = 8 * chance.below(1'000'000'000) + i % 8;
      // Lives after the first begin in the middle and are over sooner.
      const auto reach = life == 0 ? 1 : 3;
      if (chance.chance(0.5))
        p.at_sync = 1 + chance.below(t.syncs() / reach);
      else
        p.at_call = 1 + chance.below(t.changes() / reach);
      lives.push_back(p);
    }
    return t.cut("random" + std::to_string(i), lives);
  });
  INFO(faults);
  CHECK(faults.empty());
  print("at random, broadcasts", seed, broadcast);
  print("at random, broadcasts that sync each segment", seed, one_by_one);
  print("at random, stories", seed, stories);
  CHECK(cuts() >= wanted);
}
