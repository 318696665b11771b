// Judges Ollama's answers: only a complete, non-empty, normally finished one is a draft.
#include "actors/generator/backends/ollama_answer.hpp"

#include "actors/generator/backends/outcome_of_status.hpp"

namespace longwave {

bool ollama_answer::feed(std::string_view bytes) {
  if (bytes.empty()) return split_ == split_result::more;
  any_bytes_ = true;
  split_ = lines_.feed(bytes, [this](std::string_view line) { return take_line(line); });
  return split_ == split_result::more;
}

bool ollama_answer::take_line(std::string_view line) {
  const auto body = parse_answer_object(line);
  if (!body) {
    malformed_ = true;
    html_ = line[line.find_first_not_of(" \t")] == '<';
    return false;
  }
  if (const auto error = body->find("error"); error != body->end() && !error->is_null()) {
    error_ = error_message_of(*body);
    error_class_ = class_of_error_event(*body, !text_.empty());
    return false;
  }
  any_line_ = true;
  take_message(*body);
  if (malformed_ || text_.hopeless()) return false;
  const auto done = body->find("done");
  if (done == body->end() || done->is_null()) return true;
  if (!done->is_boolean()) {
    malformed_ = true;
    return false;
  }
  if (!done->get<bool>()) return true;
  take_end(*body);
  return false;
}

void ollama_answer::take_message(const nlohmann::json& body) {
  const auto message = body.find("message");
  if (message == body.end() || message->is_null()) return;
  if (!message->is_object()) {
    malformed_ = true;
    return;
  }
  const auto content = message->find("content");
  if (content != message->end() && content->is_string()) {
    text_.append(content->get_ref<const std::string&>());
  } else if (content != message->end() && !content->is_null()) {
    malformed_ = true;
  }
  const auto thinking = message->find("thinking");
  if (thinking != message->end() && thinking->is_string()) {
    thinking_bytes_ += thinking->get_ref<const std::string&>().size();
  }
}

void ollama_answer::take_end(const nlohmann::json& body) {
  done_ = true;
  const auto reason = body.find("done_reason");
  if (reason != body.end() && reason->is_string()) reason_ = reason->get<std::string>();
  // Both are left out when zero, and the first one when the prompt was cached: missing is unknown, never 0.
  usage_.input_tokens = read_count(body, "prompt_eval_count", usage_malformed_);
  usage_.output_tokens = read_count(body, "eval_count", usage_malformed_);
  bool part_malformed = false; // an extra of newer servers: a bad one spoils nothing
  usage_.cached_tokens = read_count(body, "prompt_eval_cached_count", part_malformed);
}

draft ollama_answer::finish(body_end how) {
  if (how == body_end::clean && split_ == split_result::more) {
    split_ = lines_.finish([this](std::string_view line) { return take_line(line); });
  }
  draft answer;
  written_ = text_.unmarked();
  thinking_bytes_ += written_.thinking_bytes;
  judge(answer, how);
  answer.text = written_.text;
  answer.thinking_bytes = thinking_bytes_;
  answer.usage = counted_usage(usage_, !text_.empty() || thinking_bytes_ > 0);
  if (answer.outcome == outcome_class::ok && usage_malformed_) answer.detail = "usage malformed";
  answer.detail = one_line(answer.detail);
  return answer;
}

void ollama_answer::judge(draft& answer, body_end how) const {
  const auto say = [&answer](outcome_class outcome, std::string detail) {
    answer.outcome = outcome;
    answer.detail = std::move(detail);
  };
  const auto nothing_or_cut = text_.empty() ? outcome_class::empty : outcome_class::incomplete;
  if (text_.looping()) return say(outcome_class::loop, "the model repeats itself");
  if (how == body_end::limit || text_.too_long() || split_ == split_result::too_long) {
    return say(outcome_class::incomplete, "the answer is larger than the limit");
  }
  if (error_class_) {
    const std::string what = text_.empty() ? "an error instead of an answer: " : "an error in mid-stream: ";
    return say(*error_class_, what + error_);
  }
  if (html_ && text_.empty()) return say(outcome_class::empty, "HTML instead of an answer");
  if (malformed_) {
    const char* const what = text_.empty() ? "the answer is not of the expected form" : "malformed data in mid-stream";
    return say(nothing_or_cut, what);
  }
  if (!done_) return judge_missing_end(answer, how);
  judge_reason(answer);
}

void ollama_answer::judge_missing_end(draft& answer, body_end how) const {
  answer.outcome = outcome_class::incomplete;
  if (how == body_end::cut) {
    answer.detail = "the connection ended in the middle of the answer";
  } else if (!any_line_) {
    answer.outcome = outcome_class::empty;
    answer.detail = any_bytes_ ? "the body holds no answer" : "the body is empty";
  } else {
    answer.detail = "the answer has no end mark (no done line)";
  }
}

void ollama_answer::judge_reason(draft& answer) const {
  if (reason_ == "load" || reason_ == "unload") {
    // The server saw no user message: asking again changes nothing.
    answer.outcome = outcome_class::config;
    answer.detail = "the server took the request as \"" + reason_ + "\": it saw no prompt";
    return;
  }
  const bool stopped = reason_ == "stop";
  if (need_ == answer_need::alive && (stopped || reason_ == "length")) return;
  if (!stopped) {
    answer.outcome = outcome_class::incomplete;
    answer.cut_by_length = reason_ == "length";
    answer.detail = reason_ == "length" ? cut_at_limit(usage_.output_tokens, max_tokens_)
                    : reason_.empty()   ? "the answer ended without a reason"
                                        : "ended with done_reason \"" + reason_ + "\"";
    if (thinking_bytes_ > 0) answer.detail += ", with " + std::to_string(thinking_bytes_) + " bytes of thinking";
    return;
  }
  if (const auto fault = unusable_text(written_)) {
    answer.outcome = outcome_class::empty;
    answer.detail = *fault;
    if (thinking_bytes_ > 0) answer.detail += ", with " + std::to_string(thinking_bytes_) + " bytes of thinking";
  }
}

} // namespace longwave
