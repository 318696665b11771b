// Field by field in the names that readers of these files know.
#include "actors/scheduler/story_metadata.hpp"

#include "actors/scheduler/story_registry.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>

namespace longwave {

namespace {

std::size_t characters(const std::string& text) {
  // Continuation bytes of UTF-8 are 10xxxxxx; every other byte starts a character.
  return static_cast<std::size_t>(
    std::count_if(text.begin(), text.end(), [](unsigned char c) { return (c & 0xc0) != 0x80; }));
}

std::string first_sentence(const std::string& text) {
  const auto start = text.rfind("# ", 0) == 0 ? std::min(text.find('\n'), text.size()) : 0;
  const auto from = text.find_first_not_of("\n ", start);
  if (from == std::string::npos) return {};
  const auto to = text.find_first_of(".!?\n", from);
  auto sentence = text.substr(from, to == std::string::npos ? std::string::npos : to - from + 1);
  while (characters(sentence) > 200) {
    do sentence.pop_back();
    while (!sentence.empty() && (static_cast<unsigned char>(sentence.back()) & 0xc0) == 0x80);
  }
  return sentence;
}

} // namespace

nlohmann::json story_metadata(const segment_record& record, const segment_plan& plan, const run_config& config,
                              const std::optional<similarity_observation>& similarity) {
  const auto length = characters(record.text);
  nlohmann::json j;
  j["generated_at"] = record.accepted_at;
  j["model"] = config.model.empty() ? nlohmann::json(nullptr) : nlohmann::json(config.model);
  j["provider"] = config.backend;
  j["run_id"] = config.run_id;
  j["seq"] = record.seq;
  j["template_used"] = record.template_id;
  j["skeleton_template"] = nullptr;
  if (plan.skeleton) {
    const auto& s = *plan.skeleton;
    j["skeleton_template"] = {{"template_id", s.template_id},
                              {"template_name", s.template_name},
                              {"canonical_core",
                               {{"setting", s.setting},
                                {"primary_fear", s.primary_fear},
                                {"antagonist", s.antagonist},
                                {"mechanism", s.mechanism},
                                {"twist", s.twist}}}};
  }
  j["custom_request"] = nullptr;
  j["config"] = {{"max_tokens", std::max(8'192, config.target_length * 2)}, {"temperature", 0.8}};
  j["word_count"] = length;
  j["usage"] = record.usage ? nlohmann::json(*record.usage) : nlohmann::json(nullptr);
  const bool wanted = config.target_length > 0;
  j["generation"] = {{"target_length", wanted ? nlohmann::json(config.target_length) : nlohmann::json(nullptr)},
                     {"actual_length", length},
                     {"length_delta", wanted ? nlohmann::json(static_cast<std::int64_t>(length) - config.target_length)
                                             : nlohmann::json(nullptr)}};
  j["title"] = record.title;
  j["language"] = plan.language;
  j["tags"] = {"호러", "horror"};
  if (plan.skeleton) j["tags"].push_back(plan.skeleton->primary_fear);
  j["genre"] = "horror";
  j["description"] = first_sentence(record.text);
  j["similarity_observation"] = similarity ? nlohmann::json(*similarity) : nlohmann::json(nullptr);
  j["dedup"] = {{"enabled", config.dedup_enabled},
                {"similarity_method", "word_jaccard"},
                {"attempts", record.attempts},
                {"story_signature", plan.skeleton ? nlohmann::json(story_signature(core_of(*plan.skeleton))) : nlohmann::json(nullptr)}};
  j["research_used"] = nlohmann::json::array();
  return j;
}

} // namespace longwave
