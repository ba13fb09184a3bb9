// Encoding and decoding of batches: parameters in, indices and samples out.
#pragma once

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "engine/parallel.hpp"
#include "methods/candidates.hpp"
#include "methods/checks.hpp"
#include "engine/errors.hpp"
#include "simd/lanes.hpp"
#include "methods/method.hpp"
#include "random/random.hpp"
#include "families/ratio_pairs.hpp"
#include "tree/replay.hpp"
#include "search/search.hpp"

namespace astar_rec {

// --- Encoding ---------------------------------------------------------------------------------

struct Encoded {
  std::span<std::uint64_t> index;
  std::span<double> sample;
  std::span<std::uint64_t> steps;
};

// Which elements of the arrays a call is about (as many as it has places for output), and how they
// are numbered: place i is for the array's element begin + i, whose number is first_element + begin + i.
struct Range {
  std::uint64_t first_element;
  std::size_t begin;

  // The number of place i's element.
  std::uint64_t number(std::size_t i) const { return first_element + begin + i; }
  NodeRandom random(std::uint64_t seed, std::size_t i) const { return {seed, number(i)}; }
};

namespace detail {

// What the searches in lanes know of a chunk of elements, numbered from first_element on; an index of 0
// is for those of which they do not know.
inline void search_in_lanes(LaneSearch* search, const Parameters& q, const Parameters& p,
                            const Method& method, std::uint64_t seed, std::uint64_t first_element,
                            const LaneResult& result) {
  std::fill(result.index.begin(), result.index.end(), 0);
  if (search == nullptr) return;
  LaneTask task{{}, seed, first_element, max_index_depth, limits_of(method).most_steps};
  if (method.variant == Variant::dad_star) task.max_depth = static_cast<int>(method.limit);
  for (std::size_t at = 0; at < result.index.size(); at += most_in_lanes) {
    const std::size_t count = std::min(most_in_lanes, result.index.size() - at);
    task.parameters.target_loc = std::span(q.firsts()).subspan(at, count);
    task.parameters.target_scale = std::span(q.seconds()).subspan(at, count);
    task.parameters.proposal_loc = std::span(p.firsts()).subspan(at, count);
    task.parameters.proposal_scale = std::span(p.seconds()).subspan(at, count);
    task.first_element = first_element + at;
    if (!fit_in_lanes(task.first_element, count)) continue;
    search->run(task, {result.index.subspan(at, count), result.position.subspan(at, count),
                       result.steps.subspan(at, count)});
  }
}

// Searches for elements one after the other, in exact arithmetic.
template <class Target, class Proposal, class Partition>
class ElementSearch {
 public:
  ElementSearch(const Partition& partition, const Method& method)
      : partition_(partition),
        method_(method),
        limits_(limits_of(method)),
        root_(whole_region(Proposal::quantile(0), Proposal::quantile(last_position))) {}

  // `element` is where errors say they were.
  SearchResult operator()(const Target& target, const Proposal& proposal, const NodeRandom& random,
                          std::size_t element, Interrupt& interrupt) {
    const LogRatio<Target, Proposal> ratio(target, proposal);
    const double supremum = ratio.supremum(root_.z_first, root_.z_last);
    check_support(target, proposal, support_of(proposal, root_.z_first, root_.z_last), element);
    check_peak(ratio, method_, element);
    check_global_bound(supremum, method_, element);
    search_.start(partition_, limits_, random, root_, supremum);
    for (int step = 1; !search_.done(); ++step) {
      search_.expand(evaluate<Partition>(search_.top(), ratio, cuts_));
      if (step % steps_between_checks == 0) {
        interrupt.check();
        step = 0;
      }
    }
    const SearchResult result = search_.result();
    check_outcome(result, supremum, method_, element);
    return result;
  }

