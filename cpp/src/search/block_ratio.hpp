// A block's log ratio, the sum of its elements', and how searches by boxes and by samples of all of the
// space evaluate their nodes.
#pragma once

#include <cstddef>
#include <limits>

#include "families/log_ratios.hpp"
#include "search/search.hpp"
#include "tree/box.hpp"

namespace astar_rec {

// Of the elements `first` to before `first + size` of `ratios`.
class BlockRatio {
 public:
  BlockRatio(const LogRatios& ratios, std::size_t first, std::size_t size)
      : ratios_(ratios), first_(first), size_(size) {}

  std::size_t size() const { return size_; }

  double supremum() const {
    double sum = 0.0;
    for (std::size_t j = 0; j < size_; ++j) sum += ratios_.supremum(first_ + j);
    return sum;
  }

  // At a sample, whose position along dimension j is place_along(j).
  template <class PlaceAlong>
  double at(const PlaceAlong& place_along) const {
    double total = 0.0;
    for (std::size_t j = 0; j < size_; ++j) total += ratios_.at(first_ + j, place_along(j));
    return total;
  }

  // Stops adding up a sample's terms as soon as the suprema of the rest could not make a winner of it.
  template <template <class> class SearchOver, std::size_t most>
  EvaluationAt<Cut> evaluate(const SearchOver<Box<most>>& search) const {
    const auto& node = search.top();
    const auto& region = node.region;
    double total = 0.0;
    double at_most = node.gumbel + node.supremum;
    for (std::size_t j = 0; j < size_; ++j) {
      const double term = ratios_.at(first_ + j, Box<most>::place_along(region, j));
      total += term;
      at_most += term - region.intervals[j].supremum;
      if (!(at_most > search.best())) {
        total = -std::numeric_limits<double>::infinity();
        break;
      }
    }
    if (search.partition().at_limit(region)) {
      return {total, {}, {node.supremum, node.supremum}};
    }
    const Cut cut = cut_of(search.partition(), region);
    const double rest =
        node.supremum - region.intervals[search.partition().halved(region)].supremum;
    return {total, cut, {rest + cut.suprema[0], rest + cut.suprema[1]}};
  }

  EvaluationAt<WholeBox::Cut> evaluate(const Search<WholeBox>& search) const {
    const auto& node = search.top();
    const double total = at([&](std::size_t j) { return WholeBox::place_along(node.region, j); });
    return {total, {}, {node.supremum, 0.0}};
  }

  template <std::size_t most>
  Cut cut_of(const Box<most>& partition, const typename Box<most>::Region& region) const {
    const std::size_t j = partition.halved(region);
    const auto& interval = region.intervals[j];
    return ratios_.cut(first_ + j, interval.z_first, partition.cut(region), interval.z_last);
  }

  // The region of all of the space. Its supremum is added to `supremum`.
  template <std::size_t most>
  typename Box<most>::Region root(const NodeRandom& random, double& supremum) const {
    typename Box<most>::Region root;
    root.address.random = random;
    for (std::size_t j = 0; j < size_; ++j) {
      auto& interval = root.intervals[j];
      interval.z_first = ratios_.z_first();
      interval.z_last = ratios_.z_last();
      interval.supremum = ratios_.supremum(first_ + j);
      supremum += interval.supremum;
    }
    return root;
  }

 private:
  const LogRatios& ratios_;
  std::size_t first_;
  std::size_t size_;
};

}  // namespace astar_rec
