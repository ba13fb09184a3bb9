// Numbers of 64 bits in lanes, as two Words: positions, widths of regions.

struct Wide {
  Word high, low;

  ASTAR_REC_LANES void each(const auto& f) { f(high), f(low); }
  ASTAR_REC_LANES Wide operator^(const Wide& other) const {
    return {high ^ other.high, low ^ other.low};
  }
  ASTAR_REC_LANES Wide operator+(const Wide& other) const {
    const Word sum = low + other.low;
    return {high + other.high - (Word)(sum < low), sum};
  }
  ASTAR_REC_LANES Wide operator-(const Wide& other) const {
    return {high - other.high + (Word)(low < other.low), low - other.low};
  }
  ASTAR_REC_LANES Mask operator<(const Wide& other) const {
    return (high < other.high) | ((high == other.high) & (low < other.low));
  }
};

ASTAR_REC_LANES Wide choose(Mask mask, const Wide& a, const Wide& b) {
  return {mask ? a.high : b.high, mask ? a.low : b.low};
}

ASTAR_REC_LANES Wide splat_wide(std::uint64_t x) {
  return {splat_word(static_cast<std::uint32_t>(x >> 32)),
          splat_word(static_cast<std::uint32_t>(x))};
}

ASTAR_REC_LANES std::uint64_t lane_of(const Wide& x, int i) {
  return std::uint64_t{x.high[i]} << 32 | x.low[i];
}

ASTAR_REC_LANES Mask is_zero(const Wide& x) { return (x.high | x.low) == Word{}; }

// To the nearest float or the next.
ASTAR_REC_LANES Float to_float(const Wide& x) {
  const Float high = to_float((Int)(x.high >> 16));
  const Float middle = to_float((Int)((x.high & 0xFFFF) << 15 | x.low >> 17));
  const Float low = to_float((Int)(x.low & 0x1FFFF));
  return fused(high, splat(0x1p48F), fused(middle, splat(0x1p17F), low));
}

ASTAR_REC_LANES void set_lane(Wide& x, int i, std::uint64_t to) {
  x.high[i] = static_cast<std::uint32_t>(to >> 32);
  x.low[i] = static_cast<std::uint32_t>(to);
}

// The even lanes of words, as the low halves of pairs, and the odd; and both together again.
ASTAR_REC_LANES Pair odd_lanes(Word x) { return (Pair)x >> 32; }
ASTAR_REC_LANES Word interleave(Pair even, Pair odd) {
  return (Word)((even & std::uint64_t{0xFFFFFFFF}) | odd << 32);
}

// The high 64 bits of the product, as `multiply_high` of positions.hpp.
ASTAR_REC_LANES Wide multiply_high(const Wide& a, const Wide& b) {
  struct Product {
    Pair high_word, low_word;
  };
  const auto of_pairs = [](Pair a_high, Pair a_low, Pair b_high, Pair b_low)
                            ASTAR_REC_LAMBDA -> Product {
    const Pair low = multiply_low(a_low, b_low);
    const Pair middle = multiply_low(a_high, b_low) + (low >> 32);
    const Pair other = multiply_low(a_low, b_high) + (middle & std::uint64_t{0xFFFFFFFF});
    const Pair high = multiply_low(a_high, b_high) + (middle >> 32) + (other >> 32);
    return {high >> 32, high};
  };
  const Product even = of_pairs((Pair)a.high, (Pair)a.low, (Pair)b.high, (Pair)b.low);
  const Product odd =
      of_pairs(odd_lanes(a.high), odd_lanes(a.low), odd_lanes(b.high), odd_lanes(b.low));
  return {interleave(even.high_word, odd.high_word), interleave(even.low_word, odd.low_word)};
}
