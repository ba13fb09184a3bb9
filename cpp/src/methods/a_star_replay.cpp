#include "methods/a_star_replay.hpp"

#include <algorithm>
#include <string>

#include "engine/errors.hpp"
#include "simd/lanes.hpp"
#include "tree/box.hpp"
#include "tree/replay.hpp"

namespace astar_rec {

namespace {

class ElementReplay final : public Replay {
 public:
  ElementReplay(Tree tree, std::uint64_t largest)
      : tree_(tree), largest_(largest), lanes_(lanes::make_replay(tree)) {}

  void positions(const Chunk& chunk, std::span<const std::uint64_t> index,
                 std::span<Position> out) override {
    for (std::size_t i = 0; i < index.size(); ++i) {
      if (index[i] == 0 || index[i] > largest_) {
        throw IndexError(chunk.begin + i, "index " + std::to_string(index[i]) +
                                              " is not between 1 and " + std::to_string(largest_));
      }
    }
    for (std::size_t at = 0; at < out.size(); at += most_in_lanes) {
      const std::size_t count = std::min(most_in_lanes, out.size() - at);
      const std::uint64_t first = chunk.number(at);
      if (lanes_ && fit_in_lanes(first, count)) {
        lanes_->run(chunk.seed, first, index.subspan(at, count), out.subspan(at, count));
        continue;
      }
      for (std::size_t i = at; i < at + count; ++i) {
        out[i] = place(NodeRandom(chunk.seed, chunk.number(i)), index[i]);
      }
    }
  }

 private:
  Position place(const NodeRandom& random, std::uint64_t index) const {
    if (tree_ == Tree::at_sample) return astar_rec::replay(AtSample(), random, index);
    if (tree_ == Tree::halves) return astar_rec::replay(Dyadic(), random, index);
    return astar_rec::replay(WholeSpace(), random, index);
  }

  Tree tree_;
  std::uint64_t largest_;
  std::unique_ptr<LaneReplay> lanes_;
};

class BlockReplay final : public Replay {
 public:
  BlockReplay(Tree tree, std::size_t block, std::uint64_t largest, int max_depth)
      : tree_(tree), block_(block), largest_(largest), max_depth_(max_depth) {}

  void positions(const Chunk& chunk, std::span<const std::uint64_t> index,
                 std::span<Position> out) override {
    const std::size_t first = chunk.first();
    for (std::size_t number = chunk.begin; number < chunk.end; ++number) {
      const BoxIndexView own = index.subspan((number - chunk.begin) * block_, block_);
      const std::size_t at = chunk.blocks.first_element(number) - first;
      const auto places = out.subspan(at, chunk.blocks.dimensions(number));
      const NodeRandom random(chunk.seed, chunk.number(at));
      const int depth = depth_of(own);
      if (tree_ == Tree::whole_space) {
        if (depth < 0 || depth > max_index_depth || own[0] > largest_) {
          throw IndexError(number, "no number of a sample");
        }
        for (std::size_t j = 0; j < places.size(); ++j) places[j] = box_place(random, own[0], j);
        continue;
      }
      const HalvingOrder& order = chunk.blocks.order(number);
      const int deepest = std::min(max_depth_, order.levels());
      if (depth < 0 || depth > deepest) {
        throw IndexError(number, "a depth that is not between 0 and " + std::to_string(deepest));
      }
      replay_box(random, order, own, places);
    }
  }

 private:
  Tree tree_;
  std::size_t block_;
  std::uint64_t largest_;
  int max_depth_;
};

}  // namespace

std::unique_ptr<Replay> make_index_replay(Tree tree, std::size_t block, std::uint64_t largest,
                                          int max_depth) {
  if (block == 1) return std::make_unique<ElementReplay>(tree, largest);
  return std::make_unique<BlockReplay>(tree, block, largest, max_depth);
}

}  // namespace astar_rec
