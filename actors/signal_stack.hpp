// A stack of its own for the signal handlers of each thread: one whose stack overflowed can still say what it held.
#pragma once

namespace longwave {

/// Gives the calling thread an alternate signal stack, once; it goes with the thread. Handlers that want it are
/// installed with SA_ONSTACK (cli/crash_marker). A thread without one dies without a word.
void give_signal_stack();

} // namespace longwave
