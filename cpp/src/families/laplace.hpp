// The Laplace distribution.
#pragma once

#include <cmath>

#include "families/family.hpp"
#include "math/positions.hpp"
#include "math/special.hpp"

namespace astar_rec {

struct Laplace : LocationScale {
  static constexpr std::string_view name = "laplace";
  static constexpr double log_normaliser = log_2;
  static constexpr double bulk = 7.5;
  static constexpr double tail_end = 43.0;
  static constexpr bool is_smooth = false;

  static Laplace from(const std::array<double, 2>& p) { return {{p[0], p[1]}}; }
  static double surprise(double z) { return std::fabs(z); }
  static double tail(double z) { return signed_tail(z, 0.5 * portable_exp(-std::fabs(z))); }
  static double quantile(Position position) {
    const Tail tail = tail_of(position);
    const double magnitude = negative_log_fraction(tail.odd);  // -log(2 t)
    return tail.signed_value(magnitude);
  }

  double mass_outside(double low, double high) const {
    return upper_tail((high - loc) / scale) + upper_tail((loc - low) / scale);
  }

 private:
  static double upper_tail(double z) {
    return z > 0.0 ? 0.5 * std::exp(-z) : 1.0 - 0.5 * std::exp(z);
  }
};

}  // namespace astar_rec
