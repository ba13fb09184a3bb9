// The lists over which tests are written: every family, every pair with a built-in ratio, every
// partition. A pair added to ratios.hpp is in them by itself.
#pragma once

#include <ostream>

#include "draws.hpp"
#include "families/ratios.hpp"
#include "search/search.hpp"
#include "tree/partition.hpp"

// Calls f.template operator()<Family>() for all families.
template <class F>
void for_every_family(const F& f) {
  astar_rec::Families::for_each(
      [&](auto family) { f.template operator()<typename decltype(family)::type>(); });
}

// Calls f.template operator()<Target, Proposal>() for all pairs that have a log ratio.
template <class F>
void for_every_pair(const F& f) {
  for_every_family([&]<class Target>() {
    for_every_family([&]<class Proposal>() {
      if constexpr (astar_rec::has_log_ratio<Target, Proposal>) {
        f.template operator()<Target, Proposal>();
      }
    });
  });
}

// Calls f(partition, limits) for all partitions, some with limits.
template <class F>
void for_every_partition(const F& f) {
  using namespace astar_rec;
  f(WholeSpace(), Limits{true, 300});
  f(AtSample(), Limits{});
  f(AtSample(), Limits{true, 3});
  f(Dyadic(), Limits{});
  f(Dyadic(), Limits{true, 3});
  f(Dyadic(6), Limits{false});
  f(Dyadic(2), Limits{false, 4});
}

// A distribution by its middle and its unit.
template <class Family>
Family centred(double middle, double unit) {
  return Family{{middle, unit}};
}

template <>
inline astar_rec::Uniform centred(double middle, double unit) {
  return {middle - unit, middle + unit};
}

// A target by its middle and its unit in the proposal's standard units.
template <class Target, class Proposal>
Target relative_to(const Proposal& proposal, double middle, double unit) {
  return centred<Target>(proposal.sample(middle), proposal.unit() * unit);
}

// Some proposal.
template <class Proposal>
Proposal draw_proposal(Draws& draws) {
  const double unit = draws.power_of_two(-3, 3);
  return centred<Proposal>(draws.between(-10.0, 10.0), unit);
}

// A target of a few bits of information that the proposal can reach.
template <class Target, class Proposal>
Target draw_target(Draws& draws, const Proposal& proposal) {
  if constexpr (std::is_same_v<Proposal, astar_rec::Uniform>) {
    const double unit = draws.between(0.01, 0.9);
    return relative_to<Target>(proposal, draws.between(unit - 0.99, 0.99 - unit), unit);
  } else {
    const double unit = draws.power_of_two(-4, 0.125);
    return relative_to<Target>(proposal, draws.between(-1.5, 1.5), unit);
  }
}

namespace astar_rec {  // found there by argument-dependent lookup

inline std::ostream& operator<<(std::ostream& out, const LocationScale& d) {
  return out << "loc " << d.loc << ", scale " << d.scale;
}

inline std::ostream& operator<<(std::ostream& out, const Uniform& d) {
  return out << "low " << d.low << ", high " << d.high;
}

}  // namespace astar_rec
