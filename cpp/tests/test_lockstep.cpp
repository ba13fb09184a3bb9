// Searches in lockstep, given what they ask for, take exactly the course of the plain search.
#include <algorithm>
#include <cmath>
#include <set>
#include <utility>
#include <vector>

#include "astar_rec/lockstep.hpp"
#include "check.hpp"
#include "draws.hpp"
#include "families.hpp"
#include "searches.hpp"

using namespace astar_rec;

namespace {

constexpr std::uint64_t seed = 11;
constexpr std::uint64_t first_element = 1000;
constexpr std::size_t elements = 60;

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
                                         NodeRandom(seed, first_element + i)));
    lows.push_back(z_first);
    highs.push_back(z_last);
    suprema.push_back(ratios.back().supremum(z_first, z_last));
  }

  for (const std::size_t width : {std::size_t{1}, std::size_t{10}, std::size_t{1000}}) {
    LockstepOver<Partition> lockstep(partition, limits, elements, seed, first_element);
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
        CHECK(asked.insert({r.element, r.sample}).second, r.element, width);
        const Ratio& ratio = ratios[r.element];
        const double z = Proposal::quantile(r.sample), z_cut = Proposal::quantile(r.cut);
        Evaluation e{ratio(z), z_cut, {r.supremum, 0.0}};
        if constexpr (Partition::children == 2) {
          e.child_suprema = {ratio.supremum(r.x_first, z_cut), ratio.supremum(z_cut, r.x_last)};
        }
        evaluations.push_back(e);
      }
      lockstep.supply(evaluations);
      if (++rounds > most_steps) break;
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
    CHECK(rounds <= longest, rounds, longest, width);
    CHECK(lockstep.request(width).empty(), width);
  }
}

// Searches that are over before they begin, and a batch of none.
void nothing_to_do() {
  const std::vector<double> none, zeros = {0.0, 0.0}, nothing = {-HUGE_VAL, -HUGE_VAL};
  LockstepOver<Dyadic> two(Dyadic(), {}, 2, seed, 0);
  two.start(zeros, zeros, nothing);
  CHECK(two.request(10).empty(), "no search can win");
  CHECK(two.result(1).outcome == Outcome::no_candidate && two.result(1).steps == 0, "");
  LockstepOver<Dyadic> empty(Dyadic(), {}, 0, seed, 0);
  empty.start(none, none, none);
  CHECK(empty.request(10).empty(), "there is no search");
}

}  // namespace

int main() {
  for_every_pair([]<class Target, class Proposal>() {
    for_every_partition([](const auto& partition, const Limits& limits) {
      equals_the_plain_search<Target, Proposal>(partition, limits);
    });
  });
  nothing_to_do();
  return check::result();
}
