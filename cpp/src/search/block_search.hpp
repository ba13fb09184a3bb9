// The searches of one block in exact arithmetic: by boxes, by samples of the whole space, by weights.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>

#include "tree/box.hpp"
#include "methods/candidates.hpp"
#include "methods/method.hpp"
#include "search/search.hpp"

namespace astar_rec::detail {

// A block's ratio: the sum of its dimensions'. Stops adding up a sample's terms as soon as the
// suprema of the rest could not make a winner of it.
template <class Ratio, class Proposal>
class BlockRatio {
 public:
  explicit BlockRatio(std::span<const Ratio> ratios) : ratios_(ratios) {}

  // At a sample, whose position along dimension j is place_along(j).
  template <class PlaceAlong>
  double at(const PlaceAlong& place_along) const {
    double total = 0.0;
    for (std::size_t j = 0; j < ratios_.size(); ++j) {
      total += ratios_[j](Proposal::quantile(place_along(j)));
    }
    return total;
  }

  template <std::size_t most>
  EvaluationAt<typename Box<most>::Cut> evaluate(const Search<Box<most>>& search) const {
    const auto& node = search.top();
    const auto& region = node.region;
    double total = 0.0;
    double at_most = node.gumbel + node.supremum;
    for (std::size_t j = 0; j < ratios_.size(); ++j) {
      const double term = ratios_[j](Proposal::quantile(Box<most>::place_along(region, j)));
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
    const auto cut = cut_of(search.partition(), region);
    const double rest =
        node.supremum - region.intervals[search.partition().halved(region)].supremum;
    return {total, cut, {rest + cut.suprema[0], rest + cut.suprema[1]}};
  }

  template <std::size_t most>
  typename Box<most>::Cut cut_of(const Box<most>& partition,
                                 const typename Box<most>::Region& region) const {
    const std::size_t j = partition.halved(region);
    const auto& interval = region.intervals[j];
    const double z = Proposal::quantile(partition.cut(region));
    return {z, {ratios_[j].supremum(interval.z_first, z), ratios_[j].supremum(z, interval.z_last)}};
  }

  // The region of all of the space. Its supremum is added to `supremum`.
  template <std::size_t most>
  typename Box<most>::Region root(const NodeRandom& random, double& supremum) const {
    typename Box<most>::Region root;
    root.address.random = random;
    for (std::size_t j = 0; j < ratios_.size(); ++j) {
      auto& interval = root.intervals[j];
      interval.z_first = Proposal::quantile(0);
      interval.z_last = Proposal::quantile(last_position);
      interval.supremum = ratios_[j].supremum(interval.z_first, interval.z_last);
      supremum += interval.supremum;
    }
    return root;
  }

  EvaluationAt<WholeBox::Cut> evaluate(const Search<WholeBox>& search) const {
    const auto& node = search.top();
    const double total = at([&](std::size_t j) { return WholeBox::place_along(node.region, j); });
    return {total, {}, {node.supremum, 0.0}};
  }

 private:
  std::span<const Ratio> ratios_;
};

template <class SearchOver, class Ratio>
SearchResult run(SearchOver& search, const Ratio& ratio, Interrupt& interrupt) {
  for (int step = 1; !search.done(); ++step) {
    search.expand(ratio.evaluate(search));
    if (step % steps_between_checks == 0) {
      interrupt.check();
      step = 0;
    }
  }
  return search.result();
}

// The search of one block by boxes of up to `most` dimensions.
template <class Proposal, std::size_t most, class Ratio>
SearchResult search_box(Search<Box<most>>& search, std::span<const Ratio> ratios,
                        const HalvingOrder& order, const Method& method, const NodeRandom& random,
                        Interrupt& interrupt, BoxIndex index, std::span<Position> positions) {
  const BlockRatio<Ratio, Proposal> ratio(ratios);
  double supremum = 0.0;
  const auto root = ratio.template root<most>(random, supremum);
  const Limits limits = limits_of(method);
  const int max_depth = limits.exact ? order.levels() : static_cast<int>(method.limit);
  search.start(Box<most>(ratios.size(), order, max_depth), limits, random, root, supremum);
  SearchResult result = run(search, ratio, interrupt);
  if (result.outcome == Outcome::found) {
    const auto& region = search.winner().region;
    write_index<most>(region, order, index);
    for (std::size_t j = 0; j < positions.size(); ++j) {
      positions[j] = Box<most>::place_along(region, j);
    }
  }
  return result;
}

// The search of one block by samples of the whole space.
template <class Proposal, class Ratio>
SearchResult search_whole_box(Search<WholeBox>& search, std::span<const Ratio> ratios,
                              const Method& method, const NodeRandom& random, Interrupt& interrupt,
                              BoxIndex index, std::span<Position> positions) {
  double supremum = 0.0;
  for (const Ratio& ratio : ratios) {
    supremum += ratio.supremum(Proposal::quantile(0), Proposal::quantile(last_position));
  }
  search.start(WholeBox(), limits_of(method), random, {{random}}, supremum);
  SearchResult result = run(search, BlockRatio<Ratio, Proposal>(ratios), interrupt);
  if (result.outcome == Outcome::found) write_number(random, result.index, index, positions);
  return result;
}

// Minimal random coding of one block: candidates are samples of the whole space.
template <class Proposal, class Ratio>
SearchResult choose_in_box(std::span<const Ratio> ratios, const Method& method,
                           const NodeRandom& random, Interrupt& interrupt, BoxIndex index,
                           std::span<Position> positions) {
  const BlockRatio<Ratio, Proposal> ratio(ratios);
  const auto log_ratio = [&](std::uint64_t number, const NodeBits&) {
    return ratio.at([&](std::size_t j) { return box_place(random, number, j); });
  };
  const SearchResult result = choose(random, method.limit, interrupt, log_ratio);
  if (result.outcome == Outcome::found) write_number(random, result.index, index, positions);
  return result;
}

// All of them, with memory to work in.
template <class Proposal, class Ratio>
class BlockSearch {
 public:
  SearchResult operator()(std::span<const Ratio> ratios, const HalvingOrder& order,
                          const Method& method, const NodeRandom& random, Interrupt& interrupt,
                          BoxIndex index, std::span<Position> positions) {
    if (method.variant == Variant::global) {
      return search_whole_box<Proposal>(whole_, ratios, method, random, interrupt, index,
                                        positions);
    }
    if (method.variant == Variant::minimal_random) {
      return choose_in_box<Proposal>(ratios, method, random, interrupt, index, positions);
    }
    const auto box = [&](auto& search) {
      return search_box<Proposal>(search, ratios, order, method, random, interrupt, index,
                                  positions);
    };
    return ratios.size() <= 2   ? box(two_)
           : ratios.size() <= 4 ? box(four_)
           : ratios.size() <= 8 ? box(eight_)
                                : box(sixteen_);
  }

 private:
  Search<Box<2>> two_;
  Search<Box<4>> four_;
  Search<Box<8>> eight_;
  Search<Box<16>> sixteen_;
  Search<WholeBox> whole_;
};

}  // namespace astar_rec::detail
