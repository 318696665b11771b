// Finds the scripts in a file's JSON, or takes the whole file as one.
#include "cli/script_file.hpp"

#include "storage/input_file.hpp"

#include <nlohmann/json.hpp>

#include <cerrno>
#include <cstring>
#include <fstream>
#include <optional>
#include <sstream>

namespace longwave::cli {

namespace {

using json = nlohmann::json;

/// Hours of a made-up broadcast day: sixteen from six on, as in a run.
constexpr int day_hours = 16;
constexpr int first_hour = 6;

failure bad_script(const std::string& where, std::string why) {
  return {error_code::bad_input, "cannot read scripts from " + where, std::move(why),
          "a script is text, or JSON with a field 'script', 'text' or 'content'"};
}

const std::string* text_of(const json& entry) {
  if (entry.is_string()) return entry.get_ptr<const std::string*>();
  if (!entry.is_object()) return nullptr;
  for (const auto* name : {"script", "text", "content"})
    if (const auto at = entry.find(name); at != entry.end() && at->is_string())
      return at->get_ptr<const std::string*>();
  return nullptr;
}

std::optional<int> whole_number(const json& entry, const char* name) {
  if (!entry.is_object()) return std::nullopt;
  const auto at = entry.find(name);
  if (at == entry.end() || !at->is_number_integer()) return std::nullopt;
  const auto value = at->get<std::int64_t>();
  if (value < 0 || value > 1'000'000) return std::nullopt;
  return static_cast<int>(value);
}

std::string word(const json& entry, const char* name) {
  if (!entry.is_object()) return {};
  const auto at = entry.find(name);
  return at != entry.end() && at->is_string() ? at->get<std::string>() : std::string();
}

segment_plan plan_of(const json& entry, std::size_t index) {
  segment_plan plan;
  const auto place = static_cast<int>(index);
  plan.seq = index + 1;
  plan.position.day = whole_number(entry, "day").value_or(1 + place / day_hours);
  const auto hour = whole_number(entry, "hour");
  plan.position.hour = hour.value_or(first_hour + place % day_hours) % 24;
  plan.position.slot = whole_number(entry, "slot").value_or(1);
  auto type = word(entry, "type");
  if (type.empty()) type = word(entry, "segment_type");
  plan.type = parse_segment_type(type).value_or(segment_type::gossip);
  // Without its hour nobody can tell whether a time check names the right one.
  if (plan.type == segment_type::time_check && !hour) plan.type = segment_type::gossip;
  if (entry.is_object())
    if (const auto at = entry.find("variety"); at != entry.end()) plan.structure = word(*at, "structure");
  return plan;
}

result<void> add_entry(std::vector<script_entry>& scripts, const json& entry, std::size_t index,
                       const std::string& where) {
  if (word(entry, "status") == "skipped") return ok();
  const auto* text = text_of(entry);
  if (!text) return bad_script(where, "no field 'script', 'text' or 'content' with a string");
  scripts.push_back({index, *text, plan_of(entry, index)});
  return ok();
}

/// The list of scripts in a document, or null when it can be none.
const json* list_in(const json& document) {
  if (document.is_array()) return &document;
  if (!document.is_object()) return nullptr;
  const auto at = document.find("segments");
  return at != document.end() && at->is_array() ? &*at : nullptr;
}

result<std::vector<script_entry>> from_document(const std::string& name, const json& document) {
  std::vector<script_entry> scripts;
  const auto* list = list_in(document);
  if (!list) {
    if (auto added = add_entry(scripts, document, 0, name); !added) return added.error();
    return scripts;
  }
  for (std::size_t i = 0; i < list->size(); ++i)
    if (auto added = add_entry(scripts, (*list)[i], i, name + ", entry " + std::to_string(i)); !added)
      return added.error();
  return scripts;
}

result<std::vector<script_entry>> from_lines(const std::string& name, std::string_view bytes) {
  std::vector<script_entry> scripts;
  std::size_t line_number = 0, index = 0;
  while (!bytes.empty()) {
    const auto end = std::min(bytes.find('\n'), bytes.size());
    const auto line = bytes.substr(0, end);
    bytes.remove_prefix(std::min(end + 1, bytes.size()));
    ++line_number;
    if (line.find_first_not_of(" \t\r") == std::string_view::npos) continue;
    const auto where = name + ", line " + std::to_string(line_number);
    const auto entry = json::parse(line, nullptr, false);
    if (entry.is_discarded()) return bad_script(where, "not JSON");
    if (auto added = add_entry(scripts, entry, index++, where); !added) return added.error();
  }
  return scripts;
}

std::vector<script_entry> as_text(std::string_view bytes) {
  script_entry entry;
  while (!bytes.empty() && (bytes.back() == '\n' || bytes.back() == '\r')) bytes.remove_suffix(1);
  entry.text = std::string(bytes);
  entry.plan.position.hour = first_hour;
  return {entry};
}

} // namespace

result<std::vector<script_entry>> scripts_in(const std::string& name, std::string_view bytes) {
  const auto extension = std::filesystem::path(name).extension();
  if (extension == ".jsonl" || extension == ".ndjson") return from_lines(name, bytes);
  if (extension == ".txt" || extension == ".md") return as_text(bytes);
  try {
    const auto document = json::parse(bytes);
    if (extension == ".json") return from_document(name, document);
    // An answer like {"error": ...} in a file without extension is a bad script, not a bad file.
    if (list_in(document) || (document.is_object() && text_of(document))) return from_document(name, document);
  } catch (const json::exception& e) {
    if (extension == ".json") return bad_script(name, e.what());
  }
  return as_text(bytes);
}

result<std::vector<script_entry>> read_scripts(const std::filesystem::path& path) {
  constexpr std::uint64_t largest = 256u << 20;
  const auto file = storage::read_input_file(path, largest);
  if (!file.why.empty()) return bad_script(path.string(), file.why);
  return scripts_in(path.string(), file.bytes);
}

} // namespace longwave::cli
