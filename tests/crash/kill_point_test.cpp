// Kills the program at every named point of its work and of its recovery, three times each, and again and again while
// it recovers, up to five deep; each time it is started again to the end and held against oracle and twin (P1, P2).
//
//   build/release/kill_point_test                       all points, then LONGWAVE_DEEP_KILLS (50) chains of kills
//   LONGWAVE_SEED=7 LONGWAVE_DEEP_KILLS=1000 ...        other moments, more of them
#include "tests/support/oracle.hpp"

#include <catch2/catch.hpp>

#include <regex>

using namespace longwave::tests;

namespace {

const fs::path root = LONGWAVE_SOURCE_DIR;

std::string killable() {
  const char* path = std::getenv("LONGWAVE_KILLABLE");
  return path ? path : (fs::path(binary()).parent_path() / "longwave_killable").string();
}

/// All points, read from the sources: one that is added is tested from then on.
std::set<std::string> named_points() {
  std::set<std::string> points;
  const std::regex point(R"re(KILL_POINT\("([a-z_:]+)"\))re");
  for (const char* room : {"messages", "storage", "actors", "cli"})
    for (const auto& entry : fs::recursive_directory_iterator(root / room)) {
      if (entry.path().extension() != ".cpp") continue;
      const auto text = read_file(entry.path());
      for (std::sregex_iterator at(text.begin(), text.end(), point), end; at != end; ++at) points.insert((*at)[1]);
    }
  return points;
}

/// A run that is started again and again until it ends.
struct scenario {
  std::string name;
  std::vector<std::string> verb;
  std::uint64_t segments;
  std::string fault_plan = "";
};

/// The last has a fault plan: with one, each call waits for the commit before it, as it does with a real model. It goes to the
/// points that the others do not pass.
const std::vector<scenario> scenarios{
  {"broadcast",
   {"broadcast", "--dj", "julie", "--duration", "33", "--enable-validation", "--enable-stories", "--seed", "31"}, 33},
  {"stories", {"stories", "--max-stories", "5", "--seed", "32"}, 5},
  {"waiting",
   {"broadcast", "--dj", "julie", "--duration", "17", "--enable-validation", "--seed", "33"}, 17, R"({"segment":7,"fault":"slow","ms":1})"},
};

std::vector<std::string> command(const scenario& s, const fs::path& output, const std::vector<std::string>& environment) {
  std::vector<std::string> words{"env"};
  words.insert(words.end(), environment.begin(), environment.end());
  words.push_back(killable());
  words.insert(words.end(), s.verb.begin(), s.verb.end());
  // A virtual clock: names, dates and bytes are those of the twin.
  for (const auto& word : {"--clock", "virtual", "--progress", "none", "--disk-floor", "0", "--resume", "--run-id", "twin", "--output"}) words.emplace_back(word);
  words.push_back(output.string());
  words.insert(words.end(), {"--call-log", output.string() + ".calls"});
  if (!s.fault_plan.empty()) {
    const auto plan = output.parent_path() / (s.name + ".plan");
    if (!fs::exists(plan)) write_file(plan, s.fault_plan);
    words.insert(words.end(), {"--fault-plan", plan.string()});
  }
  return words;
}

process_end play(const scenario& s, const fs::path& output, const std::vector<std::string>& environment = {}) {
  process p(command(s, output, environment), output.string() + ".log");
  const auto end = p.wait_for(300'000); // a second, on an idle machine
  if (!end) throw std::runtime_error("still running: " + output.string());
  return *end;
}

std::map<std::string, std::uint64_t> read_counts(const fs::path& file) {
  std::map<std::string, std::uint64_t> counts;
  std::istringstream in(read_file(file));
  std::string name;
  for (std::uint64_t n = 0; in >> name >> n;) counts[name] += n;
  return counts;
}

struct totals {
  std::atomic<std::uint64_t> kills{0}, lost{0}, doubled{0}, repeated{0}, reads{0};
};

class trial {
public:
  trial(const fs::path& folder, fault_list& faults) : folder_(folder), faults_(faults) {}

  /// Twins, and how often each point is passed: by a whole run, and by one that goes on after a kill in its middle.
  void prepare() {
    for (const auto& s : scenarios) {
      const auto counts = folder_ / (s.name + ".counts");
      if (play(s, folder_ / s.name, {"LONGWAVE_KILL_COUNTS=" + counts.string()}) != process_end{0, 0})
        throw std::runtime_error("the twin failed: " + read_file((folder_ / s.name).string() + ".log"));
      whole_[s.name] = read_counts(counts);
      const auto half = folder_ / (s.name + "-half");
      const auto again = folder_ / (s.name + "-half.counts");
      play(s, half, {"LONGWAVE_KILL_POINT=" + half_way(s)});
      if (play(s, half, {"LONGWAVE_KILL_COUNTS=" + again.string()}) != process_end{0, 0}) throw std::runtime_error("the half failed");
      resumed_[s.name] = read_counts(again);
    }
  }

  std::string half_way(const scenario& s) const { return "log:after_append:" + std::to_string(s.segments / 2); }
  const std::map<std::string, std::uint64_t>& whole(const scenario& s) const { return whole_.at(s.name); }
  const std::map<std::string, std::uint64_t>& resumed(const scenario& s) const { return resumed_.at(s.name); }

  /// Kills at each of `points` in turn, one process each, then lets the run end and audits it.
  void kill_at(const scenario& s, const std::string& name, const std::vector<std::string>& points, bool each_must_hit) {
    const auto output = folder_ / name;
    std::uint64_t kills = 0;
    status_watcher watcher(output);
    for (const auto& point : points) {
      const auto end = play(s, output, {"LONGWAVE_KILL_POINT=" + point});
      if (end == process_end{-1, SIGKILL})
        ++kills;
      else if (const auto sooner = sooner_turn(points); each_must_hit && end == process_end{0, 0} && !sooner.empty())
        return kill_at(s, name + "-sooner", sooner, true);
      else if (each_must_hit || end != process_end{0, 0})
        return faults_.add(name + ": not killed at " + point + "; exit code " + std::to_string(end.exit_code) + " " + read_file(output.string() + ".log"));
      if (end.exit_code == 0) break; // done before this point came
    }
    const auto end = play(s, output);
    if (end != process_end{0, 0})
      return faults_.add(name + ": after " + points.front() + ": exit code " + std::to_string(end.exit_code) + " " + read_file(output.string() + ".log"));
    if (const auto fault = watcher.finish(); !fault.empty()) return faults_.add(name + ": after " + points.front() + ": " + fault);
    const auto counts = audit_against_twin(output, folder_ / s.name, output.string() + ".calls", kills);
    if (!counts.fault.empty()) return faults_.add(counts.fault + ", after " + points.front());
    sum.kills += kills;
    sum.lost += counts.lost;
    sum.doubled += counts.doubled;
    sum.repeated += counts.repeated_calls;
    sum.reads += watcher.reads();
    for (const auto* end_of_name : {"", ".calls", ".log"}) fs::remove_all(output.string() + end_of_name);
  }

  totals sum;

private:
  /// A fast run passes the points of status files less often than the run that was counted: half as late, or nothing to try.
  static std::vector<std::string> sooner_turn(std::vector<std::string> points) {
    const auto colon = points.back().rfind(':') + 1;
    const auto turn = std::stoull(points.back().substr(colon));
    if (turn == 1) return {};
    points.back().replace(colon, std::string::npos, std::to_string(turn / 2));
    return points;
  }

  fs::path folder_;
  fault_list& faults_;
  std::map<std::string, std::map<std::string, std::uint64_t>> whole_, resumed_;
};

void print(const char* what, std::uint64_t seed, const totals& sum) {
  std::cout << "kill_point_test: " << what << " SEED=" << seed << " kills=" << sum.kills << " lost=" << sum.lost
            << " doubled=" << sum.doubled << " calls_repeated=" << sum.repeated << " status_reads=" << sum.reads << "\n";
}

/// "point:n" with n the first, the last or one in between of `passed` times.
std::string turn(const std::string& point, std::uint64_t passed, int which, longwave::random_stream& chance) {
  const auto n = which == 0 ? 1 : which == 1 ? passed : 1 + chance.below(passed);
  return point + ":" + std::to_string(n);
}

} // namespace

TEST_CASE("kill points: at each of them, three times, nothing is lost or doubled") {
  const auto seed = number_from("LONGWAVE_SEED", 1);
  scratch_folder folder(quick_folder());
  fault_list faults;
  trial t(folder.path(), faults);
  t.prepare();
  struct job {
    const scenario* s;
    std::vector<std::string> points;
  };
  std::vector<job> jobs;
  const auto points = named_points();
  longwave::random_stream chance(seed, 0, 0, "kill points");
  for (const auto& point : points) {
    std::size_t planned = 0;
    for (const auto& s : scenarios) {
      if (!s.fault_plan.empty() && planned > 0) continue;
      for (int which = 0; which < 3; ++which) {
        const auto whole = t.whole(s).find(point), resumed = t.resumed(s).find(point);
        if (whole != t.whole(s).end())
          jobs.push_back({&s, {turn(point, whole->second, which, chance)}});
        else if (resumed != t.resumed(s).end())
          jobs.push_back({&s, {t.half_way(s), turn(point, resumed->second, which, chance)}});
        else
          continue;
        ++planned;
      }
    }
    INFO("no run passes the point " << point);
    CHECK(planned >= 3);
    std::cout << "  " << point << " x" << planned << "\n";
  }
  in_parallel(jobs.size(), 2, faults,
              [&](std::uint64_t i) { t.kill_at(*jobs[i].s, jobs[i].s->name + std::to_string(i), jobs[i].points, true); });
  INFO(faults.text());
  CHECK_FALSE(faults.any());
  print("at every point", seed, t.sum);
  CHECK(t.sum.kills >= 3 * points.size());
}

TEST_CASE("kill points: killed again while it recovers, up to five deep, nothing is lost or doubled") {
  const auto seed = number_from("LONGWAVE_SEED", 1);
  const auto chains = number_from("LONGWAVE_DEEP_KILLS", 50);
  scratch_folder folder(quick_folder());
  fault_list faults;
  trial t(folder.path(), faults);
  t.prepare();
  // Whether a start passes a point of recovery depends on what the kill before it left behind: there are more chains until
  // two kills a chain have come together.
  in_parallel(4 * chains, 2, faults, [&](std::uint64_t i) {
    if (i >= chains && t.sum.kills >= 2 * chains) return;
    longwave::random_stream chance(seed, i + 1, 0, "deep kills");
    const auto& s = scenarios[chance.below(4) == 0 ? 1 : 0];
    std::vector<std::string> points{"commit:after:" + std::to_string(1 + chance.below(s.segments))};
    const auto depth = 1 + chance.below(5);
    while (points.size() <= depth) {
      // Mostly the points of recovery itself, which are passed once a start; else the first of any other.
      std::vector<std::string> candidates;
      const bool any = chance.below(3) == 0;
      for (const auto& [point, passed] : t.resumed(s))
        if (any || point.starts_with("recovery:") || point.starts_with("start:")) candidates.push_back(point);
      points.push_back(candidates[chance.below(candidates.size())] + ":1");
    }
    t.kill_at(s, "deep" + std::to_string(i), points, false);
  });
  INFO(faults.text());
  CHECK_FALSE(faults.any());
  print("again and again", seed, t.sum);
  CHECK(t.sum.kills >= 2 * chains);
}
