// How likely the receiver's guess of a bit is wrong, a flip, as far as both sides can know.
//
// A leaf of the polar transform has a difference d = P(u = 0) - P(u = 1) that the sender alone
// knows. Of the shared uniform v both sides see the guess, v > 1/2, and w = |2 v - 1|. A flip occurs
// where w < |d| and d's sign is against the guess, so P(flip | w) = P(|d| > w) / 2. That law is
// learnt in contexts: the leaf's class, w's bin, and the curvature of the level.
//
// A class is the ratio F / G = I / (1 - I) of the leaf's predicted information I, in half-octaves.
// F and G follow one another through the transform by products and sums, as for an erasure channel
// (F -> F^2 and G -> G^2) with a curvature k in between: F^2 (1 + k G^2) and G^2 (1 + k F^2). Both
// children of a node share its information exactly, whatever k.
//
// References: docs/polar.md.
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>

namespace astar_rec::polar {

inline constexpr int curvatures = 3;  // k = 0, 1/8, 1/4
inline constexpr int classes = 96;    // F / G from 2^-24 to 2^24
inline constexpr int bins = 48;
inline constexpr std::uint32_t flip_certainty = 1U << 24;

inline constexpr std::uint16_t start_table[curvatures * classes * bins] = {
#include "polar_flip_table.inc"
};

// Twice the binary exponent of x > 0, plus the first bit behind its leading one
inline int half_octave(double x) {
  return static_cast<int>(std::bit_cast<std::uint64_t>(x) >> 51) - 2046;
}

// What is predicted of a node of the transform
struct Node {
  double f;  // its information, for each of its bits
  double g;  // 1 - f, precise where f is near 1

  // Levels are said by their odds, F / G in sixteenths of octaves from 2^-40 up: 10 bits.
  static Node from_odds(int odds) {
    const double power =
        std::bit_cast<double>(static_cast<std::uint64_t>(1023 - 40 + odds / 16) << 52);
    const double ratio = power * ((2 * (odds % 16) + 33) * 0.03125);
    return {ratio / (1.0 + ratio), 1.0 / (1.0 + ratio)};
  }

  // For f, g >= 0; the inverse
  static int to_odds(double f, double g) {
    if (!(f * 0x1p40 > g)) return 0;
    if (!(f < g * 0x1p24)) return most_odds;
    const auto bits = std::bit_cast<std::uint64_t>(f / g);
    return std::clamp(static_cast<int>(bits >> 48) - 16 * (1023 - 40), 0, most_odds);
  }
  static constexpr int most_odds = 1023;

  // The first and the second half's node, of two nodes' bits that are joined in pairs
  static Node first_half(Node a, Node b, double curvature) {
    const double f = a.f * b.f, g = a.g * b.g;
    return {f * (1.0 + curvature * g), a.g + b.g - g * (1.0 + curvature * f)};
  }
  static Node second_half(Node a, Node b, double curvature) {
    const double f = a.f * b.f, g = a.g * b.g;
    return {a.f + b.f - f * (1.0 + curvature * g), g * (1.0 + curvature * f)};
  }

  int leaf_class() const { return std::clamp(half_octave(f / g) + classes / 2, 0, classes - 1); }

  // Nodes that hardly ever flip, or always carry a bit, are not split further.
  bool empty() const { return f < 0x1p-20; }
  bool full() const { return g < 0x1p-15; }
  // Bits that carry nothing, and both sides know it: guesses.
  bool silent() const { return f == 0.0; }

  // w below this (of 2^16) is looked at in a node that hardly ever flips.
  std::uint32_t screen() const { return f >= 0x1p-26 ? 1024 : f >= 0x1p-36 ? 32 : 1; }
};

// Half-octaves of w below 1/2 (0 to 31) and of 1 - w above (31 to 47)
inline int bin_of(double w) {
  if (w < 0.5) return std::max(half_octave(w) + 33, 0);
  return std::min(29 - half_octave(1.0 - w), bins - 1);
}

class FlipModel {
 public:
  FlipModel() {
    for (std::size_t i = 0; i < contexts_.size(); ++i) {
      const unsigned start = start_table[i], mantissa = start & 255, count = start >> 8;
      contexts_[i] = {(8 + mantissa % 8) << (mantissa / 8), 1U << count};
    }
  }

  struct Context {
    std::uint32_t probability;  // of a flip, of 2^24
    std::uint32_t count;

    void learn(bool flip) {
      static constexpr auto rates = [] {
        std::array<std::uint32_t, most + 1> r{};
        for (std::uint32_t n = 0; n <= most; ++n) r[n] = (1U << 17) / (2 * n + 3);
        return r;
      }();
      const std::uint64_t rate = rates[count];
      const std::uint64_t p = probability;
      const std::uint64_t next =
          flip ? p + ((flip_certainty - p) * rate >> 16) : p - (p * rate >> 16);
      probability = static_cast<std::uint32_t>(std::clamp<std::uint64_t>(next, 16, certain_flip));
      if (count < most) ++count;
    }
    static constexpr std::uint32_t most = 1023;
    static constexpr std::uint64_t certain_flip = flip_certainty - 16;
  };

  Context& at(int curvature, int leaf_class, double w) {
    return contexts_[static_cast<std::size_t>((curvature * classes + leaf_class) * bins +
                                              bin_of(w))];
  }
  // Of a flip where none was looked for
  Context& stray() { return stray_; }

 private:
  std::array<Context, std::size_t{curvatures} * classes * bins> contexts_;
  Context stray_{flip_certainty / 1024, 64};
};

// A flip in a context: a sender says it, a receiver hears it.
template <class Side>
bool say(Side& side, bool flip, FlipModel::Context& context) {
  flip = side.decide(flip, context.probability);
  context.learn(flip);
  return flip;
}

}  // namespace astar_rec::polar
