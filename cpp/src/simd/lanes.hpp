// The code in lanes/, compiled once for each set of instructions, and the choice between these.
//
//     none        no lanes: compilers other than GCC and Clang, and machines with the other byte order
//     portable    four lanes, of whatever instructions the compiler may use anyway
//     avx2        eight lanes: x86-64 processors since 2013, most of those since 2015
//
// The choice is made at run time, so that one build serves all processors. It changes no result:
// tests/test_lanes.py compares all that there are.
#pragma once

#include <algorithm>
#include <atomic>
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

#include "families/family.hpp"
#include "simd/lane_search.hpp"
#include "tree/partition.hpp"
#include "random/philox.hpp"
#include "math/positions.hpp"

#if defined(__GNUC__) && defined(__BYTE_ORDER__) && __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
#define ASTAR_REC_HAS_LANES 1
#endif

#ifdef ASTAR_REC_HAS_LANES

#if defined(__x86_64__)
#include <immintrin.h>
#define ASTAR_REC_HAS_AVX2 1
#elif defined(__aarch64__)
#include <arm_neon.h>
#endif

// Vectors are passed between functions that are inlined, and so in no way that could differ.
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wignored-attributes"
#ifndef __clang__
#pragma GCC diagnostic ignored "-Wpsabi"
#endif

#define ASTAR_REC_LANES [[gnu::always_inline]] inline
#define ASTAR_REC_LAMBDA __attribute__((always_inline))

#define ASTAR_REC_WIDTH 4
#define ASTAR_REC_AVX2 0
namespace astar_rec::lanes::portable {
#include "simd/all.inl"
}
#undef ASTAR_REC_WIDTH
#undef ASTAR_REC_AVX2

#ifdef ASTAR_REC_HAS_AVX2
#define ASTAR_REC_WIDTH 8
#define ASTAR_REC_AVX2 1
#ifdef __clang__
#pragma clang attribute push(__attribute__((target("avx2,fma,bmi,bmi2,lzcnt,popcnt"))), \
                             apply_to = function)
#else
#pragma GCC push_options
#pragma GCC target("avx2,fma,bmi,bmi2,lzcnt,popcnt")
#endif
namespace astar_rec::lanes::avx2 {
#include "simd/all.inl"
}
#ifdef __clang__
#pragma clang attribute pop
#else
#pragma GCC pop_options
#endif
#undef ASTAR_REC_WIDTH
#undef ASTAR_REC_AVX2
#endif  // ASTAR_REC_HAS_AVX2

#undef ASTAR_REC_LANES
#undef ASTAR_REC_LAMBDA
#pragma GCC diagnostic pop
#endif  // ASTAR_REC_HAS_LANES

namespace astar_rec::lanes {

enum class Instructions { none, portable, avx2 };

// Whether this build and this processor have them.
inline bool available(Instructions set) {
  switch (set) {
    case Instructions::none:
      return true;
    case Instructions::portable:
#ifdef ASTAR_REC_HAS_LANES
      return true;
#else
      return false;
#endif
    default:
#ifdef ASTAR_REC_HAS_AVX2
      return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") &&
             __builtin_cpu_supports("bmi") && __builtin_cpu_supports("bmi2") &&
             __builtin_cpu_supports("popcnt");
#else
      return false;
#endif
  }
}

namespace detail {

inline std::atomic<Instructions>& chosen() {
  static std::atomic<Instructions> set = available(Instructions::avx2) ? Instructions::avx2
                                         : available(Instructions::portable)
                                             ? Instructions::portable
                                             : Instructions::none;
  return set;
}

}  // namespace detail

// Which is used; the widest that is available, unless another was asked for.
inline Instructions instructions() { return detail::chosen().load(std::memory_order_relaxed); }

// For tests and measurements. Requires available(set).
inline void use_instructions(Instructions set) { detail::chosen().store(set); }

namespace detail {

// f(maker) with the functions of the set that is used; null where it has no lanes.
template <class Result, class F>
std::unique_ptr<Result> with_instructions([[maybe_unused]] const F& f) {
  switch (instructions()) {
#ifdef ASTAR_REC_HAS_LANES
    case Instructions::portable:
      return f(portable::Maker());
#endif
#ifdef ASTAR_REC_HAS_AVX2
    case Instructions::avx2:
      return f(avx2::Maker());
#endif
    default:
      return nullptr;
  }
}

}  // namespace detail

// The search in lanes for a pair of families and a partition; null where there is none.
template <class Target, class Proposal, class Partition>
std::unique_ptr<LaneSearch> make_search() {
  constexpr bool normal = std::is_same_v<Target, Normal> && std::is_same_v<Proposal, Normal>;
  constexpr bool whole = std::is_same_v<Partition, WholeSpace>;
  if constexpr (normal && !whole) {
    return detail::with_instructions<LaneSearch>(
        [](auto maker) { return maker.template search<Target, Partition>(); });
  } else {
    return nullptr;
  }
}

// The same for blocks of up to so many dimensions.
template <class Target, class Proposal, int dimensions>
std::unique_ptr<BoxLaneSearch> make_boxes() {
  if constexpr (std::is_same_v<Target, Normal> && std::is_same_v<Proposal, Normal>) {
    return detail::with_instructions<BoxLaneSearch>(
        [](auto maker) { return maker.template boxes<Target, dimensions>(); });
  } else {
    return nullptr;
  }
}

template <class Partition>
std::unique_ptr<LaneReplay> make_replay() {
  return detail::with_instructions<LaneReplay>(
      [](auto maker) { return maker.template replay<Partition>(); });
}

// The proposal's standard quantiles at positions.
template <class Proposal>
void quantiles(std::span<const Position> position, std::span<double> z) {
#ifdef ASTAR_REC_HAS_AVX2
  if constexpr (std::is_same_v<Proposal, Normal>) {
    if (instructions() == Instructions::avx2) return avx2::normal_quantiles(position, z);
  }
#endif
  for (std::size_t i = 0; i < z.size(); ++i) z[i] = Proposal::quantile(position[i]);
}

}  // namespace astar_rec::lanes
