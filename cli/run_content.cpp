// Pack, catalogue and pool put together.
#include "cli/run_content.hpp"

#include "actors/scheduler/story_audit.hpp"
#include "cli/lore_import.hpp"
#include "cli/pack_search.hpp"
#include "cli/quest_pool.hpp"
#include "storage/chain.hpp"

#include <algorithm>
#include <set>

namespace longwave::cli {

namespace {

void cover(content_pack& pack, const std::string& part, const std::string& hash) {
  pack.content_hash = storage::sha256_hex(pack.content_hash + "\n" + part + " " + hash);
}

result<void> add_catalogue(run_content& content, const std::string& where) {
  auto catalogue = open_catalogue(where, false);
  if (!catalogue) return catalogue.error();
  content.catalogue = std::move(catalogue.value());
  auto found = collect_stories(*content.dj, {}, content.pack.name, content.catalogue.get());
  if (!found) return found.error();
  for (auto& story : found.value().refused_stories) content.refused.push_back(std::move(story));
  auto& stories = found.value().stories;
  std::stable_sort(stories.begin(), stories.end(), [](const auto& a, const auto& b) { return a.weight > b.weight; });
  if (stories.size() > most_catalogue_stories) stories.resize(most_catalogue_stories);
  std::set<std::string> ids;
  for (const auto& s : content.pack.stories) ids.insert(s.story_id);
  for (auto& s : stories)
    if (ids.insert(s.story.story_id).second) content.pack.stories.push_back(std::move(s.story));
  cover(content.pack, "lore", content.catalogue->content_hash());
  return ok();
}

} // namespace

result<run_content> load_run_content(const run_config& config) {
  run_content content;
  auto pack = pack_for(config.pack, config.dj, config.kind);
  if (!pack) return pack.error();
  content.pack = std::move(pack.value());
  if (config.kind != run_kind::broadcast) return content;
  auto dj = resolve_dj(content.pack, config.dj);
  if (!dj) return dj.error();
  content.dj = std::make_shared<const dj_profile>(std::move(dj.value()));
  content.refused = take_out_contradictions(content.pack.stories, content.pack.name);
  if (!config.lore.empty())
    if (auto added = add_catalogue(content, config.lore); !added) return added.error();
  if (config.quest_pool.empty()) return content;
  auto pool = read_quest_pool(config.quest_pool, content.pack.stories);
  if (!pool) return pool.error();
  if (!pool.value().dj.empty() && pool.value().dj != content.dj->name)
    return failure{error_code::bad_input, "cannot use quest pool " + config.quest_pool, "it is for " + pool.value().dj + ", not for " + content.dj->name,
                   "write one with `longwave audit --dj`"};
  content.pack.stories = std::move(pool.value().stories);
  content.refused = take_out_contradictions(content.pack.stories, config.quest_pool);
  cover(content.pack, "pool", pool.value().hash);
  return content;
}

result<std::vector<refused_story>> stories_not_told(const run_config& config) {
  auto content = load_run_content(config);
  if (!content) return content.error();
  auto& list = content.value().refused;
  if (!content.value().dj) return std::move(list);
  // What the pool of a run leaves out without a word: stories of other regions and times.
  auto told = collect_stories(*content.value().dj, content.value().pack.stories, content.value().pack.name, nullptr);
  if (!told) return told.error();
  for (auto& story : told.value().refused_stories)
    if (story.reason != "undated" && story.reason != "forbidden_text") list.push_back(std::move(story));
  return std::move(list);
}

} // namespace longwave::cli
