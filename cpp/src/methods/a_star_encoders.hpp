// The searches of a chunk of elements or of blocks: in lanes where there are any, and in exact
// arithmetic what lanes do not know.
#pragma once

#include <memory>

#include "methods/a_star.hpp"

namespace astar_rec {

// Of elements alone, and of blocks.
std::unique_ptr<Encoder> make_element_encoder(const AStar& method, const Pair& pair);
std::unique_ptr<Encoder> make_block_encoder(const AStar& method, const Pair& pair);

}  // namespace astar_rec
