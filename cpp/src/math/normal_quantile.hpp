// The quantile of the standard normal at a 64-bit position: the same bits on every machine.
//
// By segments of the tail probability, 64 octaves of them; octave 0 holds the tail probabilities from
// 1/4 to 1/2, where the quantile is approximated as a multiple of the distance from the median. The
// error stays under 2 ulp in both tails and under 3 at the centre (measured against mpmath in
// tests/test_special.py).
#pragma once

#include "math/positions.hpp"
#include "math/segments.hpp"

namespace astar_rec {

inline constexpr int normal_quantile_rows = 64 * segments_per_octave;

alignas(64) inline constexpr Row normal_quantile_table[normal_quantile_rows] = {
#include "math/normal_quantile_table.inc"
};

inline double normal_quantile(Position position) {
  const Tail tail = tail_of(position);
  const Segment at = segment_of(tail.odd);
  const Row& row = normal_quantile_table[at.octave * segments_per_octave + at.number];
  const double factor = select(at.octave == 0, at.place * 0.25, 1.0);  // distance from the median
  const double magnitude = polynomial(row, at.u) * factor;
  return tail.signed_value(magnitude);
}

}  // namespace astar_rec
