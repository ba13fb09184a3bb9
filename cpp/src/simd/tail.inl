// The normal's signed tails in lanes: what normal_tail.hpp computes, by the same operations of IEEE doubles
// in the same order, and so to the same bits.
//
// With AVX2 four at a time, as quantiles are; beyond the table, unless nothing is left, one at a time.

#if ASTAR_REC_AVX2

inline void normal_tails(std::span<const double> z, std::span<double> tail, double end) {
  const Double above_zero = Double{} + 0.0;
  const Double nothing_above = Double{} - std::numeric_limits<double>::denorm_min();
  std::size_t i = 0;
  for (; i + 4 <= z.size(); i += 4) {
    const Double at = (Double)_mm256_loadu_pd(&z[i]);
    const Double size = (Double)((Long)at & 0x7FFFFFFFFFFFFFFF);
    const Long inside = size < tail_table_end, gone = (size > end) | (size >= tail_vanishes);
    const Double nothing = at > above_zero ? nothing_above : Double{};
    const int all_gone = _mm256_movemask_pd((__m256d)gone);
    if (all_gone == 15) {
      _mm256_storeu_pd(&tail[i], (__m256d)nothing);
      continue;
    }
    // NaN and what lies beyond go to the first row, and are done again below.
    const Double places = (Double)((Long)(size * static_cast<double>(tail_segments)) & inside);
    const __m128i segment = _mm256_cvttpd_epi32((__m256d)places);
    alignas(16) std::int32_t which[4];
    _mm_store_si128(reinterpret_cast<__m128i*>(which), segment);
    const double* const row[4] = {tail_table[which[0]], tail_table[which[1]], tail_table[which[2]],
                                  tail_table[which[3]]};
    Double c[tail_row];
#pragma GCC unroll 6
    for (int k = 0; k < tail_row / 2; ++k) coefficients(row, k, c);
    const Double middle = ((Double)_mm256_cvtepi32_pd(segment) + 0.5) * (1.0 / tail_segments);
    const Double h = size - middle;
    Double series = c[tail_coefficients - 1];
#pragma GCC unroll 10
    for (int k = tail_coefficients - 2; k >= 0; --k) series = series * h + c[k];
    const Double out = at > above_zero ? -series : series;
    _mm256_storeu_pd(&tail[i], (__m256d)(gone ? nothing : out));
    const int beyond = (_mm256_movemask_pd((__m256d)inside) | all_gone) ^ 15;
    if (beyond != 0) {
      for (std::size_t k = 0; k < 4; ++k) {
        if ((beyond >> k & 1) != 0) tail[i + k] = tail_within<Normal>(z[i + k], end);
      }
    }
  }
  for (; i < z.size(); ++i) tail[i] = tail_within<Normal>(z[i], end);
}

#else

inline void normal_tails(std::span<const double> z, std::span<double> tail, double end) {
  for (std::size_t i = 0; i < z.size(); ++i) tail[i] = tail_within<Normal>(z[i], end);
}

#endif
