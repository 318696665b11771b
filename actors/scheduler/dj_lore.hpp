// What one DJ may know of a catalogue, to be asked for by words.
#pragma once

#include "actors/validator/rules.hpp"
#include "messages/lore.hpp"
#include "messages/profile.hpp"

#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace longwave {

/// How the DJ knows a record (domain 2): `archive` what a source tells that only the profile opens (an old file found),
/// `memory` what ended before the war, `direct` what is from home or common knowledge, else `hearsay`.
std::string_view framing_of(const dj_profile& dj, const lore_record& record);

/// A catalogue through a DJ's filter: `lore_filter` on time, region, factions, tier and era once for all records, game
/// pages (`excluded`) left out; and for each passage the critical rules over its text, because a prompt that names what
/// must not be named gets answers that name it. Usable from any thread.
class dj_lore final : public lore_source {
public:
  /// Fails as `lore_catalogue::each` does.
  static result<std::shared_ptr<dj_lore>> make(std::shared_ptr<const lore_catalogue> catalogue, dj_profile dj);

  result<std::vector<lore_hit>> find(const lore_query& query) const override;
  result<std::optional<lore_passage>> passage(std::uint64_t number, std::size_t bytes) const override;

  /// Records that pass the filter.
  std::size_t known() const noexcept { return known_; }

private:
  dj_lore(std::shared_ptr<const lore_catalogue> catalogue, dj_profile dj);

  std::shared_ptr<const lore_catalogue> catalogue_;
  dj_profile dj_;
  rule_context rules_;
  std::vector<bool> open_; ///< by number
  std::size_t known_ = 0;
};

} // namespace longwave
