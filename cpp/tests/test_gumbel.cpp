// Exponentials, arrivals and Gumbels over Philox's numbers: one fixed seed, so a tolerance of five
// standard errors either always holds or never.
#include <cmath>
#include <cstdint>

#include "check.hpp"
#include "draws.hpp"
#include "random/gumbel.hpp"
#include "random/random.hpp"

using namespace astar_rec;

namespace {

constexpr int samples = 1 << 20;

struct Moments {
  double sum = 0.0, sum_of_squares = 0.0;
  void add(double x) {
    sum += x;
    sum_of_squares += x * x;
  }
  double mean() const { return sum / samples; }
  double variance() const { return sum_of_squares / samples - mean() * mean(); }
};

// `kurtosis`: the fourth central moment over the variance squared, for the variance's error.
void check_moments(const Moments& found, double mean, double variance, double kurtosis) {
  const double mean_error = std::sqrt(variance / samples);
  const double variance_error = variance * std::sqrt((kurtosis - 1.0) / samples);
  CHECK(std::fabs(found.mean() - mean) <= 5.0 * mean_error, found.mean(), mean);
  CHECK(std::fabs(found.variance() - variance) <= 5.0 * variance_error, found.variance(), variance);
}

void moments() {
  constexpr double euler = 0.57721566490153286;
  constexpr double pi = 3.14159265358979324;
  const NodeRandom random(2022, 0);
  Moments waiting, gumbel, truncated;
  for (std::uint64_t node = 0; node < samples; ++node) {
    const std::uint64_t bits = random({node, 0}).arrival;
    waiting.add(exponential(bits));
    gumbel.add(gumbel_of(next_arrival(0.0, 1.0, bits)));
    truncated.add(next_arrival(3.0, 0.25, bits));
  }
  check_moments(waiting, 1.0, 1.0, 9.0);
  check_moments(gumbel, euler, pi * pi / 6.0, 5.4);
  check_moments(truncated, 3.0 + 4.0, 16.0, 9.0);
}

void extremes() {
  // The two ends: what a number of 64 bits can say.
  CHECK_EQUAL(exponential(0), 64 * log_2);
  CHECK(std::fabs(exponential(~std::uint64_t{0}) - 0x1p-64) <= 0x1p-115,
        exponential(~std::uint64_t{0}));
  CHECK(std::isfinite(gumbel_of(next_arrival(0.0, 0x1p-64, 0))), "the latest arrival");
  CHECK_EQUAL(gumbel_of(next_arrival(0.0, 1.0, ~std::uint64_t{0})), 64 * log_2);
}

// A child's arrival is never before its parent's, nor is its Gumbel greater; and more bits, a later
// parent or a smaller region never make an arrival earlier.
void monotone() {
  Draws draws(1);
  for (int path = 0; path < 1000; ++path) {
    double arrival = 0.0, gumbel = HUGE_VAL, mass = 1.0;
    for (int depth = 0; depth < 64; ++depth) {
      const double next = next_arrival(arrival, mass, draws.bits());
      CHECK(next >= arrival, arrival, mass, next);
      CHECK(gumbel_of(next) <= gumbel, gumbel, gumbel_of(next));
      arrival = next;
      gumbel = gumbel_of(next);
      mass *= draws.between(0.01, 1.0);
      if (mass < 0x1p-64) break;
    }
  }
  for (int i = 0; i < 100000; ++i) {
    const std::uint64_t bits = draws.bits();
    const double after = draws.power_of_two(-60, 60), mass = draws.power_of_two(-64, 0);
    const double arrival = next_arrival(after, mass, bits);
    CHECK(next_arrival(2.0 * after, mass, bits) >= arrival, after, mass, bits);
    CHECK(next_arrival(after, 0.5 * mass, bits) >= arrival, after, mass, bits);
    CHECK(next_arrival(after, mass, bits / 2) >= arrival, after, mass, bits);
  }
}

}  // namespace

int main() {
  moments();
  extremes();
  monotone();
  return check::result();
}
