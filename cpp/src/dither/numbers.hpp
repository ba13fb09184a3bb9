// The probabilities of a lattice's numbers, as the range coder takes them: the masses that the law of the
// means has in the cells, in parts of 2^32.
//
// The means' law is the one that makes the samples' law the proposal, where that has a form of + - * / and
// square roots alone, and one of the right variance elsewhere: samples are as exact, and numbers take a
// little more. It is the same around whatever origin, so that a receiver whose proposals differ by rounding
// reads the same numbers.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>

#include "codes/range_coder.hpp"
#include "families/registry.hpp"

namespace astar_rec::dither {

// Numbers from -reach to reach are coded by their masses; both ends stand for all beyond, too, which
// follow in raw bits.
inline constexpr std::int64_t reach = std::int64_t{1} << 18;
inline constexpr std::int64_t most = std::int64_t{1} << 62;  // of numbers
inline constexpr std::uint64_t all_parts = std::uint64_t{1} << part_bits;
// What each number has in any case: two parts, and one that rounding of masses may take.
inline constexpr std::uint64_t granted = 3;
inline constexpr double rest =
    static_cast<double>(all_parts - granted * (2 * static_cast<std::uint64_t>(reach) + 1));

// A mean's law has at least this part of the proposal's variance.
inline constexpr double least_variance = 0x1p-8;

constexpr double variance_of(Family family) {
  if (family == family_of<Normal>) return 1.0;
  if (family == family_of<Laplace>) return 2.0;
  if (family == family_of<Logistic>) return 0x1.a51a6625307d3p1;  // pi^2 / 3
  return 1.0 / 3.0;
}

// The law of a mean's distance from the origin: a member of the proposal's family, and an atom at 0.
struct Means {
  double scale;
  double atom;

  // Exact for normal and for Laplace noise of their own families' proposals.
  static Means of(Family noise, double noise_scale, Family family, double unit) {
    const double ratio = noise_scale / unit;
    if (noise == family_of<Laplace> && family == family_of<Laplace> && ratio < 1.0) {
      return {unit, ratio * ratio};
    }
    const double part = variance_of(noise) * (ratio * ratio) / variance_of(family);
    return {unit * std::sqrt(std::max(1.0 - part, least_variance)), 0.0};
  }

  // The parts of all numbers below one of which the cell begins at x, where the standard signed tail
  // is `tail`. From number to number these grow by two parts at least.
  std::uint64_t below(std::int64_t number, double x, double tail) const {
    const std::uint64_t own = granted * static_cast<std::uint64_t>(number + reach);
    const double mass = tail >= 0.0 ? tail : 1.0 + tail;
    const double with_atom = (1.0 - atom) * mass + (x > 0.0 ? atom : 0.0);
    const std::uint64_t inside =
        own + static_cast<std::uint64_t>(static_cast<std::int64_t>(rest * with_atom));
    return number <= -reach ? 0 : number > reach ? all_parts : inside;
  }
};

}  // namespace astar_rec::dither
