// A* search for the maximum of a Gumbel process plus a log ratio: the one algorithm of all variants.
//
// Every node of an infinite tree over the proposal's positions is a region B with a Gumbel G_B, its
// parent's as an upper limit, and a sample X_B of the proposal restricted to B. The node with the
// largest G_B + r(X_B) has X_B distributed exactly as the target. The search finds it:
//
//     push the root
//     while the best node in the heap could beat the best value seen:
//         pop it, evaluate G_B + r(X_B), keep it if it is the best
//         split it; push each child whose upper bound G_C + sup_C r beats the best value seen
//
// A search may have a budget of steps. One that has more to do when it is spent is cut: it ends with
// the best node seen, which is decodable like any other but only approximately the target's sample.
//
// A node's ratio and its children's suprema come from outside, as an Evaluation. So the same search
// serves built-in families, evaluated node by node, and Python callables, evaluated for many
// searches at once (lockstep.hpp).
//
// Reference: Maddison, Tarlow, Minka, "A* sampling", NeurIPS 2014, algorithm 2.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <vector>

#include "engine/parallel.hpp"
#include "families/log_ratios.hpp"
#include "random/random.hpp"
#include "search/frontier.hpp"
#include "search/node_pool.hpp"
#include "tree/node.hpp"
#include "tree/partition.hpp"

namespace astar_rec {

// `cut` is where the children's regions meet; a partition with one child has but the first supremum.
template <class Cut>
struct EvaluationAt {
  double log_ratio;  // at the node's sample
  Cut cut;
  std::array<double, 2> child_suprema;  // of the log ratio
};

using Evaluation = EvaluationAt<double>;

enum class Outcome {
  found,
  no_candidate,   // the ratio was minus infinity everywhere that was looked
  too_deep,       // a node that may still win lies deeper than an index can say
  heap_exhausted  // more than half a gigabyte of nodes waiting: the bounds are too loose
};

struct SearchResult {
  Outcome outcome;
  std::uint64_t index;
  Position position;
  std::uint64_t steps;  // nodes evaluated
  bool cut = false;     // at the budget, with nodes left that might have won
};

struct Limits {
  bool exact = true;  // a partition's limit is an error, not a part of the algorithm
  std::uint64_t most_steps = ~std::uint64_t{0};  // 1 or more
  double within =
      0.0;  // the doubt at which a search of a block may end (search_within.hpp); 0: none
};

template <class Partition>
class Search {
 public:
  using Region = typename Partition::Region;
  using Cut = typename Partition::Cut;

  struct Node {
    Region region;
    Position sample;
    double arrival;
    double gumbel;    // -log arrival
    double supremum;  // of the log ratio over the region
  };

  static constexpr std::size_t max_heap = (std::size_t{1} << 29) / sizeof(Node);

  // `supremum` is that of the log ratio over the root's region.
  void start(const Partition& partition, const Limits& limits, NodeRandom random,
             const Region& root, double supremum) {
    partition_ = partition;
    limits_ = limits;
    random_ = random;
    outcome_ = Outcome::no_candidate;
    cut_ = false;
    best_ = -std::numeric_limits<double>::infinity();
    steps_ = 0;
    frontier_.clear();
    nodes_.clear();
    push(draw(root, 0.0, supremum));
  }

  bool done() const { return frontier_.empty() || !(frontier_.top().bound > best_); }

  // The node to be evaluated next.
  const Node& top() const { return nodes_[frontier_.top().slot]; }

  void expand(const EvaluationAt<Cut>& evaluation) {
    const std::uint32_t slot = frontier_.top().slot;
    const Node node = nodes_[slot];
    nodes_.give_back(slot);
    ++steps_;

    const double value = node.gumbel + evaluation.log_ratio;
    if (value > best_) {
      best_ = value;
      winner_ = node;
      outcome_ = Outcome::found;
    }

    frontier_.replace_top([&] { push_children(node, evaluation); });
    if (steps_ == limits_.most_steps) stop();
  }

  // Ends the search without a result: its nodes take too much memory.
  void give_up() { abandon(Outcome::heap_exhausted); }

  SearchResult result() const {
    SearchResult result{outcome_, 0, winner_.sample, steps_, cut_};
    if (outcome_ == Outcome::found) {
      result.index = partition_.index(winner_.region, winner_.sample);
      if (result.index == 0) result.outcome = Outcome::too_deep;
    }
    return result;
  }

