// The uniform distribution on [low, high], low < high. Its standard member is on (-1, 1).
#pragma once

#include <algorithm>

#include "families/family.hpp"
#include "math/positions.hpp"
#include "math/special.hpp"

namespace astar_rec {

struct Uniform {
  static constexpr std::string_view name = "uniform";
  static constexpr std::array<std::string_view, 2> parameters{"low", "high"};
  static constexpr double log_normaliser = log_2;
  static constexpr double bulk = 1.0;
  static constexpr double tail_end = 1.0;
  static constexpr bool is_smooth = false;
  static constexpr bool is_bounded = true;

  double low;
  double high;

  static Uniform from(const std::array<double, 2>& p) { return {p[0], p[1]}; }
  static double surprise(double) { return 0.0; }
  static double tail(double z) { return signed_tail(z, 0.5 * (1.0 - std::min(std::fabs(z), 1.0))); }
  static double quantile(Position position) {
    const Tail tail = tail_of(position);
    const double magnitude = static_cast<double>(-tail.odd) * 0x1p-64;
    return tail.signed_value(magnitude);
  }

  double sample(double z) const {
    // Rounding must not carry a sample past an end.
    return std::min(std::max(middle() + half_width() * z, low), high);
  }
  double standardise(double x) const { return (x - middle()) / half_width(); }
  double unit() const { return half_width(); }
  Support support(double, double) const { return {low, high}; }

  double mass_outside(double from, double to) const {
    const double width = 2.0 * half_width();
    return (std::max(0.0, std::min(from, high) - low) + std::max(0.0, high - std::max(to, low))) /
           width;
  }

  double middle() const { return 0.5 * low + 0.5 * high; }
  double half_width() const { return 0.5 * high - 0.5 * low; }
};

}  // namespace astar_rec
