// From an index back to the position of the sample it names: what a decoder does.
//
// Any index in a partition's range decodes to some position; the right one to the encoder's. Nothing
// here needs a target, a Gumbel or a heap.
#pragma once

#include <cstdint>

#include "math/positions.hpp"
#include "random/random.hpp"
#include "tree/partition.hpp"

namespace astar_rec {

// O(1): the sample's number is its address.
inline Position replay(const WholeSpace&, NodeRandom random, std::uint64_t index) {
  return random({index, 0}).place;
}

// O(1), whatever the depth: the path is the region.
inline Position replay(const Dyadic&, NodeRandom random, std::uint64_t index) {
  return Dyadic::place(index, random({index, 0}).place);
}

// O(depth) on average: walks towards the cell until a sample lies in it. Ends for every index, since
// each step takes an atom away and the last one left would lie in the cell.
inline Position replay(const AtSample&, NodeRandom random, std::uint64_t index) {
  const Position first = cell_first(index);
  const Position last = cell_last(index);
  Region region;
  for (;;) {
    const Position sample = AtSample::place(region, random(region.address).place);
    if (sample >= first && sample <= last) return sample;
    region = *AtSample::child(region, sample < first ? 1 : 0, sample, 0.0);
  }
}

}  // namespace astar_rec
