// Laplace target, Laplace proposal: r is piecewise linear.
//
//     r(z) = |z| - |z - m| / s - log s
//
// The kink at m points up, the kink at 0 down: the supremum is at an end or at m.
#pragma once

#include "families/laplace.hpp"
#include "families/ratio.hpp"

namespace astar_rec {

template <>
class LogRatio<Laplace, Laplace> : public LocationScaleRatio<Laplace, Laplace> {
 public:
  LogRatio(const Laplace& target, const Laplace& proposal) : LocationScaleRatio(target, proposal) {}

  double supremum(double a, double b) const {
    return std::max(at_either_end(a, b), (*this)(clamp_to(mean_, a, b)));
  }
};

}  // namespace astar_rec
