// The adaptive code for indices: depths by a model that learns, paths in raw bits.
//
// An index is a leading one and D bits of path. The path is random, the depth is not: how deep winners
// lie follows from how much information there is, which is much alike within an array. So each index
// is D + 1 decisions of depth_model.hpp, "does it end here?", and then its path, all through one range
// coder. Learning costs about half a bit per level and doubling of the number of indices; after that
// a depth costs its entropy.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

#include "tree/box.hpp"
#include "codes/depth_model.hpp"
#include "engine/errors.hpp"
#include "codes/range_coder.hpp"

namespace astar_rec {

// How indices are coded; both sides know it.
struct AdaptiveCode {
  std::size_t words = 1;                         // of an index, the lowest first
  int start = 0;                                 // as in depth_start.hpp
  std::span<const std::uint16_t> contexts = {};  // one per index, or none at all
};

// Calls f with the model of an array of indices.
template <class F>
decltype(auto) with_depth_model(const AdaptiveCode& code, const F& f) {
  if (code.contexts.empty()) return f(SharedDepthModel(code.words, code.start));
  return f(ContextDepthModel(code.words, code.start, code.contexts));
}

// The bits of an index below its leading one, the highest first.
inline void encode_path(RangeEncoder& encoder, BoxIndexView index, int depth) {
  if (depth == 0) return;
  if (depth <= max_raw_bits) {  // what follows, for nearly all indices
    encoder.encode_raw(index[0] & ((1U << depth) - 1), depth);
    return;
  }
  for (int word = depth / 64, bits = depth % 64; word >= 0; --word, bits = 64) {
    while (bits > 0) {
      const int some = std::min(bits, max_raw_bits);
      bits -= some;
      const std::uint64_t path = index[static_cast<std::size_t>(word)] >> bits;
      encoder.encode_raw(path & ((1U << some) - 1), some);
    }
  }
}

inline void decode_path(RangeDecoder& decoder, BoxIndex index, int depth) {
  std::fill(index.begin(), index.end(), 0);
  if (depth <= max_raw_bits) {
    index[0] = std::uint64_t{1} << depth;
    if (depth > 0) index[0] |= decoder.decode_raw(depth);
    return;
  }
  std::uint64_t one = 1;  // the leading one, in front of the first word's part of the path
  for (int word = depth / 64, bits = depth % 64; word >= 0; --word, bits = 64, one = 0) {
    std::uint64_t path = one;
    while (bits > 0) {
      const int some = std::min(bits, max_raw_bits);
      bits -= some;
      path = path << some | decoder.decode_raw(some);
    }
    index[static_cast<std::size_t>(word)] = path;
  }
}

// How many bits the paths of indices take, in any code. Throws IndexError for an index of 0.
inline std::uint64_t path_bits(std::span<const std::uint64_t> indices, std::size_t words) {
  std::uint64_t bits = 0;
  for (std::size_t i = 0; i < indices.size() / words; ++i) {
    const int depth = depth_of(indices.subspan(i * words, words));
    if (depth < 0) throw IndexError(i, "index 0: indices start at 1");
    bits += static_cast<std::uint64_t>(depth);
  }
  return bits;
}

// Throws IndexError for an index of 0.
inline RangeCoded pack_adaptively(std::span<const std::uint64_t> indices,
                                  const AdaptiveCode& code) {
  return with_depth_model(code, [&](auto model) {
    RangeEncoder encoder;
    for (std::size_t i = 0; i < indices.size() / code.words; ++i) {
      const BoxIndexView index = indices.subspan(i * code.words, code.words);
      const int depth = depth_of(index);
      if (depth < 0) throw IndexError(i, "index 0: indices start at 1");
      model.select(i);
      for (int level = 0; level < depth; ++level) {
        encoder.encode(false, model.probability(level));
        model.count(level, false);
      }
      encoder.encode(true, model.probability(depth));
      model.count(depth, true);
      encode_path(encoder, index, depth);
    }
    return finished(std::move(encoder));
  });
}

// The inverse; throws CorruptDataError for bytes that no encoder wrote.
inline void unpack_adaptively(std::span<const std::uint8_t> bytes, const AdaptiveCode& code,
                              std::span<std::uint64_t> indices) {
  with_depth_model(code, [&](auto model) {
    RangeDecoder decoder(bytes);
    for (std::size_t i = 0; i < indices.size() / code.words; ++i) {
      model.select(i);
      int depth = 0;
      for (;; ++depth) {
        if (depth == model.levels()) throw CorruptDataError("an index too large for its words");
        const bool ended = decoder.decode(model.probability(depth));
        model.count(depth, ended);
        if (ended) break;
      }
      decode_path(decoder, indices.subspan(i * code.words, code.words), depth);
    }
    if (!decoder.at_end()) throw CorruptDataError("more data than indices, or less");
  });
}

}  // namespace astar_rec
