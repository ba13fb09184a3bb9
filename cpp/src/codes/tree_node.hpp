// A drawn node of a tree: where it is, and when it arrives.
#pragma once

#include <bit>
#include <cstdint>

#include "tree/box.hpp"
#include "random/gumbel.hpp"

namespace astar_rec {

// The proposal's mass of a region at that depth, 2^-depth; up to 1,022.
inline double mass_at(int depth) {
  return std::bit_cast<double>(static_cast<std::uint64_t>(1023 - depth) << 52);
}

struct TreeNode {
  BoxAddress address;
  int depth = 0;
  double arrival = 0.0;

  void descend(const TreeNode& parent, int side) {
    address = parent.address.child(side);
    depth = parent.depth + 1;
  }

  // Returns the random bits that the arrival comes with.
  NodeBits arrive(double after) {
    const NodeBits bits = address.random({address.node, 0});
    arrival = next_arrival(after, mass_at(depth), bits.arrival);
    return bits;
  }
};

}  // namespace astar_rec
