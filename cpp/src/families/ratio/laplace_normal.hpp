// Laplace target, normal proposal.
//
//     r(z) = z^2 / 2 - |z - m| / s - log s + log(sqrt(2 pi) / 2)
//
// An upward parabola on either side of a kink that points up at m: the supremum is at an end or at m.
#pragma once

#include "families/laplace.hpp"
#include "families/normal.hpp"
#include "families/ratio.hpp"

namespace astar_rec {

template <>
class LogRatio<Laplace, Normal> : public LocationScaleRatio<Laplace, Normal> {
 public:
  LogRatio(const Laplace& target, const Normal& proposal) : LocationScaleRatio(target, proposal) {}

  double supremum(double a, double b) const {
    return std::max(at_either_end(a, b), (*this)(clamp_to(mean_, a, b)));
  }
};

}  // namespace astar_rec
