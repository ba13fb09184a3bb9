// What a family of distributions says of itself. Each is one file beside this one and a row in
// registry.hpp.
//
//     name, parameters         what it is called, and what its parameters are, in order
//     from(parameters)         a member, from as many numbers
//     quantile(position)       the standard member's quantile
//     sample(z)                the standard member's value z on the member's own scale
//     standardise(x), unit()   back, and the member's unit of length
//     surprise(z)              minus the log density of the standard member (nats), without its
//                              constant log_normaliser
//     bulk                     all but 2^-10 of the standard member's mass lies within so much of 0
//     tail(z)                  the standard member's signed tail: its CDF at z where that is at most 1/2,
//                              minus its survival function elsewhere (families/tails.hpp)
//     mass_outside(low, high)  the member's mass outside an interval
//     support(first, last)     the interval of its samples; its first and last standard quantile given
//     tail_end                 less than 2^-62 of the standard member's mass lies beyond it
//     is_smooth                whether its density has no jumps and no kinks
//     is_bounded               whether all of its mass lies within the support of its positions
//
// `quantile` and `sample` are the whole of what a decoder computes after the random numbers, so both
// use IEEE + - * / and integers only; so does `tail`, that messages are the same everywhere. Searches
// and ratios work in z. `mass_outside` only serves to
// check input and may use the C library.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <limits>
#include <string_view>

namespace astar_rec {

// Of a distribution that is symmetric about 0: the tail at z from the upper tail at |z|.
inline double signed_tail(double z, double upper_tail) {
  // An upper tail is negative even where it vanishes.
  return z > 0.0 ? -std::max(upper_tail, std::numeric_limits<double>::denorm_min()) : upper_tail;
}

// A family's standard signed tail, of which nothing is left beyond -end and end.
template <class It>
double tail_within(double z, double end) {
  return z > end || z < -end ? signed_tail(z, 0.0) : It::tail(z);
}

// The interval of a proposal's samples: from its first position to its last.
struct Support {
  double low;
  double high;
};

// What families with a location and a scale share.
struct LocationScale {
  static constexpr std::array<std::string_view, 2> parameters{"loc", "scale"};
  static constexpr bool is_bounded = false;

  double loc;
  double scale;  // > 0

  double sample(double z) const { return loc + scale * z; }
  double standardise(double x) const { return (x - loc) / scale; }
  double unit() const { return scale; }
  Support support(double z_first, double z_last) const { return {sample(z_first), sample(z_last)}; }
};

}  // namespace astar_rec
