// `longwave verify`: recounts a run's store, hash chain, segments.jsonl and files against each other.
#include "storage/audit.hpp"

#include "cli/command_line.hpp"
#include "cli/exit_code.hpp"
#include "cli/verbs.hpp"
#include "messages/status.hpp"
#include "storage/stored_metadata.hpp"

#include <CLI/App.hpp>
#include <algorithm>
#include <charconv>
#include <chrono>
#include <thread>

namespace longwave::cli {

namespace {

using namespace std::chrono_literals;

/// contract 8.14: readable files of a living run may lag by 2 s.
constexpr auto longest_lag = 3s;
constexpr auto look_again_after = 200ms;

/// A living engine goes on while we count: what was not there yet when we looked is no difference.
bool came_since(const std::string& difference, const opened_store& o, const std::filesystem::path& output) {
  constexpr std::string_view line = "segments.jsonl: line ", ahead = " is ahead of the store", missing = ": missing";
  if (difference.starts_with(line) && difference.ends_with(ahead)) {
    std::uint64_t seq = 0;
    std::from_chars(difference.data() + line.size(), difference.data() + difference.size(), seq);
    return o.db->segment_line(o.run, seq).has_value();
  }
  std::error_code ec;
  return difference.ends_with(missing) &&
         std::filesystem::exists(output / difference.substr(0, difference.size() - missing.size()), ec);
}

void wait_for_stragglers(storage::audit_report& audit, const opened_store& o, const std::filesystem::path& output) {
  for (auto waited = 0ms; !audit.differences.empty() && waited < longest_lag; waited += look_again_after) {
    if (!o.db->refresh()) break;
    std::erase_if(audit.differences, [&](const auto& d) { return came_since(d, o, output); });
    if (!audit.differences.empty()) std::this_thread::sleep_for(look_again_after);
  }
  audit.ok = audit.differences.empty();
}

/// Lines up to here must be in the output: all of a run that ended in order, else up to the mark (contract 8.17).
result<std::uint64_t> expected_lines(const opened_store& o) {
  auto head = o.db->head(o.run);
  if (!head) return head.error();
  const auto state = parse_run_state(head.value().state);
  if (!o.live() && state && is_final(*state)) return head.value().seq;
  return o.db->published(o.run);
}

result<storage::audit_report> audit(const opened_store& o, bool with_files) {
  // A snapshot has no output folder: its records alone are counted.
  if (!with_files) return storage::audit_run(*o.db, o.run, {}, 0, storage::stored_metadata(*o.db));
  auto output = output_folder_of(o);
  if (!output) return output.error();
  auto lines = expected_lines(o);
  if (!lines) return lines.error();
  auto report = storage::audit_run(*o.db, o.run, output.value(), lines.value(), storage::stored_metadata(*o.db));
  if (report && o.live()) wait_for_stragglers(report.value(), o, output.value());
  return report;
}

} // namespace

int verify_verb(const arguments& args) {
  look_options options;
  CLI::App app("Recount everything against everything: store, hash chain, segments.jsonl, files. "
               "Exit code: 0 no difference, 74 differences.",
               "verify");
  add_look_options(app, options);
  app.add_option("DIR", options.store.folder, "The run's output folder");
  if (const auto over = parse_arguments(app, args)) return *over;

  auto opened = open_store(options.store);
  if (!opened) return report_failure(opened.error(), options.json);
  auto report = audit(opened.value(), options.store.snapshot.empty());
  if (!report) return report_failure(report.error(), options.json);
  const auto& r = report.value();
  if (options.json) {
    print_json({{"ok", r.ok}, {"checked", r.checked}, {"differences", r.differences}}, 2);
  } else {
    for (const auto& difference : r.differences) print_line(difference);
    std::string line = r.ok ? "sound:" : "DIFFERENCES; looked at:";
    for (const auto& [what, count] : r.checked) line += " " + std::to_string(count) + " " + what;
    print_line(line);
  }
  return finish_output(r.ok ? exit_done : exit_io);
}

} // namespace longwave::cli
