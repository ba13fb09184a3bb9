// The first arrival below a graph: the search of greedy Poisson rejection sampling.
//
// A tree's nodes are a Poisson process in time, as for A* search (search.hpp): each has its sample, and
// the first arrival in its region after its parent's. A* takes the node with the largest Gumbel plus
// log ratio. Here the first is taken whose arrival lies below a graph over its sample, a function of
// its density ratio (stretch.hpp). Its law is the target, too.
//
//     push the root
//     while there are nodes:
//         pop the earliest; if it is below the graph, it is the one
//         split it; push each child with a supremum above all ratios that were too small
//
// If the ratio has one mode, then of two parts that meet at a sample that was not taken, only that with
// the mode is left: the search is a path.
//
// Reference: G. Flamich, "Greedy Poisson rejection sampling", NeurIPS 2023: algorithm 3 over any tree,
// and split at the sample.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "search/frontier.hpp"
#include "search/search.hpp"
#include "search/stretch.hpp"

namespace astar_rec {

template <class Partition>
class FirstArrival {
 public:
  using Region = typename Partition::Region;
  using Node = typename Search<Partition>::Node;

  static constexpr std::size_t max_heap = Search<Partition>::max_heap;

  // `supremum` is that of the element's log ratio over the root's region.
  void start(const Partition& partition, NodeRandom random, const Region& root, double supremum,
             const LogRatios& ratios, std::size_t element) {
    partition_ = partition;
    random_ = random;
    stretch_.start(ratios, element);
    outcome_ = Outcome::no_candidate;
    steps_ = 0;
    frontier_.clear();
    nodes_.clear();
    free_.clear();
    push(root, 0.0, supremum);
  }

  bool done() const { return frontier_.empty(); }

  // The node to be evaluated next.
  const Node& top() const { return nodes_[frontier_.top().slot]; }

  void expand(const Evaluation& evaluation) {
    const Node node = take();
    ++steps_;
    const double before = stretch_.x();
    const bool below = stretch_.passes(evaluation.log_ratio, node.arrival);
    // Where rounding lets all nodes through, with a chance of 2^-50, the densest is taken.
    if (below || stretch_.x() > before) {
      found_ = node;
      outcome_ = Outcome::found;
    }
    if (below) return frontier_.clear();
    for (int side = 0; side < Partition::children; ++side) {
      const double supremum = evaluation.child_suprema[static_cast<std::size_t>(side)];
      if (!stretch_.may_pass(supremum)) continue;
      if (partition_.at_limit(node.region)) return abandon(Outcome::too_deep);
      const auto region = partition_.child(node.region, side, node.sample, evaluation.cut);
      if (region) push(*region, node.arrival, supremum);
    }
    while (!done() && !stretch_.may_pass(top().supremum)) take();
  }

  SearchResult result() const {
    SearchResult result{outcome_, 0, found_.sample, steps_};
    if (outcome_ == Outcome::found) {
      result.index = partition_.index(found_.region, found_.sample);
      if (result.index == 0) result.outcome = Outcome::too_deep;
    }
    return result;
  }

 private:
  Node take() {
    const std::uint32_t slot = frontier_.top().slot;
    free_.push_back(slot);
    frontier_.replace_top([] {});
    return nodes_[slot];
  }

  void push(const Region& region, double after, double supremum) {
    if (frontier_.size() >= max_heap) return abandon(Outcome::heap_exhausted);
    const DrawnNode drawn =
        draw_node(partition_.draw(random_, region), after, partition_.mass(region));
    const Node node{region, partition_.place(region, drawn.place), drawn.arrival, drawn.gumbel(),
                    supremum};
    std::uint32_t slot = 0;
    if (free_.empty()) {
      slot = static_cast<std::uint32_t>(nodes_.size());
      nodes_.push_back(node);
    } else {
      slot = free_.back();
      free_.pop_back();
      nodes_[slot] = node;
    }
    frontier_.push(-node.arrival, slot);  // the earliest first
  }

  void abandon(Outcome why) {
    outcome_ = why;
    frontier_.clear();
  }

  Partition partition_{};
  NodeRandom random_{};
  Stretch stretch_;
  Outcome outcome_ = Outcome::no_candidate;
  Node found_{};
  std::uint64_t steps_ = 0;
  Frontier frontier_;
  std::vector<Node> nodes_;  // by slot
  std::vector<std::uint32_t> free_;
};

}  // namespace astar_rec
