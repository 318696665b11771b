// Collecting, counting and wording of the audit.
#include "actors/scheduler/story_audit.hpp"

#include "actors/scheduler/lore_discovery.hpp"
#include "actors/scheduler/lore_filter.hpp"
#include "actors/scheduler/lore_regions.hpp"
#include "actors/scheduler/lore_stories.hpp"
#include "actors/scheduler/narrative_weight.hpp"
#include "actors/scheduler/story_canon.hpp"
#include "actors/scheduler/story_pool.hpp"
#include "actors/validator/rules.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <unordered_map>
#include <utility>

namespace longwave {

namespace {

using nlohmann::ordered_json;

/// What the chunks of one title together say.
struct title_facts {
  /// Place in `lore_layers`; behind its end: no layer found it.
  std::size_t layer = std::size(lore_layers);
  std::string_view excluded;
  bool labelled = false;
  lore_refusal refusal = lore_refusal::none;
  /// The record that was refused.
  lore_glance refused;
  std::vector<std::uint64_t> numbers;
};

std::size_t place_of_layer(std::string_view name) noexcept {
  const auto at = std::find(std::begin(lore_layers), std::end(lore_layers), name);
  return static_cast<std::size_t>(at - std::begin(lore_layers));
}

/// Titles in order of their first record: the order of the pool must not depend on hashing.
result<std::vector<title_facts>> titles_of(const lore_catalogue& catalogue, const lore_filter& filter) {
  std::unordered_map<std::string_view, std::size_t> places;
  std::vector<title_facts> titles;
  auto seen = catalogue.each([&](const lore_glance& g) {
    const auto [at, fresh] = places.emplace(g.title, titles.size());
    if (fresh) titles.emplace_back();
    auto& t = titles[at->second];
    t.numbers.push_back(g.number);
    t.layer = std::min(t.layer, place_of_layer(g.layer));
    if (t.excluded.empty()) t.excluded = g.excluded;
    t.labelled = t.labelled || g.labelled_no_story;
    if (t.refusal == lore_refusal::none) {
      t.refusal = filter.judge(g);
      t.refused = g;
    }
  });
  if (!seen) return seen.error();
  return titles;
}

std::string all_text(const story_record& story) {
  std::string text = story.title + ". " + story.summary;
  for (const auto& act : story.acts) {
    text += "\n" + act.title + ". " + act.summary;
    for (const auto& telling : act.tellings) text += "\n" + telling;
  }
  return text;
}

/// A year beyond the cutoff, a forbidden name: what no draft that tells the story could avoid. Empty: nothing of the kind.
std::string broken_critical_rule(const rule_context& rules, const story_record& story) {
  segment_plan plan;
  plan.type = segment_type::story;
  const auto found = judge_text(rules, plan, all_text(story), repetition_window{});
  const auto at = std::find_if(found.violations.begin(), found.violations.end(), [](const violation& v) { return v.level == severity::critical; });
  if (at == found.violations.end()) return {};
  return at->message.empty() ? "its text breaks a critical rule" : at->message;
}

/// Why a record is refused, with what it says.
std::string worded(lore_refusal why, const lore_glance& g, const dj_profile& dj) {
  const auto years = [&] {
    const int first = g.year_min.value_or(g.year_max.value_or(0)), last = g.year_max.value_or(first);
    return first == last ? "of " + std::to_string(first) : "of " + std::to_string(first) + " to " + std::to_string(last);
  };
  switch (why) {
    case lore_refusal::none: return {};
    case lore_refusal::undated: return "it has no years";
    case lore_refusal::temporal: return "it is " + years() + ", and the DJ knows until " + std::to_string(dj.knowledge.temporal_cutoff_year);
    case lore_refusal::regional:
      return "its region is " + std::string(g.region.empty() ? "not given" : g.region) + ", the DJ's is " + dj.knowledge.region;
    case lore_refusal::faction: {
      std::string names;
      if (g.factions)
        for (const auto& f : *g.factions) names += (names.empty() ? "" : ", ") + f;
      return "it is about " + names;
    }
    case lore_refusal::tier: return "its knowledge tier is " + std::string(g.tier);
    case lore_refusal::era: return "its era is " + std::string(g.era);
  }
  return {};
}

/// Of a story of the pack, as a record has them.
lore_refusal judge_pack_story(const lore_filter& filter, const story_record& story, std::string* why = nullptr, const dj_profile* dj = nullptr) {
  lore_glance g;
  const auto region = normalised_region(story.region);
  g.region = region;
  g.tier = story.knowledge_tier;
  g.factions = &story.factions;
  if (story.year_min != 0) g.year_min = story.year_min;
  if (story.year_max != 0) g.year_max = story.year_max;
  g.post_war = true;
  const auto refusal = filter.judge(g);
  if (why && dj) *why = worded(refusal, g, *dj);
  return refusal;
}

/// "quests.jsonl:12"
std::string source_of(const lore_record& r) {
  return r.source + (r.line_number ? ":" + std::to_string(r.line_number) : std::string());
}

class collector {
public:
  collector(const dj_profile& dj) : dj_(dj), filter_(dj), rules_(dj) {}

