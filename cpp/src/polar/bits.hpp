// Bits, one in a byte as the transform has them, and 64 in a word as random numbers come.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>

namespace astar_rec::polar {

using Bit = std::uint8_t;

inline constexpr std::size_t word_size = 64;
using Word = std::uint64_t;

// Eight bits of a word to eight bytes. Compilers make one store of the eight.
inline void spread_byte(Word byte, Bit* to) {
  // A copy of all eight in each byte, of which each byte keeps its own
  const Word own = byte * 0x0101010101010101 & 0x8040201008040201;
  const Word ones = (own + 0x7F7F7F7F7F7F7F7F) >> 7 & 0x0101010101010101;
  for (unsigned i = 0; i < 8; ++i) to[i] = static_cast<Bit>(ones >> 8 * i);
}

// The lowest `size` bits of a word to as many bytes, lowest first.
inline void spread(Word word, std::size_t size, Bit* to) {
  std::size_t k = 0;
  for (; k + 8 <= size; k += 8) spread_byte(word >> k & 0xFF, to + k);
  for (; k < size; ++k) to[k] = static_cast<Bit>(word >> k & 1);
}

// The other way.
inline Word gathered(const Bit* from, std::size_t size) {
  Word word = 0;
  std::size_t k = 0;
  for (; k + 8 <= size; k += 8) {
    Word ones = 0;
    for (unsigned i = 0; i < 8; ++i) ones |= Word{from[k + i]} << 8 * i;
    word |= (ones * 0x0102040810204080) >> 56 << k;  // byte i times 2^(56 - 7 i) ends in bit 56 + i
  }
  for (; k < size; ++k) word |= Word{from[k]} << k;
  return word;
}

// Bits of a word beside as many of `from`: where they differ.
inline void differing(Word word, const Bit* from, std::size_t size, Bit* to) {
  std::array<Bit, word_size> own;
  spread(word, size, own.data());
  for (std::size_t k = 0; k < size; ++k) to[k] = from[k] ^ own[k];
}

// Numbers of which those have the other sign where a word has a 1. In pairs: compilers make vectors of these.
inline void negated_where(Word word, const double* from, std::size_t size, double* to) {
  constexpr Word minus = Word{1} << 63;
  static constexpr Word signs[4][2] = {{0, 0}, {minus, 0}, {0, minus}, {minus, minus}};
  std::size_t k = 0;
  for (; k + 2 <= size; k += 2) {
    Word pair[2];
    std::memcpy(pair, from + k, sizeof pair);
    const Word* own = signs[word >> k & 3];
    pair[0] ^= own[0];
    pair[1] ^= own[1];
    std::memcpy(to + k, pair, sizeof pair);
  }
  for (; k < size; ++k) to[k] = (word >> k & 1) != 0 ? -from[k] : from[k];
}

// Exchanges rows and columns: bit k of word r becomes bit r of word k. Corners of squares of 32, 16, … change places.
// Source: Warren, "Hacker's Delight", section 7-3.
inline void transpose(std::array<Word, word_size>& rows) {
  Word low = 0x00000000FFFFFFFF;
  for (unsigned size = 32; size != 0; size /= 2, low ^= low << size) {
    for (std::size_t r = 0; r < word_size; r = (r + size + 1) & ~std::size_t{size}) {
      const Word exchanged = (rows[r] >> size ^ rows[r + size]) & low;
      rows[r] ^= exchanged << size;
      rows[r + size] ^= exchanged;
    }
  }
}

}  // namespace astar_rec::polar
