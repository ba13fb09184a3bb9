// What the source file of a set of instructions needs before it includes all.inl.
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <limits>
#include <memory>
#include <span>
#include <type_traits>
#include <utility>
#include <vector>

#include "math/normal_quantile.hpp"
#include "math/positions.hpp"
#include "math/special.hpp"
#include "random/gumbel.hpp"
#include "random/philox.hpp"
#include "random/random.hpp"
#include "simd/lanes.hpp"
#include "simd/parts.hpp"
#include "tree/partition.hpp"

#if defined(__GNUC__) && defined(__BYTE_ORDER__) && __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
#define ASTAR_REC_HAS_LANES 1

#if defined(__x86_64__)
#include <immintrin.h>
#define ASTAR_REC_HAS_AVX2 1
#elif defined(__aarch64__)
#include <arm_neon.h>
#endif

// Vectors are passed between functions that are inlined, and so in no way that could differ.
#pragma GCC diagnostic ignored "-Wignored-attributes"
#ifndef __clang__
#pragma GCC diagnostic ignored "-Wpsabi"
#endif

#define ASTAR_REC_LANES [[gnu::always_inline]] inline
#define ASTAR_REC_LAMBDA __attribute__((always_inline))
#endif

namespace astar_rec::lanes {

// Null where the build has not got the set.
const LaneSet* portable_set();
const LaneSet* avx2_set();

}  // namespace astar_rec::lanes
