// What the greedy methods share: they take the first sample of a tree that is good enough, where A*
// coding takes the best.
//
// Their trees are those of A* coding, and so are indices and replays: split at the sample (AS*), halved
// (AD*), or not split at all. Only the sender asks how much of the target exceeds a multiple of the
// proposal's density, which the pair must know.
#pragma once

#include <memory>
#include <vector>

#include "methods/method.hpp"
#include "search/reach.hpp"
#include "search/search.hpp"
#include "simd/lane_search.hpp"
#include "simd/lanes.hpp"
#include "tree/partition.hpp"

namespace astar_rec {

class GreedyMethod : public Method {
 public:
  Tree tree() const { return tree_; }
  Reach reach() const;

  std::size_t most_in_block() const final { return 1; }
  bool encodes(const Pair& pair) const final { return has_excesses(pair); }
  Shares encoder_shares(std::size_t block) const final;
  std::unique_ptr<Replay> replay(std::size_t block) const final;
  // None: a ratio alone does not say how much of the target exceeds a multiple of the proposal.
  std::unique_ptr<Lockstep> lockstep(std::size_t, std::uint64_t, std::uint64_t) const final;

 protected:
  explicit GreedyMethod(Tree tree) : tree_(tree) {}

 private:
  Tree tree_;
};

// `Search` looks for the sample of an element: find(random, root, supremum, ratios, element, interrupt).
template <class Search>
class GreedyEncoder final : public Encoder {
 public:
  GreedyEncoder(const GreedyMethod& method, const Pair& pair)
      : reach_(method.reach()),
        proposal_(pair.proposal),
        ratios_(make_log_ratios(pair)),
        root_(whole_region(ratios_->z_first(), ratios_->z_last())) {}

  void encode(const Chunk& chunk, Interrupt& interrupt, Found& found) override {
    positions_.resize(chunk.count());
    for (std::size_t i = 0; i < chunk.count(); ++i) {
      const SearchResult result = search(chunk, i, interrupt);
      found.messages.words[i] = result.index;
      positions_[i] = result.position;
      found.steps[i] = result.steps;
    }
    lanes::quantiles(proposal_, positions_, found.z);
  }

 private:
  SearchResult search(const Chunk& chunk, std::size_t i, Interrupt& interrupt) {
    const std::size_t element = chunk.first() + i;
    ratios_->set(chunk.targets, chunk.proposals, i, i + 1);
    const double supremum = ratios_->supremum(0);
    ratios_->check_support(0, element);
    reach_.check_peak(ratios_->peak(0), element);
    reach_.check_bound(supremum, element);
    const NodeRandom random(chunk.seed, chunk.number(i));
    const SearchResult result = search_.find(random, root_, supremum, *ratios_, 0, interrupt);
    reach_.check_outcome(result, supremum, element);
    return result;
  }

  Reach reach_;
  Family proposal_;
  std::unique_ptr<LogRatios> ratios_;
  Region root_;
  Search search_;
  std::vector<Position> positions_;
};

// The encoder of a method by the search over its tree.
template <template <class> class Search>
std::unique_ptr<Encoder> make_greedy_encoder(const GreedyMethod& method, const Pair& pair) {
  if (method.tree() == Tree::at_sample) {
    return std::make_unique<GreedyEncoder<Search<AtSample>>>(method, pair);
  }
  if (method.tree() == Tree::halves) {
    return std::make_unique<GreedyEncoder<Search<Dyadic>>>(method, pair);
  }
  return std::make_unique<GreedyEncoder<Search<WholeSpace>>>(method, pair);
}

}  // namespace astar_rec
