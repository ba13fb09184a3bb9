// Whole arrays by a method, in one call: what tests of methods share.
#pragma once

#include <algorithm>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "engine/driver.hpp"
#include "methods/registry.hpp"

enum class Variant {
  global,
  as_star,
  ad_star,
  dad_star,
  minimal_random,
  ordered_random,
  greedy_poisson,
  greedy_rejection,
  hybrid
};

// A method with its numbers, as tests list them.
struct MethodCase {
  Variant variant;
  // global: the most samples, 0 for no limit; DAD*: the largest depth; minimal and ordered random:
  // candidates; greedy ones: the split; hybrid: the halvings, of 500 candidates
  std::uint64_t limit = 0;
  std::uint64_t max_steps = 0;

  std::shared_ptr<const astar_rec::Method> made() const {
    std::map<std::string, std::uint64_t, std::less<>> numbers;
    constexpr const char* names[] = {"global", "as",   "ad",  "dad",   "mrc",
                                     "orc",    "gprs", "grc", "hybrid"};
    if (variant == Variant::global) numbers["max_samples"] = limit;
    if (variant == Variant::dad_star) numbers["depth"] = limit;
    if (chooses()) numbers["candidates"] = limit;
    if (is_greedy()) numbers["split"] = limit;
    if (variant == Variant::hybrid) numbers = {{"candidates", 500}, {"halvings", limit}};
    if (max_steps != 0) numbers["max_steps"] = max_steps;
    return astar_rec::make_method(names[static_cast<int>(variant)],
                                  astar_rec::MethodNumbers(std::move(numbers)));
  }

  // Whether it takes the first sample that is good enough.
  bool is_greedy() const {
    return variant == Variant::greedy_poisson || variant == Variant::greedy_rejection;
  }
  // Whether it chooses one of candidates.
  bool chooses() const {
    return variant == Variant::minimal_random || variant == Variant::ordered_random;
  }
  // Whether an index is the number of a sample of all of the space.
  bool numbers_samples() const { return variant == Variant::global || chooses(); }
  // Of a block's message.
  std::size_t words(std::size_t block) const { return made()->words(block); }
  // Whether it ends at its limit, whatever the ratio, with the best it has found.
  bool is_approximate() const {
    if (is_greedy()) return false;
    return limit != 0 || variant == Variant::dad_star;
  }
};

inline std::uint64_t largest_index(const MethodCase& method) {
  return method.made()->largest_index();
}

inline astar_rec::Distribution distribution(astar_rec::Family family,
                                            const astar_rec::StridedView& first,
                                            const astar_rec::StridedView& second) {
  return {family, {first, second}};
}

struct Encoded {
  std::span<std::uint64_t> index;
  std::span<double> sample;
  std::span<std::uint64_t> steps;
};

// Which elements of the arrays a call is about, as many as it has places for output: place i is for the
// arrays' element begin + i, whose number is offset + begin + i.
struct Range {
  std::uint64_t offset;
  std::size_t begin;
};

inline std::uint64_t encode(const astar_rec::Distribution& targets,
                            const astar_rec::Distribution& proposals, const MethodCase& method,
                            std::uint64_t seed, Range range, unsigned threads,
                            const astar_rec::Interrupt::Poll& poll, const Encoded& out) {
  const astar_rec::Blocks blocks(range.begin + out.index.size());
  return astar_rec::encode({*method.made(), blocks, seed, range.offset, range.begin, blocks.count(),
                            threads, poll},
                           targets, proposals, {out.index, {}}, out.sample, out.steps)
      .cut;
}

inline void decode(std::span<const std::uint64_t> index, const astar_rec::Distribution& proposals,
                   const MethodCase& method, std::uint64_t seed, Range range, unsigned threads,
                   const astar_rec::Interrupt::Poll& poll, std::span<double> sample) {
  const astar_rec::Blocks blocks(range.begin + index.size());
  astar_rec::decode(
      {*method.made(), blocks, seed, range.offset, range.begin, blocks.count(), threads, poll},
      {index, {}}, proposals, sample);
}

inline std::uint64_t encode_blocks(const astar_rec::Distribution& targets,
                                   const astar_rec::Distribution& proposals,
                                   const astar_rec::Blocks& blocks, const MethodCase& method,
                                   std::uint64_t seed, std::uint64_t offset, unsigned threads,
                                   const astar_rec::Interrupt::Poll& poll, const Encoded& out) {
  return astar_rec::encode({*method.made(), blocks, seed, offset, 0, blocks.count(), threads, poll},
                           targets, proposals, {out.index, {}}, out.sample, out.steps)
      .cut;
}

inline void decode_blocks(std::span<const std::uint64_t> index,
                          const astar_rec::Distribution& proposals, const astar_rec::Blocks& blocks,
                          const MethodCase& method, std::uint64_t seed, std::uint64_t offset,
                          unsigned threads, const astar_rec::Interrupt::Poll& poll,
                          std::span<double> sample) {
  astar_rec::decode({*method.made(), blocks, seed, offset, 0, blocks.count(), threads, poll},
                    {index, {}}, proposals, sample);
}
