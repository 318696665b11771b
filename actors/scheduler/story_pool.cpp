// Filters, seeded order and reuse of stories.
#include "actors/scheduler/story_pool.hpp"

#include "actors/scheduler/escalation.hpp"
#include "actors/scheduler/narrative_weight.hpp"
#include "messages/ascii_case.hpp"
#include "messages/random.hpp"

#include <algorithm>
#include <utility>

namespace longwave {

namespace {

bool listed(const std::vector<std::string>& names, std::string_view name) {
  const std::string wanted = ascii_lower(name);
  return std::any_of(names.begin(), names.end(), [&](const std::string& n) { return ascii_lower(n) == wanted; });
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
  if (!story.region.empty() && !k.region.empty() && ascii_lower(story.region) != ascii_lower(k.region)) return false;
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

std::string_view confidence_of(std::string_view framing) noexcept {
  if (framing == "direct") return "high";
  return framing == "report" ? "medium" : "low";
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

int reuse_cooldown_days(const story_record& story) {
  const auto tier = weigh_narrative(narrative_input_of(story)).tier;
  return std::max(reuse_cooldown_days(story.line), tier == "epic" ? 30 : tier == "major" ? 14 : 7);
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
  : seed_(seed), stories_(&stories), told_(stories.size()) {
  cooldown_days_.resize(stories.size());
  for (std::size_t i = 0; i < stories.size(); ++i) {
    by_id_.emplace(stories[i].story_id, i);
    if (is_plot(stories[i]) || !may_tell(dj, stories[i])) continue;
    lines_[static_cast<std::size_t>(stories[i].line)].push_back(i);
  }
  for (timeline line : all_timelines) {
    auto& order = lines_[static_cast<std::size_t>(line)];
    random_stream draw(seed, 0, 0, "stories/" + std::string(to_string(line)));
    for (std::size_t i = order.size(); i > 1; --i) std::swap(order[i - 1], order[draw.below(i)]);
  }
}

std::size_t story_pool::make_sequel_of(std::size_t parent, timeline line) const {
  const std::string id = escalated_id(story(parent).story_id, line);
  // A copy: the deque may grow while it is read.
  const story_record from = story(parent);
  // Sequels of sequels shall not draw the plot of their parent: the chain walks through the list.
  const auto base = from.story_id.substr(0, from.story_id.find("_escalated_"));
  const std::uint64_t start = random_stream(seed_, 0, 0, "sequel/" + base).below(1u << 20);
  const std::uint64_t steps = is_sequel(parent) ? 1 : 0;
  sequels_.push_back(make_sequel(from, line, *stories_, start + steps));
  told_.emplace_back();
  const std::size_t index = stories_->size() + sequels_.size() - 1;
  by_id_.emplace(id, index);
  return index;
}

std::optional<std::size_t> story_pool::find(const std::string& story_id) const {
  if (const auto at = by_id_.find(story_id); at != by_id_.end()) return at->second;
  const auto name = parse_sequel(story_id);
  if (!name) return std::nullopt;
  const auto parent = find(name->parent);
  if (!parent || escalated_line(story(*parent).line) != name->line) return std::nullopt;
  return make_sequel_of(*parent, name->line);
}

bool story_pool::available(std::size_t index, int day) const noexcept {
  const told_story& told = told_[index];
  if (told.airings == 0) return true;
  if (is_sequel(index)) return day >= told.last_day;
  auto& days = cooldown_days_[index];
  if (days == 0) days = reuse_cooldown_days((*stories_)[index]);
  // Whole days lie between: a story that ended late shall not come back early a week on (variety_rules, quest).
  return day - told.last_day > days;
}

std::optional<std::size_t> story_pool::next(timeline line, int day,
                                            const std::function<bool(std::size_t)>& excluded) const {
  const auto& order = lines_[static_cast<std::size_t>(line)];
  for (std::size_t k = untold_from_[static_cast<std::size_t>(line)]; k < order.size(); ++k) {
    if (told_[order[k]].airings == 0 && !excluded(order[k])) return order[k];
  }
  for (std::size_t i : rested_[static_cast<std::size_t>(line)]) {
    if (available(i, day) && !excluded(i)) return i;
  }
  return std::nullopt;
}

void story_pool::ended(std::size_t index, int airing, int day, std::uint64_t seq, bool completed,
                       std::vector<int> telling_offsets) {
  told_story& told = told_[index];
  if (airing < told.airings) return;
  told.airings = airing;
  told.last_day = day;
  told.ended_seq = seq;
  told.completed = completed;
  told.offsets = std::move(telling_offsets);
  if (is_sequel(index)) return;
  const auto line = static_cast<std::size_t>(story(index).line);
  auto& rested = rested_[line];
  std::erase(rested, index);
  // Pieces of a saved run come back in any order.
  const auto later = [&](std::uint64_t s, std::size_t i) { return s < told_[i].ended_seq; };
  rested.insert(std::upper_bound(rested.begin(), rested.end(), seq, later), index);
  auto& from = untold_from_[line];
  while (from < lines_[line].size() && told_[lines_[line][from]].airings > 0) ++from;
  stock_day_ = 0;
}

story_pool::stock story_pool::available(timeline line, int day) const {
  if (stock_day_ != day) {
    stock_ = {};
    stock_day_ = day;
    for (timeline l : all_timelines) {
      auto& sum = stock_[static_cast<std::size_t>(l)];
      for (std::size_t i : lines_[static_cast<std::size_t>(l)]) {
        if (!available(i, day)) continue;
        ++sum.stories;
        sum.acts += (*stories_)[i].acts.size();
      }
    }
  }
  return stock_[static_cast<std::size_t>(line)];
}

} // namespace longwave
