// Partitions: children that are disjoint and cover their parent, and indices that name their nodes.
#include <cstdint>
#include <optional>

#include "check.hpp"
#include "draws.hpp"
#include "tree/partition.hpp"
#include "tree/replay.hpp"

using namespace astar_rec;

namespace {

constexpr std::uint64_t one = 1;

void whole_space() {
  Region region;
  for (std::uint64_t n = 1; n <= 3; ++n) {
    CHECK_EQUAL(region.address.node, n);
    CHECK_EQUAL(WholeSpace::index(region, 5), n);
    const std::optional<Region> child = WholeSpace::child(region, 0, 5, 0.5);
    CHECK(child && child->first == 0 && child->last == last_position, n);
    if (child) region = *child;
  }
  CHECK_EQUAL(WholeSpace::place(region, 77), Position{77});
}

// Both children and the sample between them are the parent, each position once.
void check_cut_at_sample(const Region& region, Position sample) {
  const auto left = AtSample::child(region, 0, sample, 0.25);
  const auto right = AtSample::child(region, 1, sample, 0.25);
  CHECK_EQUAL(left.has_value(), sample != region.first);
  CHECK_EQUAL(right.has_value(), sample != region.last);
  if (left) {
    CHECK(left->first == region.first && left->last + 1 == sample, region.first, sample);
    CHECK(left->first <= left->last, left->first, left->last);
    CHECK(left->z_first == region.z_first && left->z_last == 0.25, left->z_last);
  }
  if (right) {
    CHECK(right->last == region.last && right->first == sample + 1, region.last, sample);
    CHECK(right->first <= right->last, right->first, right->last);
    CHECK(right->z_last == region.z_last && right->z_first == 0.25, right->z_first);
  }
  if (left && right) {
    CHECK(left->address.node != right->address.node || left->address.lane != right->address.lane,
          sample);
  }
}

void at_sample_children() {
  Draws draws(1);
  Region region;
  region.z_first = -1.0;
  region.z_last = 1.0;
  for (int i = 0; i < 10000; ++i) {
    region.first = draws.bits() >> draws.below(64);
    const std::uint64_t room = last_position - region.first;
    const std::uint64_t width = draws.magnitude() - 1;
    region.last = region.first + (width < room ? width : room);
    check_cut_at_sample(region, region.first);
    check_cut_at_sample(region, region.last);
    check_cut_at_sample(region, AtSample::place(region, draws.bits()));
  }
}

// Walks down a random path to its end: every node's index leads back to its sample, and is the
// largest cell that holds the sample and that of no ancestor.
void at_sample_indices() {
  Draws draws(2);
  int unnamed = 0, named = 0;
  for (std::uint64_t element = 0; element < 300; ++element) {
    const NodeRandom random(9, element);
    Region region;
    for (int depth = 0; depth < 1000; ++depth) {
      const Position sample = AtSample::place(region, random(region.address).place);
      const std::uint64_t index = AtSample::index(region, sample);
      if (depth == 0) CHECK_EQUAL(index, one);
      if (index == 0) {
        ++unnamed;
      } else {
        ++named;
        CHECK(replay(AtSample(), random, index) == sample, element, depth, index);
        CHECK(cell_first(index) >= region.first && cell_last(index) <= region.last, index);
        CHECK(cell_first(index) <= sample && sample <= cell_last(index), index);
        const std::uint64_t above = index / 2;
        if (above > 0) {
          CHECK(cell_first(above) < region.first || cell_last(above) > region.last, index);
        }
      }
      const int side = static_cast<int>(draws.below(2));
      auto next = AtSample::child(region, side, sample, 0.0);
      if (!next) next = AtSample::child(region, 1 - side, sample, 0.0);
      if (!next) break;
      region = *next;
    }
  }
  // Only nodes in the last halving or so of the positions are without a name.
  CHECK(named > 10000 && unnamed < named / 20, named, unnamed);
}

// Any index from 1 on decodes to a position of its cell.
void at_sample_replays_anything() {
  Draws draws(3);
  for (int i = 0; i < 3000; ++i) {
    const NodeRandom random{draws.bits(), draws.below(1000)};
    for (const std::uint64_t index :
         {draws.magnitude(), one << 63 | draws.bits(), one, ~std::uint64_t{0}, one << 63}) {
      const Position position = replay(AtSample(), random, index);
      CHECK(position >= cell_first(index) && position <= cell_last(index), index, position);
    }
  }
}

void dyadic() {
  Draws draws(4);
  for (int path = 0; path < 1000; ++path) {
    const NodeRandom random{draws.bits(), draws.below(1000)};
    const Dyadic unlimited, limited(20);
    Region region;
    region.z_first = -1.0;
    region.z_last = 1.0;
    for (int depth = 0;; ++depth) {
      const std::uint64_t cell = region.address.node;
      CHECK(region.first == cell_first(cell) && region.last == cell_last(cell), cell);
      CHECK_EQUAL(cell_depth(cell), depth);
      CHECK_EQUAL(unlimited.at_limit(region), depth == max_index_depth);
      CHECK_EQUAL(limited.at_limit(region), depth >= 20);

      const std::uint64_t bits = random(region.address).place;
      const Position sample = Dyadic::place(region, bits);
      CHECK(sample >= region.first && sample <= region.last, cell, sample);
      CHECK(Dyadic::place(region, 0) == region.first, cell);
      CHECK(Dyadic::place(region, ~std::uint64_t{0}) == region.last, cell);
      CHECK_EQUAL(Dyadic::index(region, sample), cell);
      CHECK(replay(unlimited, random, cell) == sample, cell, sample);
      if (unlimited.at_limit(region)) break;

      const Region left = *Dyadic::child(region, 0, sample, 0.25);
      const Region right = *Dyadic::child(region, 1, sample, 0.25);
      CHECK(left.first == region.first && right.last == region.last, cell);
      CHECK(left.last + 1 == right.first && right.first == Dyadic::cut(region), cell);
      CHECK(left.last - left.first == right.last - right.first, cell);
      CHECK(left.z_first == region.z_first && left.z_last == 0.25, cell);
      CHECK(right.z_first == 0.25 && right.z_last == region.z_last, cell);
      region = draws.below(2) == 0 ? left : right;
      region.z_first = -1.0;
      region.z_last = 1.0;
    }
  }
}

}  // namespace

int main() {
  whole_space();
  at_sample_children();
  at_sample_indices();
  at_sample_replays_anything();
  dyadic();
  return check::result();
}
