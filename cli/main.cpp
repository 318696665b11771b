// The program: finds the verb, hands over the arguments, returns its exit code.
#include "cli/exit_code.hpp"
#include "cli/signals.hpp"
#include "cli/verbs.hpp"

#include <cstdio>
#include <cstring>
#include <exception>
#include <functional>
#include <string>
#include <vector>

namespace {

using namespace longwave::cli;

struct verb {
  const char* name;
  const char* help;
  int (*run)(const arguments&);
};

const verb verbs[] = {
  {"broadcast", "generate a radio broadcast", broadcast_verb},
  {"stories", "generate a series of stories", stories_verb},
  {"serve", "an engine that takes runs by API", serve_verb},
  {"status", "how a run stands", status_verb},
  {"pause", "pause a run", pause_verb},
  {"resume", "let a paused run go on", resume_verb},
  {"stop", "end a run; it stays resumable", stop_verb},
  {"watch", "a run's status, drawn again as it changes", watch_verb},
  {"events", "what the engine says happened", events_verb},
  {"weather", "order the weather of a run", weather_verb},
  {"inspect", "look into the store: runs, segments, stories, checkpoints, keys", inspect_verb},
  {"why", "how one segment came about", why_verb},
  {"diff", "what changed in a run's state between two points", diff_verb},
  {"report", "criteria and verdict", report_verb},
  {"review", "the segments that a person should read; records what they say", review_verb},
  {"verify", "recount everything against everything", verify_verb},
  {"snapshot", "a consistent copy of the store", snapshot_verb},
  {"export", "all accepted texts", export_verb},
  {"repair", "copy the longest sound part of a damaged run", repair_verb},
  {"fork", "a run as it stood at a checkpoint, in a new folder", fork_verb},
  {"retry", "a run as it stood before a segment, to try that again", retry_verb},
  {"gc", "free what retention gave up and writers left behind", gc_verb},
  {"preflight", "what must hold before a long run, row by row", preflight_verb},
  {"backup", "a verified copy of a run's store and catalogue", backup_verb},
  {"restore", "a backup into a new folder", restore_verb},
  {"audit", "whether a DJ has enough stories; writes the quest pool", audit_verb},
  {"lore", "import a catalogue, list it, search it", lore_verb},
  {"validate", "judge scripts by a DJ's rules", validate_verb},
  {"profiles", "the DJs that can be chosen", profiles_verb},
  {"packs", "the packs that can be chosen", packs_verb},
  {"doctor", "look at the model servers of a run and name what is wrong", doctor_verb},
  {"preview", "write a few samples and commit nothing", preview_verb},
  {"score", "the narrative weight of a story", score_verb},
  {"calendar", "the weather of a year", calendar_verb},
  {"completion", "a script that lets a shell complete verbs and options", completion_verb},
  {"version", "version and build", version_verb},
};

void print_help(std::FILE* to) {
  std::fprintf(to, "longwave: language-model generation that takes days, unattended\n\n"
                   "  longwave <verb> [options]      longwave <verb> --help\n\n");
  for (const auto& v : verbs) std::fprintf(to, "  %-10s %s\n", v.name, v.help);
}

} // namespace

int main(int argc, char** argv) {
  const std::vector<std::string> args(argv + 1, argv + argc);
  if (args.empty()) {
    print_help(stderr);
    return exit_usage;
  }
  if (args[0] == "--help" || args[0] == "-h" || args[0] == "help") {
    print_help(stdout);
    return exit_done;
  }
  const std::string name = args[0] == "--version" ? "version" : args[0];
  for (const auto& v : verbs) {
    if (name != v.name) continue;
    try {
      return v.run({args.begin() + 1, args.end()});
    } catch (const std::exception& e) {
      return report_failure({longwave::error_code::internal, name, e.what(), "please report this"});
    }
  }
  return report_failure({longwave::error_code::bad_usage, name, "is no verb", "`longwave --help` lists them"});
}
