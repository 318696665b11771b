// `longwave inspect`: looks into a run's store without disturbing it.
#include "cli/inspect_views.hpp"

#include "cli/command_line.hpp"
#include "cli/exit_code.hpp"
#include "cli/terminal_text.hpp"
#include "cli/verbs.hpp"

#include <CLI/App.hpp>
#include <algorithm>
#include <array>
#include <charconv>
#include <cstdio>
#include <filesystem>

namespace longwave::cli {

namespace {

constexpr std::array<std::string_view, 12> view_names{
  "runs", "run", "segments", "segment", "stories", "story", "refused", "world", "variety", "checkpoints", "checkpoint", "keys"};

bool is_view(std::string_view word) {
  return std::find(view_names.begin(), view_names.end(), word) != view_names.end();
}

bool takes_argument(std::string_view view) { return view == "segment" || view == "story" || view == "checkpoint"; }

/// inspect --beats ID: the beats of one story, a line each.
int show_beats(const opened_store& o, const std::string& id, bool as_json, std::string& note) {
  auto view = story_view(*o.db, o.run, id, note);
  if (!view) return report_failure(view.error(), as_json);
  view_json airings = view.value().is_array() ? view.value() : view_json::array({view.value()});
  for (const auto& airing : airings)
    for (auto beat : airing["beats"]) {
      beat["story"] = airing.value("id", std::string());
      if (as_json)
        print_json(beat);
      else
        print_line("segment " + beat["seq"].dump() + "  " + airing.value("id", std::string()) + "  act " +
                   beat["act"].dump() + "  " + beat.value("text", std::string()));
    }
  return finish_output(exit_done);
}

struct inspect_options : look_options {
  std::string view = "run";
  std::string argument;
  segment_filter segments;
  /// A story whose beats are listed instead of a view.
  std::string beats;
};

/// contract 8.36: a first positional equal to a view's name is the view. @return what is wrong, empty for nothing
std::string sort_words(const std::vector<std::string>& words, inspect_options& options) {
  std::size_t at = 0;
  if (at < words.size() && !is_view(words[at])) options.store.folder = words[at++];
  if (at < words.size()) {
    if (!is_view(words[at])) return "'" + words[at] + "' is no view";
    options.view = words[at++];
  }
  if (takes_argument(options.view)) {
    if (at == words.size()) return options.view + " needs " + (options.view == "segment" ? "a number" : "an id");
    options.argument = words[at++];
  }
  if (at == words.size()) return {};
  // A folder named like a view: the word meant the view (contract 8.36), and its owner should know.
  std::error_code none;
  const bool folder_too = std::filesystem::is_directory(words.front(), none) && is_view(words.front());
  return "'" + words[at] + "' is one argument too many" +
         (folder_too ? ": '" + words.front() + "' means the view, a folder of that name is ./" + words.front() : std::string());
}

/// Nested values as indented "name: value" lines.
void print_tree(const view_json& j, int depth = 0) {
  const std::string indent(static_cast<std::size_t>(depth) * 2, ' ');
  const auto scalar = [](const view_json& v) {
    if (v.is_null()) return std::string("-");
    if (v.is_string()) return terminal_line(v.get_ref<const std::string&>());
    return terminal_line(v.dump(-1, ' ', false, view_json::error_handler_t::replace));
  };
  const auto is_leaf = [](const view_json& v) { return v.empty() || !v.is_structured(); };
  if (j.is_object()) {
    for (const auto& [name, value] : j.items()) {
      print_raw(indent + terminal_line(name) + ":");
      if (is_leaf(value)) {
        print_raw(" " + scalar(value) + "\n");
      } else {
        print_raw("\n");
        print_tree(value, depth + 1);
      }
    }
  } else if (j.is_array() && std::any_of(j.begin(), j.end(), [&](const auto& item) { return !is_leaf(item); })) {
    for (const auto& item : j) {
      print_raw(indent + "-\n");
      print_tree(item, depth + 1);
    }
  } else {
    print_raw(indent + scalar(j) + "\n");
  }
}

/// The first characters of a text on one line.
std::string beginning_of(const std::string& text, std::size_t most) {
  std::size_t end = 0;
  for (std::size_t count = 0; end < text.size() && count < most; ++count) {
    ++end;
    while (end < text.size() && (static_cast<unsigned char>(text[end]) & 0xc0) == 0x80) ++end;
  }
  auto line = text.substr(0, end);
  std::replace(line.begin(), line.end(), '\n', ' ');
  return end < text.size() ? line + "..." : line;
}

void print_segment_row(const std::string& line) {
  constexpr std::size_t shown_characters = 60;
  const auto j = nlohmann::json::parse(line, nullptr, false);
  if (!j.is_object()) return print_line(line);
  char row[96];
  std::snprintf(row, sizeof row, "%6llu  day %-3d %02d:00/%-2d  ", j.value("seq", 0ULL), j.value("day", 0),
                j.value("hour", 0), j.value("slot", 0));
  const bool accepted = j.value("status", std::string()) == "accepted";
  print_line(row + j.value("status", std::string()) + "  " + j.value("type", std::string()) + "  " +
             (accepted ? beginning_of(j.value("text", std::string()), shown_characters)
                       : j.value("skip_reason", std::string())));
}

void print_segment(const std::string& line) {
  auto j = view_json::parse(line, nullptr, false);
  const auto text = j.is_object() ? j.value("text", std::string()) : std::string();
  if (j.is_object()) j.erase("text");
  print_tree(j);
  if (!text.empty()) print_text("\n" + text + "\n");
}

int show_segments(const opened_store& o, const inspect_options& options) {
  auto shown = segments_view(*o.db, o.run, options.segments, [&](const std::string& line) {
    options.json ? print_stored_line(line) : print_segment_row(line);
  });
  if (!shown) return report_failure(shown.error(), options.json);
  return finish_output(exit_done);
}

int show_segment(const opened_store& o, const inspect_options& options) {
  std::uint64_t seq = 0;
  const auto& word = options.argument;
  const auto [end, fault] = std::from_chars(word.data(), word.data() + word.size(), seq);
  if (fault != std::errc{} || end != word.data() + word.size())
    return report_failure(
      {error_code::bad_usage, "inspect segment", "'" + word + "' is no number", "segments are counted from 1"},
      options.json);
  auto line = o.db->segment_line(o.run, seq);
  if (!line) return report_failure(line.error(), options.json);
  options.json ? print_stored_line(line.value()) : print_segment(line.value());
  return finish_output(exit_done);
}

int show_keys(const opened_store& o, const inspect_options& options) {
  auto listed = o.db->keys([&](const std::string& key, std::size_t bytes) {
    if (options.json)
      print_json({{"key", key}, {"value_bytes", bytes}});
    else
      print_line(std::to_string(bytes) + "  " + key);
    return true;
  });
  if (!listed) return report_failure(listed.error(), options.json);
  return finish_output(exit_done);
}

void print_rows(const view_json& rows) {
  for (const auto& row : rows) {
    std::string line = row.value("id", row.value("run_id", std::string()));
    for (const auto& [name, value] : row.items()) {
      if (name == "id" || name == "run_id" || value.is_null() || (value.is_structured() && name != "position")) continue;
      if (name == "position") {
        line +=
          "  day " + value.value("day", view_json()).dump() + " " + value.value("hour", view_json()).dump() + ":00";
        continue;
      }
      line += (line.empty() ? "" : "  ") + (value.is_string() ? value.get<std::string>() : name + " " + value.dump());
    }
    print_line(line);
  }
}

int show_list(const result<view_json>& view, const inspect_options& options, bool as_lines) {
  if (!view) return report_failure(view.error(), options.json);
  if (!options.json) {
    print_rows(view.value());
  } else if (as_lines) {
    for (const auto& row : view.value()) print_json(row);
  } else {
    print_json(view.value(), 2);
  }
  return finish_output(exit_done);
}

int show_document(const result<view_json>& view, const inspect_options& options) {
  if (!view) return report_failure(view.error(), options.json);
  options.json ? print_json(view.value(), 2) : print_tree(view.value());
  return finish_output(exit_done);
}

int show_view(const opened_store& o, const inspect_options& options) {
  const auto& view = options.view;
  std::string note;
  int code = options.beats.empty() ? exit_internal : show_beats(o, options.beats, options.json, note);
  if (!options.beats.empty()) {
    if (!note.empty()) std::fprintf(stderr, "longwave: %s\n", terminal_line(note).c_str());
    return code;
  }
  if (view == "runs") code = show_list(runs_view(*o.db), options, false);
  if (view == "run") code = show_document(run_view(*o.db, o.run), options);
  if (view == "segments") code = show_segments(o, options);
  if (view == "segment") code = show_segment(o, options);
  if (view == "stories") code = show_list(stories_view(*o.db, o.run, note), options, false);
  if (view == "refused") code = show_list(refused_view(*o.db, o.run), options, false);
  if (view == "story") code = show_document(story_view(*o.db, o.run, options.argument, note), options);
  if (view == "world") code = show_document(world_view(*o.db, o.run, note), options);
  if (view == "variety") code = show_document(variety_view(*o.db, o.run), options);
  if (view == "checkpoints") code = show_list(checkpoints_view(*o.db, o.run), options, true);
  if (view == "checkpoint") code = show_document(checkpoint_view(*o.db, o.run, options.argument), options);
  if (view == "keys") code = show_keys(o, options);
  if (!note.empty()) std::fprintf(stderr, "longwave: %s\n", terminal_line(note).c_str());
  return code;
}

} // namespace

int inspect_verb(const arguments& args) {
  inspect_options options;
  std::vector<std::string> words;
  CLI::App app("Look into a run, living or not: runs, run, segments, segment N, stories, story ID, refused (stories that are "
               "not told, and why), world, variety, "
               "checkpoints, checkpoint ID, keys.",
               "inspect");
  add_look_options(app, options);
  app.add_option("WORDS", words, "[DIR] [VIEW [ID]]: the run's output folder (default .), the view (default run)")
    ->default_str("");
  app.add_option("--beats", options.beats, "Only the beats that a story (its id) has aired, oldest first");
  app.add_option("--last", options.segments.last, "segments: only the last so many");
  app.add_option("--from", options.segments.from, "segments: from this number on");
  app.add_option("--status", options.segments.status, "segments: only accepted or skipped ones")
    ->check(CLI::IsMember({"accepted", "skipped"}));
  if (const auto over = parse_arguments(app, args)) return *over;
  if (const auto wrong = sort_words(words, options); !wrong.empty()) return report_usage(app, wrong, options.json);

  options.store.needs_run = options.view != "runs" && options.view != "keys";
  auto opened = open_store(options.store);
  if (!opened) return report_failure(opened.error(), options.json);
  return show_view(opened.value(), options);
}

} // namespace longwave::cli
