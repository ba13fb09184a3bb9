// The portable functions against the C library's, which are themselves good to an ulp or so: this
// finds blunders and holes at edges; accuracy to the last place is measured in tests/test_special.py.
#include <cmath>
#include <cstdint>
#include <limits>

#include "check.hpp"
#include "draws.hpp"
#include "math/normal_tail.hpp"
#include "math/special.hpp"
#include "ulps.hpp"

using namespace astar_rec;

namespace {

constexpr double most_ulps = 4.0;

void check_log(double x) {
  const double mine = portable_log(x), theirs = std::log(x);
  const bool near = ulps_between(mine, theirs) <= most_ulps;
  const bool just_below_one = x >= 0.5 && x < 1.0 && std::fabs(mine - theirs) <= 0x1p-52;
  CHECK(near || just_below_one, x, mine, theirs);
}

void logarithms() {
  using Limits = std::numeric_limits<double>;
  CHECK_EQUAL(portable_log(1.0), 0.0);
  for (const double x :
       {Limits::min(), Limits::max(), Limits::denorm_min(), 3 * Limits::denorm_min(),
        std::nextafter(Limits::min(), 0.0), std::nextafter(1.0, 0.0), std::nextafter(1.0, 2.0),
        std::nextafter(2.0, 0.0), 0.5, 2.0}) {
    check_log(x);
  }
  Draws draws(1);
  for (int i = 0; i < 100000; ++i) {
    check_log(draws.power_of_two(-1074.0, 1023.9));
    check_log(draws.between(0.25, 4.0));
    check_log(1.0 + draws.power_of_two(-52.0, -1.0));
  }
  for (int exponent = -1074; exponent < 1024; ++exponent) check_log(std::ldexp(1.0, exponent));
}

void logarithms_above_one() {
  CHECK_EQUAL(log_one_plus(0.0), 0.0);
  const auto check = [](double d) {
    CHECK(ulps_between(log_one_plus(d), std::log1p(d)) <= most_ulps, d, log_one_plus(d),
          std::log1p(d));
  };
  for (const double d : {1.0, std::nextafter(1.0, 0.0), 0.5, 0x1p-52, 0x1p-53, 1e-300}) check(d);
  Draws draws(2);
  for (int i = 0; i < 100000; ++i) {
    check(draws.between(0.0, 1.0));
    check(draws.power_of_two(-1000.0, 0.0));
  }
}

void check_fraction(std::uint64_t odd) {
  const double mine = negative_log_fraction(odd);
  const bool near_one = odd >> 63 != 0;
  const double theirs = near_one ? -std::log1p(static_cast<double>(-odd) * -0x1p-64)
                                 : -std::log(static_cast<double>(odd) * 0x1p-64);
  CHECK(mine > 0.0, odd, mine);
  CHECK(ulps_between(mine, theirs) <= most_ulps, odd, mine, theirs);
}

void fractions() {
  // Powers of two with their odd neighbours, from both ends: all octaves' ends.
  for (int k = 0; k < 64; ++k) {
    for (const std::uint64_t x : {std::uint64_t{1} << k, (std::uint64_t{1} << k) - 1}) {
      check_fraction(x | 1);
      check_fraction(~x | 1);
    }
  }
  CHECK_EQUAL(negative_log_fraction(1), 64 * log_2);
  // All segments' ends, in all octaves.
  for (int octave = 0; octave < 64; ++octave) {
    for (std::uint64_t segment = 32; segment < 64; ++segment) {
      const std::uint64_t x = segment << 58 >> octave;
      for (const std::uint64_t v : {x - 1, x, x + 1}) {
        check_fraction(v | 1);
        check_fraction(~v | 1);
      }
    }
  }
  Draws draws(3);
  for (int i = 0; i < 100000; ++i) {
    check_fraction(draws.bits() | 1);
    check_fraction(draws.magnitude() | 1);
    check_fraction(~draws.magnitude() | 1);
  }
}

void exponentials() {
  CHECK_EQUAL(portable_exp(0.0), 1.0);
  CHECK_EQUAL(portable_exp(-0.0), 1.0);
  CHECK_EQUAL(portable_exp(-700.1), 0.0);
  CHECK_EQUAL(portable_exp(-std::numeric_limits<double>::infinity()), 0.0);
  const auto check = [](double x) {
    CHECK(ulps_between(portable_exp(x), std::exp(x)) <= most_ulps, x, portable_exp(x), std::exp(x));
  };
  for (const double x : {-700.0, 700.0, 1.0, -1.0, 1e-300, -1e-300, 0x1p-53, -0x1p-54}) check(x);
  // Where the power of two changes.
  for (int n = -1009; n <= 1009; ++n) {
    const double x = (n + 0.5) * log_2;
    for (const double y : {std::nextafter(x, -HUGE_VAL), x, std::nextafter(x, HUGE_VAL)}) check(y);
  }
  Draws draws(4);
  for (int i = 0; i < 100000; ++i) {
    check(draws.between(-700.0, 700.0));
    check(draws.between(-1.0, 1.0));
    check(-draws.power_of_two(-60.0, 9.3));
  }
}

void normal_tails() {
  CHECK_EQUAL(normal_upper_tail(0.0), 0.5);
  CHECK_EQUAL(normal_upper_tail(38.0), 0.0);
  CHECK_EQUAL(normal_upper_tail(std::numeric_limits<double>::infinity()), 0.0);
  CHECK_EQUAL(normal_upper_tail(std::nan("")), 0.0);
  const auto check = [](double z) {
    // As z / sqrt(2) is rounded, erfc's relative error grows with the square of z.
    const double mine = normal_upper_tail(z), theirs = 0.5 * std::erfc(z * 0.70710678118654752);
    CHECK(std::fabs(mine - theirs) <= (8.0 + 2.0 * z * z) * 0x1p-53 * theirs, z, mine, theirs);
  };
  // Where segments meet, and where the table ends.
  for (int k = 0; k <= 37 * tail_segments; ++k) {
    const double z = static_cast<double>(k) / tail_segments;
    for (const double x : {std::nextafter(z, 0.0), z, std::nextafter(z, HUGE_VAL)}) check(x);
  }
  Draws draws(5);
  for (int i = 0; i < 100000; ++i) {
    check(draws.between(0.0, 9.0));
    check(draws.between(9.0, 37.4));
    check(draws.power_of_two(-1000.0, 5.0));
  }
}

}  // namespace

int main() {
  logarithms();
  logarithms_above_one();
  fractions();
  exponentials();
  normal_tails();
  return check::result();
}
