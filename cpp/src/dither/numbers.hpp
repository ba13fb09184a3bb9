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
#include "math/segments.hpp"
#include "simd/parts.hpp"

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

// What numbers below one have in any case.
constexpr std::uint64_t granted_below(std::int64_t number) {
  return granted * static_cast<std::uint64_t>(number + reach);
}

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
  double inverse;  // of the scale
  double atom;

  // Exact for normal and for Laplace noise of their own families' proposals.
  static Means of(Family noise, double noise_scale, Family family, double unit) {
    const double ratio = noise_scale / unit;
    if (noise == family_of<Laplace> && family == family_of<Laplace> && ratio < 1.0) {
      return {unit, 1.0 / unit, ratio * ratio};
    }
    const double part = variance_of(noise) * (ratio * ratio) / variance_of(family);
    const double scale = unit * std::sqrt(std::max(1.0 - part, least_variance));
    return {scale, 1.0 / scale, 0.0};
  }

  // The mass below z scales above the origin, of the standard signed tail there. Without branches:
  // which side an edge is on cannot be predicted.
  double mass(double z, double tail) const {
    const double below = tail + select(tail >= 0.0, 0.0, 1.0);
    return (1.0 - atom) * below + select(z > 0.0, atom, 0.0);
  }

  // The parts of all numbers below one of which the cell begins at z. From number to number these
  // grow by two parts at least.
  std::uint64_t below(std::int64_t number, double z, double tail) const {
    if (number <= -reach) return 0;
    if (number > reach) return all_parts;
    return granted_below(number) + lanes::plain::floor_of(rest * mass(z, tail));
  }
};

}  // namespace astar_rec::dither
