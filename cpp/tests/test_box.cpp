// Boxes: the order of halvings, addresses of any depth, indices of several words, and replay.
#include <algorithm>
#include <array>
#include <cstdint>
#include <set>
#include <tuple>
#include <vector>

#include "check.hpp"
#include "tree/box.hpp"

using namespace astar_rec;

namespace {

void halving_order() {
  const HalvingOrder robin(std::array{0.0, 0.0, 0.0});
  CHECK(robin.levels() == 3 * 63);
  for (int level = 0; level < robin.levels(); ++level) {
    CHECK(robin[level] == static_cast<std::size_t>(level % 3), level);
  }
  // Dimension 1 is three halvings ahead; then both take turns, the first one first.
  const HalvingOrder hinted(std::array{1.0, 4.0});
  const std::array<std::size_t, 7> expected = {1, 1, 1, 0, 1, 0, 1};
  for (int level = 0; level < 7; ++level) {
    CHECK(hinted[level] == expected[static_cast<std::size_t>(level)], level);
  }
  std::array<int, 2> halvings{};
  for (int level = 0; level < hinted.levels(); ++level) ++halvings[hinted[level]];
  CHECK(halvings[0] == 63 && halvings[1] == 63);
}

void addresses() {
  // Down a path of 200 levels, no two nodes share their random bits.
  BoxAddress address{NodeRandom(7, 3)};
  std::set<std::uint64_t> seen;
  for (int level = 0; level < 200; ++level) {
    for (const int side : {0, 1}) {
      const BoxAddress child = address.child(side);
      seen.insert(child.random({child.node, 0}).place);
    }
    address = address.child(level % 3 == 0 ? 1 : 0);
  }
  CHECK(seen.size() == 400, seen.size());
  // In the first 64 depths the address is the heap number itself.
  BoxAddress shallow{NodeRandom(7, 3)};
  for (int level = 0; level < 63; ++level) shallow = shallow.child(1);
  CHECK(shallow.node == last_position);
  CHECK(shallow.random({5, 0}).place == NodeRandom(7, 3)({5, 0}).place);
}

void replay_finds_the_region() {
  constexpr std::size_t dimensions = 3;
  const HalvingOrder order(std::array{0.0, 2.0, 1.0});
  for (const int depth : {0, 1, 5, 63, 64, 65, 126, 127, 188, 189}) {
    const Box<4> box(dimensions, order, order.levels());
    Box<4>::Region region;
    region.address.random = NodeRandom(11, 5);
    for (int level = 0; level < depth; ++level) {
      region = *box.child(region, (level * level / 3) % 2, 0, {});
    }
    CHECK(region.depth == depth && box.at_limit(region) == (depth == 189), depth);
    std::array<std::uint64_t, dimensions> index{};
    write_index<4>(region, order, index);
    CHECK(depth_of(index) == depth, depth, depth_of(index));
    for (int level = 0; level < depth; ++level) {
      CHECK(side_at(index, depth, level) == (level * level / 3) % 2, depth, level);
    }
    std::vector<Position> positions(dimensions);
    replay_box(NodeRandom(11, 5), order, index, positions);
    for (std::size_t j = 0; j < dimensions; ++j) {
      CHECK(positions[j] == Box<4>::place_along(region, j), depth, j);
      CHECK(positions[j] >= region.intervals[j].first && positions[j] <= region.intervals[j].last,
            depth, j);
    }
  }
  CHECK(depth_of(std::array<std::uint64_t, 2>{0, 0}) == -1);
}

void one_dimension_is_the_dyadic_partition() {
  const HalvingOrder order(std::array{0.0});
  const NodeRandom random(3, 9);
  for (const std::uint64_t cell : {1ULL, 2ULL, 5ULL, 1000ULL, 1ULL << 63, ~0ULL}) {
    std::vector<Position> position(1);
    replay_box(random, order, std::array{std::uint64_t{cell}}, position);
    CHECK(position[0] == Dyadic::place(cell, random({cell, 0}).place), cell);
  }
}

}  // namespace

int main() {
  halving_order();
  addresses();
  replay_finds_the_region();
  one_dimension_is_the_dyadic_partition();
  return check::result();
}
