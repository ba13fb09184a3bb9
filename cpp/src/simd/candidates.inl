// Log ratios of candidates, some of them side by side: for which may win, not for what is sent.
//
// A candidate is a sample of all of a block's elements, and its ratio a sum over them. In lanes are
// candidates; a lane of random bits (box_place of tree/box.hpp) has the places of two elements, so of
// two neighbours one is for the first of these, one for the second:
//
//     lane of random bits k:   candidate  1    1    2    2    3    3    4    4
//                              element   2k-1  2k  2k-1  2k  2k-1  2k  2k-1  2k
//
// The ratio of normals is a quadratic in the proposal's standard sample: two fused operations. What
// remains is to have the sample, so there is less of it than there could be: of a place its high 32
// bits, which are products of the generator's last round, and a quantile to some 2^-15. The first rounds
// of a candidate hardly differ from lane to lane, and are done once.
//
// `set` bounds the error: of the quantile, of sums of floats, and of the exact path's sums of doubles.

// The number that lanes i and i + 1 of a pair have, for all pairs.
ASTAR_REC_LANES Float splat_pair(const float* from) {
  std::uint64_t both;
  std::memcpy(&both, from, sizeof both);
  return (Float)(Pair{} + both);
}

// The even lanes of one, and in the odd lanes the even lanes of another.
ASTAR_REC_LANES Word interleave_even(Pair even, Pair odd) {
#if ASTAR_REC_AVX2
  return (Word)_mm256_blend_epi32((__m256i)even, (__m256i)(odd << 32), 0xAA);
#else
  return interleave(even, odd);
#endif
}

// Numbers of positions' high words, from the nearer end, for which the low words matter.
inline constexpr std::uint32_t unknown_tail = 1U << 13;

// In units of the proposal, for positions whose high words are these and which are not in the
// unknown tails: |error| <= most_in_near_quantile, |error z| <= most_in_near_square.
inline constexpr double most_in_near_quantile = 0x1p-15;
inline constexpr double most_in_near_square = 0x1.8p-14;

// By a function that knows all of the tails but the unknown ones.
[[gnu::noinline, gnu::cold]] inline Float near_tails(Word high) {
  return normal_quantile(Wide{high, splat_word(0x80000000U)});
}

// By segments: one for each octave of y = 1 - x^2, x = 2 p - 1. `tails` has the quantiles again, of all
// lanes, if there are any beyond the last octave.
ASTAR_REC_LANES Float near_normal_quantile(Word high, const auto& tails) {
#if ASTAR_REC_AVX2
  const Float x = to_float((Int)(high ^ 0x80000000U)) * 0x1p-31F;
  const Float y = fused(-x, x, splat(1.0F - 0x1p-24F));
  const auto row = [octave = (__m256i)((Word)y >> 23)](int power) ASTAR_REC_LAMBDA {
    return (Float)_mm256_permutevar8x32_ps(_mm256_load_ps(quantile_slope_by_octave[power]), octave);
  };
  const Float slope =
      fused(fused(fused(fused(row(4), y, row(3)), y, row(2)), y, row(1)), y, row(0));
  if (lanes_of(y < 0x1p-8F) != 0) [[unlikely]]
    return tails();
  return x * slope;
#else
  const Word from_end = high ^ (Word)((Int)high >> 31);
  if (lanes_of(from_end < unknown_tail) != 0) [[unlikely]]
    return tails();
  return normal_quantile(Wide{high, splat_word(0x80000000U)});
#endif
}

// Philox4x32-10 of philox.hpp for a candidate and lane after lane: only the counter's last word changes, and
// up to the fourth round only a part of what is computed hears of it.
struct CandidateBits {
  // Of a group of candidates.
  struct Group {
    Pair round_1, round_3, round_4, constant;
  };

  std::uint64_t lowest;  // of round 2
  std::uint32_t keys[10][2];

