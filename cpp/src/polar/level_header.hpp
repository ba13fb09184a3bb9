// What the receiver is told of a level: its information, and how its nodes' split.
//
// Whatever is told there decodes. A bad prediction costs bits alone.
#pragma once

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>

#include "codes/index_codes.hpp"
#include "polar/flip_model.hpp"
#include "polar/information.hpp"
#include "polar/knowledge.hpp"

namespace astar_rec::polar {

struct LevelHeader {
  int odds = 0;       // Node::from_odds
  int curvature = 1;  // 0, 1, 2 eighths
};

// What both sides expect of the next level, from those before: that it exists, and its odds. Odds are
// said by their difference from those expected, in units that get finer as they matter: an error
// costs about half the level's information, in bits, times its square in octaves.
class Expectation {
 public:
  Expectation(Levels levels, std::size_t elements)
      : levels_(levels),
        log_elements_(floor_log2(elements)),
        odds_(levels.mirrored ? 16 * 26 : 16 * 34 - 4) {}

  int odds() const { return odds_; }

  // Of all levels behind the fine ones: that this one is not there.
  std::uint32_t end() const {
    return information(odds_) < -30 ? flip_certainty / 4 : flip_certainty / 32;
  }
  // That the odds are those expected
  std::uint32_t met() const {
    return information(odds_) < 0 ? flip_certainty / 256 * 255 : flip_certainty / 8 * 5;
  }
  // Whether an error costs less than saying so. The sender's choice: whatever is said decodes.
  bool serves(int odds) const {
    const double octaves = 0.0625 * (odds_ - odds);
    const Node expected = Node::from_odds(odds_), truth = Node::from_odds(odds);
    const double f = std::max(expected.f, truth.f), g = std::max(expected.g, truth.g);
    const double bits = std::ldexp(std::min(f * octaves * octaves, 2.0 * g), log_elements_);
    // Flips that are not looked for are dear.
    return bits <= least && expected.screen() >= truth.screen();
  }
  // The binary logarithm of the unit in which odds are said
  int log_unit(int odds) const { return std::clamp(5 - information(odds) / 2, 0, 5); }
  // Of a level of these odds. The others have one eighth.
  bool says_curvature(int odds) const { return information(odds) >= 8; }

  // After the level of a step
  void follow(int step, int odds) {
    if (step == 0) first_ = odds;
    if (step + 1 < levels_.fine) {
      odds_ = coarser(odds);
    } else if (step + 1 == levels_.fine) {
      odds_ = levels_.mirrored ? std::max(odds - 52, 0) : first_;
    } else {
      odds_ = finer(odds);
    }
  }

 private:
  // The level above, of smooth targets: half of the bits are known in cells that are twice as wide,
  // and more where cells are wider than the targets. Where ratios of densities are nearly straight,
  // mirrored cells have halves whose differences are those of the cells, squared.
  int coarser(int odds) const {
    if (levels_.mirrored) return (odds + 640) / 2;
    return std::min(odds + 24 + std::max(odds - 592, 0), most_expected);
  }
  // Behind the fine levels, half as many elements lie so far out in a tail that a cell matters to them.
  static int finer(int odds) { return std::max(odds - 20, 0); }

  // That is uncertain, of all bits: the binary logarithm, about
  int information(int odds) const { return log_elements_ - std::abs(odds / 16 - 40); }

  static constexpr double least = 11.0;  // twice the bits that a difference takes
  static constexpr int most_expected = 16 * (40 + 12);

  Levels levels_;
  int log_elements_;
  int first_ = 0;
  int odds_;
};

// The header that a sender writes for a level of differences d, of elements in random order.
inline LevelHeader header_of(std::span<const double> d) {
  constexpr std::size_t sampled = 65'536;  // so many stand for all
  d = d.first(std::min(d.size(), sampled));
  double whole = 0.0, pairs = 0.0, rest = 0.0;
  const std::size_t half = d.size() / 2;
  for (const double x : d) {
    const double i = information(x);
    whole += i;
    rest += 1.0 - i;
  }
  const double n = static_cast<double>(d.size());
  const double f = whole / n, g = rest / n;
  if (half == 0) return {Node::to_odds(f, g), 1};
  for (std::size_t k = 0; k < half; ++k) pairs += information(d[k] * d[k + half]);
  // Of F^2 (1 + k G^2), rounded to eighths
  const double excess = pairs / static_cast<double>(half) - f * f, unit = f * f * (g * g);
  const int curvature = !(excess >= 0.0625 * unit) ? 0 : !(excess >= 0.1875 * unit) ? 1 : 2;
  return {Node::to_odds(f, g), curvature};
}

}  // namespace astar_rec::polar
