// The adaptive code for indices: depths by a model that learns, paths in raw bits.
//
// An index is a leading one and D bits of path. The path is random, the depth is not: how deep winners
// lie follows from how much information there is, which is much alike within an array. The depth is
// said in binary decisions, "does it end here?", one per level, each with the frequency seen so far at
// its level (Krichevsky and Trofimov's estimator). Learning costs about half a bit per level and
// doubling of the number of indices; after that a depth costs its entropy.
//
//     bytes of the depths (range coder) | bits of the paths, one after the other
//
// Reference: R. E. Krichevsky, V. K. Trofimov, "The performance of universal encoding", 1981.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "astar_rec/bit_io.hpp"
#include "astar_rec/box.hpp"
#include "astar_rec/errors.hpp"
#include "astar_rec/range_coder.hpp"

namespace astar_rec {

// How often paths went on and ended at a level.
class Decision {
 public:
  // That it ends, as the range coder wants it.
  std::uint32_t probability() const {
    const std::uint64_t ones = 2 * std::uint64_t{ended_} + 1;
    const std::uint64_t all = 2 * (std::uint64_t{ended_} + went_on_) + 2;
    return static_cast<std::uint32_t>(
        std::clamp<std::uint64_t>(ones * certainty / all, 1, certainty - 1));
  }
  void count(bool ended) { ++(ended ? ended_ : went_on_); }

 private:
  std::uint32_t went_on_ = 0;
  std::uint32_t ended_ = 0;
};

struct AdaptivelyCoded {
  std::vector<std::uint8_t> depths;
  std::vector<std::uint8_t> paths;
  std::uint64_t path_bits = 0;
};

// Indices of `words` words each, the lowest first. Throws IndexError for an index of 0.
inline AdaptivelyCoded pack_adaptively(std::span<const std::uint64_t> indices, std::size_t words) {
  std::vector<Decision> decisions(64 * words);
  RangeEncoder depths;
  BitWriter paths;
  AdaptivelyCoded out;
  for (std::size_t i = 0; i < indices.size() / words; ++i) {
    const BoxIndexView index = indices.subspan(i * words, words);
    const int depth = depth_of(index);
    if (depth < 0) throw IndexError(i, "index 0: indices start at 1");
    for (int level = 0; level <= depth; ++level) {
      Decision& decision = decisions[static_cast<std::size_t>(level)];
      depths.encode(level == depth, decision.probability());
      decision.count(level == depth);
    }
    for (int word = depth / 64, bits = depth % 64; word >= 0; --word, bits = 64) {
      paths.write(index[static_cast<std::size_t>(word)], bits);
    }
    out.path_bits += static_cast<std::uint64_t>(depth);
  }
  out.depths = std::move(depths).finish();
  out.paths = std::move(paths).finish();
  return out;
}

// The inverse; throws CorruptDataError for bytes that no encoder wrote.
inline void unpack_adaptively(std::span<const std::uint8_t> depths,
                              std::span<const std::uint8_t> paths, std::size_t words,
                              std::span<std::uint64_t> indices) {
  if (!depths.empty() && depths.back() == 0) throw CorruptDataError("idle zeros after the depths");
  std::vector<Decision> decisions(64 * words);
  RangeDecoder decoder(depths);
  BitReader reader(paths);
  for (std::size_t i = 0; i < indices.size() / words; ++i) {
    const BoxIndex index = indices.subspan(i * words, words);
    std::size_t depth = 0;
    for (;; ++depth) {
      if (depth == decisions.size()) throw CorruptDataError("an index too large for its words");
      const bool ended = decoder.decode(decisions[depth].probability());
      decisions[depth].count(ended);
      if (ended) break;
    }
    std::fill(index.begin(), index.end(), 0);
    index[depth / 64] = std::uint64_t{1} << (depth % 64);
    int bits = static_cast<int>(depth % 64);
    for (std::size_t word = depth / 64 + 1; word-- > 0; bits = 64) {
      index[word] |= reader.read(bits);
    }
  }
  if (!decoder.all_read() || !reader.only_padding_left()) {
    throw CorruptDataError("more data than indices");
  }
}

}  // namespace astar_rec
