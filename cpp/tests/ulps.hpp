// How far two doubles are apart.
#pragma once

#include <cmath>

// In units in the last place of the larger: 0 if equal, also for zeros of both signs.
inline double ulps_between(double a, double b) {
  if (a == b) return 0.0;
  const double larger = std::fmax(std::fabs(a), std::fabs(b));
  const double ulp = std::nextafter(larger, HUGE_VAL) - larger;
  return std::fabs(a - b) / ulp;
}
