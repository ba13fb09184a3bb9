#include "families/tails.hpp"

#include <limits>
#include <vector>

#include "engine/errors.hpp"

namespace astar_rec {

// Two passes, over x and over tails, so that families need no code for pairs.

void FamilyTails::rows(std::span<const std::uint32_t> element, std::span<const Position> edges,
                       std::span<Place> places) {
  const std::size_t each = edges.size();
  Families::with(proposal_, [&](auto family) {
    using It = typename decltype(family)::type;
    const Parameters::Members<It> members(proposals_);
    std::vector<double> z(each);
    for (std::size_t e = 0; e < each; ++e) z[e] = It::quantile(edges[e]);
    for (std::size_t i = 0; i < element.size(); ++i) {
      const It p = members[element[i]];
      for (std::size_t e = 0; e < each; ++e) places[i * each + e].x = p.sample(z[e]);
    }
  });
  Families::with(target_, [&](auto family) {
    using It = typename decltype(family)::type;
    const Parameters::Members<It> members(targets_);
    for (std::size_t i = 0; i < element.size(); ++i) {
      const It q = members[element[i]];
      for (std::size_t e = 0; e < each; ++e) {
        Place& place = places[i * each + e];
        place.tail = It::tail(q.standardise(place.x));
      }
    }
  });
}

void FamilyTails::at(std::span<const std::uint32_t> element, std::span<const Position> edge,
                     std::span<Place> place) {
  Families::with(proposal_, [&](auto family) {
    using It = typename decltype(family)::type;
    const Parameters::Members<It> members(proposals_);
    for (std::size_t i = 0; i < edge.size(); ++i) {
      place[i].x = members[element[i]].sample(It::quantile(edge[i]));
    }
  });
  Families::with(target_, [&](auto family) {
    using It = typename decltype(family)::type;
    const Parameters::Members<It> members(targets_);
    for (std::size_t i = 0; i < edge.size(); ++i) {
      place[i].tail = It::tail(members[element[i]].standardise(place[i].x));
    }
  });
}

void FamilyTails::check_support() const {
  constexpr double infinity = std::numeric_limits<double>::infinity();
  // Where a proposal's density goes on, what is beyond the last position is a matter of 64 bits.
  constexpr double most_beyond_positions = 0x1p-10, most_beyond_ends = 0x1p-64;
  Families::with(proposal_, [&](auto proposal_family) {
    using P = typename decltype(proposal_family)::type;
    const Parameters::Members<P> proposals(proposals_);
    const double first = P::quantile(0), last = P::quantile(~Position{0});
    Families::with(target_, [&](auto target_family) {
      using Q = typename decltype(target_family)::type;
      const Parameters::Members<Q> targets(targets_);
      const std::size_t n = targets_.column(0).size();
      for (std::size_t i = 0; i < n; ++i) {
        const Q q = targets[i];
        const Support support = proposals[i].support(first, last);
        const bool well_inside =
            q.sample(-Q::bulk) >= support.low && q.sample(Q::bulk) <= support.high;
        if (well_inside && (!P::is_bounded || Q::is_bounded)) continue;
        const double beyond = q.mass_outside(support.low, support.high);
        if (beyond <= (P::is_bounded ? most_beyond_ends : most_beyond_positions)) continue;
        throw DivergenceError(
            i, infinity, 64.0,
            "too much of the target lies beyond all that 64-bit positions of this "
            "proposal reach: use a wider one");
      }
    });
  });
}

bool FamilyTails::smooth() const {
  const auto is_smooth = [](auto family) { return decltype(family)::type::is_smooth; };
  return Families::with(target_, is_smooth) && Families::with(proposal_, is_smooth);
}

}  // namespace astar_rec
