// The part of a tree that both sides draw on the way to a winner.
//
// At every node of the path they know the node, its children and its grandchildren, and the nodes of
// that kind that were left behind higher up, the last of them:
//
//                      node                at_[0]
//               child         child        at_[1], at_[2]
//             ..     ..     ..     ..      at_[3] ... at_[6]
//
// A contest (line_contest.hpp, box_contest.hpp) says what nodes weigh: how likely each is to win. So
// the tree weighs the three ways on: to end at the node, and to go left or right.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <utility>

#include "codes/hypotheses.hpp"
#include "tree/box.hpp"

namespace astar_rec {

// A decision at a node.
enum Way : std::size_t { stop, left, right };

using Weights = std::array<PerHypothesis, 3>;  // by Way

template <class Contest>
class DrawnTree {
 public:
  using Node = typename Contest::Node;

  DrawnTree(const Contest& contest, const HalvingOrder& order, const NodeRandom& random)
      : contest_(contest), order_(order) {
    for (std::size_t i = 0; i < nodes_.size(); ++i) at_[i] = &nodes_[i];
    at_[0]->address.random = random;
    contest_.draw_root(*at_[0]);
    draw_children(1, 7);
  }

  const Node& node() const { return *at_[0]; }

  // Of all hypotheses in the contest's range. Not at the deepest level.
  void weigh(HypothesisRange range, Weights& out) const {
    for (PerHypothesis& weight : out) {
      for (std::size_t h = range.first; h < range.last; ++h) weight[h] = Contest::least_weight;
    }
    contest_.add(*at_[0], out[stop]);
    contest_.add(*at_[1], out[left]);
    contest_.add(*at_[2], out[right]);
    if (!has_grandchildren()) return;
    for (std::size_t i = 3; i < 7; ++i) {
      PerHypothesis& weight = out[i < 5 ? left : right];
      contest_.add(*at_[i], weight);
      contest_.add_below(*at_[i], weight);
    }
  }

  void descend(Way way) {
    const std::size_t child = way == left ? 1 : 2;
    const std::size_t other = 3 - child;
    if (contest_.nodes_meet()) {
      for (const std::size_t i : {2 * other + 1, 2 * other + 2, other, std::size_t{0}}) leave(i);
    }
    // What becomes of the other child and its children is to be drawn again.
    std::swap(at_[0], at_[child]);
    std::swap(at_[1], at_[2 * child + 1]);
    std::swap(at_[2], at_[2 * child + 2]);
    if (has_grandchildren()) draw_children(3, 7);
  }

 private:
  bool has_grandchildren() const { return node().depth + 2 <= order_.levels(); }

  void draw_children(std::size_t first, std::size_t last) {
    for (std::size_t i = first; i < last; ++i) {
      const std::size_t parent = (i - 1) / 2;
      contest_.draw_child(*at_[parent], static_cast<int>((i - 1) % 2), order_, *at_[i]);
      if (!contest_.nodes_meet()) continue;
      for (std::size_t r = 0; r < std::min(left_behind_, rivals_.size()); ++r) {
        contest_.meet(*at_[i], rivals_[r]);
      }
      for (std::size_t j = 0; j < i; ++j) contest_.meet_each_other(*at_[i], *at_[j]);
    }
  }

  void leave(std::size_t i) { rivals_[left_behind_++ % rivals_.size()] = *at_[i]; }

  const Contest& contest_;
  const HalvingOrder& order_;
  std::array<Node, 7> nodes_;
  std::array<Node*, 7> at_;
  std::array<typename Contest::Rival, Contest::most_rivals> rivals_;
  std::size_t left_behind_ = 0;
};

}  // namespace astar_rec
