// Gumbels and truncated Gumbels, kept as arrival times.
//
// A region B with proposal mass P(B) carries a Gumbel G_B with location log P(B), truncated to lie
// below its parent's. In the time domain T = exp(-G) this is a Poisson process: the first arrival in
// B after the parent's arrival,
//
//     T_B = T_parent + Exp(1) / P(B),    G_B = -log T_B,
//
// the same numbers as the truncated Gumbel G = a - log(exp(a - b) - log U) with a = log P(B) and
// b = G_parent, but with neither overflow nor cancellation: a sum of positive numbers is accurate
// from the root (T_parent = 0, b = infinity) down to masses of 2^-64, and costs one logarithm less.
//
// Reference: C. J. Maddison, D. Tarlow, T. Minka, "A* sampling", NeurIPS 2014 (top-down
// construction); C. J. Maddison, "A Poisson process model for Monte Carlo", 2016 (time domain).
#pragma once

#include <cstdint>

#include "math/special.hpp"

namespace astar_rec {

// A standard exponential from 64 random bits, from 2^-64 to 44.4: -log of an odd multiple of 2^-64.
inline double exponential(std::uint64_t bits) { return negative_log_fraction(bits | 1); }

// The first arrival after `after` in a region of proposal mass `mass`, in (0, 1].
inline double next_arrival(double after, double mass, std::uint64_t bits) {
  return after + exponential(bits) / mass;
}

inline double gumbel_of(double arrival) { return -portable_log(arrival); }

}  // namespace astar_rec
