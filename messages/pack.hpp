// A pack in memory: profiles, stories, skeletons and the offline grammar, as read and checked by storage/pack_folder.
#pragma once

#include "messages/profile.hpp"
#include "messages/story.hpp"

#include <nlohmann/json.hpp>

#include <filesystem>
#include <map>
#include <string>
#include <vector>

namespace longwave {

/// Subjects for one rumour or news category.
struct topic_list {
  std::string category;
  std::vector<std::string> subjects;
};

/// Everything a run needs from its pack. Immutable once loaded; shared by all actors.
struct content_pack {
  std::filesystem::path folder;
  std::string name;
  std::string title;
  std::string version;
  /// "broadcast" or "stories".
  std::string kind;
  std::vector<dj_profile> profiles;
  std::vector<story_record> stories;
  std::vector<story_skeleton> skeletons;
  std::vector<topic_list> gossip;
  std::vector<topic_list> news;
  /// The offline grammar, one a language ("en", "ko"): see actors/generator/grammar.hpp.
  std::map<std::string, nlohmann::json> grammars;
  /// Prompt templates (mustache) and their parts by name: see actors/generator/prompt_templates.hpp.
  std::map<std::string, std::string> prompts;
  /// SHA-256 over all files of the pack in name order, hex. Part of a run's fingerprint.
  std::string content_hash;
};

} // namespace longwave
