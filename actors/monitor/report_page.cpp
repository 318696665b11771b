// The report as a page of Markdown; whatever a model or a pack wrote is escaped.
#include "actors/monitor/report.hpp"

#include <nlohmann/json.hpp>

#include <cstdio>
#include <string_view>

namespace longwave {

namespace {

using nlohmann::ordered_json;

constexpr std::string_view not_available = "n/a";

bool word_character(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9'); }

/// One line of text without a meaning in Markdown or HTML, inside a line or a table cell. Underscores inside
/// a word mean nothing and stay as they are.
std::string plain(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    const auto byte = static_cast<unsigned char>(c);
    if (c == '_' && i > 0 && i + 1 < text.size() && word_character(text[i - 1]) && word_character(text[i + 1])) {
      out += c;
      continue;
    }
    if (byte < 0x20 || byte == 0x7f) {
      out += ' ';
      continue;
    }
    if (std::string_view("\\`*_[]<>|~&").find(c) != std::string_view::npos) out += '\\';
    out += c;
  }
  return out;
}

std::string number(double value, const char* format) {
  char text[48];
  std::snprintf(text, sizeof text, format, value);
  return text;
}

std::string cell(const ordered_json& value) {
  if (value.is_null()) return std::string(not_available);
  if (value.is_string()) return plain(value.get_ref<const std::string&>());
  if (value.is_boolean()) return value.get<bool>() ? "yes" : "no";
  if (value.is_number_float()) return number(value.get<double>(), "%.10g");
  if (value.is_array()) {
    std::string list;
    for (const auto& item : value) list += (list.empty() ? "" : ", ") + cell(item);
    return list.empty() ? "-" : list;
  }
  return plain(value.dump(-1, ' ', false, ordered_json::error_handler_t::replace));
}

std::string field(const ordered_json& object, const char* name) {
  const auto at = object.find(name);
  return at == object.end() ? std::string(not_available) : cell(*at);
}

bool is_rate(const std::string& name) { return name.ends_with("_rate") || name == "arcs_resolved"; }

/// A value as a person reads it: rates in percent, hours with two decimals.
std::string shown(const std::string& name, const ordered_json& value) {
  if (!value.is_number()) return std::string(not_available);
  if (is_rate(name)) return number(value.get<double>() * 100, "%.4g") + " %";
  if (name == "total_hours") return number(value.get<double>(), "%.4g") + " h";
  return cell(value);
}

std::string criteria_table(const ordered_json& criteria) {
  std::string page = "| Criterion | Tier | Value | Target | Abort | Met |\n|---|---|---|---|---|---|\n";
  for (const auto& c : criteria) {
    const auto name = c.value("name", std::string());
    const bool fewer_is_better = name == "repetition_rate" || name == "total_hours";
    const bool none_allowed = name == "critical_violations" || name == "unrecoverable_crashes";
    const std::string towards = none_allowed ? "" : fewer_is_better ? "< " : "≥ ";
    const std::string beyond = none_allowed || fewer_is_better ? "> " : "< ";
    const auto& value = c.at("value");
    const bool aborts = c.value("aborts", false);
    page += "| " + plain(name) + " | " + field(c, "tier") + " | " + shown(name, value);
    page += " | " + (c.at("target").is_null() ? "-" : towards + shown(name, c.at("target")));
    page += " | " + (c.at("abort_if").is_null() ? "-" : beyond + shown(name, c.at("abort_if")));
    page += aborts ? " | ABORT |\n" : c.value("met", false) ? " | yes |\n" : " | no |\n";
  }
  return page;
}

/// A heading and one "name: value" line an entry; nothing for an empty object.
std::string counts(const char* heading, const ordered_json& object) {
  if (object.empty()) return {};
  std::string page = "\n## " + std::string(heading) + "\n\n| | |\n|---|---|\n";
  for (const auto& [name, value] : object.items()) {
    if (value.is_object()) {
      for (const auto& [inner, inner_value] : value.items())
        page += "| " + plain(name + " " + inner) + " | " + cell(inner_value) + " |\n";
    } else {
      page += "| " + plain(name) + " | " + cell(value) + " |\n";
    }
  }
  return page;
}

/// A heading and a table with these columns; nothing without rows.
std::string table(const char* heading, const ordered_json& rows, std::initializer_list<const char*> columns) {
  if (rows.empty()) return {};
  std::string page = "\n## " + std::string(heading) + "\n\n|";
  for (const auto* column : columns) page += " " + plain(column) + " |";
  page += "\n|";
  for (std::size_t i = 0; i < columns.size(); ++i) page += "---|";
  page += "\n";
  for (const auto& row : rows) {
    page += "|";
    for (const auto* column : columns) page += " " + field(row, column) + " |";
    page += "\n";
  }
  return page;
}

std::string part(const ordered_json& report, const char* name, std::string (*render)(const ordered_json&)) {
  const auto at = report.find(name);
  return at == report.end() || at->is_null() ? std::string() : render(*at);
}

} // namespace

std::string report_markdown(const ordered_json& report) {
  std::string page = "# Report of run " + field(report, "run_id") + "\n\n";
  page += "Verdict: " + verdict_of(report) + "\n\n";
  page += "- Kind: " + field(report, "kind") + "\n";
  page += "- DJ: " + field(report, "dj") + "\n";
  page += "- State: " + field(report, "state") + "\n";
  page += "- Seed: " + field(report, "seed") + "\n";
  page += "- Backend: " + field(report, "backend") + "\n";
  page += "- Started: " + field(report, "started_at") + "\n";
  page += "\n## Criteria\n\n" + part(report, "criteria", criteria_table);
  page += part(report, "totals", [](const ordered_json& j) { return counts("Totals", j); });
  page += part(report, "types", [](const ordered_json& j) { return counts("Accepted by type", j); });
  page += part(report, "days", [](const ordered_json& j) {
    return table("Days", j, {"day", "date", "accepted", "skipped", "retried", "story_segments", "new_words", "repeated", "mean_generation_s"});
  });
  page += part(report, "segments_of_day", [](const ordered_json& j) {
    return table("Segments of the day", j, {"seq", "hour", "slot", "type", "status", "attempts"});
  });
  page += part(report, "stories", [](const ordered_json& j) {
    return table("Stories", j, {"id", "timeline", "acts_aired", "acts_total", "segments", "first", "last", "status"});
  });
  page += part(report, "violations", [](const ordered_json& j) { return counts("Violations", j); });
  page += part(report, "skipped", [](const ordered_json& j) {
    return table("Skipped", j, {"seq", "type", "day", "hour", "reason", "attempts"});
  });
  page += part(report, "variety", [](const ordered_json& j) {
    auto sums = j;
    sums.erase("examples");
    return counts("Variety", sums) +
           (j.contains("examples") ? table("Flagged segments, for example", j["examples"], {"seq", "flags", "opening"})
                                   : std::string());
  });
  page += part(report, "pools", [](const ordered_json& j) {
    return table("Pools", j, {"pool", "remaining", "initial", "pct", "acts_remaining"});
  });
  page += part(report, "drift", [](const ordered_json& j) { return counts("Drift", j); });
  page += part(report, "forecast", [](const ordered_json& j) {
    std::string list = "\n## Forecast\n\n";
    for (const auto& line : j.value("messages", ordered_json::array()))
      list += "- " + plain(line.is_string() ? line.get<std::string>() : std::string()) + "\n";
    return j.value("messages", ordered_json::array()).empty() ? list + "- nothing runs out before the end\n" : list;
  });
  page += part(report, "performance", [](const ordered_json& j) { return counts("Performance", j); });
  page += "\n## Review sample\n\nSegments for a person to read: " + field(report, "review_sample") + "\n";
  page += part(report, "review", [](const ordered_json& j) { return counts("Review", j); });
  page += part(report, "recommendations", [](const ordered_json& j) {
    std::string list = "\n## Recommendations\n\n";
    for (const auto& line : j) list += "- " + (line.is_string() ? line.get<std::string>() : std::string()) + "\n";
    return list;
  });
  return page;
}

} // namespace longwave
