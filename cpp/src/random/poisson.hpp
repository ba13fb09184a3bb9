// Poisson counts, the same on every machine: by a table for 64 at a time, and arrivals for the rest.
//
// A Poisson process of rate 1 has as many points in an interval as its length, on average. Points in
// intervals of 64 are drawn by the inverse of their distribution function, from one number of 64 bits
// each; in what is left, point by point.
#pragma once

#include <array>
#include <cstdint>

#include "random/gumbel.hpp"

namespace astar_rec {

class PoissonTable {
 public:
  static constexpr double mean = 64.0;
  // Beyond that many there is less than 2^-53.
  static constexpr int most = 144;

  PoissonTable() {
    double mass = 0x1.969d47321e4ccp-93, sum = 0.0;  // exp(-64)
    for (int k = 0; k < most; ++k) {
      sum += mass;
      below_[static_cast<std::size_t>(k)] = sum;
      mass *= mean / (k + 1);
    }
  }

  // The count whose share of the distribution a number of 64 bits lies in.
  std::uint64_t operator()(std::uint64_t bits) const {
    const double u = static_cast<double>(bits >> 11) * 0x1p-53;
    std::uint64_t count = 0;
    for (std::uint64_t step = 128; step != 0; step /= 2) {
      const std::uint64_t further = count + step;
      if (further <= most && below_[further - 1] <= u) count = further;
    }
    return count;
  }

 private:
  std::array<double, most> below_{};
};

// The number of points in an interval; `bits` returns the next 64 random bits.
template <class Bits>
std::uint64_t poisson(double length, Bits&& bits) {
  static const PoissonTable table;
  std::uint64_t count = 0;
  while (length >= PoissonTable::mean) {
    count += table(bits());
    length -= PoissonTable::mean;
  }
  for (double at = exponential(bits()); at <= length; at += exponential(bits())) ++count;
  return count;
}

}  // namespace astar_rec
