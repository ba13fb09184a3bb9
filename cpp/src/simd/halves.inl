// Halves of cells, four at a time: what halves.hpp computes, to the same bits.

#if ASTAR_REC_AVX2

// Four numbers of an array, by their places there
struct Four {
  explicit Four(const std::uint32_t* at) : at_(at), in_a_row_(at[3] == at[0] + 3) {}

  template <class T>
  __m256d load(std::span<T> from) const {
    static_assert(sizeof(T) == 8);
    double x[4];
    if (in_a_row_) {
      std::memcpy(x, &from[at_[0]], sizeof x);
    } else {
      for (int i = 0; i < 4; ++i) std::memcpy(&x[i], &from[at_[i]], sizeof(T));
    }
    return _mm256_loadu_pd(x);
  }
  void store(Double x, std::span<double> to) const {
    if (in_a_row_) return _mm256_storeu_pd(&to[at_[0]], (__m256d)x);
    for (int i = 0; i < 4; ++i) to[at_[i]] = x[i];
  }

 private:
  const std::uint32_t* at_;
  bool in_a_row_;  // distinct and increasing
};

ASTAR_REC_LANES Double size_of(Double x) {
  return (Double)_mm256_andnot_pd(_mm256_set1_pd(-0.0), (__m256d)x);
}
// As std::max has it, of NaNs too
ASTAR_REC_LANES Double larger_of(Double x, Double y) { return x < y ? y : x; }
ASTAR_REC_LANES Double mass_of(Double low, Double high) {
  const Long over_middle = (low >= 0.0) & (high < 0.0);
  const Double mass = (high - low) + (Double)((Long)(Double{} + 1.0) & over_middle);
  return mass > 0.0 ? mass : Double{};
}

inline void halve_all(const Halving& how, std::span<const std::uint32_t> element,
                      std::span<const Ends> cell, std::span<const Place> middle,
                      const Differences& all, std::span<Halved> found) {
  constexpr double infinity = std::numeric_limits<double>::infinity();
  std::size_t k = 0;
  for (; how.precise_above && k + 4 <= element.size(); k += 4) {
    __m256d row[4];
    for (std::size_t i = 0; i < 4; ++i) row[i] = _mm256_loadu_pd(&cell[k + i].low().x);
    const __m256d x_front = _mm256_unpacklo_pd(row[0], row[1]);
    const __m256d x_back = _mm256_unpacklo_pd(row[2], row[3]);
    const __m256d tail_front = _mm256_unpackhi_pd(row[0], row[1]);
    const __m256d tail_back = _mm256_unpackhi_pd(row[2], row[3]);
    const auto low_x = (Double)_mm256_permute2f128_pd(x_front, x_back, 0x20);
    const auto high_x = (Double)_mm256_permute2f128_pd(x_front, x_back, 0x31);
    const auto low = (Double)_mm256_permute2f128_pd(tail_front, tail_back, 0x20);
    const auto high = (Double)_mm256_permute2f128_pd(tail_front, tail_back, 0x31);
    const __m256d front = _mm256_loadu_pd(&middle[k].x), back = _mm256_loadu_pd(&middle[k + 2].x);
    constexpr int in_order = 0b11'01'10'00;  // of 0, 2, 1, 3
    const auto mid_x = (Double)_mm256_permute4x64_pd(_mm256_unpacklo_pd(front, back), in_order);
    const auto mid = (Double)_mm256_permute4x64_pd(_mm256_unpackhi_pd(front, back), in_order);
    const Four at(&element[k]);
    const auto before = (Double)at.load(all.d);

    const Double below = mass_of(low, mid), above = mass_of(mid, high), both = below + above;
    const Double width_of = high_x - low_x, difference = (below - above) / both;
    const Double largest = larger_of(larger_of(size_of(low), size_of(mid)), size_of(high));
    const Double of_tails = how.rounding * largest / both;
    const Double far = larger_of(size_of(low_x), size_of(high_x));
    const Double of_places = width_of < infinity ? how.rounding * far / width_of : Double{};
    const Double scale =
        how.first ? Double{} + 1.0 : larger_of(size_of(difference), size_of(before));
    const Double following = how.smooth ? scale * scale * scale : scale * scale;
    const Double noise = how.margin * (of_tails + of_places);
    const Long ends = ((below == 0.0) | (above == 0.0)) & (low_x < mid_x) & (mid_x < high_x) &
                      (how.margin * of_tails < 1.0);
    const Long jumps = (noise < size_of(difference - before)) | ends;
    const Long sure = (both > 0.0) & ((noise < following) | (noise < how.exact) | jumps);
    if (how.smooth && !how.first) {
      const auto bend = (Double)at.load(all.bend);
      const Long lower = ((Long)at.load(all.label) << 63) ^ ((Long{} + 1) << 63);  // the sign
      const auto half = before - (Double)((Long)(4.0 * bend) ^ lower);
      const auto next = 0.25 * (Double)((Long)(difference - half) ^ lower);
      at.store(sure ? next : bend, all.bend);
    }
    at.store(sure ? difference : before, all.d);
    const Long goes_on = how.smooth ? sure & ~(Long)(scale < how.small) : sure;
    for (std::size_t i = 0; i < 4; ++i) {
      found[k + i] = goes_on[static_cast<int>(i)] != 0 ? Halved::goes_on : Halved::done;
    }
  }
  plain::halve_from(k, how, element, cell, middle, all, found);
}

#else

using plain::halve_all;

#endif
