#include "families/tails.hpp"

#include <vector>

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

bool FamilyTails::smooth() const {
  const auto is_smooth = [](auto family) { return decltype(family)::type::is_smooth; };
  return Families::with(target_, is_smooth) && Families::with(proposal_, is_smooth);
}

}  // namespace astar_rec
