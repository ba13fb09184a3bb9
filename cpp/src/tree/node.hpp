// The law of a node: from its address, its parent's arrival and its region's mass to what it draws.
//
//     address -> 128 random bits -> arrival -> Gumbel, and the bits of its sample's place
//
// Searches, walks to single nodes, the tree code and minimal random coding draw their nodes here. A
// decoder needs the place alone.
#pragma once

#include <cstdint>

#include "random/gumbel.hpp"
#include "random/random.hpp"

namespace astar_rec {

struct DrawnNode {
  double arrival;
  std::uint64_t place;  // bits of its sample's place in its region

  double gumbel() const { return gumbel_of(arrival); }
};

// The first node of a region of proposal mass `mass` that arrives after `after`.
inline DrawnNode draw_node(const NodeBits& bits, double after, double mass) {
  return {next_arrival(after, mass, bits.arrival), bits.place};
}

}  // namespace astar_rec
