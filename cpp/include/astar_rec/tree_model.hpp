// A model of paths to winners that learns: from weights under hypotheses to probabilities.
//
// At a node the drawn tree (drawn_tree.hpp) gives each of the three ways on, to stop or to go left or
// right, a weight under every hypothesis about the information (hypotheses.hpp). From there in two
// steps:
//
//     mixing         The hypotheses' probabilities are mixed by how well each predicted the index's
//                    decisions so far, starting from the share that it has had of the indices before.
//     calibrating    The mixture becomes two decisions, "does it stop here?" and "does it go right?".
//                    Each is corrected by a logistic regression that learns from every decision made:
//                    the tree's truth is not quite the hypotheses', and not all of it is drawn.
//
// All of it is IEEE + - * / and square roots in the order written here, and portable_log and _exp:
// both sides compute the same bits. No probability is below 1/4097, so no index costs much.
//
// References: M. Mahoney, "Adaptive weighing of context models for lossless data compression", 2005
// (mixing by logistic regression); J. Duchi, E. Hazan, Y. Singer, "Adaptive subgradient methods for
// online learning and stochastic optimization", JMLR 12, 2011 (the step sizes).
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "astar_rec/drawn_tree.hpp"
#include "astar_rec/hypotheses.hpp"
#include "astar_rec/range_coder.hpp"
#include "astar_rec/special.hpp"

namespace astar_rec {

// What share of an array's indices each hypothesis is believed to be true for.
class HypothesisShares {
 public:
  // `start` is the expected information in eighths of a bit, 0 if unknown.
  explicit HypothesisShares(int start) {
    double sum = 0.0;
    for (std::size_t h = 0; h < hypotheses; ++h) {
      const double apart = (hypothesis_bits[h] - 0.125 * start) / (hypothesis_bits[h] + 0.5);
      shares_[h] = start == 0 ? 1.0 : 1.0 / (apart * apart + 0.01);
      sum += shares_[h];
    }
    for (double& share : shares_) share /= sum;
  }

  // Starts as others are now, and goes its own way.
  explicit HypothesisShares(const PerHypothesis& shares) : shares_(shares) {}

  const PerHypothesis& shares() const { return shares_; }

  // The hypotheses with a share of at least 1/64, those between them and one on either side, so that
  // the range moves to where shares grow.
  HypothesisRange range() const {
    constexpr double little = 0x1p-6;
    HypothesisRange range;
    while (shares_[range.first] < little) ++range.first;
    while (shares_[range.last - 1] < little) --range.last;
    if (range.first > 0) --range.first;
    if (range.last < hypotheses) ++range.last;
    return range;
  }

  // After an index, by the weights that its decisions have given to those in the range. Fast at first:
  // most arrays are alike throughout, and one index after the other says so.
  void learn(HypothesisRange range, const PerHypothesis& weights) {
    constexpr double slowest = 0.001;
    constexpr double doubt = 1e-4;
    const double rate = std::max(6.0 / (indices_ + 8.0), slowest);
    indices_ += 1.0;
    double sum = 0.0;
    for (std::size_t h = range.first; h < range.last; ++h) sum += shares_[h];
    const double even = 1.0 / static_cast<double>(range.last - range.first);
    for (std::size_t h = range.first; h < range.last; ++h) {
      const double proved = weights[h] + doubt * (even - weights[h]);
      shares_[h] += rate * (sum * proved - shares_[h]);
    }
  }

 private:
  PerHypothesis shares_;
  double indices_ = 0.0;
};

// A logistic regression of decisions on inputs, which starts by trusting the first alone. There are
// several sets of weights.
template <std::size_t inputs>
class Calibrator {
 public:
  using Inputs = std::array<double, inputs>;

  explicit Calibrator(std::size_t sets) : sets_(sets) {}

  // Of yes. The first input is the logarithm of its odds.
  std::uint32_t probability(std::size_t set, const Inputs& in) {
    selected_ = &sets_[set];
    in_ = in;
    double sum = 0.0;
    for (std::size_t i = 0; i < inputs; ++i) sum += selected_->weights[i] * in[i];
    const double log_odds = std::min(std::max(sum, -surest), surest);
    probability_ = 1.0 / (1.0 + portable_exp(-log_odds));
    return static_cast<std::uint32_t>(probability_ * certainty);
  }

  // After probability().
  void learn(bool yes) {
    const double error = (yes ? 1.0 : 0.0) - probability_;
    for (std::size_t i = 0; i < inputs; ++i) {
      const double slope = error * in_[i];
      selected_->squares[i] += slope * slope;
      selected_->weights[i] += rate * slope / std::sqrt(selected_->squares[i]);
    }
  }

 private:
  static constexpr double surest = 12.0 * log_2;  // odds of 1 to 4,096
  static constexpr double rate = 0.1;

  struct Set {
    Inputs weights{1.0};
    Inputs squares;

    Set() { squares.fill(20.0); }
  };

