#include "methods/greedy_rejection.hpp"

#include "search/slices.hpp"

namespace astar_rec {

std::unique_ptr<Encoder> GreedyRejection::encoder(const Pair& pair, std::size_t) const {
  return make_greedy_encoder<Slices>(*this, pair);
}

}  // namespace astar_rec
