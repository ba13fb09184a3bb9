// What a search of a block that ends early may have missed, at most: for normal targets and proposals.
//
// A search keeps the best node so far, and boxes wait of which nodes are still to come. Let V be the best
// arrival / density ratio so far: a point of arrival t at x is better where V rho(x) > t. Of a box B of the
// proposal's mass P(B) the first arrival T is known and its place is not, and from T on points arrive at
// the rate P. So B holds, in expectation, at most
//
//     P(V rho > T | B) + integral over B of (V rho - T)+ dP
//         <= (V / T)^(1 + l) I (1 / P(B) + c T),    I = integral over B of rho^(1 + l) dP
//
// better points, for any power l > 0, with c = l^l / (1 + l)^(1 + l). The sum over all boxes that wait is
// the doubt: the probability that a search that goes on finds another winner is no larger.
//
// For a target N(m, s^2) and the proposal N(0, 1), with D = 1 + l (1 - s^2) > 0, rho^(1+l) dP is
//
//     C times a normal of mean (1 + l) m / D and scale s / sqrt(D),
//     C = s^-l D^-1/2 exp(l (1 + l) m^2 / (2 D))
//
// and of a block the product. One l serves all of a block, so that V is a factor of the doubt, and the
// boxes' weights, which are the rest, can be added up. docs/exactness.md says why the bound stays one on
// positions and with rounding.
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <limits>
#include <optional>
#include <span>

#include "families/log_ratios.hpp"
#include "families/normal_excess.hpp"
#include "math/special.hpp"

namespace astar_rec {

// What a power l makes of the normals of a block of up to `most`.
template <std::size_t most>
class Power {
 public:
  // Nothing if the power is too large for one of them, or one is too narrow.
  static std::optional<Power> of(double power, std::span<const StandardNormal> targets) {
    constexpr double least_d = 0.125;
    constexpr double least_scale = 0x1p-16;  // narrower ones have too few digits
    Power made;
    made.power_ = power;
    const double one_more = 1.0 + power;
    for (std::size_t j = 0; j < targets.size(); ++j) {
      const auto [mean, scale] = targets[j];
      const double d = 1.0 + power * ((1.0 - scale) * (1.0 + scale));
      if (!(d >= least_d && scale >= least_scale)) return {};
      const double shrunk = power * portable_log(scale) + 0.5 * portable_log(d);
      made.logs_[j] = (power * one_more) * (mean * mean) / (2.0 * d) - shrunk;
      made.total_ += made.logs_[j];
      made.middles_[j] = one_more * mean / d;
      made.widths_[j] = scale / std::sqrt(d);
    }
    made.log_c_ = power * portable_log(power) - one_more * portable_log(one_more);
    return made;
  }

  // The one with which a search is expected to end soonest. V is of the order of 1 at the end. Without
  // boxes, what arrives from t on is then in doubt by c t^-l C, so that the search ends at the t where
  // this is `within`. One that goes to its end does so at the exponential of the log ratio's supremum.
  // Nothing where it gains little over that: searches in lanes take as long, then.
  static std::optional<Power> best(std::span<const StandardNormal> targets, double within,
                                   double supremum) {
    constexpr double least_gain = 2.0;
    constexpr double powers[] = {0.125, 0.25, 0.375, 0.5,  0.75, 1.0,  1.5,  2.0,  3.0,
                                 4.0,   6.0,  8.0,   12.0, 16.0, 24.0, 32.0, 48.0, 64.0};
    std::optional<Power> chosen;
    double least = std::numeric_limits<double>::infinity();
    const double log_within = portable_log(within);
    for (const double power : powers) {
      const auto found = of(power, targets);
      if (!found) break;  // and so it is with all that are larger
      const double log_t = (found->total_ + found->log_c_ - log_within) / power;
      if (log_t < least) {
        chosen = found;
        least = log_t;
      }
    }
    if (!(supremum - least > least_gain)) return {};
    return chosen;
  }

  double power() const { return power_; }
  double log_c() const { return log_c_; }
  double total() const { return total_; }
  double log(std::size_t j) const { return logs_[j]; }
  double middle(std::size_t j) const { return middles_[j]; }
  double width(std::size_t j) const { return widths_[j]; }

 private:
  double power_ = 0.0;
  double log_c_ = 0.0;
  double total_ = 0.0;                  // the sum of
  std::array<double, most> logs_{};     // log C
  std::array<double, most> middles_{};  // the normals' means,
  std::array<double, most> widths_{};   // and scales
};

template <std::size_t most>
class Doubt {
 public:
  Doubt() = default;
  // `root`: the Gumbel of the whole space, than which no other is larger.
  Doubt(const Power<most>& power, double root)
      : power_(power), root_(root), c_(portable_exp(power.log_c())) {}

  // The part of C that lies in an interval of dimension j, or a little more. `mass` is the proposal's
  // there, and `supremum` the log ratio's.
  double share(std::size_t j, double low, double high, double mass, double supremum) const {
    // Intervals narrower than this are known from their positions, and not from their ends.
    constexpr double narrow = 0x1p-24;
    // Of a sum over positions for an integral: up to four times the largest term.
    constexpr double grid = 0x1p-62;
    // No share is smaller: so nothing vanishes below what floats can say.
    constexpr double least_share = 0x1p-60;
    const double top = portable_exp((1.0 + power_.power()) * supremum - power_.log(j));
    if (high - low < narrow) return mass * top + least_share;
    const double middle = power_.middle(j), width = power_.width(j);
    const double first = (low - middle) / width, last = (high - middle) / width;
    const double own = short_normal_mass(first, last, 0.5 * (last - first));
    return own + (grid * top + least_share);
  }

  // A box's part of the doubt, but for the factor.
  double weight(std::span<const double> shares, double gumbel, double arrival, double mass) const {
    double product = 1.0;
    for (const double share : shares) product *= share;
    const double later = std::max((1.0 + power_.power()) * (gumbel - root_), -most_exponent);
    return product * portable_exp(later) * (c_ * arrival + 1.0 / mass);
  }

  // The factor of all weights, where the best Gumbel + log ratio so far is `best`.
  double factor(double best) const {
    constexpr double slack = 0x1p-16;  // all roundings together change by less
    const double exponent = (1.0 + power_.power()) * (root_ - best) + power_.total();
    if (!(exponent <= most_exponent)) return std::numeric_limits<double>::infinity();
    return portable_exp(std::max(exponent, -most_exponent)) * (1.0 + slack);
  }

 private:
  static constexpr double most_exponent = 600.0;

  Power<most> power_;
  double root_ = 0.0;
  double c_ = 0.0;
};

}  // namespace astar_rec
