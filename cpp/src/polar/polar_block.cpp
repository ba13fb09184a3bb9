#include "polar/polar_block.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <optional>
#include <utility>

#include "codes/range_coder.hpp"
#include "engine/errors.hpp"
#include "engine/large_pages.hpp"
#include "polar/bits.hpp"
#include "polar/flip_model.hpp"
#include "polar/level_header.hpp"
#include "polar/polar_random.hpp"
#include "polar/rest.hpp"
#include "polar/successive_cancellation.hpp"

namespace astar_rec::polar {
namespace {

constexpr int coarser = 4;          // levels fewer, where there are too many cells
constexpr double little = 0x1p-13;  // differences of a level, on average: what is left is one draw
constexpr std::uint32_t end = flip_certainty / 8;  // that a level behind the fine ones is not there

constexpr std::size_t least_kind = 1024;  // elements: contexts are joined until they have so many

// Elements' places in the transform, and the numbers that both sides share. Those of a kind have places side
// by side.
struct Shared {
  Shared(BlockAddress address, std::size_t elements)
      : random(address.seed, address.first),
        places(std::bit_ceil(elements)),
        element(random.permutation(elements)) {
    if (address.contexts.empty()) {
      sizes.push_back(elements);
    } else {
      order_by(kind_of(address.contexts));
    }
  }

  // The root of a level, of kinds of these odds. Like ones that meet are one.
  Kinds root(std::span<const int> odds) {
    Kinds kinds(stack, 0);
    for (std::size_t kind = 0; kind < odds.size();) {
      std::size_t size = 0;
      const std::size_t first = kind;
      for (; kind < odds.size() && odds[kind] == odds[first]; ++kind) size += sizes[kind];
      kinds.add(Node::from_odds(odds[first]), size);
    }
    if (places != element.size()) kinds.add({0.0, 1.0}, places - element.size());
    return kinds;
  }
  // What is measured of each kind's differences
  std::vector<Measured> measured(std::span<const double> d) const {
    std::vector<Measured> of;
    std::size_t begin = 0;
    for (const std::size_t size : sizes) {
      of.emplace_back(d.subspan(begin, size));
      begin += size;
    }
    return of;
  }
  // The information of an element that has been said
  double information(std::span<const int> odds) const {
    double all = 0.0;
    for (std::size_t kind = 0; kind < odds.size(); ++kind) {
      all += Node::from_odds(odds[kind]).f * static_cast<double>(sizes[kind]);
    }
    return all / static_cast<double>(element.size());
  }
  // What there is at places, in the order of elements
  void put(std::span<const Position> at_places, std::span<Position> positions) const {
    for (std::size_t place = 0; place < element.size(); ++place) {
      positions[element[place]] = at_places[place];
    }
  }

  PolarRandom random;
  std::size_t places;
  LargeVector<std::uint32_t> element;  // of each place; behind them is nothing
  std::vector<std::size_t> sizes;      // of each kind: how many elements
  std::vector<Kind> stack;             // kinds of nodes

 private:
  // Sets kinds' sizes; returns the kind of each element. Contexts are joined in order until a kind is large enough.
  std::vector<std::uint16_t> kind_of(std::span<const std::uint16_t> contexts) {
    const std::uint16_t most = *std::max_element(contexts.begin(), contexts.end());
    std::vector<std::size_t> of_context(most + std::size_t{1}, 0);
    for (const std::uint16_t context : contexts) ++of_context[context];
    std::size_t left = contexts.size();
    sizes.push_back(0);
    for (std::size_t& each : of_context) {
      const std::size_t size = each;
      if (sizes.back() >= least_kind && left >= least_kind && size != 0) sizes.push_back(0);
      each = sizes.size() - 1;
      sizes.back() += size;
      left -= size;
    }
    std::vector<std::uint16_t> kind(contexts.size());
    for (std::size_t i = 0; i < kind.size(); ++i) {
      kind[i] = static_cast<std::uint16_t>(of_context[contexts[i]]);
    }
    return kind;
  }

