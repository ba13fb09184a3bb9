// What dithered quantisation computes of many numbers at once, one at a time.
#pragma once

#include <bit>
#include <cstdint>

#include "math/segments.hpp"

namespace astar_rec::lanes::plain {

// floor(x) of 0 <= x < 2^51, by additions alone. Without branches, as which way it is rounded cannot be
// predicted.
inline std::uint64_t floor_of(double x) {
  constexpr double units = 0x1p52;  // whose last place is 1
  const double nearest = (x + units) - units;
  const double whole = nearest - select(nearest > x, 1.0, 0.0);
  return std::bit_cast<std::uint64_t>(whole + units) - std::bit_cast<std::uint64_t>(units);
}

// floor(scale * mass) of the mass below a signed tail
inline std::uint64_t floor_of_mass(double tail, double scale) {
  return floor_of(scale * (tail + select(tail >= 0.0, 0.0, 1.0)));
}

}  // namespace astar_rec::lanes::plain
