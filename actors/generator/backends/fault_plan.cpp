// Reads fault plans and plays their answers.
#include "actors/generator/backends/fault_plan.hpp"

#include "messages/random.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>

namespace longwave {

namespace {

constexpr std::array<std::string_view, 17> kinds = {"timeout", "refuse",    "reset", "http500", "http429",
                                                    "http503", "empty",     "garbage", "truncated", "slow",
                                                    "bad",     "nousage",   "badusage", "abort",
                                                    "judge_down", "judge_garbage", "judge_reject"};
constexpr std::array<std::string_view, 6> actors = {"generator", "validator", "retry",
                                                    "scheduler", "committer", "monitor"};
constexpr std::string_view crash_prefix = "crash:";
/// A hundred years: beyond it a number is a slip of the pen, and sums of milliseconds stay far from overflow.
constexpr double longest_ms = 100.0 * 366 * 86'400'000;
constexpr std::string_view default_bad_text = "[Generation error: planned by the fault plan]";

failure plan_failure(std::size_t line, const std::string& why) {
  return failure{error_code::bad_fault_plan, "cannot read the fault plan", "line " + std::to_string(line) + ": " + why,
                 "the keys are fault, segment, attempt, call, probability, ms, judge_ms, retry_after and text"};
}

std::optional<std::uint64_t> whole_number(std::string_view text) noexcept {
  std::uint64_t value = 0;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), value);
  if (text.empty() || read.ec != std::errc() || read.ptr != text.data() + text.size()) return std::nullopt;
  return value;
}

} // namespace

/// Reads one line. Every member returns an empty string, or what is wrong with its field.
struct fault_plan::reader {
  rule out;

  static std::string read_range(const nlohmann::json& value, range& into) {
    if (value.is_number_unsigned()) {
      into.first = into.last = value.get<std::uint64_t>();
    } else if (const auto* text = value.get_ptr<const std::string*>(); text && *text == "*") {
      into = range{};
    } else if (text) {
      const auto dash = text->find('-');
      const std::string_view all = *text;
      const auto first = whole_number(all.substr(0, dash));
      const auto last = dash == std::string::npos ? first : whole_number(all.substr(dash + 1));
      if (!first || !last) return "must be a number, \"*\" or a range such as \"5-9\", not \"" + *text + "\"";
      if (*first > *last) return "is a range that ends before it begins: \"" + *text + "\"";
      into = range{*first, *last};
    } else {
      return "must be a whole number from 1, \"*\" or a range such as \"5-9\"";
    }
    return into.first == 0 && into.last != UINT64_MAX ? "counts from 1" : "";
  }

  static std::string read_ms(const nlohmann::json& value, double unit_ms, std::int64_t& into) {
    const double ms = value.is_number() ? value.get<double>() * unit_ms : -1;
    if (!(ms >= 0) || ms > longest_ms) return "must be a number from 0 up to a hundred years";
    into = static_cast<std::int64_t>(std::llround(ms));
    return {};
  }

  std::string read_probability(const nlohmann::json& value) {
    const double p = value.is_number() ? value.get<double>() : -1;
    if (!(p >= 0 && p <= 1)) return "must be a number from 0 to 1";
    out.probability = p;
    return {};
  }

  std::string read_fault(const nlohmann::json& value) {
    if (!value.is_string()) return "must be a string";
    const auto& name = value.get_ref<const std::string&>();
    if (name.compare(0, crash_prefix.size(), crash_prefix) == 0) {
      const std::string actor = name.substr(crash_prefix.size());
      if (std::find(actors.begin(), actors.end(), actor) == actors.end()) {
        return "names no actor that can crash: \"" + actor +
               "\" (generator, validator, retry, scheduler, committer, monitor)";
      }
      out.fault.kind = "crash";
      out.fault.actor = actor;
      return {};
    }
    if (name == "crash") return "needs an actor, such as \"crash:generator\"";
    if (std::find(kinds.begin(), kinds.end(), name) == kinds.end()) return "is unknown: \"" + name + "\"";
    out.fault.kind = name;
    return {};
  }

  std::string read_text(const nlohmann::json& value) {
    if (!value.is_string()) return "must be a string";
    out.fault.text = value.get<std::string>();
    return {};
  }

  std::string read_key(const std::string& key, const nlohmann::json& value) {
    if (key == "fault") return read_fault(value);
    if (key == "segment") return read_range(value, out.segment);
    if (key == "attempt") return read_range(value, out.attempt);
    if (key == "call") return read_range(value, out.call);
    if (key == "probability") return read_probability(value);
    if (key == "ms") return read_ms(value, 1, out.fault.ms);
    if (key == "judge_ms") return read_ms(value, 1, out.fault.judge_ms);
    if (key == "retry_after") return read_ms(value, 1000, out.fault.retry_after_ms);
    if (key == "text") return read_text(value);
    return "is an unknown key";
  }

