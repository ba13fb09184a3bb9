#include "polar/polar_block.hpp"

#include <algorithm>
#include <bit>
#include <optional>
#include <utility>

#include "codes/range_coder.hpp"
#include "engine/errors.hpp"
#include "polar/flip_model.hpp"
#include "polar/level_header.hpp"
#include "polar/polar_random.hpp"
#include "polar/successive_cancellation.hpp"

namespace astar_rec::polar {
namespace {

constexpr int coarser = 4;  // levels fewer, where there are too many cells
// Of a block's differences, squared and summed: what is left may be uniform. Half of it, and a third
// more for the levels behind, is the KL divergence in nats between the block's law and the targets'.
constexpr double left_over = 0x1p-32;

// Elements' places in the transform, and the numbers that both sides share.
struct Shared {
  Shared(BlockAddress address, std::size_t elements)
      : random(address.seed, address.first),
        places(std::bit_ceil(elements)),
        element(random.permutation(elements)) {}

  Nodes root(Node node) const { return {node, {0.0, 1.0}, places - element.size()}; }

  PolarRandom random;
  std::size_t places;
  std::vector<std::uint32_t> element;  // of each place; behind them is nothing
};

// Calls f(begin, size, exchanges) for each 64 places, with the bits that are exchanged.
template <class F>
void for_each_word(const Shared& shared, int step, const F& f) {
  const std::size_t n = shared.element.size();
  for (std::size_t begin = 0; begin < n; begin += 64) {
    f(begin, std::min<std::size_t>(n - begin, 64), shared.random.exchanges(step, begin / 64));
  }
}

// In four sums side by side.
double sum_of_squares(std::span<const double> d) {
  double sums[4] = {0.0, 0.0, 0.0, 0.0};
  std::size_t i = 0;
  for (; i + 4 <= d.size(); i += 4) {
    for (std::size_t k = 0; k < 4; ++k) sums[k] += d[i + k] * d[i + k];
  }
  for (std::size_t k = 0; i + k < d.size(); ++k) sums[k] += d[i + k] * d[i + k];
  return (sums[0] + sums[1]) + (sums[2] + sums[3]);
}

LevelReport reported(int level, LevelHeader header, std::uint64_t bits, std::size_t elements) {
  return {level, Node::from_odds(header.odds).f,
          static_cast<double>(bits) / static_cast<double>(elements)};
}

// What comes before a block's levels: how they are cut.
constexpr int few_levels = 8;  // at most so many are mirrored, and said in few_bits
constexpr int few_bits = 4;
constexpr int fine_bits = 6;
constexpr std::uint32_t not_mirrored = flip_certainty / 8 * 7;

void say_levels(RangeEncoder& out, Levels levels) {
  const bool few = levels.fine <= few_levels;
  out.encode_raw(few ? static_cast<std::uint64_t>(levels.fine) : few_levels + 1, few_bits);
  if (few) {
    out.encode(!levels.mirrored, not_mirrored);
  } else {
    out.encode_raw(static_cast<std::uint64_t>(levels.fine), fine_bits);
  }
}

Levels heard_levels(RangeDecoder& in) {
  const auto said = static_cast<int>(in.decode_raw(few_bits));
  if (said <= few_levels) return {said, !in.decode(not_mirrored)};
  const auto fine = static_cast<int>(in.decode_raw(fine_bits));
  if (said > few_levels + 1 || fine <= few_levels || fine > most_levels) {
    throw CorruptDataError("no such first level");
  }
  return {fine, false};
}

// What comes before a level: its odds, by sign and size of what is unexpected, and its curvature.
constexpr int most_digits = 11;

// A number of at least 1, by the number of its digits behind the first, and those.
template <class Coder>
std::uint64_t agree_on_size(Coder coder, std::uint64_t size) {
  const int length = floor_log2(size);
  int digits = 0;
  while (digits < most_digits && coder.raw(digits < length ? 1 : 0, 1) != 0) ++digits;
  const auto first = std::uint64_t{1} << digits;
  return digits == 0 ? first : first | coder.raw(size & (first - 1), digits);
}

// Odds are said in units that suit those expected; then, if units are finer at the odds so said, the
// number of such a finer part.
template <class Coder>
int agree_on_odds(Coder coder, const Expectation& expectation, int truth) {
  const int expected = expectation.odds();
  if (coder.decide(expectation.serves(truth), expectation.met())) return expected;
  const int log_unit = expectation.log_unit(expected), unit = 1 << log_unit;
  const int distance = std::abs(truth - expected);
  const auto units = static_cast<std::uint64_t>(std::max((distance + unit / 2) / unit, 1));
  const bool below = coder.raw(truth < expected ? 1 : 0, 1) != 0;
  const int said = static_cast<int>(agree_on_size(coder, units)) * unit;
  const int middle = std::clamp(below ? expected - said : expected + said, 0, Node::most_odds);
  const int finer = expectation.log_unit(middle);
  if (finer >= log_unit) return middle;
  const int parts = 1 << (log_unit - finer), begin = middle - unit / 2;
  const int part = std::clamp((truth - begin) >> finer, 0, parts - 1);
  const int heard = static_cast<int>(coder.raw(static_cast<std::uint64_t>(part), log_unit - finer));
  return std::clamp(begin + (heard << finer) + (1 << finer) / 2, 0, Node::most_odds);
}

template <class Coder>
LevelHeader agree(Coder coder, const Expectation& expectation, LevelHeader truth) {
  LevelHeader said;
  said.odds = agree_on_odds(coder, expectation, truth.odds);
  if (expectation.says_curvature(said.odds)) {
    said.curvature = static_cast<int>(coder.raw(static_cast<std::uint64_t>(truth.curvature), 2));
    if (said.curvature >= curvatures) throw CorruptDataError("a level of no known kind");
  }
  return said;
}

struct Saying {
  RangeEncoder& out;
  bool decide(bool yes, std::uint32_t probability) const {
    out.encode(yes, probability);
    return yes;
  }
  std::uint64_t raw(std::uint64_t value, int bits) const {
    out.encode_raw(value, bits);
    return value;
  }
};

struct Hearing {
  RangeDecoder& in;
  bool decide(bool, std::uint32_t probability) const { return in.decode(probability); }
  std::uint64_t raw(std::uint64_t, int bits) const { return in.decode_raw(bits); }
};

// A cell of `level` levels, filled up by what both sides share.
Position position_in(std::uint64_t cell, int level, std::uint64_t remainder) {
  return level == 0 ? remainder : cell << (64 - level) | remainder >> level;
}

}  // namespace

std::vector<std::uint8_t> encode_block(Tails& tails, std::size_t elements, BlockAddress address,
                                       std::span<Position> positions, Interrupt& interrupt,
                                       std::vector<LevelReport>* report) {
  const Levels levels = Levels::suiting(tails, elements);
  return encode_block(tails, elements, address, levels, positions, interrupt, report);
}

std::vector<std::uint8_t> encode_block(Tails& tails, std::size_t elements, BlockAddress address,
                                       Levels levels, std::span<Position> positions,
                                       Interrupt& interrupt, std::vector<LevelReport>* report) {
  const Shared shared(address, elements);
  std::optional<Knowledge> made;
  while (!made) {
    try {
      made.emplace(tails, shared.element, levels, interrupt);
    } catch (const TooManyCells&) {
      levels.fine = std::max(levels.fine - coarser, by_rows);
    }
  }
  Knowledge& knowledge = *made;
  const std::size_t places = shared.places;
  std::vector<double> exchanged(places, 0.0), scratch(places + 1);
  std::vector<Bit> x(places), bits(elements);
  FlipModel model;
  RangeEncoder out;
  say_levels(out, levels);
  Expectation expectation(levels, elements);
  int step = 0;
  for (; step < most_levels; ++step) {
    interrupt.check();
    const std::span<const double> d = knowledge.differences();
    if (step >= levels.fine) {
      const bool ends = sum_of_squares(d) <= left_over && knowledge.even_inside(2.0 * left_over);
      out.encode(ends, expectation.end());
      if (ends) break;
    }
    for_each_word(shared, step, [&](std::size_t begin, std::size_t size, std::uint64_t exchanges) {
      for (std::size_t k = 0; k < size; ++k) {
        const std::uint64_t sign = (exchanges >> k & 1) << 63;
        exchanged[begin + k] =
            std::bit_cast<double>(std::bit_cast<std::uint64_t>(d[begin + k]) ^ sign);
      }
    });
    const std::uint64_t before = out.bits();
    const LevelHeader header = agree(Saying{out}, expectation, header_of(d));
    expectation.follow(step, header.odds);
    Level<Drawing>(Drawing(out, scratch.data()), shared.random, step, model, header.curvature)
        .draw(exchanged.data(), places, shared.root(Node::from_odds(header.odds)), x.data());
    if (report != nullptr) {
      report->push_back(reported(levels.of(step), header, out.bits() - before, elements));
    }
    for_each_word(shared, step, [&](std::size_t begin, std::size_t size, std::uint64_t exchanges) {
      for (std::size_t k = 0; k < size; ++k) {
        bits[begin + k] = x[begin + k] ^ static_cast<Bit>(exchanges >> k & 1);
      }
    });
    knowledge.take(bits);
  }
  const auto cells = knowledge.cells();
  for (std::size_t place = 0; place < elements; ++place) {
    const std::uint32_t element = shared.element[place];
    positions[element] = position_in(cells[place], step, shared.random.remainder(element));
  }
  return std::move(out).finish();
}

void decode_block(BlockAddress address, std::span<const std::uint8_t> bytes,
                  std::span<Position> positions, Interrupt& interrupt,
                  std::vector<LevelReport>* report) {
  const std::size_t elements = positions.size();
  RangeDecoder in(bytes);
  const Levels levels = heard_levels(in);
  // No levels: all is as both sides share it. So is what a message of no bytes stands for.
  const int most = levels.fine == 0 ? 0 : most_levels;
  const Shared shared(address, elements);
  const std::size_t places = shared.places;
  std::vector<Bit> x(places);
  std::vector<std::uint64_t> label(elements, 0);  // at places
  FlipModel model;
  Expectation expectation(levels, elements);
  int step = 0;
  for (; step < most; ++step) {
    interrupt.check();
    const std::uint64_t before = in.bits();
    if (step >= levels.fine && in.decode(expectation.end())) break;
    const LevelHeader header = agree(Hearing{in}, expectation, {});
    expectation.follow(step, header.odds);
    Level<Reading>(Reading(in), shared.random, step, model, header.curvature)
        .draw({}, places, shared.root(Node::from_odds(header.odds)), x.data());
    const int in_place = step < levels.fine ? step : 0, moved = step < levels.fine ? 0 : 1;
    for_each_word(shared, step, [&](std::size_t begin, std::size_t size, std::uint64_t exchanges) {
      for (std::size_t k = 0; k < size; ++k) {
        const std::uint64_t bit = x[begin + k] ^ (exchanges >> k & 1);
        label[begin + k] = label[begin + k] << moved | bit << in_place;
      }
    });
    if (step + 1 == levels.fine) {
      for (auto& l : label) l = levels.mirror(l);
    }
    if (report != nullptr) {
      report->push_back(reported(levels.of(step), header, in.bits() - before, elements));
    }
  }
  if (!in.at_end()) throw CorruptDataError("more data than levels, or less");
  for (std::size_t place = 0; place < elements; ++place) {
    const std::uint32_t element = shared.element[place];
    positions[element] = position_in(label[place], step, shared.random.remainder(element));
  }
}

}  // namespace astar_rec::polar
