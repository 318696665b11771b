// `longwave why N`: how one segment came about, from its plan to its record.
#include "cli/command_line.hpp"
#include "cli/exit_code.hpp"
#include "cli/terminal_text.hpp"
#include "cli/verbs.hpp"
#include "messages/json_controls.hpp"

#include <charconv>

namespace longwave::cli {

namespace {

using why_json = nlohmann::ordered_json;

std::string plain(const why_json& j) {
  if (j.is_null()) return "-";
  if (j.is_string()) return j.get<std::string>();
  return escape_controls(j.dump(-1, ' ', false, why_json::error_handler_t::replace));
}

void print_fields(const why_json& j) {
  for (const auto& [name, value] : j.items()) {
    if (value.is_null() || (value.is_structured() && value.empty()) || value == "") continue;
    print_line("  " + name + ": " + plain(value));
  }
}

void print_violations(const why_json& violations) {
  for (const auto& v : violations)
    print_line("      " + v.value("severity", std::string()) + " " + v.value("category", std::string()) + "/" +
               v.value("rule", std::string()) + ": " + v.value("message", std::string()) +
               (v.value("evidence", std::string()).empty() ? "" : " [" + v.value("evidence", std::string()) + "]"));
}

void print_attempts(const why_json& why) {
  print_raw("\nattempts\n");
  const auto& attempts = why["attempts"];
  if (attempts.is_object() && attempts.contains("history"))
    for (const auto& failed : attempts["history"]) {
      print_line("  " + plain(failed.value("attempt", why_json())) + ": " + failed.value("outcome", std::string()) +
                 " " + failed.value("detail", std::string()));
      print_violations(failed.value("violations", why_json::array()));
    }
  const auto& record = why["segment"];
  const bool accepted = record.value("status", std::string()) == "accepted";
  print_line(accepted ? "  " + plain(record.value("attempts", why_json())) + ": ok"
                      : "  given up: " + record.value("skip_reason", std::string()));
  if (accepted) print_violations(record.value("violations", why_json::array()));
}

void print_why(const why_json& why) {
  auto record = why["segment"];
  const auto text = record.value("text", std::string());
  record.erase("text");
  record.erase("violations");
  print_raw("plan\n");
  print_fields(why["plan"].is_object() ? why["plan"] : why_json::object());
  print_attempts(why);
  print_raw("\nrecord\n");
  print_fields(record);
  if (!text.empty()) print_text("\ntext\n\n" + text + "\n");
}

result<why_json> explain(const opened_store& o, std::uint64_t seq) {
  auto line = o.db->segment_line(o.run, seq);
  if (!line) return line.error();
  auto stored = o.db->provenance(o.run, seq);
  // A record stands on its own: without its history the rest is still worth showing.
  const auto how = stored ? why_json::parse(stored.value(), nullptr, false) : why_json::object();
  why_json why;
  why["seq"] = seq;
  why["run_id"] = o.run;
  for (const auto* name : {"plan", "attempts", "calls"})
    why[name] = how.is_object() && how.contains(name) ? how[name] : why_json(nullptr);
  if (how.is_object())
    for (const auto& [name, value] : how.items())
      if (!why.contains(name)) why[name] = value;
  why["segment"] = why_json::parse(line.value(), nullptr, false);
  if (!why["segment"].is_object())
    return failure{error_code::store_damaged, "cannot read segment " + std::to_string(seq), "its record is not JSON",
                   "see what is sound with `longwave verify`"};
  return why;
}

} // namespace

int why_verb(const arguments& args) {
  look_options options;
  std::vector<std::string> words;
  CLI::App app("Show how segment N came about: plan, attempts with verdicts, usage and times, text.", "why");
  add_look_options(app, options);
  app.add_option("WORDS", words, "[DIR] N: the run's output folder (default .) and the segment's number")
    ->default_str("")
    ->required();
  if (const auto over = parse_arguments(app, args)) return *over;
  if (words.size() > 2) return report_usage(app, "'" + words[2] + "' is one argument too many", options.json);
  if (words.size() == 2) options.store.folder = words.front();
  std::uint64_t seq = 0;
  const auto& number = words.back();
  const auto [end, fault] = std::from_chars(number.data(), number.data() + number.size(), seq);
  if (fault != std::errc{} || end != number.data() + number.size())
    return report_usage(app, "'" + number + "' is no segment number", options.json);

  auto opened = open_store(options.store);
  if (!opened) return report_failure(opened.error(), options.json);
  auto why = explain(opened.value(), seq);
  if (!why) return report_failure(why.error(), options.json);
  options.json ? print_json(why.value(), 2) : print_why(why.value());
  return finish_output(exit_done);
}

} // namespace longwave::cli
