// Greedy rejection coding: of each sample, as much of the target as it can take.
//
// Reference: G. Flamich, S. Markou, J. M. Hernández-Lobato, "Faster relative entropy coding with greedy
// rejection coding", NeurIPS 2023.
#pragma once

#include "methods/greedy.hpp"

namespace astar_rec {

class GreedyRejection final : public GreedyMethod {
 public:
  explicit GreedyRejection(Tree tree) : GreedyMethod(tree) {}

  std::unique_ptr<Encoder> encoder(const Pair& pair, std::size_t block) const override;
};

}  // namespace astar_rec
