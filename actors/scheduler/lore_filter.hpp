// What of a catalogue a DJ may know: time, region, factions, tier and era (domain 2, 11).
#pragma once

#include "messages/lore.hpp"
#include "messages/profile.hpp"

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace longwave {

/// Why a DJ may not know a record.
enum class lore_refusal { none, undated, temporal, regional, faction, tier, era };
inline constexpr lore_refusal all_lore_refusals[] = {lore_refusal::none,    lore_refusal::undated, lore_refusal::temporal,
                                                     lore_refusal::regional, lore_refusal::faction, lore_refusal::tier,
                                                     lore_refusal::era};
std::string_view to_string(lore_refusal r) noexcept;

/// One DJ's filter. Decides in this order, and names the first reason:
///
/// - undated: it has no years. Such a record is kept in the catalogue and told by nobody.
/// - temporal: its last or first year lies after the cutoff, or all of it before `year_min`.
/// - era: it belongs to a later chapter than the cutoff ("wastelanders" for a DJ of 2102).
/// - faction: it names a forbidden faction, one that was founded after the cutoff, or, for a DJ who must not speak of
///   "west coast factions", one of those.
/// - regional: its region is foreign to the DJ's, or neither home nor opened by source, region type or tier.
/// - tier: classified, or restricted for a DJ who has no informants; at home also a tier that `home_tiers` leaves out.
///
/// Immutable once made; usable from any thread.
class lore_filter {
public:
  explicit lore_filter(const dj_profile& dj);

  lore_refusal judge(const lore_glance& facts) const;

private:
  bool foreign(std::string_view region) const;
  bool home(std::string_view region) const;
  lore_refusal judge_place(const lore_glance& facts) const;

  knowledge_limits limits_;
  lore_reach reach_;
  bool west_coast_forbidden_ = false;
  std::set<std::string> forbidden_; ///< names as `find_faction` gives them, lower case where it knows none
  std::set<std::string> foreign_;
  std::string home_;
};

/// The first year of a chapter of the setting ("wastelanders"), or of a game ("fallout 76"); empty for others.
std::optional<int> first_year_of_era(std::string_view era);

} // namespace longwave
