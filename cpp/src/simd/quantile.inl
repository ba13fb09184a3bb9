// Quantiles in lanes: what normal_quantile.hpp computes, by the same operations of IEEE doubles in the
// same order, and so to the same bits.
//
// With AVX2 four at a time. The others have no instructions that would gain anything: one at a time.

#if ASTAR_REC_AVX2

typedef double Double __attribute__((vector_size(32)));
typedef std::int64_t Long __attribute__((vector_size(32)));

// The nearest double, as the conversion of one number: the sum of two parts without rounding.
ASTAR_REC_LANES Double to_double(Long x) {
  constexpr std::int64_t at_52 = 0x4330000000000000;  // 2^52, and how a number below is added to it
  constexpr std::int64_t at_84 = 0x4530000000000000;  // 2^84, with the units at 2^32
  const Long low = (x & 0xFFFFFFFF) | at_52;
  const Long high = (Long)((Pair)x >> 32) ^ (at_84 | 0x80000000);
  return ((Double)high - (0x1p84 + 0x1p63)) + ((Double)low - 0x1p52);
}

// The leading zeros of x >= 1.
ASTAR_REC_LANES Long leading_zeros(Pair x) {
  const Pair leading = x & ~(x >> 1);  // so that no rounding carries into the next power of two
  const Long half = (Long)(leading >> 1 | (leading & 1));
  const Long exponent = (Long)((Pair)to_double(half) >> 52);
  const Long is_one = (Long)(x == 1);
  return (1023 + 62) - exponent - is_one;
}

struct Rows {
  Double c[8];
};

// The coefficients 2 k and 2 k + 1 of four rows. Halves are put together as they are read, which takes no
// shuffles: those are what a transposition of whole rows waits for.
ASTAR_REC_LANES void coefficients(const double* const (&row)[4], int k, Double* c) {
  const auto halves = [&](int low, int high) ASTAR_REC_LAMBDA {
    return _mm256_insertf128_pd(_mm256_castpd128_pd256(_mm_load_pd(row[low] + 2 * k)),
                                _mm_load_pd(row[high] + 2 * k), 1);
  };
  const __m256d even_rows = halves(0, 2), odd_rows = halves(1, 3);
  c[2 * k] = (Double)_mm256_unpacklo_pd(even_rows, odd_rows);
  c[2 * k + 1] = (Double)_mm256_unpackhi_pd(even_rows, odd_rows);
}

// The coefficients of four segments.
ASTAR_REC_LANES Rows rows_at(const Row* table, Long which) {
  const double* const row[4] = {table[which[0]], table[which[1]], table[which[2]], table[which[3]]};
  Rows rows;
#pragma GCC unroll 4
  for (int k = 0; k < 4; ++k) coefficients(row, k, rows.c);
  return rows;
}

// See segments.hpp.
ASTAR_REC_LANES Double polynomial(const Rows& rows, Double u) {
  const Double(&c)[8] = rows.c;
  const Double u2 = u * u;
  const Double low = c[1] * u + (c[2] + c[3] * u) * u2;
  const Double high = (c[4] + c[5] * u) + (c[6] + c[7] * u) * u2;
  return c[0] + (low + high * (u2 * u2));
}

// See normal_quantile.hpp; the names are those of positions.hpp and segments.hpp.
ASTAR_REC_LANES Double exact_normal_quantile(Pair position) {
  const Long lower = (Long)position >= 0 ? Long{} - 1 : Long{};
  const Pair from_end = position ^ ~(Pair)lower;
  const Pair odd = 2 * from_end + 1;
  const Long octave = leading_zeros(odd);
  const Long at_centre = octave == 0;
  const Pair shifted = (Pair)_mm256_sllv_epi64((__m256i)odd, (__m256i)octave);
  const Pair bits = ((shifted ^ (Pair)at_centre) - (Pair)at_centre) << 1;

  constexpr std::int64_t half = std::int64_t{1} << 58;
  const Double u = to_double((Long)(bits & (2 * half - 1)) - half) * 0x1p-59;
  const Double place = to_double((Long)(bits >> 1)) * 0x1p-63;
  const Long segment = octave * segments_per_octave + (Long)(bits >> 59);
  const Rows rows = rows_at(normal_quantile_table, segment);
  const Double factor = at_centre ? place * 0.25 : Double{} + 1.0;
  const Double magnitude = polynomial(rows, u) * factor;
  return (Double)((Pair)magnitude ^ ((Pair)lower << 63));
}

#endif  // ASTAR_REC_AVX2

inline void normal_quantiles(std::span<const Position> position, std::span<double> z) {
  std::size_t i = 0;
#if ASTAR_REC_AVX2
  for (; i + 4 <= position.size(); i += 4) {
    Pair four;
    std::memcpy(&four, &position[i], sizeof four);
    const Double found = exact_normal_quantile(four);
    std::memcpy(&z[i], &found, sizeof found);
  }
#endif
  for (; i < position.size(); ++i) z[i] = astar_rec::normal_quantile(position[i]);
}
