// Quantiles: symmetric, increasing, and inverse to the C library's distribution functions.
#include <cmath>
#include <type_traits>
#include <vector>

#include "check.hpp"
#include "draws.hpp"
#include "families.hpp"
#include "families/family.hpp"
#include "families/shallow_cuts.hpp"
#include "ulps.hpp"

using namespace astar_rec;

namespace {

std::vector<Position> some_positions() {
  std::vector<Position> positions = {0, 1, 2, 3};
  Draws draws(1);
  for (int k = 0; k < 64; ++k) {
    const Position power = Position{1} << k;
    for (const Position x : {power - 1, power, power + 1}) positions.push_back(x);
  }
  for (int i = 0; i < 20000; ++i) {
    positions.push_back(draws.bits());
    positions.push_back(draws.magnitude());
    // Near the middle, where the table is entered by the distance from it.
    positions.push_back((Position{1} << 63) - (draws.magnitude() >> 1));
  }
  return positions;
}

template <class Family>
void quantiles(const std::vector<Position>& positions) {
  const Family standard = centred<Family>(0.0, 1.0);
  for (const Position k : positions) {
    const double z = Family::quantile(k);
    CHECK(std::isfinite(z), k, z);
    CHECK(Family::quantile(~k) == -z, k, z);
    CHECK((z > 0.0) == (k >> 63 != 0), k, z);
    // The next position's is no smaller, but for rounding where both round to neighbours.
    if (k != last_position) {
      const double next = Family::quantile(k + 1);
      CHECK(next >= z || ulps_between(next, z) <= 4.0, k, z, next);
    }
    // mass_outside(z, infinity) is the mass below z.
    const Tail tail = tail_of(k);
    const double wanted = static_cast<double>(tail.odd) * 0x1p-65;
    const double below =
        tail.upper ? standard.mass_outside(-HUGE_VAL, z) : standard.mass_outside(z, HUGE_VAL);
    const double error = std::fabs(below - wanted);
    const double rounding = std::is_same_v<Family, Uniform> ? 0x1p-52 : 0.0;
    CHECK(error <= 1e-13 * wanted + rounding, k, z, below, wanted);
  }
}

// The ends of all positions give the support, and all other samples lie within it.
template <class Family>
void supports(const std::vector<Position>& positions) {
  Draws draws(2);
  for (int i = 0; i < 20; ++i) {
    const Family family = draw_proposal<Family>(draws);
    const Support support = family.support(Family::quantile(0), Family::quantile(last_position));
    CHECK(support.low < support.high, family);
    for (std::size_t at = 0; at < positions.size(); at += 7) {
      const double x = family.sample(Family::quantile(positions[at]));
      CHECK(x >= support.low && x <= support.high, family, x);
    }
    const double z = 0.25, x = family.sample(z);
    CHECK(std::fabs(family.standardise(x) - z) <= 1e-13, family, family.standardise(x));
  }
}

template <class Family>
void bulk_holds_most() {
  const Family standard = centred<Family>(0.0, 1.0);
  CHECK(standard.mass_outside(-Family::bulk, Family::bulk) <= 0x1p-10, Family::bulk);
}

// exp(-surprise - log_normaliser) is a density: by the trapezium rule, its integral is 1.
template <class Family>
void densities() {
  const double end = std::fmin(Family::quantile(last_position), 40.0);
  constexpr int parts = 1 << 16;
  double sum = 0.0;
  for (int i = 0; i <= parts; ++i) {
    const double z = end * (2.0 * i / parts - 1.0);
    const double density = std::exp(-Family::surprise(z) - Family::log_normaliser);
    sum += density * (i == 0 || i == parts ? 0.5 : 1.0);
  }
  const double integral = sum * (2.0 * end / parts);
  CHECK(std::fabs(integral - 1.0) <= 1e-6, integral);
}

// The table of shallow cuts holds what the quantile function gives.
template <class Family>
void shallow_cuts() {
  const auto& cuts = ShallowCuts<Family>::get();
  for (std::uint64_t cell = 1; cell < 2048; ++cell) {
    Region region;
    region.first = cell_first(cell);
    region.last = cell_last(cell);
    region.address.node = cell;
    CHECK(cuts.of(cell) == Family::quantile(Dyadic::cut(region)), cell);
  }
}

}  // namespace

int main() {
  const std::vector<Position> positions = some_positions();
  for_every_family([&]<class Family>() {
    quantiles<Family>(positions);
    supports<Family>(positions);
    bulk_holds_most<Family>();
    densities<Family>();
    shallow_cuts<Family>();
  });
  return check::result();
}
