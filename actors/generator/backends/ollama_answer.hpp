// Reads the answer of Ollama's native /api/chat, one JSON object a line.
//
// Pure: bytes in, a judgement out; no sockets, no clock. One object reads one answer on one thread.
#pragma once

#include "actors/generator/backends/answer_text.hpp"
#include "actors/generator/backends/stream_lines.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace longwave {

/// A complete answer ends with a `done:true` line whose `done_reason` is "stop". An error line may come in the middle
/// of a 200 stream; "load" and "unload" answer a request without a prompt and are no answers at all.
class ollama_answer : public answer_reader {
public:
  /// @param max_tokens the limit that the call set, 0 when not known: tells what cut an answer
  explicit ollama_answer(answer_need need = answer_need::whole, int max_tokens = 0) : need_(need), max_tokens_(max_tokens) {}

  bool feed(std::string_view bytes) override;
  bool at_end() const override { return done_; }
  bool has_text() const override { return !text_.empty(); }
  std::size_t progress() const override { return text_.size() + thinking_bytes_; }
  draft finish(body_end how) override;

private:
  bool take_line(std::string_view line);
  void take_message(const nlohmann::json& body);
  void take_end(const nlohmann::json& body);
  void judge(draft& answer, body_end how) const;
  void judge_missing_end(draft& answer, body_end how) const;
  void judge_reason(draft& answer) const;

  answer_need need_;
  int max_tokens_;
  line_splitter lines_;
  split_result split_ = split_result::more;
  answer_text text_;
  unmarked_text written_; ///< what is left of it at the end
  std::size_t thinking_bytes_ = 0;
  std::string reason_;
  std::string error_;
  std::optional<outcome_class> error_class_;
  bool malformed_ = false;
  bool html_ = false;
  bool any_bytes_ = false;
  bool any_line_ = false;
  bool done_ = false;
  token_usage usage_;
  bool usage_malformed_ = false;
};

} // namespace longwave
