// How a record came about, as the text that lies beside it in the store: read by `why` and by a start.
#pragma once

#include "actors/retry/outcome.hpp"
#include "actors/validator/repetition.hpp"
#include "messages/segment.hpp"

#include <cstdint>
#include <string>
#include <string_view>

namespace longwave {

/// {"answer","answered_by","attempts","calls","digest","discarded","metadata","plan"}: compact JSON with sorted names, made without a document, because every
/// segment has one. Pure.
/// @param calls    number of the run's last call for this segment
/// @param digest   what the repetition window remembers of the text; null for a skipped segment
/// @param answered_by {"endpoint","model"} as JSON, where a server wrote the text; empty for none
/// @param metadata a story's metadata as JSON; empty for none
/// @param answered_by who wrote the text, {"endpoint","model"} as JSON; empty for the offline grammar and skipped ones
/// @param answer    evidence of the accepted answer (retry/evidence.hpp); empty for a plain one
/// @param discarded drafts that were made before their turn and thrown away, a JSON array; empty for none
std::string provenance_text(const segment_plan& plan, const attempt_state& attempts, std::uint64_t calls,
                            const recent_text* digest, std::string_view metadata, std::string_view answered_by = {},
                            std::string_view answer = {}, std::string_view discarded = {});

/// The digest's JSON inside such a text, empty when there is none: a start reads a thousand digests and nothing else.
std::string_view digest_part(std::string_view provenance) noexcept;

} // namespace longwave
