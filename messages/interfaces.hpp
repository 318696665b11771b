// The map of the actors: the typed interface of each of the seven, in one place to read first.
#pragma once

#include "messages/type_ids.hpp"

#include <caf/stateful_actor.hpp>
#include <caf/typed_actor.hpp>
#include <caf/typed_event_based_actor.hpp>

namespace longwave {

/// Turns one plan into one draft through a backend; never judges it.
using generator_actor = caf::typed_actor<caf::reacts_to<generate_segment>, caf::reacts_to<cancel_generation>,
                                         caf::reacts_to<probe_backend>, caf::reacts_to<answer_arrived>,
                                         caf::reacts_to<delay_due>>;

/// Turns one draft into one verdict; never asks for another draft.
using validator_actor =
  caf::typed_actor<caf::reacts_to<validate_draft>, caf::reacts_to<judge_answered>, caf::reacts_to<judgement_due>,
                   caf::reacts_to<begin_judgement>, caf::reacts_to<cancel_judgement>>;

/// Decides what follows a failed attempt and lets the wait pass; the only retry layer.
using retry_actor =
  caf::typed_actor<caf::reacts_to<attempt_failed>, caf::reacts_to<forget_attempt>, caf::reacts_to<wait_due>>;

/// The one way into the store.
using committer_actor =
  caf::typed_actor<caf::reacts_to<commit_segment>, caf::reacts_to<note_attempt>, caf::reacts_to<store_run>,
                   caf::reacts_to<fence_run>, caf::reacts_to<prune_run>, caf::reacts_to<flush_due>,
                   caf::reacts_to<settle_store>>;

/// Owns one run: what comes next, in strict order, in simulated time.
using scheduler_actor =
  caf::typed_actor<caf::reacts_to<begin_run>, caf::reacts_to<pause_run>, caf::reacts_to<resume_run>,
                   caf::reacts_to<stop_run>, caf::reacts_to<checkpoint_run>, caf::reacts_to<order_weather>,
                   caf::reacts_to<attempt_moved>, caf::reacts_to<judgement_begun>, caf::reacts_to<draft_made_ahead>,
                   caf::reacts_to<draft_accepted>, caf::reacts_to<attempt_decided>, caf::reacts_to<attempt_waiting>,
                   caf::reacts_to<segment_written>, caf::reacts_to<segment_committed>, caf::reacts_to<attempt_noted>,
                   caf::reacts_to<segments_published>, caf::reacts_to<get_run_facts>, caf::reacts_to<actor_replaced>, caf::reacts_to<backend_probed>,
                   caf::reacts_to<interval_due>, caf::reacts_to<grace_due>, caf::reacts_to<commit_again_due>,
                   caf::reacts_to<probe_due>, caf::reacts_to<answer_status>, caf::reacts_to<unload_run>,
                   caf::reacts_to<rest_due>>;

/// Publishes what is committed and shows how runs stand; reads, never decides.
using monitor_actor =
  caf::typed_actor<caf::reacts_to<run_opened>, caf::reacts_to<publish_segment>, caf::reacts_to<facts_changed>,
                   caf::reacts_to<event_happened>, caf::reacts_to<answer_status>, caf::reacts_to<finish_publishing>,
                   caf::reacts_to<status_due>, caf::reacts_to<watch_due>, caf::reacts_to<heartbeat_due>,
                   caf::reacts_to<rest_offered>, caf::reacts_to<run_rests>>;

/// Starts, steers, restarts and ends everything.
using supervisor_actor =
  caf::typed_actor<caf::reacts_to<submit_run>, caf::reacts_to<control_request>, caf::reacts_to<stop_engine>,
                   caf::reacts_to<run_stored>, caf::reacts_to<run_fenced>, caf::reacts_to<condition_seen>,
                   caf::reacts_to<publishing_finished>, caf::reacts_to<run_ended>, caf::reacts_to<rest_offered>,
                   caf::reacts_to<run_parked>, caf::reacts_to<run_awake>, caf::reacts_to<wake_run>,
                   caf::reacts_to<parked_due>, caf::reacts_to<segment_committed>>;

} // namespace longwave
