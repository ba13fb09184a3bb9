// Codes for indices: integers from 1 to 2^64 - 1 as bits.
//
// Each says how many bits an integer n takes, writes it, and reads it back. D = floor(log2 n).
//
//     Fixed(w)   n in w bits                                        DAD*: w = depth + 1
//     Gamma      D zeros, then n in D + 1 bits                      2 D + 1 bits
//     Delta      D + 1 in Gamma, then n without its leading one     D + 2 floor(log2(D + 1)) + 1
//     Zeta(k)    floor(D / k) in unary, then n in its block of k octaves, minimal binary
//
// References: P. Elias, "Universal codeword sets and representations of the integers", 1975 (gamma
// and delta); P. Boldi, S. Vigna, "Codes for the World Wide Web", Internet Mathematics 2, 2005 (zeta:
// made for a power law n^-(1 + 1/k), and Zeta(1) = Gamma).
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "codes/bit_io.hpp"
#include "engine/errors.hpp"

namespace astar_rec {

inline int floor_log2(std::uint64_t n) { return 63 - std::countl_zero(n); }

struct FixedCode {
  int width;  // 1 to 64

  int length(std::uint64_t) const { return width; }
  bool fits(std::uint64_t n) const { return floor_log2(n) < width; }
  void write(BitWriter& out, std::uint64_t n) const { out.write(n, width); }
  std::uint64_t read(BitReader& in) const {
    const std::uint64_t n = in.read(width);
    if (n == 0) throw CorruptDataError("an index of 0");
    return n;
  }
};

struct GammaCode {
  int length(std::uint64_t n) const { return 2 * floor_log2(n) + 1; }
  bool fits(std::uint64_t) const { return true; }
  void write(BitWriter& out, std::uint64_t n) const {
    out.write_zeros(floor_log2(n));
    out.write(n, floor_log2(n) + 1);
  }
  std::uint64_t read(BitReader& in) const {
    const int depth = in.read_unary(63);
    return (std::uint64_t{1} << depth) | in.read(depth);
  }
};

struct DeltaCode {
  int length(std::uint64_t n) const {
    const int depth = floor_log2(n);
    return GammaCode{}.length(static_cast<std::uint64_t>(depth) + 1) + depth;
  }
  bool fits(std::uint64_t) const { return true; }
  void write(BitWriter& out, std::uint64_t n) const {
    const int depth = floor_log2(n);
    GammaCode{}.write(out, static_cast<std::uint64_t>(depth) + 1);
    out.write(n, depth);
  }
  std::uint64_t read(BitReader& in) const {
    const std::uint64_t octave = GammaCode{}.read(in);
    if (octave > 64) throw CorruptDataError("an index too large for 64 bits");
    const int depth = static_cast<int>(octave) - 1;
    return (std::uint64_t{1} << depth) | in.read(depth);
  }
};

struct ZetaCode {
  int k;  // 1 to 63

  int length(std::uint64_t n) const {
    const Block block = block_of(n);
    return block.number + 1 + block.bits - (n - block.first < block.short_words ? 1 : 0);
  }
  bool fits(std::uint64_t) const { return true; }
  void write(BitWriter& out, std::uint64_t n) const {
    const Block block = block_of(n);
    out.write_zeros(block.number);
    out.write(1, 1);
    const std::uint64_t within = n - block.first;
    if (within < block.short_words) {
      out.write(within, block.bits - 1);
    } else {
      out.write(within + block.short_words, block.bits);
    }
  }
  std::uint64_t read(BitReader& in) const {
    const Block block = make_block(in.read_unary(63 / k));
    std::uint64_t within = in.read(block.bits - 1);
    if (within >= block.short_words) {
      within = (within << 1 | in.read(1)) - block.short_words;
    }
    return block.first + within;
  }

 private:
  // The integers from 2^(k number) to 2^(k (number + 1)) - 1, or to 2^64 - 1. There are size of
  // them; the first short_words take bits - 1 bits, the others bits.
  struct Block {
    int number;
    std::uint64_t first;
    int bits;
    std::uint64_t short_words;  // 2^bits - size
  };

  Block block_of(std::uint64_t n) const { return make_block(floor_log2(n) / k); }

  Block make_block(int number) const {
    const int from = k * number;
    const int to = from + k < 64 ? from + k : 64;
    // size = 2^to - 2^from, so bits = to, unless to = from + 1, where size = 2^from.
    const std::uint64_t first = std::uint64_t{1} << from;
    if (to == from + 1) return {number, first, from + 1, first};
    return {number, first, to, first};
  }
};

enum class Code { fixed, gamma, delta, zeta };

// Calls f with the code. `parameter` is the width or k, checked by the caller.
template <class F>
decltype(auto) with_code(Code code, int parameter, const F& f) {
  switch (code) {
    case Code::fixed:
      return f(FixedCode{parameter});
    case Code::gamma:
      return f(GammaCode{});
    case Code::delta:
      return f(DeltaCode{});
    default:
      return f(ZetaCode{parameter});
  }
}

// Throws IndexError for an index of 0 or one that the code cannot hold, at place i of a call.
template <class AnyCode>
void check_index(const AnyCode& code, std::uint64_t index, std::size_t i) {
  if (index == 0) throw IndexError(i, "index 0: indices start at 1");
  if (!code.fits(index)) throw IndexError(i, "the index does not fit in the code's width");
}

inline std::uint64_t coded_bits(std::span<const std::uint64_t> indices, Code code, int parameter) {
  return with_code(code, parameter, [&](const auto& c) {
    std::uint64_t bits = 0;
    for (std::size_t i = 0; i < indices.size(); ++i) {
      check_index(c, indices[i], i);
      bits += static_cast<std::uint64_t>(c.length(indices[i]));
    }
    return bits;
  });
}

inline std::vector<std::uint8_t> pack(std::span<const std::uint64_t> indices, Code code,
                                      int parameter) {
  return with_code(code, parameter, [&](const auto& c) {
    BitWriter out;
    for (std::size_t i = 0; i < indices.size(); ++i) {
      check_index(c, indices[i], i);
      c.write(out, indices[i]);
    }
    return std::move(out).finish();
  });
}

// Throws CorruptDataError unless the bytes are exactly the code of out.size() indices.
inline void unpack(std::span<const std::uint8_t> bytes, Code code, int parameter,
                   std::span<std::uint64_t> out) {
  with_code(code, parameter, [&](const auto& c) {
    BitReader in(bytes);
    for (std::uint64_t& n : out) n = c.read(in);
    if (!in.only_padding_left()) throw CorruptDataError("more data than indices");
  });
}

}  // namespace astar_rec
