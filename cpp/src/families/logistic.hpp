// The logistic distribution.
#pragma once

#include <cmath>

#include "families/family.hpp"
#include "math/positions.hpp"
#include "math/special.hpp"

namespace astar_rec {

struct Logistic : LocationScale {
  static constexpr std::string_view name = "logistic";
  static constexpr double log_normaliser = 0.0;
  static constexpr double bulk = 8.0;
  static constexpr double tail_end = 43.0;
  static constexpr bool is_smooth = true;

  static Logistic from(const std::array<double, 2>& p) { return {{p[0], p[1]}}; }
  static double surprise(double z) {
    const double magnitude = std::fabs(z);
    return magnitude + 2.0 * log_one_plus(portable_exp(-magnitude));
  }
  static double tail(double z) {
    const double odds = portable_exp(-std::fabs(z));
    return signed_tail(z, odds / (1.0 + odds));
  }
  static double quantile(Position position) {
    const Tail tail = tail_of(position);
    // log((1 - t) / t) = log(2 - 2 t) - log(2 t), both of one sign.
    const double from_median = static_cast<double>(-tail.odd) * 0x1p-64;  // 1 - 2 t
    const double magnitude = log_one_plus(from_median) + negative_log_fraction(tail.odd);
    return tail.signed_value(magnitude);
  }

  double mass_outside(double low, double high) const {
    return 1.0 / (1.0 + std::exp((high - loc) / scale)) +
           1.0 / (1.0 + std::exp((loc - low) / scale));
  }
};

}  // namespace astar_rec
