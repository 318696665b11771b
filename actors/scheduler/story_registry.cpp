// A ring of stories, one saved piece each.
#include "actors/scheduler/story_registry.hpp"

#include "actors/validator/packed_hashes.hpp"
#include "storage/chain.hpp"

#include <algorithm>

namespace longwave {

namespace {

constexpr std::string_view prefix = "registry/";

bool earlier(const std::shared_ptr<const known_story>& a, const std::shared_ptr<const known_story>& b) {
  return a->seq < b->seq;
}

} // namespace

std::string story_signature(const canonical_core& core, std::vector<std::string> research_used) {
  std::sort(research_used.begin(), research_used.end());
  const nlohmann::json idea{{"canonical_core",
                             {{"setting_archetype", core[0]},
                              {"primary_fear", core[1]},
                              {"antagonist_archetype", core[2]},
                              {"threat_mechanism", core[3]},
                              {"twist_family", core[4]}}},
                            {"research_used", research_used}};
  return storage::sha256_hex(idea.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace));
}

story_registry::story_registry(std::size_t capacity, story_memory elsewhere)
  : capacity_(std::max<std::size_t>(capacity, 1)), elsewhere_(std::move(elsewhere)) {
  if (elsewhere_.size() > capacity_) elsewhere_.erase(elsewhere_.begin(), elsewhere_.end() - static_cast<std::ptrdiff_t>(capacity_));
}

std::string story_registry::place_of(std::uint64_t seq) const {
  return std::string(prefix) + std::to_string(seq % capacity_);
}

void story_registry::add(known_story story) {
  changed_.push_back(place_of(story.seq));
  // A story replaces the one that had its place in the ring; skipped numbers leave older ones standing for a while.
  std::erase_if(own_, [&](const auto& s) { return place_of(s->seq) == place_of(story.seq); });
  own_.push_back(std::make_shared<const known_story>(std::move(story)));
  snapshot_.reset();
}

std::shared_ptr<const story_memory> story_registry::snapshot() const {
  if (snapshot_) return snapshot_;
  auto all = std::make_shared<story_memory>(elsewhere_);
  all->insert(all->end(), own_.begin(), own_.end());
  if (all->size() > capacity_) all->erase(all->begin(), all->end() - static_cast<std::ptrdiff_t>(capacity_));
  snapshot_ = std::move(all);
  return snapshot_;
}

bool story_registry::told(const std::string& signature) const {
  const auto all = snapshot();
  return std::any_of(all->begin(), all->end(), [&](const auto& s) { return s->signature == signature; });
}

std::vector<std::string> story_registry::take_changed() { return std::exchange(changed_, {}); }

std::vector<std::string> story_registry::piece_names() const {
  std::vector<std::string> names;
  for (const auto& s : own_) names.push_back(place_of(s->seq));
  return names;
}

nlohmann::json story_registry::piece(const std::string& name) const {
  for (const auto& s : own_)
    if (place_of(s->seq) == name) return *s;
  return nullptr;
}

void story_registry::load(const nlohmann::json& piece) {
  auto story = std::make_shared<const known_story>(piece.get<known_story>());
  own_.insert(std::upper_bound(own_.begin(), own_.end(), story, earlier), std::move(story));
  snapshot_.reset();
}

nlohmann::json story_registry::view() const {
  nlohmann::json list = nlohmann::json::array();
  for (const auto& s : own_)
    list.push_back({{"seq", s->seq}, {"id", s->id}, {"title", s->title}, {"template_id", s->template_id},
                    {"story_signature", s->signature}});
  return list;
}

void to_json(nlohmann::json& j, const known_story& s) {
  j = nlohmann::json{{"id", s.id},     {"run", s.run},   {"seq", s.seq},
                     {"title", s.title}, {"template_id", s.template_id}, {"signature", s.signature},
                     {"core", s.core}, {"words", packed<std::uint32_t>(s.words)}};
}

void from_json(const nlohmann::json& j, known_story& s) {
  j.at("id").get_to(s.id);
  j.at("run").get_to(s.run);
  j.at("seq").get_to(s.seq);
  j.at("title").get_to(s.title);
  j.at("template_id").get_to(s.template_id);
  j.at("signature").get_to(s.signature);
  j.at("core").get_to(s.core);
  s.words = unpacked<std::uint32_t>(j.at("words"));
}

} // namespace longwave
