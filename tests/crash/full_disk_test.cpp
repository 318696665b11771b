// Fills and frees a small disk under a running program, at random moments, and makes it read-only between two starts:
// the run pauses with `disk_low` and goes on by itself, and in the end everything equals the twin (P4).
//
// The disk is a tmpfs in a mount namespace of its own. Where it cannot be mounted (no root) the test fails: a promise
// that was not tried is not kept.
//
//   build/release/full_disk_test                        20 fillings
//   LONGWAVE_FILLINGS=2000 LONGWAVE_SEED=9 ...          more of them
#include "tests/support/oracle.hpp"

#include <catch2/catch.hpp>

#include <cstring>

#include <sched.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/statvfs.h>

using namespace longwave::tests;

namespace {

constexpr std::uint64_t megabyte = 1'000'000;
constexpr std::uint64_t floor_mb = 4;
constexpr std::uint64_t fillings_a_run = 4;
constexpr int patience = 10'000; ///< milliseconds that a change of state may take on a busy machine

std::vector<std::string> run_on(const fs::path& output, const fs::path& plan) {
  std::vector<std::string> args{"broadcast", "--dj", "julie", "--duration", "112", "--enable-validation",
                                "--enable-stories", "--seed", "71", "--progress", "none", "--run-id", "twin",
                                "--disk-floor", std::to_string(floor_mb), "--output", output.string(), "--resume"};
  if (!plan.empty()) args.insert(args.end(), {"--fault-plan", plan.string()});
  return args;
}

/// A tmpfs of its own, gone with its user.
class small_disk {
public:
  explicit small_disk(fs::path at) : at_(std::move(at)) {
    fs::create_directories(at_);
    if (::mount("tmpfs", at_.c_str(), "tmpfs", 0, "size=40m") != 0)
      throw std::runtime_error(std::string("cannot mount a tmpfs: ") + std::strerror(errno));
  }
  ~small_disk() { ::umount2(at_.c_str(), MNT_DETACH); }
  small_disk(const small_disk&) = delete;
  small_disk& operator=(const small_disk&) = delete;

