// Turns the records of one title into a story that a run can tell (domain 11).
#pragma once

#include "messages/lore.hpp"
#include "messages/story.hpp"

#include <optional>
#include <string>
#include <vector>

namespace longwave {

/// Builds a story from the chunks of one title, which may come in any order. Empty when all of them are boilerplate.
///
/// One chunk makes one act, two make setup and resolution, three or more an arc of five acts with the conflicts .2 .5
/// .8 .5 .3 (and .2 more on rising and climax where the text speaks of fighting). A record with acts of its own keeps
/// them. The years are the earliest and the latest of the chunks; the timeline follows from weight and acts
/// (domain 10: assigned, not filtered) unless the record names one. Pure: same records, same story.
std::optional<story_record> make_story(std::vector<const lore_record*> chunks);

/// The timeline that a narrative weight and a number of acts give: 8 and more yearly (from seven acts) or monthly, 6
/// and more monthly (from five acts) or weekly, 3 and more weekly (from three acts) or daily, else daily.
timeline timeline_for_story(double narrative_weight, std::size_t acts) noexcept;

/// True for an arc that can be told as one: at least two acts of two types, first a setup, last climax or resolution.
bool is_valid_arc(const story_record& story);

/// A text as sentences, each with its end mark.
std::vector<std::string> sentences_of(std::string_view text);

} // namespace longwave
