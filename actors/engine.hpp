// The engine: one actor system over one store. What the command line, the benchmarks and the simulations start.
#pragma once

#include "actors/crew.hpp"
#include "actors/supervisor.hpp"
#include "messages/interfaces.hpp"
#include "storage/store.hpp"

#include <caf/actor_system.hpp>
#include <caf/actor_system_config.hpp>

#include <memory>

namespace longwave {

/// How the actor system is scheduled.
struct scheduling {
  /// Worker threads; the committer has one of its own besides.
  std::size_t threads = 2;
  /// Messages an actor handles before it gives way; CAF's default is unlimited, which starves the others.
  std::size_t max_throughput = 300;
  /// "sharing" idles at 0 % CPU; "stealing" looks for work once in 10 ms where there is none, and is quicker for one run that
  /// always has some.
  std::string policy = "sharing";
};

/// CAF's configuration for an engine; `testing` gives the deterministic coordinator of simulations.
class engine_config : public caf::actor_system_config {
public:
  explicit engine_config(const scheduling& how);
};

/// Spawns the supervisor, which starts all others. For simulations, which own the actor system themselves.
supervisor_actor start_supervisor(caf::actor_system& system, std::shared_ptr<crew_board> board,
                                  std::shared_ptr<storage::store> store, engine_options options);

/// Sends every actor of the crew its exit, ahead of what is queued, and forgets the handles.
void dismiss(crew_board& board);

/// Owns the actor system. Threads: all members may be called from any thread.
class engine {
public:
  engine(std::shared_ptr<storage::store> store, engine_options options, scheduling how);
  /// Ends all actors; runs that were not stopped before are interrupted (and resumable).
  ~engine();

  void submit(submit_run order);
  void ask(control_request request);
  void stop(stop_mode mode);
  const std::shared_ptr<storage::store>& store() const noexcept { return store_; }

private:
  std::shared_ptr<storage::store> store_;
  engine_config config_;
  std::unique_ptr<caf::actor_system> system_;
  std::shared_ptr<crew_board> board_;
  supervisor_actor supervisor_;
};

} // namespace longwave
