// Methods that choose one of numbered samples of the proposal, its candidates: what they share.
//
// Candidate N is the N-th sample of global-bound A* coding (partition.hpp, WholeSpace; box.hpp for
// blocks), so an index is a candidate's number, and decoding is the same. A candidate is a sample of all
// of a block's elements: nothing is halved, and a block may have thousands. What methods differ in is
// which candidate wins, and when that is certain: a contest, of one block, which says
//
//     next      which candidates it would see next: consecutive numbers, none once it is over
//     supply    their log ratios, in that order
//     result    who has won
//
// Most candidates lose by far, which log ratios tell that are known to some digits. A contest that makes do
// with these has a second `supply`, of NearRatios: the encoder then asks the code in lanes, if that knows the
// pair, and computes in exact arithmetic what the contest still asks for.
//
// The drivers below feed contests: the encoder from the core's log ratios, one block after the other;
// the lockstep from ratios that are evaluated outside, all elements at once.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <span>
#include <vector>

#include "methods/method.hpp"
#include "search/lockstep.hpp"
#include "simd/lanes.hpp"
#include "tree/box.hpp"

namespace astar_rec {

// A lane of random bits serves two elements of a block, and there are 2^16 lanes.
inline constexpr std::size_t max_candidate_block = std::size_t{1} << 16;

// Consecutive numbers of candidates.
struct Numbers {
  std::uint64_t first;
  std::size_t count;
};

// The exact log ratios of a block's candidates.
class ExactRatios {
 public:
  virtual ~ExactRatios() = default;
  virtual double of(std::uint64_t number) = 0;
};

// Log ratios, none of which is farther than `error` from the exact one.
struct NearRatios {
  std::span<const double> log_ratios;
  double error;
  ExactRatios* exact;  // null where the error is 0
};

template <class Contest>
concept HearsNearRatios = requires(Contest& contest, const NearRatios& ratios, ExactRatios& exact) {
  contest.supply(ratios);
  contest.settle(exact);  // once all are supplied: result() is exact from then on
};

// A message is a number, whatever the block.
class CandidateMethod : public Method {
 public:
  std::size_t most_in_block() const final { return max_candidate_block; }
  std::size_t words(std::size_t) const final { return 1; }
  bool halves() const final { return false; }
  std::unique_ptr<Replay> replay(std::size_t block) const final;
};

// Whether a target with that supremum of its log ratio has a density at any position.
inline bool has_density(double supremum) {
  return supremum > -std::numeric_limits<double>::infinity();
}

// `Contest` is made from the method, the random numbers of its block, and the supremum of its log ratio.
template <class It, class Contest>
class CandidateEncoder final : public Encoder {
 public:
  CandidateEncoder(const It& method, const Pair& pair)
      : method_(method),
        reach_(method.reach()),
        proposal_(pair.proposal),
        ratios_(make_log_ratios(pair)) {
    if constexpr (HearsNearRatios<Contest>) lanes_ = lanes::make_candidates(pair);
  }

  void encode(const Chunk& chunk, Interrupt& interrupt, Found& found) override {
    positions_.resize(chunk.elements());
    for (std::size_t number = chunk.begin; number < chunk.end; ++number) {
      const std::size_t element = chunk.blocks.first_element(number);
      const std::size_t at = element - chunk.first(), size = chunk.blocks.dimensions(number);
      ratios_->set(chunk.targets, chunk.proposals, at, at + size);
      double supremum = 0.0;
      for (std::size_t j = 0; j < size; ++j) {
        ratios_->check_support(j, element + j);
        supremum += ratios_->supremum(j);
      }
      reach_.check_bound(supremum, element);
      const NodeRandom random(chunk.seed, chunk.number(at));
      Contest contest(method_, random, supremum);
      if (has_density(supremum)) run(contest, chunk, at, random, size, interrupt);
      const SearchResult result = contest.result();
      reach_.check_outcome(result, supremum, element);
      const std::size_t which = number - chunk.begin;
      found.messages.words[which] = result.index;
      found.steps[which] = result.steps;
      found.cut += result.cut ? 1 : 0;
      box_places(random, result.index, std::span(positions_).subspan(at, size));
    }
    lanes::quantiles(proposal_, positions_, found.z);
  }

 private:
  static constexpr std::size_t at_once = 256;
  // Approximations farther off leave too many candidates in doubt.
  static constexpr double most_error = 1.5;

