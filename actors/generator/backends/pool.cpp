// Places and queue of all pools of the process, under one lock; servers are called outside of it.
#include "actors/generator/backends/pool.hpp"

#include "actors/clock.hpp"
#include "actors/generator/backends/answer_text.hpp"
#include "actors/generator/backends/endpoint_gate.hpp"

#include <algorithm>
#include <list>
#include <map>
#include <mutex>
#include <set>
#include <utility>

namespace longwave {

namespace {

class pool_call;

/// What the pools of a process share. Lock order: this lock, then none.
struct shared_room {
  std::mutex mutex;
  std::map<std::string, std::weak_ptr<endpoint_gate>> gates;
  /// Calls that wait for a place, in order of arrival.
  std::list<std::shared_ptr<pool_call>> waiting;
  /// Segment calls under way, by run and pool.
  std::set<std::pair<const void*, std::string>> runs;
};

shared_room& room() {
  static shared_room the_room;
  return the_room;
}

/// The members of a pool; outlives it while calls are under way.
struct pool_state {
  std::vector<pool_member> members;
  std::vector<std::shared_ptr<endpoint_gate>> gates;
  std::string fallback_model;
  std::function<std::int64_t()> now_ms;
};

/// One call on its way through the pool. Everything but `wish_` is guarded by the room's lock.
class pool_call : public call_handle, public std::enable_shared_from_this<pool_call> {
public:
  pool_call(std::shared_ptr<pool_state> pool, generation_call wish, answer_function answer)
    : pool_(std::move(pool)), wish_(std::move(wish)), answer_(std::move(answer)), tried_(pool_->members.size(), false) {}

  void cancel() override;
  /// Asks a server, or waits for a place, or answers.
  void go_on();
  /// Takes what must be done once the lock is free: start a call, or give an answer. False when it waits on.
  bool settle_waiting(std::function<void()>& todo);

private:
  using todo_list = std::vector<std::function<void()>>;

  bool is_segment() const { return wish_.purpose == call_purpose::segment && !wish_.run_id.empty(); }
  std::pair<const void*, std::string> run_key() const { return {pool_.get(), wish_.run_id}; }
  std::function<void()> decide();
  std::function<void()> start_at(std::size_t index);
  std::function<void()> give(draft answer);
  void took(std::size_t index, draft answer);
  draft all_closed(std::int64_t wait_ms) const;
  static void serve_waiting(todo_list& todo);

