// `longwave diff`: what changed in a run's state between two of its checkpoints or segments.
#include "cli/command_line.hpp"
#include "cli/exit_code.hpp"
#include "cli/run_point.hpp"
#include "cli/verbs.hpp"

#include <CLI/App.hpp>
#include <algorithm>

namespace longwave::cli {

namespace {

using json = nlohmann::json;

/// The state as one document, each piece under its name.
result<json> state_at(const opened_store& o, std::uint64_t seq) {
  auto pieces = o.db->state_at(o.run, seq);
  if (!pieces)
    return failure{pieces.error().code, "the state at segment " + std::to_string(seq) + " is not there", pieces.error().why,
                   "states are kept where a checkpoint is; see longwave inspect checkpoints"};
  json all = json::object();
  for (auto& [name, piece] : pieces.value()) all[name] = std::move(piece);
  return all;
}

json value_at(const json& document, const std::string& pointer) {
  const json::json_pointer at(pointer);
  return document.contains(at) ? document.at(at) : json(nullptr);
}

/// "/story~1a-bridge/acts/1" -> {"story/a-bridge", "acts/1"}.
std::pair<std::string, std::string> piece_and_path(const std::string& pointer) {
  const json::json_pointer whole(pointer);
  std::vector<std::string> parts;
  for (auto at = whole; !at.empty(); at.pop_back()) parts.push_back(at.back());
  std::reverse(parts.begin(), parts.end());
  std::string path;
  for (std::size_t i = 1; i < parts.size(); ++i) path += (i > 1 ? "/" : "") + parts[i];
  return {parts.empty() ? std::string() : parts.front(), path};
}

/// Each changed value once, in the order of the pieces' names.
nlohmann::ordered_json changes_between(const json& before, const json& after) {
  auto list = nlohmann::ordered_json::array();
  for (const auto& step : json::diff(before, after)) {
    const auto pointer = step["path"].get<std::string>();
    const auto [piece, path] = piece_and_path(pointer);
    const bool appended = pointer.size() > 2 && pointer.substr(pointer.size() - 2) == "/-";
    list.push_back({{"piece", piece},
                    {"path", path},
                    {"change", step["op"] == "replace" ? "changed" : step["op"] == "add" ? "added" : "removed"},
                    {"from", appended ? json(nullptr) : value_at(before, pointer)},
                    {"to", step.contains("value") ? step["value"] : json(nullptr)}});
  }
  return list;
}

void print_changes(const nlohmann::ordered_json& list) {
  constexpr std::size_t most_shown = 100;
  const auto shown = [](const nlohmann::ordered_json& value) {
    auto text = value.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
    if (text.size() <= most_shown) return text;
    std::size_t cut = most_shown;
    while (cut > 0 && (static_cast<unsigned char>(text[cut]) & 0xc0) == 0x80) --cut;
    return text.substr(0, cut) + "...";
  };
  std::string last;
  for (const auto& c : list) {
    const auto piece = c["piece"].get<std::string>();
    if (piece != last) print_line(piece);
    last = piece;
    const auto path = c["path"].get<std::string>();
    const auto what = c["change"].get<std::string>();
    std::string line = "  " + (path.empty() ? what : path + " " + what) + ": ";
    if (what == "changed") line += shown(c["from"]) + " -> " + shown(c["to"]);
    if (what == "added") line += shown(c["to"]);
    if (what == "removed") line += shown(c["from"]);
    print_line(line);
  }
  if (list.empty()) print_line("no difference");
}

} // namespace

int diff_verb(const arguments& args) {
  look_options options;
  std::vector<std::string> words;
  CLI::App app("Shows what changed in a run's state between two of its points, each a checkpoint's id or a segment's number.",
               "diff");
  add_look_options(app, options);
  app.add_option("WORDS", words, "[DIR] A B: the run's output folder (default .) and the two points")->default_str("");
  if (const auto over = parse_arguments(app, args)) return *over;
  if (words.size() < 2 || words.size() > 3) return report_usage(app, "wants two points", options.json);
  if (words.size() == 3) options.store.folder = words.front();
  auto opened = open_store(options.store);
  if (!opened) return report_failure(opened.error(), options.json);
  const auto& o = opened.value();
  const auto from = run_point(o, words[words.size() - 2]);
  if (!from) return report_failure(from.error(), options.json);
  const auto to = run_point(o, words.back());
  if (!to) return report_failure(to.error(), options.json);
  const auto before = state_at(o, from.value());
  if (!before) return report_failure(before.error(), options.json);
  const auto after = state_at(o, to.value());
  if (!after) return report_failure(after.error(), options.json);
  const auto changes = changes_between(before.value(), after.value());
  if (options.json)
    print_json({{"run_id", o.run}, {"from", from.value()}, {"to", to.value()}, {"changes", changes}}, 2);
  else
    print_changes(changes);
  return finish_output(exit_done);
}

} // namespace longwave::cli
