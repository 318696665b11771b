// The offline backend: sound text of the right form from a pack's grammar, without any model server.
//
// Broadcasts: expands `script.<type>.<structure>` of the grammar of the plan's language. A call with feedback obeys it:
// alternatives that contain the evidence of a violation are not chosen while others fit, and after a violation of
// `story_incorporation` the fact `beat.plain` is set, upon which a grammar tells the beat's summary as well.
//
// It also listens to what was on the air: alternatives with names that rest (`generation_call::resting`) are not chosen
// while others fit, and a draft that begins as one of the last did, or shares half of its words with one of the run's
// texts (`heard`), is drawn anew, up to eight times.
//
// Story runs: "# " and the rule `title`, then the paragraphs
//
//   story.open, story.act1, paragraph..., story.act2, paragraph..., story.act3, story.close
//
// separated by blank lines. `paragraph` is expanded, in both places in turn, until the text has the plan's
// `target_length` in characters (within 10 % where the sentences allow it), or without a target at least 600 words, in
// Korean 1,500 characters. A target below what the five parts need keeps the first sentences of each; below those, act
// 2 and then act 1 are left out. Extra paragraphs do not repeat an alternative of any rule while others fit. Grammars are
// defined over the facts listed in facts.hpp.
//
// Same plan, seed, seq and rejected drafts: same bytes. Usage counts the words of both prompts and of the text.
#pragma once

#include "actors/generator/backends/backend.hpp"
#include "actors/generator/facts.hpp"
#include "actors/generator/grammar.hpp"

#include <span>
#include <string>

namespace longwave {

/// One story of a story run; see above.
/// @param target_length  characters; 0 = the default length
/// @return what `expander` returns for a rule that is missing or does not fit
result<std::string> tell_story(const grammar& g, const fact_table& facts, expansion_key key, int target_length,
                               std::span<const std::string> avoid = {});

/// What to keep out of the next draft: the violations' evidence, split at commas and semicolons, without long passages
/// (no alternative can contain them).
std::vector<std::string> avoided_phrases(const std::vector<violation>& feedback);

} // namespace longwave
