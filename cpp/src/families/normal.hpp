// The normal distribution.
#pragma once

#include <cmath>

#include "families/family.hpp"
#include "math/normal_quantile.hpp"
#include "math/normal_tail.hpp"
#include "math/positions.hpp"

namespace astar_rec {

struct Normal : LocationScale {
  static constexpr std::string_view name = "normal";
  static constexpr double log_normaliser = 0x1.d67f1c864beb5p-1;  // log(sqrt(2 pi))
  static constexpr double bulk = 3.5;
  static constexpr double tail_end = 9.0;
  static constexpr bool is_smooth = true;

  static Normal from(const std::array<double, 2>& p) { return {{p[0], p[1]}}; }
  static double quantile(Position position) { return normal_quantile(position); }
  static double surprise(double z) { return 0.5 * (z * z); }
  static double tail(double z) { return signed_tail(z, normal_upper_tail(std::fabs(z))); }

  double mass_outside(double low, double high) const {
    constexpr double root = 0.70710678118654752;
    return 0.5 * (std::erfc((high - loc) / scale * root) + std::erfc((loc - low) / scale * root));
  }
};

}  // namespace astar_rec