 private:
  Partition partition_;
  Method method_;
  Limits limits_;
  Region root_;
  Search<Partition> search_;
  const ShallowCuts<Proposal>& cuts_ = ShallowCuts<Proposal>::get();
};

}  // namespace detail

// Returns how many searches were cut. Throws DivergenceError and Interrupted; `out` is then partly
// written.
template <class MakeTarget, class MakeProposal, class Partition>
std::uint64_t encode_all(const ParametricFamily& targets, const ParametricFamily& proposals,
                         MakeTarget make_target, MakeProposal make_proposal,
                         const Partition& partition, const Method& method, std::uint64_t seed,
                         Range range, unsigned threads, const Interrupt::Poll& poll, Encoded out) {
  using Target = decltype(make_target(0.0, 1.0));
  using Proposal = decltype(make_proposal(0.0, 1.0));
  std::atomic<std::uint64_t> cut = 0;

  struct Scratch {
    detail::ElementSearch<Target, Proposal, Partition> search;
    std::unique_ptr<LaneSearch> lanes = lanes::make_search<Target, Proposal, Partition>();
    detail::Parameters q{};
    detail::Parameters p{};
    std::vector<Position> position{};
  };
  const auto encode_chunk = [&](Scratch& scratch, std::size_t begin, std::size_t end,
                                Interrupt& interrupt) {
    auto& [search, lanes, q, p, position] = scratch;
    q.gather(targets, range.begin + begin, range.begin + end);
    p.gather(proposals, range.begin + begin, range.begin + end);
    position.resize(end - begin);
    // First in lanes, which leave an index of 0 where they cannot tell; then those one by one.
    const auto index = out.index.subspan(begin, end - begin);
    const auto steps = out.steps.subspan(begin, end - begin);
    detail::search_in_lanes(lanes.get(), q, p, method, seed, range.number(begin),
                            {index, position, steps});
    for (std::size_t i = 0; i < index.size(); ++i) {
      if (index[i] != 0) continue;
      const SearchResult result =
          search(make_target(q.first(i), q.second(i)), make_proposal(p.first(i), p.second(i)),
                 range.random(seed, begin + i), range.begin + begin + i, interrupt);
      index[i] = result.index;
      position[i] = result.position;
      steps[i] = result.steps;
      if (result.cut) ++cut;
    }
    detail::samples_at(position, p, make_proposal, out.sample.subspan(begin, end - begin));
  };

  const auto make_body = [&] {
    return [&, scratch = Scratch{{partition, method}}](std::size_t begin, std::size_t end,
                                                       Interrupt& interrupt) mutable {
      encode_chunk(scratch, begin, end, interrupt);
    };
  };
  constexpr bool may_be_long = std::is_same_v<Partition, WholeSpace>;
  parallel_for(out.index.size(), threads, poll, make_body, may_be_long ? 1 : detail::min_searches);
  return cut;
}

// The same for minimal random coding, which cuts nothing.
template <class MakeTarget, class MakeProposal>
void choose_all(const ParametricFamily& targets, const ParametricFamily& proposals,
                MakeTarget make_target, MakeProposal make_proposal, const Method& method,
                std::uint64_t seed, Range range, unsigned threads, const Interrupt::Poll& poll,
                Encoded out) {
  using Target = decltype(make_target(0.0, 1.0));
  using Proposal = decltype(make_proposal(0.0, 1.0));
  const double z_first = Proposal::quantile(0);
  const double z_last = Proposal::quantile(last_position);

  parallel_for(out.index.size(), threads, poll, [&] {
    return [&, q = detail::Parameters(), p = detail::Parameters()](
               std::size_t begin, std::size_t end, Interrupt& interrupt) mutable {
      q.gather(targets, range.begin + begin, range.begin + end);
      p.gather(proposals, range.begin + begin, range.begin + end);
      for (std::size_t i = begin; i < end; ++i) {
        const Target target = make_target(q.first(i - begin), q.second(i - begin));
        const Proposal proposal = make_proposal(p.first(i - begin), p.second(i - begin));
        const LogRatio<Target, Proposal> ratio(target, proposal);
        detail::check_support(target, proposal, support_of(proposal, z_first, z_last),
                              range.begin + i);
        const SearchResult result = choose(range.random(seed, i), method.limit, interrupt,
                                           [&](std::uint64_t, const NodeBits& bits) {
                                             return ratio(Proposal::quantile(bits.place));
                                           });
        detail::check_outcome(result, ratio.supremum(z_first, z_last), method, range.begin + i);
        out.index[i] = result.index;
        out.sample[i] = proposal.sample(Proposal::quantile(result.position));
        out.steps[i] = result.steps;
      }
    };
  });
}

inline bool has_built_in_ratio(Family target, Family proposal) {
  return detail::with_family(target, [&](auto make_target) {
    return detail::with_family(proposal, [&](auto make_proposal) {
      return has_log_ratio<decltype(make_target(0.0, 1.0)), decltype(make_proposal(0.0, 1.0))>;
    });
  });
}

// Requires has_built_in_ratio, and element numbers below element_limit. Returns how many searches
// were cut.
inline std::uint64_t encode(const ParametricFamily& targets, const ParametricFamily& proposals,
                            const Method& method, std::uint64_t seed, Range range, unsigned threads,
                            const Interrupt::Poll& poll, Encoded out) {
  return detail::with_family(targets.family, [&](auto make_target) {
    return detail::with_family(proposals.family, [&](auto make_proposal) {
      using Target = decltype(make_target(0.0, 1.0));
      using Proposal = decltype(make_proposal(0.0, 1.0));
      if constexpr (has_log_ratio<Target, Proposal>) {
        if (method.variant == Variant::minimal_random) {
          choose_all(targets, proposals, make_target, make_proposal, method, seed, range, threads,
                     poll, out);
          return std::uint64_t{0};
        }
        return detail::with_partition(method, [&](auto partition) {
          return encode_all(targets, proposals, make_target, make_proposal, partition, method, seed,
                            range, threads, poll, out);
        });
      } else {
        return std::uint64_t{0};
      }
    });
  });
}

// --- Decoding ---------------------------------------------------------------------------------

// The positions that indices name, from place `begin` of the call on, as many as `out` holds. Throws
// IndexError for an index that the method cannot make.
inline void replay_all(std::span<const std::uint64_t> index, const Method& method,
                       std::uint64_t seed, Range range, std::size_t begin,
                       std::span<Position> out) {
  index = index.subspan(begin, out.size());
  const std::uint64_t largest = largest_index(method);
  for (std::size_t i = 0; i < index.size(); ++i) {
    if (index[i] == 0 || index[i] > largest) {
      throw IndexError(
          range.begin + begin + i,
          "index " + std::to_string(index[i]) + " is not between 1 and " + std::to_string(largest));
    }
  }
  detail::with_partition(method, [&](auto partition) {
    const auto lanes = lanes::make_replay<decltype(partition)>();
    for (std::size_t at = 0; at < out.size(); at += most_in_lanes) {
      const std::size_t count = std::min(most_in_lanes, out.size() - at);
      const std::uint64_t first = range.number(begin + at);
      if (lanes && fit_in_lanes(first, count)) {
        lanes->run(seed, first, index.subspan(at, count), out.subspan(at, count));
        continue;
      }
      for (std::size_t i = at; i < at + count; ++i) {
        out[i] = replay(partition, range.random(seed, begin + i), index[i]);
      }
    }
  });
}

// The samples that indices name, place by place.
inline void decode(std::span<const std::uint64_t> index, const ParametricFamily& proposals,
                   const Method& method, std::uint64_t seed, Range range, unsigned threads,
                   const Interrupt::Poll& poll, std::span<double> sample) {
  const auto make_body = [&] {
    return [&, p = detail::Parameters(), positions = std::vector<Position>()](
               std::size_t begin, std::size_t end, Interrupt&) mutable {
      positions.resize(end - begin);
      p.gather(proposals, range.begin + begin, range.begin + end);
      replay_all(index, method, seed, range, begin, positions);
      detail::with_family(proposals.family, [&](auto make_proposal) {
        detail::samples_at(positions, p, make_proposal, sample.subspan(begin, end - begin));
      });
    };
  };
  parallel_for(index.size(), threads, poll, make_body, detail::min_replays);
}

}  // namespace astar_rec
