// A* coding: global-bound A*, AS*, AD* and DAD*, which are one search over different trees.
//
// Reference: Flamich, Markou, Hernández-Lobato, "Fast relative entropy coding with A* coding", ICML
// 2022.
#pragma once

#include <cstdint>

#include "methods/method.hpp"
#include "search/reach.hpp"
#include "search/search.hpp"
#include "simd/lane_search.hpp"

namespace astar_rec {

class AStar final : public Method {
 public:
  // Budgets are numbers of steps; 0 for none. The global bound's steps are samples.
  static AStar global(std::uint64_t max_samples);
  static AStar as_star(std::uint64_t max_steps);
  // `within` is the doubt at which a search of a block may end; 0 for none.
  static AStar ad_star(std::uint64_t max_steps, double within = 0.0);
  static AStar dad_star(std::uint64_t depth, std::uint64_t max_steps, double within = 0.0);

  Tree tree() const { return tree_; }
  const Limits& limits() const { return limits_; }
  // Of nodes, where `deepest` is the tree's own.
  int max_depth(int deepest) const;
  Reach reach() const;

  std::size_t most_in_block() const override;
  std::uint64_t largest_index() const override;
  std::unique_ptr<Encoder> encoder(const Pair& pair, std::size_t block) const override;
  Shares encoder_shares(std::size_t block) const override;
  std::unique_ptr<Replay> replay(std::size_t block) const override;
  std::unique_ptr<Lockstep> lockstep(std::size_t count, std::uint64_t seed,
                                     std::uint64_t offset) const override;

 private:
  explicit AStar(Tree tree) : tree_(tree) {}

  Tree tree_;
  bool has_depth_ = false;  // DAD*: the depth is a part of the method, and not an error
  int depth_ = 0;
  std::uint64_t max_samples_ = 0;  // of the global bound; 0 for no limit
  Limits limits_;
};

}  // namespace astar_rec
