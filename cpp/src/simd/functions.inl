// Logarithm, arrivals and quantiles to some 2^-22: for bounds and values, not for samples.
//
// What a decoder computes is never computed here. The search in lanes knows how far these may be from
// the functions of special.hpp and normal_quantile.hpp, and what is too close to call it leaves to
// the search that uses those. cpp/tests/test_lanes.cpp measures how far they are.

// c[0] + c[1] x + ... + c[9] x^9, as a tree, whose branches need not wait for each other.
ASTAR_REC_LANES Float polynomial(const float (&c)[10], Float x) {
  const Float x2 = x * x;
  const Float x4 = x2 * x2;
  const Float c01 = fused(splat(c[1]), x, splat(c[0]));
  const Float c23 = fused(splat(c[3]), x, splat(c[2]));
  const Float c45 = fused(splat(c[5]), x, splat(c[4]));
  const Float c67 = fused(splat(c[7]), x, splat(c[6]));
  const Float c89 = fused(splat(c[9]), x, splat(c[8]));
  return fused(fused(c89, x4, fused(c67, x2, c45)), x4, fused(c23, x2, c01));
}

// x = mantissa 2^exponent, with the mantissa in [1/2, 1), for normal x > 0.
struct Parts {
  Float mantissa;
  Int exponent;
};

ASTAR_REC_LANES Parts parts_of(Float x) {
  const Int bits = (Int)x;
  return {(Float)((bits & 0x007FFFFF) | 0x3F000000), (bits >> 23) - 126};
}

// -log(1 - x) for x in (0, 1/2], relatively accurate down to 0.
ASTAR_REC_LANES Float log_below_one(Float x) { return x * polynomial(log_slope, x); }

inline constexpr float log_of_2 = 0x1.62e430p-1F;

// -log(x) for normal x > 0; the error is absolute.
ASTAR_REC_LANES Float negative_log(Float x) {
  const Parts parts = parts_of(x);
  return fused(to_float(-parts.exponent), splat(log_of_2), log_below_one(1.0F - parts.mantissa));
}

// All bits where x is in the upper half of all numbers: with these flipped it is seen from its nearer
// end.
ASTAR_REC_LANES Wide upper_half(const Wide& x) {
  const Word upper = (Word)((Int)x.high >> 31);
  return {upper, upper};
}

// x 2^-32 for odd x < 2^63, and (x + 1) 2^-32 for even ones.
ASTAR_REC_LANES Float tail_to_float(const Wide& x) {
  const Float fraction = fused(to_float((Int)(x.low >> 1)), splat(0x1p-31F), splat(0x1p-32F));
  return to_float((Int)x.high) + fraction;
}

// As in gumbel.hpp: -log(u), u = (bits | 1) / 2^64. Relatively accurate.
ASTAR_REC_LANES Float exponential(const Wide& bits) {
  const Wide upper = upper_half(bits);
  const Float from_end = tail_to_float(bits ^ upper);  // 2^32 u, or 2^32 (1 - u)
  const Parts parts = parts_of(from_end);
  const Float x = (Mask)upper.high ? from_end * 0x1p-32F : 1.0F - parts.mantissa;
  const Float octaves = (Mask)upper.high ? Float{} : to_float(32 - parts.exponent);
  return fused(octaves, splat(log_of_2), log_below_one(x));
}

// The standard normal's quantile far out, where the tail probability is known to its last bit.
[[gnu::noinline, gnu::cold]] inline Float normal_quantile_in_tails(const Wide& position) {
  const Wide from_end = position ^ upper_half(position);
  const Float last_bit = to_float((Int)(from_end.low & 1)) - 0.5F;
  const Float tail = fused(last_bit, splat(0x1p-64F), tail_to_float(from_end) * 0x1p-32F);
  const Float w = negative_log(4.0F * tail * (1.0F - tail));
  const Float at = square_root(w) - 4.5F;
  Float slope{};
  for (int k = static_cast<int>(std::size(quantile_slope_in_tails)); k-- > 0;) {
    slope = fused(slope, at, splat(quantile_slope_in_tails[k]));
  }
  const Float magnitude = slope * (1.0F - 2.0F * tail);
  return (Mask)upper_half(position).high ? magnitude : -magnitude;
}

// The standard normal's quantile at a position, as in normal_quantile.hpp. Relatively accurate in the
// tails, absolutely at the centre.
ASTAR_REC_LANES Float normal_quantile(const Wide& position) {
  const Float tail = tail_to_float(position ^ upper_half(position)) * 0x1p-32F;
  const Int from_median = (Int)(position.high ^ 0x80000000U);
  const Float x = fused(to_float(from_median), splat(0x1p-31F), splat(0x1p-32F));  // 2 p - 1
  const Float w = negative_log(4.0F * tail * (1.0F - tail));                       // -log(1 - x^2)
  const Float z = x * polynomial(quantile_slope, w - 3.0F);
  const Mask far = w > 6.0F;
  if (lanes_of(far) == 0) [[likely]]
    return z;
  return far ? normal_quantile_in_tails(position) : z;
}
