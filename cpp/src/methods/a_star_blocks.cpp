#include <algorithm>
#include <array>
#include <cstdint>
#include <tuple>
#include <type_traits>
#include <vector>

#include "methods/a_star_encoders.hpp"
#include "search/block_ratio.hpp"
#include "search/search_within.hpp"
#include "simd/lanes.hpp"
#include "tree/box.hpp"

namespace astar_rec {

namespace {

// A block of a chunk: where its elements are there, and what is found for it.
struct Block {
  std::size_t first;  // element, in the piece that is searched at once
  std::size_t size;
  const HalvingOrder* order;
  NodeRandom random;
  std::uint64_t number;     // the first element's, for random numbers
  std::uint64_t node = 0;   // the winner's heap number; 0: lanes do not know it
  std::uint64_t steps = 0;  // nor these
  double power = 0.0;       // of a search that may end before its end, which lanes do not; or 0
};

// Calls f with the number of dimensions that a search of blocks of a size is compiled for.
template <class F>
decltype(auto) with_most(std::size_t size, const F& f) {
  if (size <= 2) return f(std::integral_constant<std::size_t, 2>());
  if (size <= 4) return f(std::integral_constant<std::size_t, 4>());
  if (size <= 8) return f(std::integral_constant<std::size_t, 8>());
  return f(std::integral_constant<std::size_t, 16>());
}

// Nodes of blocks of up to `most` dimensions, found by their heap numbers: walks down to them as the
// search does that would evaluate them.
template <std::size_t most>
class BoxWalks final : public BoxExact {
 public:
  BoxWalks(std::span<Block* const> blocks, const LogRatios& ratios, Interrupt& interrupt)
      : blocks_(blocks), ratios_(ratios), interrupt_(interrupt) {}

  double bound(std::size_t block, std::uint64_t node) override {
    const Place at = walk(*blocks_[block], node);
    return at.gumbel + at.supremum;
  }

  double value(std::size_t block, std::uint64_t node) override {
    const Place at = walk(*blocks_[block], node);
    return at.gumbel + ratio_of(*blocks_[block]).at([&](std::size_t j) {
      return Box<most>::place_along(at.region, j);
    });
  }

  void pause() override { interrupt_.check(); }

 private:
  struct Place {
    typename Box<most>::Region region;
    double supremum;
    double gumbel;
  };

  BlockRatio ratio_of(const Block& block) const { return {ratios_, block.first, block.size}; }

  Place walk(const Block& block, std::uint64_t node) const {
    const int depth = cell_depth(node);
    const Box<most> partition(block.size, *block.order, depth);
    const BlockRatio ratio = ratio_of(block);
    double supremum = 0.0;
    auto region = ratio.template root<most>(block.random, supremum);
    double arrival = 0.0;
    for (int level = 0;; ++level) {
      const DrawnNode drawn =
          draw_node(Box<most>::draw(block.random, region), arrival, region.mass);
      arrival = drawn.arrival;
      if (level == depth) return {region, supremum, drawn.gumbel()};
      const int side = static_cast<int>(node >> (depth - 1 - level) & 1);
      const Cut cut = ratio.cut_of(partition, region);
      const double rest = supremum - region.intervals[partition.halved(region)].supremum;
      supremum = rest + cut.suprema[static_cast<std::size_t>(side)];
      region = *partition.child(region, side, 0, cut);
    }
  }

  std::span<Block* const> blocks_;
  const LogRatios& ratios_;
  Interrupt& interrupt_;
};

// The searches of many blocks in lanes (simd/boxes.inl).
class BlockLanes {
 public:
  BlockLanes(const AStar& method, const Pair& pair) : method_(method), pair_(pair) {}

  // Searches for as many of the blocks as can be told. Their elements are those of the chunk from `first`
  // on.
  void operator()(std::span<Block> blocks, const Chunk& chunk, std::size_t first,
                  const LogRatios& ratios, Interrupt& interrupt) {
    if (method_.tree() != Tree::halves) return;
    // The last block of a row may be shorter: blocks of one size go together.
    for (std::size_t size = 1; size <= max_block; ++size) {
      group_.clear();
      const auto search = [&] {
        with_most(size, [&](auto most) { run<most()>(chunk, first, ratios, interrupt); });
        group_.clear();
      };
      for (Block& block : blocks) {
        if (block.size != size || block.power != 0.0) continue;
        group_.push_back(&block);
        if (group_.size() == most_together(size)) search();
      }
      if (!group_.empty()) search();
    }
  }

 private:
  // So many blocks of a size are searched side by side. One of six and more fills the lanes alone.
  static constexpr std::size_t most_together(std::size_t size) {
    return size < 6 ? most_in_boxes / std::max<std::size_t>(size, 2) : 1;
  }

