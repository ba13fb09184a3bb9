// Greedy Poisson rejection sampling: of a Poisson process, the first arrival below a graph.
//
// Its trees are those of A* coding, and so are indices and replays: split at the sample (AS*), halved
// (AD*), or not split at all. Only the sender asks for the graph.
//
// Reference: G. Flamich, "Greedy Poisson rejection sampling", NeurIPS 2023.
#pragma once

#include "methods/method.hpp"
#include "search/reach.hpp"
#include "simd/lane_search.hpp"

namespace astar_rec {

class GreedyPoisson final : public Method {
 public:
  explicit GreedyPoisson(Tree tree) : tree_(tree) {}

  Tree tree() const { return tree_; }
  Reach reach() const;

  std::size_t most_in_block() const override { return 1; }
  bool encodes(const Pair& pair) const override { return has_excesses(pair); }
  std::unique_ptr<Encoder> encoder(const Pair& pair, std::size_t block) const override;
  Shares encoder_shares(std::size_t block) const override;
  std::unique_ptr<Replay> replay(std::size_t block) const override;
  // None: a ratio alone does not say how much of the target exceeds a multiple of the proposal.
  std::unique_ptr<Lockstep> lockstep(std::size_t, std::uint64_t, std::uint64_t) const override;

 private:
  Tree tree_;
};

}  // namespace astar_rec
