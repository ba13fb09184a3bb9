// What a message tells before its numbers: the families of noise and proposals, and their scales.
//
//     byte, byte     the families of the noise and of the proposals, by their places in `Families`; of the
//                    noise plus 4 where layers are shifted, which those of Uniform are not
//     number         after how many elements the scales repeat, as unsigned LEB128: the least there is
//     64-bit pairs   as many: scale of the noise, scale of the proposal, IEEE doubles, lowest byte first
//
// So probabilities depend on nothing but the message and the seed.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "families/registry.hpp"

namespace astar_rec::dither {

// Scales, and ratios of them to widths, stay finite and above 0.
inline constexpr double least_scale = 0x1p-400;
inline constexpr double largest_scale = 0x1p400;

// What both sides know of a block's elements beside the proposals' middles.
struct Known {
  Family noise;
  Family family;              // of the proposals
  std::vector<double> scale;  // of the noise; of Uniform, half the width
  std::vector<double> unit;   // of the proposals
  bool shifted = false;       // whether layers are, which those of Uniform are not

  void write(std::vector<std::uint8_t>& bytes) const;

  // What `write` made of so many elements' `Known`, at the start of a message; drops its bytes from
  // those. Throws CorruptDataError for what it does not write.
  static Known read(std::span<const std::uint8_t>& bytes, std::size_t elements);

 private:
  // The least number of elements after which the scales repeat.
  std::size_t period() const;
};

}  // namespace astar_rec::dither
