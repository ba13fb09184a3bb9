// Encoding and decoding of blocks: several elements of the last axis as one search with one index.
//
// The counterpart of codec.hpp. Rows of `columns` elements are cut into blocks of `block`; the last
// block of a row may be shorter. A block's random numbers are those of its first element, and its index
// takes `block` words.
#pragma once

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <vector>

#include "search/block_lanes.hpp"
#include "search/block_search.hpp"
#include "tree/box.hpp"
#include "engine/codec.hpp"

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

// A chunk of blocks is searched in pieces: as many as fill the lanes.
inline constexpr std::size_t blocks_at_once = 64;

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

  // Of blocks that are searched together.
  struct Scratch {
    detail::Parameters q;
    detail::Parameters p;
    std::vector<Ratio> ratios;
    std::vector<double> suprema;  // of blocks
    std::vector<Position> positions;
    std::vector<detail::LaneBlock<Ratio>> blocks;
    detail::BlockLanes<Target, Proposal> lanes;
    detail::BlockSearch<Proposal, Ratio> one;
  };

  const double z_first = Proposal::quantile(0);
  const double z_last = Proposal::quantile(last_position);
  std::atomic<std::uint64_t> cut = 0;
  const auto encode_some = [&](Scratch& scratch, std::size_t begin, std::size_t end,
                               Interrupt& interrupt) {
    auto& [q, p, ratios, suprema, positions, found, lanes, one] = scratch;
    const std::size_t first = blocks.first_element(begin);
    const std::size_t last = blocks.first_element(end - 1) + blocks.dimensions(end - 1);
    q.gather(targets, first, last);
    p.gather(proposals, first, last);
    ratios.clear();
    suprema.assign(end - begin, 0.0);
    for (std::size_t number = begin, i = 0; number < end; ++number) {
      for (std::size_t j = 0; j < blocks.dimensions(number); ++j, ++i) {
        const Target target = make_target(q.first(i), q.second(i));
        const Proposal proposal = make_proposal(p.first(i), p.second(i));
        ratios.emplace_back(target, proposal);
        detail::check_support(target, proposal, support_of(proposal, z_first, z_last), first + i);
        suprema[number - begin] += ratios.back().supremum(z_first, z_last);
        detail::check_peak(ratios.back(), method, first + i);
      }
      detail::check_global_bound(suprema[number - begin], method, blocks.first_element(number));
    }

    found.clear();
    for (std::size_t number = begin; number < end; ++number) {
      const std::size_t at = blocks.first_element(number) - first;
      const std::size_t size = blocks.dimensions(number);
      found.push_back(
          {{std::span(q.firsts()).subspan(at, size), std::span(q.seconds()).subspan(at, size),
            std::span(p.firsts()).subspan(at, size), std::span(p.seconds()).subspan(at, size)},
           std::span<const Ratio>(ratios).subspan(at, size),
           &blocks.order(number),
           first_element + first + at});
    }
    lanes(found, method, seed, interrupt);

    positions.resize(last - first);
    for (std::size_t number = begin; number < end; ++number) {
      const auto& block = found[number - begin];
      const std::size_t at = blocks.first_element(number) - first;
      const auto own = std::span(positions).subspan(at, block.ratios.size());
      const BoxIndex index = out.index.subspan(number * blocks.words(), blocks.words());
      const NodeRandom random(seed, block.first_element);
      if (block.node != 0) {
        std::ranges::fill(index, 0);
        index[0] = block.node;
        replay_box(random, *block.order, index, own);
        out.steps[number] = block.steps;
        continue;
      }
      const SearchResult result =
          one(block.ratios, *block.order, method, random, interrupt, index, own);
      detail::check_outcome(result, suprema[number - begin], method, first + at);
      out.steps[number] = result.steps;
      if (result.cut) ++cut;
      interrupt.check();
    }
    detail::samples_at(positions, p, make_proposal, out.sample.subspan(first, last - first));
  };

  parallel_for(blocks.count(), threads, poll, [&] {
    return
        [&, scratch = Scratch()](std::size_t begin, std::size_t end, Interrupt& interrupt) mutable {
          for (std::size_t at = begin; at < end; at += detail::blocks_at_once) {
            encode_some(scratch, at, std::min(end, at + detail::blocks_at_once), interrupt);
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
