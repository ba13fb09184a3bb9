// Minimal random coding: of K samples of the proposal, one that is chosen by its importance weight.
//
// Candidate i is chosen with a probability proportional to dQ/dP at its sample X_i, by the Gumbel-max
// trick: it is the one with the largest -log E_i + r(X_i), E_i its own exponential. In global-bound A*
// coding, which has the same candidates, sample i arrives at E_1 + ... + E_i: late samples need a larger
// ratio, and once none can have it the search is over and exact. Here no candidate tells anything of
// the next. All K are evaluated, there is no heap and no bound, and the chosen one is a sample of the
// target only in the limit of large K: 2 to the KL divergence in bits, and some bits more.
//
// Reference: M. Havasi, R. Peharz, J. M. Hernández-Lobato, "Minimal random code learning: getting bits
// back from compressed model parameters", ICLR 2019, section 3, algorithm 1.
#pragma once

#include <cstdint>

#include "methods/candidates.hpp"
#include "search/reach.hpp"

namespace astar_rec {

// More would take minutes an element.
inline constexpr std::uint64_t max_candidates = std::uint64_t{1} << 32;

class MinimalRandom final : public CandidateMethod {
 public:
  explicit MinimalRandom(std::uint64_t candidates) : candidates_(candidates) {}

  std::uint64_t candidates() const { return candidates_; }
  Reach reach() const;

  std::uint64_t largest_index() const override { return candidates_; }
  std::unique_ptr<Encoder> encoder(const Pair& pair, std::size_t block) const override;
  std::unique_ptr<Lockstep> lockstep(std::size_t count, std::uint64_t seed,
                                     std::uint64_t offset) const override;

 private:
  std::uint64_t candidates_;
};

}  // namespace astar_rec
