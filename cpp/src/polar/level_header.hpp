// What the receiver is told of a level: its information, and how its nodes' split.
//
// Whatever is told there decodes. A bad prediction costs bits alone.
#pragma once

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>

#include "polar/flip_model.hpp"
#include "polar/information.hpp"

namespace astar_rec::polar {

struct LevelHeader {
  int byte = 0;       // Node::from_byte
  int curvature = 1;  // 0, 1, 2 eighths

  // Deep levels: half as many elements lie so far out in a tail that a cell still matters to them.
  LevelHeader next() const { return {std::max(byte - 5, 0), 1}; }

  bool operator==(const LevelHeader&) const = default;
};

inline constexpr std::uint32_t as_expected = flip_certainty / 8 * 7;
inline constexpr std::uint32_t at_its_end = flip_certainty / 32;  // that no level follows

// Levels of small blocks are said coarsely: an octave in 5 bits, and no curvature.
inline constexpr std::size_t coarse_below = 4096;  // elements
inline constexpr int coarse_bits = 5;
inline constexpr int coarse_first = 16;  // the octave, of Node::from_byte, that is said as 0

inline LevelHeader coarse_header(int octave) { return {4 * (octave + coarse_first) + 2, 1}; }

// Whether what is expected of a level serves as well as the truth. The sender's choice: a wrong
// expectation costs about as many bits as the information times the square of the error in octaves.
inline bool serves(LevelHeader expected, LevelHeader truth, std::size_t elements) {
  const double octaves = 0.25 * std::abs(expected.byte - truth.byte);
  const double f = Node::from_byte(std::max(expected.byte, truth.byte)).f;
  return octaves <= 0.5 || static_cast<double>(elements) * f * octaves * octaves <= 10.0;
}

// The header that a sender writes for a level of differences d, of elements in random order.
inline LevelHeader header_of(std::span<const double> d) {
  constexpr std::size_t sampled = 8'192;  // so many stand for all
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

}  // namespace astar_rec::polar
