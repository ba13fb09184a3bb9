// The tree code for indices of AD*: the path to a winner, predicted from the tree that both sides draw.
//
// An index says which node of a tree won. The receiver has the seed, so it can draw every node's
// arrival and sample too, and given these most of the nodes can hardly win: one next to an earlier
// arrival, or one whose descendants arrive just as early. So a path is said in decisions, at every node
// "does it stop here?" and then "does it go right?", each with the probability that tree_model.hpp has
// learnt to give it by what the tree looks like there. That saves 0.65 to 0.9 bits of a single element's
// index, which comes near its entropy given the tree, and 0.5 to 0.7 bits of a block's.
//
//     drawn_tree.hpp      what is drawn of the tree on the way
//     line_contest.hpp    which node wins, for one element
//     box_contest.hpp     and for blocks, by the tables of winner_table.hpp
//     tree_model.hpp      probabilities, learnt
//     sequence_code.hpp   the loop over indices, as the adaptive code has it
//
// A call starts with nothing learnt. It codes indices that follow each other in an array, which may
// be a part of it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "codes/box_contest.hpp"
#include "codes/drawn_tree.hpp"
#include "codes/line_contest.hpp"
#include "codes/sequence_code.hpp"
#include "codes/tree_model.hpp"
#include "engine/blocks.hpp"
#include "tree/box.hpp"

namespace astar_rec {

// Whose indices they are; both sides know it.
struct TreeCode {
  std::uint64_t seed = 0;
  std::uint64_t offset = 0;        // the number of the array's first element
  const Blocks* blocks = nullptr;  // of the array; for single elements, a column in blocks of 1
  std::size_t begin = 0;           // the number in the array of the first index that is coded
  int start = 0;  // the expected information of an element in eighths of a bit, or 0
  std::span<const std::uint16_t> contexts = {};  // one per index that is coded, or none at all

  template <class F>
  decltype(auto) with_model(const F& f) const;
};

// Paths to winners, through the trees of the indices that are coded.
class TreePaths {
 public:
  explicit TreePaths(const TreeCode& code) : code_(code), model_(code.start, code.contexts) {}

  std::size_t words() const { return code_.blocks->block(); }
  int deepest(std::size_t i) const { return code_.blocks->order(code_.begin + i).levels(); }

  template <class Coder>
  void code_path(std::size_t i, Coder& coder) {
    const std::size_t number = code_.begin + i;
    const std::size_t dimensions = code_.blocks->dimensions(number);
    const HalvingOrder& order = code_.blocks->order(number);
    const NodeRandom random(code_.seed, code_.offset + code_.blocks->first_element(number));
    const HypothesisRange range = model_.begin(i);
    if (dimensions == 1) {
      follow(LineContest(range), range, order, random, coder);
    } else {
      follow(BoxContest(range, dimensions), range, order, random, coder);
    }
    model_.end();
  }

 private:
  template <class Contest, class Coder>
  void follow(const Contest& contest, HypothesisRange range, const HalvingOrder& order,
              const NodeRandom& random, Coder& coder) {
    DrawnTree<Contest> tree(contest, order, random);
    Weights weights;
    for (int depth = 0; depth < order.levels(); ++depth) {
      tree.weigh(range, weights);
      const auto& node = tree.node();
      const std::size_t dimension = order[depth];
      const Way way = model_.decide(coder, weights, depth, node.log_arrival, dimension,
                                    Contest::halved_cell(node, dimension));
      if (way == stop) return;
      tree.descend(way);
    }
  }

  const TreeCode& code_;
  TreeModel model_;
};

template <class F>
decltype(auto) TreeCode::with_model(const F& f) const {
  return f(TreePaths(*this));
}

extern template RangeCoded pack_sequence(std::span<const std::uint64_t>, const TreeCode&,
                                         const Pause&);
extern template void unpack_sequence(std::span<const std::uint8_t>, const TreeCode&,
                                     std::span<std::uint64_t>, const Pause&);

}  // namespace astar_rec
