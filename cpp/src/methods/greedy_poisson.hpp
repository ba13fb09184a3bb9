// Greedy Poisson rejection sampling: of a Poisson process, the first arrival below a graph.
//
// Reference: G. Flamich, "Greedy Poisson rejection sampling", NeurIPS 2023.
#pragma once

#include "methods/greedy.hpp"

namespace astar_rec {

class GreedyPoisson final : public GreedyMethod {
 public:
  explicit GreedyPoisson(Tree tree) : GreedyMethod(tree) {}

  std::unique_ptr<Encoder> encoder(const Pair& pair, std::size_t block) const override;
};

}  // namespace astar_rec
