// Construction and end of an actor system.
#include "actors/engine.hpp"

#include "actors/signal_stack.hpp"

#include <caf/atom.hpp>
#include <caf/send.hpp>
#include <caf/thread_hook.hpp>

namespace longwave {

namespace {

/// Every thread that runs actors can tell what it held when its stack overflows.
class signal_stack_hook final : public caf::thread_hook {
public:
  void init(caf::actor_system&) override {}
  void thread_started() override { give_signal_stack(); }
  void thread_terminates() override {}
};

} // namespace

engine_config::engine_config(const scheduling& how) {
  add_thread_hook<signal_stack_hook>();
  set("scheduler.policy", how.policy == "testing"    ? caf::atom("testing")
                          : how.policy == "stealing" ? caf::atom("stealing")
                                                     : caf::atom("sharing"));
  set("scheduler.max-threads", how.threads);
  set("scheduler.max-throughput", how.max_throughput);
  // An idle thread of the stealing policy would look for work every 50 us for the next 25 ms, longer than a commit takes:
  // that was a third of a run's CPU time. It waits to be woken instead.
  set("work-stealing.moderate-poll-attempts", std::size_t{0});
}

supervisor_actor start_supervisor(caf::actor_system& system, std::shared_ptr<crew_board> board,
                                  std::shared_ptr<storage::store> store, engine_options options) {
  return system.spawn(make_supervisor, std::move(board), std::move(store), std::move(options));
}

void dismiss(crew_board& board) {
  const auto crew = board.today();
  auto end = [](const auto& actor) {
    // An exit of normal priority would wait behind everything that is queued.
    if (actor)
      caf::anon_send<caf::message_priority::high>(caf::actor_cast<caf::actor>(actor),
                                                  caf::exit_msg{actor.address(), caf::exit_reason::user_shutdown});
  };
  end(crew->supervisor);
  for (const auto& g : crew->generators) end(g.actor);
  for (const auto& v : crew->validators) end(v.actor);
  end(crew->retry.actor);
  end(crew->committer.actor);
  end(crew->monitor.actor);
  board.replace(std::make_shared<struct crew>());
}

engine::engine(std::shared_ptr<storage::store> store, engine_options options, scheduling how)
  : store_(std::move(store)), config_(how), board_(std::make_shared<crew_board>()) {
  system_ = std::make_unique<caf::actor_system>(config_);
  supervisor_ = start_supervisor(*system_, board_, store_, std::move(options));
}

engine::~engine() {
  caf::anon_send<caf::message_priority::high>(caf::actor_cast<caf::actor>(supervisor_),
                                              caf::exit_msg{supervisor_.address(), caf::exit_reason::user_shutdown});
  supervisor_ = nullptr;
  dismiss(*board_);
  system_.reset();
}

void engine::submit(submit_run order) { caf::anon_send(supervisor_, std::move(order)); }

void engine::ask(control_request request) { caf::anon_send(supervisor_, std::move(request)); }

void engine::stop(stop_mode mode) { caf::anon_send(supervisor_, stop_engine{mode}); }

} // namespace longwave
