// The filter is applied once, when the run begins.
#include "actors/scheduler/dj_lore.hpp"

#include "actors/scheduler/lore_filter.hpp"
#include "actors/scheduler/lore_regions.hpp"
#include "messages/ascii_case.hpp"
#include "messages/passage_text.hpp"

#include <algorithm>

namespace longwave {

namespace {

/// The last year before the war.
constexpr int war_year = 2077;

bool names_it(const std::vector<std::string>& names, std::string_view wanted) {
  const auto key = ascii_lower(wanted);
  return std::any_of(names.begin(), names.end(), [&](const auto& n) { return ascii_lower(n) == key; });
}

} // namespace

std::string_view framing_of(const dj_profile& dj, const lore_record& record) {
  const auto& reach = dj.knowledge.lore;
  if (!record.info_source.empty() && names_it(reach.info_sources, record.info_source)) return "archive";
  if (record.pre_war || (record.year_max && *record.year_max <= war_year)) return "memory";
  const bool home = same_region(record.region, dj.knowledge.region) ||
                    std::any_of(reach.regions.begin(), reach.regions.end(), [&](const auto& r) { return same_region(r, record.region); });
  if (home || (names_it({"common"}, record.tier) && names_it(reach.tiers, record.tier))) return "direct";
  return "hearsay";
}

dj_lore::dj_lore(std::shared_ptr<const lore_catalogue> catalogue, dj_profile dj)
  : catalogue_(std::move(catalogue)), dj_(std::move(dj)), rules_(dj_), open_(catalogue_->size() + 1, false) {}

result<std::shared_ptr<dj_lore>> dj_lore::make(std::shared_ptr<const lore_catalogue> catalogue, dj_profile dj) {
  std::shared_ptr<dj_lore> made(new dj_lore(std::move(catalogue), std::move(dj)));
  const lore_filter filter(made->dj_);
  auto seen = made->catalogue_->each([&](const lore_glance& g) {
    if (!g.excluded.empty() || filter.judge(g) != lore_refusal::none) return;
    if (g.number >= made->open_.size()) made->open_.resize(g.number + 1, false);
    made->open_[g.number] = true;
    ++made->known_;
  });
  if (!seen) return seen.error();
  return made;
}

result<std::vector<lore_hit>> dj_lore::find(const lore_query& query) const {
  return catalogue_->search(query.words, query.limit, [this](std::uint64_t n) { return n < open_.size() && open_[n]; });
}

result<std::optional<lore_passage>> dj_lore::passage(std::uint64_t number, std::size_t bytes) const {
  auto found = catalogue_->record(number);
  if (!found) return found.error();
  const auto& record = found.value();
  lore_passage p;
  p.id = record.id;
  p.title = passage_text(record.title, 200);
  p.text = passage_text(record.summary.empty() || !record.text.empty() ? record.text : record.summary, bytes);
  if (p.text.empty()) return std::optional<lore_passage>();
  segment_plan plan;
  const auto judged = judge_text(rules_, plan, p.title + ". " + p.text, repetition_window{});
  if (std::any_of(judged.violations.begin(), judged.violations.end(), [](const violation& v) { return v.level == severity::critical; }))
    return std::optional<lore_passage>();
  if (!record.layer.empty()) p.layer = record.layer;
  p.framing = framing_of(dj_, record);
  p.source = record.source + (record.line_number > 0 ? ":" + std::to_string(record.line_number) : std::string());
  p.number = number;
  return std::optional<lore_passage>(std::move(p));
}

} // namespace longwave
