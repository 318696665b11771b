// `longwave score`: the narrative weight of a text or of story records, with every term of the sum.
#include "actors/scheduler/narrative_weight.hpp"
#include "cli/command_line.hpp"
#include "cli/exit_code.hpp"
#include "cli/verbs.hpp"

#include <CLI/App.hpp>
#include <cmath>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>

namespace longwave::cli {

namespace {

using json = nlohmann::json;

/// A catalogue is a few megabytes; more is a mistake.
constexpr std::size_t most_bytes = 64 * 1024 * 1024;

struct scored_input {
  /// "story_id" or "id" of a record, empty for a text.
  std::string id;
  narrative_input story;
};

failure bad_record(const std::string& where, const std::string& why) {
  return {error_code::bad_input, "cannot score " + where, why,
          "a record has 'title' and 'summary', and may have 'factions', 'acts', 'themes' and 'content_type'"};
}

/// What an exception says, without the library's own number.
std::string reason_of(const json::exception& e) {
  const std::string_view what = e.what();
  const auto mark = what.find("] ");
  return std::string(mark == std::string_view::npos ? what : what.substr(mark + 2));
}

/// Throws json::exception with the field's name.
std::string text_field(const json& j, std::initializer_list<const char*> names) {
  for (const char* name : names) {
    const auto at = j.find(name);
    if (at == j.end() || at->is_null()) continue;
    if (!at->is_string()) throw json::other_error::create(501, "field '" + std::string(name) + "' is no text", &j);
    return at->get<std::string>();
  }
  return {};
}

std::vector<std::string> list_field(const json& j, const char* name) {
  std::vector<std::string> out;
  const auto at = j.find(name);
  if (at == j.end() || at->is_null()) return out;
  if (!at->is_array()) throw json::other_error::create(501, "field '" + std::string(name) + "' is no list", &j);
  for (const auto& item : *at) {
    if (!item.is_string())
      throw json::other_error::create(501, "field '" + std::string(name) + "' holds something that is no text", &j);
    out.push_back(item.get<std::string>());
  }
  return out;
}

double level_of(const json& value, const char* name) {
  const double level = value.is_number() ? value.get<double>() : -1;
  if (!(level >= 0 && level <= 1))
    throw json::other_error::create(501, "field '" + std::string(name) + "' is no number from 0 to 1", &value);
  return level;
}

/// `acts` is a list of acts or their number.
void read_acts(const json& j, narrative_input& story) {
  for (const char* name : {"mean_conflict", "conflict_level"})
    if (const auto at = j.find(name); at != j.end() && !at->is_null()) story.mean_conflict = level_of(*at, name);
  const auto at = j.find("acts");
  if (at == j.end() || at->is_null()) return;
  if (at->is_number_unsigned()) {
    story.acts = at->get<std::size_t>();
    return;
  }
  if (!at->is_array()) throw json::other_error::create(501, "field 'acts' is neither a list nor a number", &j);
  story.acts = at->size();
  double sum = 0;
  for (const auto& act : *at) {
    // An act that says nothing has the middle level (domain 10).
    const bool says = act.is_object() && act.contains("conflict_level") && !act["conflict_level"].is_null();
    sum += says ? level_of(act["conflict_level"], "conflict_level") : 0.5;
  }
  if (!at->empty()) story.mean_conflict = sum / static_cast<double>(at->size());
}

result<scored_input> record_input(const json& j, const std::string& where) {
  scored_input in;
  if (j.is_string()) {
    in.story.title = j.get<std::string>();
    return in;
  }
  if (!j.is_object()) return bad_record(where, "it is no JSON object");
  try {
    in.id = text_field(j, {"story_id", "id"});
    in.story.title = text_field(j, {"title", "name", "wiki_title"});
    in.story.summary = text_field(j, {"summary", "text", "description"});
    in.story.content_type = text_field(j, {"content_type", "type"});
    if (j.contains("factions") && !j["factions"].is_null()) in.story.factions = list_field(j, "factions");
    in.story.themes = list_field(j, "themes");
    read_acts(j, in.story);
  } catch (const json::exception& e) {
    return bad_record(where, reason_of(e));
  }
  if (in.story.title.empty() && in.story.summary.empty()) return bad_record(where, "neither title nor summary");
  return in;
}

result<void> add_document(std::vector<scored_input>& out, const json& document, const std::string& where) {
  const json* list = document.is_array() ? &document : nullptr;
  if (document.is_object() && document.contains("stories") && document["stories"].is_array())
    list = &document["stories"];
  if (!list) {
    auto one = record_input(document, where);
    if (!one) return one.error();
    out.push_back(std::move(one.value()));
    return ok();
  }
  for (std::size_t i = 0; i < list->size(); ++i) {
    auto one = record_input((*list)[i], where + ", entry " + std::to_string(i));
    if (!one) return one.error();
    out.push_back(std::move(one.value()));
  }
  return ok();
}

result<void> add_lines(std::vector<scored_input>& out, std::string_view bytes, const std::string& where) {
  for (std::size_t number = 1; !bytes.empty(); ++number) {
    const auto end = std::min(bytes.find('\n'), bytes.size());
    const auto line = bytes.substr(0, end);
    bytes.remove_prefix(std::min(end + 1, bytes.size()));
    if (line.find_first_not_of(" \t\r") == std::string_view::npos) continue;
    const auto place = where + ", line " + std::to_string(number);
    const auto j = json::parse(line, nullptr, false);
    if (j.is_discarded()) return bad_record(place, "not JSON");
    if (auto added = add_document(out, j, place); !added) return added.error();
  }
  return ok();
}

/// JSON, JSON Lines, or one plain text.
result<void> add_bytes(std::vector<scored_input>& out, const std::string& bytes, const std::string& where) {
  const auto first = bytes.find_first_not_of(" \t\r\n");
  const auto extension = std::filesystem::path(where).extension();
  const bool looks = first != std::string::npos && (bytes[first] == '{' || bytes[first] == '[');
  if (looks || extension == ".json" || extension == ".jsonl") {
    const auto whole = json::parse(bytes, nullptr, false);
    return whole.is_discarded() ? add_lines(out, bytes, where) : add_document(out, whole, where);
  }
  if (first == std::string::npos) return bad_record(where, "it is empty");
  scored_input text;
  text.story.title = bytes;
  out.push_back(std::move(text));
  return ok();
}

result<std::string> read_all(std::istream& in, const std::string& where) {
  std::string bytes;
  char block[65'536];
  while (in.read(block, sizeof block) || in.gcount() > 0) {
    bytes.append(block, static_cast<std::size_t>(in.gcount()));
    if (bytes.size() > most_bytes) return bad_record(where, "it is larger than 64 MB");
  }
  if (in.bad()) return failure{error_code::io_failed, "cannot read " + where, "reading failed", ""};
  return bytes;
}

bool is_file(const std::string& word) {
  std::error_code ec;
  return word.size() < 4096 && std::filesystem::is_regular_file(word, ec);
}

/// Files when all words name files, standard input for "-", else the words as one text or record.
result<std::vector<scored_input>> gather(const std::vector<std::string>& words) {
  std::vector<scored_input> out;
  if (words.size() == 1 && words[0] == "-") {
    auto bytes = read_all(std::cin, "standard input");
    if (!bytes) return bytes.error();
    if (auto added = add_bytes(out, bytes.value(), "standard input"); !added) return added.error();
    return out;
  }
  if (std::all_of(words.begin(), words.end(), is_file)) {
    for (const auto& word : words) {
      std::ifstream in(word, std::ios::binary);
      if (!in) return failure{error_code::io_failed, "cannot read " + word, "it cannot be opened", ""};
      auto bytes = read_all(in, word);
      if (!bytes) return bytes.error();
      if (auto added = add_bytes(out, bytes.value(), word); !added) return added.error();
    }
    return out;
  }
  std::string text;
  for (const auto& word : words) text += (text.empty() ? "" : " ") + word;
  if (auto added = add_bytes(out, text, "the argument"); !added) return added.error();
  return out;
}

nlohmann::ordered_json score_json(const scored_input& in) {
  const narrative_weight w = weigh_narrative(in.story);
  nlohmann::ordered_json j;
  if (!in.id.empty()) j["id"] = in.id;
  j["weight"] = w.weight;
  j["category"] = w.category;
  j["tier"] = w.tier;
  j["timeline"] = w.rejected_by.empty() ? nlohmann::ordered_json(to_string(timeline_for(w.weight))) : nullptr;
  j["rejected_by"] = w.rejected_by.empty() ? nlohmann::ordered_json(nullptr) : nlohmann::ordered_json(w.rejected_by);
  j["terms"] = nlohmann::ordered_json::array();
  for (const auto& t : w.terms) j["terms"].push_back({{"term", t.name}, {"points", t.points}, {"evidence", t.evidence}});
  return j;
}

void print_score(const scored_input& in) {
  const narrative_weight w = weigh_narrative(in.story);
  char head[64];
  std::snprintf(head, sizeof head, "%4.1f  %s", w.weight, w.category.c_str());
  print_line(std::string(head) + (in.id.empty() ? "" : "  " + in.id) +
             (w.rejected_by.empty() ? "" : "  (no story: \"" + w.rejected_by + "\")"));
  for (const auto& t : w.terms) {
    std::string evidence;
    for (const auto& e : t.evidence) evidence += (evidence.empty() ? "" : ", ") + e;
    char row[64];
    std::snprintf(row, sizeof row, "      %+5.1f  %-12s ", t.points, t.name.c_str());
    print_line(row + evidence);
  }
}

} // namespace

int score_verb(const arguments& args) {
  common_options options;
  std::vector<std::string> words;
  CLI::App app("Weigh a story from 1 to 10: trivial up to 3, minor up to 6, significant up to 9, epic above. "
               "Takes a text, a JSON record, files with either (JSON, JSON Lines), or - for standard input.",
               "score");
  add_common_options(app, options);
  app.add_option("TEXT", words, "A text, a JSON record, or files")->default_str("")->required();
  if (const auto over = parse_arguments(app, args)) return *over;
  const auto inputs = gather(words);
  if (!inputs) return report_failure(inputs.error(), options.json);
  for (const auto& in : inputs.value()) {
    if (options.json)
      print_json(score_json(in), inputs.value().size() == 1 ? 2 : -1);
    else
      print_score(in);
  }
  return finish_output(exit_done);
}

} // namespace longwave::cli
