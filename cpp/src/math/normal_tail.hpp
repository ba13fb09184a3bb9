// The normal distribution's upper tail P(Z > z), relatively accurate, from IEEE + - * / and integers.
//
// Encoders need it, and decoders of dithered quantisation. Up to 9 it is a Taylor series of a table, with
// an error below 1.5 ulp. Beyond, the density times a continued fraction, 1 / (z + 1 / (z + 2 / …)): below
// 5 ulp up to 37.4, where portable_exp ends (measured against mpmath in tests/test_polar_reference.py).
#pragma once

#include "math/special.hpp"

namespace astar_rec {

inline constexpr int tail_segments = 32;  // to a unit of z
inline constexpr double tail_table_end = 9.0;
inline constexpr double tail_vanishes = 38.0;  // nothing is left from there on
inline constexpr int tail_coefficients = 11;
inline constexpr int tail_row = 12;  // a row's numbers: the last is no coefficient

alignas(64) inline constexpr double tail_table[288][tail_row] = {
#include "normal_tail_table.inc"
};

// For z >= 0.
inline double normal_upper_tail(double z) {
  if (z < tail_table_end) {
    const int segment = static_cast<int>(z * tail_segments);
    const double* row = tail_table[segment];
    const double h = z - (segment + 0.5) * (1.0 / tail_segments);
    double series = row[tail_coefficients - 1];
    for (int k = tail_coefficients - 2; k >= 0; --k) series = series * h + row[k];
    return series;
  }
  if (!(z < tail_vanishes)) return 0.0;
  constexpr double over_root_tau = 0x1.9884533d43651p-2;  // 1 / sqrt(2 pi)
  constexpr int terms = 16;
  double fraction = z;
  for (int k = terms; k >= 1; --k) fraction = z + k / fraction;
  // z^2 / 2 in two parts, so that the exponential's argument is as good as z.
  const double whole = static_cast<double>(static_cast<int>(z * 16.0)) * 0.0625;
  const double rest = (z - whole) * (z + whole);
  return over_root_tau * portable_exp(-0.5 * (whole * whole)) * portable_exp(-0.5 * rest) /
         fraction;
}

}  // namespace astar_rec
