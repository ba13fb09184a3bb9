// A drawn node of a tree: where it is, and when it arrives.
#pragma once

#include <bit>
#include <cstdint>

#include "tree/box.hpp"
#include "tree/node.hpp"

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

  // Returns what is drawn where it arrives.
  DrawnNode arrive(double after) {
    const DrawnNode drawn = draw_node(address.bits(), after, mass_at(depth));
    arrival = drawn.arrival;
    return drawn;
  }
};

}  // namespace astar_rec
