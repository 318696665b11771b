// The description is data, kept next to the routes it describes.
#include "cli/openapi.hpp"

namespace longwave::cli {

namespace {

constexpr std::string_view document = R"json({
  "openapi": "3.1.0",
  "info": {
    "title": "Longwave control API",
    "version": "1",
    "description": "Steers and watches the runs of one engine, over its Unix socket or TCP."
  },
  "components": {
    "parameters": {
      "id": {"name": "id", "in": "path", "required": true, "description": "The run's id.",
             "schema": {"type": "string", "pattern": "^[a-z0-9][a-z0-9._-]{0,63}$"}}
    },
    "schemas": {
      "status": {"type": "object", "required": ["schema_version", "run_id", "kind", "state", "pause_reasons", "progress"],
        "properties": {
          "schema_version": {"const": 1}, "run_id": {"type": "string"}, "kind": {"enum": ["broadcast", "stories"]},
          "state": {"enum": ["starting", "running", "pausing", "paused", "stopping", "stopped", "completed", "aborted", "failed", "interrupted"]},
          "state_reason": {"type": ["string", "null"]}, "pause_reasons": {"type": "array", "items": {"type": "string"}},
          "progress": {"type": "object"}, "eta_seconds": {"type": ["number", "null"]}}},
      "problem": {"type": "object", "required": ["type", "title", "status"],
        "properties": {"type": {"type": "string"}, "title": {"type": "string"}, "status": {"type": "integer"},
                       "detail": {"type": "string"}}}
    },
    "responses": {
      "status": {"description": "The run's status.", "content": {"application/json": {"schema": {"$ref": "#/components/schemas/status"}}}},
      "problem": {"description": "Why not.", "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/problem"}}}}
    },
    "securitySchemes": {"token": {"type": "http", "scheme": "bearer", "description": "On TCP when a token file is given; 401 without it. Requests with a foreign Host or Origin are 403."}}
  },
  "security": [{}, {"token": []}],
  "paths": {
    "/": {"get": {"summary": "The dashboard: one page that needs nothing else. Answered without the token, which it asks for.",
      "responses": {"200": {"description": "The page.", "content": {"text/html": {}}}}}},
    "/metrics": {"get": {"summary": "Counters and figures in Prometheus' text format 0.0.4. Counters begin with the engine; what is not known has no line.",
      "responses": {"200": {"description": "The page.", "content": {"text/plain": {}}}, "default": {"$ref": "#/components/responses/problem"}}}},
    "/v1/status": {"get": {"summary": "The engine: pid, version, number of runs.",
      "responses": {"200": {"description": "The engine."}, "default": {"$ref": "#/components/responses/problem"}}}},
    "/v1/runs": {
      "get": {"summary": "All runs of this engine.",
        "responses": {"200": {"description": "A list of statuses.", "content": {"application/json": {"schema":
          {"type": "array", "items": {"$ref": "#/components/schemas/status"}}}}}}},
      "post": {"summary": "Starts a run.",
        "requestBody": {"required": true, "content": {"application/json": {"schema": {"type": "object", "required": ["kind"],
          "properties": {"kind": {"enum": ["broadcast", "stories"]}},
          "description": "The verb's long options as keys, a hyphen written as an underscore."}}}},
        "responses": {"201": {"$ref": "#/components/responses/status"}, "default": {"$ref": "#/components/responses/problem"}}}},
    "/v1/runs/{id}": {"parameters": [{"$ref": "#/components/parameters/id"}],
      "get": {"summary": "One run.", "responses": {"200": {"$ref": "#/components/responses/status"}, "default": {"$ref": "#/components/responses/problem"}}}},
    "/v1/runs/{id}/pause": {"parameters": [{"$ref": "#/components/parameters/id"}],
      "post": {"summary": "Pauses; once more changes nothing.",
        "requestBody": {"content": {"application/json": {"schema": {"type": "object", "properties": {"reason": {"type": "string", "maxLength": 1000}}}}}},
        "responses": {"200": {"$ref": "#/components/responses/status"}, "default": {"$ref": "#/components/responses/problem"}}}},
    "/v1/runs/{id}/resume": {"parameters": [{"$ref": "#/components/parameters/id"}],
      "post": {"summary": "Lifts every reason that a person may lift.", "responses": {"200": {"$ref": "#/components/responses/status"}, "default": {"$ref": "#/components/responses/problem"}}}},
    "/v1/runs/{id}/stop": {"parameters": [{"$ref": "#/components/parameters/id"}],
      "post": {"summary": "Ends the run's life in this process; it stays resumable.",
        "requestBody": {"content": {"application/json": {"schema": {"type": "object", "properties": {"mode": {"enum": ["graceful", "urgent", "immediate"]}}}}}},
        "responses": {"200": {"$ref": "#/components/responses/status"}, "default": {"$ref": "#/components/responses/problem"}}}},
    "/v1/runs/{id}/checkpoint": {"parameters": [{"$ref": "#/components/parameters/id"}],
      "post": {"summary": "Writes a checkpoint of kind manual with the next commit.", "responses": {"200": {"$ref": "#/components/responses/status"}, "default": {"$ref": "#/components/responses/problem"}}}},
    "/v1/runs/{id}/weather": {"parameters": [{"$ref": "#/components/parameters/id"}],
      "post": {"summary": "Orders the weather of the segments that are not planned yet; without a type the calendar's again. Stored with the next commit.",
        "requestBody": {"content": {"application/json": {"schema": {"type": "object", "properties": {"type": {"type": "string"}, "intensity": {"enum": ["minor", "moderate", "severe"]}, "temperature_f": {"type": "integer", "minimum": -150, "maximum": 200}}}}}},
        "responses": {"200": {"$ref": "#/components/responses/status"}, "default": {"$ref": "#/components/responses/problem"}}}},
    "/v1/runs/{id}/segments": {"parameters": [{"$ref": "#/components/parameters/id"},
        {"name": "after", "in": "query", "schema": {"type": "integer", "minimum": 0, "default": 0}},
        {"name": "limit", "in": "query", "schema": {"type": "integer", "minimum": 1, "maximum": 1000, "default": 100}}],
      "get": {"summary": "Terminal records in order.", "responses": {
        "200": {"description": "`next_after` is null when there is no more yet.", "content": {"application/json": {"schema": {"type": "object",
          "properties": {"segments": {"type": "array", "items": {"type": "object"}}, "next_after": {"type": ["integer", "null"]}}}}}},
        "default": {"$ref": "#/components/responses/problem"}}}},
    "/v1/runs/{id}/segments/{n}": {"parameters": [{"$ref": "#/components/parameters/id"},
        {"name": "n", "in": "path", "required": true, "schema": {"type": "integer", "minimum": 1}}],
      "get": {"summary": "One terminal record.", "responses": {"200": {"description": "The record."}, "default": {"$ref": "#/components/responses/problem"}}}},
    "/v1/runs/{id}/stories": {"parameters": [{"$ref": "#/components/parameters/id"}],
      "get": {"summary": "The stories on the air and aired.", "responses": {"200": {"description": "`stories`, each with its `id`."}, "default": {"$ref": "#/components/responses/problem"}}}},
    "/v1/runs/{id}/checkpoints": {"parameters": [{"$ref": "#/components/parameters/id"}],
      "get": {"summary": "The checkpoints, oldest first.", "responses": {"200": {"description": "`checkpoints`: id, kind, seq, position, at, valid."}, "default": {"$ref": "#/components/responses/problem"}}}},
    "/v1/snapshot": {"post": {"summary": "A consistent copy of the whole store.",
      "requestBody": {"content": {"application/json": {"schema": {"type": "object", "properties": {"to": {"type": "string"}}}}}},
      "responses": {"200": {"description": "`path` of the snapshot."}, "default": {"$ref": "#/components/responses/problem"}}}},
    "/v1/events": {"get": {"summary": "Server-sent events: state changes, records, retries, pauses, warnings, crashes and recoveries. Types: run_started, run_pausing, run_resumed, state_changed, segment_accepted, segment_skipped, segment_queued_again, attempt_failed, attempt_waiting, attempt_interrupted, draft_discarded, backend_probed, warning_raised, warning_cleared, actor_restarted, run_parked, run_woken, usage_missing, story_saved, story_took, interval_waiting, events_missed; more may come.",
      "parameters": [
        {"name": "Last-Event-ID", "in": "header", "schema": {"type": "string"}, "description": "Go on behind this event."},
        {"name": "follow", "in": "query", "schema": {"enum": ["true", "false"]}, "description": "false: end after what is remembered."},
        {"name": "run", "in": "query", "schema": {"type": "string"}, "description": "Leave the other runs' events out."}],
      "responses": {"200": {"description": "The stream.", "content": {"text/event-stream": {}}}, "default": {"$ref": "#/components/responses/problem"}}}},
    "/v1/openapi.json": {"get": {"summary": "This description.", "responses": {"200": {"description": "OpenAPI 3.1."}}}}
  }
}
)json";

} // namespace

std::string_view openapi_document() noexcept { return document; }

} // namespace longwave::cli
