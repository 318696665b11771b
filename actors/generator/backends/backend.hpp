// Where text comes from: one interface for the offline grammar and for model servers.
//
// A backend starts a call and returns at once; the answer comes through a function, on any thread, exactly once.
// No actor ever waits inside a backend, which is what makes a call cancellable in its middle.
#pragma once

#include "messages/draft.hpp"
#include "messages/error.hpp"
#include "messages/segment.hpp"
#include "messages/verdict.hpp"

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace longwave {

/// One model call: who asks, for what, and how.
struct generation_call {
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
  /// Texts a model server gets.
  std::string system_prompt;
  std::string user_prompt;
  double temperature = 0.8;
  double top_p = 0.9;
  int max_tokens = 300;
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
};

/// Connection settings of a model server.
struct endpoint_options {
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
};

/// The seeded grammar generator; see offline.cpp. `grammar` is shared with the pack.
struct content_pack;
struct dj_profile;
std::unique_ptr<backend> make_offline_backend(std::shared_ptr<const content_pack> pack, std::string dj);

/// Ollama's native /api/chat, streamed.
result<std::unique_ptr<backend>> make_ollama_backend(endpoint_options options);

/// Any OpenAI-compatible /v1/chat/completions, streamed.
result<std::unique_ptr<backend>> make_openai_backend(endpoint_options options);

} // namespace longwave
