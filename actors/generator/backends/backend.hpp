// Where text comes from: one interface for the offline grammar and for model servers.
//
// A backend starts a call and returns at once; the answer comes through a function, on any thread, exactly once.
// No actor ever waits inside a backend, which is what makes a call cancellable in its middle.
#pragma once

#include "messages/draft.hpp"
#include "messages/error.hpp"
#include "messages/segment.hpp"
#include "messages/verdict.hpp"

#include <nlohmann/json_fwd.hpp>

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace longwave {

struct repetition_window;

/// What a call is made for. Only `segment` calls belong to a run's attempts.
enum class call_purpose { segment, judge, preview, doctor, probe };

std::string_view to_string(call_purpose p) noexcept;

/// One model call: who asks, for what, and how.
///
/// A call outside of a run's attempt (judge, preview, doctor) sets `purpose`, the two prompts and the settings below
/// them, and leaves the rest as it is; `plan` may be null then for every backend but the offline grammar.
struct generation_call {
  call_purpose purpose = call_purpose::segment;
  std::string run_id;
  /// Segment, 1-based.
  std::uint64_t seq = 0;
  /// Attempt of this segment, 1-based, as spent.
  int attempt = 1;
  /// Drafts of this segment that the validator rejected so far; part of all randomness (contract 8.20).
  int rejected = 0;
  /// Number of this call in its run, 1-based, counted over restarts; the judge's calls are not in it.
  std::uint64_t call = 1;
  std::uint64_t seed = 0;
  std::shared_ptr<const segment_plan> plan;
  /// What the last rejected draft broke; empty on a first attempt.
  std::vector<violation> feedback;
  /// Names that rest now, lower case: a text should leave them in peace.
  std::vector<std::string> resting;
  /// What was on the air before. Only the offline grammar looks, within `start`; null = nothing.
  std::shared_ptr<const repetition_window> heard;
  /// Texts a model server gets.
  std::string system_prompt;
  std::string user_prompt;
  double temperature = 0.8;
  double top_p = 0.9;
  int max_tokens = 300;
  /// Another model than the endpoint's own; empty for its own.
  std::string model;
  /// A JSON schema (an object, as text) that the answer shall follow: Ollama's `format`, OpenAI's `response_format`,
  /// Anthropic's `output_config`. Empty for prose. A server that refuses it is asked once more without and remembered,
  /// so the caller parses with tolerance either way.
  std::string json_schema;
  /// Lets a thinking model think before it writes.
  bool think = false;
  /// Hard deadline of this call, milliseconds; 0 = the endpoint's own.
  std::int64_t timeout_ms = 0;
  /// Of its hard deadline and first-byte limit, what this call gets, percent; more after a stall (retry/patience.hpp).
  int patience_percent = 100;
  /// Under `--clock virtual` waits pass at once, so no cool-down of real time holds such a call back.
  bool virtual_clock = false;
};

/// Ends a call early. Cancelling twice, or after the answer, does nothing.
/// After a cancel the answer function is still called once, with `outcome_class::interrupted`, when the connection is closed.
class call_handle {
public:
  virtual ~call_handle() = default;
  virtual void cancel() = 0;
};

using answer_function = std::function<void(draft)>;

/// What a backend says of itself.
struct backend_info {
  /// "offline", "ollama", "openai", "anthropic".
  std::string kind;
  std::string model;
  std::string endpoint;
};

/// One model that a server offers.
struct offered_model {
  std::string name;
  /// Content digest (Ollama); empty when not told.
  std::string digest;
  /// Largest window the model was made for, tokens; empty when not told.
  std::optional<std::uint64_t> context_tokens;
};

/// What a server says of itself when nothing is generated.
struct server_description {
  std::string kind;
  std::string endpoint;
  /// The model that calls are made with.
  std::string model;
  /// `ok` when the list of models could be read; else as a call's outcome, with `detail`.
  outcome_class outcome = outcome_class::ok;
  std::string detail;
  std::vector<offered_model> models;
  /// Window that a call gets here, tokens: Ollama's `num_ctx`, llama.cpp's `n_ctx` of a slot; empty when not told.
  std::optional<std::uint64_t> window_tokens;
  /// An Ollama's version, whatever the kind it is used as; empty when it is none.
  std::string ollama_version;
};

/// How one server behind a backend stands right now; `backend.endpoints[]` of the status.
struct endpoint_status {
  std::string kind;
  std::string url;
  std::string model;
  /// "ok"; "waiting": it asked to be left alone for a while; "down": the last calls did not get through;
  /// "refuses": key, model, quota or request are not accepted.
  std::string state = "ok";
  /// Calls under way, and how many may be now (adapts between 1 and `most`).
  int in_flight = 0;
  int limit = 1;
  int most = 1;
  /// Calls that wait for a place here or elsewhere in the pool.
  int queued = 0;
  /// Real milliseconds until it is asked again by its own; empty when it may be asked now.
  std::optional<std::int64_t> reopens_in_ms;
  std::uint64_t calls = 0;
  std::uint64_t failures = 0;
  /// One line about the last failure; empty for none.
  std::string last_failure;
};

void to_json(nlohmann::json& j, const endpoint_status& e);

using description_function = std::function<void(std::vector<server_description>)>;

/// A source of text. Threads: `start` may be called from any thread, also while other calls are in flight.
class backend {
public:
  virtual ~backend() = default;

  /// Starts one call. `answer` may be called before `start` returns (offline) or later from another thread (servers).
  /// @return a handle to cancel with; null when the answer was already given.
  virtual std::shared_ptr<call_handle> start(const generation_call& call, answer_function answer) = 0;

  /// A cheap, sound sign of life: for servers a tiny generation (never only a version page).
  virtual std::shared_ptr<call_handle> probe(answer_function answer) = 0;

  virtual backend_info info() const = 0;

  /// Asks every server behind this backend what it offers, without generating; one entry a server, in their order.
  /// As `answer` of `start`, `tell` is called exactly once. The default has no server and tells an empty list.
  virtual void describe(description_function tell) { tell({}); }

  /// The servers behind this backend as they stand; empty when there are none. Any thread, does not block.
  virtual std::vector<endpoint_status> endpoints() const { return {}; }
};

/// Connection settings of a model server.
struct endpoint_options {
  /// "ollama", "openai" or "anthropic".
  std::string kind = "openai";
  /// Base URL, "http://host:port" or "https://host", with or without "/v1".
  std::string url;
  std::string model;
  /// Empty for none; never logged.
  std::string api_key;
  std::int64_t connect_timeout_ms = 5'000;
  std::int64_t first_byte_timeout_ms = 60'000;
  std::int64_t idle_timeout_ms = 30'000;
  /// Hard deadline of a call (`--call-timeout`).
  std::int64_t call_timeout_ms = 60'000;
  /// Largest answer body read, bytes.
  std::size_t body_limit = 8u << 20;
  /// Calls that may be in flight here at once; 0 = the kind's own (Ollama 1, others 4).
  int in_flight = 0;
  /// OpenAI-compatible servers: the name of the token limit, "max_tokens" or "max_completion_tokens".
  std::string max_tokens_field = "max_tokens";
  /// Ollama: the window asked for with every call, tokens.
  int context_tokens = 8'192;
};

/// The seeded grammar generator; see offline.cpp. `grammar` is shared with the pack.
struct content_pack;
struct dj_profile;
std::unique_ptr<backend> make_offline_backend(std::shared_ptr<const content_pack> pack, std::string dj);

/// Ollama's native /api/chat, streamed.
result<std::unique_ptr<backend>> make_ollama_backend(endpoint_options options);

/// Any OpenAI-compatible /v1/chat/completions, streamed.
result<std::unique_ptr<backend>> make_openai_backend(endpoint_options options);

/// Anthropic's /v1/messages, streamed.
result<std::unique_ptr<backend>> make_anthropic_backend(endpoint_options options);

/// The backend of `options.kind`. Fails with bad_config for an unknown kind, a bad URL, a missing model or a key that
/// cannot stand in a header.
result<std::unique_ptr<backend>> make_server_backend(endpoint_options options);

/// Several servers, of the same or of different kinds, as one backend; see pool.hpp. One server is a pool of one: its
/// cool-down and its limit of calls in flight are shared by all runs of the process that use it.
/// @param fallback_model asked when a prompt does not fit the window of the model; empty for none
/// Fails as `make_server_backend` for the first bad one, naming it, and for an empty list.
result<std::unique_ptr<backend>> make_pool_backend(std::vector<endpoint_options> servers, std::string fallback_model = {});

} // namespace longwave
