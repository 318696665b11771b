// sigaltstack, owned by the thread.
#include "actors/signal_stack.hpp"

#include <csignal>
#include <memory>

namespace longwave {

namespace {

constexpr std::size_t stack_bytes = 64 << 10;

class signal_stack {
public:
  signal_stack() : bytes_(new char[stack_bytes]) {
    stack_t stack{};
    stack.ss_sp = bytes_.get();
    stack.ss_size = stack_bytes;
    ::sigaltstack(&stack, nullptr);
  }
  ~signal_stack() {
    stack_t none{};
    none.ss_flags = SS_DISABLE;
    ::sigaltstack(&none, nullptr);
  }
  signal_stack(const signal_stack&) = delete;
  signal_stack& operator=(const signal_stack&) = delete;

private:
  std::unique_ptr<char[]> bytes_;
};

} // namespace

void give_signal_stack() { static thread_local const signal_stack stack; }

} // namespace longwave
