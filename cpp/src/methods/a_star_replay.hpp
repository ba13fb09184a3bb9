// From indices back to positions, for all methods whose indices name nodes of a tree.
#pragma once

#include <cstdint>
#include <memory>

#include "methods/method.hpp"
#include "simd/lane_search.hpp"

namespace astar_rec {

// Indices from 1 to `largest`, and of blocks at most `max_depth` deep. Of Tree::whole_space they are
// numbers of samples.
std::unique_ptr<Replay> make_index_replay(Tree tree, std::size_t block, std::uint64_t largest,
                                          int max_depth);

}  // namespace astar_rec
