// The accepted stories that a story run remembers, so that none is told twice (domain 14).
#pragma once

#include "actors/validator/story_similarity.hpp"

#include <nlohmann/json_fwd.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace longwave {

/// SHA-256, lower-case hex, of the compact sorted JSON {"canonical_core":{...},"research_used":[...]} with the core's
/// terms under the names setting_archetype, primary_fear, antagonist_archetype, threat_mechanism and twist_family, and the
/// research sorted (domain 14). Two stories with one signature are built on the same idea.
std::string story_signature(const canonical_core& core, std::vector<std::string> research_used = {});

/// A ring of the newest stories: at most `capacity` are remembered, in memory and in the store alike. Plain value; the
/// snapshots that it hands out never change.
class story_registry {
public:
  /// @param capacity  how many stories are remembered (`--load-history`), at least 1
  /// @param elsewhere stories of other runs that count as told (`--registry shared`), oldest first; not saved with this run
  explicit story_registry(std::size_t capacity, story_memory elsewhere = {});

  void add(known_story story);

  /// Everything that is remembered, oldest first.
  std::shared_ptr<const story_memory> snapshot() const;

  /// True when a remembered story has this signature.
  bool told(const std::string& signature) const;

  std::vector<std::string> take_changed();
  std::vector<std::string> piece_names() const;
  /// A piece is named "registry/<place in the ring>".
  nlohmann::json piece(const std::string& name) const;
  /// Throws nlohmann::json::exception when the piece is malformed.
  void load(const nlohmann::json& piece);

  /// For a person: id, title, template, signature of each story of this run, oldest first.
  nlohmann::json view() const;

private:
  std::string place_of(std::uint64_t seq) const;

  std::size_t capacity_;
  story_memory elsewhere_;
  /// By segment number, at most `capacity_`.
  story_memory own_;
  mutable std::shared_ptr<const story_memory> snapshot_;
  std::vector<std::string> changed_;
};

/// A known story as JSON; word hashes packed as base64.
void to_json(nlohmann::json& j, const known_story& s);
void from_json(const nlohmann::json& j, known_story& s);

} // namespace longwave
