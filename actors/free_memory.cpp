// Of the allocator that the program is linked with: tcmalloc, or in sanitized builds and unit tests the C library's.
#include "actors/free_memory.hpp"

#include <gperftools/malloc_extension_c.h>
#include <malloc.h>

#pragma weak MallocExtension_MarkThreadIdle
#pragma weak MallocExtension_ReleaseFreeMemory

namespace longwave {

void give_back_free_memory() noexcept {
  if (&MallocExtension_ReleaseFreeMemory == nullptr) {
    ::malloc_trim(0);
    return;
  }
  MallocExtension_MarkThreadIdle();
  MallocExtension_ReleaseFreeMemory();
}

} // namespace longwave
