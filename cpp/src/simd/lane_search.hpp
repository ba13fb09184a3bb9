// The search of many elements at once in the lanes of a processor's vectors: the same results, sooner.
//
// A LaneSearch finds the indices of most elements of a chunk, and says of the others that it does not
// know: those are for the exact search (search.hpp), as are pairs of families and methods for which
// there is none. What it knows is what the exact search would find: index, position and steps, on
// every machine. simd/mode_first.inl has the algorithm and says why.
//
// Of a search with a budget of K steps too: children's bounds are below their parents', so what it evaluates
// are the K nodes with the largest bounds, and its result is the best of these. It is cut if the next bound
// exceeds that one's value.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "families/parameters.hpp"
#include "math/positions.hpp"
#include "tree/box.hpp"

namespace astar_rec {

inline constexpr std::size_t most_in_lanes = 512;

// What the searches in lanes know how to split, as in tree/partition.hpp.
enum class Tree { whole_space, at_sample, halves };

// Of some elements of location-scale families.
struct LaneParameters {
  std::span<const double> target_loc;
  std::span<const double> target_scale;
  std::span<const double> proposal_loc;
  std::span<const double> proposal_scale;

  std::size_t count() const { return target_loc.size(); }
  LaneParameters part(std::size_t begin, std::size_t size) const {
    return {target_loc.subspan(begin, size), target_scale.subspan(begin, size),
            proposal_loc.subspan(begin, size), proposal_scale.subspan(begin, size)};
  }
};

// Of pairs that have lanes, whose parameters are these.
inline LaneParameters lane_parameters(const Parameters& targets, const Parameters& proposals) {
  return {targets.column(0), targets.column(1), proposals.column(0), proposals.column(1)};
}

// --- Single elements ------------------------------------------------------------------------------

// Fewer elements are not worth the work of whole vectors; all share the high 32 bits of their numbers.
inline bool fit_in_lanes(std::uint64_t first_element, std::size_t count) {
  return count >= 4 && count <= most_in_lanes &&
         (first_element + count - 1) >> 32 == first_element >> 32;
}

// Elements that fit_in_lanes.
struct LaneTask {
  LaneParameters parameters;
  std::uint64_t seed;
  std::uint64_t first_element;
  int max_depth;
  std::uint64_t most_steps;

  std::size_t count() const { return parameters.count(); }
};

struct LaneResult {
  std::span<std::uint64_t> index;  // 0: not known, and neither are the others
  std::span<Position> position;
  std::span<std::uint64_t> steps;  // above task.most_steps: cut
};

class LaneSearch {
 public:
  virtual ~LaneSearch() = default;
  virtual void run(const LaneTask& task, const LaneResult& result) = 0;
};

// The same for decoders: positions that indices name, each of them valid.
class LaneReplay {
 public:
  virtual ~LaneReplay() = default;
  virtual void run(std::uint64_t seed, std::uint64_t first_element,
                   std::span<const std::uint64_t> index, std::span<Position> position) = 0;
};

// --- Blocks ---------------------------------------------------------------------------------------

// Elements that are searched at once, in blocks, and the most in a block.
inline constexpr std::size_t most_in_boxes = 64;

// Blocks of equal size, one after the other.
struct BoxTask {
  LaneParameters parameters;
  std::size_t dimensions;                        // of a block, at least 2
  std::span<const std::uint64_t> first_element;  // of each block
  std::span<const HalvingOrder* const> order;    // of each block
  std::uint64_t seed;
  int max_depth;
  std::uint64_t most_steps;

  std::size_t count() const { return first_element.size(); }
};

struct BoxResult {
  std::span<std::uint64_t> node;   // the winner's heap number, of at most 63 digits; 0: not known
  std::span<std::uint64_t> steps;  // above task.most_steps: cut
};

// What a search in lanes asks for where it can't tell: nodes of blocks in exact arithmetic.
class BoxExact {
 public:
  virtual ~BoxExact() = default;
  virtual double bound(std::size_t block, std::uint64_t node) = 0;
  virtual double value(std::size_t block, std::uint64_t node) = 0;
  // Called now and then. May throw, to end the search.
  virtual void pause() = 0;
};

class BoxLaneSearch {
 public:
  virtual ~BoxLaneSearch() = default;
  virtual void run(const BoxTask& task, BoxExact& exact, const BoxResult& result) = 0;
};

// --- Candidates -----------------------------------------------------------------------------------

// The log ratios of a block's candidates (methods/candidates.hpp), approximately.
class CandidateLanes {
 public:
  virtual ~CandidateLanes() = default;
  // Turns to a block of any number of elements. Returns how far `run` may be from the exact sums of
  // LogRatios: proved, not measured; infinite or NaN if nothing is known.
  virtual double set(const LaneParameters& block) = 0;
  // The sums of the candidates first, first + 1, ... of the block that begins with that element.
  virtual void run(std::uint64_t seed, std::uint64_t element, std::uint64_t first,
                   std::span<double> sums) = 0;
};

}  // namespace astar_rec
