// Masses of cells, and their sums, in lanes: what cells.hpp computes, to the same bits.

#if ASTAR_REC_AVX2

inline void masses(std::span<const double> tails, double* mass) {
  const std::size_t count = tails.size() - 1;
  const Double one = Double{} + 1.0;
  std::size_t c = 0;
  for (; c + 4 <= count; c += 4) {
    const Double low = (Double)_mm256_loadu_pd(&tails[c]);
    const Double high = (Double)_mm256_loadu_pd(&tails[c + 1]);
    const Long over_middle = (low >= 0.0) & (high < 0.0);
    const Double between = (high - low) + (Double)((Long)one & over_middle);
    _mm256_storeu_pd(mass + c, (__m256d)(between > 0.0 ? between : Double{}));
  }
  plain::masses(tails.subspan(c), mass + c);
}

inline AlternateSums part(std::span<const double> x, double* to, double* odd) {
  __m128d sums = _mm_setzero_pd();
  std::size_t pair = 0;
  for (; 2 * pair + 8 <= x.size(); pair += 4) {
    const __m256d first = _mm256_loadu_pd(&x[2 * pair]), second = _mm256_loadu_pd(&x[2 * pair + 4]);
    sums = _mm_add_pd(sums, _mm256_castpd256_pd128(first));
    sums = _mm_add_pd(sums, _mm256_extractf128_pd(first, 1));
    sums = _mm_add_pd(sums, _mm256_castpd256_pd128(second));
    sums = _mm_add_pd(sums, _mm256_extractf128_pd(second, 1));
    // Pairs 0, 2, 1, 3, put in order
    constexpr int in_order = 0b11'01'10'00;
    const __m256d evens = _mm256_unpacklo_pd(first, second);
    const __m256d odds = _mm256_unpackhi_pd(first, second);
    _mm256_storeu_pd(to + pair, _mm256_permute4x64_pd(evens, in_order));
    _mm256_storeu_pd(odd + pair, _mm256_permute4x64_pd(odds, in_order));
  }
  return plain::part_from(pair, {_mm_cvtsd_f64(sums), _mm_cvtsd_f64(_mm_unpackhi_pd(sums, sums))},
                          x, to, odd);
}

#else

using plain::masses;
using plain::part;

#endif