  void add_pack(const std::vector<story_record>& stories, std::string_view name) {
    for (const auto& story : stories) {
      ++found_.candidates;
      ++found_.layers["pack"];
      std::string why;
      const auto refusal = judge_pack_story(filter_, story, &why, &dj_);
      if (refusal != lore_refusal::none) refuse({story.story_id, story.title, std::string(to_string(refusal)), std::move(why), std::string(name)});
      else keep(story, "pack", std::string(name));
    }
  }

  result<void> add(const lore_catalogue& catalogue) {
    const auto titles = titles_of(catalogue, filter_);
    if (!titles) return titles.error();
    for (const auto& t : titles.value())
      if (auto done = add_title(catalogue, t); !done) return done;
    return ok();
  }

  story_collection take() { return std::move(found_); }

private:
  result<void> add_title(const lore_catalogue& catalogue, const title_facts& t) {
    if (t.layer == std::size(lore_layers)) return ok();
    ++found_.candidates;
    const std::string layer(lore_layers[t.layer]);
    ++found_.layers[layer];
    if (!t.excluded.empty() || t.labelled) {
      ++found_.false_positives[t.excluded.empty() ? "labelled" : std::string(t.excluded)];
      return ok();
    }
    if (t.refusal != lore_refusal::none) {
      refused_story named{"", std::string(t.refused.title), std::string(to_string(t.refusal)), worded(t.refusal, t.refused, dj_), ""};
      if (found_.refused_stories.size() < most_listed_stories) {
        auto one = catalogue.record(t.refused.number);
        if (!one) return one.error();
        named.source = source_of(one.value());
      }
      refuse(std::move(named));
      return ok();
    }
    std::vector<lore_record> records;
    for (const auto number : t.numbers) {
      auto one = catalogue.record(number);
      if (!one) return one.error();
      records.push_back(std::move(one.value()));
    }
    std::vector<const lore_record*> chunks;
    for (const auto& r : records) chunks.push_back(&r);
    auto story = make_story(std::move(chunks));
    if (!story) {
      ++found_.false_positives["boilerplate"];
      return ok();
    }
    auto source = source_of(records.front());
    if (!same_region(story->region, dj_.knowledge.region)) story->region.clear();
    keep(std::move(*story), layer, std::move(source));
    return ok();
  }

  void keep(story_record story, std::string layer, std::string source) {
    if (auto why = broken_critical_rule(rules_, story); !why.empty())
      return refuse({story.story_id, story.title, "forbidden_text", std::move(why), std::move(source)});
    for (auto& finding : check_canon(story)) {
      refused_story named{story.story_id, story.title, std::move(finding.rule), std::move(finding.why), source};
      if (finding.error) return refuse(std::move(named));
      if (found_.doubtful_stories.size() < most_listed_stories) found_.doubtful_stories.push_back(std::move(named));
    }
    const auto weight = weigh_narrative(narrative_input_of(story));
    if (layer != "pack" && !weight.rejected_by.empty()) {
      ++found_.false_positives["rejected"];
      return;
    }
    found_.stories.push_back(weighed(std::move(story), std::move(layer), std::move(source)));
  }

  void refuse(refused_story story) {
    ++found_.refused[story.reason];
    if (found_.refused_stories.size() < most_listed_stories) found_.refused_stories.push_back(std::move(story));
  }

