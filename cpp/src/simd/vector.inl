// Vectors of `width` numbers of 32 bits, the lanes, and what the other files in lanes do with them.
//
// Compilers of the GNU family know + - * / & | ^ ~ << >> ? : and comparisons of such vectors; a
// comparison gives a mask, all bits of a lane or none. What they do not know is here: in the
// instructions of the set that is being compiled, and in plain loops for all others.

inline constexpr int width = ASTAR_REC_WIDTH;

typedef float Float __attribute__((vector_size(4 * ASTAR_REC_WIDTH)));
typedef std::int32_t Int __attribute__((vector_size(4 * ASTAR_REC_WIDTH)));
typedef std::uint32_t Word __attribute__((vector_size(4 * ASTAR_REC_WIDTH)));
typedef std::uint64_t Pair __attribute__((vector_size(4 * ASTAR_REC_WIDTH)));  // two lanes as one
using Mask = Int;

inline constexpr unsigned all_lanes = (1U << width) - 1;

ASTAR_REC_LANES Float splat(float x) { return x - Float{}; }
ASTAR_REC_LANES Word splat_word(std::uint32_t x) { return x - Word{}; }

ASTAR_REC_LANES Float to_float(Int x) { return __builtin_convertvector(x, Float); }

// For x and y that are no NaN.
ASTAR_REC_LANES Float larger(Float x, Float y) { return x > y ? x : y; }
ASTAR_REC_LANES Float smaller(Float x, Float y) { return x < y ? x : y; }

template <class Vector, class T>
ASTAR_REC_LANES void load_lanes(Vector& x, const T* from) {
  static_assert(sizeof(T) == 4);
  std::memcpy(&x, from, sizeof x);
}

template <class Vector, class T>
ASTAR_REC_LANES void store_lanes(T* to, Vector x) {
  static_assert(sizeof(T) == 4);
  std::memcpy(to, &x, sizeof x);
}

// Lane i of the result: i.
ASTAR_REC_LANES Word numbers() {
  Word x;
  for (int i = 0; i < width; ++i) x[i] = static_cast<std::uint32_t>(i);
  return x;
}

// The mask of the first `count` lanes.
ASTAR_REC_LANES Mask first_lanes(std::size_t count) {
  const auto most = static_cast<std::uint32_t>(count < width ? count : width);
  return (Mask)(numbers() < splat_word(most));
}

// Bit i of the result: whether the mask has lane i.
ASTAR_REC_LANES unsigned lanes_of(Mask mask) {
#if ASTAR_REC_AVX2
  return static_cast<unsigned>(_mm256_movemask_ps((__m256)mask));
#else
  unsigned lanes = 0;
  for (int i = 0; i < width; ++i) lanes |= (static_cast<unsigned>(mask[i]) >> 31) << i;
  return lanes;
#endif
}

// a b + c; with one rounding or two, whatever is faster: for approximations alone.
ASTAR_REC_LANES Float fused(Float a, Float b, Float c) {
#if ASTAR_REC_AVX2
  return (Float)_mm256_fmadd_ps((__m256)a, (__m256)b, (__m256)c);
#else
  return a * b + c;
#endif
}

ASTAR_REC_LANES Float square_root(Float x) {
#if ASTAR_REC_AVX2
  return (Float)_mm256_sqrt_ps((__m256)x);
#else
  for (int i = 0; i < width; ++i) x[i] = std::sqrt(x[i]);
  return x;
#endif
}

// The products of the even lanes of x, that is of the low half of each pair, and a number of 32 bits.
ASTAR_REC_LANES Pair multiply_low(Pair x, Pair by) {
#if ASTAR_REC_AVX2
  return (Pair)_mm256_mul_epu32((__m256i)x, (__m256i)by);
#elif defined(__SSE2__)
  return (Pair)_mm_mul_epu32((__m128i)x, (__m128i)by);
#elif defined(__ARM_NEON) && defined(__aarch64__)
  return (Pair)vmull_u32(vmovn_u64((uint64x2_t)x), vmovn_u64((uint64x2_t)by));
#else
  return (x & 0xFFFFFFFF) * (by & 0xFFFFFFFF);
#endif
}

// from[which[i]] for every lane i.
template <class Vector, class T>
ASTAR_REC_LANES void gather(Vector& x, const T* from, Word which) {
  static_assert(sizeof(T) == 4);
#if ASTAR_REC_AVX2
  x = (Vector)_mm256_i32gather_epi32(reinterpret_cast<const int*>(from), (__m256i)which, 4);
#else
  for (int i = 0; i < width; ++i) x[i] = std::bit_cast<decltype(x[0] + x[0])>(from[which[i]]);
#endif
}

ASTAR_REC_LANES Float gather(const float* from, Word which) {
  Float x;
  gather(x, from, which);
  return x;
}

ASTAR_REC_LANES Word gather_words(const std::uint32_t* from, Word which) {
  Word x;
  gather(x, from, which);
  return x;
}

#if ASTAR_REC_AVX2
// Row m: the numbers of the lanes that the mask m has, in order.
struct KeptTable {
  alignas(64) std::uint8_t rows[256][8];

  constexpr KeptTable() : rows() {
    for (unsigned lanes = 0; lanes < 256; ++lanes) {
      int kept = 0;
      for (unsigned i = 0; i < 8; ++i) {
        if ((lanes >> i & 1) != 0) rows[lanes][kept++] = static_cast<std::uint8_t>(i);
      }
    }
  }
};

inline constexpr KeptTable kept_table;
#endif

// Packs lanes together: stores those that a mask has, one after the other.
class Keep {
 public:
  ASTAR_REC_LANES explicit Keep(Mask mask)
      : lanes_(lanes_of(mask)),
#if ASTAR_REC_AVX2
        order_((Int)_mm256_cvtepu8_epi32(
            _mm_loadl_epi64(reinterpret_cast<const __m128i*>(kept_table.rows[lanes_])))),
#endif
        count_(static_cast<std::size_t>(std::popcount(lanes_))) {
  }

  ASTAR_REC_LANES std::size_t count() const { return count_; }

  // Writes all of `width` places from `to` on: those kept, then anything.
  template <class T, class Vector>
  ASTAR_REC_LANES void operator()(T* to, Vector x) const {
#if ASTAR_REC_AVX2
    store_lanes(to, (Vector)_mm256_permutevar8x32_epi32((__m256i)x, (__m256i)order_));
#else
    for (int i = 0; i < width; ++i) {
      const auto lane = x[i];
      std::memcpy(to, &lane, sizeof lane);
      to += lanes_ >> i & 1;
    }
#endif
  }

 private:
  unsigned lanes_;
#if ASTAR_REC_AVX2
  Int order_;
#endif
  std::size_t count_;
};
