// Makes one call of a backend and waits for its draft, for trials against a real server.
#pragma once

#include "actors/generator/backends/backend.hpp"

#include <chrono>
#include <cstdint>
#include <future>
#include <memory>
#include <stdexcept>
#include <string>

namespace longwave::test {

inline generation_call trial_call(std::uint64_t seq = 1) {
  generation_call call;
  call.run_id = "trial";
  call.seq = seq;
  call.seed = 7;
  call.system_prompt = "You are a radio host.";
  call.user_prompt = "Say something about road " + std::to_string(seq) + ".";
  return call;
}

/// Short clocks, so that every stall is seen within a second.
inline endpoint_options trial_options(const std::string& url) {
  endpoint_options options;
  options.url = url;
  options.model = "trial";
  options.connect_timeout_ms = 1'000;
  options.first_byte_timeout_ms = 500;
  options.idle_timeout_ms = 400;
  options.call_timeout_ms = 10'000;
  return options;
}

/// A draft and how long it took to come, as the caller saw it.
struct trial_result {
  draft answer;
  std::int64_t ms = 0;
};

inline std::int64_t ms_since(std::chrono::steady_clock::time_point start) {
  return std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() - start).count();
}

/// Collects one draft; a second one throws, which ends the test program.
class trial_answer {
public:
  answer_function function() {
    return [promise = promise_](draft answer) { promise->set_value(std::move(answer)); };
  }

  trial_result wait() {
    if (future_.wait_for(std::chrono::seconds(20)) != std::future_status::ready) {
      throw std::runtime_error("no answer within 20 s");
    }
    return {future_.get(), ms_since(start_)};
  }

private:
  std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
  std::shared_ptr<std::promise<draft>> promise_ = std::make_shared<std::promise<draft>>();
  std::future<draft> future_ = promise_->get_future();
};

inline trial_result ask(backend& from, const generation_call& call = trial_call()) {
  trial_answer answer;
  const auto handle = from.start(call, answer.function());
  return answer.wait();
}

inline trial_result ask_probe(backend& from) {
  trial_answer answer;
  const auto handle = from.probe(answer.function());
  return answer.wait();
}

} // namespace longwave::test
