// Names and contents of the readable files: one a broadcast segment, a pair a story.
#include "storage/output_folder.hpp"

#include "storage/derived_files.hpp"
#include "storage/store_json.hpp"

#include <nlohmann/json.hpp>
#include <utf8.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <iterator>

namespace longwave::storage {

namespace {

constexpr std::size_t longest_description = 200;
constexpr std::size_t most_tags = 10;
constexpr std::string_view genre = "horror";

std::string sound_utf8(std::string_view text) {
  if (utf8::is_valid(text.begin(), text.end())) return std::string(text);
  std::string sound;
  utf8::replace_invalid(text.begin(), text.end(), std::back_inserter(sound));
  return sound;
}

std::size_t characters(std::string_view text) {
  return static_cast<std::size_t>(
    std::count_if(text.begin(), text.end(), [](unsigned char c) { return (c & 0xc0) != 0x80; }));
}

/// A YAML double-quoted scalar. Everything that a YAML reader may take for a line break or refuse is escaped.
std::string yaml_quoted(std::string_view raw) {
  const auto text = sound_utf8(raw);
  std::string out = "\"";
  for (auto it = text.begin(); it != text.end();) {
    const auto begin = it;
    const std::uint32_t c = utf8::unchecked::next(it);
    char escape[12];
    if (c == '"' || c == '\\') {
      out += '\\';
      out += static_cast<char>(c);
    } else if (c == '\n') {
      out += "\\n";
    } else if (c == '\t') {
      out += "\\t";
    } else if (c < 0x20 || (c >= 0x7f && c < 0xa0)) {
      std::snprintf(escape, sizeof escape, "\\x%02X", c);
      out += escape;
    } else if (c == 0x2028 || c == 0x2029 || c == 0xfeff || c == 0xfffe || c == 0xffff) {
      std::snprintf(escape, sizeof escape, "\\u%04X", c);
      out += escape;
    } else {
      out.append(begin, it);
    }
  }
  return out + '"';
}

std::string title_of(const segment_record& record) {
  if (!record.title.empty()) return record.title;
  std::string_view text = record.text;
  while (!text.empty()) {
    const auto line = text.substr(0, text.find('\n'));
    if (line.starts_with("# ")) return std::string(line.substr(2));
    text.remove_prefix(std::min(line.size() + 1, text.size()));
  }
  return "무제";
}

/// The text's beginning without headings, on one line, cut at a character.
std::string description_of(const segment_record& record) {
  const auto text = sound_utf8(record.text);
  std::string words;
  for (std::size_t at = 0; at < text.size();) {
    const auto end = std::min(text.find('\n', at), text.size());
    auto line = std::string_view(text).substr(at, end - at);
    at = end + 1;
    if (line.starts_with('#')) continue;
    for (char c : line) {
      const bool blank = c == ' ' || c == '\t' || c == '\r';
      if (!blank)
        words += c;
      else if (!words.empty() && words.back() != ' ')
        words += ' ';
    }
    if (!words.empty() && words.back() != ' ') words += ' ';
  }
  std::size_t taken = 0;
  auto it = words.begin();
  while (it != words.end() && taken < longest_description) {
    utf8::unchecked::next(it);
    ++taken;
  }
  words.erase(it, words.end());
  while (words.ends_with(' ')) words.pop_back();
  return words;
}

std::vector<std::string> tags_of(const segment_record& record) {
  std::vector<std::string> tags{"호러", "horror"};
  for (const auto& topic : record.variety.topics)
    if (tags.size() < most_tags && !topic.empty() && std::find(tags.begin(), tags.end(), topic) == tags.end())
      tags.push_back(topic);
  return tags;
}

std::string temperature_text(double temperature) {
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), "%.6g", temperature);
  return text.data();
}

std::string stem_of(const segment_record& record) {
  return record.file_stem.empty() ? story_file_stem(record.accepted_at, record.seq) : record.file_stem;
}

} // namespace

std::filesystem::path segment_file_name(const segment_record& record) {
  std::array<char, 64> name{};
  std::snprintf(name.data(), name.size(), "segments/day%03d/h%02d-%d-", record.position.day, record.position.hour,
                record.position.slot);
  return std::string(name.data()) + record.type + ".md";
}