  template <std::size_t most>
  void run(const Chunk& chunk, std::size_t first, const LogRatios& ratios, Interrupt& interrupt) {
    auto& lanes = searches_[most == 2 ? 0 : most == 4 ? 1 : most == 8 ? 2 : 3];
    if (!lanes) lanes = lanes::make_boxes(pair_, most);
    if (!lanes) return;
    for (auto* values : {&target_loc_, &target_scale_, &proposal_loc_, &proposal_scale_}) {
      values->clear();
    }
    first_element_.clear();
    order_.clear();
    const LaneParameters parameters = lane_parameters(chunk.targets, chunk.proposals);
    const auto append = [](std::vector<double>& to, std::span<const double> from) {
      to.insert(to.end(), from.begin(), from.end());
    };
    for (const Block* block : group_) {
      const LaneParameters own = parameters.part(first + block->first, block->size);
      append(target_loc_, own.target_loc);
      append(target_scale_, own.target_scale);
      append(proposal_loc_, own.proposal_loc);
      append(proposal_scale_, own.proposal_scale);
      first_element_.push_back(block->number);
      order_.push_back(block->order);
    }
    const std::size_t size = group_[0]->size;
    const BoxTask task{{target_loc_, target_scale_, proposal_loc_, proposal_scale_},
                       size,
                       first_element_,
                       order_,
                       chunk.seed,
                       method_.max_depth(max_index_depth * static_cast<int>(size)),
                       method_.limits().most_steps};
    std::array<std::uint64_t, most_in_boxes> node{}, steps{};
    BoxWalks<most> exact(group_, ratios, interrupt);
    lanes->run(task, exact,
               {std::span(node).first(group_.size()), std::span(steps).first(group_.size())});
    for (std::size_t i = 0; i < group_.size(); ++i) {
      group_[i]->node = node[i];
      group_[i]->steps = steps[i];
    }
  }

  AStar method_;
  Pair pair_;
  std::array<std::unique_ptr<BoxLaneSearch>, 4> searches_;
  std::vector<Block*> group_;
  std::vector<double> target_loc_, target_scale_, proposal_loc_, proposal_scale_;
  std::vector<std::uint64_t> first_element_;
  std::vector<const HalvingOrder*> order_;
};

class BlockEncoder final : public Encoder {
 public:
  BlockEncoder(const AStar& method, const Pair& pair)
      : method_(method),
        reach_(method.reach()),
        proposal_(pair.proposal),
        ratios_(make_log_ratios(pair)),
        lanes_(method, pair) {}

  void encode(const Chunk& chunk, Interrupt& interrupt, Found& found) override {
    positions_.resize(chunk.elements());
    for (std::size_t at = chunk.begin; at < chunk.end; at += at_once) {
      encode_some(chunk, at, std::min(chunk.end, at + at_once), interrupt, found);
      interrupt.check();
    }
    lanes::quantiles(proposal_, positions_, found.z);
  }

 private:
  // As many blocks as fill the lanes.
  static constexpr std::size_t at_once = 64;

  void encode_some(const Chunk& chunk, std::size_t begin, std::size_t end, Interrupt& interrupt,
                   Found& found) {
    const Blocks& all = chunk.blocks;
    const std::size_t piece = all.first_element(begin) - chunk.first();  // in the chunk
    const std::size_t elements = all.end_of(end) - all.first_element(begin);
    ratios_->set(chunk.targets, chunk.proposals, piece, piece + elements);
    blocks_.clear();
    suprema_.clear();
    for (std::size_t number = begin; number < end; ++number) {
      const std::size_t first = all.first_element(number) - all.first_element(begin);
      const std::uint64_t own = chunk.number(piece + first);
      blocks_.push_back(
          {first, all.dimensions(number), &all.order(number), NodeRandom(chunk.seed, own), own});
      check(blocks_.back(), all.first_element(number));
      blocks_.back().power = best_power(blocks_.back(), suprema_.back());
    }
    lanes_(blocks_, chunk, piece, *ratios_, interrupt);
    for (std::size_t number = begin; number < end; ++number) {
      Block& block = blocks_[number - begin];
      const std::size_t which = number - chunk.begin;
      const auto places = std::span(positions_).subspan(piece + block.first, block.size);
      const BoxIndex index = found.messages.words.subspan(which * all.block(), all.block());
      if (block.node != 0) {
        std::ranges::fill(index, 0);
        index[0] = block.node;
        replay_box(block.random, *block.order, index, places);
        found.steps[which] = std::min(block.steps, method_.limits().most_steps);
        if (block.steps > method_.limits().most_steps) ++found.cut;
        continue;
      }
      double doubt = 0.0;
      const bool within = block.power != 0.0;
      const SearchResult result = within ? search_within(block, interrupt, index, places, doubt)
                                         : search(block, interrupt, index, places);
      reach_.check_outcome(result, suprema_[number - begin], all.first_element(number));
      found.steps[which] = result.steps;
      if (result.cut) {
        ++found.cut;
        if (within) ++found.known;
      }
      found.doubts.add(doubt);
      interrupt.check();
    }
  }

