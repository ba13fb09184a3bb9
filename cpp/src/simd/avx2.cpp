// Eight lanes of AVX2, with what has come with it. The target is that of the code in lanes alone: what
// other files share must run on any processor.
#include "simd/set.hpp"

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

const astar_rec::LaneSet* astar_rec::lanes::avx2_set() { return &avx2::lane_set; }
#else
const astar_rec::LaneSet* astar_rec::lanes::avx2_set() { return nullptr; }
#endif
