// How far a method's searches reach: what they refuse before they begin, and the errors that say so.
#pragma once

#include <cstddef>
#include <limits>

#include "engine/errors.hpp"
#include "search/search.hpp"

namespace astar_rec {

inline constexpr double log2_of_e = 1.4426950408889634;

// At this density ratio, 2^60, the densest part of a target has 16 positions to a unit of its mass.
// (AD* may find an index too short before that: a search goes b bits too deep with chance 2^-b.)
inline constexpr double max_peak_bits = 60.0;
// Global-bound search takes 2^bits steps on average.
inline constexpr double max_global_bits = 32.0;

inline constexpr double no_limit = std::numeric_limits<double>::infinity();

// All in bits of information.
struct Reach {
  double peak = no_limit;  // the density ratio at a target's mode
  double bound =
      no_limit;  // the supremum over all of the space, for a search that takes 2^bits steps
  double custom = no_limit;  // the same of ratios from outside: positions have 64 bits, so that a
                             // normalised ratio that needs more is not one
  double room = 0.0;         // what indices and budget have room for
  // What may be done about a bound that is too large.
  const char* instead = "use AS* or AD*, or give max_samples";

  void check_peak(double log_ratio, std::size_t element) const {
    const double bits = log_ratio * log2_of_e;
    if (peak == no_limit || bits <= peak) return;  // NaN goes on
    throw DivergenceError(element, bits, peak,
                          "the target is " + shortly(bits) +
                              " bits denser than the proposal, finer than 64-bit positions "
                              "resolve: use a wider target or a closer proposal");
  }

  void check_bound(double supremum, std::size_t element) const {
    const double bits = supremum * log2_of_e;
    if (bound == no_limit || bits <= bound) return;
    throw DivergenceError(element, bits, bound,
                          "the global bound is " + shortly(bits) +
                              " bits, and the search would take 2 to that power steps: " + instead);
  }

  void check_outcome(const SearchResult& result, double supremum, std::size_t element) const {
    if (result.outcome == Outcome::found) return;
    const char* why =
        result.outcome == Outcome::no_candidate
            ? "no sample within the codec's limit has positive target density"
        : result.outcome == Outcome::too_deep
            ? "the search went below depth 63, where 64-bit indices end"
            : "too many nodes wait in the heap: the bound on the log ratio is too loose";
    throw DivergenceError(element, supremum * log2_of_e, room, why);
  }
};

}  // namespace astar_rec
