#include "families/tails.hpp"

#include <limits>

#include "engine/errors.hpp"
#include "simd/lanes.hpp"

namespace astar_rec {

// By steps, each of one family: so there is no code for pairs.

void FamilyTails::rows(std::span<const std::uint32_t> element, std::span<const Position> edges,
                       std::span<double> tails) {
  constexpr double end = 1000.0;  // where tails vanish
  const std::size_t each = edges.size(), count = element.size() * each;
  std::vector<double> standard(each);
  lanes::quantiles(proposal_, edges, standard);
  z_.resize(count);
  Families::with(proposal_, [&](auto family) {
    using It = typename decltype(family)::type;
    const Parameters::Members<It> members(proposals_);
    double* x = z_.data();
    for (const std::uint32_t i : element) {
      const It p = members[i];
      for (std::size_t e = 0; e < each; ++e) *x++ = p.sample(standard[e]);
    }
  });
  Families::with(target_, [&](auto family) {
    using It = typename decltype(family)::type;
    const Parameters::Members<It> members(targets_);
    double* z = z_.data();
    for (const std::uint32_t i : element) {
      const It q = members[i];
      for (std::size_t e = 0; e < each; ++e, ++z) {
        const double at = q.standardise(*z);
        *z = at > It::tail_end ? end : at < -It::tail_end ? -end : at;
      }
    }
  });
  lanes::tails(target_, z_, tails.first(count));
}

void FamilyTails::at(std::span<const std::uint32_t> element, std::span<const Position> edge,
                     std::span<Place> place) {
  const std::size_t count = edge.size();
  z_.resize(count);
  tails_.resize(count);
  lanes::quantiles(proposal_, edge, z_);
  Families::with(proposal_, [&](auto family) {
    using It = typename decltype(family)::type;
    const Parameters::Members<It> members(proposals_);
    for (std::size_t i = 0; i < count; ++i) place[i].x = members[element[i]].sample(z_[i]);
  });
  Families::with(target_, [&](auto family) {
    using It = typename decltype(family)::type;
    const Parameters::Members<It> members(targets_);
    for (std::size_t i = 0; i < count; ++i) z_[i] = members[element[i]].standardise(place[i].x);
  });
  lanes::tails(target_, z_, tails_);
  for (std::size_t i = 0; i < count; ++i) place[i].tail = tails_[i];
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
