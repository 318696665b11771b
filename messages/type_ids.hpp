// The one list of message types, append only: what may travel between actors.
//
// Messages never leave the process, so none of them is ever serialized: they carry shared pointers to immutable values,
// and a draft's text travels once. CAF is told so by marking each type; sending one over a network would not compile
// into anything but a run-time refusal.
#pragma once

#include "messages/committer.hpp"
#include "messages/generator.hpp"
#include "messages/monitor.hpp"
#include "messages/retry.hpp"
#include "messages/scheduler.hpp"
#include "messages/supervisor.hpp"
#include "messages/validator.hpp"

#include <caf/allowed_unsafe_message_type.hpp>

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(longwave::generate_segment)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(longwave::cancel_generation)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(longwave::probe_backend)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(longwave::answer_arrived)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(longwave::delay_due)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(longwave::validate_draft)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(longwave::attempt_failed)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(longwave::forget_attempt)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(longwave::wait_due)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(longwave::commit_segment)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(longwave::note_attempt)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(longwave::store_run)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(longwave::fence_run)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(longwave::flush_due)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(longwave::prune_run)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(longwave::begin_run)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(longwave::pause_run)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(longwave::resume_run)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(longwave::stop_run)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(longwave::checkpoint_run)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(longwave::order_weather)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(longwave::attempt_moved)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(longwave::draft_accepted)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(longwave::attempt_decided)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(longwave::attempt_waiting)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(longwave::segment_written)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(longwave::segment_committed)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(longwave::attempt_noted)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(longwave::segments_published)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(longwave::get_run_facts)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(longwave::actor_replaced)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(longwave::backend_probed)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(longwave::interval_due)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(longwave::grace_due)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(longwave::commit_again_due)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(longwave::probe_due)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(longwave::run_opened)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(longwave::publish_segment)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(longwave::facts_changed)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(longwave::event_happened)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(longwave::answer_status)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(longwave::finish_publishing)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(longwave::status_due)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(longwave::watch_due)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(longwave::heartbeat_due)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(longwave::submit_run)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(longwave::control_request)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(longwave::stop_engine)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(longwave::run_stored)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(longwave::run_fenced)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(longwave::condition_seen)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(longwave::publishing_finished)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(longwave::run_ended)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(longwave::judge_answered)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(longwave::cancel_judgement)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(longwave::begin_judgement)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(longwave::judgement_due)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(longwave::judgement_begun)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(longwave::draft_made_ahead)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(longwave::unload_run)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(longwave::rest_due)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(longwave::run_parked)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(longwave::run_awake)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(longwave::wake_run)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(longwave::parked_due)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(longwave::rest_offered)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(longwave::run_rests)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(longwave::settle_store)