  void run(Contest& contest, const Chunk& chunk, std::size_t at, const NodeRandom& random,
           std::size_t size, Interrupt& interrupt) {
    if constexpr (HearsNearRatios<Contest>) {
      if (lanes_ != nullptr) {
        const LaneParameters all = lane_parameters(chunk.targets, chunk.proposals);
        const double error = lanes_->set(all.part(at, size));
        if (error <= most_error) {
          return run_in_lanes(contest, chunk.seed, chunk.number(at), random, size, error,
                              interrupt);
        }
      }
    }
    for (;;) {
      const Numbers asked = contest.next(at_once);
      if (asked.count == 0) return;
      const auto sums = std::span(sums_).first(asked.count);
      add_up(asked, random, size, sums);
      contest.supply(sums);
      interrupt.check();
    }
  }

  void add_up(const Numbers& asked, const NodeRandom& random, std::size_t size,
              std::span<double> sums) {
    std::ranges::fill(sums, 0.0);
    const auto places = std::span(places_).first(asked.count);
    const auto of_next = std::span(places_of_next_).first(asked.count);
    // From dimension 1 on two share a lane: see box_place.
    for (std::size_t j = 0; j < size; j += j == 0 ? 1 : 2) {
      const auto lane = static_cast<std::uint16_t>((j + 1) / 2);
      for (std::size_t i = 0; i < asked.count; ++i) {
        const NodeBits bits = random({asked.first + i, lane});
        places[i] = bits.place;
        of_next[i] = bits.arrival;
      }
      ratios_->add_at(j, places, sums);
      if (j != 0 && j + 1 < size) ratios_->add_at(j + 1, of_next, sums);
    }
  }

  void run_in_lanes(Contest& contest, std::uint64_t seed, std::uint64_t element,
                    const NodeRandom& random, std::size_t size, double error,
                    Interrupt& interrupt) {
    Exact exact(*ratios_, random, size);
    for (;;) {
      const Numbers asked = contest.next(at_once);
      if (asked.count == 0) break;
      const auto sums = std::span(sums_).first(asked.count);
      lanes_->run(seed, element, asked.first, sums);
      contest.supply(NearRatios{sums, error, &exact});
      interrupt.check();
    }
    contest.settle(exact);
  }

  class Exact final : public ExactRatios {
   public:
    Exact(const LogRatios& ratios, const NodeRandom& random, std::size_t size)
        : ratios_(ratios), random_(random), places_(size) {}

    double of(std::uint64_t number) override {
      box_places(random_, number, places_);
      return ratios_.sum(places_);
    }

   private:
    const LogRatios& ratios_;
    NodeRandom random_;
    std::vector<Position> places_;
  };

  It method_;
  Reach reach_;
  Family proposal_;
  std::unique_ptr<LogRatios> ratios_;
  std::unique_ptr<CandidateLanes> lanes_;  // null where there are none
  std::vector<Position> positions_;
  std::array<Position, at_once> places_;
  std::array<Position, at_once> places_of_next_;
  std::array<double, at_once> sums_;
};

// For ratios that are evaluated outside the core: the next candidates of all elements a round.
template <class It, class Contest>
class CandidateLockstep final : public Lockstep {
 public:
  CandidateLockstep(const It& method, std::size_t count, std::uint64_t seed, std::uint64_t offset)
      : Lockstep(method.reach()), method_(method), count_(count), seed_(seed), offset_(offset) {}

  bool splits() const override { return false; }

  void start(std::span<const double> x_first, std::span<const double> x_last,
             std::span<const double> supremum) override {
    x_first_.assign(x_first.begin(), x_first.end());
    x_last_.assign(x_last.begin(), x_last.end());
    supremum_.assign(supremum.begin(), supremum.end());
    contests_.reserve(count_);
    for (std::size_t i = 0; i < count_; ++i) {
      contests_.emplace_back(method_, random(i), supremum_[i]);
      if (has_density(supremum_[i])) live_.push_back(i);
    }
  }

