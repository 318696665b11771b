// Judges OpenAI-compatible answers: only a complete, non-empty, normally finished one is a draft.
#include "actors/generator/backends/openai_answer.hpp"

#include "actors/generator/backends/outcome_of_status.hpp"
#include "messages/ascii_case.hpp"

#include <algorithm>

namespace longwave {

namespace {

/// A member of an object, or null when it is missing.
const nlohmann::json& member(const nlohmann::json& object, const char* key) {
  static const nlohmann::json none;
  if (!object.is_object()) return none;
  const auto found = object.find(key);
  return found == object.end() ? none : *found;
}

const std::string* text_of(const nlohmann::json& value) { return value.get_ptr<const std::string*>(); }

} // namespace

bool openai_answer::feed(std::string_view bytes) {
  return body_.feed(bytes, [this](const sse_event& event) { return take_event(event.data); });
}

bool openai_answer::take_event(std::string_view data) {
  if (data == "[DONE]") {
    done_ = true;
    return false;
  }
  const auto body = parse_answer_object(data);
  if (!body) {
    malformed_ = true;
    return false;
  }
  take_object(*body);
  return !error_class_ && !malformed_ && !text_.hopeless();
}

void openai_answer::take_object(const nlohmann::json& body) {
  if (const auto& error = member(body, "error"); !error.is_null()) {
    error_ = error_message_of(body);
    error_class_ = class_of_error_event(body, !text_.empty());
    return;
  }
  any_object_ = true;
  take_usage(body);
  const auto& choices = member(body, "choices");
  if (choices.is_null()) return;
  if (!choices.is_array()) {
    malformed_ = true;
    return;
  }
  for (const auto& choice : choices) {
    // One text was asked for; a server that sends more must not mix them.
    const auto& index = member(choice, "index");
    if (index.is_number_integer() && index.get<std::int64_t>() != 0) continue;
    take_choice(choice);
  }
}

void openai_answer::take_choice(const nlohmann::json& choice) {
  for (const char* key : {"delta", "message"}) {
    const auto& message = member(choice, key);
    if (message.is_object()) {
      take_message(message);
    } else if (!message.is_null()) {
      malformed_ = true;
    }
  }
  if (const auto* reason = text_of(member(choice, "finish_reason")); reason && !reason->empty()) {
    finish_reason_ = *reason;
  }
}

void openai_answer::take_message(const nlohmann::json& message) {
  take_content(member(message, "content"));
  if (const auto* piece = text_of(member(message, "refusal")); piece && !piece->empty()) {
    refused_ = true;
    if (refusal_.size() < detail_limit) refusal_ += *piece;
  }
  for (const char* key : {"reasoning_content", "reasoning"}) {
    if (const auto* piece = text_of(member(message, key))) thinking_bytes_ += piece->size();
  }
}

/// A text; or typed parts, as Mistral's thinking models send them: {"type":"text","text":"..."}, {"type":"thinking",...}.
void openai_answer::take_content(const nlohmann::json& content) {
  if (const auto* piece = text_of(content)) return text_.append(*piece);
  if (!content.is_array()) {
    malformed_ = malformed_ || !content.is_null();
    return;
  }
  for (const auto& part : content) {
    const auto* type = text_of(member(part, "type"));
    const auto* piece = text_of(member(part, "text"));
    if (type && *type == "text" && piece)
      text_.append(*piece);
    else if (type && (*type == "thinking" || *type == "reasoning"))
      thinking_bytes_ += part.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace).size();
    else
      malformed_ = true;
  }
}

void openai_answer::take_usage(const nlohmann::json& body) {
  const auto& usage = member(body, "usage");
  if (usage.is_null()) return;
  if (!usage.is_object()) {
    usage_malformed_ = true;
    return;
  }
  if (const auto count = read_count(usage, "prompt_tokens", usage_malformed_)) usage_.input_tokens = count;
  if (const auto count = read_count(usage, "completion_tokens", usage_malformed_)) usage_.output_tokens = count;
  bool part_malformed = false; // the parts are extras: a bad one spoils nothing
  if (const auto& parts = member(usage, "prompt_tokens_details"); parts.is_object()) {
    if (const auto count = read_count(parts, "cached_tokens", part_malformed)) usage_.cached_tokens = count;
    if (const auto count = read_count(parts, "cache_write_tokens", part_malformed)) usage_.cache_write_tokens = count;
  }
  if (const auto& parts = member(usage, "completion_tokens_details"); parts.is_object())
    if (const auto count = read_count(parts, "reasoning_tokens", part_malformed)) usage_.reasoning_tokens = count;
}

