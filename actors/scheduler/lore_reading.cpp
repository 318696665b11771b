// Field by field; see lore_reading.hpp.
#include "actors/scheduler/lore_reading.hpp"

#include "actors/scheduler/faction_eras.hpp"
#include "actors/scheduler/lore_filter.hpp"
#include "actors/scheduler/lore_regions.hpp"
#include "messages/ascii_case.hpp"
#include "messages/random.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdio>
#include <initializer_list>

namespace longwave {

namespace {

using nlohmann::json;

constexpr int war_year = 2077;

std::string trimmed(std::string_view text) {
  const auto begin = text.find_first_not_of(" \t\r\n");
  if (begin == std::string_view::npos) return {};
  return std::string(text.substr(begin, text.find_last_not_of(" \t\r\n") - begin + 1));
}

/// Thrown inside this file only, caught by `read_lore_record`.
struct fault_found {
  lore_fault fault;
};

[[noreturn]] void fail(std::string kind, std::string field, std::string why) {
  throw fault_found{{std::move(kind), std::move(field), std::move(why)}};
}

/// One record being read: looks for a field under its names, in the record itself and in its `metadata`.
class row_reader {
public:
  row_reader(const json& row, const lore_limits& limits) : row_(row), limits_(limits) {
    if (!row.is_object()) fail("not_an_object", "", "a record must be an object with named fields");
    if (const auto it = row.find("metadata"); it != row.end() && !it->is_null()) {
      if (!it->is_object()) fail("bad_field", "metadata", "must be an object");
      metadata_ = &*it;
    }
  }

  struct found {
    const json* value = nullptr;
    const char* name = "";
  };

  found find(std::initializer_list<const char*> names) const {
    for (const auto* name : names)
      for (const auto* place : {&row_, metadata_}) {
        if (!place) continue;
        const auto it = place->find(name);
        if (it != place->end() && !it->is_null() && !(it->is_string() && trimmed(it->get_ref<const std::string&>()).empty()))
          return {&*it, name};
      }
    return {};
  }

  std::string text(std::initializer_list<const char*> names, std::size_t limit) const {
    const auto at = find(names);
    if (!at.value) return {};
    if (at.value->is_number() || at.value->is_boolean()) return at.value->dump();
    if (!at.value->is_string()) fail("bad_field", at.name, "must be a text");
    auto text = trimmed(at.value->get_ref<const std::string&>());
    check_size(text, at.name, limit);
    return text;
  }

  std::string name(std::initializer_list<const char*> names) const { return text(names, limits_.name_bytes); }

  std::optional<int> number(std::initializer_list<const char*> names) const {
    const auto at = find(names);
    if (!at.value) return std::nullopt;
    double n = 0;
    if (at.value->is_number()) {
      n = at.value->get<double>();
    } else if (at.value->is_string()) {
      const auto text = trimmed(at.value->get_ref<const std::string&>());
      const auto [end, ec] = std::from_chars(text.data(), text.data() + text.size(), n);
      if (ec != std::errc() || end != text.data() + text.size()) fail(kind_of(at.name), at.name, "\"" + text.substr(0, 40) + "\" is no whole number");
    } else {
      fail(kind_of(at.name), at.name, "must be a whole number");
    }
    if (!(std::abs(n) < 1e9) || n != std::floor(n)) fail(kind_of(at.name), at.name, "must be a whole number");
    return static_cast<int>(n);
  }

  std::optional<int> year(std::initializer_list<const char*> names) const {
    const auto n = number(names);
    if (n && (*n < limits_.first_year || *n > limits_.last_year))
      fail("bad_year", find(names).name, std::to_string(*n) + " is no year from " + std::to_string(limits_.first_year) + " to " +
                                           std::to_string(limits_.last_year));
    return n;
  }