  // Of few elements many, whatever the caller asks for.
  const std::vector<Request>& request(std::size_t width) override {
    requests_.clear();
    asked_.clear();
    if (live_.empty()) return requests_;
    constexpr std::size_t least = 4096;
    const std::size_t each = std::max<std::size_t>(1, std::max(width, least) / live_.size());
    std::size_t kept = 0;
    for (const std::size_t i : live_) {
      const Numbers asked = contests_[i].next(each);
      if (asked.count == 0) continue;
      live_[kept++] = i;
      asked_.push_back(asked.count);
      for (std::size_t k = 0; k < asked.count; ++k) {
        const Position sample = random(i)({asked.first + k, 0}).place;
        requests_.push_back({i, sample, sample, x_first_[i], x_last_[i], supremum_[i]});
      }
    }
    live_.resize(kept);
    return requests_;
  }

  void supply(std::span<const Evaluation> evaluations) override {
    std::size_t at = 0;
    for (std::size_t k = 0; k < live_.size(); ++k) {
      log_ratios_.clear();
      for (std::size_t i = 0; i < asked_[k]; ++i) {
        log_ratios_.push_back(evaluations[at++].log_ratio);
      }
      contests_[live_[k]].supply(log_ratios_);
    }
  }

  SearchResult result(std::size_t element) const override {
    SearchResult found = contests_[element].result();
    if (found.outcome == Outcome::found) found.position = random(element)({found.index, 0}).place;
    return found;
  }

 private:
  NodeRandom random(std::size_t element) const { return {seed_, offset_ + element}; }

  It method_;
  std::size_t count_;
  std::uint64_t seed_;
  std::uint64_t offset_;
  std::vector<Contest> contests_;
  std::vector<std::size_t> live_;   // whose contests go on
  std::vector<std::size_t> asked_;  // how many candidates each of these asked for
  std::vector<double> x_first_;
  std::vector<double> x_last_;
  std::vector<double> supremum_;
  std::vector<double> log_ratios_;
  std::vector<Request> requests_;
};

// The best of the candidates seen so far. Of equal ones the first wins.
class Best {
 public:
  void consider(std::uint64_t number, double value) {
    if (value > value_) {
      value_ = value;
      number_ = number;
    }
  }

  double value() const { return value_; }
  SearchResult result(std::uint64_t steps, bool cut = false) const {
    return {number_ == 0 ? Outcome::no_candidate : Outcome::found, number_, 0, steps, cut};
  }

 private:
  double value_ = -std::numeric_limits<double>::infinity();
  std::uint64_t number_ = 0;
};

// The best of the candidates seen so far, some of which are known nearly: those that may be it wait.
class Contenders {
 public:
  // A candidate whose value is a Gumbel and a log ratio that may be off by `error`. Numbers ascend.
  void consider(std::uint64_t number, double gumbel, double log_ratio, double error) {
    const double value = gumbel + log_ratio;
    if (!(value + error > at_least_)) return;  // which has a smaller number if they are equal
    at_least_ = std::max(at_least_, value - error);
    at_most_ = std::max(at_most_, value + error);
    while (!waiting_.empty() && waiting_.back().at_most < at_least_) waiting_.pop_back();
    waiting_.push_back({number, gumbel, value + error});
  }

  // Of the best one's value.
  double at_least() const { return at_least_; }
  double at_most() const { return at_most_; }

  // Finds out which is the best: then both are its value.
  void settle(ExactRatios& exact) {
    if (at_least_ == at_most_) return;
    // What seems to be the best comes first, as then most others need not be looked at.
    const auto seems_best = std::ranges::max_element(waiting_, {}, &Contender::at_most);
    std::swap(*seems_best, waiting_.front());
    Contender best{0, 0.0, -std::numeric_limits<double>::infinity()};
    for (const Contender& other : waiting_) {
      if (other.at_most < at_least_ || other.at_most < best.at_most) continue;
      const double value = other.gumbel + exact.of(other.number);
      if (value > best.at_most || (value == best.at_most && other.number < best.number)) {
        best = {other.number, other.gumbel, value};
      }
    }
    waiting_.assign(1, best);
    at_least_ = at_most_ = best.at_most;
  }

  // Requires that it is settled, or that no error was more than 0.
  SearchResult result(std::uint64_t steps) const {
    const std::uint64_t number = waiting_.empty() ? 0 : waiting_.back().number;
    return {number == 0 ? Outcome::no_candidate : Outcome::found, number, 0, steps, false};
  }

 private:
  struct Contender {
    std::uint64_t number;
    double gumbel;
    double at_most;  // its value
  };

  std::vector<Contender> waiting_;
  double at_least_ = -std::numeric_limits<double>::infinity();
  double at_most_ = -std::numeric_limits<double>::infinity();
};

}  // namespace astar_rec
