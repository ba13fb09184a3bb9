// The search of greedy rejection coding: one path down a tree.
//
// At a region S stands a level L: of the density ratio r, what is above L is still to be sampled in S,
// a mass T(L, S), the integral over S of (q - L p)+. The node's sample x is taken with the chance
//
//     P(S) (r(x) - L) / T(L, S), as a number from 0 to 1:
//
// of what is above L, a slice of the height T / P(S) is taken away, as much as one sample can be. If x
// is not taken, the level is L + T / P(S), and the search goes on in a child, chosen by what is left to
// be sampled in each. That leaves the law of the target, however regions are split. (Where the ratio
// has one mode, all that is left lies to one side of a sample that was not taken.)
//
// Reference: G. Flamich, S. Markou, J. M. Hernández-Lobato, "Faster relative entropy coding with greedy
// rejection coding", NeurIPS 2023.
#pragma once

#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <optional>

#include "engine/parallel.hpp"
#include "families/log_ratios.hpp"
#include "math/special.hpp"
#include "random/random.hpp"
#include "search/search.hpp"
#include "tree/partition.hpp"

namespace astar_rec {

template <class Partition>
class Slices {
 public:
  SearchResult find(const NodeRandom& random, const Region& root, double, const LogRatios& ratios,
                    std::size_t element, Interrupt& interrupt) {
    const Partition partition{};
    SearchResult result{Outcome::found, 0, 0, 0};
    Part here{root, ratios.excess_between(element, 0.0, root.z_first, root.z_last)};
    double level = 0.0;
    for (;;) {
      const Region& region = here.region;
      const NodeBits bits = partition.draw(random, region);
      const double mass = Partition::mass(region);
      result.position = partition.place(region, bits.place);
      if (++result.steps % steps_between_checks == 0) interrupt.check();
      const double height = portable_exp(ratios.at(element, result.position));
      if (unit(bits.arrival) * here.left < mass * (height - level)) break;
      level += here.left / mass;

      std::array<Part, 2> parts{};
      double rest = 0.0;
      const double cut = cut_of(region, result.position, ratios);
      for (int side = 0; side < Partition::children; ++side) {
        const auto child = partition.child(region, side, result.position, cut);
        if (!child) continue;
        Part& part = parts[static_cast<std::size_t>(side)];
        part = {*child, ratios.excess_between(element, level, child->z_first, child->z_last)};
        rest += part.left;
      }
      if (!(rest > 0.0)) break;  // but for rounding, the chance is 0 that it was not taken
      if (partition.at_limit(region)) {
        result.outcome = Outcome::too_deep;
        return result;
      }
      here = parts[chosen(random, region, parts[0].left, rest)];
    }
    result.index = partition.index(here.region, result.position);
    if (result.index == 0) result.outcome = Outcome::too_deep;
    return result;
  }

 private:
  struct Part {
    Region region{};
    double left = 0.0;  // to be sampled there
  };

  static constexpr std::uint64_t steps_between_checks = 1024;
  // Of the number that chooses among a node's children: its lane plus this.
  static constexpr std::uint16_t branch_lane = 8;

  // From 0 to before 1.
  static double unit(std::uint64_t bits) { return static_cast<double>(bits >> 11) * 0x1p-53; }

  static double cut_of(const Region& region, Position sample, const LogRatios& ratios) {
    if constexpr (Partition::children == 1) {
      return 0.0;
    } else if constexpr (Partition::cuts_at_sample) {
      return ratios.quantile(sample);
    } else {
      return ratios.quantile(Partition::cut(region));
    }
  }

  static std::size_t chosen(const NodeRandom& random, const Region& region, double first,
                            double rest) {
    if constexpr (Partition::children == 1) return 0;
    Address branch = region.address;
    branch.lane = static_cast<std::uint16_t>(branch.lane + branch_lane);
    return unit(random(branch).arrival) * rest < first ? 0 : 1;
  }
};

}  // namespace astar_rec
