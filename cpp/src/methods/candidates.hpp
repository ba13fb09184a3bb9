// Minimal random coding: of K samples of the proposal, one that is chosen by its importance weight.
//
// Candidate i is chosen with a probability proportional to dQ/dP at its sample X_i, by the Gumbel-max
// trick: it is the one with the largest -log E_i + r(X_i), E_i its own exponential. Candidates are
// addressed as the samples of global-bound A* coding (partition.hpp, WholeSpace), and so an index is
// a candidate's number and decoding is the same. What differs is that there sample i arrives at
// E_1 + ... + E_i: late samples need a larger ratio, and once none can have it the search is over and
// exact. Here no candidate tells anything of the next. All K are evaluated, there is no heap and no
// bound, and the chosen one is a sample of the target only in the limit of large K: 2 to the KL
// divergence in bits, and some bits more.
//
// Reference: M. Havasi, R. Peharz, J. M. Hernández-Lobato, "Minimal random code learning: getting bits
// back from compressed model parameters", ICLR 2019, section 3, algorithm 1.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <vector>

#include "engine/parallel.hpp"
#include "random/gumbel.hpp"
#include "search/lockstep.hpp"
#include "random/random.hpp"
#include "search/search.hpp"

namespace astar_rec {

// More would take minutes an element.
inline constexpr std::uint64_t max_candidates = std::uint64_t{1} << 32;

// The best of the candidates seen so far, which come in the order of their numbers, from 1.
class Choice {
 public:
  // `arrival` is the candidate's own random bits.
  void consider(std::uint64_t arrival, double log_ratio) {
    ++seen_;
    const double value = gumbel_of(exponential(arrival)) + log_ratio;
    if (value > best_) {
      best_ = value;
      number_ = seen_;
    }
  }

  std::uint64_t seen() const { return seen_; }

  // Never cut: the K candidates are the whole of the method, and not the beginning of more.
  SearchResult result(const NodeRandom& random) const {
    if (number_ == 0) return {Outcome::no_candidate, 0, 0, seen_};
    return {Outcome::found, number_, random({number_, 0}).place, seen_};
  }

 private:
  double best_ = -std::numeric_limits<double>::infinity();
  std::uint64_t number_ = 0;
  std::uint64_t seen_ = 0;
};

// Chooses among the candidates 1 to `candidates`; log_ratio(number, bits) is the ratio at a
// candidate's sample. Throws Interrupted.
template <class LogRatioAt>
SearchResult choose(const NodeRandom& random, std::uint64_t candidates, Interrupt& interrupt,
                    const LogRatioAt& log_ratio) {
  constexpr std::uint64_t between_checks = 1024;
  Choice choice;
  for (std::uint64_t number = 1; number <= candidates; ++number) {
    const NodeBits bits = random({number, 0});
    choice.consider(bits.arrival, log_ratio(number, bits));
    if (number % between_checks == 0) interrupt.check();
  }
  return choice.result(random);
}

// For ratios that are evaluated outside the core: the next few candidates of all elements a round. Of
// few elements many, whatever the caller asks for: none is evaluated in vain.
class CandidatesInLockstep final : public Lockstep {
 public:
  CandidatesInLockstep(std::uint64_t candidates, std::size_t count, std::uint64_t seed,
                       std::uint64_t first_element)
      : candidates_(candidates), seed_(seed), first_element_(first_element), choices_(count) {}

  void start(std::span<const double> x_first, std::span<const double> x_last,
             std::span<const double> supremum) override {
    x_first_.assign(x_first.begin(), x_first.end());
    x_last_.assign(x_last.begin(), x_last.end());
    supremum_.assign(supremum.begin(), supremum.end());
  }

  const std::vector<Request>& request(std::size_t width) override {
    requests_.clear();
    if (choices_.empty()) return requests_;
    constexpr std::size_t least = 4096;
    const std::uint64_t each = std::max<std::size_t>(1, std::max(width, least) / choices_.size());
    for (std::size_t i = 0; i < choices_.size(); ++i) {
      if (!(supremum_[i] > -std::numeric_limits<double>::infinity()))
        continue;  // no density at all
      const std::uint64_t seen = choices_[i].seen();
      const std::uint64_t last = seen + std::min(each, candidates_ - seen);
      for (std::uint64_t number = seen + 1; number <= last; ++number) {
        const Position sample = random(i)({number, 0}).place;
        requests_.push_back({i, sample, sample, x_first_[i], x_last_[i], supremum_[i]});
      }
    }
    return requests_;
  }

  void supply(std::span<const Evaluation> evaluations) override {
    for (std::size_t k = 0; k < evaluations.size(); ++k) {
      const std::size_t i = requests_[k].element;
      Choice& choice = choices_[i];
      choice.consider(random(i)({choice.seen() + 1, 0}).arrival, evaluations[k].log_ratio);
    }
  }

  SearchResult result(std::size_t element) const override {
    return choices_[element].result(random(element));
  }

 private:
  NodeRandom random(std::size_t element) const { return {seed_, first_element_ + element}; }

  std::uint64_t candidates_;
  std::uint64_t seed_;
  std::uint64_t first_element_;
  std::vector<Choice> choices_;
  std::vector<double> x_first_;
  std::vector<double> x_last_;
  std::vector<double> supremum_;
  std::vector<Request> requests_;
};

}  // namespace astar_rec