  void check(const Block& block, std::size_t element) {
    double supremum = 0.0;
    for (std::size_t j = 0; j < block.size; ++j) {
      ratios_->check_support(block.first + j, element + j);
      supremum += ratios_->supremum(block.first + j);
      reach_.check_peak(ratios_->peak(block.first + j), element + j);
    }
    reach_.check_bound(supremum, element);
    suprema_.push_back(supremum);
  }

  SearchResult search(const Block& block, Interrupt& interrupt, BoxIndex index,
                      std::span<Position> places) {
    const BlockRatio ratio(*ratios_, block.first, block.size);
    const auto evaluate = [&](const auto& search) { return ratio.evaluate(search); };
    if (method_.tree() == Tree::whole_space) {
      whole_.start(WholeBox(), method_.limits(), block.random, {{block.random}}, ratio.supremum());
      const SearchResult result = run(whole_, interrupt, evaluate);
      if (result.outcome == Outcome::found) {
        write_number(block.random, result.index, index, places);
      }
      return result;
    }
    return with_most(block.size, [&](auto most) {
      auto& search = std::get<Search<Box<most()>>>(boxes_);
      const int deepest = method_.max_depth(block.order->levels());
      double supremum = 0.0;
      const auto root = ratio.template root<most()>(block.random, supremum);
      search.start(Box<most()>(block.size, *block.order, deepest), method_.limits(), block.random,
                   root, supremum);
      const SearchResult result = run(search, interrupt, evaluate);
      if (result.outcome == Outcome::found) write(search.winner().region, block, index, places);
      return result;
    });
  }

  // The targets of a block; none if one of them, or a proposal, is not normal.
  std::span<const StandardNormal> normals_of(const Block& block) {
    normals_.clear();
    for (std::size_t j = 0; j < block.size; ++j) {
      const auto normal = ratios_->standard_normal(block.first + j);
      if (!normal) return {};
      normals_.push_back(*normal);
    }
    return normals_;
  }

  // The power with which a search ends soonest; 0 if it goes to its end.
  double best_power(const Block& block, double supremum) {
    if (!(method_.limits().within > 0.0)) return 0.0;
    const auto targets = normals_of(block);
    if (targets.empty()) return 0.0;
    const bool has_budget = method_.limits().most_steps != Limits{}.most_steps;
    return with_most(block.size, [&](auto most) {
      const auto best =
          Power<most()>::best(targets, method_.limits().within, has_budget ? no_limit : supremum);
      return best ? best->power() : 0.0;
    });
  }

  // The same up to where little is left in doubt.
  SearchResult search_within(const Block& block, Interrupt& interrupt, BoxIndex index,
                             std::span<Position> places, double& doubt) {
    const BlockRatio ratio(*ratios_, block.first, block.size);
    return with_most(block.size, [&](auto most) {
      auto& search = std::get<SearchWithin<Box<most()>>>(boxes_within_);
      const int deepest = method_.max_depth(block.order->levels());
      double supremum = 0.0;
      const auto root = ratio.template root<most()>(block.random, supremum);
      search.start(Box<most()>(block.size, *block.order, deepest), method_.limits(),
                   *Power<most()>::of(block.power, normals_of(block)), root, supremum);
      const auto evaluate = [&](const auto& at) { return ratio.evaluate(at); };
      const SearchResult result = run(search, interrupt, evaluate);
      if (result.outcome == Outcome::found) write(search.winner().region, block, index, places);
      doubt = search.doubt();
      return result;
    });
  }

  template <class Region>
  static void write(const Region& region, const Block& block, BoxIndex index,
                    std::span<Position> places) {
    constexpr std::size_t most = std::tuple_size_v<decltype(region.intervals)>;
    write_index<most>(region, *block.order, index);
    for (std::size_t j = 0; j < places.size(); ++j) {
      places[j] = Box<most>::place_along(region, j);
    }
  }

  AStar method_;
  Reach reach_;
  Family proposal_;
  std::unique_ptr<LogRatios> ratios_;
  BlockLanes lanes_;
  std::tuple<Search<Box<2>>, Search<Box<4>>, Search<Box<8>>, Search<Box<16>>> boxes_;
  std::tuple<SearchWithin<Box<2>>, SearchWithin<Box<4>>, SearchWithin<Box<8>>,
             SearchWithin<Box<16>>>
      boxes_within_;
  Search<WholeBox> whole_;
  std::vector<Position> positions_;
  std::vector<Block> blocks_;
  std::vector<double> suprema_;
  std::vector<StandardNormal> normals_;
};

}  // namespace

std::unique_ptr<Encoder> make_block_encoder(const AStar& method, const Pair& pair) {
  return std::make_unique<BlockEncoder>(method, pair);
}

}  // namespace astar_rec
