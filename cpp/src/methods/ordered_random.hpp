// Ordered random coding: minimal random coding (minimal_random.hpp) whose index says less.
//
// Candidates are alike before they are seen, so the K Gumbels may be handed out in any order that does
// not depend on them. Minimal random coding hands them out as they come, and all indices are as likely.
// Here candidate 1 gets the largest, candidate 2 the next: the sample's law is the same, to the last
// digit, and low indices are the likelier, so that a code that knows spends about what global-bound A*
// coding does. As arrival times: of K exponentials of mean K, the smallest comes first, and each next
// one of those left after an exponential of mean K / (how many are left):
//
//     S_i = S_(i-1) + E_i / ((K - i + 1) / K),   G_i = -log S_i
//
// With K without end that is global-bound A* coding. And as there, once no Gumbel to come can win with the
// largest log ratio there is, the contest is over: which changes nothing but the steps.
//
// Reference: L. Theis, N. Yosri, "Algorithms for the communication of samples", ICML 2022, section 3.2.
#pragma once

#include <cstdint>

#include "methods/candidates.hpp"
#include "search/reach.hpp"

namespace astar_rec {

class OrderedRandom final : public CandidateMethod {
 public:
  explicit OrderedRandom(std::uint64_t candidates) : candidates_(candidates) {}

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
