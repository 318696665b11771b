// Everything a run needs besides its state: configuration, content, rules, source of text. Immutable, shared.
#pragma once

#include "actors/clock.hpp"
#include "actors/generator/backends/backend.hpp"
#include "actors/generator/backends/fault_plan.hpp"
#include "actors/validator/rules.hpp"
#include "messages/pack.hpp"
#include "messages/profile.hpp"
#include "messages/run_config.hpp"

#include <memory>

namespace longwave {

class prompt_templates;

struct run_setup {
  std::shared_ptr<const run_config> config;
  std::shared_ptr<const content_pack> pack;
  /// Null for story runs.
  std::shared_ptr<const dj_profile> profile;
  std::shared_ptr<const rule_context> rules;
  /// The pack's prompt templates; null = the built-in ones.
  std::shared_ptr<const prompt_templates> prompts;
  std::shared_ptr<backend> source;
  /// The model that judges drafts; null where none does.
  std::shared_ptr<backend> judge;
  std::shared_ptr<const fault_plan> faults;
  std::shared_ptr<const host_clock> clock;
  /// The next segment may be made while this one is being committed: a call costs nothing and is the same when it is made
  /// again, and no fault plan counts it. True for the offline backend without a fault plan.
  bool works_ahead = false;
};

} // namespace longwave
