// Normal target, Laplace proposal.
//
//     r(z) = |z| - ((z - m) / s)^2 / 2 - log s + log(2 / sqrt(2 pi))
//
// A downward parabola on either side of 0, with its vertex at m - s^2 on the left and m + s^2 on the
// right: where both lie on their own side (|m| < s^2) there are two maxima, otherwise one.
#pragma once

#include <algorithm>

#include "families/laplace.hpp"
#include "families/normal.hpp"
#include "families/ratio.hpp"

namespace astar_rec {

template <>
class LogRatio<Normal, Laplace> : public LocationScaleRatio<Normal, Laplace> {
 public:
  LogRatio(const Normal& target, const Laplace& proposal)
      : LocationScaleRatio(target, proposal),
        left_vertex_(std::min(mean_ - scale_ * scale_, 0.0)),
        right_vertex_(std::max(mean_ + scale_ * scale_, 0.0)) {}

  double supremum(double a, double b) const {
    return std::max((*this)(clamp_to(left_vertex_, a, b)), (*this)(clamp_to(right_vertex_, a, b)));
  }

 private:
  double left_vertex_;
  double right_vertex_;
};

}  // namespace astar_rec
