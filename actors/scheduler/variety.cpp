// Choosing patterns and phrases under their limits.
#include "actors/scheduler/variety.hpp"

#include "actors/validator/variety_rules.hpp"
#include "messages/json_text.hpp"
#include "messages/random.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cctype>

namespace longwave {

namespace {

using nlohmann::json;

constexpr std::array<std::string_view, 4> patterns{"a", "b", "c", "d"};
constexpr double phrase_share = 0.6;
constexpr std::size_t kept_phrases = 5;

std::size_t place(segment_type type) noexcept { return static_cast<std::size_t>(type); }

bool same_letters(std::string_view a, std::string_view b) {
  return a.size() == b.size() && std::equal(a.begin(), a.end(), b.begin(), [](unsigned char x, unsigned char y) {
    return std::tolower(x) == std::tolower(y);
  });
}

} // namespace

std::string variety_table::structure(segment_type type, std::uint64_t seq) const {
  random_stream draw(seed_, seq, 0, "structure");
  std::vector<std::string_view> open;
  for (auto p : patterns) {
    if (!broken_rule("structure", p == last_[place(type)] ? variety_use{.uses_ago = 1} : variety_use{})) open.push_back(p);
  }
  return std::string(open[draw.below(open.size())]);
}

std::string variety_table::catchphrase(segment_type type, std::uint64_t seq, int day) const {
  // An alert is no place for a slogan.
  if (phrases_.empty() || type == segment_type::emergency_weather) return {};
  random_stream draw(seed_, seq, 0, "catchphrase");
  if (!draw.chance(phrase_share)) return {};
  // With few phrases the last three would be all of them; one must stay to choose from.
  const auto reach = static_cast<std::ptrdiff_t>(std::min(phrases_.size() - 1, recent_.size()));
  std::vector<std::size_t> open;
  for (std::size_t i = 0; i < phrases_.size(); ++i) {
    variety_use use;
    if (day == day_) use.today = used_today_[i];
    const auto last = std::find(recent_.rbegin(), recent_.rbegin() + reach, i);
    if (last != recent_.rbegin() + reach) use.uses_ago = last - recent_.rbegin() + 1;
    if (!broken_rule("catchphrase", use)) open.push_back(i);
  }
  return open.empty() ? std::string() : phrases_[open[draw.below(open.size())]];
}

std::string variety_table::last_structure(segment_type type) const { return last_[place(type)]; }

std::vector<std::string> variety_table::recent_catchphrases() const {
  std::vector<std::string> out;
  for (auto at = recent_.rbegin(); at != recent_.rend(); ++at) out.push_back(phrases_[*at]);
  return out;
}

void variety_table::used(const segment_plan& plan, segment_type type, const variety_mark* mark) {
  last_[place(type)] = mark && !mark->structure.empty() ? mark->structure : plan.structure;
  if (plan.position.day != day_) {
    day_ = plan.position.day;
    std::fill(used_today_.begin(), used_today_.end(), 0);
  }
  const auto note = [&](const std::string& phrase) {
    for (std::size_t i = 0; i < phrases_.size(); ++i) {
      if (!same_letters(phrases_[i], phrase)) continue;
      ++used_today_[i];
      recent_.push_back(i);
      if (recent_.size() > kept_phrases) recent_.erase(recent_.begin());
    }
  };
  if (mark) {
    for (const auto& phrase : mark->catchphrases) note(phrase);
  } else if (!plan.catchphrase.empty()) {
    note(plan.catchphrase);
  }
}

void variety_table::append_piece(std::string& out) const {
  json_writer w(out);
  w.begin_object().name("day").number(day_).name("last_structure").begin_object();
  for (const auto type : segment_types_by_name) {
    if (!last_[place(type)].empty()) w.name(to_string(type)).text(last_[place(type)]);
  }
  w.end_object().name("recent_phrases").numbers(recent_).name("used_today").numbers(used_today_).end_object();
}

json variety_table::piece() const {
  std::string text;
  append_piece(text);
  return json::parse(text);
}

void variety_table::load(const json& piece) {
  for (const auto& [name, pattern] : piece.at("last_structure").items()) {
    if (auto type = parse_segment_type(name)) last_[place(*type)] = pattern.get<std::string>();
  }
  piece.at("recent_phrases").get_to(recent_);
  piece.at("day").get_to(day_);
  piece.at("used_today").get_to(used_today_);
  const bool sound = used_today_.size() == phrases_.size() &&
                     std::all_of(recent_.begin(), recent_.end(), [&](std::size_t i) { return i < phrases_.size(); });
  if (!sound) throw json::other_error::create(501, "piece 'variety' does not fit the profile's catch-phrases", &piece);
}

} // namespace longwave
