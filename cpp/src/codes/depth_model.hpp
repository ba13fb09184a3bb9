// A model of the depths of indices that learns from those before.
//
// A depth is said in decisions, "does it end here?", one per level. Each has the probability
//
//     (ended + weight * prior) / (reached + weight)
//
// where `reached` indices before came to the level, `ended` of them ended there, and the prior counts
// as much as `weight` indices. There are two layers:
//
//     shared    by all indices: without a known start prior 1/2 and weight 1, Krichevsky and
//               Trofimov's estimator; with one, what depth_start.hpp says
//     context   of the indices with one context number: the prior is the shared probability
//
// So a context costs little until it has seen something that differs.
//
// Reference: R. E. Krichevsky, V. K. Trofimov, "The performance of universal encoding", 1981.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "codes/depth_start.hpp"
#include "codes/range_coder.hpp"

namespace astar_rec {

// How many indices came to a level, and how many of them ended there.
class Frequency {
 public:
  // At this many both numbers are halved: the model follows arrays that change, and stays exact.
  static constexpr std::uint32_t limit = 1U << 20;

  std::uint32_t probability(std::uint32_t prior, std::uint32_t weight) const {
    const std::uint64_t ended =
        (std::uint64_t{ended_} << probability_bits) + std::uint64_t{weight} * prior;
    const std::uint64_t quotient = ended / (std::uint64_t{reached_} + weight);
    return static_cast<std::uint32_t>(std::clamp<std::uint64_t>(quotient, 1, certainty - 1));
  }

  void count(bool ended) {
    ended_ += ended ? 1 : 0;
    if (++reached_ == limit) {
      reached_ /= 2;
      ended_ /= 2;
    }
  }

 private:
  std::uint32_t reached_ = 0;
  std::uint32_t ended_ = 0;
};

// All indices alike.
class SharedDepthModel {
 public:
  // Of indices of so many words; start as in depth_start.hpp.
  SharedDepthModel(std::size_t words, int start) {
    const DepthStart priors(words, start);
    levels_.reserve(64 * words);
    for (int level = 0; level < static_cast<int>(64 * words); ++level) {
      levels_.emplace_back(priors(level));
    }
  }

  int levels() const { return static_cast<int>(levels_.size()); }
  void select(std::size_t) {}

  // That an index that has come to a level ends there.
  std::uint32_t probability(int level) const {
    return levels_[static_cast<std::size_t>(level)].probability;
  }

  [[gnu::always_inline]] void count(int level, bool ended) {
    Level& at = levels_[static_cast<std::size_t>(level)];
    at.frequency.count(ended);
    at.probability = at.frequency.probability(at.prior.probability, at.prior.weight);
  }

 private:
  struct Level {
    explicit Level(const DepthPrior& known) : prior(known), probability(known.probability) {}

    Frequency frequency;
    DepthPrior prior;
    std::uint32_t probability;
  };

  std::vector<Level> levels_;
};

// Indices with context numbers. Memory is taken as contexts and levels come up.
class ContextDepthModel {
 public:
  static constexpr std::uint32_t weight = 16;

  ContextDepthModel(std::size_t words, int start, std::span<const std::uint16_t> contexts)
      : shared_(words, start), contexts_(contexts) {}

  int levels() const { return shared_.levels(); }

  // Turns to the i-th index.
  void select(std::size_t i) {
    const std::size_t context = contexts_[i];
    if (context >= own_.size()) own_.resize(context + 1);
    selected_ = &own_[context];
  }

  std::uint32_t probability(int level) {
    const auto at = static_cast<std::size_t>(level);
    if (at == selected_->size()) selected_->emplace_back();
    return (*selected_)[at].probability(shared_.probability(level), weight);
  }

  // After probability() of the same level.
  void count(int level, bool ended) {
    (*selected_)[static_cast<std::size_t>(level)].count(ended);
    shared_.count(level, ended);
  }

 private:
  SharedDepthModel shared_;
  std::span<const std::uint16_t> contexts_;
  std::vector<std::vector<Frequency>> own_;
  std::vector<Frequency>* selected_ = nullptr;
};

}  // namespace astar_rec
