#include "methods/greedy_poisson.hpp"

#include <vector>

#include "methods/a_star_replay.hpp"
#include "search/first_arrival.hpp"
#include "search/lockstep.hpp"
#include "simd/lanes.hpp"
#include "tree/partition.hpp"

namespace astar_rec {

namespace {

template <class Partition>
class GreedyPoissonEncoder final : public Encoder {
 public:
  GreedyPoissonEncoder(const GreedyPoisson& method, const Pair& pair)
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
    search_.start(Partition(), NodeRandom(chunk.seed, chunk.number(i)), root_, supremum, *ratios_,
                  0);
    const SearchResult result = run(search_, interrupt, [&](const FirstArrival<Partition>& at) {
      return evaluate(at, *ratios_, 0);
    });
    reach_.check_outcome(result, supremum, element);
    return result;
  }

  Reach reach_;
  Family proposal_;
  std::unique_ptr<LogRatios> ratios_;
  Region root_;
  FirstArrival<Partition> search_;
  std::vector<Position> positions_;
};

}  // namespace

Reach GreedyPoisson::reach() const {
  Reach reach;
  reach.peak = max_peak_bits;
  if (tree_ == Tree::whole_space) reach.bound = max_global_bits;
  reach.room = max_index_depth;
  return reach;
}

Shares GreedyPoisson::encoder_shares(std::size_t) const {
  return tree_ == Tree::whole_space ? Shares{} : Shares{4};
}

std::unique_ptr<Encoder> GreedyPoisson::encoder(const Pair& pair, std::size_t) const {
  if (tree_ == Tree::at_sample)
    return std::make_unique<GreedyPoissonEncoder<AtSample>>(*this, pair);
  if (tree_ == Tree::halves) return std::make_unique<GreedyPoissonEncoder<Dyadic>>(*this, pair);
  return std::make_unique<GreedyPoissonEncoder<WholeSpace>>(*this, pair);
}

std::unique_ptr<Replay> GreedyPoisson::replay(std::size_t block) const {
  return make_index_replay(tree_, block, largest_index(), max_index_depth);
}

std::unique_ptr<Lockstep> GreedyPoisson::lockstep(std::size_t, std::uint64_t, std::uint64_t) const {
  return nullptr;
}

}  // namespace astar_rec
