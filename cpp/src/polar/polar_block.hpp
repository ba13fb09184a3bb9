// Polar channel simulation: exact samples of n targets at once, for little more than their KL.
//
// An element's position in its proposal's CDF is a number of 64 bits, fair and independent under the
// proposal. Level by level the sender draws one bit of all elements from the targets' laws, given
// the bits drawn before, by the chain rule exactly; a level is sent by successive_cancellation.hpp.
// Unlike the searches for A* coding this needs no density ratio and no bound, only masses of cells;
// it codes whole blocks, and no element alone.
//
// The levels' order is that of set partitioning: cells of 2^-L are numbered, bit L is drawn first,
// then bit L - 1 up to bit 1, then bits L + 1, L + 2, … Given the finer bits, the coarser are nearly
// certain, so little is uncertain but for two or three levels.
//
// References: U. Wachsmann, R. Fischer, J. Huber, "Multilevel codes", IEEE Trans. IT 1999;
// S. Sriramu, R. Barsz, E. Polito, A. Wagner, "Fast channel simulation via error-correcting codes",
// NeurIPS 2024; docs/polar.md.
#pragma once

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>
#include <stdexcept>
#include <utility>
#include <vector>

#include "codes/range_coder.hpp"
#include "engine/errors.hpp"
#include "math/special.hpp"
#include "polar/flip_model.hpp"
#include "polar/polar_random.hpp"
#include "polar/successive_cancellation.hpp"

namespace astar_rec::polar {

// What both sides agree on for a block
struct Shape {
  std::size_t elements = 0;  // a power of two, at most 2^24
  int fine = 6;              // L, 1 to 12: the level drawn first
  int depth = 26;            // levels that are coded, L to 60; bits behind are the shared ones
  bool mirrored = false;     // cells of the lower half are numbered from the middle

  int level(int step) const { return step < fine ? fine - step : step + 1; }
  // The cell of a label, and the label of a cell: the same exchange
  std::uint64_t mirror(std::uint64_t cell) const {
    const std::uint64_t half = std::uint64_t{1} << (fine - 1);
    return mirrored && cell < half ? half - 1 - cell : cell;
  }
};

// A level's header: the predicted information, and how its nodes' split.
struct LevelHeader {
  int byte = 0;       // Node::from_byte
  int curvature = 1;  // 0, 1, 2 eighths