  // Kinds one behind the other, the elements of each as they are
  void order_by(std::span<const std::uint16_t> kind) {
    std::vector<std::size_t> next(sizes.size(), 0);
    for (std::size_t i = 1; i < next.size(); ++i) next[i] = next[i - 1] + sizes[i - 1];
    LargeVector<std::uint32_t> ordered(element.size());
    for (const std::uint32_t each : element) ordered[next[kind[each]]++] = each;
    element = std::move(ordered);
  }
};

// Calls f(begin, size, exchanges) for each 64 places, with the bits that are exchanged.
template <class F>
void for_each_word(const Shared& shared, int step, const F& f) {
  const std::size_t n = shared.element.size();
  for (std::size_t begin = 0; begin < n; begin += word_size) {
    f(begin, std::min(n - begin, word_size), shared.random.exchanges(step, begin / word_size));
  }
}

// The mean of |d|, in four sums side by side
double mean_size(std::span<const double> d) {
  double sums[4] = {0.0, 0.0, 0.0, 0.0};
  std::size_t i = 0;
  for (; i + 4 <= d.size(); i += 4) {
    for (std::size_t k = 0; k < 4; ++k) sums[k] += std::fabs(d[i + k]);
  }
  for (std::size_t k = 0; i + k < d.size(); ++k) sums[k] += std::fabs(d[i + k]);
  return ((sums[0] + sums[1]) + (sums[2] + sums[3])) / static_cast<double>(d.size());
}

LevelReport reported(int level, double information, std::uint64_t bits, std::size_t elements) {
  return {level, information, static_cast<double>(bits) / static_cast<double>(elements)};
}

LevelReport reported_of_rest(std::uint64_t bits, std::size_t elements) {
  return {0, 0.0, static_cast<double>(bits) / static_cast<double>(elements)};
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
  Shared shared(address, elements);
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
  LargeVector<double> exchanged(places, 0.0), scratch(places + 1);
  LargeVector<Bit> x(places), bits(elements);
  FlipModel model;
  RangeEncoder out;
  Drawing side(out, scratch.data());
  agree_on_levels(side, levels);
  Expectations expectations(levels, shared.sizes);
  int step = 0;
  for (; step < most_levels; ++step) {
    interrupt.check();
    const std::span<const double> d = knowledge.differences();
    if (step >= levels.fine && side.decide(mean_size(d) <= little, end)) break;
    for_each_word(shared, step, [&](std::size_t begin, std::size_t size, std::uint64_t exchanges) {
      negated_where(exchanges, &d[begin], size, &exchanged[begin]);
    });
    const std::uint64_t before = out.bits();
    const std::vector<Measured> measured = shared.measured(d);
    const LevelHeader header = expectations.agree(side, step, std::span<const Measured>(measured));
    Level<Drawing>(side, shared.random, step, model, header.curvature, interrupt)
        .draw(exchanged.data(), places, shared.root(header.odds), x.data());
    if (report != nullptr) {
      report->push_back(reported(levels.of(step), shared.information(header.odds),
                                 out.bits() - before, elements));
    }
    for_each_word(shared, step, [&](std::size_t begin, std::size_t size, std::uint64_t exchanges) {
      differing(exchanges, &x[begin], size, &bits[begin]);
    });
    knowledge.take(bits);
  }
  const std::uint64_t before = out.bits();
  Rest rest(shared.random, shared.element, knowledge.cells(), step);
  rest.draw(side, knowledge, interrupt);
  if (report != nullptr) report->push_back(reported_of_rest(out.bits() - before, elements));
  shared.put(rest.positions(), positions);
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
  Shared shared(address, elements);
  const std::size_t places = shared.places;
  const std::vector<Unmeasured> unmeasured(shared.sizes.size());
  LargeVector<Bit> x(places);
  std::vector<std::vector<Word>> drawn;  // the bits of each step, 64 places in a word
  FlipModel model;
  Expectations expectations(levels, shared.sizes);
  int step = 0;
  for (; step < most; ++step) {
    interrupt.check();
    const std::uint64_t before = in.bits();
    if (step >= levels.fine && side.decide(true, end)) break;
    const LevelHeader header =
        expectations.agree(side, step, std::span<const Unmeasured>(unmeasured));
    Level<Reading>(side, shared.random, step, model, header.curvature, interrupt)
        .draw({}, places, shared.root(header.odds), x.data());
    auto& row = drawn.emplace_back();
    for_each_word(shared, step, [&](std::size_t begin, std::size_t size, Word exchanges) {
      row.push_back(gathered(&x[begin], size) ^ exchanges);
    });
    if (report != nullptr) {
      report->push_back(
          reported(levels.of(step), shared.information(header.odds), in.bits() - before, elements));
    }
  }
  // A place's bits from all steps are its cell: those of fine levels from the lowest up, the others behind them.
  const int behind = std::max(step - levels.fine, 0);
  const auto unmirrored = [&](Word cell) {
    if (!levels.mirrored || levels.fine == 0) return cell;
    const Word low = (Word{1} << behind) - 1;
    return levels.mirror(cell >> behind) << behind | (cell & low);
  };
  LargeVector<Word> all(elements);
  for (std::size_t begin = 0; begin < elements; begin += word_size) {
    std::array<Word, word_size> cells{};
    for (int s = 0; s < step; ++s) {
      const int bit = s < levels.fine ? behind + s : step - 1 - s;
      cells[static_cast<std::size_t>(bit)] = drawn[static_cast<std::size_t>(s)][begin / word_size];
    }
    transpose(cells);
    for (std::size_t k = 0; k < std::min(elements - begin, word_size); ++k) {
      all[begin + k] = unmirrored(cells[k]);
    }
  }
  Rest rest(shared.random, shared.element, all, step);
  const std::uint64_t before = in.bits();
  if (step > 0) rest.draw(side, interrupt);
  if (report != nullptr) report->push_back(reported_of_rest(in.bits() - before, elements));
  if (!in.at_end()) throw CorruptDataError("more data than is read, or less");
  shared.put(rest.positions(), positions);
}

}  // namespace astar_rec::polar
