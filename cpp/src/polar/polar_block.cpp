#include "polar/polar_block.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <optional>
#include <utility>

#include "codes/range_coder.hpp"
#include "engine/errors.hpp"
#include "polar/bits.hpp"
#include "polar/flip_model.hpp"
#include "polar/level_header.hpp"
#include "polar/polar_random.hpp"
#include "polar/signs.hpp"
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
  for (std::size_t begin = 0; begin < n; begin += word_size) {
    f(begin, std::min(n - begin, word_size), shared.random.exchanges(step, begin / word_size));
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

template <class Side>
Levels agree_on_levels(Side& side, Levels levels) {
  const auto fine = static_cast<std::uint64_t>(levels.fine);
  const auto few =
      static_cast<int>(side.say_raw(std::min<std::uint64_t>(fine, few_levels + 1), few_bits));
  if (few <= few_levels) return {few, !side.decide(!levels.mirrored, not_mirrored)};
  const auto many = static_cast<int>(side.say_raw(fine, fine_bits));
  if (few > few_levels + 1 || many <= few_levels || many > most_levels) {
    throw CorruptDataError("no such first level");
  }
  return {many, false};
}

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
  Drawing side(out, scratch.data());
  agree_on_levels(side, levels);
  Expectation expectation(levels, elements);
  int step = 0;
  for (; step < most_levels; ++step) {
    interrupt.check();
    const std::span<const double> d = knowledge.differences();
    if (step >= levels.fine) {
      const bool ends = sum_of_squares(d) <= left_over && knowledge.even_inside(2.0 * left_over);
      if (side.decide(ends, expectation.end())) break;
    }
    for_each_word(shared, step, [&](std::size_t begin, std::size_t size, std::uint64_t exchanges) {
      for (std::size_t k = 0; k < size; ++k) {
        exchanged[begin + k] = negated_if((exchanges >> k & 1) != 0, d[begin + k]);
      }
    });
    const std::uint64_t before = out.bits();
    const LevelHeader header = agree_on_header(side, expectation, Measured(d));
    expectation.follow(step, header.odds);
    Level<Drawing>(side, shared.random, step, model, header.curvature, interrupt)
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
  Reading side(in);
  const Levels levels = agree_on_levels(side, {});
  // No levels: all is as both sides share it. So is what a message of no bytes stands for.
  const int most = levels.fine == 0 ? 0 : most_levels;
  const Shared shared(address, elements);
  const std::size_t places = shared.places;
  std::vector<Bit> x(places);
  std::vector<std::vector<Word>> drawn;  // the bits of each step, 64 places in a word
  FlipModel model;
  Expectation expectation(levels, elements);
  int step = 0;
  for (; step < most; ++step) {
    interrupt.check();
    const std::uint64_t before = in.bits();
    if (step >= levels.fine && side.decide(true, expectation.end())) break;
    const LevelHeader header = agree_on_header(side, expectation, Unmeasured{});
    expectation.follow(step, header.odds);
    Level<Reading>(side, shared.random, step, model, header.curvature, interrupt)
        .draw({}, places, shared.root(Node::from_odds(header.odds)), x.data());
    auto& row = drawn.emplace_back();
    for_each_word(shared, step, [&](std::size_t begin, std::size_t size, Word exchanges) {
      row.push_back(gathered(&x[begin], size) ^ exchanges);
    });
    if (report != nullptr) {
      report->push_back(reported(levels.of(step), header, in.bits() - before, elements));
    }
  }
  if (!in.at_end()) throw CorruptDataError("more data than levels, or less");
  // A place's bits from all steps are its cell: those of fine levels from the lowest up, the others behind them.
  const int behind = std::max(step - levels.fine, 0);
  const auto unmirrored = [&](Word cell) {
    if (!levels.mirrored || levels.fine == 0) return cell;
    const Word low = (Word{1} << behind) - 1;
    return levels.mirror(cell >> behind) << behind | (cell & low);
  };
  for (std::size_t begin = 0; begin < elements; begin += word_size) {
    std::array<Word, word_size> cells{};
    for (int s = 0; s < step; ++s) {
      const int bit = s < levels.fine ? behind + s : step - 1 - s;
      cells[static_cast<std::size_t>(bit)] = drawn[static_cast<std::size_t>(s)][begin / word_size];
    }
    transpose(cells);
    for (std::size_t k = 0; k < std::min(elements - begin, word_size); ++k) {
      const std::uint32_t element = shared.element[begin + k];
      positions[element] =
          position_in(unmirrored(cells[k]), step, shared.random.remainder(element));
    }
  }
}

}  // namespace astar_rec::polar