  // Deep levels: half as many elements lie so far out in a tail that a cell still matters to them.
  LevelHeader next() const { return {std::max(byte - 5, 0), 1}; }
};

inline constexpr std::uint32_t as_expected = flip_certainty / 8 * 7;

// Levels of small blocks are said coarsely: an octave in 5 bits, and no curvature.
inline constexpr std::size_t coarse_below = 4096;  // elements
inline constexpr int coarse_bits = 5;
inline constexpr int coarse_first = 16;  // the octave, of Node::from_byte, that is said as 0

// Whether what is expected of a level serves as well as the truth. The sender's choice: a wrong
// expectation costs about as many bits as the information times the square of the error in octaves.
inline bool serves(LevelHeader expected, LevelHeader truth, std::size_t elements) {
  const double octaves = 0.25 * std::abs(expected.byte - truth.byte);
  const double f = Node::from_byte(std::max(expected.byte, truth.byte)).f;
  return octaves <= 0.5 || static_cast<double>(elements) * f * octaves * octaves <= 10.0;
}

inline LevelHeader coarse_header(int octave) { return {4 * (octave + coarse_first) + 2, 1}; }

// 1 - h((1 + d) / 2) in bits, that is what a bit of difference d carries
inline double information(double d) {
  const double a = std::abs(d);
  if (a >= 1.0) return 1.0;
  if (a < 0x1p-12) return a * a * (0.5 / log_2);
  return 0.5 * ((1.0 + a) * log_one_plus(a) + (1.0 - a) * portable_log(1.0 - a)) / log_2;
}

// Of a large block so many elements stand for all: places are in random order.
inline constexpr std::size_t sampled = 65'536;

// The header that a sender writes for a level of differences d.
inline LevelHeader header_of(std::span<const double> d) {
  d = d.first(std::min(d.size(), sampled));
  double whole = 0.0, pairs = 0.0, rest = 0.0;
  const std::size_t half = d.size() / 2;
  for (const double x : d) {
    const double i = information(x);
    whole += i;
    rest += 1.0 - i;
  }
  const double n = static_cast<double>(d.size());
  const double f = whole / n, g = rest / n;
  if (half == 0) return {Node::to_byte(f, g), 1};
  for (std::size_t k = 0; k < half; ++k) pairs += information(d[k] * d[k + half]);
  // Of F^2 (1 + k G^2), rounded to eighths
  const double excess = pairs / static_cast<double>(half) - f * f, unit = f * f * (g * g);
  const int curvature = !(excess >= 0.0625 * unit) ? 0 : !(excess >= 0.1875 * unit) ? 1 : 2;
  return {Node::to_byte(f, g), curvature};
}

// Where bits went, by level in order of drawing
struct LevelReport {
  int level;
  double information;  // bits an element, of the sender's differences
  double bits;         // sent an element
};

struct PolarMessage {
  std::vector<std::uint8_t> bytes;
  std::vector<std::uint64_t> positions;
};

// Encodes a block. Masses is a callable masses(element, level, first, count, out): the target's
// masses of `count` cells of 2^-level from cell number `first` on, as doubles that need not add up
// to 1. Throws std::invalid_argument where the masses of the cells that remain are all 0 or not finite.
template <class Masses>
PolarMessage encode_block(const Shape& shape, std::uint64_t seed, std::uint64_t block,
                          Masses&& masses, std::vector<LevelReport>* report = nullptr) {
  const std::size_t n = shape.elements;
  const std::size_t cells = std::size_t{1} << shape.fine;
  const PolarRandom random(seed, block);
  const std::vector<std::uint32_t> element = random.permutation(n);
  std::vector<double> remaining(n * cells), d(n), scratch(n + 1), row(cells);
  for (std::size_t j = 0; j < n; ++j) {
    masses(element[j], shape.fine, std::uint64_t{0}, cells, row.data());
    for (std::size_t c = 0; c < cells; ++c) remaining[j * cells + shape.mirror(c)] = row[c];
  }
  std::vector<Bit> x(n);
  std::vector<std::uint64_t> label(n, 0);
  FlipModel model;
  RangeEncoder out;
  LevelHeader expected;
  for (int step = 0; step < shape.depth; ++step) {
    const std::size_t left = cells >> std::min(step, shape.fine);
    const auto difference = [](double zero, double one) {
      const double both = zero + one;
      if (!(both > 0.0) || !(both < 0x1p1000))
        throw std::invalid_argument("masses that are no probabilities");
      return (zero - one) / both;
    };
    for (std::size_t j = 0; j < n; ++j) {
      if (step < shape.fine) {
        double zero = 0.0, one = 0.0;
        const double* at = &remaining[j * cells];
        for (std::size_t c = 0; c < left; c += 2) {
          zero += at[c];
          one += at[c + 1];
        }
        d[j] = difference(zero, one);
      } else {
        double halves[2];
        masses(element[j], step + 1, 2 * label[j], 2, halves);
        d[j] = difference(halves[0], halves[1]);
      }
    }
    const std::uint64_t before = out.bits();
    LevelHeader header = header_of(d);
    const bool expects = step > shape.fine && serves(expected, header, n);
    if (step > shape.fine) out.encode(expects, as_expected);
    if (expects) {
      header = expected;
    } else if (n < coarse_below) {
      const int octave = std::clamp(header.byte / 4 - coarse_first, 0, (1 << coarse_bits) - 1);
      out.encode_raw(static_cast<std::uint64_t>(octave), coarse_bits);
      header = coarse_header(octave);
    } else {
      out.encode_raw(static_cast<std::uint64_t>(header.byte), 8);
      out.encode_raw(static_cast<std::uint64_t>(header.curvature), 2);
    }
    expected = header.next();
    double sent_information = 0.0;
    if (report != nullptr) {
      for (const double value : d) sent_information += information(value);
    }
    std::uint64_t exchanges = 0;
    const auto exchanged = [&](std::size_t j) {
      if (j % 64 == 0) exchanges = random.exchanges(step, j / 64);
      return (exchanges >> j % 64 & 1) != 0;
    };
    for (std::size_t j = 0; j < n; ++j) {
      if (exchanged(j)) d[j] = -d[j];
    }
    Level<Drawing>(Drawing(out, scratch.data()), random, step, model, header.curvature)
        .draw(d.data(), n, Node::from_byte(header.byte), x.data());
    for (std::size_t j = 0; j < n; ++j) {
      const Bit bit = x[j] ^ static_cast<Bit>(exchanged(j));
      if (step < shape.fine) {
        double* at = &remaining[j * cells];
        for (std::size_t c = 0; c < left / 2; ++c) at[c] = at[2 * c + bit];
        label[j] |= std::uint64_t{bit} << step;
        if (step + 1 == shape.fine) label[j] = shape.mirror(label[j]);
      } else {
        label[j] = 2 * label[j] + bit;
      }
    }
    if (report != nullptr) {
      const double count = static_cast<double>(n);
      report->push_back({shape.level(step), sent_information / count,
                         static_cast<double>(out.bits() - before) / count});
    }
  }
  PolarMessage message;
  message.positions.resize(n);
  for (std::size_t j = 0; j < n; ++j) {
    message.positions[element[j]] =
        label[j] << (64 - shape.depth) | random.remainder(element[j]) >> shape.depth;
  }
  message.bytes = std::move(out).finish();
  return message;
}

// The positions of a block. Throws CorruptDataError for bytes that no sender writes.
inline std::vector<std::uint64_t> decode_block(const Shape& shape, std::uint64_t seed,
                                               std::uint64_t block,
                                               std::span<const std::uint8_t> bytes) {
  const std::size_t n = shape.elements;
  const PolarRandom random(seed, block);
  std::vector<Bit> x(n);
  std::vector<std::uint64_t> label(n, 0);
  FlipModel model;
  RangeDecoder in(bytes);
  LevelHeader expected;
  for (int step = 0; step < shape.depth; ++step) {
    LevelHeader header = expected;
    if (!(step > shape.fine && in.decode(as_expected))) {
      if (n < coarse_below) {
        header = coarse_header(static_cast<int>(in.decode_raw(coarse_bits)));
      } else {
        header.byte = static_cast<int>(in.decode_raw(8));
        header.curvature = static_cast<int>(in.decode_raw(2));
      }
      if (header.curvature >= curvatures) throw CorruptDataError("a level of no known kind");
    }
    expected = header.next();
    Level<Reading>(Reading(in), random, step, model, header.curvature)
        .draw({}, n, Node::from_byte(header.byte), x.data());
    for (std::size_t begin = 0; begin < n; begin += 64) {
      const std::uint64_t exchanges = random.exchanges(step, begin / 64);
      const std::size_t size = std::min<std::size_t>(n - begin, 64);
      const Bit* bits = &x[begin];
      std::uint64_t* labels = &label[begin];
      const int in_place = step < shape.fine ? step : 0;
      const int moved = step < shape.fine ? 0 : 1;
      for (std::size_t k = 0; k < size; ++k) {
        labels[k] = labels[k] << moved | (bits[k] ^ (exchanges >> k & 1)) << in_place;
      }
    }
    if (step + 1 == shape.fine) {
      for (auto& l : label) l = shape.mirror(l);
    }
  }
  if (!in.at_end()) throw CorruptDataError("more data than levels, or less");
  const std::vector<std::uint32_t> element = random.permutation(n);
  std::vector<std::uint64_t> positions(n);
  for (std::size_t j = 0; j < n; ++j) {
    positions[element[j]] =
        label[j] << (64 - shape.depth) | random.remainder(element[j]) >> shape.depth;
  }
  return positions;
}

}  // namespace astar_rec::polar