std::string segment_file_text(const segment_record& record) {
  std::array<char, 64> heading{};
  std::snprintf(heading.data(), heading.size(), "# Day %d, %02d:00 - ", record.position.day, record.position.hour);
  return std::string(heading.data()) + record.type + "\n\n" + record.text + "\n";
}

std::string story_file_stem(std::string_view accepted_at, std::uint64_t seq) {
  // "YYYY-MM-DDTHH:MM:SS..." -> its first fourteen digits.
  std::string digits;
  for (char c : accepted_at.substr(0, 19))
    if (c >= '0' && c <= '9') digits += c;
  digits.resize(14, '0');
  auto number = std::to_string(seq);
  if (number.size() < 4) number.insert(0, 4 - number.size(), '0');
  return "horror_story_" + digits.substr(0, 8) + "_" + digits.substr(8) + "_" + number;
}

std::string story_file_text(const segment_record& record, std::string_view metadata_json, std::string_view model,
                            double temperature) {
  // What both files of a pair say, they say alike.
  const auto metadata = nlohmann::json::parse(metadata_json, nullptr, false);
  const auto said = [&](const char* name) { return metadata.is_object() ? metadata.value(name, nlohmann::json()) : nlohmann::json(); };
  const auto description = said("description");
  auto tags = tags_of(record);
  if (const auto given = said("tags"); given.is_array() && !given.empty()) {
    tags.clear();
    for (const auto& tag : given)
      if (tag.is_string() && tags.size() < most_tags) tags.push_back(tag.get<std::string>());
  }
  std::string out = "---\n";
  out += "title: " + yaml_quoted(title_of(record)) + "\n";
  out += "date: " + yaml_quoted(record.accepted_at) + "\n";
  out += "description: " + yaml_quoted(description.is_string() ? description.get<std::string>() : description_of(record)) + "\n";
  out += "tags:\n";
  for (const auto& tag : tags) out += "  - " + yaml_quoted(tag) + "\n";
  out += "genre: " + yaml_quoted(genre) + "\n";
  out += "wordCount: " + std::to_string(characters(record.text)) + "\n";
  out += "model: " + yaml_quoted(model) + "\n";
  out += "temperature: " + temperature_text(temperature) + "\n";
  out += "draft: false\n---\n\n";
  out += record.text;
  if (!out.ends_with('\n')) out += '\n';
  return out;
}

std::string story_metadata_text(const segment_record& record, std::string_view metadata_json) {
  auto metadata = nlohmann::json::parse(metadata_json, nullptr, false);
  if (!metadata.is_object()) metadata = nlohmann::json::object();
  const auto length = characters(record.text);
  metadata["id"] = stem_of(record);
  metadata["seq"] = record.seq;
  metadata["generated_at"] = record.accepted_at;
  metadata["title"] = title_of(record);
  metadata["description"] = description_of(record);
  metadata["tags"] = tags_of(record);
  metadata["genre"] = genre;
  metadata["word_count"] = length;
  nlohmann::json line = record;
  metadata["usage"] = line["usage"];
  metadata.emplace("template_used", record.template_id.empty() ? nlohmann::json(nullptr)
                                                               : nlohmann::json(record.template_id));
  metadata.emplace("skeleton_template", nullptr);
  metadata.emplace("custom_request", nullptr);
  metadata.emplace("generation", nlohmann::json{{"actual_length", length}});
  return metadata.dump(2, ' ', false, nlohmann::json::error_handler_t::replace) + "\n";
}

std::vector<derived_file> derived_files(const run_config& config, const segment_record& record,
                                        const metadata_writer& metadata) {
  std::vector<derived_file> files;
  if (record.status != record_status::accepted) return files;
  if (config.kind == run_kind::broadcast) {
    if (config.segment_files) files.push_back({segment_file_name(record), segment_file_text(record)});
    return files;
  }
  const auto plain_metadata = [&] {
    return story_metadata_text(record, dump({{"model", config.model}, {"provider", config.backend}}));
  };
  const auto stem = stem_of(record);
  auto about = metadata ? metadata(record, config) : plain_metadata();
  auto text = story_file_text(record, about, config.model, story_temperature);
  files.push_back({stem + "_metadata.json", std::move(about)});
  files.push_back({stem + ".md", std::move(text)});
  return files;
}

} // namespace longwave::storage
