// Orders above the calendar.
#include "actors/scheduler/weather_outlook.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>

namespace longwave {

namespace {

using nlohmann::json;

constexpr std::array<std::string_view, 3> intensities{"minor", "moderate", "severe"};
/// Orders that are remembered; an alert looks back over one spell at most.
constexpr std::size_t most_entries = 32;
constexpr int coldest_f = -150;
constexpr int hottest_f = 200;
/// Segments that are searched for an alert of the same event: a week at twenty an hour.
constexpr std::uint64_t alert_look_back = 20 * 16 * 7;

std::optional<std::uint8_t> parse_intensity(std::string_view text) noexcept {
  for (std::size_t i = 0; i < intensities.size(); ++i)
    if (intensities[i] == text) return static_cast<std::uint8_t>(i);
  return std::nullopt;
}

} // namespace

const std::vector<std::string>& weather_type_names() {
  static const std::vector<std::string> names = [] {
    std::vector<std::string> all;
    for (int i = 0; i <= static_cast<int>(weather_type::glowing_fog); ++i)
      all.emplace_back(to_string(static_cast<weather_type>(i)));
    return all;
  }();
  return names;
}

std::optional<weather_type> parse_weather_type(std::string_view text) noexcept {
  for (int i = 0; i <= static_cast<int>(weather_type::glowing_fog); ++i)
    if (text == to_string(static_cast<weather_type>(i))) return static_cast<weather_type>(i);
  return std::nullopt;
}

std::string fault_of(const weather_order& order) {
  if (order.type.empty()) return {};
  if (!parse_weather_type(order.type)) {
    std::string known;
    for (const auto& name : weather_type_names()) known += (known.empty() ? "" : ", ") + name;
    return "'" + order.type + "' is no weather; known are " + known;
  }
  if (!order.intensity.empty() && !parse_intensity(order.intensity))
    return "'" + order.intensity + "' is no intensity; known are minor, moderate, severe";
  if (order.temperature_f && (*order.temperature_f < coldest_f || *order.temperature_f > hottest_f))
    return "the temperature must be from -150 to 200 F";
  return {};
}

void weather_overrides::apply(const weather_order& order, std::uint64_t from) {
  // What was ordered for segments that nobody has planned yet never came to hold.
  std::erase_if(entries_, [&](const entry& e) { return e.from >= from; });
  for (auto& e : entries_)
    if (e.to == 0 || e.to > from) e.to = from;
  const auto type = parse_weather_type(order.type);
  if (!type) return;
  entry e;
  e.type = *type;
  e.intensity = parse_intensity(order.intensity).value_or(1);
  if (is_emergency(*type)) e.intensity = std::max<std::uint8_t>(e.intensity, 1);
  e.temperature_f = order.temperature_f;
  e.from = from;
  entries_.push_back(e);
  if (entries_.size() > most_entries) entries_.erase(entries_.begin());
}

const weather_overrides::entry* weather_overrides::at(std::uint64_t seq) const noexcept {
  for (auto e = entries_.rbegin(); e != entries_.rend(); ++e)
    if (e->from <= seq && (e->to == 0 || seq < e->to)) return &*e;
  return nullptr;
}

const weather_overrides::entry* weather_overrides::open() const noexcept {
  return entries_.empty() || entries_.back().to != 0 ? nullptr : &entries_.back();
}

json weather_overrides::piece() const {
  json list = json::array();
  for (const auto& e : entries_)
    list.push_back({{"type", to_string(e.type)},
                    {"intensity", intensities[e.intensity]},
                    {"temperature_f", e.temperature_f ? json(*e.temperature_f) : json()},
                    {"from", e.from},
                    {"to", e.to == 0 ? json() : json(e.to)}});
  return json{{"overrides", std::move(list)}};
}

void weather_overrides::load(const json& piece) {
  entries_.clear();
  for (const auto& j : piece.at("overrides")) {
    entry e;
    const auto type = parse_weather_type(j.at("type").get<std::string>());
    const auto intensity = parse_intensity(j.at("intensity").get<std::string>());
    if (!type || !intensity) throw json::other_error::create(501, "an order for weather that is not known", &j);
    e.type = *type;
    e.intensity = *intensity;
    if (!j.at("temperature_f").is_null()) e.temperature_f = j.at("temperature_f").get<int>();
    j.at("from").get_to(e.from);
    if (!j.at("to").is_null()) j.at("to").get_to(e.to);
    entries_.push_back(e);
  }
}

json weather_outlook::piece() const { return overrides_.piece(); }

std::int64_t weather_outlook::slot_of(std::uint64_t seq) const noexcept {
  return weather_calendar::slot_at(calendar_.date_of(seq), calendar_.hour_of(seq));
}

weather_type weather_outlook::type(std::uint64_t seq) const {
  if (const auto* e = overrides_.at(seq)) return e->type;
  return weather_.at(slot_of(seq)).type;
}

weather_report weather_outlook::report(std::uint64_t seq) const {
  weather_report r = weather_.report(slot_of(seq));
  const auto* e = overrides_.at(seq);
  if (!e) return r;
  r.type = to_string(e->type);
  r.intensity = intensities[e->intensity];
  r.emergency = is_emergency(e->type);
  r.event = r.emergency ? r.type + "@segment" + std::to_string(e->from) : std::string();
  if (e->temperature_f) r.temperature_f = *e->temperature_f;
  return r;
}

weather_report weather_outlook::expected(std::int64_t slot, std::uint64_t seq) const {
  weather_report r = weather_.report(slot);
  const auto* e = overrides_.at(seq);
  if (!e || e->to != 0) return r;
  const weather_report now = report(seq);
  r.type = now.type;
  r.intensity = now.intensity;
  r.emergency = now.emergency;
  r.event = now.event;
  if (e->temperature_f) r.temperature_f = *e->temperature_f;
  return r;
}

std::string weather_outlook::event(std::uint64_t seq) const {
  return is_emergency(type(seq)) ? report(seq).event : std::string();
}

bool weather_outlook::alert_due(std::uint64_t seq) const {
  if (!is_emergency(type(seq))) return false;
  const std::string now = event(seq);
  if (seq == 1) return true;
  if (event(seq - 1) == now) return false;
  if (overrides_.empty()) return true;
  // An order may have interrupted the event after its alert.
  for (std::uint64_t at = seq - 1; at >= 1 && seq - at <= alert_look_back; --at)
    if (event(at) == now) return false;
  return true;
}

} // namespace longwave
