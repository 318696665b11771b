// `longwave review`: what a person should read of a run, and what they say of it.
#include "actors/clock.hpp"
#include "actors/monitor/review.hpp"
#include "cli/command_line.hpp"
#include "cli/exit_code.hpp"
#include "cli/review_dialogue.hpp"
#include "cli/terminal_text.hpp"
#include "cli/verbs.hpp"

#include <CLI/CLI.hpp>

#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <iostream>
#include <set>

namespace longwave::cli {

namespace fs = std::filesystem;

namespace {

using nlohmann::ordered_json;

struct review_options : look_options {
  std::vector<std::uint64_t> approve;
  std::vector<std::uint64_t> reject;
  std::vector<std::string> issues;
  std::string note;
  std::string reviewer;
  bool all = false;
  bool list = false;

  bool records() const { return !approve.empty() || !reject.empty(); }
};

std::string default_reviewer() {
  const char* name = std::getenv("USER");
  return name != nullptr ? name : "";
}

ordered_json verdict_json(const std::optional<storage::review_verdict>& v) {
  if (!v) return nullptr;
  return {{"verdict", v->approved ? "approved" : "rejected"},
          {"issues", v->issues},
          {"note", v->note},
          {"reviewer", v->reviewer},
          {"at", v->at}};
}

ordered_json item_json(const review_item& item) {
  auto j = review_metadata(item);
  j["sampled"] = item.sampled;
  j["continuity"] = item.continuity;
  j["verdict"] = verdict_json(item.verdict);
  j["text"] = item.record.text;
  return j;
}

ordered_json counts_of(const std::vector<review_item>& items) {
  const auto count = [&](auto which) { return std::count_if(items.begin(), items.end(), which); };
  return {{"items", items.size()},
          {"approved", count([](const auto& i) { return i.verdict && i.verdict->approved; })},
          {"rejected", count([](const auto& i) { return i.verdict && !i.verdict->approved; })},
          {"left", count([](const auto& i) { return !i.verdict; })}};
}

void print_list(const std::vector<review_item>& items) {
  for (const auto& item : items) print_raw(review_page(item) + "\n");
  const auto counts = counts_of(items);
  print_line(counts["items"].dump() + " to read: " + counts["approved"].dump() + " approved, " +
             counts["rejected"].dump() + " rejected, " + counts["left"].dump() + " left");
}

/// Records verdicts on one run.
class recorder {
public:
  recorder(const opened_store& opened, fs::path output, const review_options& options)
    : opened_(opened), output_(std::move(output)), options_(options) {}

  storage::review_verdict verdict_on(const segment_record& record, const spoken_verdict& said) const {
    storage::review_verdict v;
    v.run_id = opened_.run;
    v.seq = record.seq;
    v.hash = record.hash;
    v.approved = said.approved;
    v.issues = said.issues;
    v.note = said.note;
    v.reviewer = options_.reviewer;
    v.at = rfc3339(host_clock().wall_us());
    return v;
  }

  result<void> record(const std::vector<storage::review_verdict>& verdicts) const {
    return storage::append_reviews(storage::system_file_calls(), output_, verdicts);
  }

