// Logistic target, logistic proposal.
//
//     r(z) = l(z) - l((z - m) / s) - log s,   l(y) = |y| + 2 log(1 + exp(-|y|))
//     r'(z) = tanh(z / 2) - tanh((z - m) / (2 s)) / s
//
// One stationary point at most. Let m >= 0 and s < 1. For z <= m the second term of r' is
// non-negative and outweighs the first. Beyond m, r' = 0 where tanh(y/2) / tanh(z/2) = s with
// y = (z - m) / s; the left side grows from 0 as long as y < z, is 1 where y = z, that is at
// z = m / (1 - s), and stays above 1 from there on. So there is one root, a maximum, in
// [m, m / (1 - s)]: found here by Newton's steps between halvings. For s > 1 the roles of target and
// proposal change, r has one minimum, and for s = 1 it is monotone: the supremum is at an end.
#pragma once

#include <algorithm>
#include <cmath>

#include "families/logistic.hpp"
#include "families/ratio.hpp"
#include "math/special.hpp"

namespace astar_rec {

template <>
class LogRatio<Logistic, Logistic> : public LocationScaleRatio<Logistic, Logistic> {
 public:
  LogRatio(const Logistic& target, const Logistic& proposal)
      : LocationScaleRatio(target, proposal),
        peaked_(scale_ < 1.0),
        mode_(peaked_ ? find_mode() : 0.0) {}

  double supremum(double a, double b) const {
    return peaked_ ? (*this)(clamp_to(mode_, a, b)) : at_either_end(a, b);
  }

 private:
  static double tanh_half(double y) {  // y >= 0
    const double e = portable_exp(-y);
    return (1.0 - e) / (1.0 + e);
  }

  double find_mode() const {
    constexpr double beyond_support = 64.0;  // positions end at 45.1
    const double mean = std::fabs(mean_);
    double low = mean;
    double high = std::min(mean / (1.0 - scale_), mean + beyond_support);
    double z = low;
    for (int round = 0; round < 64; ++round) {
      const double t = tanh_half(z);
      const double t_target = tanh_half((z - mean) * precision_);
      const double slope = t - t_target * precision_;
      if (slope > 0.0) {
        low = z;
      } else {
        high = z;
      }
      const double curvature =
          0.5 * ((1.0 - t * t) - (1.0 - t_target * t_target) * (precision_ * precision_));
      const double newton = z - slope / curvature;
      const bool inside = curvature < 0.0 && newton > low && newton < high;
      const double next = inside ? newton : 0.5 * (low + high);
      if (std::fabs(next - z) <= 0x1p-52 * next) break;
      z = next;
    }
    return mean_ < 0.0 ? -z : z;
  }

  bool peaked_;
  double mode_;
};

}  // namespace astar_rec