draft openai_answer::finish(body_end how) {
  if (how == body_end::clean) {
    body_.finish([this](const sse_event& event) { return take_event(event.data); });
    if (body_.shape() == body_shape::object) {
      if (const auto body = parse_answer_object(body_.object())) {
        take_object(*body);
      } else {
        malformed_ = true;
      }
    }
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

void openai_answer::judge(draft& answer, body_end how) const {
  const auto say = [&answer](outcome_class outcome, std::string detail) {
    answer.outcome = outcome;
    answer.detail = std::move(detail);
  };
  const auto nothing_or_cut = text_.empty() ? outcome_class::empty : outcome_class::incomplete;
  if (text_.looping()) return say(outcome_class::loop, "the model repeats itself");
  if (how == body_end::limit || text_.too_long() || body_.too_long()) {
    return say(outcome_class::incomplete, "the answer is larger than the limit");
  }
  if (error_class_) {
    const std::string what = text_.empty() ? "an error instead of an answer: " : "an error in mid-stream: ";
    return say(*error_class_, what + error_);
  }
  if (body_.shape() == body_shape::foreign) return say(outcome_class::empty, "HTML instead of an answer");
  if (malformed_) {
    const char* const what = text_.empty() ? "the answer is not of the expected form" : "malformed data in mid-stream";
    return say(nothing_or_cut, what);
  }
  if (refused_ || finish_reason_ == "content_filter") {
    return say(outcome_class::refused, refusal_.empty() ? "stopped by the content filter" : "refused: " + refusal_);
  }
  if (finish_reason_.empty()) return judge_missing_end(answer, how);
  if (how == body_end::cut && !done_) {
    return say(outcome_class::incomplete, "the connection ended in the middle of the answer");
  }
  judge_reason(answer);
}

void openai_answer::judge_missing_end(draft& answer, body_end how) const {
  answer.outcome = outcome_class::incomplete;
  if (how == body_end::cut) {
    answer.detail = "the connection ended in the middle of the answer";
  } else if (body_.empty() || body_.shape() == body_shape::unknown) {
    answer.outcome = outcome_class::empty;
    answer.detail = "the body is empty";
  } else if (!any_object_ && !done_) {
    answer.outcome = outcome_class::empty;
    answer.detail = "the body holds no answer";
  } else {
    answer.detail = "the answer has no end mark (no finish_reason)";
  }
}

void openai_answer::judge_reason(draft& answer) const {
  const auto reason = ascii_lower(finish_reason_);
  const auto is = [&reason](std::initializer_list<std::string_view> names) { return std::find(names.begin(), names.end(), reason) != names.end(); };
  // Compatible servers hand on the names of what is behind them.
  const bool stopped = is({"stop", "eos", "eos_token", "end_turn", "stop_sequence"});
  const bool at_limit = is({"length", "max_tokens", "model_length"});
  if (need_ == answer_need::alive && (stopped || at_limit)) return;
  if (at_limit) {
    answer.outcome = outcome_class::incomplete;
    answer.cut_by_length = true;
    answer.detail = cut_at_limit(usage_.output_tokens, max_tokens_);
    if (thinking_bytes_ > 0) answer.detail += ", with " + std::to_string(thinking_bytes_) + " bytes of thinking";
    return;
  }
  if (!stopped) {
    answer.outcome = outcome_class::incomplete;
    answer.detail = "ended with finish_reason \"" + finish_reason_ + "\"";
    return;
  }
  if (const auto fault = unusable_text(written_)) {
    answer.outcome = outcome_class::empty;
    answer.detail = *fault;
    if (thinking_bytes_ > 0) answer.detail += ", with " + std::to_string(thinking_bytes_) + " bytes of thinking";
  }
}

} // namespace longwave
