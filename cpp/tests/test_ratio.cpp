// Log ratios and their suprema. A supremum too small would bias the samples without any other sign;
// one too large would only cost steps. Both are looked for: over random parameters and intervals, no
// value on a fine grid may exceed the supremum, and some value must come up to it.
#include <algorithm>
#include <cmath>
#include <vector>

#include "check.hpp"
#include "draws.hpp"
#include "families.hpp"
#include "families/ratio.hpp"
#include "families/ratios.hpp"

using namespace astar_rec;

namespace {

constexpr int targets = 250;
constexpr int intervals = 8;

// A target in the proposal's standard units.
struct Shape {
  double middle;
  double unit;
};

// Narrow and wide, in the middle and outside of what the proposal reaches.
template <class Proposal>
Shape draw_shape(Draws& draws) {
  const double reach = Proposal::quantile(last_position);
  switch (draws.below(4)) {
    case 0:
      return {draws.between(-1.5, 1.5) * reach, draws.power_of_two(-30.0, 5.0)};
    case 1: {  // as wide as the proposal but for very little
      const double very_little = draws.power_of_two(-50, -1);
      return {draws.between(-1.0, 1.0), 1.0 + (draws.below(2) == 0 ? very_little : -very_little)};
    }
    case 2:
      return {0.0, draws.power_of_two(-4.0, 4.0)};
    default:
      return {draws.between(-3.0, 3.0), draws.power_of_two(-5.0, 2.0)};
  }
}

// Regions of a search, with both ends quantiles: from all of the axis to a few positions.
template <class Proposal>
void draw_interval(Draws& draws, double& a, double& b) {
  Position first = 0, last = last_position;
  if (draws.below(8) != 0) {
    const std::uint64_t cell = draws.magnitude();
    first = cell_first(cell);
    last = cell_last(cell);
    if (draws.below(2) != 0) {
      first = position_within(first, last, draws.bits());
      last = position_within(first, last, draws.bits());
    }
  }
  a = Proposal::quantile(first);
  b = std::max(a, Proposal::quantile(last));  // neighbours may be out of order by a rounding
}

// The size of the terms of which r is the sum: its rounding errors are relative to them.
template <class Target, class Proposal>
double size_of_terms(const Shape& shape, double z) {
  return 1.0 + Proposal::surprise(z) + Target::surprise((z - shape.middle) / shape.unit) +
         std::fabs(std::log(shape.unit));
}

// Points all over [a, b], and on all scales around the target's middle.
std::vector<double> grid_over(const Shape& shape, double a, double b) {
  std::vector<double> grid;
  constexpr int even = 64;
  for (int i = 0; i <= even; ++i) grid.push_back(a + (b - a) * i / even);
  grid.push_back(0.0);
  grid.push_back(shape.middle);
  for (int octave = -12; octave <= 36; ++octave) {
    for (const double side : {-1.0, 1.0}) {
      // The second factor: just inside the ends of a uniform target.
      const double distance = side * std::ldexp(shape.unit, octave) * (1.0 - 0x1p-46);
      grid.push_back(shape.middle + distance);
    }
  }
  for (double& z : grid) z = std::clamp(z, a, b);
  std::sort(grid.begin(), grid.end());
  // Of points a few roundings apart, one: between two others, noise might hide which way is up.
  const auto close = [](double x, double y) { return y - x <= 0x1p-48 * std::fabs(x); };
  grid.erase(std::unique(grid.begin(), grid.end(), close), grid.end());
  return grid;
}

// The largest value of f that can be found: from the best point of a grid on, ever finer.
template <class F>
double climb(const F& f, std::vector<double> grid) {
  double best = -HUGE_VAL;
  for (int round = 0; round < 10; ++round) {
    std::size_t at = 0;
    double value = -HUGE_VAL;
    for (std::size_t i = 0; i < grid.size(); ++i) {
      const double here = f(grid[i]);
      if (here > value) {
        value = here;
        at = i;
      }
    }
    best = std::max(best, value);
    const double low = grid[at > 0 ? at - 1 : 0];
    const double high = grid[std::min(at + 1, grid.size() - 1)];
    constexpr int parts = 32;
    grid.resize(parts + 1);
    for (int i = 0; i <= parts; ++i) {
      grid[static_cast<std::size_t>(i)] = std::clamp(low + (high - low) * i / parts, low, high);
    }
  }
  return best;
}

template <class Target, class Proposal>
void suprema() {
  constexpr double slack = 1e-12;
  int unreached = 0;
  Draws draws(1);
  for (int i = 0; i < targets; ++i) {
    const auto proposal = draw_proposal<Proposal>(draws);
    const Shape shape = draw_shape<Proposal>(draws);
    const auto target = relative_to<Target>(proposal, shape.middle, shape.unit);
    const LogRatio<Target, Proposal> ratio(target, proposal);
    for (int j = 0; j < intervals; ++j) {
      double a, b;
      draw_interval<Proposal>(draws, a, b);
      const double supremum = ratio.supremum(a, b);
      CHECK(!std::isnan(supremum) && supremum < HUGE_VAL, target, proposal, a, b, supremum);

      double worst = -HUGE_VAL;  // the excess over what rounding may do, of the worst point
      double terms = 1.0;        // where the ratio is largest
      const auto watched = [&](double z) {
        const double value = ratio(z);
        const double here = size_of_terms<Target, Proposal>(shape, z);
        if (value - supremum - slack * here > worst) {
          worst = value - supremum - slack * here;
          terms = here;
        }
        return value;
      };
      const double reached = climb(watched, grid_over(shape, a, b));
      CHECK(worst <= 0.0, target, proposal, a, b, supremum, worst);

      if (reached == -HUGE_VAL && supremum != -HUGE_VAL) {
        ++unreached;  // a uniform target met at its very end, by the rounding allowed for
      } else if (reached < supremum) {
        // Uniform targets: the allowance for rounding, too, and the step inside their ends.
        const double tight = slack * terms + 0x1p-40 * std::fabs(supremum);
        CHECK(supremum - reached <= tight, target, proposal, a, b, supremum, reached);
      }
    }
  }
  CHECK(unreached <= targets * intervals / 500, unreached);
}

// Where the target's middle and its ends are, and a few roundings away: also on an interval of one
// point, no value exceeds the supremum. A uniform target's ends are met by the sample itself, after
// all rounding, which is not quite where they are in z.
template <class Target, class Proposal>
void single_points() {
  Draws draws(4);
  for (int i = 0; i < targets; ++i) {
    const auto proposal = draw_proposal<Proposal>(draws);
    const auto target = draw_target<Target>(draws, proposal);
    const LogRatio<Target, Proposal> ratio(target, proposal);
    for (const double side : {-1.0, 0.0, 1.0}) {
      double z = proposal.standardise(target.sample(side));
      for (int step = 0; step < 8; ++step) z = std::nextafter(z, -HUGE_VAL);
      for (int step = 0; step < 16; ++step) {
        z = std::nextafter(z, HUGE_VAL);
        const double value = ratio(z), supremum = ratio.supremum(z, z);
        CHECK(value <= supremum || value - supremum <= 1e-12 * std::fabs(value), target, proposal,
              z, value, supremum);
      }
    }
  }
}

// r itself, against the densities.
template <class Target, class Proposal>
void values() {
  Draws draws(2);
  for (int i = 0; i < targets; ++i) {
    const auto proposal = draw_proposal<Proposal>(draws);
    const auto target = draw_target<Target>(draws, proposal);
    const LogRatio<Target, Proposal> ratio(target, proposal);
    const auto log_density = [](const auto& d, double x) {
      using Family = std::remove_cvref_t<decltype(d)>;
      return -Family::surprise(d.standardise(x)) - Family::log_normaliser - std::log(d.unit());
    };
    for (int j = 0; j < 100; ++j) {
      const double z = Proposal::quantile(draws.bits());
      const double x = proposal.sample(z);
      double expected = log_density(target, x) - log_density(proposal, x);
      if constexpr (std::is_same_v<Target, Uniform>) {
        if (x < target.low || x > target.high) expected = -HUGE_VAL;
      }
      const double found = ratio(z);
      const double size = 1.0 + Proposal::surprise(z) + Target::surprise(target.standardise(x));
      CHECK(found == expected || std::fabs(found - expected) <= 1e-11 * size, target, proposal, z,
            found, expected);
    }
  }
}

// The peak is r at the target's mode, anywhere in its interval for a uniform one.
template <class Target, class Proposal>
void peaks() {
  Draws draws(3);
  for (int i = 0; i < targets; ++i) {
    const auto proposal = draw_proposal<Proposal>(draws);
    const Shape shape = draw_shape<Proposal>(draws);
    const auto target = relative_to<Target>(proposal, shape.middle, shape.unit);
    const LogRatio<Target, Proposal> ratio(target, proposal);
    const double peak = ratio.peak();
    CHECK(std::isfinite(peak), target, proposal, peak);
    const double slack = 1e-9 * size_of_terms<Target, Proposal>(shape, shape.middle + shape.unit);
    if constexpr (std::is_same_v<Target, Uniform>) {
      for (int j = 0; j <= 10; ++j) {
        const double z = shape.middle + shape.unit * (0.2 * j - 1.0);
        CHECK(ratio(z) <= peak + slack, target, proposal, z, ratio(z), peak);
      }
    } else {
      const double value = ratio(proposal.standardise(target.loc));
      CHECK(std::fabs(value - peak) <= slack, target, proposal, value, peak);
    }
  }
}

}  // namespace

int main() {
  int pairs = 0;
  for_every_pair([&]<class Target, class Proposal>() {
    ++pairs;
    suprema<Target, Proposal>();
    single_points<Target, Proposal>();
    values<Target, Proposal>();
    peaks<Target, Proposal>();
  });
  CHECK(pairs >= 9, pairs);
  return check::result();
}
