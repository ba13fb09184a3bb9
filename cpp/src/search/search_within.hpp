// A* search of a block that ends when little is left in doubt: see doubt.hpp.
//
// The same search as search.hpp's, but for the order in which boxes are evaluated: what leaves the most
// doubt comes first. The winner does not depend on the order; when it is certain enough, does.
//
//     push the root
//     while nodes wait whose bound beats the best value seen, and their doubt is larger than wanted:
//         pop the one of the largest weight, evaluate it, keep it if it is the best
//         split it; push each child whose upper bound beats the best value seen
//
// The sum of the weights is kept up to date by adding and subtracting. Before the search ends by it, it is
// added up anew, in the order in which nodes were pushed.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <utility>
#include <vector>

#include "search/doubt.hpp"
#include "search/frontier.hpp"
#include "search/node_pool.hpp"
#include "search/search.hpp"
#include "tree/box.hpp"

namespace astar_rec {

template <class Partition>
class SearchWithin;

template <std::size_t most>
class SearchWithin<Box<most>> {
 public:
  using Region = typename Box<most>::Region;

  struct Node {
    Region region;
    double arrival;
    double gumbel;    // -log arrival
    double supremum;  // of the log ratio over the region
    std::array<double, most> shares;
    double weight;

    double bound() const { return gumbel + supremum; }
  };

  static constexpr std::size_t max_heap = (std::size_t{1} << 29) / sizeof(Node);

  // `supremum` is that of the log ratio over the root's region. Requires limits.within > 0.
  void start(const Box<most>& partition, const Limits& limits, const Power<most>& power,
             const Region& root, double supremum) {
    partition_ = partition;
    limits_ = limits;
    outcome_ = Outcome::no_candidate;
    failure_ = Outcome::found;
    done_ = cut_ = false;
    best_ = -std::numeric_limits<double>::infinity();
    factor_ = std::numeric_limits<double>::infinity();
    waiting_ = left_ = 0.0;
    steps_ = 0;
    frontier_.clear();
    nodes_.clear();
    Node node = drawn(root, 0.0, supremum);
    doubt_ = Doubt<most>(power, node.gumbel);
    for (std::size_t j = 0; j < partition_.dimensions(); ++j) node.shares[j] = share(root, j);
    push(node);
    go_on();
  }

  bool done() const { return done_; }

  // The node to be evaluated next.
  const Node& top() const { return nodes_[frontier_.top().slot]; }

  void expand(const EvaluationAt<Cut>& evaluation) {
    const std::uint32_t slot = frontier_.top().slot;
    const Node node = nodes_[slot];
    nodes_.give_back(slot);
    waiting_ -= node.weight;
    ++steps_;

    const double value = node.gumbel + evaluation.log_ratio;
    if (value > best_) {
      best_ = value;
      factor_ = doubt_.factor(best_);
      winner_ = node;
      outcome_ = Outcome::found;
    }

    frontier_.replace_top([&] { push_children(node, evaluation); });
    go_on();
  }

  SearchResult result() const {
    return {outcome_, outcome_ == Outcome::found ? std::uint64_t{1} : 0, 0, steps_, cut_};
  }

  // What is left in doubt: 0 if the search went to its end.
  double doubt() const { return left_; }

  const Node& winner() const { return winner_; }
  double best() const { return best_; }
  const Box<most>& partition() const { return partition_; }

 private:
  // Decides whether the search goes on, and leaves the node at the top that is next.
  void go_on() {
    while (!frontier_.empty() && !(top().bound() > best_)) {
      waiting_ -= top().weight;
      nodes_.give_back(frontier_.top().slot);
      frontier_.replace_top([] {});
    }
    const bool failed = failure_ != Outcome::found;
    if (failed) {
      if (steps_ == limits_.most_steps) return end(1.0, true);  // it lies beyond the budget
      outcome_ = failure_;
      return end(1.0, false);
    }
    if (frontier_.empty()) return end(0.0, false);
    if (factor_ * waiting_ <= limits_.within) {
      waiting_ = added_up();
      if (factor_ * waiting_ <= limits_.within) return end(factor_ * waiting_, false);
    }
    if (steps_ == limits_.most_steps) end(factor_ * added_up(), true);
  }

  void end(double left, bool cut) {
    left_ = left;
    cut_ = cut;
    done_ = true;
  }

  void push_children(const Node& node, const EvaluationAt<Cut>& evaluation) {
    if (partition_.at_limit(node.region)) {
      if (limits_.exact && node.bound() > best_) failure_ = Outcome::too_deep;
      return;
    }
    const std::size_t halved = partition_.halved(node.region);
    for (int side = 0; side < 2; ++side) {
      const double supremum = evaluation.child_suprema[static_cast<std::size_t>(side)];
      if (!(node.gumbel + supremum > best_)) continue;
      Node child =
          drawn(*partition_.child(node.region, side, 0, evaluation.cut), node.arrival, supremum);
      if (!(child.bound() > best_)) continue;
      child.shares = node.shares;
      child.shares[halved] = share(child.region, halved);
      push(child);
    }
  }

  Node drawn(const Region& region, double after, double supremum) const {
    const DrawnNode drawn = draw_node(region.address.bits(), after, region.mass);
    return {region, drawn.arrival, drawn.gumbel(), supremum, {}, 0.0};
  }

  double share(const Region& region, std::size_t j) const {
    const auto& interval = region.intervals[j];
    const double mass = (static_cast<double>(interval.last - interval.first) + 1.0) * 0x1p-64;
    return doubt_.share(j, interval.z_first, interval.z_last, mass, interval.supremum);
  }

  void push(Node& node) {
    if (frontier_.size() >= max_heap) {
      failure_ = Outcome::heap_exhausted;
      return;
    }
    const auto shares = std::span<const double>(node.shares).first(partition_.dimensions());
    node.weight = doubt_.weight(shares, node.gumbel, node.arrival, node.region.mass);
    waiting_ += node.weight;
    frontier_.push(node.weight, nodes_.take(node));
  }

  // Anew, of the nodes that may still win, in the order of their pushes: a sum that others were
  // subtracted from may have lost what matters.
  double added_up() {
    frontier_.keep_if([&](const Entry& entry) {
      if (nodes_[entry.slot].bound() > best_) return true;
      nodes_.give_back(entry.slot);
      return false;
    });
    weights_.clear();
    frontier_.visit([&](const Entry& entry) {
      weights_.emplace_back(entry.order, nodes_[entry.slot].weight);
      return true;
    });
    std::ranges::sort(weights_);
    double sum = 0.0;
    for (const auto& [order, weight] : weights_) sum += weight;
    return sum;
  }

  Box<most> partition_{};
  Limits limits_{};
  Doubt<most> doubt_{};
  Outcome outcome_ = Outcome::no_candidate;
  Outcome failure_ = Outcome::found;  // none
  bool done_ = false;
  bool cut_ = false;
  double best_ = 0.0;
  double factor_ = 0.0;
  double waiting_ = 0.0;  // the weights of all nodes that wait, with what rounding did to the sum
  double left_ = 0.0;
  Node winner_{};
  std::uint64_t steps_ = 0;
  Frontier frontier_;  // by weight
  NodePool<Node> nodes_;
  std::vector<std::pair<std::uint32_t, double>> weights_;
};

}  // namespace astar_rec
