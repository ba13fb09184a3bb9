// Functions by segments: one row of a table and one polynomial of degree 7, without branches.
//
// A probability is given as an odd 64-bit integer v (what it counts, the function's file says). Its
// octave is its number of leading zeros, so octave 0 holds the larger half of all v; in octave 0
// the function is measured from the other end, by 2^64 - v. Each octave has 32 segments, the five
// bits after the leading one; what remains is the local variable u in [-1/2, 1/2).
//
//     v:   2^61        2^62              2^63                      2^64
//       ...--|- octave 2 -|-- octave 1 ------|--------- octave 0 -------|
//             ----> 32 segments  ----> 32 segments     32 segments <----
//
// scripts/generate_tables.py makes the tables. A row is one cache line. The constant term is added
// last, and everything before is small beside it: so the polynomial's error is little more than its
// last rounding.
#pragma once

#include <bit>
#include <cstdint>

namespace astar_rec {

using Row = double[8];  // coefficients, constant term first

struct Segment {
  int octave;
  int number;    // 0 to 31
  double place;  // in the octave, from 0 to 1
  double u;
};

inline constexpr int segments_per_octave = 32;

namespace detail {

// The segment of a place in an octave, given as a fraction of 2^64.
inline Segment segment_at(int octave, std::uint64_t bits) {
  constexpr std::uint64_t half = std::uint64_t{1} << 58;
  const auto centred = static_cast<std::int64_t>((bits & (2 * half - 1)) - half);
  // Signed integers: most machines convert only those without a branch.
  const auto place = static_cast<std::int64_t>(bits >> 1);
  return {octave, static_cast<int>(bits >> 59), static_cast<double>(place) * 0x1p-63,
          static_cast<double>(centred) * 0x1p-59};
}

}  // namespace detail

inline Segment segment_of(std::uint64_t odd) {
  const int octave = std::countl_zero(odd);
  const std::uint64_t negate = octave == 0 ? ~std::uint64_t{0} : 0;
  const std::uint64_t from_end = ((odd << octave) ^ negate) - negate;  // -odd in octave 0
  return detail::segment_at(octave, from_end << 1);                    // the leading bit dropped
}

// condition ? a : b, without a branch: which octave comes next cannot be predicted.
inline double select(bool condition, double a, double b) {
  const std::uint64_t mask = condition ? ~std::uint64_t{0} : 0;
  return std::bit_cast<double>((std::bit_cast<std::uint64_t>(a) & mask) |
                               (std::bit_cast<std::uint64_t>(b) & ~mask));
}

// The order of operations is part of the wire format.
inline double polynomial(const Row& c, double u) {
  const double u2 = u * u;
  const double low = c[1] * u + (c[2] + c[3] * u) * u2;
  const double high = (c[4] + c[5] * u) + (c[6] + c[7] * u) * u2;
  return c[0] + (low + high * (u2 * u2));
}

}  // namespace astar_rec
