// Uniform target, any proposal: r is the proposal's surprise inside the target's interval and minus
// infinity outside.
//
//     r(z) = surprise(z) - log(half width in z) + constant   for low <= x <= high
//
// The surprise grows with |z|, so the supremum is at the end of the common interval that lies farther
// out. A sample is inside or not by its own value x, after all rounding, so that no sample ever
// leaves the target's interval; the interval in z is widened by as much as rounding could move it.
#pragma once

#include <algorithm>
#include <cmath>
#include <limits>

#include "families/ratio.hpp"
#include "families/uniform.hpp"
#include "math/special.hpp"

namespace astar_rec {

template <class Proposal>
class LogRatio<Uniform, Proposal> {
 public:
  LogRatio(const Uniform& target, const Proposal& proposal)
      : target_(target),
        proposal_(proposal),
        low_(widened(target.low, -1.0)),
        high_(widened(target.high, 1.0)),
        offset_(Proposal::log_normaliser - Uniform::log_normaliser -
                portable_log(target.unit() / proposal.unit())) {}

  double operator()(double z) const {
    const double x = proposal_.sample(z);
    return x >= target_.low && x <= target_.high ? inside(z) : outside;
  }

  double supremum(double a, double b) const {
    const double from = std::max(a, low_);
    const double to = std::min(b, high_);
    return from <= to ? std::max(inside(from), inside(to)) : outside;
  }

  double peak() const { return std::max(inside(low_), inside(high_)); }

 private:
  static constexpr double outside = -std::numeric_limits<double>::infinity();

  double inside(double z) const { return Proposal::surprise(z) + offset_; }

  double widened(double x, double direction) const {
    const double z = proposal_.standardise(x);
    return z + direction * 0x1p-50 * (std::fabs(z) + std::fabs(x) / proposal_.unit());
  }

  Uniform target_;
  Proposal proposal_;
  double low_;
  double high_;
  double offset_;
};

}  // namespace astar_rec
