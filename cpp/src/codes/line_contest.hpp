// Which drawn node of one element's tree wins: exactly, for every mean of the target.
//
// Of two nodes the one with the larger Gumbel + log ratio is ahead. For a target N(m, s^2) and samples
// x and y with log arrivals a and b they tie at one m,
//
//     m = (x + y) / 2 + s^2 ((a - b) / (x - y) - (x + y) / 2)
//
// and to the right of it the node with the larger sample is ahead. So the means for which a node is
// ahead of all others are an interval, and its weight is that interval's probability: the nodes share
// the line of means as the cells of a power diagram. s^2 enters linearly, so a pair of nodes takes one
// multiplication and one addition a hypothesis.
//
// What has not been drawn is left out of account. tree_model.hpp corrects for it by what it has seen.
#pragma once

#include <algorithm>
#include <cstddef>

#include "codes/hypotheses.hpp"
#include "codes/normal_tables.hpp"
#include "codes/tree_node.hpp"
#include "math/normal_quantile.hpp"
#include "tree/partition.hpp"

namespace astar_rec {

class LineContest {
 public:
  static constexpr double least_weight = 1e-5;
  static constexpr std::size_t most_rivals = 32;

  struct Rival {
    double log_arrival;
    double z;
  };

  // The means for which it is ahead, by hypothesis: from low to high, none if low >= high.
  struct Node : TreeNode, Rival {
    PerHypothesis low;
    PerHypothesis high;
  };

  explicit LineContest(HypothesisRange range) : range_(range), tables_(tables()) {}

  static constexpr bool nodes_meet() { return true; }

  void draw_root(Node& node) const { draw(node, 0.0); }

  void draw_child(const Node& parent, int side, const HalvingOrder&, Node& node) const {
    node.descend(parent, side);
    draw(node, parent.arrival);
  }

  // A node's interval ends where a rival gets ahead of it.
  void meet(Node& node, const Rival& rival) const {
    if (node.z == rival.z) return;
    const Tie tie(node, rival);
    if (node.z > rival.z) {
      narrow(&node.low, nullptr, tie);
    } else {
      narrow(nullptr, &node.high, tie);
    }
  }

  // The same for both.
  void meet_each_other(Node& node, Node& other) const {
    if (node.z == other.z) return;
    const Tie tie(node, other);
    if (node.z > other.z) {
      narrow(&node.low, &other.high, tie);
    } else {
      narrow(&other.low, &node.high, tie);
    }
  }

  // Adds the weight of the node.
  void add(const Node& node, PerHypothesis& weight) const {
    for (std::size_t h = range_.first; h < range_.last; ++h) {
      if (!(node.low[h] < node.high[h])) continue;
      const double right = tables_.cdf(node.high[h] * tables_.per_spread[h]);
      weight[h] += right - tables_.cdf(node.low[h] * tables_.per_spread[h]);
    }
  }

  // Adds the weight of what lies below the node.
  void add_below(const Node&, PerHypothesis&) const {}

  // The cell of the dimension that is halved at the node.
  static std::uint64_t halved_cell(const Node& node, std::size_t) { return node.address.node; }

 private:
  struct Tables {
    NormalCdf cdf;
    PerHypothesis variance;  // s^2
    PerHypothesis per_spread;

    Tables() {
      const Scales scales;
      for (std::size_t h = 0; h < hypotheses; ++h) {
        variance[h] = scales.s[h] * scales.s[h];
        per_spread[h] = 1.0 / scales.spread[h];
      }
    }
  };

  static const Tables& tables() {
    static const Tables made;
    return made;
  }

  // The mean at which two nodes tie: middle + s^2 slope.
  struct Tie {
    Tie(const Rival& a, const Rival& b)
        : middle(0.5 * (a.z + b.z)),
          slope((a.log_arrival - b.log_arrival) / (a.z - b.z) - middle) {}

    double middle;
    double slope;
  };

  void narrow(PerHypothesis* low, PerHypothesis* high, const Tie& tie) const {
    for (std::size_t h = range_.first; h < range_.last; ++h) {
      const double mean = tie.middle + tables_.variance[h] * tie.slope;
      if (low != nullptr) (*low)[h] = std::max((*low)[h], mean);
      if (high != nullptr) (*high)[h] = std::min((*high)[h], mean);
    }
  }

  void draw(Node& node, double after) const {
    const DrawnNode drawn = node.arrive(after);
    node.log_arrival = portable_log(node.arrival);
    node.z = normal_quantile(Dyadic::place(node.address.node, drawn.place));
    for (std::size_t h = range_.first; h < range_.last; ++h) {
      node.low[h] = -10.0;
      node.high[h] = 10.0;
    }
  }

  HypothesisRange range_;
  const Tables& tables_;
};

}  // namespace astar_rec
