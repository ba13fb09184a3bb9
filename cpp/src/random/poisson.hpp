// Poisson counts, the same on every machine: many at a time by tables, and arrivals for the rest.
//
// A Poisson process of rate 1 has as many points in an interval as its length, on average. Points in
// intervals of 2^18, 2^12 and 2^6 are drawn by the inverse of their distribution function, from one
// number of 64 bits each; in what is left, point by point.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "random/gumbel.hpp"

namespace astar_rec {

// The counts from `first` on that have more than 2^-53 of the law of a mean.
class PoissonTable {
 public:
  // `mass` is the probability of `first`.
  PoissonTable(int mean, int first, double mass, std::size_t counts) : mean_(mean), first_(first) {
    double sum = 0.0;
    for (std::size_t i = 0; i < counts; ++i) {
      sum += mass;
      below_.push_back(sum);
      mass *= static_cast<double>(mean) / static_cast<double>(first + static_cast<int>(i) + 1);
    }
  }

  double mean() const { return mean_; }

  // The count whose share of the law a number of 64 bits lies in.
  std::uint64_t operator()(std::uint64_t bits) const {
    const double u = static_cast<double>(bits >> 11) * 0x1p-53;
    std::size_t count = 0;
    for (std::size_t step = 8192; step != 0; step /= 2) {
      const std::size_t further = count + step;
      if (further <= below_.size() && below_[further - 1] <= u) count = further;
    }
    return static_cast<std::uint64_t>(first_) + count;
  }

 private:
  double mean_;
  int first_;
  std::vector<double> below_;  // the law's function at the counts
};

// The number of points in an interval; `bits` returns the next 64 random bits.
template <class Bits>
std::uint64_t poisson(double length, Bits&& bits) {
  static const PoissonTable tables[] = {{262'144, 257'024, 0x1.0e7ecbba30d46p-83, 10'240},
                                        {4096, 3456, 0x1.7ee0afa7fc831p-84, 1280},
                                        {64, 0, 0x1.969d47321e4ccp-93, 144}};
  std::uint64_t count = 0;
  for (const PoissonTable& table : tables) {
    for (; length >= table.mean(); length -= table.mean()) count += table(bits());
  }
  for (double at = exponential(bits()); at <= length; at += exponential(bits())) ++count;
  return count;
}

}  // namespace astar_rec
