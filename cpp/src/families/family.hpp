// The families of distributions: as proposals, the map from positions to samples; as targets, the
// mass outside an interval.
//
// All are symmetric location-scale families. `quantile` is the standard member's and `sample` maps
// its value z to the family's own scale; together they are the whole of what a decoder computes
// after the random numbers, so both use IEEE + - * / and integers only. Search and ratios work in z.
// `surprise` is minus the log density of the standard member (nats), without its constant
// `log_normaliser`; all but 2^-10 of its mass lies within `bulk` of 0. `mass_outside` only serves to check input and may use the C library.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>

#include "math/normal_quantile.hpp"
#include "math/special.hpp"
#include "math/positions.hpp"

namespace astar_rec {

struct LocationScale {
  double loc;
  double scale;  // > 0

  double sample(double z) const { return loc + scale * z; }
  double standardise(double x) const { return (x - loc) / scale; }
  double unit() const { return scale; }
};

struct Normal : LocationScale {
  static constexpr double log_normaliser = 0x1.d67f1c864beb5p-1;  // log(sqrt(2 pi))
  static constexpr double bulk = 3.5;

  static double quantile(Position position) { return normal_quantile(position); }
  static double surprise(double z) { return 0.5 * (z * z); }

  double mass_outside(double low, double high) const {
    constexpr double root = 0.70710678118654752;
    return 0.5 * (std::erfc((high - loc) / scale * root) + std::erfc((loc - low) / scale * root));
  }
};

struct Laplace : LocationScale {
  static constexpr double log_normaliser = log_2;
  static constexpr double bulk = 7.5;

  static double surprise(double z) { return std::fabs(z); }
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

struct Logistic : LocationScale {
  static constexpr double log_normaliser = 0.0;
  static constexpr double bulk = 8.0;

  static double surprise(double z) {
    const double magnitude = std::fabs(z);
    return magnitude + 2.0 * log_one_plus(portable_exp(-magnitude));
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

// The uniform distribution on [low, high], low < high; its standard member is on (-1, 1).
struct Uniform {
  static constexpr double log_normaliser = log_2;
  static constexpr double bulk = 1.0;

  double low;
  double high;

  static double surprise(double) { return 0.0; }
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

  double mass_outside(double from, double to) const {
    const double width = 2.0 * half_width();
    return (std::max(0.0, std::min(from, high) - low) + std::max(0.0, high - std::max(to, low))) /
           width;
  }

  double middle() const { return 0.5 * low + 0.5 * high; }
  double half_width() const { return 0.5 * high - 0.5 * low; }
};

// The interval of a proposal's samples: from its first position to its last.
struct Support {
  double low;
  double high;
};

// z_first and z_last are the standard quantiles of the first and the last position.
inline Support support_of(const LocationScale& proposal, double z_first, double z_last) {
  return {proposal.sample(z_first), proposal.sample(z_last)};
}

inline Support support_of(const Uniform& proposal, double, double) {
  return {proposal.low, proposal.high};
}

}  // namespace astar_rec
