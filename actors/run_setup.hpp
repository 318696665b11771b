// Everything a run needs besides its state: configuration, content, rules, source of text. Immutable, shared.
#pragma once

#include "actors/clock.hpp"
#include "actors/generator/backends/backend.hpp"
#include "actors/generator/backends/fault_plan.hpp"
#include "actors/validator/rules.hpp"
#include "actors/validator/story_similarity.hpp"
#include "messages/lore.hpp"
#include "messages/pack.hpp"
#include "messages/profile.hpp"
#include "messages/run_config.hpp"

#include <memory>

namespace longwave {

class prompt_templates;

struct run_setup {
  std::shared_ptr<const run_config> config;
  /// With the stories of a catalogue or quest pool, where the run has one.
  std::shared_ptr<const content_pack> pack;
  /// What the DJ may know of the run's catalogue; null without one.
  std::shared_ptr<const lore_source> lore;
  /// Null for story runs.
  std::shared_ptr<const dj_profile> profile;
  std::shared_ptr<const rule_context> rules;
  /// The pack's prompt templates; null = the built-in ones.
  std::shared_ptr<const prompt_templates> prompts;
  /// What "system" says in the run's language: the same for every call. Null = rendered for each call.
  std::shared_ptr<const std::string> system_prompt;
  std::shared_ptr<backend> source;
  /// The model that judges drafts; null where none does.
  std::shared_ptr<backend> judge;
  std::shared_ptr<const fault_plan> faults;
  std::shared_ptr<const host_clock> clock;
  /// Stories of other runs that count as told (`--registry shared`), oldest first.
  story_memory elsewhere;
  /// The next segment may be made while this one is being committed: a call costs nothing and is the same when it is made
  /// again, and no fault plan counts it. True for the offline backend without a fault plan.
  bool works_ahead = false;
};

} // namespace longwave
