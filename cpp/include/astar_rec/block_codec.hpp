// Encoding and decoding of blocks: several elements of the last axis as one search with one index.
//
// The counterpart of codec.hpp, whose families, methods and checks it shares. Rows of `columns`
// elements are cut into blocks of `block`; the last block of a row may be shorter. A block's random
// numbers are those of its first element, and its index takes `block` words.
#pragma once

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <vector>

#include "astar_rec/box.hpp"
#include "astar_rec/codec.hpp"

namespace astar_rec {

// How the elements of a call fall into blocks, and in which order each block's dimensions are halved.
class Blocks {
 public:
  // `hints` has one number per column.
  Blocks(std::size_t rows, std::size_t block, std::span<const double> hints)
      : rows_(rows), columns_(hints.size()), block_(block) {
    std::span<const double> before;
    for (std::size_t begin = 0; begin < columns_; begin += block) {
      const auto own = hints.subspan(begin, std::min(block, columns_ - begin));
      if (begin == 0 || !std::ranges::equal(own, before)) orders_.emplace_back(own);
      order_of_.push_back(orders_.size() - 1);
      before = own;
    }
  }

  std::size_t count() const { return rows_ * order_of_.size(); }
  std::size_t words() const { return block_; }
  std::size_t elements() const { return rows_ * columns_; }

  const HalvingOrder& order(std::size_t number) const {
    return orders_[order_of_[number % order_of_.size()]];
  }
  std::size_t first_element(std::size_t number) const {
    return number / order_of_.size() * columns_ + number % order_of_.size() * block_;
  }
  std::size_t dimensions(std::size_t number) const {
    return std::min(block_, columns_ - number % order_of_.size() * block_);
  }

 private:
  std::size_t rows_;
  std::size_t columns_;
  std::size_t block_;
  std::vector<HalvingOrder> orders_;
  std::vector<std::size_t> order_of_;  // each block of a row; neighbours with equal hints share one
};

struct EncodedBlocks {
  std::span<std::uint64_t> index;  // words() for each block
  std::span<double> sample;        // one for each element
  std::span<std::uint64_t> steps;  // one for each block
};

namespace detail {

// A block's ratio: the sum of its dimensions'. Stops adding up a sample's terms as soon as the
// suprema of the rest could not make a winner of it.
template <class Ratio, class Proposal>
class BlockRatio {
 public:
  explicit BlockRatio(std::span<const Ratio> ratios) : ratios_(ratios) {}

  template <std::size_t most>
  EvaluationAt<typename Box<most>::Cut> evaluate(const Search<Box<most>>& search) const {
    const auto& node = search.top();
    const auto& region = node.region;
    double total = 0.0;
    double at_most = node.gumbel + node.supremum;
    for (std::size_t j = 0; j < ratios_.size(); ++j) {
      const double term = ratios_[j](Proposal::quantile(Box<most>::place_along(region, j)));
      total += term;
      at_most += term - region.intervals[j].supremum;
      if (!(at_most > search.best())) {
        total = -std::numeric_limits<double>::infinity();
        break;
      }
    }
    if (search.partition().at_limit(region)) {
      return {total, {}, {node.supremum, node.supremum}};
    }
    const std::size_t j = search.partition().halved(region);
    const auto& interval = region.intervals[j];
    const double z = Proposal::quantile(search.partition().cut(region));
    const std::array<double, 2> parts = {ratios_[j].supremum(interval.z_first, z),
                                         ratios_[j].supremum(z, interval.z_last)};
    const double rest = node.supremum - interval.supremum;
    return {total, {z, parts}, {rest + parts[0], rest + parts[1]}};
  }

  EvaluationAt<WholeBox::Cut> evaluate(const Search<WholeBox>& search) const {
    const auto& node = search.top();
    double total = 0.0;
    for (std::size_t j = 0; j < ratios_.size(); ++j) {
      total += ratios_[j](Proposal::quantile(WholeBox::place_along(node.region, j)));
    }
    return {total, {}, {node.supremum, 0.0}};
  }

