// Four lanes, of whatever instructions the compiler may use anyway.
#include "simd/set.hpp"

#ifdef ASTAR_REC_HAS_LANES
#define ASTAR_REC_WIDTH 4
#define ASTAR_REC_AVX2 0
namespace astar_rec::lanes::portable {
#include "simd/all.inl"
}

const astar_rec::LaneSet* astar_rec::lanes::portable_set() { return &portable::lane_set; }
#else
const astar_rec::LaneSet* astar_rec::lanes::portable_set() { return nullptr; }
#endif
