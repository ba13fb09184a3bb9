// Partitions of boxes: several dimensions coded together, as one search with one index.
//
// The overhead of an index over the information is paid once a block and hardly grows with its
// dimensions, so blocks save bits where each dimension carries few. The search stays the same:
//
//     Box        a region is a product of intervals, one per dimension; each level halves one of them in
//                its proposal's CDF. Log ratios and their suprema are sums over the dimensions, so a
//                child's supremum differs from its parent's in one term.
//     WholeBox   never split: global-bound A* coding of blocks.
//
// Which dimension is halved at which level is known to both sides (HalvingOrder). So a path of bits
// names a node, as in one dimension, and decoding is one random number and one quantile a dimension.
//
// Paths may be longer than 63 bits. A node's address is its heap number below the nearest ancestor at
// a depth that is a multiple of 63; that ancestor's subtree has a key of its own, drawn at it:
//
//     depth 0 ... 63        key = seed                 node = heap number
//     depth 64 ... 126      key = drawn at depth 63    node = heap number in that subtree, from 2
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "math/positions.hpp"
#include "random/random.hpp"
#include "tree/halving_order.hpp"
#include "tree/node.hpp"
#include "tree/partition.hpp"

namespace astar_rec {

// Where in a box's random bits the place along a dimension is. Dimension 0 and the arrival share
// lane 0, as in one dimension; the others have two to a lane.
inline std::uint64_t box_place(const NodeRandom& random, std::uint64_t node,
                               std::size_t dimension) {
  if (dimension == 0) return random({node, 0}).place;
  const NodeBits bits = random({node, static_cast<std::uint16_t>((dimension + 1) / 2)});
  return dimension % 2 == 1 ? bits.place : bits.arrival;
}

// The places along all dimensions.
inline void box_places(const NodeRandom& random, std::uint64_t node,
                       std::span<Position> positions) {
  if (positions.empty()) return;
  positions[0] = random({node, 0}).place;
  for (std::size_t j = 1; j < positions.size(); j += 2) {
    const NodeBits bits = random({node, static_cast<std::uint16_t>((j + 1) / 2)});
    positions[j] = bits.place;
    if (j + 1 < positions.size()) positions[j + 1] = bits.arrival;
  }
}

// A node's address: which subtree of 63 levels, and where in it.
struct BoxAddress {
  static constexpr std::uint16_t key_lane = 0xFFFF;

  NodeRandom random;
  std::uint64_t node = 1;

  NodeBits bits() const { return random({node, 0}); }

  BoxAddress child(int side) const {
    if (node >> 63 == 0) return {random, 2 * node + static_cast<std::uint64_t>(side)};
    return {random.with_key(random({node, key_lane}).place), 2 + static_cast<std::uint64_t>(side)};
  }
};

template <std::size_t most>
class Box {
 public:
  struct Interval {
    Position first = 0;
    Position last = last_position;
    double z_first = 0.0;
    double z_last = 0.0;
    double supremum = 0.0;  // of this dimension's log ratio
  };

  struct Region {
    std::array<Interval, most> intervals{};
    double mass = 1.0;
    int depth = 0;
    BoxAddress address;
  };

  using Cut = astar_rec::Cut;  // of the dimension that is halved

  static constexpr int children = 2;

  Box() = default;
  // Nodes deeper than max_depth are never made.
  Box(std::size_t dimensions, const HalvingOrder& order, int max_depth)
      : dimensions_(dimensions), order_(&order), max_depth_(std::min(max_depth, order.levels())) {}

  std::size_t dimensions() const { return dimensions_; }
  std::size_t halved(const Region& region) const { return (*order_)[region.depth]; }

  static NodeBits draw(const NodeRandom&, const Region& region) { return region.address.bits(); }
  static double mass(const Region& region) { return region.mass; }
  static Position place(const Region&, std::uint64_t) { return 0; }  // see place_along
  static std::uint64_t index(const Region&, Position) { return 1; }  // see path_of
  bool at_limit(const Region& region) const { return region.depth >= max_depth_; }

  // The sample's position along a dimension.
  static Position place_along(const Region& region, std::size_t dimension) {
    const Interval& interval = region.intervals[dimension];
    return position_within(interval.first, interval.last,
                           box_place(region.address.random, region.address.node, dimension));
  }

  // The first position of the right half of the dimension that is halved.
  Position cut(const Region& region) const {
    const Interval& interval = region.intervals[halved(region)];
    return interval.first + ((interval.last - interval.first) >> 1) + 1;
  }

