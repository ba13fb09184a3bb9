// Polar channel simulation: exact samples of n targets at once, for little more than their KL.
//
// An element's position in its proposal's CDF is a number of 64 bits, fair and independent under the
// proposal. Level by level the sender draws one bit of all elements from the targets' laws, given
// the bits drawn before, by the chain rule exactly (knowledge.hpp); a level is sent by
// successive_cancellation.hpp. Unlike the searches for A* coding this needs no density ratio and no
// bound, only masses of cells; it codes whole blocks, and no element alone.
//
// The levels' order is that of set partitioning: cells of 2^-L are numbered, bit L is drawn first,
// then bit L - 1 up to bit 1, then bits L + 1, L + 2, … Given the finer bits, the coarser are nearly
// certain, so little is uncertain but for two or three levels. Levels end where bits carry next to
// nothing: all those behind are one draw (rest.hpp).
//
// References: U. Wachsmann, R. Fischer, J. Huber, "Multilevel codes", IEEE Trans. IT 1999;
// S. Sriramu, R. Barsz, E. Polito, A. Wagner, "Fast channel simulation via error-correcting codes",
// NeurIPS 2024; docs/polar.md.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "engine/parallel.hpp"
#include "families/tails.hpp"
#include "math/positions.hpp"
#include "polar/knowledge.hpp"

namespace astar_rec::polar {

inline constexpr std::size_t largest_block = std::size_t{1} << 24;

// What both sides have of a block: where its random numbers are, and which elements are alike.
struct BlockAddress {
  std::uint64_t seed;
  std::uint64_t first;                           // the number of the block's first element
  std::span<const std::uint16_t> contexts = {};  // of each element, or of none
};

// Where bits went, by level in order of drawing. The last one, of number 0, is what comes behind them.
struct LevelReport {
  int level;
  double information;  // bits an element, as they are said
  double bits;         // sent an element
};

// Encodes the block of 1 to largest_block elements whose tails these are. Throws DivergenceError, which
// numbers elements within the block, and Interrupted.
std::vector<std::uint8_t> encode_block(Tails& tails, std::size_t elements, BlockAddress address,
                                       std::span<Position> positions, Interrupt& interrupt,
                                       std::vector<LevelReport>* report = nullptr);
// With levels of the caller's choice.
std::vector<std::uint8_t> encode_block(Tails& tails, std::size_t elements, BlockAddress address,
                                       Levels levels, std::span<Position> positions,
                                       Interrupt& interrupt,
                                       std::vector<LevelReport>* report = nullptr);

// The positions of a block's elements. Throws CorruptDataError for bytes that no sender writes, and
// Interrupted.
void decode_block(BlockAddress address, std::span<const std::uint8_t> bytes,
                  std::span<Position> positions, Interrupt& interrupt,
                  std::vector<LevelReport>* report = nullptr);

}  // namespace astar_rec::polar
