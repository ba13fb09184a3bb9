// Whole arrays: parameters in, messages and samples out; and messages in, samples out.
//
// The one place where parameters are gathered, work is divided between threads, interrupts are heard,
// and samples are brought to the proposal's own scale. What happens to a chunk is the method's.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "engine/blocks.hpp"
#include "engine/parallel.hpp"
#include "families/parameters.hpp"
#include "methods/method.hpp"

namespace astar_rec {

// What a call is about: the blocks from `begin` to before `end` of arrays whose elements' numbers start
// at `offset`.
struct Call {
  const Method& method;
  const Blocks& blocks;
  std::uint64_t seed;
  std::uint64_t offset;
  std::size_t begin;
  std::size_t end;
  unsigned threads;
  const Interrupt::Poll& poll;
};

// How searches ended that did not go to their ends.
struct Ended {
  std::uint64_t cut = 0;  // how many at a budget
  Doubts doubts;          // the probabilities that samples are others than those of whole searches
};

// Outputs are those of the blocks from call.begin on: messages and steps of blocks, samples of elements.
// Throws DivergenceError and Interrupted; the outputs are then partly written.
Ended encode(const Call& call, const Distribution& targets, const Distribution& proposals,
             const Messages& messages, std::span<double> samples, std::span<std::uint64_t> steps);

// Throws IndexError and Interrupted.
void decode(const Call& call, const ReceivedMessages& messages, const Distribution& proposals,
            std::span<double> samples);

// The positions that messages name, of methods that have them: for proposals outside the core.
void replay(const Call& call, std::span<const std::uint64_t> words, std::span<Position> positions);

}  // namespace astar_rec
