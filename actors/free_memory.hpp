// What is free is not given back by itself: allocators keep it for the next one who asks.
#pragma once

namespace longwave {

/// Gives memory that nobody uses back to the system, with what the allocator has put by for the calling thread; what it keeps
/// for other threads stays. Takes milliseconds for each hundred megabytes, and what is asked for afterwards is asked of the
/// system anew: for a process that has come to rest. Any thread.
void give_back_free_memory() noexcept;

} // namespace longwave
