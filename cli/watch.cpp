// `longwave watch`: a run's status on the terminal, drawn again as it changes, until the run ends.
#include "cli/command_line.hpp"
#include "cli/control_client.hpp"
#include "cli/exit_code.hpp"
#include "cli/status_text.hpp"
#include "cli/verbs.hpp"
#include "messages/status.hpp"
#include "storage/output_folder.hpp"

#include <CLI/App.hpp>
#include <poll.h>

#include <cstdio>

namespace longwave::cli {

namespace {

constexpr int look_pause_ms = 500;
constexpr std::string_view clear_screen = "\x1b[H\x1b[2J";

bool is_over(const nlohmann::ordered_json& status) {
  const auto state = parse_run_state(status.value("state", ""));
  return !state || is_final(*state);
}

/// The status of the run that is meant; null while the engine has none.
result<nlohmann::ordered_json> look(const place& where, const std::string& run) {
  const auto answer = ask_engine(where, "GET", run.empty() ? "/v1/runs" : "/v1/runs/" + run);
  if (!answer) return answer.error();
  auto j = nlohmann::ordered_json::parse(answer.value().body, nullptr, false);
  if (answer.value().status != 200 || j.is_discarded())
    return failure{error_code::not_found, "nothing to watch in " + where.folder.string(), "the engine has no such run", ""};
  if (!j.is_array()) return j;
  // With several runs, the first that is not over.
  for (auto& one : j)
    if (!is_over(one)) return std::move(one);
  return j.empty() ? nlohmann::ordered_json() : std::move(j.back());
}

void show(const nlohmann::ordered_json& status, const common_options& options, bool redraw) {
  if (options.json) return print_json(status);
  if (redraw) print_raw(clear_screen);
  if (redraw) return print_raw(status_text(status));
  print_line(state_line(status) + "  " + std::to_string(status["progress"].value("segments_done", std::uint64_t{0})) + " segments");
}

} // namespace

int watch_verb(const arguments& args) {
  CLI::App app("Shows a run's status, again whenever it changes, until the run ends. Ctrl-C ends the view alone.", "watch");
  common_options options;
  std::string folder = ".", run;
  app.add_option("DIR", folder, "output folder of a run, or an engine's folder")->capture_default_str();
  app.add_option("--run", run, "the run, where the engine has several");
  add_common_options(app, options);
  if (const auto code = parse_arguments(app, args)) return *code;
  const auto where = find_place(folder);
  if (!where) return report_failure(where.error(), options.json);
  const auto& p = where.value();
  if (run.empty()) run = p.run;
  const bool redraw = stdout_is_terminal() && !options.json;
  std::string last;
  bool seen = false;
  for (;;) {
    auto status = look(p, run);
    if (!status && seen && storage::engine_lock::holder(p.data_dir) == 0) return finish_output(exit_done); // it ended
    if (!status) return report_failure(status.error(), options.json);
    seen = true;
    if (status.value().is_object()) {
      const auto now = status.value().value("updated_at", "");
      if (now != last) show(status.value(), options, redraw);
      std::fflush(stdout); // a reader at the other end of a pipe watches too
      last = now;
      if (is_over(status.value())) return finish_output(exit_done);
    }
    ::poll(nullptr, 0, look_pause_ms);
  }
}

} // namespace longwave::cli
