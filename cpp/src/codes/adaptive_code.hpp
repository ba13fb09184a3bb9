// The adaptive code for indices: depths by a model that learns, paths in raw bits.
//
// An index is a leading one and D bits of path. The path is random, the depth is not: how deep winners
// lie follows from how much information there is, which is much alike within an array. So each index
// is D + 1 decisions of depth_model.hpp, "does it end here?", and then its path, all through one range
// coder (sequence_code.hpp). Learning costs about half a bit per level and doubling of the number of
// indices; after that a depth costs its entropy.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>

#include "codes/depth_model.hpp"
#include "codes/sequence_code.hpp"

namespace astar_rec {

// Paths whose depths a model knows something of.
template <class DepthModel>
class AdaptiveModel {
 public:
  AdaptiveModel(std::size_t words, DepthModel depths)
      : words_(words), deepest_(depths.levels() - 1), depths_(std::move(depths)) {}

  std::size_t words() const { return words_; }
  int deepest(std::size_t) const { return deepest_; }

  template <class Coder>
  void code_path(std::size_t i, Coder& coder) {
    depths_.select(i);
    coder.sides(coder.depth(depths_));
  }

 private:
  std::size_t words_;
  int deepest_;
  DepthModel depths_;
};

// How indices are coded; both sides know it.
struct AdaptiveCode {
  std::size_t words = 1;                         // of an index, the lowest first
  int start = 0;                                 // as in depth_start.hpp
  std::span<const std::uint16_t> contexts = {};  // one per index, or none at all

  template <class F>
  decltype(auto) with_model(const F& f) const {
    if (contexts.empty()) return f(AdaptiveModel(words, SharedDepthModel(words, start)));
    return f(AdaptiveModel(words, ContextDepthModel(words, start, contexts)));
  }
};

extern template RangeCoded pack_sequence(std::span<const std::uint64_t>, const AdaptiveCode&,
                                         const Pause&);
extern template void unpack_sequence(std::span<const std::uint8_t>, const AdaptiveCode&,
                                     std::span<std::uint64_t>, const Pause&);

}  // namespace astar_rec
