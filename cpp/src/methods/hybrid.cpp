#include "methods/hybrid.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <span>
#include <string>
#include <vector>

#include "engine/errors.hpp"
#include "math/special.hpp"
#include "methods/ordered_contest.hpp"
#include "search/lockstep.hpp"
#include "simd/lanes.hpp"
#include "tree/box.hpp"

namespace astar_rec {

namespace {

constexpr double minus_infinity = -std::numeric_limits<double>::infinity();

constexpr std::size_t most_words = 16;  // which codes have room for
constexpr std::size_t number_bits = 33;

// An interval begins at a multiple of its width over 2^10.
constexpr int fineness = 10;
// A target is cut off where it is at most 2^-10 as dense as an even distribution on its interval.
constexpr int log_cut_off = 10;

// Positions whose first `halvings` bits are told apart from the others.
class Cells {
 public:
  explicit Cells(int halvings) : halvings_(halvings) {}

  int halvings() const { return halvings_; }
  // How many positions share their first bits.
  std::uint64_t width() const { return std::uint64_t{1} << (64 - halvings_); }
  std::uint64_t first_bits(Position position) const { return position >> (64 - halvings_); }
  Position join(std::uint64_t first_bits, std::uint64_t random) const {
    return first_bits << (64 - halvings_) | random >> halvings_;
  }
  // Of the positions that have these last bits, the one in the interval of that width.
  Position within(Position first, std::uint64_t random) const {
    const Position position = join(first_bits(first), random);
    return position >= first ? position : position + width();
  }

 private:
  int halvings_;
};

// Where a target's candidates lie, and the largest log ratio that is left out.
struct Interval {
  Position first;
  double outside;
};

// The interval whose largest ratio outside is smallest. To the left that grows with the interval's place,
// to the right it falls, and where they cross is found by halving: the best place is there, or the one
// before.
Interval find_interval(const LogRatios& ratios, std::size_t element, const Cells& cells) {
  const std::uint64_t step = cells.width() >> fineness;
  std::uint64_t low = 0, high = (last_position - cells.width() + 1) / step;
  const auto left_of = [&](std::uint64_t place) {
    if (place == 0) return minus_infinity;
    return ratios.supremum(element, ratios.z_first(), ratios.quantile(place * step - 1));
  };
  const auto right_of = [&](std::uint64_t place) {
    const Position last = place * step + (cells.width() - 1);
    if (last == last_position) return minus_infinity;
    return ratios.supremum(element, ratios.quantile(last + 1), ratios.z_last());
  };
  const auto outside = [&](std::uint64_t place) {
    return std::max(left_of(place), right_of(place));
  };
  while (low < high) {
    const std::uint64_t middle = low + (high - low) / 2;
    if (left_of(middle) >= right_of(middle)) {
      high = middle;
    } else {
      low = middle + 1;
    }
  }
  const Interval found{low * step, outside(low)};
  if (low == 0) return found;
  const Interval before{(low - 1) * step, outside(low - 1)};
  return before.outside < found.outside ? before : found;
}

// Appends bits to a number of words, the lowest first.
void append(std::span<std::uint64_t> words, std::uint64_t bits, int count) {
  for (std::size_t i = words.size(); i-- > 1;) {
    words[i] = words[i] << count | words[i - 1] >> (64 - count);
  }
  words[0] = words[0] << count | bits;
}

// Some of a number's bits from bit `begin` on, those that there are; 1 to 63 of them.
std::uint64_t bits_at(std::span<const std::uint64_t> words, std::size_t begin, int count) {
  const std::size_t word = begin / 64, shift = begin % 64;
  if (word >= words.size()) return 0;
  std::uint64_t bits = words[word] >> shift;
  if (shift > 0 && word + 1 < words.size()) bits |= words[word + 1] << (64 - shift);
  return bits & ((std::uint64_t{1} << count) - 1);
}

class HybridEncoder final : public Encoder {
 public:
  HybridEncoder(const Hybrid& method, const Pair& pair, std::size_t words)
      : method_(method),
        reach_(method.reach()),
        cells_(method.halvings()),
        words_(words),
        proposal_(pair.proposal),
        ratios_(make_log_ratios(pair)) {}

  void encode(const Chunk& chunk, Interrupt& interrupt, Found& found) override {
    positions_.resize(chunk.elements());
    for (std::size_t number = chunk.begin; number < chunk.end; ++number) {
      const std::size_t element = chunk.blocks.first_element(number);
      const std::size_t at = element - chunk.first(), size = chunk.blocks.dimensions(number);
      ratios_->set(chunk.targets, chunk.proposals, at, at + size);
      const double supremum = place_cube(size, element);
      const NodeRandom random(chunk.seed, chunk.number(at));
      const SearchResult result = choose(random, supremum, interrupt);
      reach_.check_outcome(result, supremum, element);
      const std::size_t which = number - chunk.begin;
      const auto positions = std::span(positions_).subspan(at, size);
      const auto index = found.messages.words.subspan(which * words_, words_);
      std::ranges::fill(index, 0);
      index[0] = result.index;
      for (std::size_t j = 0; j < size; ++j) {
        positions[j] = candidate(random, result.index, j);
        append(index, cells_.first_bits(positions[j]), cells_.halvings());
      }
      found.steps[which] = result.steps;
      found.cut += result.cut ? 1 : 0;
    }
    lanes::quantiles(proposal_, positions_, found.z);
  }