  std::string read_line(std::string_view line) {
    const auto object = nlohmann::json::parse(line.begin(), line.end(), nullptr, false);
    if (object.is_discarded()) return "no valid JSON";
    if (!object.is_object()) return "must be a JSON object";
    for (const auto& [key, value] : object.items()) {
      if (auto why = read_key(key, value); !why.empty()) return "\"" + key + "\" " + why;
    }
    if (out.fault.kind.empty()) return "\"fault\" is missing";
    if (out.fault.kind == "slow" && !object.contains("ms") && !object.contains("judge_ms")) out.fault.ms = 1000;
    if (out.fault.kind == "bad" && !object.contains("text")) out.fault.text = default_bad_text;
    return {};
  }
};

result<fault_plan> fault_plan::parse(std::string_view jsonl) {
  constexpr std::string_view byte_order_mark = "\xef\xbb\xbf";
  if (jsonl.substr(0, byte_order_mark.size()) == byte_order_mark) jsonl.remove_prefix(byte_order_mark.size());
  fault_plan plan;
  for (std::size_t number = 1; !jsonl.empty(); ++number) {
    const auto end = std::min(jsonl.find('\n'), jsonl.size());
    const auto line = jsonl.substr(0, end);
    jsonl.remove_prefix(std::min(end + 1, jsonl.size()));
    if (line.find_first_not_of(" \t\r") == std::string_view::npos) continue;
    reader one;
    if (auto why = one.read_line(line); !why.empty()) return plan_failure(number, why);
    plan.rules_.push_back(std::move(one.out));
  }
  return plan;
}

std::optional<planned_fault> fault_plan::find(std::uint64_t segment, int attempt, std::uint64_t call,
                                              std::uint64_t seed) const {
  const auto spent = static_cast<std::uint64_t>(std::max(attempt, 0));
  for (std::size_t i = 0; i < rules_.size(); ++i) {
    const rule& r = rules_[i];
    if (!r.segment.holds(segment) || !r.attempt.holds(spent) || !r.call.holds(call)) continue;
    // Each rule draws for itself, so that two rules of 10 % are not the same 10 % of the calls.
    const std::string purpose = "fault/" + std::to_string(i) + "/" + std::to_string(call);
    if (r.probability < 1 && !random_stream(seed, segment, spent, purpose).chance(r.probability)) continue;
    return r.fault;
  }
  return std::nullopt;
}

std::optional<draft> answer_instead(const planned_fault& fault, std::int64_t call_timeout_ms) {
  draft answer;
  const auto say = [&answer](outcome_class outcome, std::string detail) {
    answer.outcome = outcome;
    answer.detail = std::move(detail);
    return answer;
  };
  if (fault.kind == "timeout") {
    answer.took_ms = call_timeout_ms;
    return say(outcome_class::stall, "no answer within the call timeout (planned fault)");
  }
  // The prefix "refused:" is what tells the retry policy to wait for the endpoint.
  if (fault.kind == "refuse") return say(outcome_class::transport, "refused: connection refused (planned fault)");
  if (fault.kind == "reset") return say(outcome_class::transport, "connection reset (planned fault)");
  if (fault.kind == "http500") return say(outcome_class::transport, "HTTP 500 (planned fault)");
  if (fault.kind == "http503" || fault.kind == "http429") {
    answer.retry_after_ms = fault.retry_after_ms;
    return say(outcome_class::busy, fault.kind == "http503" ? "HTTP 503 (planned fault)" : "HTTP 429 (planned fault)");
  }
  if (fault.kind == "empty") return say(outcome_class::empty, "the answer is blank (planned fault)");
  if (fault.kind == "garbage") return say(outcome_class::empty, "the answer is garbage (planned fault)");
  if (fault.kind == "bad") {
    answer.text = fault.text;
    return answer;
  }
  return std::nullopt;
}

draft spoil(const planned_fault& fault, draft answer) {
  if (fault.kind == "truncated" && answer.outcome == outcome_class::ok) {
    std::size_t half = answer.text.size() / 2;
    // Never inside a UTF-8 character: bytes 10xxxxxx continue one.
    while (half > 0 && (static_cast<unsigned char>(answer.text[half]) & 0xc0) == 0x80) --half;
    answer.text.resize(half);
    answer.outcome = outcome_class::incomplete;
    answer.detail = "the answer has no end mark (planned fault)";
  } else if (fault.kind == "nousage" || fault.kind == "badusage") {
    answer.usage.reset();
    if (fault.kind == "badusage" && answer.detail.empty()) answer.detail = "usage malformed";
  }
  return answer;
}

} // namespace longwave
