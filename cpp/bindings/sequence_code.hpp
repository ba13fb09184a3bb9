// What the bindings of codes that learn share: checks of arguments, and Ctrl-C in a long call.
#pragma once

#include <atomic>

#include "bindings.hpp"
#include "codes/depth_start.hpp"
#include "codes/sequence_code.hpp"

inline void check_start(int start) {
  require(start >= 0 && start <= astar_rec::max_start, "start must be 0 to 255");
}

// Of `count` indices.
inline std::span<const std::uint16_t> contexts_of(const Array<std::uint16_t>& contexts,
                                                  std::size_t count) {
  const auto numbers = view(contexts);
  require(numbers.empty() || numbers.size() == count, "one context per index, or none");
  return numbers;
}

// Calls f with what long work is to call now and then, and with the GIL released.
template <class F>
auto interruptibly(const F& f) {
  std::atomic<bool> stop = false;
  const astar_rec::Interrupt::Poll poll = signalled;
  astar_rec::Interrupt interrupt(stop, &poll);
  const py::gil_scoped_release release;
  return f([&] { interrupt.check(); });
}

// bytes, bits
template <astar_rec::SequenceCode Code>
py::tuple pack_sequence_of(const Array<std::uint64_t>& index, const Code& code) {
  const auto from = view(index);
  const astar_rec::RangeCoded coded = interruptibly(
      [&](const auto& interrupt) { return astar_rec::pack_sequence(from, code, interrupt); });
  return py::make_tuple(to_bytes(coded.bytes), coded.bits);
}

template <astar_rec::SequenceCode Code>
void unpack_sequence_of(const py::buffer& data, const Code& code, Array<std::uint64_t>& index) {
  const py::buffer_info info = data.request();
  const auto bytes = bytes_of(info);
  const auto to = writable(index);
  interruptibly(
      [&](const auto& interrupt) { astar_rec::unpack_sequence(bytes, code, to, interrupt); });
}