  bool truth(std::initializer_list<const char*> names, bool otherwise = false) const {
    const auto at = find(names);
    if (!at.value) return otherwise;
    if (at.value->is_boolean()) return at.value->get<bool>();
    if (at.value->is_number()) return at.value->get<double>() != 0;
    const auto word = at.value->is_string() ? ascii_lower(trimmed(at.value->get_ref<const std::string&>())) : "";
    if (word == "true" || word == "yes" || word == "1") return true;
    if (word == "false" || word == "no" || word == "0") return false;
    fail("bad_field", at.name, "must be true or false");
  }

  std::vector<std::string> list(std::initializer_list<const char*> names) const {
    std::vector<std::string> items;
    for (const auto* name : names) {
      const auto at = find({name});
      if (!at.value) continue;
      if (at.value->is_string()) {
        split(at.value->get_ref<const std::string&>(), items);
      } else if (at.value->is_array()) {
        for (const auto& item : *at.value) {
          if (!item.is_string()) fail("bad_field", at.name, "must be a list of texts");
          items.push_back(trimmed(item.get_ref<const std::string&>()));
        }
      } else {
        fail("bad_field", at.name, "must be a list of texts");
      }
      for (const auto& item : items) check_size(item, at.name, limits_.name_bytes);
      if (items.size() > limits_.list_items) fail("too_large", at.name, "has more than " + std::to_string(limits_.list_items) + " items");
    }
    return distinct(std::move(items));
  }

  /// Values of all fields whose name begins so: "theme_1", "primary_subject_0".
  std::vector<std::string> numbered(std::string_view prefix) const {
    std::vector<std::string> items;
    for (const auto* place : {&row_, metadata_}) {
      if (!place) continue;
      for (const auto& [key, value] : place->items())
        if (key.rfind(prefix, 0) == 0 && value.is_string() && items.size() < limits_.list_items) items.push_back(trimmed(value.get<std::string>()));
    }
    return distinct(std::move(items));
  }

  void check_size(const std::string& text, const std::string& field, std::size_t limit) const {
    if (text.size() > limit)
      fail("too_large", field, "has " + std::to_string(text.size()) + " bytes, at most " + std::to_string(limit) + " are taken");
  }

  const lore_limits& limits() const { return limits_; }

private:
  static std::string kind_of(std::string_view name) { return name.find("year") != std::string_view::npos ? "bad_year" : "bad_field"; }

  static void split(std::string_view text, std::vector<std::string>& items) {
    for (std::size_t begin = 0; begin <= text.size();) {
      const auto end = std::min(text.find_first_of(",;|", begin), text.size());
      items.push_back(trimmed(text.substr(begin, end - begin)));
      begin = end + 1;
    }
  }

  static std::vector<std::string> distinct(std::vector<std::string> items) {
    std::vector<std::string> kept;
    for (auto& item : items)
      if (!item.empty() && std::find(kept.begin(), kept.end(), item) == kept.end()) kept.push_back(std::move(item));
    return kept;
  }

