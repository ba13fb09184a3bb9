// Random numbers that are addressed, not drawn.
//
// Every node of every search has its own 128 random bits, found from (seed, element, address) by one
// call of Philox. So a node's numbers do not depend on what was visited before it, on threads, or on
// how an array was cut into pieces, and a decoder reaches them without replaying the search.
//
//   key     = seed, low word first
//   counter = node (2 words, low first), element (32 low bits), lane << 16 | element (16 high bits)
//   output  = words 0, 1: the node's place in its region;  words 2, 3: its arrival time
//
// Elements are numbered from 0 in C order over the whole array; there can be 2^48 of them.
#pragma once

#include <cstdint>

#include "random/philox.hpp"

namespace astar_rec {

// What tells one node of an element's tree from another. Each partition says how it uses the two.
struct Address {
  std::uint64_t node = 1;
  std::uint16_t lane = 0;
};

struct NodeBits {
  std::uint64_t place;    // shared with the decoder
  std::uint64_t arrival;  // the encoder's alone
};

inline constexpr std::uint64_t element_limit = std::uint64_t{1} << 48;

class NodeRandom {
 public:
  NodeRandom() = default;

  // element < element_limit
  NodeRandom(std::uint64_t seed, std::uint64_t element)
      : key_{static_cast<std::uint32_t>(seed), static_cast<std::uint32_t>(seed >> 32)},
        element_(element) {}

  // The same element under another key.
  NodeRandom with_key(std::uint64_t key) const { return {key, element_}; }

  NodeBits operator()(Address address) const {
    const PhiloxCounter counter = {
        static_cast<std::uint32_t>(address.node), static_cast<std::uint32_t>(address.node >> 32),
        static_cast<std::uint32_t>(element_),
        static_cast<std::uint32_t>(element_ >> 32) | std::uint32_t{address.lane} << 16};
    const PhiloxCounter bits = philox4x32(counter, key_);
    return {bits[0] | std::uint64_t{bits[1]} << 32, bits[2] | std::uint64_t{bits[3]} << 32};
  }

 private:
  PhiloxKey key_{};
  std::uint64_t element_ = 0;
};

}  // namespace astar_rec
