// Searches in lockstep, given what they ask for, take exactly the course of the plain search.
#include <algorithm>
#include <atomic>
#include <cmath>
#include <set>
#include <utility>
#include <vector>

#include "check.hpp"
#include "draws.hpp"
#include "families.hpp"
#include "methods/minimal_random.hpp"
#include "search/lockstep.hpp"
#include "searches.hpp"

using namespace astar_rec;

namespace {

constexpr std::uint64_t seed = 11;
constexpr std::uint64_t offset = 1000;
constexpr std::size_t elements = 60;

// The candidate with the largest Gumbel + log ratio, one after the other.
template <class RatioAt>
SearchResult choose(const NodeRandom& random, std::uint64_t candidates, const RatioAt& ratio_at) {
  SearchResult best{Outcome::no_candidate, 0, 0, candidates};
  double most = -HUGE_VAL;
  for (std::uint64_t number = 1; number <= candidates; ++number) {
    const NodeBits bits = random({number, 0});
    const double value = gumbel_of(exponential(bits.arrival)) + ratio_at(bits.place);
    if (value > most) {
      most = value;
      best = {Outcome::found, number, bits.place, candidates};
    }
  }
  return best;
}

template <class Target, class Proposal, class Partition>
void equals_the_plain_search(const Partition& partition, const Limits& limits) {
  using Ratio = LogRatio<Target, Proposal>;
  Draws draws(1);
  std::vector<Ratio> ratios;
  std::vector<SearchResult> plain;
  Search<Partition> search;
  const double z_first = Proposal::quantile(0), z_last = Proposal::quantile(last_position);
  std::vector<double> lows, highs, suprema;
  for (std::size_t i = 0; i < elements; ++i) {
    const auto proposal = draw_proposal<Proposal>(draws);
    ratios.emplace_back(draw_target<Target>(draws, proposal), proposal);
    plain.push_back(run_search<Proposal>(search, partition, limits, ratios.back(),
                                         NodeRandom(seed, offset + i)));
    lows.push_back(z_first);
    highs.push_back(z_last);
    suprema.push_back(ratios.back().supremum(z_first, z_last));
  }

  // With little room, searches are put off and begin anew; their outcomes are the same.
  constexpr std::size_t plenty = LockstepOver<Partition>::shared_room(elements);
  for (const auto& [width, room] : {std::pair<std::size_t, std::size_t>{1, plenty},
                                    {10, plenty},
                                    {1000, plenty},
                                    {10, 100},
                                    {1000, 1}}) {
    const bool crowded = room != plenty;
    LockstepOver<Partition> lockstep(partition, limits, Reach{}, elements, seed, offset, room);
    lockstep.start(lows, highs, suprema);
    std::vector<Evaluation> evaluations;
    std::set<std::pair<std::size_t, Position>> asked;
    std::uint64_t rounds = 0, longest = 0;
    for (;;) {
      const std::vector<Request>& requests = lockstep.request(width);
      if (requests.empty()) break;
      CHECK(requests.size() <= std::max(width, elements), requests.size(), width);
      evaluations.clear();
      for (const Request& r : requests) {
        // A node's sample is its own, and each node is asked for once.
        CHECK(asked.insert({r.element, r.sample}).second || crowded, r.element, width);
        const Ratio& ratio = ratios[r.element];
        const double z = Proposal::quantile(r.sample), z_cut = Proposal::quantile(r.cut);
        Evaluation e{ratio(z), z_cut, {r.supremum, 0.0}};
        if constexpr (Partition::children == 2) {
          e.child_suprema = {ratio.supremum(r.x_first, z_cut), ratio.supremum(z_cut, r.x_last)};
        }
        evaluations.push_back(e);
      }
      lockstep.supply(evaluations);
      if (++rounds > elements * most_steps) break;
    }
    for (std::size_t i = 0; i < elements; ++i) {
      const SearchResult result = lockstep.result(i);
      CHECK(result.outcome == plain[i].outcome, i, width);
      CHECK(result.index == plain[i].index, i, width, result.index, plain[i].index);
      CHECK(result.position == plain[i].position || result.outcome != Outcome::found, i, width);
      CHECK(result.steps == plain[i].steps, i, width, result.steps, plain[i].steps);
      CHECK(result.cut == plain[i].cut, i, width, result.cut, plain[i].cut);
      longest = std::max(longest, result.steps);
    }
    // Each round, every unfinished search takes one step at least.
    CHECK(rounds <= longest || crowded, rounds, longest, width);
    CHECK(lockstep.request(width).empty(), width);
  }
}

// The candidates of minimal random coding, each evaluated once, and chosen from as one by one.
void candidates_of_all_elements() {
  for (const std::uint64_t candidates : {1, 7, 100, 10'000}) {
    for (const std::size_t count : {std::size_t{1}, elements}) {
      const auto scale_of = [](std::size_t i) { return 1.0 + static_cast<double>(i % 5); };
      const auto ratio = [&](std::size_t i, Position place) {
        return -scale_of(i) * std::fabs(Normal::quantile(place) - 0.5);
      };
      // Elements that are multiples of 7, but for the first, have no density anywhere.
      const auto has_none = [](std::size_t i) { return i != 0 && i % 7 == 0; };
      std::vector<double> suprema(count, 0.0);
      for (std::size_t i = 0; i < count; ++i) {
        if (has_none(i)) suprema[i] = -HUGE_VAL;
      }
      const std::vector<double> lows(count, -10.0), highs(count, 10.0);
      const auto made = MinimalRandom(candidates).lockstep(count, seed, offset);
      Lockstep& lockstep = *made;
      lockstep.start(lows, highs, suprema);
      std::vector<Evaluation> evaluations;
      std::set<std::pair<std::size_t, Position>> asked;
      for (;;) {
        const std::vector<Request>& requests = lockstep.request(10);
        if (requests.empty()) break;
        evaluations.clear();
        for (const Request& r : requests) {
          CHECK(asked.insert({r.element, r.sample}).second, r.element, candidates);
          CHECK(r.cut == r.sample && r.x_first == -10.0 && r.x_last == 10.0, r.element);
          CHECK(r.supremum == 0.0, r.element);
          evaluations.push_back({ratio(r.element, r.sample), 0.0, {}});
        }
        lockstep.supply(evaluations);
      }
      for (std::size_t i = 0; i < count; ++i) {
        const SearchResult result = lockstep.result(i);
        if (has_none(i)) {
          CHECK(result.outcome == Outcome::no_candidate, i, candidates);
          continue;
        }
        const SearchResult plain = choose(NodeRandom(seed, offset + i), candidates,
                                          [&](Position place) { return ratio(i, place); });
        CHECK(result.outcome == Outcome::found && !result.cut, i, candidates);
        CHECK(result.index == plain.index, i, candidates, result.index, plain.index);
        CHECK(result.position == plain.position, i, candidates);
        CHECK(result.steps == candidates && plain.steps == candidates, i, result.steps);
      }
    }
  }
}

// Searches that are over before they begin, and a batch of none.
void nothing_to_do() {
  const std::vector<double> none, zeros = {0.0, 0.0}, nothing = {-HUGE_VAL, -HUGE_VAL};
  LockstepOver<Dyadic> two(Dyadic(), {}, Reach{}, 2, seed, 0);
  two.start(zeros, zeros, nothing);
  CHECK(two.request(10).empty(), "no search can win");
  CHECK(two.result(1).outcome == Outcome::no_candidate && two.result(1).steps == 0, "");
  LockstepOver<Dyadic> empty(Dyadic(), {}, Reach{}, 0, seed, 0);
  empty.start(none, none, none);
  CHECK(empty.request(10).empty(), "there is no search");
  const auto no_element = MinimalRandom(5).lockstep(0, seed, 0);
  no_element->start(none, none, none);
  CHECK(no_element->request(10).empty(), "there is no element");
}

}  // namespace

int main() {
  for_every_pair([]<class Target, class Proposal>() {
    for_every_partition([](const auto& partition, const Limits& limits) {
      equals_the_plain_search<Target, Proposal>(partition, limits);
    });
  });
  candidates_of_all_elements();
  nothing_to_do();
  return check::result();
}
