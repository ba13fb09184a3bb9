// What the model of depths knows before the first index, where the information is known.
//
// The start is the expected information of an element in eighths of a bit, 1 to 255; 0 where it is
// not known. The depths of AD*'s indices depend on it and on the block's size almost alone: one that
// comes to a level ends there with the probability
//
//     plateau / (1 + 2^(steepness * (shift + expected bits - level)))
//
// far below the expected bits hardly ever, far above about every other time. 2^x is taken straight
// between integers. The constants are fitted to simulated blocks: scripts/fit_depth_start.py, which
// also says what the fit costs. Integers, so the same on both sides.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "codes/index_codes.hpp"
#include "codes/range_coder.hpp"

namespace astar_rec {

inline constexpr int max_start = 255;

struct DepthPrior {
  std::uint32_t probability;  // that an index ends at a level
  std::uint32_t weight;       // as how many indices it counts
};

class DepthStart {
 public:
  static constexpr std::uint32_t weight = 32;

  // Of blocks of so many elements, at least 1.
  DepthStart(std::size_t block, int start) : known_(start != 0) {
    const int octave = floor_log2(block);
    const std::int64_t log2_block =
        (octave - 1) * 256 + static_cast<std::int64_t>((block << 8) >> octave);
    // With a, b, c, d in 1/256, a + b log2(block) + (c + d log2(block)) / (bits + 1/2).
    const auto fitted = [&](int a, int b, int c, int d) {
      return a * 256 + b * log2_block + (c * 256 + d * log2_block) * 8 / (start + 4);
    };
    plateau_ = std::clamp<std::int64_t>(fitted(201, -47, 11, 19), one / 5, one - one / 50);
    shift_ = fitted(-156, 46, -408, 18) + one / 8 * start * static_cast<std::int64_t>(block);
    steepness_ = fitted(245, -44, 70, -13);
  }

  DepthPrior operator()(int level) const {
    if (!known_) return {certainty / 2, 1};
    const std::int64_t ahead = shift_ - one * level;
    const std::int64_t power = (steepness_ * ahead) >> 16;
    const std::int64_t octave = std::clamp<std::int64_t>(power >> 16, -12, 12);
    const std::int64_t odds = ((one + (power & (one - 1))) << 12) >> (12 - octave);
    const std::int64_t probability = (plateau_ << probability_bits) / (one + odds);
    return {static_cast<std::uint32_t>(probability), weight};
  }

 private:
  static constexpr std::int64_t one = 1 << 16;  // what follows is in 1/2^16

  bool known_;
  std::int64_t plateau_;
  std::int64_t shift_;  // with the expected bits
  std::int64_t steepness_;
};

}  // namespace astar_rec
