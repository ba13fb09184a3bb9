// What a bit carries.
#pragma once

#include <cmath>

#include "math/special.hpp"

namespace astar_rec::polar {

// 1 - h((1 + d) / 2) in bits, of a bit of difference d = P(0) - P(1).
inline double information(double d) {
  const double a = std::fabs(d);
  if (a >= 1.0) return 1.0;
  if (a < 0x1p-12) return a * a * (0.5 / log_2);
  return 0.5 * ((1.0 + a) * log_one_plus(a) + (1.0 - a) * portable_log(1.0 - a)) / log_2;
}

}  // namespace astar_rec::polar
