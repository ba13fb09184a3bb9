// What the receiver is told of a level: the information of each kind of elements, and how nodes split.
//
// Whatever is told there decodes. A bad prediction costs bits alone.
#pragma once

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "codes/index_codes.hpp"
#include "engine/errors.hpp"
#include "polar/flip_model.hpp"
#include "polar/information.hpp"
#include "polar/knowledge.hpp"

namespace astar_rec::polar {

struct LevelHeader {
  std::vector<int> odds;  // of each kind: Node::from_odds
  int curvature = 1;      // 0, 1, 2 eighths
};

// What both sides expect of the odds of the next level, from those before. Odds are said by their
// difference from those expected, in units that get finer as they matter: an error costs about half
// the level's information, in bits, times its square in octaves.
class Expectation {
 public:
  Expectation(Levels levels, std::size_t elements)
      : levels_(levels),
        log_elements_(floor_log2(elements)),
        odds_(levels.mirrored ? 16 * 26 : 16 * 34 - 4) {}

  int odds() const { return odds_; }
  // Of a kind whose predecessor's odds are so much above those that were expected of it
  void shift(int by) { odds_ = std::clamp(odds_ + by, 0, Node::most_odds); }

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
  // What is uncertain, of all bits: the binary logarithm, about
  int information(int odds) const { return log_elements_ - std::abs(odds / 16 - 40); }

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

  static constexpr double least = 11.0;  // twice the bits that a difference takes
  static constexpr int most_expected = 16 * (40 + 12);

  Levels levels_;
  int log_elements_;
  int first_ = 0;
  int odds_;
};

// What a sender measures of a level of differences d, of elements in random order.
class Measured {
 public:
  explicit Measured(std::span<const double> d) : d_(d.first(std::min(d.size(), sampled))) {
    double whole = 0.0, rest = 0.0;
    for (const double x : d_) {
      const double i = information(x);
      whole += i;
      rest += 1.0 - i;
    }
    const double n = static_cast<double>(d_.size());
    f_ = whole / n;
    g_ = rest / n;
  }

  int odds() const { return Node::to_odds(f_, g_); }

  // Of the information F^2 (1 + k G^2) of pairs, k rounded to eighths
  int curvature() const {
    const std::size_t half = d_.size() / 2;
    if (half == 0) return 1;
    double pairs = 0.0;
    for (std::size_t k = 0; k < half; ++k) pairs += information(d_[k] * d_[k + half]);
    const double excess = pairs / static_cast<double>(half) - f_ * f_;
    const double unit = f_ * f_ * (g_ * g_);
    return !(excess >= 0.0625 * unit) ? 0 : !(excess >= 0.1875 * unit) ? 1 : 2;
  }

 private:
  static constexpr std::size_t sampled = 65'536;  // so many stand for all

  std::span<const double> d_;
  double f_;
  double g_;
};

// What a receiver has instead
struct Unmeasured {
  int odds() const { return 0; }
  int curvature() const { return 0; }
};

inline constexpr int most_digits = 11;  // of a difference of odds, behind its first

// A number of at least 1, by the number of its digits behind the first, and those.
template <class Side>
int agree_on_size(Side& side, int size) {
  const auto all = static_cast<std::uint64_t>(size);
  const int length = floor_log2(all);
  int digits = 0;
  while (digits < most_digits && side.say_raw(digits < length ? 1 : 0, 1) != 0) ++digits;
  const auto first = std::uint64_t{1} << digits;
  return static_cast<int>(digits == 0 ? first : first | side.say_raw(all & (first - 1), digits));
}

// Odds are said in units that suit those expected; then, if units are finer at the odds so said, by
// the number of such a finer part.
template <class Side>
int agree_on_odds(Side& side, const Expectation& expectation, int truth) {
  const int expected = expectation.odds();
  if (side.decide(expectation.serves(truth), expectation.met())) return expected;
  const int log_unit = expectation.log_unit(expected), unit = 1 << log_unit;
  const int units = std::max((std::abs(truth - expected) + unit / 2) / unit, 1);
  const bool below = side.say_raw(truth < expected ? 1 : 0, 1) != 0;
  const int said = agree_on_size(side, units) * unit;
  const int middle = std::clamp(below ? expected - said : expected + said, 0, Node::most_odds);
  const int finer = expectation.log_unit(middle);
  if (finer >= log_unit) return middle;
  const int parts = 1 << (log_unit - finer), begin = middle - unit / 2;
  const auto part = static_cast<std::uint64_t>(std::clamp((truth - begin) >> finer, 0, parts - 1));
  const auto heard = static_cast<int>(side.say_raw(part, log_unit - finer));
  return std::clamp(begin + (heard << finer) + (1 << finer) / 2, 0, Node::most_odds);
}

// What both sides expect of each kind's odds, and what is said of them.
class Expectations {
 public:
  Expectations(Levels levels, std::span<const std::size_t> sizes) {
    for (const std::size_t size : sizes) of_.emplace_back(levels, size);
  }

  // What comes before the level of a step: each kind's odds, and the curvature where that matters, which is that
  // of the kind with most to say. `truth` has what is measured of each kind, or stands in for it.
  template <class Side, class Truth>
  LevelHeader agree(Side& side, int step, std::span<const Truth> truth) {
    LevelHeader said;
    std::size_t most = 0;
    int deviation = 0;
    for (std::size_t kind = 0; kind < of_.size(); ++kind) {
      Expectation& own = of_[kind];
      const int expected = own.odds();
      own.shift(deviation);
      const int odds = agree_on_odds(side, own, truth[kind].odds());
      deviation = odds - expected;
      said.odds.push_back(odds);
      if (own.information(odds) > of_[most].information(said.odds[most])) most = kind;
    }
    if (of_[most].information(said.odds[most]) >= least_information) {
      const auto curvature = static_cast<std::uint64_t>(truth[most].curvature());
      said.curvature = static_cast<int>(side.say_raw(curvature, 2));
      if (said.curvature >= curvatures) throw CorruptDataError("a level of no known kind");
    }
    for (std::size_t kind = 0; kind < of_.size(); ++kind) of_[kind].follow(step, said.odds[kind]);
    return said;
  }

 private:
  static constexpr int least_information =
      8;  // of levels whose curvature is said; otherwise it is an eighth

  std::vector<Expectation> of_;
};

}  // namespace astar_rec::polar
