// Weighted draws of skeletons.
#include "actors/scheduler/story_loop.hpp"

#include "messages/random.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>

namespace longwave {

namespace {

constexpr std::size_t remembered = 10;
constexpr std::array<std::string_view, 4> cluster{"T-SYS-001", "T-APT-001", "T-INF-001", "T-ECO-001"};

bool in_cluster(std::string_view id) { return std::find(cluster.begin(), cluster.end(), id) != cluster.end(); }

double cluster_weight_for(std::ptrdiff_t used) {
  if (used >= 8) return 0.05;
  if (used >= 6) return 0.2;
  return used >= 4 ? 0.5 : 1.0;
}

} // namespace

double story_loop::weight(const story_skeleton& s, double cluster_weight) const {
  if (s.template_id == last_ && skeletons_->size() > 1) return 0;
  return in_cluster(s.template_id) ? cluster_weight : 1.0;
}

const story_skeleton* story_loop::choose(std::uint64_t seq, const std::function<bool(const story_skeleton&)>& may,
                                         int again) const {
  if (!fixed_.empty()) {
    for (const auto& s : *skeletons_) {
      if (s.template_id == fixed_) return &s;
    }
    return nullptr;
  }
  const double by = cluster_weight_for(std::count_if(recent_.begin(), recent_.end(), in_cluster));
  const auto weight_of = [&](const story_skeleton& s) { return may && !may(s) ? 0 : weight(s, by); };
  double total = 0;
  for (const auto& s : *skeletons_) total += weight_of(s);
  double at = random_stream(seed_, seq, static_cast<std::uint64_t>(again), "template").fraction() * total;
  const story_skeleton* chosen = nullptr;
  for (const auto& s : *skeletons_) {
    const double w = weight_of(s);
    if (w <= 0) continue;
    chosen = &s;
    if (at < w) break;
    at -= w;
  }
  return chosen;
}

void story_loop::settled(const std::string& template_id, bool accepted) {
  last_ = template_id;
  if (!accepted) return;
  recent_.push_back(template_id);
  if (recent_.size() > remembered) recent_.erase(recent_.begin());
}

nlohmann::json story_loop::piece() const { return {{"last", last_}, {"recent", recent_}}; }

void story_loop::load(const nlohmann::json& piece) {
  piece.at("last").get_to(last_);
  piece.at("recent").get_to(recent_);
}

} // namespace longwave
