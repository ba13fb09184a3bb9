// Positions in the proposal's CDF: 64-bit integers, exact in both tails.
//
// Position k stands for the probability (k + 1/2) / 2^64, so the 2^64 positions fill the open
// interval (0, 1) evenly, neither end is ever met, and ~k is k seen from the other end. A floating
// number would be as fine near 0 but 2^11 times coarser near 1.
//
//     0          k                    2^63                   ~k        2^64 - 1
//     |----------|----------------------|----------------------|----------|
//     <-- tail -->                      <------- centre ------->
#pragma once

#include <bit>
#include <cstdint>

namespace astar_rec {

using Position = std::uint64_t;

inline constexpr Position last_position = ~Position{0};

// A position seen from its nearer end: its tail probability is odd / 2^65, and its distance from the
// middle (2^64 - odd) / 2^65, both exact. `odd` is always an odd number.
struct Tail {
  std::uint64_t odd;
  bool upper;

  // +magnitude in the upper half, -magnitude in the lower, without a branch.
  double signed_value(double magnitude) const {
    const std::uint64_t sign = std::uint64_t{!upper} << 63;
    return std::bit_cast<double>(std::bit_cast<std::uint64_t>(magnitude) ^ sign);
  }
};

constexpr Tail tail_of(Position position) {
  const bool upper = (position >> 63) != 0;
  const std::uint64_t from_end = upper ? ~position : position;
  return {2 * from_end + 1, upper};
}

// The high 64 bits of a 128-bit product, from products of 32 bits.
constexpr std::uint64_t multiply_high_by_halves(std::uint64_t a, std::uint64_t b) {
  const std::uint64_t a_low = a & 0xFFFFFFFF, a_high = a >> 32;
  const std::uint64_t b_low = b & 0xFFFFFFFF, b_high = b >> 32;
  const std::uint64_t low = a_low * b_low;
  const std::uint64_t middle = a_high * b_low + (low >> 32);
  const std::uint64_t other = a_low * b_high + (middle & 0xFFFFFFFF);
  return a_high * b_high + (middle >> 32) + (other >> 32);
}

// The same, in one instruction where the compiler has the type.
constexpr std::uint64_t multiply_high(std::uint64_t a, std::uint64_t b) {
#ifdef __SIZEOF_INT128__
  __extension__ using Wide = unsigned __int128;
  return static_cast<std::uint64_t>((Wide{a} * b) >> 64);
#else
  return multiply_high_by_halves(a, b);
#endif
}

// A position of [first, last] from 64 random bits. Each is met with probability 1 / width to within
// 2^-64, and exactly so where the width is a power of two.
constexpr Position position_within(Position first, Position last, std::uint64_t bits) {
  const std::uint64_t width = last - first + 1;  // 0 stands for 2^64
  return width == 0 ? bits : first + multiply_high(bits, width);
}

// The proposal's probability of [first, last].
constexpr double mass_of(Position first, Position last) {
  return (static_cast<double>(last - first) + 1.0) * 0x1p-64;
}

// Cells: the dyadic intervals of the positions, numbered as a heap. Cell 1 is all of them; cells 2H
// and 2H + 1 are the halves of cell H. A cell's depth is the number of its halvings, 0 to 63.
constexpr int cell_depth(std::uint64_t cell) { return 63 - std::countl_zero(cell); }

constexpr Position cell_first(std::uint64_t cell) {
  const int depth = cell_depth(cell);
  return depth == 0 ? 0 : cell << (64 - depth);
}

constexpr Position cell_last(std::uint64_t cell) {
  return cell_first(cell) | (last_position >> cell_depth(cell));
}

}  // namespace astar_rec
