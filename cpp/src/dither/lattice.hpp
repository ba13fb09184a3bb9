// The lattices of dithered quantisation, which both sides draw: a width and a shift for each element.
//
//     K = floor((mean - origin) / W - u + 1/2),    sample = origin + W (K + u)
//
// The error is uniform over W whatever the mean, and W is the width of a random layer of the noise's
// density: of the interval where that is above a height drawn below it. The mixture of such laws is
// the noise's. Reference: D. B. Wilson, "Layered multishift coupling for use in perfect sampling
// algorithms", 2000; M. Hegazy, C. T. Li, "Randomized quantization with exact error distribution",
// ITW 2022.
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>

#include "families/registry.hpp"
#include "math/positions.hpp"
#include "math/special.hpp"
#include "random/gumbel.hpp"
#include "simd/lanes.hpp"

namespace astar_rec::dither {

// Elements at once: what the fastest memory holds.
inline constexpr std::size_t together = 128;
template <class T>
using Batch = std::array<T, together>;

// A width of 0 would be no lattice: rounding makes one where there is less than 2^-53 of the law.
inline constexpr double least_half = 0x1p-30;

// Half of a layer's width, of the standard logistic density t (1 - t) with t the tail probability: the
// layer above V t (1 - t) ends where s (1 - s) is that.
inline double logistic_half(std::uint64_t sample, std::uint64_t height) {
  const double tail = static_cast<double>(tail_of(sample).odd) * 0x1p-65;
  const double part = (static_cast<double>(height >> 12) + 0.5) * 0x1p-52;
  const double product = part * (tail * (1.0 - tail));
  const double other = product / (0.5 + std::sqrt(0.25 - product));
  return std::max(portable_log((1.0 - other) / other), least_half);
}

// The lattices of up to `together` consecutive elements.
struct Lattices {
  Batch<double> width;
  Batch<double> shift;  // from -1/2 to 1/2: where points are between their numbers

  // Of the elements from `first` on; their noise has a scale each, of Uniform half the width.
  void draw(std::uint64_t seed, std::uint64_t first, Family noise, std::span<const double> scale) {
    const std::size_t n = scale.size();
    Batch<std::uint64_t> place, arrival, more, unused;
    lanes::node_bits(seed, first, 1, std::span(place).first(n), std::span(arrival).first(n));
    for (std::size_t i = 0; i < n; ++i) {
      shift[i] = static_cast<double>(static_cast<std::int64_t>(place[i] >> 11)) * 0x1p-53 - 0.5;
    }
    if (noise != family_of<Uniform>) {
      lanes::node_bits(seed, first, 2, std::span(more).first(n), std::span(unused).first(n));
    }
    Batch<double> half;
    if (noise == family_of<Normal>) {
      lanes::quantiles(noise, std::span(arrival).first(n), std::span(half).first(n));
      Batch<double> logarithm;
      lanes::exponentials(std::span(more).first(n), std::span(logarithm).first(n));
      for (std::size_t i = 0; i < n; ++i) {
        half[i] = std::sqrt(half[i] * half[i] + 2.0 * logarithm[i]);
      }
    } else if (noise == family_of<Laplace>) {
      Batch<double> logarithm;
      lanes::exponentials(std::span(arrival).first(n), std::span(half).first(n));
      lanes::exponentials(std::span(more).first(n), std::span(logarithm).first(n));
      for (std::size_t i = 0; i < n; ++i) half[i] += logarithm[i];
    } else if (noise == family_of<Logistic>) {
      for (std::size_t i = 0; i < n; ++i) half[i] = logistic_half(arrival[i], more[i]);
    } else {
      for (std::size_t i = 0; i < n; ++i) half[i] = 1.0;
    }
    for (std::size_t i = 0; i < n; ++i) width[i] = 2.0 * (scale[i] * half[i]);
  }

  // How far above the origin the point of this number lies.
  double point(std::size_t i, double number) const { return width[i] * (number + shift[i]); }
};

}  // namespace astar_rec::dither
