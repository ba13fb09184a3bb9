// The random numbers that both sides of a polar block share, by address.
//
//   key   = seed XOR the key of polar coding
//   element = the block's number, lane = purpose, node = where in the block
//
// A step is one level of the block, in the order in which levels are drawn. For each step there are
//   guesses     one bit for each index of the transform: what the receiver takes it for
//   exchanges   one bit for each element: whether 0 and 1 change places
//   w           53 bits for each index: how surely the guess holds, see flip_model.hpp. The first
//               16 bits stand apart from the rest: mostly they settle the matter, and eight of them
//               come with one call of the generator.
// Behind all levels there are such a w for each place, and the bits that it decides on: rest.hpp.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include "engine/large_pages.hpp"
#include "math/positions.hpp"
#include "random/random.hpp"

namespace astar_rec::polar {

inline constexpr std::uint64_t polar_key = 0x706F6C6172;  // "polar"
inline constexpr int screen_bits = 16;

// Philox4x32-10 for several counters and one key, as philox.hpp has it for one.
template <std::size_t calls>
inline void philox_side_by_side(std::uint32_t* c0, std::uint32_t* c1, std::uint32_t* c2,
                                std::uint32_t* c3, PhiloxKey key) {
  for (int round = 0; round < 10; ++round) {
    for (std::size_t i = 0; i < calls; ++i) {
      const std::uint64_t product_0 = std::uint64_t{0xD2511F53} * c0[i];
      const std::uint64_t product_1 = std::uint64_t{0xCD9E8D57} * c2[i];
      c0[i] = static_cast<std::uint32_t>(product_1 >> 32) ^ c1[i] ^ key[0];
      c2[i] = static_cast<std::uint32_t>(product_0 >> 32) ^ c3[i] ^ key[1];
      c1[i] = static_cast<std::uint32_t>(product_1);
      c3[i] = static_cast<std::uint32_t>(product_0);
    }
    key[0] += 0x9E3779B9;
    key[1] += 0xBB67AE85;
  }
}

// w from its 53 bits: the middle of one of 2^53 equal parts of (0, 1)
inline double w_of(std::uint64_t first, std::uint64_t rest) {
  return std::min((static_cast<double>((first << 48 | rest) >> 11) + 0.5) * 0x1p-53, 1.0 - 0x1p-53);
}

class PolarRandom {
 public:
  PolarRandom(std::uint64_t seed, std::uint64_t block)
      : bits_(seed ^ polar_key, block), key_(seed ^ polar_key), block_(block) {}

  // 64 of a step's guesses, those of indices 64 word, 64 word + 1, …, lowest bit first
  std::uint64_t guesses(int step, std::size_t word) const { return word_at(step, word); }
  std::uint64_t exchanges(int step, std::size_t word) const { return word_at(64 + step, word); }

  // The first 16 bits of w, for eight indices from 8 group on: two words of four, lowest first
  NodeBits screens(int step, std::size_t group) const { return at(128 + step, group); }

  // The same for the 64 indices from 64 word on. The calls of the generator side by side: compilers
  // make vectors of these loops.
  void screens_of_word(int step, std::size_t word, std::uint16_t* out) const {
    constexpr std::size_t calls = 8;
    std::uint32_t c0[calls], c1[calls], c2[calls], c3[calls];
    for (std::size_t i = 0; i < calls; ++i) {
      const std::uint64_t node = calls * word + i;
      c0[i] = static_cast<std::uint32_t>(node);
      c1[i] = static_cast<std::uint32_t>(node >> 32);
      c2[i] = static_cast<std::uint32_t>(block_);
      c3[i] = static_cast<std::uint32_t>(block_ >> 32) | static_cast<std::uint32_t>(128 + step)
                                                             << 16;
    }
    philox_side_by_side<calls>(
        c0, c1, c2, c3, {static_cast<std::uint32_t>(key_), static_cast<std::uint32_t>(key_ >> 32)});
    for (std::size_t i = 0; i < calls; ++i) {
      const std::uint32_t words[4] = {c0[i], c1[i], c2[i], c3[i]};
      for (std::size_t k = 0; k < 4; ++k) {
        out[8 * i + 2 * k] = static_cast<std::uint16_t>(words[k]);
        out[8 * i + 2 * k + 1] = static_cast<std::uint16_t>(words[k] >> 16);
      }
    }
  }

  // What follows in w, for two indices from 2 pair on: the highest 48 bits of each word
  NodeBits rests(int step, std::size_t pair) const { return at(192 + step, pair); }

  // Where element i goes: a permutation of n, by exchanges from the last place down.
  LargeVector<std::uint32_t> permutation(std::size_t n) const {
    LargeVector<std::uint32_t> to(n);
    for (std::size_t i = 0; i < n; ++i) to[i] = static_cast<std::uint32_t>(i);
    for (std::size_t i = n; i-- > 1;) {
      std::swap(to[i], to[multiply_high(at(256, i).place, i + 1)]);
    }
    return to;
  }

  // What both sides take for the bits of a position behind its levels
  std::uint64_t remainder(std::size_t element) const { return at(257, element).place; }

  // w of these bits, of the element at a place: at first, from its 16 bits in front, and after some flips
  void rest_screens(std::size_t word, std::uint16_t* out) const {
    screens_of_word(rest_step, word, out);
  }
  double rest_w(std::size_t place, std::uint16_t screen) const {
    const NodeBits both = at(259, place / 2);
    return w_of(screen, (place % 2 == 0 ? both.place : both.arrival) >> 16);
  }
  double rest_w_after(std::size_t place, std::size_t flips) const {
    const std::uint64_t bits = at(260, std::uint64_t{place} << 6 | flips).place;
    return w_of(bits >> 48, bits & 0xFFFF'FFFF'FFFF);
  }

 private:
  static constexpr int rest_step = 130;  // lane 258, behind those of steps

  NodeBits at(int lane, std::uint64_t node) const {
    return bits_({node, static_cast<std::uint16_t>(lane)});
  }
  std::uint64_t word_at(int lane, std::size_t word) const {
    const NodeBits both = at(lane, word / 2);
    return word % 2 == 0 ? both.place : both.arrival;
  }

  NodeRandom bits_;
  std::uint64_t key_;
  std::uint64_t block_;
};

}  // namespace astar_rec::polar
