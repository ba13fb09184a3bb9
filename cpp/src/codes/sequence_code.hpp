// Arrays of indices to bytes and back, by a code that learns: one range coder, and a model of paths.
//
// An index names a node of a tree: its depth D is where the path to the node ends, and its D bits below
// the leading one are the sides that the path takes. A model says which decisions lead to an index and
// how probable each is; it may learn from all decisions before. This file has the rest, once for all
// codes: the loop over the indices, the checks of what is packed and of where the bytes end.
//
//     adaptive_code.hpp    depths by a model that learns, paths in raw bits
//     tree_code.hpp        paths predicted from the tree that both sides draw
//
// A model has the words of an index, the largest depth that the i-th index can have, and
//
//     code_path(i, coder)
//
// which has the i-th path said or heard, as the coder is a PathEncoder or a PathDecoder. Both sides run
// the same function, so that they cannot differ in what is said, nor in what is learnt from it.
#pragma once

#include <algorithm>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "codes/range_coder.hpp"
#include "engine/errors.hpp"
#include "tree/box.hpp"

namespace astar_rec {

// Says an index's decisions to a range coder.
class PathEncoder {
 public:
  PathEncoder(RangeEncoder& encoder, BoxIndexView index, int depth)
      : encoder_(encoder), index_(index), depth_(depth) {}

  // Whether the path ends at a level that it has come to.
  bool ends(int level, std::uint32_t probability) {
    encoder_.encode(level == depth_, probability);
    return level == depth_;
  }

  // The side that it takes from there.
  bool goes_right(int level, std::uint32_t probability) {
    const bool yes = side_at(index_, depth_, level) == 1;
    encoder_.encode(yes, probability);
    return yes;
  }

  // All levels at once, with the probabilities of a model of depths, which learns. Returns the depth.
  template <class DepthModel>
  [[gnu::always_inline]] int depth(DepthModel& model) {
    for (int level = 0; level < depth_; ++level) {
      encoder_.encode(false, model.probability(level));
      model.count(level, false);
    }
    encoder_.encode(true, model.probability(depth_));
    model.count(depth_, true);
    return depth_;
  }

  // All sides at once, of a path of that depth: raw bits, the highest first.
  [[gnu::always_inline]] void sides(int depth) {
    if (depth == 0) return;
    if (depth <= max_raw_bits) {  // what follows, for nearly all indices
      encoder_.encode_raw(index_[0] & ((1U << depth) - 1), depth);
      return;
    }
    for (int word = depth / 64, bits = depth % 64; word >= 0; --word, bits = 64) {
      while (bits > 0) {
        const int some = std::min(bits, max_raw_bits);
        bits -= some;
        const std::uint64_t path = index_[static_cast<std::size_t>(word)] >> bits;
        encoder_.encode_raw(path & ((1U << some) - 1), some);
      }
    }
  }

 private:
  RangeEncoder& encoder_;
  BoxIndexView index_;
  int depth_;
};

// Hears them, and makes the index.
class PathDecoder {
 public:
  PathDecoder(RangeDecoder& decoder, BoxIndex index) : decoder_(decoder), index_(index) {
    index[0] = 1;
    std::fill(index.begin() + 1, index.end(), 0);  // nothing, for single elements
  }

  bool ends(int, std::uint32_t probability) { return decoder_.decode(probability); }

  bool goes_right(int, std::uint32_t probability) {
    const bool yes = decoder_.decode(probability);
    for (std::size_t word = index_.size() - 1; word > 0; --word) {
      index_[word] = index_[word] << 1 | index_[word - 1] >> 63;
    }
    index_[0] = index_[0] << 1 | (yes ? 1 : 0);
    return yes;
  }

  template <class DepthModel>
  [[gnu::always_inline]] int depth(DepthModel& model) {
    for (int level = 0; level < model.levels(); ++level) {
      const bool yes = decoder_.decode(model.probability(level));
      model.count(level, yes);
      if (yes) return level;
    }
    throw CorruptDataError("an index too large for its words");
  }

  [[gnu::always_inline]] void sides(int depth) {
    if (depth == 0) return;
    if (depth <= max_raw_bits) {
      index_[0] = std::uint64_t{1} << depth | decoder_.decode_raw(depth);
      return;
    }
    index_[0] = 0;
    std::uint64_t one = 1;  // the leading one, in front of the first word's part of the path
    for (int word = depth / 64, bits = depth % 64; word >= 0; --word, bits = 64, one = 0) {
      std::uint64_t path = one;
      while (bits > 0) {
        const int some = std::min(bits, max_raw_bits);
        bits -= some;
        path = path << some | decoder_.decode_raw(some);
      }
      index_[static_cast<std::size_t>(word)] = path;
    }
  }

