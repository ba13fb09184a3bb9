// The lattices of dithered quantisation, which both sides draw: a width and a shift for each element.
//
//     K = floor((mean - origin) / W - u + 1/2),    sample = origin + W (K + u)
//
// The error is uniform over W whatever the mean, and W is the width of a random layer of the noise's
// density: of the interval where that is above a height drawn below it. The mixture of such laws is
// the noise's. Layers may be shifted: the heights below one half of the density counted from its maximum
// down, so that widths have a least one, above 0. These layers' middles are not 0, and samples are beside
// points by as much. Reference: D. B. Wilson, "Layered multishift coupling for use in perfect sampling
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

// -log(1 - part), at least 0, of a part of 1 less 2^-53 at most: rounding makes that of more.
inline double minus_log_of_rest(double part) {
  return std::max(0.0, -portable_log(std::max(1.0 - part, 0x1p-53)));
}

// Where a standard density is its maximum less what it is at `half`, above 0. In terms of the maximum it
// is exp(-x^2 / 2), exp(-|x|) or, of Logistic, 1 - tanh(x / 2)^2: tanh(opposite / 4) is exp(-half / 2).
inline double opposite(Family noise, double half) {
  if (noise == family_of<Logistic>) {
    const double root = portable_exp(-0.5 * half);
    return 2.0 * portable_log((1.0 + root) / (1.0 - root));
  }
  if (noise == family_of<Normal>) {
    return std::sqrt(2.0 * minus_log_of_rest(portable_exp(-0.5 * (half * half))));
  }
  return minus_log_of_rest(portable_exp(-half));
}

// The lattices of up to `together` consecutive elements.
struct Lattices {
  Batch<double> width;
  Batch<double> shift;   // from -1/2 to 1/2: where points are between their numbers
  Batch<double> middle;  // of the layers: how far above their points samples are

  // Of the elements from `first` on; their noise has a scale each, of Uniform half the width.
  void draw(std::uint64_t seed, std::uint64_t first, Family noise, bool shifted,
            std::span<const double> scale) {
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
    if (!shifted) {
      for (std::size_t i = 0; i < n; ++i) width[i] = 2.0 * (scale[i] * half[i]);
      std::fill_n(middle.begin(), n, 0.0);
      return;
    }
    // A layer ends at `half` to one side, and at its opposite to the other.
    for (std::size_t i = 0; i < n; ++i) {
      const double other = opposite(noise, half[i]);
      const double above = scale[i] * (0.5 * (half[i] - other));
      width[i] = scale[i] * (half[i] + other);
      middle[i] = (place[i] & 1) != 0 ? above : -above;  // a bit that the shift leaves
    }
  }

  // How far above the origin the sample at the point of this number lies.
  double point(std::size_t i, double number) const {
    return width[i] * (number + shift[i]) + middle[i];
  }
};

}  // namespace astar_rec::dither