 private:
  std::span<const Ratio> ratios_;
};

template <class SearchOver, class Ratio>
SearchResult run(SearchOver& search, const Ratio& ratio, Interrupt& interrupt) {
  for (int step = 1; !search.done(); ++step) {
    search.expand(ratio.evaluate(search));
    if (step % steps_between_checks == 0) {
      interrupt.check();
      step = 0;
    }
  }
  return search.result();
}

// The search of one block by boxes of up to `most` dimensions.
template <class Proposal, std::size_t most, class Ratio>
SearchResult search_box(Search<Box<most>>& search, std::span<const Ratio> ratios,
                        const HalvingOrder& order, const Method& method, const NodeRandom& random,
                        Interrupt& interrupt, BoxIndex index, std::span<Position> positions) {
  typename Box<most>::Region root;
  root.address.random = random;
  double supremum = 0.0;
  for (std::size_t j = 0; j < ratios.size(); ++j) {
    auto& interval = root.intervals[j];
    interval.z_first = Proposal::quantile(0);
    interval.z_last = Proposal::quantile(last_position);
    interval.supremum = ratios[j].supremum(interval.z_first, interval.z_last);
    supremum += interval.supremum;
  }
  const Limits limits = limits_of(method);
  const int max_depth = limits.exact ? order.levels() : static_cast<int>(method.limit);
  search.start(Box<most>(ratios.size(), order, max_depth), limits, random, root, supremum);
  SearchResult result = run(search, BlockRatio<Ratio, Proposal>(ratios), interrupt);
  if (result.outcome == Outcome::found) {
    const auto& region = search.winner().region;
    write_index<most>(region, order, index);
    for (std::size_t j = 0; j < positions.size(); ++j) {
      positions[j] = Box<most>::place_along(region, j);
    }
  }
  return result;
}

// The search of one block by samples of the whole space.
template <class Proposal, class Ratio>
SearchResult search_whole_box(Search<WholeBox>& search, std::span<const Ratio> ratios,
                              const Method& method, const NodeRandom& random, Interrupt& interrupt,
                              BoxIndex index, std::span<Position> positions) {
  double supremum = 0.0;
  for (const Ratio& ratio : ratios) {
    supremum += ratio.supremum(Proposal::quantile(0), Proposal::quantile(last_position));
  }
  search.start(WholeBox(), limits_of(method), random, {{random}}, supremum);
  SearchResult result = run(search, BlockRatio<Ratio, Proposal>(ratios), interrupt);
  if (result.outcome == Outcome::found) write_number(random, result.index, index, positions);
  return result;
}

// Minimal random coding of one block: candidates are samples of the whole space.
template <class Proposal, class Ratio>
SearchResult choose_in_box(std::span<const Ratio> ratios, const Method& method,
                           const NodeRandom& random, Interrupt& interrupt, BoxIndex index,
                           std::span<Position> positions) {
  const auto log_ratio = [&](std::uint64_t number, const NodeBits&) {
    double total = 0.0;
    for (std::size_t j = 0; j < ratios.size(); ++j) {
      total += ratios[j](Proposal::quantile(box_place(random, number, j)));
    }
    return total;
  };
  const SearchResult result = choose(random, method.limit, interrupt, log_ratio);
  if (result.outcome == Outcome::found) write_number(random, result.index, index, positions);
  return result;
}

}  // namespace detail

// Encodes blocks; the elements of `targets` and `proposals` are those of `blocks`, in C order. The
// numbers of elements start at first_element. Returns how many searches were cut. Throws
// DivergenceError and Interrupted.
template <class MakeTarget, class MakeProposal>
std::uint64_t encode_all_blocks(const ParametricFamily& targets, const ParametricFamily& proposals,
                                MakeTarget make_target, MakeProposal make_proposal,
                                const Blocks& blocks, const Method& method, std::uint64_t seed,
                                std::uint64_t first_element, unsigned threads,
                                const Interrupt::Poll& poll, EncodedBlocks out) {
  using Target = decltype(make_target(0.0, 1.0));
  using Proposal = decltype(make_proposal(0.0, 1.0));
  using Ratio = LogRatio<Target, Proposal>;

  struct Scratch {
    detail::Parameters q;
    detail::Parameters p;
    std::vector<Ratio> ratios;
    std::vector<Position> positions;
    Search<Box<2>> two;
    Search<Box<4>> four;
    Search<Box<8>> eight;
    Search<Box<16>> sixteen;
    Search<WholeBox> whole;
  };

  const double z_first = Proposal::quantile(0);
  const double z_last = Proposal::quantile(last_position);
  std::atomic<std::uint64_t> cut = 0;
  const auto encode_block = [&](Scratch& scratch, std::size_t number, Interrupt& interrupt) {
    const std::size_t first = blocks.first_element(number);
    const std::size_t dimensions = blocks.dimensions(number);
    scratch.q.gather(targets, first, first + dimensions);
    scratch.p.gather(proposals, first, first + dimensions);
    scratch.ratios.clear();
    scratch.positions.resize(dimensions);
    double supremum = 0.0;
    for (std::size_t j = 0; j < dimensions; ++j) {
      const Target target = make_target(scratch.q.first(j), scratch.q.second(j));
      const Proposal proposal = make_proposal(scratch.p.first(j), scratch.p.second(j));
      scratch.ratios.emplace_back(target, proposal);
      detail::check_support(target, proposal, support_of(proposal, z_first, z_last), first + j);
      const double own = scratch.ratios.back().supremum(z_first, z_last);
      detail::check_peak(scratch.ratios.back(), method, first + j);
      supremum += own;
    }
    detail::check_global_bound(supremum, method, first);

    const NodeRandom random(seed, first_element + first);
    const HalvingOrder& order = blocks.order(number);
    const BoxIndex index = out.index.subspan(number * blocks.words(), blocks.words());
    const std::span<const Ratio> ratios = scratch.ratios;
    const auto box = [&](auto& search) {
      return detail::search_box<Proposal>(search, ratios, order, method, random, interrupt, index,
                                          scratch.positions);
    };
    const SearchResult result =
        method.variant == Variant::global
            ? detail::search_whole_box<Proposal>(scratch.whole, ratios, method, random, interrupt,
                                                 index, scratch.positions)
        : method.variant == Variant::minimal_random
            ? detail::choose_in_box<Proposal>(ratios, method, random, interrupt, index,
                                              scratch.positions)
        : dimensions <= 2 ? box(scratch.two)
        : dimensions <= 4 ? box(scratch.four)
        : dimensions <= 8 ? box(scratch.eight)
                          : box(scratch.sixteen);
    detail::check_outcome(result, supremum, method, first);
    out.steps[number] = result.steps;
    if (result.cut) ++cut;
    for (std::size_t j = 0; j < dimensions; ++j) {
      const Proposal proposal = make_proposal(scratch.p.first(j), scratch.p.second(j));
      out.sample[first + j] = proposal.sample(Proposal::quantile(scratch.positions[j]));
    }
  };

  parallel_for(blocks.count(), threads, poll, [&] {
    return
        [&, scratch = Scratch()](std::size_t begin, std::size_t end, Interrupt& interrupt) mutable {
          for (std::size_t number = begin; number < end; ++number) {
            encode_block(scratch, number, interrupt);
            interrupt.check();
          }
        };
  });
  return cut;
}

// Requires has_built_in_ratio. Returns how many searches were cut.
inline std::uint64_t encode_blocks(const ParametricFamily& targets,
                                   const ParametricFamily& proposals, const Blocks& blocks,
                                   const Method& method, std::uint64_t seed,
                                   std::uint64_t first_element, unsigned threads,
                                   const Interrupt::Poll& poll, EncodedBlocks out) {
  return detail::with_family(targets.family, [&](auto make_target) {
    return detail::with_family(proposals.family, [&](auto make_proposal) {
      using Target = decltype(make_target(0.0, 1.0));
      using Proposal = decltype(make_proposal(0.0, 1.0));
      if constexpr (has_log_ratio<Target, Proposal>) {
        return encode_all_blocks(targets, proposals, make_target, make_proposal, blocks, method,
                                 seed, first_element, threads, poll, out);
      } else {
        return std::uint64_t{0};
      }
    });
  });
}

// The samples that indices name. Throws IndexError for an index that the method cannot make.
inline void decode_blocks(std::span<const std::uint64_t> index, const ParametricFamily& proposals,
                          const Blocks& blocks, const Method& method, std::uint64_t seed,
                          std::uint64_t first_element, unsigned threads,
                          const Interrupt::Poll& poll, std::span<double> sample) {
  parallel_for(blocks.count(), threads, poll, [&] {
    return [&, p = detail::Parameters(), positions = std::vector<Position>()](
               std::size_t begin, std::size_t end, Interrupt&) mutable {
      for (std::size_t number = begin; number < end; ++number) {
        const std::size_t first = blocks.first_element(number);
        const HalvingOrder& order = blocks.order(number);
        const BoxIndexView own = index.subspan(number * blocks.words(), blocks.words());
        const NodeRandom random(seed, first_element + first);
        positions.resize(blocks.dimensions(number));
        const int depth = depth_of(own);
        if (numbers_samples(method)) {
          if (depth < 0 || depth > max_index_depth || own[0] > largest_index(method)) {
            throw IndexError(number, "no number of a sample");
          }
          for (std::size_t j = 0; j < positions.size(); ++j) {
            positions[j] = box_place(random, own[0], j);
          }
        } else {
          const int deepest = method.variant == Variant::dad_star
                                  ? std::min(static_cast<int>(method.limit), order.levels())
                                  : order.levels();
          if (depth < 0 || depth > deepest) {
            throw IndexError(number,
                             "a depth that is not between 0 and " + std::to_string(deepest));
          }
          replay_box(random, order, own, positions);
        }
        p.gather(proposals, first, first + positions.size());
        detail::with_family(proposals.family, [&](auto make_proposal) {
          using Proposal = decltype(make_proposal(0.0, 1.0));
          for (std::size_t j = 0; j < positions.size(); ++j) {
            sample[first + j] =
                make_proposal(p.first(j), p.second(j)).sample(Proposal::quantile(positions[j]));
          }
        });
      }
    };
  });
}

}  // namespace astar_rec
