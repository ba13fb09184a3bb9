// Poisson private representation: an exact sample, by a message that is differentially private.
//
// The samples Z_1, Z_2, … of the proposal are shared; their arrival times T_1 < T_2 < …, of a Poisson
// process of rate 1, are the sender's alone. Global-bound A* coding sends the sample with the least T_i / r_i
// (r the density ratio), and whoever has the seed learns from its number what the ratio is like. Here
// sample i is chosen with a probability proportional to (T_i / r_i)^-α: by exponential marks V_i, the
// sender's alone too, it is the one with the least T_i^α V_i / r_i^α, or the largest
//
//     -log T_i + log r_i - log(V_i) / α.
//
// The marked points are a Poisson process again, which maps to itself under the change from P to Q, so
// the sample is exactly Q's. And a target whose density is less than e^ε times another's, everywhere,
// and more than e^-ε times, changes each weight by a factor of e^(αε) at most and so its share of all of
// them by e^(2αε): whatever T and Z are, the message is 2αε differentially private. With α = ∞ it is A*'s.
//
// The search. Let `best` be the largest value so far at a time T, and s the supremum of log r. A point
// at T or later can win only with a mark below v = exp(α (s - best - log T)). While that is 1 or more,
// point after point is drawn. Then points are rare that may win: those with marks below v are a Poisson
// process of rate 1 - e^-v, from which the next is drawn at once; of the others up to there, of rate
// e^-v, it matters only how many they were, as the index is a rank. v falls as T^-α, so that soon the next lies beyond all
// numbers, and the search is over. What may win beyond rank 2^40 or so, a chance of some 2^(-40 (α - 1)) times
// the density ratio, is left out, and the search is cut. (The choice is then among the other points, by the
// same weights: it is as private.)
//
// Reference: Y. Liu, W.-N. Chen, A. Özgür, C. T. Li, "Universal exact compression of differentially
// private mechanisms", NeurIPS 2024, section 4. (Its algorithm 1 finds the same by a heap.)
#pragma once

#include <cstdint>

#include "methods/candidates.hpp"
#include "search/reach.hpp"

namespace astar_rec {

// A search evaluates some 2^bits samples one by one.
inline constexpr double max_private_bits = 24.0;

class PoissonPrivate final : public CandidateMethod {
 public:
  // α in parts of 1024; 0 for ∞.
  static constexpr double parts = 1024.0;
  static constexpr std::uint64_t most_parts = std::uint64_t{1} << 20;

  PoissonPrivate(std::uint64_t alpha_parts, std::uint64_t private_seed)
      : alpha_parts_(alpha_parts), private_seed_(private_seed) {}

  bool is_private() const { return alpha_parts_ != 0; }
  // Requires is_private().
  double alpha() const { return static_cast<double>(alpha_parts_) / parts; }
  std::uint64_t private_seed() const { return private_seed_; }
  Reach reach() const;

  std::uint64_t largest_index() const override { return std::uint64_t{1} << 44; }
  std::unique_ptr<Encoder> encoder(const Pair& pair, std::size_t block) const override;
  std::unique_ptr<Lockstep> lockstep(std::size_t count, std::uint64_t seed,
                                     std::uint64_t offset) const override;

 private:
  std::uint64_t alpha_parts_;
  std::uint64_t private_seed_;
};

}  // namespace astar_rec
