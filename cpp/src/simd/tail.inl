// The normal's signed tails in lanes: what normal_tail.hpp computes, by the same operations of IEEE doubles
// in the same order, and so to the same bits.
//
// With AVX2 four at a time, as quantiles are; beyond the table one at a time.

#if ASTAR_REC_AVX2

inline void normal_tails(std::span<const double> z, std::span<double> tail) {
  const Double above_zero = Double{} + 0.0;
  std::size_t i = 0;
  for (; i + 4 <= z.size(); i += 4) {
    const Double at = (Double)_mm256_loadu_pd(&z[i]);
    const Double size = (Double)((Long)at & 0x7FFFFFFFFFFFFFFF);
    const Long inside = size < tail_table_end;
    // NaN and what lies beyond go to the first row, and are done again below.
    const Double places = (Double)((Long)(size * static_cast<double>(tail_segments)) & inside);
    const __m128i segment = _mm256_cvttpd_epi32((__m256d)places);
    __m256d row[3][4];
    alignas(16) std::int32_t which[4];
    _mm_store_si128(reinterpret_cast<__m128i*>(which), segment);
#pragma GCC unroll 4
    for (int k = 0; k < 4; ++k) {
      const double* from = tail_table[which[k]];
      row[0][k] = _mm256_load_pd(from);
      row[1][k] = _mm256_load_pd(from + 4);
      row[2][k] = _mm256_load_pd(from + 8);
    }
    Double c[tail_row];
    transpose(row[0], c);
    transpose(row[1], c + 4);
    transpose(row[2], c + 8);
    const Double middle = ((Double)_mm256_cvtepi32_pd(segment) + 0.5) * (1.0 / tail_segments);
    const Double h = size - middle;
    Double series = c[tail_coefficients - 1];
#pragma GCC unroll 10
    for (int k = tail_coefficients - 2; k >= 0; --k) series = series * h + c[k];
    const Double out = at > above_zero ? -series : series;
    _mm256_storeu_pd(&tail[i], (__m256d)out);
    const int beyond = _mm256_movemask_pd((__m256d)inside) ^ 15;
    if (beyond != 0) {
      for (std::size_t k = 0; k < 4; ++k) {
        if ((beyond >> k & 1) != 0) tail[i + k] = Normal::tail(z[i + k]);
      }
    }
  }
  for (; i < z.size(); ++i) tail[i] = Normal::tail(z[i]);
}

#else

inline void normal_tails(std::span<const double> z, std::span<double> tail) {
  for (std::size_t i = 0; i < z.size(); ++i) tail[i] = Normal::tail(z[i]);
}

#endif
