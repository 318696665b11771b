// The lore rules: factions and topics that a DJ must not speak of.
#pragma once

#include "actors/validator/words.hpp"
#include "messages/profile.hpp"
#include "messages/verdict.hpp"

#include <vector>

namespace longwave {

/// Lists the forbidden factions and topics of a DJ.
///
/// contract 8.34: a listed name with a capital matches only so capitalised, a listed plural the plural alone. Other
/// topics match in any case and in the plural too.
void add_lore_phrases(phrase_set& phrases, const knowledge_limits& limits);

/// Appends `forbidden_faction` and `forbidden_topic`, critical, once for each listed name.
void judge_lore(const phrase_set& phrases, const std::vector<phrase_hit>& hits, const word_list& words,
                std::vector<violation>& out);

} // namespace longwave
