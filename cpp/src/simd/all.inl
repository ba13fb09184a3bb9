// The code in lanes, for one set of instructions. The set's file includes it in a namespace of its own, with
//
//     ASTAR_REC_WIDTH     the number of lanes
//     ASTAR_REC_AVX2      1 if there is AVX2, with what has come with it
//     ASTAR_REC_LANES     before functions of vectors: they are always inlined
//     ASTAR_REC_LAMBDA    the same, after a lambda's parameters
//
// Each set has its own copy of every function, so that no linker takes one for the other.

// In the order in which they need each other.
// clang-format off
#include "simd/vector.inl"
#include "simd/wide.inl"
#include "simd/random.inl"
#include "simd/polynomials.inc"
#include "simd/functions.inl"
#include "simd/table.inl"
#include "simd/families.inl"
#include "simd/partition.inl"
#include "simd/mode_first.inl"
#include "simd/suprema.inl"
#include "simd/boxes.inl"
#include "simd/candidates.inl"
#include "simd/quantile.inl"
#include "simd/tail.inl"
#include "simd/cells.inl"
#include "simd/halves.inl"
#include "simd/replay.inl"
#include "simd/nodes.inl"
#include "simd/parts.inl"
// clang-format on

// Numbers of `width` lanes, and the functions of functions.inl for them: for tests.
inline Wide wide_at(const std::uint64_t* from) {
  Wide x{};
  for (int i = 0; i < width; ++i) set_lane(x, i, from[i]);
  return x;
}
inline void negative_logs(const float* x, float* out) {
  Float at;
  load_lanes(at, x);
  store_lanes(out, negative_log(at));
}
inline void exponentials(const std::uint64_t* bits, float* out) {
  store_lanes(out, exponential(wide_at(bits)));
}
inline void approximate_normal_quantiles(const std::uint64_t* position, float* out) {
  store_lanes(out, normal_quantile(wide_at(position)));
}
// Of positions of which the high word is known.
inline void near_normal_quantiles(const std::uint32_t* high, float* out) {
  Word at;
  load_lanes(at, high);
  store_lanes(out, near_normal_quantile(at, [&]() ASTAR_REC_LAMBDA { return near_tails(at); }));
}
inline void widths(const std::uint64_t* x, float* out) { store_lanes(out, to_float(wide_at(x))); }

// --- What there is, by pair and tree ------------------------------------------------------------

inline std::unique_ptr<LaneSearch> make_search(LanePair pair, Tree tree) {
  // Not by make_unique, which would fill it with zeros: it is large.
  if (pair == LanePair::normals && tree == Tree::halves) {
    return std::unique_ptr<LaneSearch>(new ModeFirst<NormalPair, Halves>);
  }
  if (pair == LanePair::normals && tree == Tree::at_sample) {
    return std::unique_ptr<LaneSearch>(new ModeFirst<NormalPair, Sides>);
  }
  return nullptr;
}

inline std::unique_ptr<BoxLaneSearch> make_boxes(LanePair pair, std::size_t dimensions) {
  if (pair != LanePair::normals) return nullptr;
  using Search = std::unique_ptr<BoxLaneSearch>;
  if (dimensions <= 2) return Search(new Boxes<NormalPair, 2>);
  if (dimensions <= 4) return Search(new Boxes<NormalPair, 4>);
  if (dimensions <= 8) return Search(new Boxes<NormalPair, 8>);
  return Search(new Boxes<NormalPair, 16>);
}

inline std::unique_ptr<CandidateLanes> make_candidates(LanePair pair) {
  if (pair != LanePair::normals) return nullptr;
  return std::unique_ptr<CandidateLanes>(new Candidates<NormalPair>);
}

inline std::unique_ptr<LaneReplay> make_replay(Tree tree) {
  if (tree == Tree::at_sample) return std::unique_ptr<LaneReplay>(new SidesReplay);
  if (tree == Tree::halves) return std::unique_ptr<LaneReplay>(new PlacesReplay<Dyadic>);
  return std::unique_ptr<LaneReplay>(new PlacesReplay<WholeSpace>);
}

inline const LaneSet lane_set = {make_search,
                                 make_boxes,
                                 make_candidates,
                                 make_replay,
                                 normal_quantiles,
                                 normal_tails,
                                 masses,
                                 part,
                                 halve_all,
                                 node_bits,
                                 exact_exponentials,
                                 floors_of_masses,
                                 {width, negative_logs, exponentials, approximate_normal_quantiles,
                                  widths, near_normal_quantiles}};
