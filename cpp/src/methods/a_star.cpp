#include "methods/a_star.hpp"

#include <algorithm>
#include <cmath>

#include "methods/a_star_encoders.hpp"
#include "methods/a_star_replay.hpp"
#include "search/lockstep.hpp"
#include "tree/partition.hpp"

namespace astar_rec {

AStar AStar::global(std::uint64_t max_samples) {
  AStar method(Tree::whole_space);
  method.max_samples_ = max_samples;
  if (max_samples != 0) method.limits_.most_steps = max_samples;
  return method;
}

AStar AStar::as_star(std::uint64_t max_steps) {
  AStar method(Tree::at_sample);
  if (max_steps != 0) method.limits_.most_steps = max_steps;
  return method;
}

AStar AStar::ad_star(std::uint64_t max_steps, double within) {
  AStar method(Tree::halves);
  method.limits_.within = within;
  if (max_steps != 0) method.limits_.most_steps = max_steps;
  return method;
}

AStar AStar::dad_star(std::uint64_t depth, std::uint64_t max_steps, double within) {
  AStar method = ad_star(max_steps, within);
  method.has_depth_ = true;
  method.depth_ = static_cast<int>(depth);
  method.limits_.exact = false;
  return method;
}

int AStar::max_depth(int deepest) const { return has_depth_ ? std::min(depth_, deepest) : deepest; }

Reach AStar::reach() const {
  Reach reach;
  const bool approximate = has_depth_ || max_samples_ != 0;
  const bool has_budget = limits_.most_steps != Limits{}.most_steps;
  if (!approximate) {
    reach.peak = max_peak_bits;
    if (tree_ == Tree::whole_space) reach.bound = max_global_bits;
    if (!has_budget) reach.custom = tree_ == Tree::whole_space ? max_global_bits : 64.0;
  }
  // Each step goes a level deeper at most.
  reach.room = has_depth_ ? depth_ : max_index_depth;
  if (tree_ == Tree::whole_space) {
    if (max_samples_ != 0) reach.room = std::log2(static_cast<double>(max_samples_));
  } else if (has_budget) {
    reach.room = std::min(reach.room, static_cast<double>(limits_.most_steps - 1));
  }
  return reach;
}

std::size_t AStar::most_in_block() const { return tree_ == Tree::at_sample ? 1 : max_block; }

std::uint64_t AStar::largest_index() const {
  if (has_depth_) return last_position >> std::max(0, 63 - depth_);
  return max_samples_ != 0 ? max_samples_ : ~std::uint64_t{0};
}

// Elements that take some microseconds together are handed out together. Where one alone may take long,
// one by one.
Shares AStar::encoder_shares(std::size_t block) const {
  if (block > 1 || tree_ == Tree::whole_space) return {};
  return {64};
}

std::unique_ptr<Encoder> AStar::encoder(const Pair& pair, std::size_t block) const {
  return block == 1 ? make_element_encoder(*this, pair) : make_block_encoder(*this, pair);
}

std::unique_ptr<Replay> AStar::replay(std::size_t block) const {
  return make_index_replay(tree_, block, largest_index(),
                           max_depth(max_index_depth * static_cast<int>(block)));
}

std::unique_ptr<Lockstep> AStar::lockstep(std::size_t count, std::uint64_t seed,
                                          std::uint64_t offset) const {
  const auto over = [&](auto partition) -> std::unique_ptr<Lockstep> {
    return std::make_unique<LockstepOver<decltype(partition)>>(partition, limits_, reach(), count,
                                                               seed, offset);
  };
  if (tree_ == Tree::whole_space) return over(WholeSpace());
  if (tree_ == Tree::at_sample) return over(AtSample());
  return over(Dyadic(max_depth(max_index_depth)));
}

}  // namespace astar_rec
