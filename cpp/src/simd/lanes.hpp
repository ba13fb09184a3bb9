// The code in lanes, compiled once for each set of instructions, and the choice between these.
//
//     none        no lanes: compilers other than GCC and Clang, and machines with the other byte order
//     portable    four lanes, of whatever instructions the compiler may use anyway
//     avx2        eight lanes: x86-64 processors since 2013, most of those since 2015
//
// Each set is a source file of its own, portable.cpp and avx2.cpp; both compile all.inl. The choice is
// made at run time, so that one build serves all processors. It changes no result:
// tests/test_lanes.py compares all that there are.
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <span>

#include "families/registry.hpp"
#include "math/positions.hpp"
#include "simd/cells.hpp"
#include "simd/halves.hpp"
#include "simd/lane_search.hpp"

namespace astar_rec {

// Pairs of families whose searches there are in lanes.
enum class LanePair { none, normals };

template <class Target, class Proposal>
inline constexpr LanePair lane_pair = LanePair::none;
template <>
inline constexpr LanePair lane_pair<Normal, Normal> = LanePair::normals;

// What a set of instructions has.
struct LaneSet {
  std::unique_ptr<LaneSearch> (*make_search)(LanePair, Tree);                // null: there is none
  std::unique_ptr<BoxLaneSearch> (*make_boxes)(LanePair, std::size_t most);  // so many dimensions
  std::unique_ptr<CandidateLanes> (*make_candidates)(LanePair);
  std::unique_ptr<LaneReplay> (*make_replay)(Tree);
  void (*normal_quantiles)(std::span<const Position>, std::span<double>);        // exact
  void (*normal_tails)(std::span<const double>, std::span<double>, double end);  // exact
  // See cells.hpp.
  void (*masses)(std::span<const double>, double*);
  AlternateSums (*part)(std::span<const double>, double*, double*);
  // See halves.hpp.
  void (*halve_all)(const Halving&, std::span<const std::uint32_t>, std::span<const Ends>,
                    std::span<const Place>, const Differences&, std::span<Halved>);
  // exact
  void (*node_bits)(std::uint64_t seed, std::uint64_t first, std::uint64_t node,
                    std::span<std::uint64_t> place, std::span<std::uint64_t> arrival);
  void (*exponentials)(std::span<const std::uint64_t>, std::span<double>);
  void (*floors_of_masses)(std::span<const double>, double scale, std::uint64_t*);

  // The approximate functions that the searches rest on, of `width` numbers: for tests.
  struct Functions {
    std::size_t width;
    void (*negative_log)(const float*, float*);
    void (*exponential)(const std::uint64_t*, float*);
    void (*normal_quantile)(const std::uint64_t*, float*);
    void (*to_float)(const std::uint64_t*, float*);
    void (*near_normal_quantile)(const std::uint32_t*, float*);
  } functions;
};

namespace lanes {

enum class Instructions { none, portable, avx2 };

// Whether this build and this processor have them.
bool available(Instructions set);
// Null for `none`, and for sets that are not available.
const LaneSet* lane_set(Instructions set);

// Which is used; the widest that is available, unless another was asked for.
Instructions instructions();
// For tests and measurements. Requires available(set).
void use_instructions(Instructions set);

// Of the set that is used; null where there is none.
std::unique_ptr<LaneSearch> make_search(const Pair& pair, Tree tree);
std::unique_ptr<BoxLaneSearch> make_boxes(const Pair& pair, std::size_t most);
std::unique_ptr<CandidateLanes> make_candidates(const Pair& pair);
std::unique_ptr<LaneReplay> make_replay(Tree tree);

// The family's standard quantiles at positions.
void quantiles(Family proposal, std::span<const Position> position, std::span<double> z);

// The family's standard signed tails. Beyond -end and end nothing is left.
void tails(Family target, std::span<const double> z, std::span<double> tail,
           double end = std::numeric_limits<double>::infinity());

// The masses of cells, of the signed tails at their edges: one less than those.
void masses(std::span<const double> tails, double* mass);

// Writes the numbers at even places, and behind them those at odd ones, to where x begins or before. `room`: for half
// as many.
AlternateSums part(std::span<const double> x, double* to, double* room);

// What the tails at cells' middles tell of some elements' halves, in order: all.d and all.bend of these, and
// whether they go on.
void halve_all(const Halving& how, std::span<const std::uint32_t> element,
               std::span<const Ends> cell, std::span<const Place> middle, const Differences& all,
               std::span<Halved> found);

// The random bits of one node, in lane 0, of each of the elements from `first` on.
void node_bits(std::uint64_t seed, std::uint64_t first, std::uint64_t node,
               std::span<std::uint64_t> place, std::span<std::uint64_t> arrival);

// Standard exponentials from 64 random bits each, as gumbel.hpp has them.
void exponentials(std::span<const std::uint64_t> bits, std::span<double> out);

// floor(scale * mass) for the masses below signed tails: of a scale up to 2^51.
void floors_of_masses(std::span<const double> tail, double scale, std::uint64_t* out);

}  // namespace lanes

}  // namespace astar_rec
