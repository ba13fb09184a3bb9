// What a method of relative entropy coding says of itself. Each is a file beside this one and a row in
// registry.cpp.
//
// A method turns targets and proposals of consecutive blocks into a message for each block and samples
// of its elements, and messages back into samples. Samples are in the proposal's standard units: the
// driver (engine/driver.hpp) brings them to the proposal's own scale, gathers parameters, and divides
// the work between threads. A method knows nothing of arrays, and the driver nothing of trees.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "engine/blocks.hpp"
#include "engine/parallel.hpp"
#include "families/log_ratios.hpp"
#include "families/parameters.hpp"
#include "math/positions.hpp"
#include "random/random.hpp"

namespace astar_rec {

class Lockstep;

// Consecutive blocks of a call's arrays: their numbers are `begin` to before `end`.
struct Chunk {
  const Blocks& blocks;
  std::size_t begin;
  std::size_t end;
  const Parameters& targets;    // of the elements, in order; of a decoder, none
  const Parameters& proposals;  // likewise
  std::uint64_t seed;
  std::uint64_t offset;  // the number of the arrays' first element

  std::size_t count() const { return end - begin; }
  // The first element, in the arrays.
  std::size_t first() const { return blocks.first_element(begin); }
  std::size_t elements() const { return blocks.end_of(end) - first(); }
  // Where an element of the chunk finds its random numbers.
  std::uint64_t number(std::size_t element) const { return offset + first() + element; }
};

// Messages of blocks: words, as many for each block as the method says; or bytes, if it says none.
struct Messages {
  std::span<std::uint64_t> words;
  std::span<std::vector<std::uint8_t>> bytes;
};
struct ReceivedMessages {
  std::span<const std::uint64_t> words;
  std::span<const std::span<const std::uint8_t>> bytes;
};

// A sum of probabilities, in whole 2^-63ths, each rounded up: the same in any order.
class Doubts {
 public:
  // 1 for whatever isn't below it.
  void add(double doubt) {
    constexpr double whole = 0x1p63;
    std::uint64_t parts = std::uint64_t{1} << 63;
    if (doubt < 1.0) {
      parts = static_cast<std::uint64_t>(doubt * whole);
      if (static_cast<double>(parts) < doubt * whole) ++parts;
    }
    high_ += parts >> 32;
    low_ += parts & 0xFFFFFFFF;
  }

  void add_certain(std::uint64_t count) { high_ += count << 31; }

  void add(const Doubts& other) {
    high_ += other.high_;
    low_ += other.low_;
  }

  bool none() const { return high_ == 0 && low_ == 0; }
  // The sum is high * 2^-31 + low * 2^-63, of up to 2^32 of them.
  std::uint64_t high() const { return high_; }
  std::uint64_t low() const { return low_; }

 private:
  std::uint64_t high_ = 0;
  std::uint64_t low_ = 0;
};

// What an encoder finds.
struct Found {
  Messages messages;
  std::span<double> z;             // one for each element
  std::span<std::uint64_t> steps;  // one for each block
  std::uint64_t cut = 0;           // how many blocks were ended at a budget,
  std::uint64_t known = 0;         // for how many of these it is known what that may have changed,
  Doubts doubts = {};              // and the probabilities that it did, for these and others
};

// Encoders and decoders belong to one thread each, and keep memory to work in.
class Encoder {
 public:
  virtual ~Encoder() = default;
  // Throws DivergenceError, which numbers elements as the arrays do, and Interrupted.
  virtual void encode(const Chunk& chunk, Interrupt& interrupt, Found& found) = 0;
};

class Decoder {
 public:
  virtual ~Decoder() = default;
  // Throws IndexError for the message of a block that the method can't have sent.
  virtual void decode(const Chunk& chunk, const ReceivedMessages& messages,
                      std::span<double> z) = 0;
};

// The same for methods whose samples are positions of the proposal's CDF: these go with any proposal.
class Replay {
 public:
  virtual ~Replay() = default;
  virtual void positions(const Chunk& chunk, std::span<const std::uint64_t> words,
                         std::span<Position> positions) = 0;
};

// How blocks are shared out: a share of fewer isn't worth the handing out, one of more takes long.
struct Shares {
  std::size_t fewest = 1;
  std::size_t most = max_chunk;
};

class Method {
 public:
  virtual ~Method() = default;

  // The largest block.
  virtual std::size_t most_in_block() const = 0;
  // The words of a block's message; 0 where it is bytes.
  virtual std::size_t words(std::size_t block) const { return block; }
  // Whether blocks' elements are halved in turn: `Blocks` knows the order then.
  virtual bool halves() const { return true; }
  // The largest message of one word, if messages are indices: from 1.
  virtual std::uint64_t largest_index() const { return ~std::uint64_t{0}; }

  virtual bool encodes(const Pair& pair) const { return has_log_ratios(pair); }
  // Requires encodes(pair).
  virtual std::unique_ptr<Encoder> encoder(const Pair& pair, std::size_t block) const = 0;
  virtual std::unique_ptr<Decoder> decoder(Family proposal, std::size_t block) const;
  virtual Shares encoder_shares(std::size_t) const { return {}; }
  virtual Shares decoder_shares(std::size_t block) const {
    return {block == 1 ? std::size_t{256} : 1};
  }

  // Null where samples are no positions.
  virtual std::unique_ptr<Replay> replay(std::size_t block) const = 0;
  // Searches for ratios that are evaluated outside the core; null where there are none.
  virtual std::unique_ptr<Lockstep> lockstep(std::size_t count, std::uint64_t seed,
                                             std::uint64_t offset) const = 0;
};

}  // namespace astar_rec
