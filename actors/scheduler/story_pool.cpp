// Filters, seeded order and reuse of stories.
#include "actors/scheduler/story_pool.hpp"

#include "messages/random.hpp"

#include <algorithm>
#include <cctype>
#include <utility>

namespace longwave {

namespace {

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return out;
}

bool listed(const std::vector<std::string>& names, std::string_view name) {
  const std::string wanted = lower(name);
  return std::any_of(names.begin(), names.end(), [&](const std::string& n) { return lower(n) == wanted; });
}

/// Only the two DJs with informants of their own know restricted matters; nobody knows classified ones.
bool tier_open(const dj_profile& dj, std::string_view tier) {
  if (tier == "classified") return false;
  if (tier != "restricted") return true;
  return dj.name.rfind("Three Dog", 0) == 0 || dj.name.rfind("Mr. New Vegas", 0) == 0;
}

} // namespace

bool may_tell(const dj_profile& dj, const story_record& story) {
  const knowledge_limits& k = dj.knowledge;
  if (story.acts.empty()) return false;
  if (!story.region.empty() && !k.region.empty() && lower(story.region) != lower(k.region)) return false;
  if (k.temporal_cutoff_year > 0) {
    if (story.year_max > k.temporal_cutoff_year || story.year_min > k.temporal_cutoff_year) return false;
  }
  if (k.year_min > 0 && story.year_max > 0 && story.year_max < k.year_min) return false;
  if (!tier_open(dj, story.knowledge_tier)) return false;
  return std::none_of(story.factions.begin(), story.factions.end(),
                      [&](const std::string& f) { return listed(k.forbidden_factions, f); });
}

std::string framing_for(const dj_profile& dj, const story_record& story) {
  const auto& known = dj.knowledge.known_factions;
  const bool strange = !known.empty() && std::any_of(story.factions.begin(), story.factions.end(),
                                                     [&](const std::string& f) { return !listed(known, f); });
  if (strange) return "speculation";
  return story.suggested_framing.empty() ? "report" : story.suggested_framing;
}

int reuse_cooldown_days(timeline line) noexcept {
  switch (line) {
    case timeline::daily: return 7;
    case timeline::weekly: return 14;
    case timeline::monthly: return 30;
    case timeline::yearly: return 30;
  }
  return 7;
}

double story_complexity(const story_record& story) noexcept {
  return static_cast<double>(story.factions.size()) * 2 + static_cast<double>(story.characters.size()) +
         static_cast<double>(story.acts.size()) * 0.5;
}

int concurrent_limit(double mean_complexity) noexcept {
  if (mean_complexity < 5) return 4;
  return mean_complexity < 10 ? 3 : 2;
}

story_pool::story_pool(std::uint64_t seed, const dj_profile& dj, const std::vector<story_record>& stories)
  : stories_(&stories), told_(stories.size()) {
  for (std::size_t i = 0; i < stories.size(); ++i) {
    if (may_tell(dj, stories[i])) lines_[static_cast<std::size_t>(stories[i].line)].push_back(i);
  }
  for (timeline line : all_timelines) {
    auto& order = lines_[static_cast<std::size_t>(line)];
    random_stream draw(seed, 0, 0, "stories/" + std::string(to_string(line)));
    for (std::size_t i = order.size(); i > 1; --i) std::swap(order[i - 1], order[draw.below(i)]);
  }
}

std::optional<std::size_t> story_pool::find(const std::string& story_id) const {
  for (std::size_t i = 0; i < stories_->size(); ++i) {
    if ((*stories_)[i].story_id == story_id) return i;
  }
  return std::nullopt;
}

bool story_pool::available(std::size_t index, int day) const noexcept {
  const told_story& told = told_[index];
  return told.airings == 0 || day - told.last_day >= reuse_cooldown_days((*stories_)[index].line);
}

std::optional<std::size_t> story_pool::next(timeline line, int day,
                                            const std::function<bool(std::size_t)>& excluded) const {
  std::optional<std::size_t> rested;
  for (std::size_t i : lines_[static_cast<std::size_t>(line)]) {
    if (!available(i, day) || excluded(i)) continue;
    if (told_[i].airings == 0) return i;
    if (!rested || told_[i].last_day < told_[*rested].last_day) rested = i;
  }
  return rested;
}

void story_pool::ended(std::size_t index, int airing, int day, std::vector<int> telling_offsets) {
  told_story& told = told_[index];
  if (airing < told.airings) return;
  told.airings = airing;
  told.last_day = day;
  told.offsets = std::move(telling_offsets);
}

std::size_t story_pool::remaining(timeline line, int day, const std::function<bool(std::size_t)>& excluded) const {
  const auto& all = lines_[static_cast<std::size_t>(line)];
  return static_cast<std::size_t>(
    std::count_if(all.begin(), all.end(), [&](std::size_t i) { return available(i, day) && !excluded(i); }));
}

std::size_t story_pool::remaining_acts(timeline line, int day, const std::function<bool(std::size_t)>& excluded) const {
  std::size_t acts = 0;
  for (std::size_t i : lines_[static_cast<std::size_t>(line)]) {
    if (available(i, day) && !excluded(i)) acts += (*stories_)[i].acts.size();
  }
  return acts;
}

} // namespace longwave
