// The searches of many blocks in lanes (lanes/boxes.inl), and what these ask in exact arithmetic.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "search/block_search.hpp"
#include "tree/box.hpp"
#include "simd/lanes.hpp"
#include "methods/method.hpp"
#include "families/ratio_pairs.hpp"

namespace astar_rec::detail {

// A block that is to be searched.
template <class Ratio>
struct LaneBlock {
  LaneParameters parameters;
  std::span<const Ratio> ratios;
  const HalvingOrder* order;
  std::uint64_t first_element;
  // What is found: the winner's heap number (0: not known, and neither are the steps).
  std::uint64_t node = 0;
  std::uint64_t steps = 0;
};

// Nodes of blocks of up to `most` dimensions, found by their heap numbers: walks down to them as the
// search does that would evaluate them.
template <class Proposal, std::size_t most, class Ratio>
class BoxWalks final : public BoxExact {
 public:
  BoxWalks(std::span<LaneBlock<Ratio>* const> blocks, std::uint64_t seed, Interrupt& interrupt)
      : blocks_(blocks), seed_(seed), interrupt_(interrupt) {}

  double bound(std::size_t block, std::uint64_t node) override {
    const Place at = walk(*blocks_[block], node);
    return at.gumbel + at.supremum;
  }

  double value(std::size_t block, std::uint64_t node) override {
    const Place at = walk(*blocks_[block], node);
    const BlockRatio<Ratio, Proposal> ratio(blocks_[block]->ratios);
    return at.gumbel +
           ratio.at([&](std::size_t j) { return Box<most>::place_along(at.region, j); });
  }

  void pause() override { interrupt_.check(); }

 private:
  struct Place {
    typename Box<most>::Region region;
    double supremum;
    double gumbel;
  };

  Place walk(const LaneBlock<Ratio>& block, std::uint64_t node) const {
    const int depth = cell_depth(node);
    const Box<most> partition(block.ratios.size(), *block.order, depth);
    const BlockRatio<Ratio, Proposal> ratio(block.ratios);
    const NodeRandom random(seed_, block.first_element);
    double supremum = 0.0;
    auto region = ratio.template root<most>(random, supremum);
    double arrival = 0.0;
    for (int level = 0;; ++level) {
      arrival = next_arrival(arrival, region.mass, Box<most>::draw(random, region).arrival);
      if (level == depth) return {region, supremum, gumbel_of(arrival)};
      const int side = static_cast<int>(node >> (depth - 1 - level) & 1);
      const auto cut = ratio.cut_of(partition, region);
      const double rest = supremum - region.intervals[partition.halved(region)].supremum;
      supremum = rest + cut.suprema[static_cast<std::size_t>(side)];
      region = *partition.child(region, side, 0, cut);
    }
  }

  std::span<LaneBlock<Ratio>* const> blocks_;
  std::uint64_t seed_;
  Interrupt& interrupt_;
};

template <class Target, class Proposal>
class BlockLanes {
 public:
  using Ratio = LogRatio<Target, Proposal>;

  // Searches for as many of the blocks as can be told.
  void operator()(std::span<LaneBlock<Ratio>> blocks, const Method& method, std::uint64_t seed,
                  Interrupt& interrupt) {
    if (method.variant != Variant::ad_star && method.variant != Variant::dad_star) return;
    // The last block of a row may be shorter: blocks of one size go together.
    for (std::size_t size = 1; size <= max_block; ++size) {
      group_.clear();
      for (LaneBlock<Ratio>& block : blocks) {
        if (block.ratios.size() != size) continue;
        group_.push_back(&block);
        if (group_.size() == most_together(size)) search(method, seed, interrupt);
      }
      if (!group_.empty()) search(method, seed, interrupt);
    }
  }

 private:
  // So many blocks of a size are searched side by side. One of six and more fills the lanes alone.
  static constexpr std::size_t most_together(std::size_t size) {
    return size < 6 ? most_in_boxes / std::max<std::size_t>(size, 2) : 1;
  }

  void search(const Method& method, std::uint64_t seed, Interrupt& interrupt) {
    const std::size_t size = group_[0]->ratios.size();
    if (size <= 2) {
      search_boxes<2>(two_, method, seed, interrupt);
    } else if (size <= 4) {
      search_boxes<4>(four_, method, seed, interrupt);
    } else if (size <= 8) {
      search_boxes<8>(eight_, method, seed, interrupt);
    } else {
      search_boxes<16>(sixteen_, method, seed, interrupt);
    }
    group_.clear();
  }

  template <std::size_t most>
  void search_boxes(std::unique_ptr<BoxLaneSearch>& lanes, const Method& method, std::uint64_t seed,
                    Interrupt& interrupt) {
    if (!lanes) lanes = lanes::make_boxes<Target, Proposal, most>();
    if (!lanes) return;
    for (auto* values : {&target_loc_, &target_scale_, &proposal_loc_, &proposal_scale_}) {
      values->clear();
    }
    first_element_.clear();
    order_.clear();
    for (const LaneBlock<Ratio>* block : group_) {
      const LaneParameters& own = block->parameters;
      target_loc_.insert(target_loc_.end(), own.target_loc.begin(), own.target_loc.end());
      target_scale_.insert(target_scale_.end(), own.target_scale.begin(), own.target_scale.end());
      proposal_loc_.insert(proposal_loc_.end(), own.proposal_loc.begin(), own.proposal_loc.end());
      proposal_scale_.insert(proposal_scale_.end(), own.proposal_scale.begin(),
                             own.proposal_scale.end());
      first_element_.push_back(block->first_element);
      order_.push_back(block->order);
    }
    const std::size_t size = group_[0]->ratios.size();
    const Limits limits = limits_of(method);
    const auto deepest = static_cast<int>(max_index_depth * size);
    const BoxTask task{{target_loc_, target_scale_, proposal_loc_, proposal_scale_},
                       size,
                       first_element_,
                       order_,
                       seed,
                       limits.exact ? deepest : std::min(deepest, static_cast<int>(method.limit)),
                       limits.most_steps};
    std::array<std::uint64_t, most_in_boxes> node{}, steps{};
    BoxWalks<Proposal, most, Ratio> exact(group_, seed, interrupt);
    lanes->run(task, exact,
               {std::span(node).first(group_.size()), std::span(steps).first(group_.size())});
    for (std::size_t i = 0; i < group_.size(); ++i) {
      group_[i]->node = node[i];
      group_[i]->steps = steps[i];
    }
  }

  std::unique_ptr<BoxLaneSearch> two_, four_, eight_, sixteen_;
  std::vector<LaneBlock<Ratio>*> group_;
  std::vector<double> target_loc_, target_scale_, proposal_loc_, proposal_scale_;
  std::vector<std::uint64_t> first_element_;
  std::vector<const HalvingOrder*> order_;
};

}  // namespace astar_rec::detail