  std::optional<Region> child(const Region& region, int side, Position, const Cut& at) const {
    Region half = region;
    Interval& interval = half.intervals[halved(region)];
    if (side == 0) {
      interval.last = cut(region) - 1;
      interval.z_last = at.z;
    } else {
      interval.first = cut(region);
      interval.z_first = at.z;
    }
    interval.supremum = at.suprema[static_cast<std::size_t>(side)];
    half.mass = 0.5 * region.mass;
    half.depth = region.depth + 1;
    half.address = region.address.child(side);
    return half;
  }

 private:
  std::size_t dimensions_ = 0;
  const HalvingOrder* order_ = nullptr;
  int max_depth_ = 0;
};

// Global-bound A* coding of blocks: the one region is all of the space, and its N-th sample the N-th
// node. Random bits as for boxes, with N in the place of the heap number.
class WholeBox {
 public:
  struct Region {
    BoxAddress address;
  };
  struct Cut {};

  static constexpr int children = 1;

  static NodeBits draw(const NodeRandom&, const Region& region) { return region.address.bits(); }
  static double mass(const Region&) { return 1.0; }
  static Position place(const Region&, std::uint64_t) { return 0; }
  static Position place_along(const Region& region, std::size_t dimension) {
    return box_place(region.address.random, region.address.node, dimension);
  }
  static bool at_limit(const Region&) { return false; }

  static std::optional<Region> child(const Region& region, int, Position, const Cut&) {
    return Region{{region.address.random, region.address.node + 1}};
  }
  static std::uint64_t index(const Region& region, Position) { return region.address.node; }
};

// The heap number of a node of boxes, as 64-bit words, the lowest first: as many as the block has
// dimensions always suffice (63 bits of path for each, and the leading one).
using BoxIndex = std::span<std::uint64_t>;
using BoxIndexView = std::span<const std::uint64_t>;

// The depth that an index says, or -1 for an index of 0.
inline int depth_of(BoxIndexView index) {
  if (index.size() == 1) return index[0] == 0 ? -1 : cell_depth(index[0]);
  for (std::size_t word = index.size(); word-- > 0;) {
    if (index[word] != 0) return static_cast<int>(64 * word) + cell_depth(index[word]);
  }
  return -1;
}

// The side that the path of an index of that depth takes at a level.
inline int side_at(BoxIndexView index, int depth, int level) {
  const int bit = depth - 1 - level;
  return static_cast<int>(index[static_cast<std::size_t>(bit / 64)] >> (bit % 64) & 1);
}

template <std::size_t most>
void write_index(const typename Box<most>::Region& region, const HalvingOrder& order,
                 BoxIndex index) {
  std::fill(index.begin(), index.end(), 0);
  const auto set = [&](int bit) {
    index[static_cast<std::size_t>(bit / 64)] |= std::uint64_t{1} << (bit % 64);
  };
  set(region.depth);
  std::array<int, most> halvings{};
  for (int level = 0; level < region.depth; ++level) {
    const std::size_t j = order[level];
    // The path along a dimension is the common prefix of its interval's positions.
    if ((region.intervals[j].first >> (63 - halvings[j]++) & 1) != 0) set(region.depth - 1 - level);
  }
}

// The index that is a sample's number, and the positions of that sample of all of the space.
inline void write_number(const NodeRandom& random, std::uint64_t number, BoxIndex index,
                         std::span<Position> positions) {
  std::fill(index.begin(), index.end(), 0);
  index[0] = number;
  box_places(random, number, positions);
}

// The positions that an index names. Requires 0 <= depth_of(index) <= order.levels().
inline void replay_box(const NodeRandom& random, const HalvingOrder& order, BoxIndexView index,
                       std::span<Position> positions) {
  const int depth = depth_of(index);
  std::array<std::uint64_t, max_block> cells;
  cells.fill(1);
  BoxAddress address{random};
  for (int level = 0; level < depth; ++level) {
    const int side = side_at(index, depth, level);
    std::uint64_t& cell = cells[order[level]];
    cell = 2 * cell + static_cast<std::uint64_t>(side);
    address = address.child(side);
  }
  for (std::size_t j = 0; j < positions.size(); ++j) {
    positions[j] = Dyadic::place(cells[j], box_place(address.random, address.node, j));
  }
}

}  // namespace astar_rec
