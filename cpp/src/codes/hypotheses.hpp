// Hypotheses about how much information an element carries.
//
// Under each, an element's target is N(m, s^2) against the proposal N(0, 1), and m is drawn so that the
// samples of all elements together follow the proposal: from N(0, 1 - s^2). That is -log2(s) bits of
// information. A model that weighs some hypotheses needs not know the truth, only be near it.
#pragma once

#include <array>
#include <cmath>
#include <cstddef>

#include "math/special.hpp"

namespace astar_rec {

inline constexpr std::size_t hypotheses = 16;

using PerHypothesis = std::array<double, hypotheses>;

// Bits of information.
inline constexpr PerHypothesis hypothesis_bits = {0.125, 0.25, 0.5, 0.75, 1.0, 1.5, 2.0, 2.5,
                                                  3.0,   3.5,  4.0, 5.0,  6.0, 7.0, 8.5, 11.0};

// Those that are looked at, from first to last - 1: the others have next to no weight.
struct HypothesisRange {
  std::size_t first = 0;
  std::size_t last = hypotheses;
};

struct Scales {
  PerHypothesis s;
  PerHypothesis spread;  // of m: sqrt(1 - s^2)

  Scales() {
    for (std::size_t h = 0; h < hypotheses; ++h) {
      s[h] = portable_exp(-hypothesis_bits[h] * log_2);
      spread[h] = std::sqrt(1.0 - s[h] * s[h]);
    }
  }
};

}  // namespace astar_rec