  std::uint64_t free() const {
    struct statvfs s {};
    ::statvfs(at_.c_str(), &s);
    return s.f_bavail * s.f_frsize;
  }
  /// A neighbour takes all but `left` bytes, at once: one that still takes would eat the reserve too, and then no run could
  /// write what it stopped in.
  void fill(std::uint64_t left) const {
    const int fd = ::open((at_ / "neighbour").c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
    // Refused as a whole where the run has written a page since `free` was asked.
    for (int tries = 0; fd >= 0 && tries < 1'000; ++tries) {
      const auto there = free();
      struct stat before {};
      if (there <= left || ::fstat(fd, &before) != 0) break;
      if (::posix_fallocate(fd, before.st_size, static_cast<off_t>(there - left)) == 0) break;
    }
    ::close(fd);
  }
  void clear() const { fs::remove(at_ / "neighbour"); }
  bool read_only(bool wanted) const {
    return ::mount("tmpfs", at_.c_str(), nullptr, MS_REMOUNT | (wanted ? MS_RDONLY : 0), nullptr) == 0;
  }
  const fs::path& path() const { return at_; }

private:
  fs::path at_;
};

nlohmann::json status_of(const fs::path& output) { return nlohmann::json::parse(read_file(output / "LIVE_STATUS.json"), nullptr, false); }

/// Looks until `holds`, or until the process ends or patience does.
bool wait_until(process& p, const std::function<bool()>& holds) {
  for (int waited = 0; waited < patience; waited += 10) {
    if (holds()) return true;
    if (p.wait_for(10)) return holds();
  }
  return false;
}

bool paused_for_disk(const fs::path& output) {
  const auto s = status_of(output);
  return s.is_object() && s["state"] == "paused" && s["pause_reasons"].dump().find("disk_low") != std::string::npos;
}

std::size_t words_in_log(const fs::path& output, const std::string& words) {
  const auto log = read_file(output / "logs/longwave.log");
  std::size_t n = 0;
  for (auto at = log.find(words); at != std::string::npos; at = log.find(words, at + 1)) ++n;
  return n;
}

struct counts {
  std::uint64_t fillings = 0, pauses = 0, full = 0, lost = 0, doubled = 0;
};

/// One run over a disk that is filled and freed a few times.
void one_run(const scratch_folder& folder, std::uint64_t seed, std::uint64_t number, std::uint64_t wanted, counts& sum) {
  longwave::random_stream chance(seed, number, 0, "full disk");
  const small_disk disk(folder / ("disk" + std::to_string(number)));
  const auto output = disk.path() / "run";
  const auto plan = folder / "pace.jsonl";
  write_file(plan, "{\"fault\":\"slow\",\"ms\":30}\n");
  auto args = run_on(output, plan);
  args.insert(args.begin(), binary());
  process p(args, folder / "log");
  status_watcher watcher(output);
  REQUIRE(wait_until(p, [&] { return fs::exists(output / "segments.jsonl"); }));
  CHECK(fs::exists(output / ".longwave/reserve"));
  for (std::uint64_t i = 0; i < wanted; ++i) {
    if (p.wait_for(static_cast<int>(20 + chance.below(400)))) break;
    // Below the floor, or to the last byte.
    const bool full = chance.chance(0.5);
    const auto refusals = words_in_log(output, "No space left");
    disk.fill(full ? 0 : megabyte + chance.below(2 * megabyte));
    ++sum.fillings;
    INFO(read_file(folder / "log") << status_of(output).dump(1));
    const bool paused = wait_until(p, [&] { return paused_for_disk(output); });
    if (!paused && p.wait_for(0)) { // it ended before it looked
      disk.clear();
      break;
    }
    INFO("afterwards: " << status_of(output).dump(1) << read_file(output / "logs/longwave.log"));
    REQUIRE(paused);
    // Below the floor there is space left: the pause comes before the first write that fails.
    if (!full) CHECK(words_in_log(output, "No space left") == refusals);
    ++sum.pauses;
    sum.full += full;
    const auto done = status_of(output)["progress"]["segments_done"].get<std::uint64_t>();
    disk.clear();
    REQUIRE(wait_until(p, [&] {
      const auto s = status_of(output);
      return s.is_object() && (s["state"] == "completed" || (s["state"] == "running" && s["progress"]["segments_done"] > done));
    }));
  }
  const auto end = p.wait_for(60'000);
  INFO(read_file(folder / "log"));
  REQUIRE(end);
  REQUIRE(*end == process_end{0, 0});
  CHECK(watcher.finish() == "");
  CHECK_FALSE(fs::exists(output / ".longwave/reserve"));
  const auto audit = audit_against_twin(output, folder / "twin", {}, 0);
  CHECK(audit.fault == "");
  sum.lost += audit.lost;
  sum.doubled += audit.doubled;
}

} // namespace

TEST_CASE("full disk: a run pauses with disk_low and goes on by itself when there is space again") {
  const auto seed = number_from("LONGWAVE_SEED", 1);
  const auto wanted = number_from("LONGWAVE_FILLINGS", 20);
  REQUIRE(::unshare(CLONE_NEWNS) == 0);
  REQUIRE(::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0);
  scratch_folder folder;
  REQUIRE(run(run_on(folder / "twin", ""), folder / "log") == process_end{0, 0});
  counts sum;
  for (std::uint64_t number = 1; sum.fillings < wanted && number < 4 * wanted; ++number)
    one_run(folder, seed, number, std::min(fillings_a_run, wanted - sum.fillings), sum);
  std::cout << "full_disk_test: SEED=" << seed << " fillings=" << sum.fillings << " pauses=" << sum.pauses
            << " to_the_last_byte=" << sum.full << " lost=" << sum.lost << " doubled=" << sum.doubled << "\n";
  CHECK(sum.fillings >= wanted);
}

TEST_CASE("full disk: a read-only disk refuses the start by name, changes nothing, and is no matter afterwards") {
  REQUIRE(::unshare(CLONE_NEWNS) == 0);
  REQUIRE(::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0);
  scratch_folder folder;
  REQUIRE(run(run_on(folder / "twin", ""), folder / "log") == process_end{0, 0});
  const small_disk disk(folder / "disk");
  const auto output = disk.path() / "run";
  const auto plan = folder / "pace.jsonl";
  write_file(plan, "{\"fault\":\"slow\",\"ms\":30}\n");
  {
    auto args = run_on(output, plan);
    args.insert(args.begin(), binary());
    process p(args, folder / "log");
    REQUIRE(wait_until(p, [&] { return read_file(output / "segments.jsonl").size() > 5'000; }));
    p.send(SIGKILL);
    p.wait_for(-1);
  }
  const auto before = read_file(output / "segments.jsonl");
  REQUIRE(disk.read_only(true));
  const auto refused = run(run_on(output, ""), folder / "refused");
  const auto said = read_file(folder / "refused");
  INFO(said);
  CHECK((refused == process_end{73, 0} || refused == process_end{74, 0}));
  CHECK(said.find("longwave: ") == 0);
  CHECK(said.find("Read-only file system") != std::string::npos);
  CHECK(std::count(said.begin(), said.end(), '\n') == 1);
  REQUIRE(disk.read_only(false));
  CHECK(read_file(output / "segments.jsonl") == before);
  REQUIRE(run(run_on(output, ""), folder / "log") == process_end{0, 0});
  const auto audit = audit_against_twin(output, folder / "twin", {}, 0);
  CHECK(audit.fault == "");
  std::cout << "full_disk_test: read-only=1 lost=" << audit.lost << " doubled=" << audit.doubled << "\n";
}
