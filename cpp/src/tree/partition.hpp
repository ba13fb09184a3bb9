// How a region of the search tree is split: the one thing in which the variants of A* coding differ.
//
//     WholeSpace   B ──> B                 global-bound A* coding; node N is the N-th sample
//     AtSample     B ──> [first, x) (x, last]     AS* coding, x the node's sample
//     Dyadic       B ──> two halves of B in the proposal's CDF     AD* coding, and DAD* with a limit
//
// A partition says where a node's sample lies, where its region is cut, which children it has, how
// their random numbers are addressed, and what integer (the index, from 1) names a node to the
// decoder. It knows neither ratios nor the heap.
//
// Reference: Flamich, Markou, Hernández-Lobato, "Fast relative entropy coding with A* coding", ICML
// 2022: global bound, AS*, AD* and DAD* coding. The index of AS* differs from the paper's, see there.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>

#include "math/positions.hpp"
#include "random/random.hpp"
#include "tree/halving_order.hpp"

namespace astar_rec {

// An interval of positions, ends included, and its ends' values on the axis where log ratios live.
// The values may reach a little beyond the positions: a supremum over them is still an upper bound.
struct Region {
  Position first = 0;
  Position last = last_position;
  double z_first = 0.0;
  double z_last = 0.0;
  Address address{};
};

// All positions.
inline Region whole_region(double z_first, double z_last) {
  Region region;
  region.z_first = z_first;
  region.z_last = z_last;
  return region;
}

// Where an interval of z is cut in two, and the suprema of the log ratio over both parts.
struct Cut {
  double z = 0.0;
  std::array<double, 2> suprema{};
};

// What the partitions of one dimension share: regions, where they are cut, where their random bits are
// and what mass they have. (box.hpp has those of several dimensions.)
struct OneDimension {
  using Region = astar_rec::Region;
  using Cut = double;  // the value at which the children's regions meet

  static NodeBits draw(const NodeRandom& random, const Region& region) {
    return random(region.address);
  }
  static double mass(const Region& region) { return mass_of(region.first, region.last); }
};

// Global-bound A* coding (equivalent to the Poisson functional representation of Li and El Gamal):
// every node's one child is the same region. Address and index: the sample's number, from 1.
class WholeSpace : public OneDimension {
 public:
  static constexpr int children = 1;
  static constexpr bool cuts_at_sample = true;

  static Position place(const Region&, std::uint64_t bits) { return bits; }

  static bool at_limit(const Region&) { return false; }

  static std::optional<Region> child(const Region& region, int, Position, double) {
    Region same = region;
    ++same.address.node;
    return same;
  }

  static std::uint64_t index(const Region& region, Position) { return region.address.node; }
};

// AS* coding: the region is cut at its own sample, which belongs to neither child (an atom that has
// been drawn cannot win a second time). Children are addressed by the position that cut them off and
// their side, which no other node of the tree shares.
//
// Index: the paper numbers the nodes as a heap (children 2H, 2H + 1), a bit for every cut on the
// way. But cuts at random places are unbalanced: 1.37 of them halve a region, and its path outgrows
// 64 bits from 40 bits of divergence on. Here the index is that of a dyadic cell instead: the
// largest cell that holds the node's sample and the sample of none of its ancestors.
//
//     root  |------------------X-----------------------|
//           |-----X------------|
//                 |-------w----|         w: the node to be named
//     cells |     .     |      .     |     .     |     .     |
//                       |^^^^^^|         the largest without an X around w
//
// The decoder follows the cell: at every node it asks whether the sample lies in the cell; the first
// that does is the answer, and until then the cell lies wholly on one side of the sample. At 5 bits
// of information on normals this takes 7.6 bits with the depth's entropy where the heap's number
// takes 9.0, at 12 bits 14.7 instead of 19.2; and since the cell is about 0.4 of the node's region
// in the median, no target that passes the checks of search/reach.hpp has been seen to outgrow 64 bits.
class AtSample : public OneDimension {
 public:
  static constexpr int children = 2;
  static constexpr bool cuts_at_sample = true;

  static Position place(const Region& region, std::uint64_t bits) {
    return position_within(region.first, region.last, bits);
  }

  static bool at_limit(const Region&) { return false; }

  static std::optional<Region> child(const Region& region, int side, Position sample,
                                     double z_cut) {
    Region part = region;
    part.address = {sample, static_cast<std::uint16_t>(1 + side)};
    if (side == 0) {
      if (sample == region.first) return std::nullopt;
      part.last = sample - 1;
      part.z_last = z_cut;
    } else {
      if (sample == region.last) return std::nullopt;
      part.first = sample + 1;
      part.z_first = z_cut;
    }
    return part;
  }

  // 0 if no cell of at most max_index_depth halvings will do.
  static std::uint64_t index(const Region& region, Position sample) {
    // The cell must leave out the nearest ancestors' samples, just outside the region.
    int depth = 0;
    if (region.first != 0) {
      depth = std::max(depth, 1 + std::countl_zero(sample ^ (region.first - 1)));
    }
    if (region.last != last_position) {
      depth = std::max(depth, 1 + std::countl_zero(sample ^ (region.last + 1)));
    }
    if (depth > max_index_depth) return 0;
    const std::uint64_t path = depth == 0 ? 0 : sample >> (64 - depth);
    return (std::uint64_t{1} << depth) | path;
  }
};

// AD* coding: regions are the dyadic cells, halved in the proposal's CDF. Address and index: the
// cell's heap number H, whose binary digits after the leading one are the path from the root.
class Dyadic : public OneDimension {
 public:
  static constexpr int children = 2;
  static constexpr bool cuts_at_sample = false;

  // Cells deeper than max_depth are never made: DAD* coding.
  explicit Dyadic(int max_depth = max_index_depth) : max_depth_(max_depth) {}

  static Position place(const Region& region, std::uint64_t bits) {
    return place(region.address.node, bits);
  }
  static Position place(std::uint64_t cell, std::uint64_t bits) {
    return cell_first(cell) | (bits >> cell_depth(cell));
  }

  bool at_limit(const Region& region) const {
    return cell_depth(region.address.node) >= max_depth_;
  }

  // The first position of the right half.
  static Position cut(const Region& region) {
    return region.first + ((region.last - region.first) >> 1) + 1;
  }

  static std::optional<Region> child(const Region& region, int side, Position, double z_cut) {
    Region half = region;
    half.address.node = 2 * region.address.node + static_cast<std::uint64_t>(side);
    if (side == 0) {
      half.last = cut(region) - 1;
      half.z_last = z_cut;
    } else {
      half.first = cut(region);
      half.z_first = z_cut;
    }
    return half;
  }

  static std::uint64_t index(const Region& region, Position) { return region.address.node; }

 private:
  int max_depth_;
};

}  // namespace astar_rec
