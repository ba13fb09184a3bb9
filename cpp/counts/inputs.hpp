// Normal targets whose marginal is the proposal, and buffers for what is made of them.
#pragma once

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <random>
#include <vector>

#include "engine/block_codec.hpp"
#include "engine/codec.hpp"

using Words = std::vector<std::uint64_t>;

inline constexpr std::uint64_t counted_seed = 1;

// At so many bits of information the scale is 2^-bits, and the means have variance 1 - 4^-bits. They
// come from the standard library, not from the core: its versions are compared on the same ones.
class Inputs {
 public:
  Inputs(std::size_t count, double bits) : loc_(count), scale_(std::exp2(-bits)) {
    std::mt19937_64 generator(1);
    std::normal_distribution<double> means(0.0, std::sqrt(1.0 - scale_ * scale_));
    for (double& mean : loc_) mean = means(generator);
  }

  std::size_t size() const { return loc_.size(); }
  astar_rec::ParametricFamily targets() const {
    return {astar_rec::Family::normal, {loc_.data(), {size()}, {sizeof(double)}}, all(scale_)};
  }
  astar_rec::ParametricFamily proposals() const {
    return {astar_rec::Family::normal, all(zero_), all(one_)};
  }

 private:
  // A number as an array of equal ones.
  astar_rec::StridedView all(const double& number) const { return {&number, {size()}, {0}}; }

  std::vector<double> loc_;
  double scale_;
  double zero_ = 0.0;
  double one_ = 1.0;
};

inline bool never() { return false; }  // asked whether to stop

// An array of single elements, and what is found for it.
struct Singles {
  Inputs inputs;
  astar_rec::Method method;
  Words index, steps;
  std::vector<double> sample, received;

  Singles(std::size_t count, double bits, const astar_rec::Method& by)
      : inputs(count, bits),
        method(by),
        index(count),
        steps(count),
        sample(count),
        received(count) {}

  void encode() {
    astar_rec::encode(inputs.targets(), inputs.proposals(), method, counted_seed, {0, 0}, 1, never,
                      {index, sample, steps});
  }
  void decode() {
    astar_rec::decode(index, inputs.proposals(), method, counted_seed, {0, 0}, 1, never, received);
  }
};

// An array in blocks.
struct InBlocks {
  Inputs inputs;
  astar_rec::Blocks blocks;
  Words index, steps;
  std::vector<double> sample, received;

  InBlocks(std::size_t count, std::size_t block, double bits)
      : inputs(count, bits),
        blocks(count / block, block, std::vector<double>(block, 0.0)),
        index(count),
        steps(count / block),
        sample(count),
        received(count) {}

  void encode() {
    astar_rec::encode_blocks(inputs.targets(), inputs.proposals(), blocks,
                             {astar_rec::Variant::ad_star}, counted_seed, 0, 1, never,
                             {index, sample, steps});
  }
  void decode() {
    astar_rec::decode_blocks(index, inputs.proposals(), blocks, {astar_rec::Variant::ad_star},
                             counted_seed, 0, 1, never, received);
  }
};
