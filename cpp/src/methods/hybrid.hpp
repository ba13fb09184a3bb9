// Hybrid coding: universal quantisation says where, ordered random coding which.
//
// Along each dimension the sender chooses an interval of positions of the width 2^-k, where the target
// is. All samples of the proposal are brought there: of the positions that end in the same 64 - k bits,
// one lies in the interval. These are the candidates, and one is chosen as in ordered random coding
// (ordered_random.hpp): in the time of the information about the intervals' product, the cube, not about
// the proposal. Its law differs from the target's by what is outside of the cube, and by the choice's own
// bias.
//
// The index is the candidate's number, by which the receiver knows the last bits, followed by the first k
// of each dimension.
//
// Reference: L. Theis, N. Yosri, "Algorithms for the communication of samples", ICML 2022.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>

#include "methods/method.hpp"
#include "search/reach.hpp"

namespace astar_rec {

class Hybrid final : public Method {
 public:
  static constexpr int most_halvings = 31;

  // Requires 1 <= candidates <= 2^32 and 1 <= halvings <= most_halvings.
  Hybrid(std::uint64_t candidates, std::uint64_t halvings)
      : candidates_(candidates), halvings_(static_cast<int>(halvings)) {}

  std::uint64_t candidates() const { return candidates_; }
  int halvings() const { return halvings_; }
  Reach reach() const;

  std::size_t most_in_block() const override;
  std::size_t words(std::size_t block) const override;
  bool halves() const override { return false; }
  std::unique_ptr<Encoder> encoder(const Pair& pair, std::size_t block) const override;
  std::unique_ptr<Replay> replay(std::size_t block) const override;
  // None: where a target is, its suprema tell.
  std::unique_ptr<Lockstep> lockstep(std::size_t, std::uint64_t, std::uint64_t) const override;

 private:
  std::uint64_t candidates_;
  int halvings_;
};

}  // namespace astar_rec