  std::vector<Set> sets_;
  Set* selected_ = nullptr;
  Inputs in_{};
  double probability_ = 0.0;
};

class TreeModel {
 public:
  // One context number per index, or none at all: indices of one context share what is believed of
  // the hypotheses.
  TreeModel(int start, std::span<const std::uint16_t> contexts)
      : shared_(start), contexts_(contexts) {
    frequencies_.fill({0.5, 0.5});
  }

  // Turns to the i-th index. Returns the hypotheses of which it wants weights.
  HypothesisRange begin(std::size_t i) {
    const HypothesisShares& believed = select(i);
    range_ = believed.range();
    double sum = 0.0;
    for (std::size_t h = range_.first; h < range_.last; ++h) sum += believed.shares()[h];
    for (std::size_t h = range_.first; h < range_.last; ++h) {
      weights_[h] = believed.shares()[h] / sum;
    }
    return range_;
  }

  // The way on from a node, which the coder (sequence_code.hpp) says or hears. The dimension is the one
  // that is halved next, in the cell `cell`.
  template <class Coder>
  Way decide(Coder& coder, const Weights& weights, int depth, double log_arrival,
             std::size_t dimension, std::uint64_t cell) {
    mix(weights);
    const double on = mixed_[left] + mixed_[right];
    const auto level = std::min(static_cast<std::size_t>(depth), levels - 1);
    std::array<double, 2>& seen = frequencies_[level];
    // How late the node arrives, for one of its depth.
    const double late = std::max(log_arrival - depth * log_2, -7.0);
    const bool stops =
        coder.ends(depth, stops_.probability(level, {portable_log(mixed_[stop] / on),
                                                     portable_log(seen[1] / seen[0]), 1.0, late}));
    stops_.learn(stops);
    seen[stops ? 1 : 0] += 1.0;
    Way way = stop;
    if (!stops) {
      const std::size_t set = cells * dimension + (cell < cells ? cell : 0);
      const bool goes_right = coder.goes_right(
          depth, sides_.probability(set, {portable_log(mixed_[right] / mixed_[left]), 1.0}));
      sides_.learn(goes_right);
      way = goes_right ? right : left;
    }
    weigh_hypotheses(way);
    return way;
  }

  // After an index's last decision.
  void end() {
    if (own_ != nullptr) own_->learn(range_, weights_);
    shared_.learn(range_, weights_);
  }

 private:
  static constexpr std::size_t levels = 64;  // deeper ones are as the last
  static constexpr std::size_t cells = 16;   // and deeper cells as number 0, which is none
  static constexpr std::uint32_t nowhere = ~std::uint32_t{0};

  const HypothesisShares& select(std::size_t i) {
    if (contexts_.empty()) return shared_;
    const std::size_t context = contexts_[i];
    if (context >= place_of_.size()) place_of_.resize(context + 1, nowhere);
    if (place_of_[context] == nowhere) {
      place_of_[context] = static_cast<std::uint32_t>(all_own_.size());
      all_own_.emplace_back(shared_.shares());
    }
    own_ = &all_own_[place_of_[context]];
    return *own_;
  }

  // The ways' probabilities under each hypothesis, and mixed. None is below evenly / 3.
  void mix(const Weights& weights) {
    constexpr double evenly = 0.004;
    mixed_ = {0.0, 0.0, 0.0};
    for (std::size_t h = range_.first; h < range_.last; ++h) {
      const double scale = 1.0 / ((weights[stop][h] + weights[left][h]) + weights[right][h]);
      for (const Way way : {stop, left, right}) {
        chances_[way][h] = weights[way][h] * scale;
        mixed_[way] += weights_[h] * chances_[way][h];
      }
    }
    for (double& chance : mixed_) chance = chance * (1.0 - evenly) + evenly / 3.0;
  }

  // By Bayes' rule, with some doubt.
  void weigh_hypotheses(Way way) {
    constexpr double doubt = 0.001;
    constexpr double least = 1e-30;
    double sum = 0.0;
    for (std::size_t h = range_.first; h < range_.last; ++h) {
      weights_[h] *= chances_[way][h] + doubt;
      sum += weights_[h];
    }
    const double scale = 1.0 / sum;
    for (std::size_t h = range_.first; h < range_.last; ++h) {
      weights_[h] = std::max(weights_[h] * scale, least);
    }
  }

  HypothesisShares shared_;
  std::span<const std::uint16_t> contexts_;
  std::vector<HypothesisShares> all_own_;  // of the contexts, in the order in which they came up
  std::vector<std::uint32_t> place_of_;    // there, by context
  HypothesisShares* own_ = nullptr;        // of the present index
  HypothesisRange range_;
  PerHypothesis weights_;  // of those in the range, at the index's present node
  Weights chances_;
  std::array<double, 3> mixed_;
  std::array<std::array<double, 2>, levels> frequencies_;  // of going on and stopping, by level
  Calibrator<4> stops_{levels};
  Calibrator<2> sides_{cells * max_block};
};

}  // namespace astar_rec
