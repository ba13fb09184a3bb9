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
#include <array>
#include <cmath>
#include <cstddef>
#include <limits>

#include "math/normal_tail.hpp"
#include "math/special.hpp"

namespace astar_rec {

// The standard normal's mass between low and high, either of which may be infinite. `width` is high -
// low, where it is known better than the difference of the two.
inline double normal_mass(double low, double high, double width) {
  // From the density where the tails' difference would lose digits, by Gauss and Legendre.
  constexpr double narrow = 0.25;
  constexpr double over_root_tau = 0x1.9884533d43651p-2;  // 1 / sqrt(2 pi)
  constexpr std::array<double, 4> nodes{0.1834346424956498049394761, 0.5255324099163289858177390,
                                        0.7966664774136267395915539, 0.9602898564975362316835609};
  constexpr std::array<double, 4> weights{0.3626837833783619829651504, 0.3137066458778872873379622,
                                          0.2223810344533744705443560, 0.1012285362903762591525314};
  if (width < narrow) {
    const double half = 0.5 * width, middle = low + half;
    double total = 0.0;
    for (std::size_t i = 0; i < nodes.size(); ++i) {
      const double left = middle - half * nodes[i], right = middle + half * nodes[i];
      const double pair = portable_exp(-0.5 * (left * left)) + portable_exp(-0.5 * (right * right));
      total += weights[i] * pair;
    }
    return total * half * over_root_tau;
  }
  if (low >= 0.0) return normal_upper_tail(low) - normal_upper_tail(high);
  if (high <= 0.0) return normal_upper_tail(-high) - normal_upper_tail(-low);
  return 1.0 - normal_upper_tail(-low) - normal_upper_tail(high);
}

// The target's location and scale are in the proposal's units. Requires height > 0.
inline double normal_excess(double mean, double scale, double height) {
  constexpr double infinity = std::numeric_limits<double>::infinity();
  mean = std::fabs(mean);  // by symmetry
  const double a = (1.0 - scale) * (1.0 + scale);
  const double b = mean * scale;
  const double d = 0.5 * (mean * mean) - portable_log(scale) - portable_log(height);
  const double discriminant = b * b + 2.0 * (a * d);
  if (!(discriminant > 0.0)) {
    // Above the peak of a ratio that has one; else below a ratio that is h at least.
    return a > 0.0 ? 0.0 : std::max(1.0 - height, 0.0);
  }
  const double far = b + std::sqrt(discriminant);
  const double near = -2.0 * d / far;  // from here on the ratio exceeds h
  if (a > 0.0) {
    const double end = far / a, width = end - near;
    return normal_mass(near, end, width) -
           height * normal_mass(mean + scale * near, mean + scale * end, scale * width);
  }
  double target = normal_mass(near, infinity, infinity);
  double proposal = normal_mass(mean + scale * near, infinity, infinity);
  if (a < 0.0) {
    const double end = far / a;  // and left of this
    target += normal_mass(-infinity, end, infinity);
    proposal += normal_mass(-infinity, mean + scale * end, infinity);
  }
  return target - height * proposal;
}

}  // namespace astar_rec
