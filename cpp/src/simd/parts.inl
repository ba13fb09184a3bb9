// What dithered quantisation computes of many numbers at once: exponentials of gumbel.hpp, and parts of
// dither/numbers.hpp, by the same operations of IEEE doubles, and so to the same bits.

#if ASTAR_REC_AVX2

// See negative_log_fraction of special.hpp.
ASTAR_REC_LANES Double exact_negative_log(Pair odd) {
  const Long octave = leading_zeros(odd);
  const Long near_one = octave == 0;
  const Pair shifted = (Pair)_mm256_sllv_epi64((__m256i)odd, (__m256i)octave);
  const Pair bits = ((shifted ^ (Pair)near_one) - (Pair)near_one) << 1;
  constexpr std::int64_t half = std::int64_t{1} << 58;
  const Double u = to_double((Long)(bits & (2 * half - 1)) - half) * 0x1p-59;
  const Double place = to_double((Long)(bits >> 1)) * 0x1p-63;
  const Long row = (near_one ? Long{} : Long{} + segments_per_octave) + (Long)(bits >> 59);
  const Double x = place * (near_one ? Double{} + 0.5 : Double{} + 1.0);
  const Double whole = near_one ? Double{} : to_double(octave + 1) * log_2;
  return whole - x * polynomial(rows_at(log_table, row), u);
}

#endif  // ASTAR_REC_AVX2

inline void exact_exponentials(std::span<const std::uint64_t> bits, std::span<double> out) {
  std::size_t i = 0;
#if ASTAR_REC_AVX2
  for (; i + 4 <= bits.size(); i += 4) {
    Pair four;
    std::memcpy(&four, &bits[i], sizeof four);
    const Double found = exact_negative_log(four | std::uint64_t{1});
    std::memcpy(&out[i], &found, sizeof found);
  }
#endif
  for (; i < bits.size(); ++i) out[i] = astar_rec::exponential(bits[i]);
}

inline void floors_of_masses(std::span<const double> tail, double scale, std::uint64_t* out) {
  std::size_t i = 0;
#if ASTAR_REC_AVX2
  for (; i + 4 <= tail.size(); i += 4) {
    const Double at = (Double)_mm256_loadu_pd(&tail[i]);
    const Double mass = at + (at >= 0.0 ? Double{} : Double{} + 1.0);
    const Double whole = (Double)_mm256_floor_pd((__m256d)(mass * scale));
    const Pair found = (Pair)(whole + 0x1p52) - (std::uint64_t{0x433} << 52);
    std::memcpy(out + i, &found, sizeof found);
  }
#endif
  for (; i < tail.size(); ++i) out[i] = plain::floor_of_mass(tail[i], scale);
}
