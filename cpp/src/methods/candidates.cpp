#include "methods/candidates.hpp"

#include <string>

#include "engine/errors.hpp"
#include "methods/a_star_replay.hpp"

namespace astar_rec {

namespace {

class BlocksOfNumbers final : public Replay {
 public:
  explicit BlocksOfNumbers(std::uint64_t largest) : largest_(largest) {}

  void positions(const Chunk& chunk, std::span<const std::uint64_t> index,
                 std::span<Position> out) override {
    for (std::size_t number = chunk.begin; number < chunk.end; ++number) {
      const std::uint64_t own = index[number - chunk.begin];
      if (own == 0 || own > largest_) {
        throw IndexError(number, "index " + std::to_string(own) + " is not between 1 and " +
                                     std::to_string(largest_));
      }
      const std::size_t at = chunk.blocks.first_element(number) - chunk.first();
      const NodeRandom random(chunk.seed, chunk.number(at));
      for (std::size_t j = 0; j < chunk.blocks.dimensions(number); ++j) {
        out[at + j] = box_place(random, own, j);
      }
    }
  }

 private:
  std::uint64_t largest_;
};

}  // namespace

std::unique_ptr<Replay> CandidateMethod::replay(std::size_t block) const {
  if (block > 1) return std::make_unique<BlocksOfNumbers>(largest_index());
  return make_index_replay(Tree::whole_space, 1, largest_index(), 0);
}

}  // namespace astar_rec
