// The log density ratio r = log dQ/dP (nats) of a target Q and a proposal P, and its exact suprema.
//
//     LogRatio<Target, Proposal> r(q, p);
//     r(z)              r at z, in the proposal's standard units: x = p.sample(z)
//     r.supremum(a, b)  the largest r over the interval [a, b], a <= b, of z
//     r.peak()          r at the target's mode: what the densest part of the target weighs
//     r.excess(h)       of some pairs: the target's mass above h times the proposal's density, h > 0
//     r.excess_between(h, a, b)   of the same: what of that lies in the interval [a, b] of z, h >= 0
//
// The suprema are what make A* search exact and fast. Each is attained, at an end of the interval or
// at a stationary point that the family knows in closed form (for logistics: by solving one equation
// beforehand). They exist for any parameters, also where the ratio is unbounded over the reals,
// because positions have finitely many bits and so every interval is bounded.
// A supremum is computed by the very function that it bounds, so the two differ by rounding alone:
// some 2^-50 relative to the terms of r (2^-33 for logistics a hundred million times narrower than
// the proposal), a change of the sampled law that no experiment could see.
//
// A new pair is one small file in ratio/ and a line in ratios.hpp.
#pragma once

#include <algorithm>

#include "families/family.hpp"
#include "math/special.hpp"

namespace astar_rec {

template <class Target, class Proposal>
class LogRatio;

// What the ratios of location-scale families share: r itself. With y = (z - mean) / scale,
//
//     r(z) = surprise of z under the proposal - surprise of y under the target - log scale + constant
template <class Target, class Proposal>
class LocationScaleRatio {
 public:
  double operator()(double z) const {
    return Proposal::surprise(z) - Target::surprise((z - mean_) * precision_) + offset_;
  }

  double peak() const { return (*this)(mean_); }

 protected:
  LocationScaleRatio(const Target& target, const Proposal& proposal)
      : mean_(proposal.standardise(target.loc)),
        scale_(target.unit() / proposal.unit()),
        precision_(proposal.unit() / target.unit()),
        offset_(Proposal::log_normaliser - Target::log_normaliser - portable_log(scale_)) {}

  double at_either_end(double a, double b) const { return std::max((*this)(a), (*this)(b)); }

  double mean_;       // the target's location, in the proposal's standard units
  double scale_;      // its scale, likewise
  double precision_;  // 1 / scale
  double offset_;
};

inline double clamp_to(double x, double low, double high) {
  return std::max(low, std::min(x, high));
}

}  // namespace astar_rec