  std::shared_ptr<pool_state> pool_;
  generation_call wish_;
  answer_function answer_;
  std::vector<bool> tried_;
  std::optional<draft> last_; ///< of the servers asked so far, the answer that says most
  bool fell_back_ = false;
  bool holds_run_ = false;
  bool cancelled_ = false;
  bool ended_ = false;
  std::int64_t took_ms_ = 0;
  std::uint64_t leg_ = 0; ///< counts the servers asked
  std::shared_ptr<call_handle> handle_;
};

/// What a caller should hear when several servers failed: the one that waiting mends first.
int weight_of(outcome_class c) noexcept {
  switch (c) {
    case outcome_class::busy: return 3;
    case outcome_class::transport: return 2;
    case outcome_class::quota: return 1;
    default: return 0;
  }
}

draft pool_call::all_closed(std::int64_t wait_ms) const {
  draft answer;
  answer.outcome = outcome_class::busy;
  answer.retry_after_ms = wait_ms;
  answer.detail = last_ && last_->outcome == outcome_class::busy
                    ? last_->detail
                    : "asked to wait " + std::to_string((wait_ms + 999) / 1'000) + " s more before the next call";
  if (last_) {
    answer.endpoint = last_->endpoint;
    answer.model = last_->model;
  } else if (pool_->members.size() == 1) {
    answer.endpoint = pool_->members[0].options.url;
    answer.model = pool_->members[0].options.model;
  }
  return answer;
}

std::function<void()> pool_call::give(draft answer) {
  ended_ = true;
  handle_.reset();
  if (holds_run_) room().runs.erase(run_key());
  holds_run_ = false;
  answer.took_ms = took_ms_;
  return [function = std::exchange(answer_, nullptr), answer = std::move(answer)]() mutable { function(std::move(answer)); };
}

std::function<void()> pool_call::start_at(std::size_t index) {
  tried_[index] = true;
  pool_->gates[index]->begin();
  return [self = shared_from_this(), index, server = pool_->members[index].server, leg = ++leg_] {
    auto handle = server->start(self->wish_, [self, index](draft answer) { self->took(index, std::move(answer)); });
    bool cancel_now = false;
    {
      const std::lock_guard lock(room().mutex);
      if (!self->ended_ && self->leg_ == leg) self->handle_ = handle; // else it was answered before it returned
      cancel_now = self->cancelled_;
    }
    if (cancel_now && handle) handle->cancel();
  };
}

/// With the lock held. Nothing to do means: wait for a place.
std::function<void()> pool_call::decide() {
  if (cancelled_) {
    draft answer;
    answer.outcome = outcome_class::interrupted;
    answer.detail = "cancelled";
    return give(std::move(answer));
  }
  if (is_segment() && !holds_run_ && !room().runs.insert(run_key()).second) return nullptr;
  holds_run_ = is_segment();
  std::vector<const endpoint_gate*> gates;
  for (const auto& gate : pool_->gates) gates.push_back(gate.get());
  const auto choice = choose_endpoint(gates, tried_, pool_->now_ms(), wish_.virtual_clock);
  if (choice.at) return start_at(*choice.at);
  if (choice.full) return nullptr;
  if (choice.none) return give(last_ ? *last_ : all_closed(1));
  return give(all_closed(choice.wait_ms));
}

void pool_call::go_on() {
  std::function<void()> todo;
  {
    const std::lock_guard lock(room().mutex);
    todo = decide();
    if (!todo) room().waiting.push_back(shared_from_this());
  }
  if (todo) todo();
}

bool pool_call::settle_waiting(std::function<void()>& todo) {
  todo = decide();
  return todo != nullptr;
}

/// With the lock held: a place or a run came free, so look at everybody who waits.
void pool_call::serve_waiting(todo_list& todo) {
  auto& waiting = room().waiting;
  for (auto at = waiting.begin(); at != waiting.end();) {
    std::function<void()> next;
    if ((*at)->settle_waiting(next)) {
      todo.push_back(std::move(next));
      at = waiting.erase(at);
    } else {
      ++at;
    }
  }
}

void pool_call::took(std::size_t index, draft answer) {
  todo_list todo;
  {
    const std::lock_guard lock(room().mutex);
    took_ms_ += answer.took_ms;
    auto& gate = *pool_->gates[index];
    gate.end(answer, pool_->now_ms(), wish_.virtual_clock);
    if (answer.outcome == outcome_class::busy && !wish_.virtual_clock)
      answer.retry_after_ms = std::max(answer.retry_after_ms, gate.reopens_at_ms - pool_->now_ms());
    handle_.reset();
    const bool fall_back = answer.prompt_too_long && !fell_back_ && !pool_->fallback_model.empty() && !cancelled_;
    const bool elsewhere = may_go_elsewhere(answer) && !cancelled_;
    if (!last_ || weight_of(answer.outcome) >= weight_of(last_->outcome)) last_ = answer;
    std::function<void()> next;
    if (fall_back) {
      fell_back_ = true;
      wish_.model = pool_->fallback_model;
      tried_.assign(tried_.size(), false);
      next = decide();
    } else if (elsewhere && std::find(tried_.begin(), tried_.end(), false) != tried_.end()) {
      next = decide();
    } else {
      next = give(elsewhere ? *last_ : std::move(answer));
    }
    if (next)
      todo.push_back(std::move(next));
    else
      room().waiting.push_back(shared_from_this());
    serve_waiting(todo);
  }
  for (const auto& one : todo) one();
}

void pool_call::cancel() {
  std::shared_ptr<call_handle> handle;
  todo_list todo;
  {
    const std::lock_guard lock(room().mutex);
    if (ended_ || cancelled_) return;
    cancelled_ = true;
    handle = handle_;
    auto& waiting = room().waiting;
    const auto at = std::find(waiting.begin(), waiting.end(), shared_from_this());
    if (at != waiting.end()) {
      waiting.erase(at);
      todo.push_back(decide());
      serve_waiting(todo);
    }
  }
  if (handle) handle->cancel();
  for (const auto& one : todo) one();
}

class pool_backend final : public backend {
public:
  explicit pool_backend(std::shared_ptr<pool_state> state) : state_(std::move(state)) {}

  std::shared_ptr<call_handle> start(const generation_call& call, answer_function answer) override {
    const auto entry = std::make_shared<pool_call>(state_, call, std::move(answer));
    entry->go_on();
    return entry;
  }

  /// Sound when one server is: asks them one after the other. Neither places nor cool-downs hold a probe back.
  std::shared_ptr<call_handle> probe(answer_function answer) override {
    probe_at(state_, 0, std::nullopt, std::move(answer));
    return nullptr;
  }

  backend_info info() const override {
    return state_->members.size() == 1 ? state_->members[0].server->info()
                                       : backend_info{"pool", state_->members[0].options.model, state_->members[0].options.url};
  }

  void describe(description_function tell) override { describe_from(state_, 0, {}, std::move(tell)); }

  std::vector<endpoint_status> endpoints() const override;

private:
  static void probe_at(std::shared_ptr<pool_state> state, std::size_t index, std::optional<draft> first,
                       answer_function answer) {
    const auto server = state->members[index].server;
    server->probe([state, index, first = std::move(first), answer = std::move(answer)](draft heard) mutable {
      if (heard.endpoint.empty()) heard.endpoint = state->members[index].options.url;
      note_probe(*state, index, heard);
      if (heard.outcome == outcome_class::ok) return answer(std::move(heard));
      if (!first || weight_of(heard.outcome) > weight_of(first->outcome)) first = std::move(heard);
      if (index + 1 == state->members.size()) return answer(std::move(*first));
      probe_at(state, index + 1, std::move(first), std::move(answer));
    });
  }

  /// A probe counts for health, but not among the calls.
  static void note_probe(pool_state& state, std::size_t index, const draft& heard) {
    const std::lock_guard lock(room().mutex);
    auto& gate = *state.gates[index];
    ++gate.in_flight;
    gate.end(heard, state.now_ms(), true);
  }

  static void describe_from(std::shared_ptr<pool_state> state, std::size_t index, std::vector<server_description> known,
                            description_function tell) {
    const auto server = state->members[index].server;
    server->describe([state, index, known = std::move(known), tell = std::move(tell)](auto found) mutable {
      known.insert(known.end(), found.begin(), found.end());
      if (index + 1 == state->members.size()) return tell(std::move(known));
      describe_from(state, index + 1, std::move(known), std::move(tell));
    });
  }

  std::shared_ptr<pool_state> state_;
};

std::vector<endpoint_status> pool_backend::endpoints() const {
  std::vector<endpoint_status> list;
  const std::lock_guard lock(room().mutex);
  const auto now = state_->now_ms();
  for (std::size_t i = 0; i < state_->members.size(); ++i) {
    const auto& options = state_->members[i].options;
    const auto& gate = *state_->gates[i];
    endpoint_status one;
    one.kind = options.kind;
    one.url = options.url;
    one.model = options.model;
    one.state = gate.state(now);
    one.in_flight = gate.in_flight;
    one.limit = static_cast<int>(gate.limit);
    one.most = gate.most;
    one.queued = static_cast<int>(room().waiting.size());
    if (const auto opens = std::max(gate.reopens_at_ms, gate.avoided_until_ms); opens > now) one.reopens_in_ms = opens - now;
    one.calls = gate.calls;
    one.failures = gate.failures;
    one.last_failure = gate.last_failure;
    list.push_back(std::move(one));
  }
  return list;
}

} // namespace

std::unique_ptr<backend> make_pool(std::vector<pool_member> members, std::string fallback_model,
                                   std::function<std::int64_t()> now_ms) {
  auto state = std::make_shared<pool_state>();
  {
    const std::lock_guard lock(room().mutex);
    std::erase_if(room().gates, [](const auto& known) { return known.second.expired(); });
    for (const auto& member : members) {
      const auto& options = member.options;
      auto& place = room().gates[options.kind + " " + options.url + " " + options.model];
      auto gate = place.lock();
      if (!gate) place = gate = std::make_shared<endpoint_gate>(make_gate(options.kind, options.in_flight));
      if (options.in_flight > 0) gate->most = options.in_flight;
      gate->limit = std::min<double>(gate->limit, gate->most);
      state->gates.push_back(std::move(gate));
    }
  }
  state->members = std::move(members);
  state->fallback_model = std::move(fallback_model);
  state->now_ms = std::move(now_ms);
  return std::make_unique<pool_backend>(std::move(state));
}

result<std::unique_ptr<backend>> make_pool_backend(std::vector<endpoint_options> servers, std::string fallback_model) {
  if (servers.empty())
    return failure{error_code::bad_config, "cannot use the backend", "it has no server to ask", "give --endpoint URL"};
  std::vector<pool_member> members;
  for (auto& options : servers) {
    auto made = make_server_backend(options);
    if (!made) return made.error();
    options.url = made.value()->info().endpoint; // one spelling for one server, and never a key in it
    members.push_back({options, std::shared_ptr<backend>(std::move(made.value()))});
  }
  return make_pool(std::move(members), std::move(fallback_model), [] { return host_clock{}.steady_ms(); });
}

} // namespace longwave
