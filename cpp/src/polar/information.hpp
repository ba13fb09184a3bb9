// What a bit carries.
#pragma once

#include <cmath>

#include "math/special.hpp"

namespace astar_rec::polar {

// 1 - h((1 + d) / 2) in bits, of a bit of difference d = P(0) - P(1).
inline double information(double d) {
  const double a = std::fabs(d);
  if (a >= 1.0) return 1.0;
  if (a < 0.125) {  // the series of logarithms, to 11 digits
    const double square = a * a;
    const double more = 1.0 / 30 + square * (1.0 / 56 + square * (1.0 / 90));
    return square * (0.5 + square * (1.0 / 12 + square * more)) / log_2;
  }
  return 0.5 * ((1.0 + a) * log_one_plus(a) + (1.0 - a) * portable_log(1.0 - a)) / log_2;
}

}  // namespace astar_rec::polar
