// The region rule: names that belong to other parts of the country, and the places of a DJ's own.
#pragma once

#include "actors/validator/words.hpp"
#include "messages/profile.hpp"
#include "messages/verdict.hpp"

#include <span>
#include <string_view>
#include <vector>

namespace longwave {

/// Lists the names of other regions: `limits.foreign_names`, or the built-in table for `limits.region`. For a region
/// without a table the names of all tables are listed as doubtful.
void add_region_phrases(phrase_set& phrases, const knowledge_limits& limits);

/// Appends `foreign_name`: critical/regional, or a warning where the region has no table.
void judge_region(const phrase_set& phrases, const std::vector<phrase_hit>& hits, const word_list& words,
                  std::vector<violation>& out);

/// Well-known places of a region, for what a text is about (domain 9); empty for an unknown region.
std::span<const std::string_view> home_places(std::string_view region) noexcept;

} // namespace longwave