 private:
  RangeDecoder& decoder_;
  BoxIndex index_;  // of all levels so far
};

template <class Model>
concept PathModel = requires(Model model, const Model same, std::size_t i, PathEncoder& encoder,
                             PathDecoder& decoder) {
  { same.words() } -> std::same_as<std::size_t>;
  { same.deepest(i) } -> std::same_as<int>;
  model.code_path(i, encoder);
  model.code_path(i, decoder);
};

// A code says what its model rests on: `with_model(f)` calls f with a fresh model of an array.
template <class Code>
concept SequenceCode = requires(const Code code) { code.with_model([](PathModel auto) {}); };

// What long work calls now and then; may throw. Empty for nothing.
using Pause = std::function<void()>;

// Of indices: work that takes a few milliseconds at most.
inline constexpr std::size_t between_pauses = 1024;

namespace detail {

// For an index, at place i of a call, that its model has no path for.
[[noreturn]] inline void refuse_depth(int depth, int deepest, std::size_t i) {
  if (depth < 0) throw IndexError(i, "index 0: indices start at 1");
  std::string why = "a depth that is not between 0 and ";
  throw IndexError(i, why += std::to_string(deepest));
}

}  // namespace detail

// Throws CorruptDataError for bytes that no encoder wrote.
template <SequenceCode Code>
void unpack_sequence(std::span<const std::uint8_t> bytes, const Code& code,
                     std::span<std::uint64_t> indices, const Pause& pause = {}) {
  code.with_model([&](PathModel auto model) {
    const std::size_t words = model.words();
    const std::size_t count = indices.size() / words;
    RangeDecoder decoder(bytes);
    for (std::size_t i = 0; i < count; ++i) {
      if (i % between_pauses == 0 && pause) pause();
      PathDecoder path(decoder, BoxIndex(indices.data() + i * words, words));
      model.code_path(i, path);
    }
    if (!decoder.at_end()) throw CorruptDataError("more data than indices, or less");
  });
}

namespace detail {

// Of indices that a search could find by a chance below 2^-500, and a hand can write.
template <SequenceCode Code>
void require_readable(const RangeCoded& coded, std::span<const std::uint64_t> indices,
                      const Code& code, const Pause& pause) {
  std::vector<std::uint64_t> again(indices.size());
  try {
    unpack_sequence(coded.bytes, code, std::span(again), pause);
  } catch (const CorruptDataError&) {
    throw IndexError(0, "one of a search: the code of these goes on too far behind its last byte");
  }
}

}  // namespace detail

// The inverse of the above. Throws IndexError for an index that the code does not have. Each code's file
// compiles both functions.
template <SequenceCode Code>
RangeCoded pack_sequence(std::span<const std::uint64_t> indices, const Code& code,
                         const Pause& pause = {}) {
  RangeCoded coded = code.with_model([&](PathModel auto model) {
    const std::size_t words = model.words();
    const std::size_t count = indices.size() / words;
    RangeEncoder encoder;
    for (std::size_t i = 0; i < count; ++i) {
      if (i % between_pauses == 0 && pause) pause();
      const BoxIndexView index(indices.data() + i * words, words);
      const int depth = depth_of(index);
      if (depth < 0 || depth > model.deepest(i)) detail::refuse_depth(depth, model.deepest(i), i);
      PathEncoder path(encoder, index, depth);
      model.code_path(i, path);
    }
    return finished(std::move(encoder));
  });
  if (coded.ends_early()) detail::require_readable(coded, indices, code, pause);
  return coded;
}

// How many bits the paths of indices take where their sides are raw bits. Throws IndexError for an
// index of 0.
inline std::uint64_t path_bits(std::span<const std::uint64_t> indices, std::size_t words) {
  std::uint64_t bits = 0;
  for (std::size_t i = 0; i < indices.size() / words; ++i) {
    const int depth = depth_of(indices.subspan(i * words, words));
    if (depth < 0) throw IndexError(i, "index 0: indices start at 1");
    bits += static_cast<std::uint64_t>(depth);
  }
  return bits;
}

}  // namespace astar_rec
