// Normal target, normal proposal: r is a quadratic.
//
//     r(z) = z^2 / 2 - ((z - m) / s)^2 / 2 - log s,   m, s: the target's location and scale in z.
//
// For s < 1 it opens downwards with its vertex at m / (1 - s^2); for s >= 1 it has no maximum inside
// any interval, and the supremum is at an end.
#pragma once

#include "families/normal.hpp"
#include "families/normal_excess.hpp"
#include "families/ratio.hpp"

namespace astar_rec {

template <>
class LogRatio<Normal, Normal> : public LocationScaleRatio<Normal, Normal> {
 public:
  LogRatio(const Normal& target, const Normal& proposal)
      : LocationScaleRatio(target, proposal),
        concave_(scale_ < 1.0),
        vertex_(concave_ ? mean_ / ((1.0 - scale_) * (1.0 + scale_)) : 0.0) {}

  double supremum(double a, double b) const {
    return concave_ ? (*this)(clamp_to(vertex_, a, b)) : at_either_end(a, b);
  }

  // The target's, in the proposal's units.
  double mean() const { return mean_; }
  double scale() const { return scale_; }

  double excess(double height) const { return normal_excess(mean_, scale_, height); }
  double excess_between(double height, double low, double high) const {
    return normal_excess_between(mean_, scale_, height, low, high);
  }

 private:
  bool concave_;
  double vertex_;
};

}  // namespace astar_rec
