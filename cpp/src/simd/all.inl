// All of lanes/, for one set of instructions. lanes.hpp includes it in a namespace of its own, with
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
#include "simd/quantile.inl"
#include "simd/replay.inl"
// clang-format on

// The functions of functions.inl, of `width` numbers: for tests.
struct Probe {
  static constexpr std::size_t count = width;

  static void log_at(const float* x, float* out) {
    Float at;
    load_lanes(at, x);
    store_lanes(out, negative_log(at));
  }
  static void exponential_at(const std::uint64_t* bits, float* out) {
    store_lanes(out, exponential(wide_at(bits)));
  }
  static void quantile_at(const std::uint64_t* position, float* out) {
    store_lanes(out, normal_quantile(wide_at(position)));
  }
  static void width_at(const std::uint64_t* x, float* out) {
    store_lanes(out, to_float(wide_at(x)));
  }

 private:
  static Wide wide_at(const std::uint64_t* from) {
    Wide x{};
    for (int i = 0; i < width; ++i) set_lane(x, i, from[i]);
    return x;
  }
};

// What there is in lanes, by the families and partitions that it stands for.
struct Maker {
  using Functions = Probe;

  template <class Target, class Partition>
  std::unique_ptr<LaneSearch> search() const {
    using Families = std::conditional_t<std::is_same_v<Target, Normal>, NormalPair, void>;
    using InLanes = std::conditional_t<std::is_same_v<Partition, Dyadic>, Halves, Sides>;
    // Not by make_unique, which would fill it with zeros: it is large.
    return std::unique_ptr<LaneSearch>(new ModeFirst<Families, InLanes>);
  }

  template <class Target, int dimensions>
  std::unique_ptr<BoxLaneSearch> boxes() const {
    using Families = std::conditional_t<std::is_same_v<Target, Normal>, NormalPair, void>;
    return std::unique_ptr<BoxLaneSearch>(new Boxes<Families, dimensions>);
  }

  template <class Partition>
  std::unique_ptr<LaneReplay> replay() const {
    if constexpr (std::is_same_v<Partition, AtSample>) {
      return std::unique_ptr<LaneReplay>(new SidesReplay);
    } else {
      return std::unique_ptr<LaneReplay>(new PlacesReplay<Partition>);
    }
  }
};
