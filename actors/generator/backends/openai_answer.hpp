// Reads the answer of an OpenAI-compatible /v1/chat/completions, streamed or whole.
//
// Pure: bytes in, a judgement out; no sockets, no clock. One object reads one answer on one thread.
#pragma once

#include "actors/generator/backends/answer_text.hpp"
#include "actors/generator/backends/shaped_body.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace longwave {

/// A complete answer has the `finish_reason` "stop" and then `[DONE]` or the proper end of the body: some servers leave
/// `[DONE]` out, while `[DONE]` without a reason says nothing about the text. Servers that ignore `stream` and send one
/// JSON object are understood too.
class openai_answer : public answer_reader {
public:
  /// @param max_tokens the limit that the call set, 0 when not known: tells what cut an answer
  explicit openai_answer(answer_need need = answer_need::whole, int max_tokens = 0) : need_(need), max_tokens_(max_tokens) {}

  bool feed(std::string_view bytes) override;
  bool at_end() const override { return done_; }
  bool has_text() const override { return !text_.empty(); }
  std::size_t progress() const override { return text_.size() + thinking_bytes_; }
  draft finish(body_end how) override;

private:
  bool take_event(std::string_view data);
  void take_object(const nlohmann::json& body);
  void take_choice(const nlohmann::json& choice);
  void take_message(const nlohmann::json& message);
  void take_content(const nlohmann::json& content);
  void take_usage(const nlohmann::json& body);
  void judge(draft& answer, body_end how) const;
  void judge_reason(draft& answer) const;
  void judge_missing_end(draft& answer, body_end how) const;

  answer_need need_;
  int max_tokens_;
  shaped_body body_;
  answer_text text_;
  unmarked_text written_; ///< what is left of it at the end
  std::size_t thinking_bytes_ = 0;
  std::string finish_reason_;
  std::string refusal_;
  bool refused_ = false;
  std::string error_;
  std::optional<outcome_class> error_class_;
  bool malformed_ = false;
  bool any_object_ = false;
  bool done_ = false;
  token_usage usage_;
  bool usage_malformed_ = false;
};

} // namespace longwave
