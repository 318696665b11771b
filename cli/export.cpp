// `longwave export`: all texts of a run, from its store, for whoever comes next.
#include "cli/command_line.hpp"
#include "cli/exit_code.hpp"
#include "cli/verbs.hpp"
#include "storage/output_folder.hpp"

#include <CLI/App.hpp>
#include <cstdio>
#include <optional>

namespace longwave::cli {

namespace {

struct export_options : look_options {
  std::string format = "text";
  std::string to;
  std::optional<int> day;
};

using export_json = nlohmann::ordered_json;

/// Where the export goes: collected for a file, otherwise straight to stdout.
class sink {
public:
  explicit sink(bool to_file) : to_file_(to_file) {}
  void text(const std::string& text) {
    if (to_file_)
      bytes += text;
    else if (stdout_is_terminal())
      print_text(text);
    else
      print_raw(text);
  }
  void line(const std::string& line) {
    if (to_file_)
      bytes += line + "\n";
    else
      print_stored_line(line);
  }
  std::string bytes;

private:
  bool to_file_;
};

export_json summary(const storage::loaded_run& run) {
  const auto& c = run.config;
  export_json metadata{{"run_id", c.run_id},
                       {"kind", to_string(c.kind)},
                       {"dj", c.dj.empty() ? export_json(nullptr) : export_json(c.dj)},
                       {"state", run.head.state},
                       {"total_segments", run.head.seq},
                       {"seed", c.seed},
                       {"backend", c.backend},
                       {"model", c.model.empty() ? export_json(nullptr) : export_json(c.model)},
                       {"chain_head", run.head.hash}};
  if (c.kind == run_kind::broadcast) {
    metadata["duration_hours"] = c.duration_hours;
    metadata["segments_per_hour"] = c.segments_per_hour;
    metadata["start_hour"] = c.start_hour;
    metadata["story_system_enabled"] = c.stories_enabled;
    metadata["validation_enabled"] = c.validation_enabled;
    metadata["validation_mode"] = c.validation_mode;
  }
  return metadata;
}

result<void> write_export(const opened_store& o, const export_options& options, sink& out) {
  auto loaded = o.db->load(o.run);
  if (!loaded) return loaded.error();
  export_json all = export_json::array();
  auto read = o.db->segments(o.run, 1, loaded.value().head.seq, [&](std::uint64_t, const std::string& line) {
    if (options.format == "jsonl" && !options.day) {
      out.line(line);
      return true;
    }
    auto record = export_json::parse(line, nullptr, false);
    if (!record.is_object() || (options.day && record.value("day", 0) != *options.day)) return true;
    if (options.format == "jsonl") out.line(line);
    if (options.format == "json") all.push_back(std::move(record));
    if (options.format == "text" && record.value("status", std::string()) == "accepted")
      out.text(record.value("text", std::string()) + "\n\n");
    return true;
  });
  if (!read) return read.error();
  if (options.format != "json") return ok();
  export_json document{{"metadata", summary(loaded.value())}, {"segments", std::move(all)}};
  const auto counters = loaded.value().state.find("counters");
  document["stats"] = counters == loaded.value().state.end() ? export_json(nullptr) : export_json(counters->second);
  const auto text = options.to.empty() ? json_for_output(document, 2)
                                       : document.dump(2, ' ', false, export_json::error_handler_t::replace);
  options.to.empty() ? print_raw(text + "\n") : out.text(text + "\n");
  return ok();
}

} // namespace

int export_verb(const arguments& args) {
  export_options options;
  CLI::App app(
    "Write a run's texts: plain text (accepted ones, for text-to-speech), JSON Lines (every record as it stands "
    "in segments.jsonl), or one JSON document.",
    "export");
  add_look_options(app, options);
  app.add_option("DIR", options.store.folder, "The run's output folder");
  auto* format =
    app.add_option("--format", options.format, "text, jsonl or json")->check(CLI::IsMember({"text", "jsonl", "json"}));
  app.add_option("--to", options.to, "Write to this file instead of stdout");
  app.add_option("--day", options.day, "Only this broadcast day")->check(CLI::PositiveNumber);
  if (const auto over = parse_arguments(app, args)) return *over;
  if (options.json && format->count() == 0) options.format = "json";

  auto opened = open_store(options.store);
  if (!opened) return report_failure(opened.error(), options.json);
  sink out(!options.to.empty());
  if (auto written = write_export(opened.value(), options, out); !written)
    return report_failure(written.error(), options.json);
  if (!options.to.empty()) {
    auto& calls = storage::system_file_calls();
    if (auto saved = storage::write_file_atomically(calls, options.to, out.bytes, true); !saved)
      return report_failure(saved.error(), options.json);
  }
  return finish_output(exit_done);
}

} // namespace longwave::cli
