// Which drawn node of a block's tree wins, for blocks of 2 elements and more.
//
// A node's weight under a hypothesis is the density of winners at its sample (winner_table.hpp), and
// what lies below it has the part of later winners that falls into its box. The table needs |x|^2: that
// of the sample, and for a box the mean over it.
//
// In blocks of up to 4 elements nodes also meet each other, as those of one element do
// (line_contest.hpp). Given that x wins, m is normal around it, and x is ahead of another sample y at
// the distance d, their log arrivals being a and b, with the probability Phi of
//
//     spread d / (2 s) + s (b - a) / (spread d)
//
// The least of these over all others multiplies the weight. (Their product would count what lies in
// one direction several times.) Since some of the nodes that g stands for have now been drawn, the
// arrival is taken to be earlier in the table, by the factor exp(-(5 - k) / 3).
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>

#include "codes/hypotheses.hpp"
#include "codes/normal_tables.hpp"
#include "codes/tree_node.hpp"
#include "codes/winner_table.hpp"
#include "math/normal_quantile.hpp"
#include "tree/partition.hpp"

namespace astar_rec {

class BoxContest {
 public:
  static constexpr double least_weight = 1e-25;
  static constexpr std::size_t most_rivals = 16;
  static constexpr std::size_t most_that_meet = 4;  // dimensions

  struct Rival {
    double log_arrival;
    std::array<double, max_block> z;
  };

  struct Node : TreeNode, Rival {
    std::array<std::uint64_t, max_block> cells;
    std::array<double, max_block> squares;  // the mean of z^2 over each cell
    double square;                          // their sum
    PerHypothesis now;
    PerHypothesis later;
    PerHypothesis ahead;  // the least argument of Phi
  };

  BoxContest(HypothesisRange range, std::size_t dimensions)
      : range_(range),
        dimensions_(dimensions),
        winners_(winner_table(dimensions)),
        tables_(tables()) {}

  bool nodes_meet() const { return dimensions_ <= most_that_meet; }

  void draw_root(Node& node) const {
    node.cells.fill(1);
    node.squares.fill(1.0);
    node.square = static_cast<double>(dimensions_);
    draw(node, 0.0);
  }

  void draw_child(const Node& parent, int side, const HalvingOrder& order, Node& node) const {
    node.descend(parent, side);
    for (std::size_t j = 0; j < dimensions_; ++j) {
      node.cells[j] = parent.cells[j];
      node.squares[j] = parent.squares[j];
    }
    const std::size_t j = order[parent.depth];
    node.cells[j] = 2 * parent.cells[j] + static_cast<std::uint64_t>(side);
    node.squares[j] = tables_.cell_squares(node.cells[j]);
    // Rounded, it may fall below the nothing that is left of many small squares.
    node.square = std::max(parent.square + (node.squares[j] - parent.squares[j]), 0.0);
    draw(node, parent.arrival);
  }

  void meet(Node& node, const Rival& rival) const {
    const double distance = distance_between(node, rival);
    const double lead = (rival.log_arrival - node.log_arrival) / distance;
    for (std::size_t h = range_.first; h < range_.last; ++h) {
      const double argument = tables_.half_ratio[h] * distance + tables_.per_ratio[h] * lead;
      node.ahead[h] = std::min(node.ahead[h], argument);
    }
  }

  void meet_each_other(Node& node, Node& other) const {
    const double distance = distance_between(node, other);
    const double lead = (other.log_arrival - node.log_arrival) / distance;
    for (std::size_t h = range_.first; h < range_.last; ++h) {
      const double even = tables_.half_ratio[h] * distance;
      const double odd = tables_.per_ratio[h] * lead;
      node.ahead[h] = std::min(node.ahead[h], even + odd);
      other.ahead[h] = std::min(other.ahead[h], even - odd);
    }
  }

  void add(const Node& node, PerHypothesis& weight) const {
    for (std::size_t h = range_.first; h < range_.last; ++h) {
      weight[h] += nodes_meet() ? node.now[h] * tables_.cdf(node.ahead[h]) : node.now[h];
    }
  }

  void add_below(const Node& node, PerHypothesis& weight) const {
    for (std::size_t h = range_.first; h < range_.last; ++h) weight[h] += node.later[h];
  }

  static std::uint64_t halved_cell(const Node& node, std::size_t dimension) {
    return node.cells[dimension];
  }

 private:
  struct Tables {
    NormalCdf cdf;
    CellSquares cell_squares;
    PerHypothesis half_ratio;  // spread / (2 s)
    PerHypothesis per_ratio;   // s / spread

    Tables() {
      const Scales scales;
      for (std::size_t h = 0; h < hypotheses; ++h) {
        half_ratio[h] = 0.5 * (scales.spread[h] / scales.s[h]);
        per_ratio[h] = scales.s[h] / scales.spread[h];
      }
    }
  };

  static const Tables& tables() {
    static const Tables made;
    return made;
  }

  double distance_between(const Rival& a, const Rival& b) const {
    double square = 1e-12;  // never 0
    for (std::size_t j = 0; j < dimensions_; ++j) {
      const double apart = a.z[j] - b.z[j];
      square += apart * apart;
    }
    return std::sqrt(square);
  }

  void draw(Node& node, double after) const {
    NodeBits bits{node.arrive(after).place, 0};
    node.log_arrival = portable_log(node.arrival);
    double square = 0.0;
    for (std::size_t j = 0; j < dimensions_; ++j) {
      // As box_place, which would ask for most bits twice.
      if (j % 2 == 1) {
        bits = node.address.random({node.address.node, static_cast<std::uint16_t>((j + 1) / 2)});
      }
      const std::uint64_t place = j == 0 || j % 2 == 1 ? bits.place : bits.arrival;
      node.z[j] = normal_quantile(Dyadic::place(node.cells[j], place));
      square += node.z[j] * node.z[j];
    }
    const double seen =
        nodes_meet() ? static_cast<double>(5 - static_cast<int>(dimensions_)) / 3.0 : 0.0;
    winners_.look_up(WinnerTable::now, square, node.log_arrival - seen, 1.0, range_, node.now);
    winners_.look_up(WinnerTable::later, node.square, node.log_arrival, mass_at(node.depth), range_,
                     node.later);
    for (std::size_t h = range_.first; h < range_.last; ++h) node.ahead[h] = 8.0;
  }

  HypothesisRange range_;
  std::size_t dimensions_;
  const WinnerTable& winners_;
  const Tables& tables_;
};

}  // namespace astar_rec
