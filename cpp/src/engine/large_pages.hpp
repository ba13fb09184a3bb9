// Memory for arrays of many megabytes, in large pages where the system has them: page by page it takes a
// fifth of a polar block's time to provide.
#pragma once

#include <cstddef>
#include <limits>
#include <new>
#include <utility>
#include <vector>

#ifdef __linux__
#include <sys/mman.h>
#endif

namespace astar_rec {

template <class T>
struct LargePages {
  using value_type = T;

  LargePages() = default;
  template <class U>
  explicit LargePages(const LargePages<U>&) noexcept {}

  T* allocate(std::size_t count) {
    if (count > std::numeric_limits<std::size_t>::max() / sizeof(T))
      throw std::bad_array_new_length();
    const std::size_t bytes = count * sizeof(T);
    if (bytes < page) return static_cast<T*>(::operator new(bytes));
    void* memory = ::operator new(bytes, std::align_val_t{page});
#ifdef __linux__
    // Whole pages alone. If the system refuses, nothing is lost.
    madvise(memory, bytes / page * page, MADV_HUGEPAGE);
#endif
    return static_cast<T*>(memory);
  }
  void deallocate(T* memory, std::size_t count) noexcept {
    if (count * sizeof(T) < page) return ::operator delete(memory);
    ::operator delete(memory, std::align_val_t{page});
  }

  // Vectors of some size hold anything: what is not written needs no memory.
  template <class U, class... Arguments>
  void construct(U* at, Arguments&&... arguments) {
    if constexpr (sizeof...(arguments) == 0) {
      ::new (static_cast<void*>(at)) U;
    } else {
      ::new (static_cast<void*>(at)) U(std::forward<Arguments>(arguments)...);
    }
  }

  template <class U>
  bool operator==(const LargePages<U>&) const noexcept {
    return true;
  }

 private:
  static constexpr std::size_t page = std::size_t{1} << 21;
};

template <class T>
using LargeVector = std::vector<T, LargePages<T>>;

}  // namespace astar_rec
