// What is chosen once a call: the families, and the method with its limits.
//
// A ParametricFamily, with its arrays of parameters, is a distribution for every element; a Method names
// a partition and its limits. with_family and with_partition turn the choice into types, outside of all
// loops.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "families/family.hpp"
#include "simd/lanes.hpp"
#include "tree/partition.hpp"
#include "search/search.hpp"
#include "engine/strided.hpp"
#include "math/positions.hpp"

namespace astar_rec {

enum class Family { normal, laplace, logistic, uniform };

// (loc, scale), or (low, high) for the uniform.
struct ParametricFamily {
  Family family;
  StridedView first;
  StridedView second;
};

enum class Variant { global, as_star, ad_star, dad_star, minimal_random };

struct Method {
  Variant variant;
  // global: the most samples, 0 for no limit; DAD*: the largest depth; minimal random: candidates
  std::uint64_t limit = 0;
  std::uint64_t max_steps = 0;  // of one search, 0 for no budget; global: see limit
};

// Whether an index is the number of a sample of all of the space.
inline bool numbers_samples(const Method& method) {
  return method.variant == Variant::global || method.variant == Variant::minimal_random;
}

// Whether a method ends at its limit, whatever the ratio, with the best it has found.
inline bool is_approximate(const Method& method) {
  return method.limit != 0 || method.variant == Variant::dad_star;
}

// The largest index of a method; the smallest is 1.
inline std::uint64_t largest_index(const Method& method) {
  if (method.variant == Variant::dad_star) return last_position >> (63 - method.limit);
  if (numbers_samples(method) && method.limit != 0) return method.limit;
  return ~std::uint64_t{0};
}

namespace detail {

inline Limits limits_of(const Method& method) {
  Limits limits;
  limits.exact = method.variant != Variant::dad_star;
  // A step of the global bound is a sample.
  const std::uint64_t most = method.variant == Variant::global ? method.limit : method.max_steps;
  if (most != 0) limits.most_steps = most;
  return limits;
}

// The partition that indices refer to; minimal random coding, which searches nothing, has the samples
// of the global bound.
template <class F>
decltype(auto) with_partition(const Method& method, const F& f) {
  switch (method.variant) {
    case Variant::global:
    case Variant::minimal_random:
      return f(WholeSpace());
    case Variant::as_star:
      return f(AtSample());
    case Variant::ad_star:
      return f(Dyadic());
    default:
      return f(Dyadic(static_cast<int>(method.limit)));
  }
}

// Calls f(make) with make(first, second) making a distribution of the family.
template <class F>
decltype(auto) with_family(Family family, const F& f) {
  switch (family) {
    case Family::normal:
      return f([](double a, double b) { return Normal{{a, b}}; });
    case Family::laplace:
      return f([](double a, double b) { return Laplace{{a, b}}; });
    case Family::logistic:
      return f([](double a, double b) { return Logistic{{a, b}}; });
    default:
      return f([](double a, double b) { return Uniform{a, b}; });
  }
}

// The parameters of a chunk of elements.
class Parameters {
 public:
  void gather(const ParametricFamily& of, std::size_t begin, std::size_t end) {
    first_.resize(end - begin);
    second_.resize(end - begin);
    of.first.gather(begin, first_);
    of.second.gather(begin, second_);
  }
  double first(std::size_t i) const { return first_[i]; }
  double second(std::size_t i) const { return second_[i]; }
  const std::vector<double>& firsts() const { return first_; }
  const std::vector<double>& seconds() const { return second_; }

 private:
  std::vector<double> first_;
  std::vector<double> second_;
};

// The proposals' samples at positions.
template <class MakeProposal>
void samples_at(std::span<const Position> positions, const Parameters& p,
                MakeProposal make_proposal, std::span<double> sample) {
  lanes::quantiles<decltype(make_proposal(0.0, 1.0))>(positions, sample);
  for (std::size_t i = 0; i < sample.size(); ++i) {
    sample[i] = make_proposal(p.first(i), p.second(i)).sample(sample[i]);
  }
}

inline constexpr int steps_between_checks = 1024;

// Elements that take some microseconds together. Where one alone may take long, they are handed out
// one by one.
inline constexpr std::size_t min_searches = 64;
inline constexpr std::size_t min_replays = 256;

}  // namespace detail

}  // namespace astar_rec
