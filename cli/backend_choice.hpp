// From a run's configuration to the source of its text.
#pragma once

#include "actors/generator/backends/backend.hpp"
#include "messages/error.hpp"
#include "messages/pack.hpp"
#include "messages/run_config.hpp"

#include <memory>
#include <vector>

namespace longwave::cli {

/// The servers that a configuration names, each with what is its own and else with the run's kind, model, clocks and key.
/// Fails with bad_config when there is none, a model is missing, or a URL, setting or key file cannot be used.
result<std::vector<endpoint_options>> endpoints_of(const run_config& config);

/// The backend of a run: the offline grammar, or a pool of its servers. Nothing is asked yet.
result<std::shared_ptr<backend>> make_backend(const run_config& config, std::shared_ptr<const content_pack> pack);

/// The configuration that the judge's calls are made with: its own settings, and where it has none the run's.
run_config judge_config(const run_config& config);

/// The model that judges drafts: its own settings, and where it has none the run's. Null in mode `rules` or without
/// validation. Nothing is asked yet.
result<std::shared_ptr<backend>> make_judge(const run_config& config, std::shared_ptr<const content_pack> pack);

/// Whether drafts can be made before their turn: there is a judge; with `--speculate` it is not the one server that writes
/// too and takes one call at a time; with `--judge-batch` there is more than one draft to gather, and no `--speculate`.
/// Fails with bad_config.
result<void> check_drafts_ahead(const run_config& config, bool judged);

} // namespace longwave::cli
