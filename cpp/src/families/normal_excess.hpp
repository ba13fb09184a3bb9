// The excess of a normal target over a normal proposal: how much of the target's mass lies above a
// multiple of the proposal's density.
//
//     W(h) = integral of (q - h p) where q exceeds h p = Q(r >= log h) - h P(r >= log h)
//
// It falls from 1 at h = 0 to 0 at the largest density ratio. With y = (z - m) / s, the ratio's
// logarithm exceeds log h where
//
//     a y^2 - 2 b y - 2 d <= 0,    a = 1 - s^2, b = m s, d = m^2 / 2 - log s - log h:
//
// between the roots for s < 1, beyond one for s = 1, and outside of them for s > 1. Roots are taken in
// y, and z = m + s y from these: an error of a root then hardly matters, as q = h p there, and both
// masses are of the same set.
#pragma once

#include <algorithm>
#include <cmath>
#include <limits>

#include "math/normal_tail.hpp"
#include "math/special.hpp"

namespace astar_rec {

// The standard normal's mass between low and high, which may be infinite.
inline double normal_mass(double low, double high) {
  if (low >= 0.0) return normal_upper_tail(low) - normal_upper_tail(high);
  if (high <= 0.0) return normal_upper_tail(-high) - normal_upper_tail(-low);
  return 1.0 - normal_upper_tail(-low) - normal_upper_tail(high);
}

// The same within `half` of `middle`, relatively accurate, by Taylor's series around the middle:
//
//     2 half density(middle) (1 + He_2(middle) half^2 / 3! + He_4(middle) half^4 / 5! + ...)
inline double narrow_normal_mass(double middle, double half) {
  constexpr double over_root_tau = 0x1.9884533d43651p-2;  // 1 / sqrt(2 pi)
  constexpr int terms = 9;
  const double square = half * half;
  double power = 1.0, series = 1.0;
  double before = 1.0, hermite = middle;  // He_0, He_1
  for (int k = 2; k < 2 * terms; k += 2) {
    const double even = middle * hermite - (k - 1) * before;
    hermite = middle * even - k * hermite;
    before = even;
    power = power * square / (k * (k + 1));
    series += even * power;
  }
  const double density = over_root_tau * portable_exp(-0.5 * (middle * middle));
  return 2.0 * half * density * series;
}

// Where the ratio exceeds a height above 0, of a mean that is not negative: in y, from `near` on, and to
// `end` if a > 0, or also left of it if a < 0. Without roots it is nowhere if a > 0, and otherwise everywhere.
struct NormalCrossing {
  NormalCrossing(double mean, double scale, double height) : a((1.0 - scale) * (1.0 + scale)) {
    const double b = mean * scale;
    const double d = 0.5 * (mean * mean) - portable_log(scale) - portable_log(height);
    const double discriminant = b * b + 2.0 * (a * d);
    has_roots = discriminant > 0.0;
    if (!has_roots) return;
    const double far = b + std::sqrt(discriminant);
    near = -2.0 * d / far;
    if (a != 0.0) end = far / a;
  }

  double a;
  bool has_roots;
  double near = 0.0;
  double end = 0.0;
};

// The target's location and scale are in the proposal's units. Requires height > 0.
inline double normal_excess(double mean, double scale, double height) {
  constexpr double infinity = std::numeric_limits<double>::infinity();
  mean = std::fabs(mean);  // by symmetry
  const auto [a, has_roots, near, end] = NormalCrossing(mean, scale, height);
  if (!has_roots) return a > 0.0 ? 0.0 : std::max(1.0 - height, 0.0);
  if (a > 0.0) {
    // From the density where the tails' difference has too few digits left for a large height.
    constexpr double narrow = 0.25;
    const double half = 0.5 * (scale * (end - near)), low = mean + scale * near;
    const double proposal = half < 0.5 * narrow ? narrow_normal_mass(low + half, half)
                                                : normal_mass(low, mean + scale * end);
    return normal_mass(near, end) - height * proposal;
  }
  double target = normal_mass(near, infinity);
  double proposal = normal_mass(mean + scale * near, infinity);
  if (a < 0.0) {
    target += normal_mass(-infinity, end);
    proposal += normal_mass(-infinity, mean + scale * end);
  }
  return target - height * proposal;
}

// The standard normal's mass from low to high, relatively accurate, also of little. Half their distance
// is given, as it may be known better than from these.
inline double short_normal_mass(double low, double high, double half) {
  const double middle = low + half;
  // Further out the tails differ by enough digits, or there is nothing.
  if (half < 0.125 && half * std::fabs(middle) < 1.5 && std::fabs(middle) < 40.0) {
    return narrow_normal_mass(middle, half);
  }
  return normal_mass(low, high);
}

// The part of W(h) that lies from low to high, in the proposal's units: the integral of (q - h p) over
// that interval where q exceeds h p. Requires height >= 0.
inline double normal_excess_between(double mean, double scale, double height, double low,
                                    double high) {
  constexpr double infinity = std::numeric_limits<double>::infinity();
  if (mean < 0.0) {
    const double end = -low;
    mean = -mean;
    low = -high;
    high = end;
  }
  const double first = (low - mean) / scale, last = (high - mean) / scale;
  // Of what lies between two values of y, too.
  const auto within = [&](double near, double end) {
    const double begin = near > first ? near : first, finish = end < last ? end : last;
    if (!(begin < finish)) return 0.0;
    const double z_begin = near > first ? mean + scale * near : low;
    const double z_finish = end < last ? mean + scale * end : high;
    double half = 0.5 * (finish - begin), z_half = scale * half;
    if (!(near > first || end < last)) {
      z_half = 0.5 * (high - low);
      half = z_half / scale;
    }
    const double proposal = short_normal_mass(z_begin, z_finish, z_half);
    return short_normal_mass(begin, finish, half) - height * proposal;
  };
  if (!(height > 0.0)) return std::max(within(-infinity, infinity), 0.0);
  const auto [a, has_roots, near, end] = NormalCrossing(mean, scale, height);
  if (!has_roots) return a > 0.0 ? 0.0 : std::max(within(-infinity, infinity), 0.0);
  if (a > 0.0) return std::max(within(near, end), 0.0);
  double part = within(near, infinity);
  if (a < 0.0) part += within(-infinity, end);
  return std::max(part, 0.0);
}

}  // namespace astar_rec
