// Reads the answer of Anthropic's /v1/messages, streamed or whole.
//
// Pure: bytes in, a judgement out; no sockets, no clock. One object reads one answer on one thread.
#pragma once

#include "actors/generator/backends/answer_text.hpp"
#include "actors/generator/backends/shaped_body.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace longwave {

/// A complete answer ends with `message_stop` after a `stop_reason` of "end_turn" or "stop_sequence". Usage is
/// cumulative: the last number of each kind counts. Pings and unknown events say nothing; an `error` event may come at
/// any place of a 200 stream. The input is what was sent, read from a cache and written to it, together.
class anthropic_answer : public answer_reader {
public:
  /// @param max_tokens the limit that the call set, 0 when not known: tells what cut an answer
  explicit anthropic_answer(answer_need need = answer_need::whole, int max_tokens = 0) : need_(need), max_tokens_(max_tokens) {}

  bool feed(std::string_view bytes) override;
  bool at_end() const override { return done_; }
  bool has_text() const override { return !text_.empty(); }
  std::size_t progress() const override { return text_.size() + thinking_bytes_; }
  draft finish(body_end how) override;

private:
  bool take_event(const sse_event& event);
  void take(std::string_view type, const nlohmann::json& body);
  void take_error(const nlohmann::json& body);
  void take_block(const nlohmann::json& block);
  void take_delta(const nlohmann::json& delta);
  void take_reason(const nlohmann::json& holder);
  void take_usage(const nlohmann::json& holder);
  std::optional<token_usage> usage() const;
  void judge(draft& answer, body_end how) const;
  void judge_missing_end(draft& answer, body_end how) const;
  void judge_reason(draft& answer) const;

  answer_need need_;
  int max_tokens_;
  shaped_body body_;
  answer_text text_;
  unmarked_text written_; ///< what is left of it at the end
  std::uint64_t thinking_bytes_ = 0;
  std::string reason_;
  std::string error_;
  std::optional<outcome_class> error_class_;
  bool malformed_ = false;
  bool any_event_ = false;
  bool done_ = false;
  std::optional<std::uint64_t> input_;
  std::optional<std::uint64_t> output_;
  std::optional<std::uint64_t> cache_read_;
  std::optional<std::uint64_t> cache_write_;
  bool usage_malformed_ = false;
};

} // namespace longwave
