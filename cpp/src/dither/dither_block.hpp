// Dithered quantisation with an exact error law: blocks of means, each rounded to a lattice that both sides
// draw, and the numbers of the points as bytes.
//
// There is no search: an element takes its random numbers, a rounding, and a part of the range coder's
// interval. What both sides draw is computed in lanes for many elements at once, and for the receiver the
// parts of numbers near 0, too.
//
// References: lattice.hpp, numbers.hpp; docs/dithered.md.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "dither/header.hpp"
#include "families/parameters.hpp"

namespace astar_rec::dither {

inline constexpr std::size_t largest_block = std::size_t{1} << 16;

// Where a block's random numbers are.
struct BlockAddress {
  std::uint64_t seed;
  std::uint64_t first;  // the number of the block's first element
};

// Distributions by their middles and scales; of Uniform, halves of the widths.
struct Located {
  std::vector<double> middle;
  std::vector<double> scale;

  // Of the elements from `begin` to before `end`.
  static Located of(const Distribution& all, std::size_t begin, std::size_t end);

  // One scale for all intervals where theirs differ by no more than the rounding of ends.
  void share(Family family);
};

// The message of 1 to largest_block targets, and their samples. Throws DivergenceError, which numbers
// elements within the block.
std::vector<std::uint8_t> encode_block(const Known& known, std::span<const double> mean,
                                       std::span<const double> origin, BlockAddress address,
                                       std::span<double> sample);

// The samples of a message, around the proposals' middles. Throws CorruptDataError for bytes that no
// sender writes.
void decode_block(std::span<const std::uint8_t> message, std::span<const double> origin,
                  BlockAddress address, std::span<double> sample);

}  // namespace astar_rec::dither
