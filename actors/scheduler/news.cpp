// Category weights and confidence of news.
#include "actors/scheduler/news.hpp"

#include "actors/validator/variety_rules.hpp"
#include "messages/random.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>

namespace longwave {

namespace {

using nlohmann::json;

constexpr std::size_t blocked_categories = limit_of("news_category", limit_kind::cooldown_uses);

struct category_rule {
  std::string_view name;
  double confidence;
  double appalachia;
  double mojave;
  std::string_view plain_subject;
};

constexpr std::array<category_rule, 8> category_rules{{
  {"faction_update", .80, .15, .25, "a new face at the council table"},
  {"settlement_report", .85, .25, .15, "a settlement taking in newcomers"},
  {"trade_route_update", .75, .10, .20, "a caravan road open again"},
  {"creature_alert", .65, .20, .10, "something big in the timber"},
  {"resource_discovery", .60, .20, .05, "a spring that runs clear"},
  {"weather_pattern", .70, .05, .03, "a wind from the wrong side"},
  {"historical_discovery", .85, .03, .02, "papers found in a flooded cellar"},
  {"military_action", .95, .02, .20, "a barricade taken down"},
}};

double weight_of(const category_rule& rule, std::string_view region) {
  if (region.find("Appalachia") != std::string_view::npos) return rule.appalachia;
  if (region.find("Mojave") != std::string_view::npos) return rule.mojave;
  return 1.0 / static_cast<double>(category_rules.size());
}

const category_rule* rule_of(std::string_view name) {
  for (const auto& r : category_rules) {
    if (r.name == name) return &r;
  }
  return nullptr;
}

} // namespace

std::string_view news_wording(double confidence) noexcept {
  if (confidence >= 0.9) return "confirmed";
  if (confidence >= 0.8) return "solid reports";
  if (confidence >= 0.7) return "according to reports";
  if (confidence >= 0.6) return "word is";
  return "rumor has it";
}

news_desk::news_desk(std::uint64_t seed, std::string_view region, const std::vector<topic_list>& topics)
  : seed_(seed) {
  const auto add = [&](const std::string& name, std::vector<std::string> subjects) {
    const category_rule* rule = rule_of(name);
    const std::size_t size = subjects.size();
    categories_.push_back({name, rule ? rule->confidence : 0.7, rule ? weight_of(*rule, region) : 0.1,
                           std::move(subjects), subject_deck(seed, "news/" + name, size)});
  };
  for (const auto& list : topics) {
    if (!list.subjects.empty()) add(list.category, list.subjects);
  }
  if (!categories_.empty()) return;
  for (const auto& r : category_rules) add(std::string(r.name), {std::string(r.plain_subject)});
}

news_topic news_desk::pick(std::uint64_t seq, const std::function<bool(const std::string&)>& rests) const {
  const auto used_lately = [&](const category& c) {
    return std::find(recent_.begin(), recent_.end(), c.name) != recent_.end();
  };
  const auto waits = [&](const category& c) { return rests && rests(c.subjects[c.deck.at(c.drawn)]); };
  const bool all_wait = std::all_of(categories_.begin(), categories_.end(),
                                    [&](const category& c) { return used_lately(c) || waits(c); });
  const auto blocked = [&](const category& c) { return used_lately(c) || (!all_wait && waits(c)); };
  double total = 0;
  for (const auto& c : categories_) total += blocked(c) ? 0 : c.weight;
  // A pack with one or two categories cannot keep them apart; then the longest unused one comes round.
  const category* chosen = nullptr;
  if (total > 0) {
    double at = random_stream(seed_, seq, 0, "news").fraction() * total;
    for (const auto& c : categories_) {
      if (blocked(c)) continue;
      chosen = &c;
      if (at < c.weight) break;
      at -= c.weight;
    }
  } else {
    chosen = &categories_.front();
    for (const auto& c : categories_) {
      if (!recent_.empty() && c.name == recent_.front()) chosen = &c;
    }
  }
  news_topic t;
  t.category = chosen->name;
  t.confidence = chosen->confidence;
  t.wording = news_wording(chosen->confidence);
  t.subject = chosen->subjects[chosen->deck.at(chosen->drawn)];
  return t;
}

void news_desk::told(const news_topic& topic) {
  for (auto& c : categories_) {
    if (c.name == topic.category) ++c.drawn;
  }
  recent_.push_back(topic.category);
  if (recent_.size() > blocked_categories) recent_.erase(recent_.begin());
}

json news_desk::piece() const {
  json drawn = json::object();
  for (const auto& c : categories_) {
    if (c.drawn > 0) drawn[c.name] = c.drawn;
  }
  return json{{"recent", recent_}, {"drawn", drawn}};
}

void news_desk::load(const json& piece) {
  piece.at("recent").get_to(recent_);
  const json& drawn = piece.at("drawn");
  for (auto& c : categories_) {
    c.drawn = drawn.contains(c.name) ? drawn.at(c.name).get<std::uint64_t>() : 0;
  }
}

} // namespace longwave
