// Masses of consecutive cells, and their sums by turns: one number after the other. simd/cells.inl has the same
// in lanes, by the same operations in the same order.
#pragma once

#include <algorithm>
#include <cstddef>
#include <span>

#include "families/tails.hpp"

namespace astar_rec {

// Of the numbers at even places and of those at odd ones, each in their order
struct AlternateSums {
  double even;
  double odd;
};

namespace lanes::plain {

// mass[c]: between tails[c] and tails[c + 1].
inline void masses(std::span<const double> tails, double* mass) {
  for (std::size_t c = 0; c + 1 < tails.size(); ++c) mass[c] = mass_between(tails[c], tails[c + 1]);
}

// Goes on from the pair before `done`, for which sums are known.
inline AlternateSums part_from(std::size_t done, AlternateSums sums, std::span<const double> x,
                               double* to, double* odd) {
  const std::size_t pairs = x.size() / 2;
  for (std::size_t k = done; k < pairs; ++k) {
    const double first = x[2 * k], second = x[2 * k + 1];
    sums.even += first;
    sums.odd += second;
    to[k] = first;
    odd[k] = second;
  }
  if (x.size() % 2 != 0) sums.even += to[pairs] = x.back();
  std::copy_n(odd, pairs, to + (x.size() - pairs));
  return sums;
}

inline AlternateSums part(std::span<const double> x, double* to, double* odd) {
  return part_from(0, {}, x, to, odd);
}

}  // namespace lanes::plain

}  // namespace astar_rec
