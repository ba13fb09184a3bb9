// What cannot be encoded, and the errors that say so.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <limits>
#include <string>
#include <type_traits>

#include "engine/errors.hpp"
#include "families/family.hpp"
#include "methods/method.hpp"
#include "search/search.hpp"

namespace astar_rec {

inline constexpr double log2_of_e = 1.4426950408889634;

// A target may have this much mass beyond the proposal's first and last positions.
inline constexpr double max_missing_mass = 0x1p-10;
// At this density ratio, 2^60, the densest part of a target has 16 positions to a unit of its mass.
// (AD* may find an index too short before that: a search goes b bits too deep with chance 2^-b.)
inline constexpr double max_peak_bits = 60.0;
// Global-bound search takes 2^bits steps on average.
inline constexpr double max_global_bits = 32.0;

// The largest supremum over all of the space, in bits, with which a search is begun: positions have 64
// bits, so a normalised ratio that needs more is not one. A search that ends anyway begins with any.
inline double max_bound_bits(const Method& method) {
  const bool ends = is_approximate(method) || method.max_steps != 0;
  if (ends) return std::numeric_limits<double>::infinity();
  return method.variant == Variant::global ? max_global_bits : 64.0;
}

namespace detail {

inline std::string shortly(double x) {
  char text[32];
  std::snprintf(text, sizeof text, "%.4g", x);
  return text;
}

template <class Target, class Proposal>
void check_support(const Target& target, const Proposal&, const Support& support,
                   std::size_t element) {
  // Most targets are well inside; the C library's functions are for those that are not.
  if (target.sample(-Target::bulk) >= support.low && target.sample(Target::bulk) <= support.high) {
    return;
  }
  const double missing = target.mass_outside(support.low, support.high);
  constexpr double most = std::is_same_v<Proposal, Uniform> ? 0.0 : max_missing_mass;
  if (missing <= most) return;  // false for NaN
  throw DivergenceError(
      element, std::numeric_limits<double>::infinity(), 64.0,
      "a part " + shortly(missing) + " of the target lies outside [" + shortly(support.low) + ", " +
          shortly(support.high) +
          "], all that 64-bit positions of this proposal reach: use a wider proposal");
}

template <class Ratio>
void check_peak(const Ratio& ratio, const Method& method, std::size_t element) {
  const double peak = ratio.peak() * log2_of_e;
  if (is_approximate(method) || peak <= max_peak_bits) return;  // NaN goes on
  throw DivergenceError(element, peak, max_peak_bits,
                        "the target is " + shortly(peak) +
                            " bits denser than the proposal, finer than 64-bit positions resolve: "
                            "use a wider target or a closer proposal");
}

inline void check_global_bound(double root_supremum, const Method& method, std::size_t element) {
  const double bound = root_supremum * log2_of_e;
  if (method.variant != Variant::global || is_approximate(method) || bound <= max_global_bits) {
    return;
  }
  throw DivergenceError(element, bound, max_global_bits,
                        "the global bound is " + shortly(bound) +
                            " bits, and the search would take 2 to that power steps: use AS* or "
                            "AD*, or give max_samples");
}

// How many bits of information a search has room for: each step goes a level deeper at most.
inline double room(const Method& method) {
  const auto limit = static_cast<double>(method.limit);
  if (numbers_samples(method) && method.limit != 0) return std::log2(limit);
  const double depth = method.variant == Variant::dad_star ? limit : max_index_depth;
  return method.max_steps == 0 ? depth : std::min(depth, static_cast<double>(method.max_steps - 1));
}

inline void check_outcome(const SearchResult& result, double supremum, const Method& method,
                          std::size_t element) {
  if (result.outcome == Outcome::found) return;
  const double bits = supremum * log2_of_e;
  const double limit = room(method);
  switch (result.outcome) {
    case Outcome::no_candidate:
      throw DivergenceError(element, bits, limit,
                            "no sample within the codec's limit has positive target density");
    case Outcome::too_deep:
      throw DivergenceError(element, bits, limit,
                            "the search went below depth 63, where 64-bit indices end");
    default:
      throw DivergenceError(element, bits, limit,
                            "too many nodes wait in the heap: the bound on the log ratio is "
                            "too loose");
  }
}

}  // namespace detail

}  // namespace astar_rec
