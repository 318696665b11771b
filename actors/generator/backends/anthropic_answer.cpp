// Judges answers of Anthropic's Messages API: only a complete, non-empty, normally finished one is a draft.
#include "actors/generator/backends/anthropic_answer.hpp"

#include "actors/generator/backends/outcome_of_status.hpp"

namespace longwave {

namespace {

/// A member of an object, or null when it is missing.
const nlohmann::json& member(const nlohmann::json& object, const char* key) {
  static const nlohmann::json none;
  if (!object.is_object()) return none;
  const auto found = object.find(key);
  return found == object.end() ? none : *found;
}

const std::string* text_in(const nlohmann::json& object, const char* key) {
  return member(object, key).get_ptr<const std::string*>();
}

} // namespace

bool anthropic_answer::feed(std::string_view bytes) {
  return body_.feed(bytes, [this](const sse_event& event) { return take_event(event); });
}

bool anthropic_answer::take_event(const sse_event& event) {
  const auto body = parse_answer_object(event.data);
  if (!body) {
    malformed_ = true;
    return false;
  }
  const auto* type = text_in(*body, "type");
  // llama.cpp tells an error by the event's name alone: its data is the error itself, whose type is not "error".
  if (event.event == "error")
    take_error(*body);
  else
    take(type ? std::string_view(*type) : std::string_view(event.event), *body);
  return !done_ && !error_class_ && !malformed_ && !text_.hopeless();
}

void anthropic_answer::take(std::string_view type, const nlohmann::json& body) {
  if (type == "error" || !member(body, "error").is_null()) return take_error(body);
  any_event_ = any_event_ || type != "ping";
  if (type == "message_start") {
    take_usage(member(body, "message"));
  } else if (type == "content_block_start") {
    take_block(member(body, "content_block"));
  } else if (type == "content_block_delta") {
    take_delta(member(body, "delta"));
  } else if (type == "message_delta") {
    take_reason(member(body, "delta"));
    take_usage(body);
  } else if (type == "message_stop") {
    done_ = true;
  } else if (type == "message") { // the whole answer as one object: the server ignored `stream`
    const auto& content = member(body, "content");
    if (!content.is_array()) malformed_ = true;
    if (content.is_array())
      for (const auto& block : content) take_block(block);
    take_reason(body);
    take_usage(body);
    done_ = true;
  }
}

void anthropic_answer::take_error(const nlohmann::json& body) {
  error_ = error_message_of(body);
  error_class_ = class_of_error_event(body, !text_.empty());
}

void anthropic_answer::take_block(const nlohmann::json& block) {
  const auto* type = text_in(block, "type");
  if (!type) {
    malformed_ = true;
    return;
  }
  if (*type == "text") {
    const auto& text = member(block, "text");
    if (const auto* piece = text.get_ptr<const std::string*>())
      text_.append(*piece);
    else if (!text.is_null())
      malformed_ = true;
  } else if (const auto* piece = text_in(block, "thinking")) {
    thinking_bytes_ += piece->size();
  }
}

void anthropic_answer::take_delta(const nlohmann::json& delta) {
  const auto* type = text_in(delta, "type");
  if (!type) {
    malformed_ = true;
  } else if (*type == "text_delta") {
    if (const auto* piece = text_in(delta, "text"))
      text_.append(*piece);
    else
      malformed_ = true;
  } else if (const auto* piece = text_in(delta, "thinking")) {
    thinking_bytes_ += piece->size();
  }
}

void anthropic_answer::take_reason(const nlohmann::json& holder) {
  if (const auto* reason = text_in(holder, "stop_reason"); reason && !reason->empty()) reason_ = *reason;
}

void anthropic_answer::take_usage(const nlohmann::json& holder) {
  const auto& usage = member(holder, "usage");
  if (usage.is_null()) return;
  if (!usage.is_object()) {
    usage_malformed_ = true;
    return;
  }
  const auto take = [&](const char* key, std::optional<std::uint64_t>& into) {
    if (const auto count = read_count(usage, key, usage_malformed_)) into = count;
  };
  take("input_tokens", input_);
  take("output_tokens", output_);
  take("cache_read_input_tokens", cache_read_);
  take("cache_creation_input_tokens", cache_write_);
}

std::optional<token_usage> anthropic_answer::usage() const {
  token_usage usage;
  if (input_) usage.input_tokens = *input_ + cache_read_.value_or(0) + cache_write_.value_or(0);
  usage.output_tokens = output_;
  usage.cached_tokens = cache_read_;
  usage.cache_write_tokens = cache_write_;
  return counted_usage(usage, !text_.empty() || thinking_bytes_ > 0);
}

draft anthropic_answer::finish(body_end how) {
  if (how == body_end::clean) {
    body_.finish([this](const sse_event& event) { return take_event(event); });
    if (body_.shape() == body_shape::object) {
      const auto body = parse_answer_object(body_.object());
      const auto* type = body ? text_in(*body, "type") : nullptr;
      if (body && (type || !member(*body, "error").is_null()))
        take(type ? *type : "error", *body);
      else
        malformed_ = true;
    }
  }
  draft answer;
  written_ = text_.unmarked();
  thinking_bytes_ += written_.thinking_bytes;
  judge(answer, how);
  answer.text = written_.text;
  answer.thinking_bytes = thinking_bytes_;
  answer.usage = usage();
  if (answer.outcome == outcome_class::ok && usage_malformed_) answer.detail = "usage malformed";
  answer.detail = one_line(answer.detail);
  return answer;
}

void anthropic_answer::judge(draft& answer, body_end how) const {
  const auto say = [&answer](outcome_class outcome, std::string detail) {
    answer.outcome = outcome;
    answer.detail = std::move(detail);
  };
  const auto nothing_or_cut = text_.empty() ? outcome_class::empty : outcome_class::incomplete;
  if (text_.looping()) return say(outcome_class::loop, "the model repeats itself");
  if (how == body_end::limit || text_.too_long() || body_.too_long())
    return say(outcome_class::incomplete, "the answer is larger than the limit");
  if (error_class_) {
    const char* const what = text_.empty() ? "an error instead of an answer: " : "an error in mid-stream: ";
    return say(*error_class_, what + error_);
  }
  if (body_.shape() == body_shape::foreign) return say(outcome_class::empty, "HTML instead of an answer");
  if (malformed_) {
    const char* const what = text_.empty() ? "the answer is not of the expected form" : "malformed data in mid-stream";
    return say(nothing_or_cut, what);
  }
  if (!done_) return judge_missing_end(answer, how);
  judge_reason(answer);
}

void anthropic_answer::judge_missing_end(draft& answer, body_end how) const {
  answer.outcome = outcome_class::incomplete;
  if (how == body_end::cut) {
    answer.detail = "the connection ended in the middle of the answer";
  } else if (body_.empty()) {
    answer.outcome = outcome_class::empty;
    answer.detail = "the body is empty";
  } else if (!any_event_) {
    answer.outcome = outcome_class::empty;
    answer.detail = "the body holds no answer";
  } else {
    answer.detail = "the answer has no end mark (no message_stop)";
  }
}

void anthropic_answer::judge_reason(draft& answer) const {
  const bool stopped = reason_ == "end_turn" || reason_ == "stop_sequence";
  const bool at_limit = reason_ == "max_tokens" || reason_ == "model_context_window_exceeded";
  if (need_ == answer_need::alive && (stopped || at_limit)) return;
  if (reason_ == "refusal") {
    answer.outcome = outcome_class::refused;
    answer.detail = "the model refused";
    return;
  }
  if (!stopped) {
    answer.outcome = outcome_class::incomplete;
    answer.cut_by_length = at_limit;
    answer.detail = reason_ == "max_tokens" ? cut_at_limit(output_, max_tokens_)
                    : at_limit              ? "cut at the end of the model's window"
                    : reason_.empty()       ? "the answer ended without a reason"
                                            : "ended with stop_reason \"" + reason_ + "\"";
  } else if (const auto fault = unusable_text(written_)) {
    answer.outcome = outcome_class::empty;
    answer.detail = *fault;
  } else {
    return;
  }
  if (thinking_bytes_ > 0) answer.detail += ", with " + std::to_string(thinking_bytes_) + " bytes of thinking";
}

} // namespace longwave
