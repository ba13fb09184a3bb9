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
//
// A call starts with nothing learnt. It codes indices that follow each other in an array, which may
// be a part of it.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "engine/block_codec.hpp"
#include "tree/box.hpp"
#include "codes/box_contest.hpp"
#include "codes/drawn_tree.hpp"
#include "engine/errors.hpp"
#include "codes/line_contest.hpp"
#include "codes/range_coder.hpp"
#include "codes/tree_model.hpp"

namespace astar_rec {

// Whose indices they are; both sides know it.
struct TreeCode {
  std::uint64_t seed = 0;
  std::uint64_t first_element = 0;  // of the array
  const Blocks* blocks = nullptr;   // of the array; for single elements, a column in blocks of 1
  std::size_t begin = 0;            // the number in the array of the first index that is coded
  int start = 0;  // the expected information of an element in eighths of a bit, or 0
  std::span<const std::uint16_t> contexts = {};  // one per index that is coded, or none at all
};

namespace detail {

// Says an index's decisions to a range coder.
struct PathEncoder {
  RangeEncoder& encoder;
  BoxIndexView index;
  int depth;
  int level = 0;

  bool stop(std::uint32_t probability) {
    encoder.encode(level == depth, probability);
    return level == depth;
  }
  bool right(std::uint32_t probability) {
    const bool yes = side_at(index, depth, level++) == 1;
    encoder.encode(yes, probability);
    return yes;
  }
};

// Hears them.
struct PathDecoder {
  RangeDecoder& decoder;
  BoxIndex index;  // of all levels so far

  PathDecoder(RangeDecoder& from, BoxIndex to) : decoder(from), index(to) {
    std::fill(index.begin(), index.end(), 0);
    index[0] = 1;
  }

  bool stop(std::uint32_t probability) { return decoder.decode(probability); }
  bool right(std::uint32_t probability) {
    const bool yes = decoder.decode(probability);
    for (std::size_t word = index.size() - 1; word > 0; --word) {
      index[word] = index[word] << 1 | index[word - 1] >> 63;
    }
    index[0] = index[0] << 1 | (yes ? 1 : 0);
    return yes;
  }
};

template <class Contest, class Coder>
void follow(const Contest& contest, HypothesisRange range, const HalvingOrder& order,
            const NodeRandom& random, TreeModel& model, Coder& coder) {
  DrawnTree<Contest> tree(contest, order, random);
  Weights weights;
  for (int depth = 0; depth < order.levels(); ++depth) {
    tree.weigh(range, weights);
    const auto& node = tree.node();
    const std::size_t dimension = order[depth];
    const Way way = model.decide(coder, weights, depth, node.log_arrival, dimension,
                                 Contest::halved_cell(node, dimension));
    if (way == stop) return;
    tree.descend(way);
  }
}

// Codes the i-th index of a call.
template <class Coder>
void code_path(const TreeCode& code, std::size_t i, TreeModel& model, Coder& coder) {
  const std::size_t number = code.begin + i;
  const std::size_t dimensions = code.blocks->dimensions(number);
  const HalvingOrder& order = code.blocks->order(number);
  const NodeRandom random(code.seed, code.first_element + code.blocks->first_element(number));
  const HypothesisRange range = model.begin(i);
  if (dimensions == 1) {
    follow(LineContest(range), range, order, random, model, coder);
  } else {
    follow(BoxContest(range, dimensions), range, order, random, model, coder);
  }
  model.end();
}

}  // namespace detail

// Throws IndexError for an index that AD* cannot make.
inline RangeCoded pack_tree(std::span<const std::uint64_t> indices, const TreeCode& code) {
  const std::size_t words = code.blocks->words();
  TreeModel model(code.start, code.contexts);
  RangeEncoder encoder;
  for (std::size_t i = 0; i < indices.size() / words; ++i) {
    const BoxIndexView index = indices.subspan(i * words, words);
    const int depth = depth_of(index);
    const int deepest = code.blocks->order(code.begin + i).levels();
    if (depth < 0 || depth > deepest) {
      throw IndexError(i, "a depth that is not between 0 and " + std::to_string(deepest));
    }
    detail::PathEncoder path{encoder, index, depth};
    detail::code_path(code, i, model, path);
  }
  return finished(std::move(encoder));
}

// The inverse; throws CorruptDataError for bytes that no encoder wrote.
inline void unpack_tree(std::span<const std::uint8_t> bytes, const TreeCode& code,
                        std::span<std::uint64_t> indices) {
  const std::size_t words = code.blocks->words();
  TreeModel model(code.start, code.contexts);
  RangeDecoder decoder(bytes);
  for (std::size_t i = 0; i < indices.size() / words; ++i) {
    detail::PathDecoder path(decoder, indices.subspan(i * words, words));
    detail::code_path(code, i, model, path);
  }
  if (!decoder.at_end()) throw CorruptDataError("more data than indices, or less");
}

}  // namespace astar_rec