  const json& row_;
  const json* metadata_ = nullptr;
  const lore_limits& limits_;
};

/// The years in "2102", "2281-2287" or "spring of 2103"; none when there are none.
std::vector<int> years_in(std::string_view text) {
  std::vector<int> years;
  for (std::size_t i = 0; i < text.size();) {
    std::size_t end = i;
    while (end < text.size() && text[end] >= '0' && text[end] <= '9') ++end;
    if (end - i == 4) years.push_back(std::stoi(std::string(text.substr(i, 4))));
    i = std::max(end, i + 1);
  }
  return years;
}

void read_years(const row_reader& row, lore_record& r) {
  r.year_min = row.year({"year_min"});
  r.year_max = row.year({"year_max"});
  r.pre_war = row.truth({"is_pre_war", "pre_war"});
  r.post_war = row.truth({"is_post_war", "post_war"});
  if (const auto year = row.year({"year"})) {
    if (!r.year_min) r.year_min = year;
    if (!r.year_max) r.year_max = year;
  }
  if (!r.year_min && !r.year_max) {
    const auto years = years_in(row.name({"time_period"}));
    if (!years.empty()) {
      r.year_min = *std::min_element(years.begin(), years.end());
      r.year_max = *std::max_element(years.begin(), years.end());
    } else if (r.pre_war && !r.post_war) {
      r.year_max = war_year;
    } else if (const auto first = first_year_of_era(r.era)) {
      r.year_max = first;
    }
  }
  if (r.year_min && !r.year_max) r.year_max = r.year_min;
  if (r.year_max && !r.year_min) r.year_min = r.year_max;
  if (r.year_min && *r.year_min > *r.year_max)
    fail("contradictory_years", "year_min", std::to_string(*r.year_min) + " lies after year_max " + std::to_string(*r.year_max));
  if (r.pre_war && !r.post_war && r.year_min && *r.year_min > war_year)
    fail("contradictory_years", "is_pre_war", "is true, and year_min is " + std::to_string(*r.year_min));
  if (r.post_war && !r.pre_war && r.year_max && *r.year_max < war_year)
    fail("contradictory_years", "is_post_war", "is true, and year_max is " + std::to_string(*r.year_max));
}

story_act read_act(const json& value, std::size_t index, const lore_limits& limits) {
  const auto field = "acts[" + std::to_string(index) + "]";
  story_act act;
  act.act_number = static_cast<int>(index) + 1;
  if (value.is_string()) {
    act.summary = trimmed(value.get_ref<const std::string&>());
  } else if (value.is_object()) {
    const row_reader row(value, limits);
    const auto number = row.number({"act_number"});
    if (number && *number != act.act_number) fail("bad_acts", field + ".act_number", "acts must be numbered 1, 2, 3 in order");
    act.act_type = ascii_lower(row.name({"act_type", "type"}));
    act.title = row.name({"title"});
    act.summary = row.text({"summary", "text"}, limits.text_bytes);
    act.entities = row.list({"entities"});
    act.themes = row.list({"themes"});
    act.emotional_tone = row.name({"emotional_tone"});
    if (const auto at = row.find({"conflict_level"}); at.value) {
      if (!at.value->is_number()) fail("bad_acts", field + ".conflict_level", "must be a number from 0 to 1");
      act.conflict_level = at.value->get<double>();
      if (!(act.conflict_level >= 0 && act.conflict_level <= 1)) fail("bad_acts", field + ".conflict_level", "must be a number from 0 to 1");
    }
  } else {
    fail("bad_acts", field, "must be an object");
  }
  if (act.summary.empty()) fail("empty_acts", field + ".summary", "is empty");
  static constexpr const char* types[] = {"setup", "rising", "climax", "falling", "resolution"};
  if (!act.act_type.empty() && std::find(std::begin(types), std::end(types), act.act_type) == std::end(types))
    fail("bad_acts", field + ".act_type", "must be setup, rising, climax, falling or resolution");
  return act;
}

void read_acts(const row_reader& row, lore_record& r) {
  const auto at = row.find({"acts"});
  if (!at.value || at.value->is_number()) return; // a number counts acts that are not there
  if (!at.value->is_array()) fail("bad_acts", "acts", "must be a list");
  if (at.value->empty()) fail("empty_acts", "acts", "is an empty list");
  if (at.value->size() > row.limits().acts) fail("too_large", "acts", "has more than " + std::to_string(row.limits().acts) + " items");
  for (std::size_t i = 0; i < at.value->size(); ++i) r.acts.push_back(read_act((*at.value)[i], i, row.limits()));
  for (std::size_t i = 0; i < r.acts.size(); ++i) {
    if (!r.acts[i].act_type.empty()) continue;
    r.acts[i].act_type = i == 0 ? "setup" : i + 1 == r.acts.size() ? "resolution" : i + 2 == r.acts.size() ? "climax" : "rising";
  }
}

void read_names(const row_reader& row, lore_record& r) {
  r.location = row.name({"region", "location"});
  r.region = normalised_region(r.location);
  // A place inside a region that the table does not know: the other field may say which.
  if (const auto place = row.name({"location"}); !place.empty() && r.location != place) r.locations.push_back(place);
  r.region_type = row.name({"region_type"});
  r.content_type = row.name({"content_type", "type"});
  r.infobox_type = row.name({"infobox_type"});
  r.tier = ascii_lower(row.name({"knowledge_tier", "tier"}));
  if (row.truth({"classified"})) r.tier = "classified";
  else if (r.tier.empty() && row.truth({"restricted", "secret"})) r.tier = "restricted";
  else if (r.tier.empty() && row.truth({"regional"})) r.tier = "regional";
  r.info_source = row.name({"info_source", "source_type"});
  r.era = row.name({"fo76_era", "era", "game"});
  for (auto& place : row.list({"locations"})) r.locations.push_back(std::move(place));
  r.characters = row.list({"characters"});
  for (auto& subject : row.numbered("primary_subject")) r.characters.push_back(std::move(subject));
  r.themes = row.list({"themes"});
  for (auto& theme : row.numbered("theme_")) r.themes.push_back(std::move(theme));
  r.callbacks = row.list({"callbacks", "callback_to"});
  r.emotional_tone = row.name({"emotional_tone"});
  r.framing = ascii_lower(row.name({"suggested_framing", "framing"}));
  r.labelled_no_story = row.truth({"false_positive"}) || !row.truth({"is_quest", "is_story"}, true);
  if (const auto line = row.name({"timeline"}); !line.empty()) {
    r.line = parse_timeline(ascii_lower(line));
    if (!r.line) fail("bad_field", "timeline", "must be daily, weekly, monthly or yearly");
  }
}

/// What it lists, and what its title and text name besides.
void read_factions(const row_reader& row, lore_record& r) {
  r.factions = row.list({"faction", "factions"});
  auto all = r.title + "\n" + r.text + "\n" + r.summary;
  for (const auto& act : r.acts) all += "\n" + act.title + "\n" + act.summary;
  for (auto& name : factions_named_in(all))
    if (std::find(r.factions.begin(), r.factions.end(), name) == r.factions.end()) r.factions.push_back(std::move(name));
}

std::string made_id(const lore_record& r) {
  std::string all = r.title + '\n' + r.section + '\n' + std::to_string(r.chunk_index) + '\n' + r.text + '\n' + r.summary;
  for (const auto& act : r.acts) all += '\n' + act.summary;
  char id[40];
  std::snprintf(id, sizeof id, "lore-%016llx", static_cast<unsigned long long>(random_stream(0, 0, 0, all).next()));
  return id;
}

lore_record read(const json& source, const lore_limits& limits) {
  const row_reader row(source, limits);
  lore_record r;
  r.id = row.name({"id", "story_id"});
  r.title = row.name({"title", "wiki_title", "name"});
  r.section = row.name({"section"});
  r.chunk_index = row.number({"chunk_index"}).value_or(0);
  r.text = row.text({"text", "document", "content", "body"}, limits.text_bytes);
  r.summary = row.text({"summary", "description"}, limits.text_bytes);
  if (r.title.empty()) fail("no_title", "title", "is missing or empty");
  read_acts(row, r);
  if (r.text.empty()) r.text = r.summary;
  if (r.text.empty() && r.acts.empty()) fail("no_text", "text", "is missing or empty");
  read_names(row, r);
  read_years(row, r);
  read_factions(row, r);
  if (r.id.empty()) r.id = made_id(r);
  return r;
}

} // namespace

std::variant<lore_record, lore_fault> read_lore_record(const json& row, const lore_limits& limits) {
  try {
    return read(row, limits);
  } catch (fault_found& f) {
    return std::move(f.fault);
  }
}

} // namespace longwave