 private:
  // The supremum of the log ratio over the cube.
  double place_cube(std::size_t size, std::size_t element) {
    intervals_.clear();
    double supremum = 0.0;
    for (std::size_t j = 0; j < size; ++j) {
      ratios_->check_support(j, element + j);
      const Interval interval = find_interval(*ratios_, j, cells_);
      intervals_.push_back(interval);
      supremum += ratios_->supremum(j, ratios_->quantile(interval.first),
                                    ratios_->quantile(interval.first + (cells_.width() - 1)));
    }
    return supremum;
  }

  Position candidate(const NodeRandom& random, std::uint64_t number, std::size_t j) const {
    return cells_.within(intervals_[j].first, box_place(random, number, j));
  }

  SearchResult choose(const NodeRandom& random, double supremum, Interrupt& interrupt) const {
    constexpr std::uint64_t steps_between_checks = 256;
    OrderedContest contest(method_.candidates(), random, supremum);
    while (has_density(supremum)) {
      // One at a time: mostly a few are looked at.
      const auto [number, count] = contest.next(1);
      if (count == 0) break;
      double total = 0.0;
      for (std::size_t j = 0; j < intervals_.size(); ++j) {
        total += ratios_->at(j, candidate(random, number, j));
      }
      contest.supply(std::span(&total, 1));
      if (number % steps_between_checks == 0) interrupt.check();
    }
    SearchResult result = contest.result();
    result.cut = std::ranges::any_of(intervals_, [&](const Interval& interval) {
      return interval.outside > (cells_.halvings() - log_cut_off) * log_2;
    });
    return result;
  }

  Hybrid method_;
  Reach reach_;
  Cells cells_;
  std::size_t words_;
  Family proposal_;
  std::unique_ptr<LogRatios> ratios_;
  std::vector<Interval> intervals_;  // of the block's elements
  std::vector<Position> positions_;
};

class HybridReplay final : public Replay {
 public:
  HybridReplay(const Hybrid& method, std::size_t words)
      : candidates_(method.candidates()), cells_(method.halvings()), words_(words) {}

  void positions(const Chunk& chunk, std::span<const std::uint64_t> words,
                 std::span<Position> out) override {
    for (std::size_t number = chunk.begin; number < chunk.end; ++number) {
      const auto index = words.subspan((number - chunk.begin) * words_, words_);
      const std::size_t size = chunk.blocks.dimensions(number);
      const auto halvings = static_cast<std::size_t>(cells_.halvings());
      const std::uint64_t own = candidate_of(index, size * halvings);
      if (own == 0 || own > candidates_) {
        throw IndexError(
            number, "the candidate's number is not between 1 and " + std::to_string(candidates_));
      }
      const std::size_t at = chunk.blocks.first_element(number) - chunk.first();
      const NodeRandom random(chunk.seed, chunk.number(at));
      for (std::size_t j = 0; j < size; ++j) {
        const std::uint64_t first = bits_at(index, (size - 1 - j) * halvings, cells_.halvings());
        out[at + j] = cells_.join(first, box_place(random, own, j));
      }
    }
  }

 private:
  // What stands above so many bits; 0 if that is too much.
  static std::uint64_t candidate_of(std::span<const std::uint64_t> index, std::size_t below) {
    constexpr int half = 32;
    const std::uint64_t low = bits_at(index, below, half),
                        high = bits_at(index, below + half, half);
    for (std::size_t begin = below + 2 * half; begin < 64 * index.size(); begin += half) {
      if (bits_at(index, begin, half) != 0) return 0;
    }
    return high << half | low;
  }

  std::uint64_t candidates_;
  Cells cells_;
  std::size_t words_;
};

}  // namespace

Reach Hybrid::reach() const {
  Reach reach;
  reach.room = halvings_ + std::log2(static_cast<double>(candidates_));
  return reach;
}

std::size_t Hybrid::most_in_block() const {
  return (64 * most_words - number_bits) / static_cast<std::size_t>(halvings_);
}

std::size_t Hybrid::words(std::size_t block) const {
  return (static_cast<std::size_t>(halvings_) * block + number_bits + 63) / 64;
}

std::unique_ptr<Encoder> Hybrid::encoder(const Pair& pair, std::size_t block) const {
  return std::make_unique<HybridEncoder>(*this, pair, words(block));
}

std::unique_ptr<Replay> Hybrid::replay(std::size_t block) const {
  return std::make_unique<HybridReplay>(*this, words(block));
}

std::unique_ptr<Lockstep> Hybrid::lockstep(std::size_t, std::uint64_t, std::uint64_t) const {
  return nullptr;
}

}  // namespace astar_rec
