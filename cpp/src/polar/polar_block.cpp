#include "polar/polar_block.hpp"

#include <algorithm>
#include <bit>
#include <limits>
#include <stdexcept>
#include <utility>

#include "codes/range_coder.hpp"
#include "engine/errors.hpp"
#include "polar/flip_model.hpp"
#include "polar/level_header.hpp"
#include "polar/polar_random.hpp"
#include "polar/successive_cancellation.hpp"

namespace astar_rec::polar {
namespace {

constexpr int fine_bits = 6;  // of the header: L
// Of a block's differences, squared and summed: what is left may be uniform. Half of it, and a third
// more for the levels behind, is the KL divergence in nats between the block's law and the targets'.
constexpr double left_over = 0x1p-32;

// Elements' places in the transform, and the numbers that both sides share.
struct Shared {
  Shared(BlockAddress address, std::size_t elements)
      : random(address.seed, address.first),
        places(std::bit_ceil(elements)),
        element(random.permutation(elements)) {}

  // The bits that are exchanged, of 64 places from `begin` on.
  std::uint64_t exchanges(int step, std::size_t begin) const {
    return random.exchanges(step, begin / 64);
  }
  Nodes root(Node node) const { return {node, {0.0, 1.0}, places - element.size()}; }

  PolarRandom random;
  std::size_t places;
  std::vector<std::uint32_t> element;  // of each place; behind them is nothing
};

// Calls f(place, element, exchanged) for all.
template <class F>
void for_each_place(const Shared& shared, int step, const F& f) {
  const std::size_t n = shared.element.size();
  for (std::size_t begin = 0; begin < n; begin += 64) {
    const std::uint64_t exchanges = shared.exchanges(step, begin);
    const std::size_t size = std::min<std::size_t>(n - begin, 64);
    for (std::size_t k = 0; k < size; ++k) {
      f(begin + k, shared.element[begin + k], static_cast<Bit>(exchanges >> k & 1));
    }
  }
}

// What comes before a level: that there is one, and its header.
void say_header(RangeEncoder& out, LevelHeader& header, LevelHeader expected, bool has_expectation,
                std::size_t elements) {
  if (has_expectation) {
    const bool expects = serves(expected, header, elements);
    out.encode(expects, as_expected);
    if (expects) {
      header = expected;
      return;
    }
  }
  if (elements < coarse_below) {
    const int octave = std::clamp(header.byte / 4 - coarse_first, 0, (1 << coarse_bits) - 1);
    out.encode_raw(static_cast<std::uint64_t>(octave), coarse_bits);
    header = coarse_header(octave);
  } else {
    out.encode_raw(static_cast<std::uint64_t>(header.byte), 8);
    out.encode_raw(static_cast<std::uint64_t>(header.curvature), 2);
  }
}

LevelHeader heard_header(RangeDecoder& in, LevelHeader expected, bool has_expectation,
                         std::size_t elements) {
  if (has_expectation && in.decode(as_expected)) return expected;
  if (elements < coarse_below) return coarse_header(static_cast<int>(in.decode_raw(coarse_bits)));
  LevelHeader header;
  header.byte = static_cast<int>(in.decode_raw(8));
  header.curvature = static_cast<int>(in.decode_raw(2));
  if (header.curvature >= curvatures) throw CorruptDataError("a level of no known kind");
  return header;
}

// A cell of `level` levels, filled up by what both sides share.
Position position_in(std::uint64_t cell, int level, std::uint64_t remainder) {
  return cell << (64 - level) | remainder >> level;
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
  Knowledge knowledge(tails, elements, levels, interrupt);
  const std::size_t places = shared.places;
  std::vector<double> d(elements), at_places(places, 0.0), scratch(places + 1);
  std::vector<Bit> x(places), bits(elements);
  FlipModel model;
  RangeEncoder out;
  out.encode_raw(static_cast<std::uint64_t>(levels.fine), fine_bits);
  out.encode_raw(levels.mirrored ? 1 : 0, 1);
  LevelHeader expected;
  int step = 0;
  for (; step < most_levels; ++step) {
    interrupt.check();
    knowledge.differences(d);
    if (step >= levels.fine) {
      double left = 0.0;
      for (const double value : d) left += value * value;
      const bool ends = left <= left_over && knowledge.even_inside(2.0 * left_over);
      out.encode(ends, at_its_end);
      if (ends) break;
    }
    for_each_place(shared, step, [&](std::size_t place, std::uint32_t element, Bit exchanged) {
      at_places[place] = exchanged != 0 ? -d[element] : d[element];
    });
    const std::uint64_t before = out.bits();
    LevelHeader header = header_of(std::span<const double>(at_places).first(elements));
    say_header(out, header, expected, step > levels.fine, elements);
    expected = header.next();
    Level<Drawing>(Drawing(out, scratch.data()), shared.random, step, model, header.curvature)
        .draw(at_places.data(), places, shared.root(Node::from_byte(header.byte)), x.data());
    for_each_place(shared, step, [&](std::size_t place, std::uint32_t element, Bit exchanged) {
      bits[element] = x[place] ^ exchanged;
    });
    knowledge.take(bits);
    if (report != nullptr) {
      double sum = 0.0;
      for (const double value : d) sum += information(value);
      const double n = static_cast<double>(elements);
      report->push_back({levels.of(step), sum / n, static_cast<double>(out.bits() - before) / n});
    }
  }
  const auto cells = knowledge.cells();
  for (std::size_t i = 0; i < elements; ++i) {
    positions[i] = position_in(cells[i], step, shared.random.remainder(i));
  }
  return std::move(out).finish();
}

void decode_block(BlockAddress address, std::span<const std::uint8_t> bytes,
                  std::span<Position> positions, Interrupt& interrupt,
                  std::vector<LevelReport>* report) {
  const std::size_t elements = positions.size();
  RangeDecoder in(bytes);
  Levels levels;
  levels.fine = static_cast<int>(in.decode_raw(fine_bits));
  levels.mirrored = in.decode_raw(1) != 0;
  if (levels.fine < 1 || levels.fine > most_levels) throw CorruptDataError("no such first level");
  const Shared shared(address, elements);
  const std::size_t places = shared.places;
  std::vector<Bit> x(places);
  std::vector<std::uint64_t> label(elements, 0);  // at places
  FlipModel model;
  LevelHeader expected;
  int step = 0;
  for (; step < most_levels; ++step) {
    interrupt.check();
    if (step >= levels.fine && in.decode(at_its_end)) break;
    const LevelHeader header = heard_header(in, expected, step > levels.fine, elements);
    expected = header.next();
    Level<Reading>(Reading(in), shared.random, step, model, header.curvature)
        .draw({}, places, shared.root(Node::from_byte(header.byte)), x.data());
    const int in_place = step < levels.fine ? step : 0, moved = step < levels.fine ? 0 : 1;
    for (std::size_t begin = 0; begin < elements; begin += 64) {
      const std::uint64_t exchanges = shared.exchanges(step, begin);
      const std::size_t size = std::min<std::size_t>(elements - begin, 64);
      for (std::size_t k = 0; k < size; ++k) {
        const std::uint64_t bit = x[begin + k] ^ (exchanges >> k & 1);
        label[begin + k] = label[begin + k] << moved | bit << in_place;
      }
    }
    if (step + 1 == levels.fine) {
      for (auto& l : label) l = levels.mirror(l);
    }
    if (report != nullptr)
      report->push_back({levels.of(step), Node::from_byte(header.byte).f, 0.0});
  }
  if (!in.at_end()) throw CorruptDataError("more data than levels, or less");
  for (std::size_t place = 0; place < elements; ++place) {
    const std::uint32_t element = shared.element[place];
    positions[element] = position_in(label[place], step, shared.random.remainder(element));
  }
}

}  // namespace astar_rec::polar
