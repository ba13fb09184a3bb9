// Normal targets whose marginal is the proposal, and buffers for what is made of them.
#pragma once

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <random>
#include <utility>
#include <vector>

#include "engine/driver.hpp"
#include "methods/registry.hpp"

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
  astar_rec::Distribution targets() const {
    return {normal, {{loc_.data(), {size()}, {sizeof(double)}}, all(scale_)}};
  }
  astar_rec::Distribution proposals() const { return {normal, {all(zero_), all(one_)}}; }

 private:
  static constexpr astar_rec::Family normal = astar_rec::family_of<astar_rec::Normal>;

  // A number as an array of equal ones.
  astar_rec::StridedView all(const double& number) const { return {&number, {size()}, {0}}; }

  std::vector<double> loc_;
  double scale_;
  double zero_ = 0.0;
  double one_ = 1.0;
};

inline bool never() { return false; }  // asked whether to stop

// An array in blocks, by a method, and what is found for it. Single elements are blocks of one.
struct Coded {
  Inputs inputs;
  astar_rec::Blocks blocks;
  std::shared_ptr<const astar_rec::Method> method;
  Words index, steps;
  std::vector<double> sample, received;

  Coded(std::size_t count, std::size_t block, double bits,
        std::shared_ptr<const astar_rec::Method> by)
      : inputs(count, bits),
        blocks(count / block, block, std::vector<double>(block, 0.0)),
        method(std::move(by)),
        index(count),
        steps(count / block),
        sample(count),
        received(count) {}

  void encode() {
    astar_rec::encode(call(), inputs.targets(), inputs.proposals(), {index, {}}, sample, steps);
  }
  void decode() { astar_rec::decode(call(), {index, {}}, inputs.proposals(), received); }

 private:
  astar_rec::Call call() const {
    return {*method, blocks, counted_seed, 0, 0, blocks.count(), 1, poll};
  }

  astar_rec::Interrupt::Poll poll = never;
};
