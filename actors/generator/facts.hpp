// What an offline grammar may know of a segment: the plan and the profile as a flat table of ready-worded facts.
//
// Grammars cannot inflect or count, so facts come worded: hours and temperatures as words, lists as "a, b and c".
// A fact without a value is left out, which is what `when` asks with true and false.
//
// Always: type structure language dj dj.name (the full display key) station region. The offline backend adds rejected (on a retry) and beat.plain.
// Broadcasts: hour_word ("six", "noon"), hour_words ("six in the morning", "noon"), next_hour_word, band, daypart
//   ("this morning", "tonight"), season, month, weekday, weekend, first_slot, hourly (there when a run has one
//   segment an hour, which then has to tell the hour), catchphrase (without end mark).
// Weather: weather weather.noun weather.intensity weather.emergency weather.previous_noun weather.change ("same" or
//   "changed") temperature_words temperature_feel (freezing cold cool mild warm hot), and for the next two reports
//   next.weather next.noun next.temperature_words later.weather later.noun later.change (same changed, against next).
// Rumours: gossip.subject gossip.category gossip.stage.
// News: news.subject news.category news.category_words news.wording.
// Stories in a broadcast: beat.title beat.telling beat.summary beat.act_title beat.act_type beat.act_word ("second")
//   beat.total_word ("five") beat.framing beat.tone beat.timeline beat.recap (sentences of the acts before) beat.first
//   beat.last beat.entities beat.themes (those that telling and title do not name already) beat.size (short, long).
//   A beat that refers back to an earlier story: callback.title callback.entity callback.outcome (sentences) callback.when
//   ("yesterday", "three days ago").
// Story runs: template_id template_name skeleton.template_id skeleton.setting skeleton.primary_fear skeleton.antagonist
//   skeleton.mechanism skeleton.twist skeleton.act1 skeleton.act2 skeleton.act3 target_length.
#pragma once

#include "actors/generator/grammar.hpp"
#include "messages/profile.hpp"
#include "messages/segment.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace longwave {

/// Whether a text can ever have a fact of this name: all those listed above.
bool is_known_fact(std::string_view name) noexcept;

/// @param profile  the DJ; a default-made one for story runs
/// Pure; never fails: what a plan lacks is left out.
fact_table facts_of(const segment_plan& plan, const dj_profile& profile);

/// "forty-two", "minus five"; digits beyond 999.
std::string number_in_words(int number);

/// "six in the morning", "noon", "nine at night"; hours count modulo 24.
std::string hour_in_words(int hour);

/// "a", "a and b", "a, b and c"; empty for an empty list.
std::string listed(const std::vector<std::string>& items);

} // namespace longwave