  // Candidates node, node + 1, ... of an element.
  ASTAR_REC_LANES Group begin(std::uint64_t element, Pair node) const {
    const Pair element_low = Pair{} + (element & 0xFFFFFFFF);
    const Pair m0 = Pair{} + multiplier_0, m1 = Pair{} + multiplier_1;
    const Pair p0 = multiply_low(node, m0);
    const Pair p1 = multiply_low(element_low, m1);
    Group group;
    group.round_1 = (p0 >> 32) ^ (element >> 32) ^ std::uint64_t{keys[0][1]};
    const Pair c0 = (p1 >> 32) ^ (node >> 32) ^ std::uint64_t{keys[0][0]};
    const Pair q0 = multiply_low(c0, m0);
    group.constant = q0 ^ std::uint64_t{keys[2][1]};
    const Pair c2 = (q0 >> 32) ^ p0 ^ std::uint64_t{keys[1][1]};
    const Pair r1 = multiply_low(c2, m1);
    group.round_3 = (r1 >> 32) ^ std::uint64_t{keys[2][0]};
    group.round_4 = r1 ^ std::uint64_t{keys[3][0]};
    return group;
  }

  void begin(std::uint64_t seed, std::uint64_t element) {
    PhiloxKey key = key_of(seed);
    for (auto& of_round : keys) {
      of_round[0] = key[0];
      of_round[1] = key[1];
      key[0] += 0x9E3779B9;
      key[1] += 0xBB67AE85;
    }
    lowest = (multiplier_1 * (element & 0xFFFFFFFF) & 0xFFFFFFFF) ^ keys[1][0];
  }

  // The high words of the places of two elements each.
  template <int groups>
  ASTAR_REC_LANES void high_words(const Group (&of)[groups], std::uint32_t lane,
                                  Word (&high)[groups]) const {
    const Pair m0 = Pair{} + multiplier_0, m1 = Pair{} + multiplier_1;
    const std::uint64_t lane_bits = std::uint64_t{lane} << 16;
    Pair c[groups][4];
#pragma GCC unroll 8
    for (int g = 0; g < groups; ++g) {
      const Pair p1 = multiply_low(of[g].round_1 ^ lane_bits, m1);  // round 2
      const Pair q0 = multiply_low((p1 >> 32) ^ lowest, m0);        // round 3
      const Pair c2 = (q0 >> 32) ^ of[g].constant;
      const Pair r0 = multiply_low(of[g].round_3 ^ p1, m0);  // round 4
      const Pair r1 = multiply_low(c2, m1);
      c[g][0] = (r1 >> 32) ^ of[g].round_4;
      c[g][1] = r1;
      c[g][2] = (r0 >> 32) ^ (q0 ^ std::uint64_t{keys[3][1]});
      c[g][3] = r0;
    }
#pragma GCC unroll 5
    for (int round = 4; round < 9; ++round) {
#pragma GCC unroll 8
      for (Pair(&of_group)[4] : c) {
        const Pair p0 = multiply_low(of_group[0], m0);
        const Pair p1 = multiply_low(of_group[2], m1);
        of_group[0] = (p1 >> 32) ^ (of_group[1] ^ std::uint64_t{keys[round][0]});
        of_group[1] = p1;
        of_group[2] = (p0 >> 32) ^ (of_group[3] ^ std::uint64_t{keys[round][1]});
        of_group[3] = p0;
      }
    }
    // Of the last round the low halves of products alone.
#pragma GCC unroll 8
    for (int g = 0; g < groups; ++g) {
      high[g] = interleave_even(multiply_low(c[g][2], m1), multiply_low(c[g][0], m0));
    }
  }

  static constexpr std::uint64_t multiplier_0 = 0xD2511F53;
  static constexpr std::uint64_t multiplier_1 = 0xCD9E8D57;
};

