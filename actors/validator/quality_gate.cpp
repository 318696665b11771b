// When the share of failed segments is looked at, and against what.
#include "actors/validator/quality_gate.hpp"

#include "messages/json_text.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>

namespace longwave {

const gate_band& quality_gate::band_at(std::uint64_t position) const noexcept {
  for (const gate_band& band : limits.bands)
    if (band.end == 0 || position <= band.end) return band;
  return limits.bands.back();
}

bool quality_gate::is_position(std::uint64_t position) const noexcept {
  if (std::find(limits.positions.begin(), limits.positions.end(), position) != limits.positions.end()) return true;
  const std::uint64_t last = limits.positions.back();
  return position > last && (position - last) % limits.every_after == 0;
}

quality_gate::effect quality_gate::on_verdict(bool rejected) {
  ++evaluated;
  if (rejected) ++failed;
  if (tripped) return effect::none;
  const gate_band& band = band_at(evaluated);
  // A rate that reaches the threshold has left it: "< 10 %" (domain 6.3).
  const bool too_many_here = is_position(evaluated) && failed * 100 >= band.threshold_percent * evaluated;
  // Beyond this the band's end cannot be reached with a good rate any more.
  const bool too_many_ever = band.end != 0 && failed * 100 > band.threshold_percent * band.end;
  if (!too_many_here && !too_many_ever) return effect::none;
  tripped = true;
  return effect::pause;
}

void quality_gate::on_resumed() noexcept {
  if (!tripped) return;
  evaluated = 0;
  failed = 0;
  tripped = false;
}

double quality_gate::threshold() const noexcept {
  return static_cast<double>(band_at(std::max<std::uint64_t>(evaluated, 1)).threshold_percent) / 100.0;
}

void append_json(std::string& out, const quality_gate& g) {
  json_writer w(out);
  w.begin_object().name("evaluated").number(g.evaluated).name("failed").number(g.failed);
  w.name("tripped").boolean(g.tripped).end_object();
}

void to_json(nlohmann::json& j, const quality_gate& g) {
  std::string text;
  append_json(text, g);
  j = nlohmann::json::parse(text);
}

void from_json(const nlohmann::json& j, quality_gate& g) {
  j.at("evaluated").get_to(g.evaluated);
  j.at("failed").get_to(g.failed);
  j.at("tripped").get_to(g.tripped);
}

std::vector<std::string> exceeded_categories(const std::map<std::string, std::uint64_t>& by_category,
                                             std::uint64_t planned, const category_limits& limits) {
  std::uint64_t temporal = 0;
  std::uint64_t voice = 0;
  std::uint64_t format = 0;
  std::uint64_t minor = 0;
  for (const auto& [category, count] : by_category) {
    if (category == "temporal") {
      temporal += count;
    } else if (category == "voice" || category == "tone") {
      voice += count;
    } else if (category == "format") {
      format += count;
    } else if (category == "story" || category == "weather" || category == "engagement") {
      minor += count;
    }
  }
  const auto exceeds = [&](std::uint64_t count, std::uint64_t limit) {
    return count > std::max<std::uint64_t>(limit * planned / limits.planned_of, 1);
  };
  std::vector<std::string> names;
  if (exceeds(temporal, limits.temporal)) names.emplace_back("temporal");
  if (exceeds(voice, limits.voice)) names.emplace_back("voice");
  if (exceeds(format, limits.format)) names.emplace_back("format");
  if (exceeds(minor, limits.minor)) names.emplace_back("minor");
  return names;
}

} // namespace longwave
