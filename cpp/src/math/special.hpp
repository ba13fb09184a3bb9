// log and exp from IEEE + - * / and integer operations only: the same bits on every machine.
//
// The C library's log and exp differ between systems in the last place. The encoder could live with
// that, the decoder's quantiles could not, and an array encoded on two machines should give the same
// indices: so nothing here calls the C library. Arguments are not checked. Errors stay under 3 ulp
// (measured in tests/test_special.py), but for portable_log just below 1: see there.
#pragma once

#include <bit>
#include <cstdint>

#include "math/segments.hpp"

namespace astar_rec {

inline constexpr double log_2 = 0x1.62e42fefa39efp-1;

// 32 rows of log(1 - x) / x for x in [0, 1/2), 32 rows of log(1 + x) / x for x in [0, 1).
inline constexpr int log_rows = 2 * segments_per_octave;

alignas(64) inline constexpr Row log_table[log_rows] = {
#include "math/log_table.inc"
};

namespace detail {

// log(m) / (m - 1) for m in [1, 2), by the 52 bits of m after the point.
inline double log_slope(std::uint64_t fraction) {
  const Segment at = segment_at(1, fraction << 12);
  return polynomial(log_table[segments_per_octave + at.number], at.u);
}

inline constexpr std::uint64_t fraction_mask = (std::uint64_t{1} << 52) - 1;

}  // namespace detail

// The logarithm of a finite x > 0. Just below 1 its error is 1.5 2^-53, absolute.
inline double portable_log(double x) {
  constexpr double smallest_normal = 0x1p-1022;
  const bool subnormal = x < smallest_normal;
  const auto bits = std::bit_cast<std::uint64_t>(subnormal ? x * 0x1p54 : x);
  const std::uint64_t fraction = bits & detail::fraction_mask;
  const int exponent = static_cast<int>(bits >> 52) - (subnormal ? 1023 + 54 : 1023);
  const double above_one = static_cast<double>(fraction) * 0x1p-52;
  return exponent * log_2 + above_one * detail::log_slope(fraction);
}

// log(1 + d) for d in [0, 1], relatively accurate down to 0.
inline double log_one_plus(double d) {
  constexpr double below_two = 0x1.fffffffffffffp0;
  const double m = 1.0 + d < 2.0 ? 1.0 + d : below_two;
  return d * detail::log_slope(std::bit_cast<std::uint64_t>(m) & detail::fraction_mask);
}

// -log(v / 2^64) for odd v, relatively accurate at both ends. Always positive.
inline double negative_log_fraction(std::uint64_t odd) {
  const Segment at = segment_of(odd);
  const bool near_one = at.octave == 0;
  const Row& row = log_table[(near_one ? 0 : segments_per_octave) + at.number];
  const double x = at.place * select(near_one, 0.5, 1.0);
  const double whole = select(near_one, 0.0, (at.octave + 1) * log_2);
  return whole - x * polynomial(row, at.u);
}

// The exponential of x <= 700; 0 below -700 and for NaN.
inline double portable_exp(double x) {
  if (!(x >= -700.0)) return 0.0;
  constexpr double log_2_high = 0x1.62e42fefa38p-1;  // 42 bits: n * log_2_high is exact
  constexpr double log_2_low = 0x1.ef35793c7673p-45;
  const double scaled = x * 0x1.71547652b82fep0;  // x / log(2)
  const int n = static_cast<int>(scaled + (scaled < 0.0 ? -0.5 : 0.5));
  const double r = (x - n * log_2_high) - n * log_2_low;
  double series = 1.0;  // Taylor's, to r^13, by Horner's rule
  for (int k = 13; k >= 1; --k) series = 1.0 + series * (r / k);
  // 2^n in two factors, each within range.
  const auto power = [](int k) {
    return std::bit_cast<double>(static_cast<std::uint64_t>(1023 + k) << 52);
  };
  return series * power(n / 2) * power(n - n / 2);
}

}  // namespace astar_rec