template <class Families>
class Candidates final : public CandidateLanes {
 public:
  double set(const LaneParameters& block) override {
    lanes_ = static_cast<std::uint32_t>(block.count() / 2 + 1);
    square_.assign(std::size_t{2} * lanes_, 0.0F);
    linear_.assign(std::size_t{2} * lanes_, 0.0F);
    constant_ = 0.0;
    double by_quantile = 0.0, size = 0.0, exact = 0.0;
    for (std::size_t j = 0; j < block.count(); ++j) {
      const double unit = block.proposal_scale[j];
      const double mean = (block.target_loc[j] - block.proposal_loc[j]) / unit;
      const double scale = block.target_scale[j] / unit;
      const double precision = unit / block.target_scale[j];
      const auto [square, linear, constant] = Families::quadratic(mean, scale, precision);
      // Element 0 has the first place of lane 0, in which the second is the arrival's.
      const std::size_t at = j == 0 ? 0 : j + 1;
      square_[at] = static_cast<float>(square);
      linear_[at] = static_cast<float>(linear);
      constant_ += constant;
      const double a = std::fabs(square), b = std::fabs(linear);
      by_quantile +=
          b * most_in_near_quantile +
          a * (2.0 * most_in_near_square + most_in_near_quantile * most_in_near_quantile);
      size += b * farthest + a * farthest * farthest;
      const double y = precision * (farthest + std::fabs(mean));
      exact += farthest * farthest + y * y + std::fabs(constant);
    }
    // Coefficients and terms are rounded to floats, and so are sums of `steps` of these. Sums of doubles,
    // here and in the exact path, are off by a rounding of the largest sum for each of their terms, and
    // terms by a few.
    return by_quantile + (steps + 4) * 0x1p-24 * size +
           (static_cast<double>(block.count()) + 8.0) * 0x1p-51 * exact;
  }

  void run(std::uint64_t seed, std::uint64_t element, std::uint64_t first,
           std::span<double> sums) override {
    bits_.begin(seed, element);
    seed_ = seed;
    element_ = element;
    for (std::size_t at = 0; at < sums.size(); at += at_once) {
      double found[at_once];
      add_up(first + at, found);
      const std::size_t count = std::min<std::size_t>(at_once, sums.size() - at);
      std::copy_n(found, count, &sums[at]);
    }
  }

 private:
  static constexpr int groups = 4;
  static constexpr int in_group = width / 2;  // candidates
  static constexpr int at_once = groups * in_group;
  static constexpr std::uint32_t steps = 16;  // that are added up in floats
  static constexpr double farthest = 9.25;    // no standard sample is farther out

  void add_up(std::uint64_t first, double (&found)[at_once]) {
    CandidateBits::Group of[groups];
    Pair node = Pair{} + first;
    for (int i = 0; i < in_group; ++i) node[i] += static_cast<std::uint64_t>(i);
    for (int g = 0; g < groups; ++g) {
      of[g] = bits_.begin(element_, node);
      node += static_cast<std::uint64_t>(in_group);
    }
    std::fill_n(found, at_once, constant_);
    for (std::uint32_t begin = 0; begin < lanes_; begin += steps) {
      const std::uint32_t end = std::min(begin + steps, lanes_);
      Float sum[groups] = {};
      for (std::uint32_t lane = begin; lane < end; ++lane) {
        Word high[groups];
        bits_.high_words(of, lane, high);
        const Float square = splat_pair(&square_[2 * lane]);
        const Float linear = splat_pair(&linear_[2 * lane]);
#pragma GCC unroll 8
        for (int g = 0; g < groups; ++g) {
          const Float z = near_normal_quantile(high[g], [&]() ASTAR_REC_LAMBDA {
            return in_tails(high[g], first + static_cast<std::uint64_t>(g * in_group), lane);
          });
          sum[g] = fused(z, fused(square, z, linear), sum[g]);
        }
      }
      for (int g = 0; g < groups; ++g) {
        for (int i = 0; i < in_group; ++i) {
          found[g * in_group + i] +=
              static_cast<double>(sum[g][2 * i]) + static_cast<double>(sum[g][2 * i + 1]);
        }
      }
    }
  }

  // With all bits of the places whose high words do not tell enough.
  [[gnu::noinline, gnu::cold]] Float in_tails(Word high, std::uint64_t node,
                                              std::uint32_t lane) const {
    Float z = near_tails(high);
    const Word from_end = high ^ (Word)((Int)high >> 31);
    for (unsigned unknown = lanes_of((Mask)(from_end < unknown_tail)); unknown != 0;
         unknown &= unknown - 1) {
      const int i = std::countr_zero(unknown);
      const NodeBits bits = NodeRandom(seed_, element_)(
          {node + static_cast<std::uint64_t>(i / 2), static_cast<std::uint16_t>(lane)});
      z[i] = static_cast<float>(Families::quantile(i % 2 == 0 ? bits.place : bits.arrival));
    }
    return z;
  }

  CandidateBits bits_;
  std::uint64_t seed_;
  std::uint64_t element_;
  std::uint32_t lanes_ = 0;  // of random bits
  std::vector<float> square_;
  std::vector<float> linear_;
  double constant_ = 0.0;
};