  /// All that the flags name, or nothing of it.
  result<std::vector<storage::review_verdict>> from_flags(const storage::review_file& known) const {
    std::vector<storage::review_verdict> verdicts;
    const auto add = [&](const std::vector<std::uint64_t>& numbers, bool approved) -> result<void> {
      for (const auto seq : std::set(numbers.begin(), numbers.end())) { // named twice is said once
        auto item = review_item_of(*opened_.db, opened_.run, seq, known);
        if (!item) return item.error();
        spoken_verdict said;
        said.approved = approved;
        if (!approved) said.issues = options_.issues;
        said.note = options_.note;
        verdicts.push_back(verdict_on(item.value().record, said));
      }
      return ok();
    };
    if (auto added = add(options_.approve, true); !added) return added.error();
    if (auto added = add(options_.reject, false); !added) return added.error();
    return verdicts;
  }

private:
  const opened_store& opened_;
  fs::path output_;
  const review_options& options_;
};

int record_flags(const recorder& pen, const storage::review_file& known, const review_options& options) {
  const auto verdicts = pen.from_flags(known);
  if (!verdicts) return report_failure(verdicts.error(), options.json);
  if (auto kept = pen.record(verdicts.value()); !kept) return report_failure(kept.error(), options.json);
  if (options.json) {
    auto list = ordered_json::array();
    for (const auto& v : verdicts.value()) {
      auto j = verdict_json(v);
      j["seq"] = v.seq;
      list.push_back(std::move(j));
    }
    print_json({{"recorded", std::move(list)}}, 2);
  } else {
    const auto count = verdicts.value().size();
    print_line(std::to_string(count) + (count == 1 ? " verdict recorded" : " verdicts recorded"));
  }
  return finish_output(exit_done);
}

int talk(const recorder& pen, std::vector<review_item> items) {
  std::erase_if(items, [](const auto& item) { return item.verdict.has_value(); });
  if (items.empty()) {
    print_line("everything was read; `longwave review --list` shows it");
    return finish_output(exit_done);
  }
  const auto end = hold_review(items, std::cin, std::cout, [&](const review_item& item, const spoken_verdict& said) {
    return pen.record({pen.verdict_on(item.record, said)});
  });
  if (!end) return report_failure(end.error());
  const auto& e = end.value();
  print_raw("\n");
  print_line(std::to_string(e.approved) + " approved, " + std::to_string(e.rejected) + " rejected, " +
             std::to_string(items.size() - e.approved - e.rejected) + " left");
  return finish_output(exit_done);
}

/// Empty when the flags go together.
std::string contradiction(const review_options& o) {
  for (const auto seq : o.approve)
    if (std::find(o.reject.begin(), o.reject.end(), seq) != o.reject.end())
      return "segment " + std::to_string(seq) + " is approved and rejected";
  if (!o.issues.empty() && o.reject.empty()) return "--issue says why a segment is rejected: it needs --reject";
  if (!o.note.empty() && !o.records()) return "--note needs --approve or --reject";
  if (o.note.size() > most_note_bytes) return "--note is longer than 2,000 bytes";
  if (o.reviewer.size() > 200) return "--reviewer is longer than 200 bytes";
  if (o.records() && !o.store.snapshot.empty()) return "a snapshot is only looked at";
  return {};
}

void add_options(CLI::App& app, review_options& options) {
  add_look_options(app, options);
  app.add_option("DIR", options.store.folder, "The run's output folder");
  const auto numbers = [&](const char* name, std::vector<std::uint64_t>& into, const char* help) {
    app.add_option(name, into, help)->delimiter(',')->allow_extra_args(false)->check([](const std::string& n) {
      const bool digits = !n.empty() && n.size() <= 19 && n.find_first_not_of("0123456789") == std::string::npos;
      const bool sound = digits && n.find_first_not_of('0') != std::string::npos;
      return sound ? std::string() : "\"" + n + "\" is no segment number";
    });
  };
  numbers("--approve", options.approve, "N[,N...]: these segments are good");
  numbers("--reject", options.reject, "N[,N...]: these are not");
  app.add_option("--issue", options.issues, "Why rejected: quality, voice, lore, pacing, format; repeatable")
    ->delimiter(',')
    ->allow_extra_args(false)
    ->check(CLI::IsMember({"quality", "voice", "lore", "pacing", "format"}));
  app.add_option("--note", options.note, "A remark, kept with the verdicts");
  app.add_option("--reviewer", options.reviewer, "Who says so (default: $USER)");
  app.add_flag("--all", options.all, "Besides the sample all segments that their score did not approve");
  app.add_flag("--list", options.list, "Show, ask nothing");
}

} // namespace

int review_verb(const arguments& args) {
  review_options options;
  CLI::App app("The segments of a run that a person should read: ten of a pilot, one a day of a longer run. On a "
               "terminal each is shown and asked about; --approve and --reject record from scripts. Verdicts go to "
               "reviews.jsonl in the run's folder, and the report counts them.",
               "review");
  add_options(app, options);
  if (const auto over = parse_arguments(app, args)) return *over;
  if (const auto wrong = contradiction(options); !wrong.empty()) return report_usage(app, wrong, options.json);
  if (options.reviewer.empty()) options.reviewer = default_reviewer();

  auto opened = open_store(options.store);
  if (!opened) return report_failure(opened.error(), options.json);
  const auto& o = opened.value();
  const auto output = options.store.snapshot.empty() ? output_folder_of(o) : result<fs::path>(fs::path());
  if (!output) return report_failure(output.error(), options.json);
  auto known = output.value().empty() ? result<storage::review_file>(storage::review_file{})
                                      : storage::read_reviews(output.value());
  if (!known) return report_failure(known.error(), options.json);
  if (known.value().unreadable > 0)
    std::cerr << "longwave: " << known.value().unreadable << " lines of reviews.jsonl are no verdicts and do not count\n";
  const recorder pen(o, output.value(), options);
  if (options.records()) return record_flags(pen, known.value(), options);
  auto items = review_items(*o.db, o.run, known.value(), options.all ? review_scope::all_flagged : review_scope::sample);
  if (!items) return report_failure(items.error(), options.json);
  if (options.json) {
    auto list = ordered_json::array();
    for (const auto& item : items.value()) list.push_back(item_json(item));
    print_json({{"run_id", o.run}, {"counts", counts_of(items.value())}, {"items", std::move(list)}}, 2);
    return finish_output(exit_done);
  }
  const bool person = ::isatty(STDIN_FILENO) == 1 && stdout_is_terminal();
  if (person && !options.list && !output.value().empty()) return talk(pen, std::move(items.value()));
  print_list(items.value());
  return finish_output(exit_done);
}

} // namespace longwave::cli
