// Two functions of the standard normal from tables, which are made when first used.
//
//     NormalCdf      the distribution function, straight between multiples of 1/64
//     CellSquares    the mean of z^2 over a dyadic cell
//
// They need not be accurate, only the same everywhere.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>

#include "math/normal_quantile.hpp"
#include "math/positions.hpp"
#include "math/special.hpp"

namespace astar_rec {

inline double normal_density(double z) {
  constexpr double at_0 = 0x1.9884533d43651p-2;  // 1 / sqrt(2 pi)
  return at_0 * portable_exp(-0.5 * (z * z));
}

class NormalCdf {
 public:
  NormalCdf() {
    // Simpson's rule, from the left.
    double sum = 0.0;
    double before = normal_density(-reach);
    values_[0] = sum;
    for (std::size_t i = 1; i <= steps; ++i) {
      const double z = static_cast<double>(i) * step - reach;
      const double here = normal_density(z);
      sum += ((before + here) + 4.0 * normal_density(z - 0.5 * step)) * (step / 6.0);
      values_[i] = sum;
      before = here;
    }
  }

  double operator()(double z) const {
    const double place = std::min(std::max((z + reach) * (1.0 / step), 0.0), last_place);
    const auto i = static_cast<std::size_t>(place);
    return values_[i] + (place - static_cast<double>(i)) * (values_[i + 1] - values_[i]);
  }

 private:
  static constexpr double reach = 8.0;
  static constexpr double step = 0x1p-6;
  static constexpr std::size_t steps = 1024;  // 2 reach / step
  static constexpr double last_place = 1024.0 - 0x1p-10;

  std::array<double, steps + 1> values_;
};

class CellSquares {
 public:
  CellSquares() {
    // The integral of z^2 times the density is that of the density, and at the ends -z times it.
    const auto end = [](Position position) {
      const double z = normal_quantile(position);
      return z * normal_density(z);
    };
    values_[0] = 0.0;  // no cell
    for (std::uint64_t cell = 1; cell < cells; ++cell) {
      const Position first = cell_first(cell);
      const Position last = cell_last(cell);
      const double left = first == 0 ? 0.0 : end(first);
      const double right = last == last_position ? 0.0 : end(last);
      const auto parts = static_cast<double>(std::uint64_t{1} << cell_depth(cell));
      values_[cell] = 1.0 + (left - right) * parts;
    }
  }

  // Of a deep cell, the square at its middle.
  double operator()(std::uint64_t cell) const {
    if (cell < cells) return values_[cell];
    const double z = normal_quantile(cell_first(cell) | (last_position >> cell_depth(cell)) >> 1);
    return z * z;
  }

 private:
  static constexpr std::uint64_t cells = 256;

  std::array<double, cells> values_;
};

}  // namespace astar_rec
