#include "methods/greedy.hpp"

#include "methods/a_star_replay.hpp"
#include "search/lockstep.hpp"

namespace astar_rec {

Reach GreedyMethod::reach() const {
  Reach reach;
  reach.peak = max_peak_bits;
  if (tree_ == Tree::whole_space) reach.bound = max_global_bits;
  reach.room = max_index_depth;
  return reach;
}

Shares GreedyMethod::encoder_shares(std::size_t) const {
  return tree_ == Tree::whole_space ? Shares{} : Shares{4};
}

std::unique_ptr<Replay> GreedyMethod::replay(std::size_t block) const {
  return make_index_replay(tree_, block, largest_index(), max_index_depth);
}

std::unique_ptr<Lockstep> GreedyMethod::lockstep(std::size_t, std::uint64_t, std::uint64_t) const {
  return nullptr;
}

}  // namespace astar_rec