  const Node& winner() const { return winner_; }

  // For a search that is evaluated some nodes ahead of its course.
  const Frontier& frontier() const { return frontier_; }
  const Node& node(const Entry& entry) const { return nodes_[entry.slot]; }
  double best() const { return best_; }
  const Partition& partition() const { return partition_; }

 private:
  // A node drawn but not yet pushed.
  struct Drawn {
    Node node{};
    double bound = 0.0;
  };

  void push_children(const Node& node, const EvaluationAt<Cut>& evaluation) {
    const bool at_limit = partition_.at_limit(node.region);
    // All are drawn before any is pushed: the draws do not depend on each other, and overlap.
    std::array<Drawn, 2> drawn;
    int count = 0;
    for (int side = 0; side < Partition::children; ++side) {
      const double supremum = evaluation.child_suprema[static_cast<std::size_t>(side)];
      // The child's Gumbel will lie below its parent's: often there is no need to draw it.
      if (!(node.gumbel + supremum > best_)) continue;
      if (at_limit) {
        if (limits_.exact) abandon(Outcome::too_deep);
        return;
      }
      const auto region = partition_.child(node.region, side, node.sample, evaluation.cut);
      if (region) drawn[static_cast<std::size_t>(count++)] = draw(*region, node.arrival, supremum);
    }
    for (int i = 0; i < count; ++i) push(drawn[static_cast<std::size_t>(i)]);
  }

  Drawn draw(const Region& region, double after, double supremum) const {
    const DrawnNode drawn =
        draw_node(partition_.draw(random_, region), after, partition_.mass(region));
    const double gumbel = drawn.gumbel();
    return {{region, partition_.place(region, drawn.place), drawn.arrival, gumbel, supremum},
            gumbel + supremum};
  }

  void push(const Drawn& drawn) {
    if (!(drawn.bound > best_)) return;
    if (frontier_.size() >= max_heap) return abandon(Outcome::heap_exhausted);
    frontier_.push(drawn.bound, nodes_.take(drawn.node));
  }

  // Rare, and so kept out of the loop: inlined, these two cost it 2 % of its time.
  [[gnu::cold]] void abandon(Outcome why) {
    if (steps_ == limits_.most_steps) {
      cut_ = true;  // the failure lies beyond the budget
      return;
    }
    outcome_ = why;
    best_ = std::numeric_limits<double>::infinity();  // nothing beats it: done() from here on
  }

  // The budget is spent.
  [[gnu::cold]] void stop() {
    cut_ = cut_ || !done();
    frontier_.clear();  // done() from here on
  }

  Partition partition_{};
  Limits limits_{};
  NodeRandom random_{};
  Outcome outcome_ = Outcome::no_candidate;
  bool cut_ = false;
  double best_ = 0.0;
  Node winner_{};
  std::uint64_t steps_ = 0;
  Frontier frontier_;
  NodePool<Node> nodes_;
};

// Evaluates the node that is next, for the ratio of an element.
template <template <class> class SearchOver, class Partition>
Evaluation evaluate(const SearchOver<Partition>& search, const LogRatios& ratios,
                    std::size_t element) {
  const auto& node = search.top();
  const Region& region = node.region;
  if constexpr (Partition::children == 1) {
    return {ratios.at(element, node.sample), 0.0, {node.supremum, 0.0}};
  } else {
    const RatioAndCut found =
        Partition::cuts_at_sample
            ? ratios.cut_at_sample(element, region.z_first, node.sample, region.z_last)
            : ratios.cut_in_half(element, region.address.node, region.z_first, node.sample,
                                 region.z_last);
    return {found.log_ratio, found.cut.z, found.cut.suprema};
  }
}

// Lets a search run to its end: evaluate(search) evaluates the node that is next. `interrupt` is asked
// now and then; throws Interrupted.
template <class SearchOver, class Evaluate>
SearchResult run(SearchOver& search, Interrupt& interrupt, const Evaluate& evaluate) {
  constexpr int steps_between_checks = 1024;
  for (int step = 1; !search.done(); ++step) {
    search.expand(evaluate(search));
    if (step % steps_between_checks == 0) {
      interrupt.check();
      step = 0;
    }
  }
  return search.result();
}

}  // namespace astar_rec
