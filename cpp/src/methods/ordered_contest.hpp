// Who wins among candidates whose Gumbels come in their order, the largest first: see ordered_random.hpp.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>

#include "methods/candidates.hpp"
#include "tree/node.hpp"

namespace astar_rec {

class OrderedContest {
 public:
  OrderedContest(std::uint64_t candidates, const NodeRandom& random, double supremum)
      : candidates_(candidates), random_(random), supremum_(supremum) {}

  // More and more at once, some of them in vain.
  Numbers next(std::size_t most) {
    const std::uint64_t left = settled_ ? 0 : candidates_ - seen_;
    ahead_ = std::min(most, 2 * ahead_);
    return {seen_ + 1, static_cast<std::size_t>(std::min<std::uint64_t>(ahead_, left))};
  }

  void supply(std::span<const double> log_ratios) { supply(NearRatios{log_ratios, 0.0, nullptr}); }

  void supply(const NearRatios& ratios) {
    for (const double log_ratio : ratios.log_ratios) {
      // Of the whole of mass 1, each candidate takes its share away.
      const double mass =
          static_cast<double>(candidates_ - seen_) / static_cast<double>(candidates_);
      const DrawnNode node = draw_node(random_({seen_ + 1, 0}), arrival_, mass);
      const double gumbel = node.gumbel();
      settled_ = is_settled(gumbel + supremum_, ratios.exact);
      if (settled_) return;
      arrival_ = node.arrival;
      best_.consider(++seen_, gumbel, log_ratio, ratios.error);
    }
  }

  void settle(ExactRatios& exact) { best_.settle(exact); }

  SearchResult result() const { return best_.result(seen_); }

 private:
  // Whether nothing that is `at_most` so much can win.
  bool is_settled(double at_most, ExactRatios* exact) {
    const bool in_doubt = at_most > best_.at_least() && !(at_most > best_.at_most());
    if (in_doubt) best_.settle(*exact);
    return !(at_most > best_.at_least());
  }

  std::uint64_t candidates_;
  NodeRandom random_;
  double supremum_;
  Contenders best_;
  std::uint64_t seen_ = 0;
  double arrival_ = 0.0;
  bool settled_ = false;
  std::size_t ahead_ = 4;
};

}  // namespace astar_rec
