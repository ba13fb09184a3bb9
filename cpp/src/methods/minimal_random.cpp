#include "methods/minimal_random.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <vector>

#include "methods/a_star_replay.hpp"
#include "search/lockstep.hpp"
#include "simd/lanes.hpp"
#include "tree/box.hpp"
#include "tree/node.hpp"

namespace astar_rec {

namespace {

// The best of the candidates seen so far, which come in the order of their numbers, from 1.
class Choice {
 public:
  // `arrival` is the candidate's own random bits.
  void consider(std::uint64_t arrival, double log_ratio) {
    ++seen_;
    const double value = draw_node({0, arrival}, 0.0, 1.0).gumbel() + log_ratio;
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

// Elements and blocks alike: candidates are samples of all of a block's dimensions.
class MinimalRandomEncoder final : public Encoder {
 public:
  MinimalRandomEncoder(const MinimalRandom& method, const Pair& pair)
      : candidates_(method.candidates()),
        reach_(method.reach()),
        proposal_(pair.proposal),
        ratios_(make_log_ratios(pair)) {}

  void encode(const Chunk& chunk, Interrupt& interrupt, Found& found) override {
    positions_.resize(chunk.elements());
    const Blocks& blocks = chunk.blocks;
    for (std::size_t number = chunk.begin; number < chunk.end; ++number) {
      const std::size_t element = blocks.first_element(number);
      const std::size_t at = element - chunk.first(), size = blocks.dimensions(number);
      ratios_->set(chunk.targets, chunk.proposals, at, at + size);
      double supremum = 0.0;
      for (std::size_t j = 0; j < size; ++j) {
        ratios_->check_support(j, element + j);
        supremum += ratios_->supremum(j);
      }
      const NodeRandom random(chunk.seed, chunk.number(at));
      const SearchResult result = choose(random, size, interrupt);
      reach_.check_outcome(result, supremum, element);
      const std::size_t which = number - chunk.begin;
      write_number(random, result.index,
                   found.messages.words.subspan(which * blocks.block(), blocks.block()),
                   std::span(positions_).subspan(at, size));
      found.steps[which] = result.steps;
    }
    lanes::quantiles(proposal_, positions_, found.z);
  }

 private:
  static constexpr std::size_t at_once = 256;

  // Evaluates the candidates 1 to `candidates_`, some at once.
  SearchResult choose(const NodeRandom& random, std::size_t dimensions, Interrupt& interrupt) {
    Choice choice;
    for (std::uint64_t first = 1; first <= candidates_; first += at_once) {
      const auto count =
          static_cast<std::size_t>(std::min<std::uint64_t>(at_once, candidates_ - first + 1));
      const auto places = std::span(places_).first(count);
      const auto sums = std::span(sums_).first(count);
      for (std::size_t i = 0; i < count; ++i) {
        const NodeBits bits = random({first + i, 0});
        arrivals_[i] = bits.arrival;
        places[i] = bits.place;
        sums[i] = 0.0;
      }
      ratios_->add_at(0, places, sums);
      for (std::size_t j = 1; j < dimensions; ++j) {
        for (std::size_t i = 0; i < count; ++i) places[i] = box_place(random, first + i, j);
        ratios_->add_at(j, places, sums);
      }
      for (std::size_t i = 0; i < count; ++i) choice.consider(arrivals_[i], sums[i]);
      interrupt.check();
    }
    return choice.result(random);
  }

  std::uint64_t candidates_;
  Reach reach_;
  Family proposal_;
  std::unique_ptr<LogRatios> ratios_;
  std::vector<Position> positions_;
  std::array<std::uint64_t, at_once> arrivals_;
  std::array<Position, at_once> places_;
  std::array<double, at_once> sums_;
};

// For ratios that are evaluated outside the core: the next few candidates of all elements a round. Of
// few elements many, whatever the caller asks for: none is evaluated in vain.
class CandidatesInLockstep final : public Lockstep {
 public:
  CandidatesInLockstep(const MinimalRandom& method, std::size_t count, std::uint64_t seed,
                       std::uint64_t offset)
      : Lockstep(method.reach()),
        candidates_(method.candidates()),
        seed_(seed),
        offset_(offset),
        choices_(count) {}

  bool splits() const override { return false; }

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
  NodeRandom random(std::size_t element) const { return {seed_, offset_ + element}; }

  std::uint64_t candidates_;
  std::uint64_t seed_;
  std::uint64_t offset_;
  std::vector<Choice> choices_;
  std::vector<double> x_first_;
  std::vector<double> x_last_;
  std::vector<double> supremum_;
  std::vector<Request> requests_;
};

}  // namespace

Reach MinimalRandom::reach() const {
  Reach reach;
  reach.room = std::log2(static_cast<double>(candidates_));
  return reach;
}

std::size_t MinimalRandom::most_in_block() const { return max_block; }

std::unique_ptr<Encoder> MinimalRandom::encoder(const Pair& pair, std::size_t) const {
  return std::make_unique<MinimalRandomEncoder>(*this, pair);
}

std::unique_ptr<Replay> MinimalRandom::replay(std::size_t block) const {
  return make_index_replay(Tree::whole_space, block, candidates_, 0);
}

std::unique_ptr<Lockstep> MinimalRandom::lockstep(std::size_t count, std::uint64_t seed,
                                                  std::uint64_t offset) const {
  return std::make_unique<CandidatesInLockstep>(*this, count, seed, offset);
}

}  // namespace astar_rec
