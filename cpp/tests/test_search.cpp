// The search, for every pair of distributions and every partition: it finds the best of all nodes,
// what it finds can be decoded, and its samples have the target's law.
#include <algorithm>
#include <cmath>
#include <type_traits>
#include <vector>

#include "check.hpp"
#include "draws.hpp"
#include "families.hpp"
#include "search/search.hpp"
#include "searches.hpp"
#include "tree/replay.hpp"

using namespace astar_rec;

namespace {

constexpr std::uint64_t seed = 42;

bool same(const SearchResult& a, const SearchResult& b) {
  return a.outcome == b.outcome && a.index == b.index && a.position == b.position &&
         a.steps == b.steps && a.cut == b.cut;
}

// The best value and its index among all nodes down to a depth: the search's definition, followed to
// the letter.
template <class Partition, class Proposal, class Ratio>
struct Exhaustive {
  const Partition& partition;
  const Ratio& ratio;
  NodeRandom random;
  int max_depth;
  double best = -HUGE_VAL;
  std::uint64_t index = 0;

  void visit(const Region& region, double after, int depth) {
    const NodeBits bits = random(region.address);
    const double arrival = next_arrival(after, mass_of(region.first, region.last), bits.arrival);
    const Position sample = partition.place(region, bits.place);
    const double value = gumbel_of(arrival) + ratio(Proposal::quantile(sample));
    if (value > best) {
      best = value;
      index = partition.index(region, sample);
    }
    if (depth == max_depth || partition.at_limit(region)) return;
    for (int side = 0; side < Partition::children; ++side) {
      const auto child = partition.child(region, side, sample, 0.0);
      if (child) visit(*child, arrival, depth + 1);
    }
  }
};

template <class Target, class Proposal, class Partition>
void finds_the_best(const Partition& partition, const Limits& limits) {
  const bool chain = Partition::children == 1;
  const bool unlimited = limits.exact && limits.most_steps == Limits{}.most_steps;
  Draws draws(1);
  Search<Partition> search;
  for (std::uint64_t element = 0; element < 40; ++element) {
    const auto proposal = draw_proposal<Proposal>(draws);
    const auto target = draw_target<Target>(draws, proposal);
    const LogRatio<Target, Proposal> ratio(target, proposal);
    const NodeRandom random(seed, element);
    const SearchResult result = run_search<Proposal>(search, partition, limits, ratio, random);
    CHECK(result.steps <= limits.most_steps, result.steps);
    CHECK(!result.cut || result.steps == limits.most_steps, result.steps);
    if (result.outcome != Outcome::found) {
      CHECK(!unlimited && result.outcome == Outcome::no_candidate, target, proposal);
      continue;
    }
    CHECK(replay(partition, random, result.index) == result.position, target, proposal);
    CHECK(result.steps >= 1, result.steps);

    // Deterministic, also on scratch memory that has seen nothing before.
    Search<Partition> fresh;
    const SearchResult again = run_search<Proposal>(fresh, partition, limits, ratio, random);
    CHECK(same(result, again), result.index, again.index, result.steps, again.steps);

    // A cut search of a tree has seen a part of it; of a chain, all up to there.
    if (result.cut && !chain) continue;
    Exhaustive<Partition, Proposal, LogRatio<Target, Proposal>> all{partition, ratio, random,
                                                                    chain ? 299 : 9};
    all.visit(Region{}, 0.0, 0);
    CHECK(search.best() >= all.best, target, proposal, search.best(), all.best);
    // What has a limit has been seen as a whole.
    const bool whole = chain || !limits.exact;
    if (whole || search.best() == all.best) {
      CHECK(result.index == all.index, target, proposal, result.index, all.index);
    }
  }
}

// The largest distance between the empirical and the target's distribution function, times the
// square root of the number of samples: above 1.95 once in a thousand.
template <class Target, class Proposal, class Partition>
void follows_the_target(const Partition& partition, double middle, double unit) {
  constexpr int samples = 1500;
  const auto proposal = centred<Proposal>(0.5, 2.0);
  const auto target = relative_to<Target>(proposal, middle, unit);
  const LogRatio<Target, Proposal> ratio(target, proposal);
  // A global bound takes exp(supremum) steps.
  const bool global = Partition::children == 1;
  if (global && ratio.supremum(Proposal::quantile(0), Proposal::quantile(last_position)) > 5.0)
    return;
  Search<Partition> search;
  std::vector<double> heights;
  for (std::uint64_t element = 0; element < samples; ++element) {
    const SearchResult result =
        run_search<Proposal>(search, partition, Limits{}, ratio, NodeRandom(seed + 1, element));
    CHECK(result.outcome == Outcome::found, element);
    const double x = proposal.sample(Proposal::quantile(result.position));
    heights.push_back(target.mass_outside(x, HUGE_VAL));
  }
  std::sort(heights.begin(), heights.end());
  double distance = 0.0;
  for (int i = 0; i < samples; ++i) {
    const double height = heights[static_cast<std::size_t>(i)];
    distance = std::max({distance, height - static_cast<double>(i) / samples,
                         static_cast<double>(i + 1) / samples - height});
  }
  CHECK(distance * std::sqrt(samples) <= 1.95, target, proposal, distance * std::sqrt(samples));
}

// Limits that a search runs into.
void outcomes() {
  const Normal proposal{{0.0, 1.0}};
  const double z_first = Normal::quantile(0), z_last = Normal::quantile(last_position);

  // Far denser than positions are: below depth 63 before the best is certain. (At 0, since doubles
  // elsewhere are coarser than that, and many positions have one value.)
  {
    const LogRatio<Normal, Normal> ratio(Normal{{0.0, 0x1p-70}}, proposal);
    Search<Dyadic> dyadic;
    const auto deep = run_search<Normal>(dyadic, Dyadic(), {}, ratio, NodeRandom(seed, 0));
    CHECK(deep.outcome == Outcome::too_deep, static_cast<int>(deep.outcome));
    // With a limit that is meant, the best above it.
    const auto shallow =
        run_search<Normal>(dyadic, Dyadic(30), {false}, ratio, NodeRandom(seed, 0));
    CHECK(shallow.outcome == Outcome::found && cell_depth(shallow.index) <= 30, shallow.index);
    // A node beyond the budget is none of the search's: the last step fails if there may be more.
    const Limits all{true, deep.steps + 1}, enough{true, deep.steps};
    const auto failed = run_search<Normal>(dyadic, Dyadic(), all, ratio, NodeRandom(seed, 0));
    CHECK(failed.outcome == Outcome::too_deep && !failed.cut, failed.steps);
    const auto ended = run_search<Normal>(dyadic, Dyadic(), enough, ratio, NodeRandom(seed, 0));
    CHECK(ended.outcome == Outcome::found && ended.cut, static_cast<int>(ended.outcome));
    CHECK(ended.steps == deep.steps, ended.steps, deep.steps);
    Search<AtSample> at_sample;
    const auto cut = run_search<Normal>(at_sample, AtSample(), {}, ratio, NodeRandom(seed, 0));
    CHECK(cut.outcome == Outcome::too_deep || cut.outcome == Outcome::found, cut.index);
    CHECK((cut.outcome == Outcome::too_deep) == (cut.index == 0), cut.index);
  }
  // A limit of one node, and a target that leaves out the one sample.
  for (std::uint64_t element = 0; element < 10; ++element) {
    const NodeRandom random(seed, element);
    const double x = Normal::quantile(replay(Dyadic(), random, 1));
    const LogRatio<Uniform, Normal> beside(Uniform{x + 0.5, x + 1.0}, proposal);
    const LogRatio<Uniform, Normal> around(Uniform{x - 0.5, x + 0.5}, proposal);
    Search<Dyadic> search;
    const auto missed = run_search<Normal>(search, Dyadic(0), {false}, beside, random);
    CHECK(missed.outcome == Outcome::no_candidate && !missed.cut, x);
    const auto hit = run_search<Normal>(search, Dyadic(0), {false}, around, random);
    CHECK(hit.outcome == Outcome::found && hit.index == 1 && hit.steps == 1, x, hit.steps);
    // The same by a budget, of which the search knows that it ended it.
    const auto late = run_search<Normal>(search, Dyadic(), {true, 1}, beside, random);
    CHECK(late.outcome == Outcome::no_candidate && late.cut && late.steps == 1, x);
    const auto root = run_search<Normal>(search, Dyadic(), {true, 1}, around, random);
    CHECK(root.outcome == Outcome::found && root.index == 1 && root.steps == 1, x, root.steps);
  }
  // A ratio of nothing at all: no step is taken.
  Search<AtSample> search;
  for (const double nothing : {-HUGE_VAL, std::nan("")}) {
    search.start(AtSample(), {}, NodeRandom(seed, 0), whole_region(z_first, z_last), nothing);
    CHECK(search.done() && search.result().outcome == Outcome::no_candidate, nothing);
  }
  // The proposal itself: the root is the best at once, whatever the partition.
  const LogRatio<Normal, Normal> level(proposal, proposal);
  for_every_partition([&](const auto& partition, const Limits& limits) {
    Search<std::remove_cvref_t<decltype(partition)>> one;
    const auto result = run_search<Normal>(one, partition, limits, level, NodeRandom(seed, 7));
    CHECK(result.index == 1 && result.steps == 1, result.index, result.steps);
    CHECK(!result.cut, result.cut);
  });
}

// With a budget a search takes the course that it takes without one, and ends there.
template <class Target, class Proposal, class Partition>
void ends_at_the_budget(const Partition& partition) {
  Draws draws(2);
  Search<Partition> search;
  const auto& cuts = ShallowCuts<Proposal>::get();
  const double z_first = Proposal::quantile(0), z_last = Proposal::quantile(last_position);
  for (std::uint64_t element = 0; element < 20; ++element) {
    const auto proposal = draw_proposal<Proposal>(draws);
    const auto target = draw_target<Target>(draws, proposal);
    const LogRatio<Target, Proposal> ratio(target, proposal);
    const NodeRandom random(seed, element);
    // The best so far after each step of the whole search.
    std::vector<double> best;
    search.start(partition, {}, random, whole_region(z_first, z_last),
                 ratio.supremum(z_first, z_last));
    while (!search.done() && best.size() < 50) {
      search.expand(evaluate<Partition>(search.top(), ratio, cuts));
      best.push_back(search.best());
    }
    const bool whole = search.done();
    const SearchResult last = search.result();
    for (std::uint64_t most = 1; most <= best.size() + 2; ++most) {
      if (most > best.size() && !whole) break;
      const SearchResult result =
          run_search<Proposal>(search, partition, {true, most}, ratio, random);
      const std::uint64_t taken = std::min<std::uint64_t>(most, best.size());
      CHECK(result.steps == taken && search.best() == best[taken - 1], target, proposal, most);
      CHECK(result.cut == (most < best.size() || !whole), target, proposal, most);
      CHECK((result.outcome == Outcome::found) == (search.best() > -HUGE_VAL), most);
      if (result.outcome == Outcome::found) {
        CHECK(replay(partition, random, result.index) == result.position, target, proposal, most);
      }
      if (!result.cut) CHECK(same(result, last), target, proposal, most);
    }
  }
}

}  // namespace

int main() {
  for_every_pair([]<class Target, class Proposal>() {
    for_every_partition([](const auto& partition, const Limits& limits) {
      finds_the_best<Target, Proposal>(partition, limits);
    });
    ends_at_the_budget<Target, Proposal>(WholeSpace());
    ends_at_the_budget<Target, Proposal>(AtSample());
    ends_at_the_budget<Target, Proposal>(Dyadic());
    follows_the_target<Target, Proposal>(WholeSpace(), 0.1, 0.75);
    follows_the_target<Target, Proposal>(AtSample(), 0.1, 0.75);
    follows_the_target<Target, Proposal>(AtSample(), -0.7, 0.25);
    follows_the_target<Target, Proposal>(Dyadic(), 0.1, 0.75);
    follows_the_target<Target, Proposal>(Dyadic(), -0.7, 0.25);
  });
  // A target wider than its proposal, whose ratio is unbounded over the reals.
  follows_the_target<Normal, Normal>(AtSample(), 0.1, 1.2);
  follows_the_target<Normal, Normal>(Dyadic(), 0.1, 1.2);
  outcomes();
  return check::result();
}
