// One search from its start to its end, for a pair of distributions.
#pragma once

#include <cstdint>

#include "check.hpp"
#include "families/shallow_cuts.hpp"
#include "search/search.hpp"

// No search in these tests is near it: what goes on longer is taken for endless.
inline constexpr std::uint64_t most_steps = 5'000'000;

// Evaluates a node as the law says, by the pair's own ratio.
template <class Partition, class Ratio, class Proposal>
astar_rec::Evaluation evaluate(const typename astar_rec::Search<Partition>::Node& node,
                               const Ratio& ratio, const astar_rec::ShallowCuts<Proposal>& cuts) {
  const astar_rec::Region& region = node.region;
  const double z = Proposal::quantile(node.sample);
  if constexpr (Partition::children == 1) {
    return {ratio(z), z, {node.supremum, 0.0}};
  } else {
    const double z_cut = Partition::cuts_at_sample ? z : cuts.of(region.address.node);
    return {ratio(z),
            z_cut,
            {ratio.supremum(region.z_first, z_cut), ratio.supremum(z_cut, region.z_last)}};
  }
}

template <class Proposal, class Partition, class Ratio>
astar_rec::SearchResult run_search(astar_rec::Search<Partition>& search, const Partition& partition,
                                   const astar_rec::Limits& limits, const Ratio& ratio,
                                   astar_rec::NodeRandom random) {
  using namespace astar_rec;
  const auto& cuts = ShallowCuts<Proposal>::get();
  const double z_first = Proposal::quantile(0), z_last = Proposal::quantile(last_position);
  search.start(partition, limits, random, whole_region(z_first, z_last),
               ratio.supremum(z_first, z_last));
  for (std::uint64_t step = 0; !search.done(); ++step) {
    if (step == most_steps) {
      CHECK(false, "an endless search");
      break;
    }
    search.expand(evaluate<Partition>(search.top(), ratio, cuts));
  }
  return search.result();
}