  const dj_profile& dj_;
  lore_filter filter_;
  rule_context rules_;
  story_collection found_;
};

std::size_t sum(const std::map<std::string, std::size_t>& counts) {
  std::size_t total = 0;
  for (const auto& [name, count] : counts) total += count;
  return total;
}

std::size_t beats_of(const std::vector<pooled_story>& stories) {
  std::size_t beats = 0;
  for (const auto& s : stories) beats += s.story.acts.size();
  return beats;
}

std::string percent(double rate) {
  char text[32];
  std::snprintf(text, sizeof text, "%.1f %%", rate * 100);
  return text;
}

/// Counts anew what the filter should have kept out: also of a pool that somebody else wrote.
void count_violations(const dj_profile& dj, const std::vector<pooled_story>& stories, audit_result& out) {
  const lore_filter filter(dj);
  const int cutoff = dj.knowledge.temporal_cutoff_year;
  for (const auto& s : stories) {
    if (s.story.year_max > cutoff || s.story.year_min > cutoff) {
      ++out.temporal_violations;
      continue;
    }
    if (s.story.region.empty()) continue;
    const auto refusal = judge_pack_story(filter, s.story);
    if (refusal == lore_refusal::regional) ++out.regional_violations;
    if (refusal == lore_refusal::temporal || refusal == lore_refusal::era) ++out.temporal_violations;
  }
}

ordered_json pools_json(const std::vector<pooled_story>& stories) {
  ordered_json pools = ordered_json::object();
  for (const auto line : all_timelines) {
    std::size_t count = 0, beats = 0;
    for (const auto& s : stories)
      if (s.story.line == line) {
        ++count;
        beats += s.story.acts.size();
      }
    pools[std::string(to_string(line))] = {{"stories", count}, {"beats", beats}};
  }
  return pools;
}

template <class Name>
ordered_json counted(const std::vector<pooled_story>& stories, const std::vector<std::string>& names, Name name) {
  ordered_json counts = ordered_json::object();
  for (const auto& n : names) counts[n] = 0;
  for (const auto& s : stories) {
    const std::string key = name(s);
    counts[key] = counts.value(key, 0) + 1;
  }
  return counts;
}

ordered_json counts_json(const std::map<std::string, std::size_t>& counts) {
  ordered_json j = ordered_json::object();
  for (const auto& [name, count] : counts) j[name] = count;
  return j;
}

ordered_json layers_json(const std::map<std::string, std::size_t>& found) {
  ordered_json j = ordered_json::object();
  for (const auto name : lore_layers) j[std::string(name)] = 0;
  for (const auto& [name, count] : found) j[name] = count;
  return j;
}

} // namespace

result<story_collection> collect_stories(const dj_profile& dj, const std::vector<story_record>& pack_stories, std::string_view pack_name,
                                         const lore_catalogue* catalogue) {
  collector all(dj);
  all.add_pack(pack_stories, pack_name);
  if (catalogue)
    if (auto done = all.add(*catalogue); !done) return done.error();
  return all.take();
}

std::vector<refused_story> take_out_contradictions(std::vector<story_record>& stories, std::string_view source) {
  std::vector<refused_story> refused;
  std::erase_if(stories, [&](const story_record& story) {
    for (auto& finding : check_canon(story))
      if (finding.error) {
        refused.push_back({story.story_id, story.title, std::move(finding.rule), std::move(finding.why), std::string(source)});
        return true;
      }
    return false;
  });
  return refused;
}

ordered_json refused_json(const std::vector<refused_story>& list) {
  ordered_json j = ordered_json::array();
  for (const auto& s : list) {
    const ordered_json id = s.story_id.empty() ? ordered_json() : ordered_json(s.story_id);
    j.push_back({{"story_id", id}, {"title", s.title}, {"reason", s.reason}, {"why", s.why}, {"source", s.source}});
  }
  return j;
}

pooled_story weighed(story_record story, std::string layer, std::string source) {
  auto w = weigh_narrative(narrative_input_of(story));
  return {std::move(story), std::move(layer), w.weight, std::move(w.category), std::move(w.tier), std::move(source)};
}

std::string_view false_positive_grade(double rate, const audit_limits& limits) noexcept {
  if (rate < limits.false_positive_warning) return "PASS";
  return rate > limits.false_positive_failure ? "FAIL" : "WARN";
}

std::string_view beats_status(std::size_t beats, const audit_limits& limits) noexcept {
  if (beats < limits.least_beats) return "INSUFFICIENT";
  return beats < limits.recommended_beats ? "ACCEPTABLE" : "EXCELLENT";
}

audit_result audit_stories(const dj_profile& dj, const story_collection& c, const audit_limits& limits) {
  audit_result out;
  out.stories = c.stories.size();
  out.beats = beats_of(c.stories);
  out.status = beats_status(out.beats, limits);
  count_violations(dj, c.stories, out);
  if (c.candidates > 0) out.false_positive_rate = static_cast<double>(sum(c.false_positives)) / static_cast<double>(c.candidates);
  out.false_positive_status = false_positive_grade(out.false_positive_rate.value_or(0), limits);

  const auto number = [](std::size_t n) { return std::to_string(n); };
  if (out.stories < limits.least_stories)
    out.failures.push_back(number(out.stories) + " stories, " + number(limits.least_stories - out.stories) + " short of " + number(limits.least_stories));
  if (out.beats < limits.least_beats)
    out.failures.push_back(number(out.beats) + " beats, " + number(limits.least_beats - out.beats) + " short of " + number(limits.least_beats));
  else if (out.beats < limits.recommended_beats)
    out.warnings.push_back(number(out.beats) + " beats, " + number(limits.recommended_beats - out.beats) + " short of the recommended " +
                           number(limits.recommended_beats));
  if (out.temporal_violations > 0) out.failures.push_back(number(out.temporal_violations) + " stories of years that the DJ cannot know");
  if (out.regional_violations > 0) out.failures.push_back(number(out.regional_violations) + " stories of foreign regions");
  if (out.false_positive_status != "PASS")
    (out.false_positive_status == "FAIL" ? out.failures : out.warnings)
      .push_back(percent(*out.false_positive_rate) + " of the titles found are no stories");
  return out;
}

ordered_json audit_json(const dj_profile& dj, const story_collection& c, const audit_result& r, const audit_limits& limits) {
  ordered_json j;
  j["dj"] = dj.name;
  j["stories"] = r.stories;
  j["beats"] = r.beats;
  j["status"] = r.status;
  j["passed"] = r.passed();
  j["violations"] = {{"temporal", r.temporal_violations}, {"regional", r.regional_violations}};
  j["false_positive_rate"] = r.false_positive_rate ? ordered_json(*r.false_positive_rate) : ordered_json();
  j["false_positive_status"] = r.false_positive_status;
  j["false_positives"] = counts_json(c.false_positives);
  j["candidates"] = c.candidates;
  j["layers"] = layers_json(c.layers);
  j["refused"] = counts_json(c.refused);
  j["refused_stories"] = refused_json(c.refused_stories);
  j["doubtful_stories"] = refused_json(c.doubtful_stories);
  j["pools"] = pools_json(c.stories);
  j["weights"] = counted(c.stories, {"trivial", "minor", "significant", "epic"}, [](const pooled_story& s) { return s.category; });
  j["tiers"] = counted(c.stories, {"common", "regional", "restricted"}, [](const pooled_story& s) { return s.story.knowledge_tier; });
  j["required"] = {{"stories", limits.least_stories}, {"beats", limits.least_beats}, {"recommended_beats", limits.recommended_beats}};
  j["shortage"] = {{"stories", r.stories < limits.least_stories ? limits.least_stories - r.stories : 0},
                   {"beats", r.beats < limits.least_beats ? limits.least_beats - r.beats : 0}};
  j["failures"] = r.failures;
  j["warnings"] = r.warnings;
  return j;
}

ordered_json quest_pool_json(const dj_profile& dj, const story_collection& c, const audit_result& r, const audit_limits& limits) {
  ordered_json j;
  j["format"] = 1;
  j["dj_name"] = dj.name;
  j["total_stories"] = r.stories;
  j["total_beats"] = r.beats;
  j["distribution"] = pools_json(c.stories);
  j["min_required"] = limits.least_beats;
  j["recommended"] = limits.recommended_beats;
  j["status"] = r.status;
  ordered_json& scored = j["scored_stories"] = ordered_json::array();
  ordered_json& whole = j["stories"] = ordered_json::array();
  for (const auto& s : c.stories) {
    scored.push_back({{"story_id", s.story.story_id},
                      {"title", s.story.title},
                      {"timeline", to_string(s.story.line)},
                      {"acts", s.story.acts.size()},
                      {"narrative_weight", s.weight},
                      {"category", s.category},
                      {"layer", s.layer},
                      {"year_min", s.story.year_min},
                      {"year_max", s.story.year_max},
                      {"region", s.story.region},
                      {"framing", framing_for(dj, s.story)},
                      {"confidence", confidence_of(framing_for(dj, s.story))},
                      {"source", s.source}});
    whole.push_back(ordered_json(nlohmann::json(s.story)));
  }
  return j;
}

} // namespace longwave
