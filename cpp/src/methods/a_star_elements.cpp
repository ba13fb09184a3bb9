#include <algorithm>
#include <cstdint>
#include <vector>

#include "methods/a_star_encoders.hpp"
#include "simd/lanes.hpp"
#include "tree/partition.hpp"

namespace astar_rec {

namespace {

template <class Partition>
class ElementEncoder final : public Encoder {
 public:
  ElementEncoder(const AStar& method, const Pair& pair, const Partition& partition)
      : partition_(partition),
        limits_(method.limits()),
        reach_(method.reach()),
        max_depth_(method.max_depth(max_index_depth)),
        proposal_(pair.proposal),
        ratios_(make_log_ratios(pair)),
        root_(whole_region(ratios_->z_first(), ratios_->z_last())),
        lanes_(lanes::make_search(pair, method.tree())) {}

  void encode(const Chunk& chunk, Interrupt& interrupt, Found& found) override {
    position_.resize(chunk.count());
    const auto index = found.messages.words;
    search_in_lanes(chunk, {index, position_, found.steps});
    for (std::size_t i = 0; i < index.size(); ++i) {
      if (index[i] != 0) {
        if (found.steps[i] > limits_.most_steps) {
          found.steps[i] = limits_.most_steps;
          ++found.cut;
        }
        continue;
      }
      const SearchResult result = search(chunk, i, interrupt);
      index[i] = result.index;
      position_[i] = result.position;
      found.steps[i] = result.steps;
      if (result.cut) ++found.cut;
    }
    lanes::quantiles(proposal_, position_, found.z);
  }

 private:
  // Leaves an index of 0 for those of which lanes do not know.
  void search_in_lanes(const Chunk& chunk, const LaneResult& result) {
    std::ranges::fill(result.index, 0);
    if (!lanes_) return;
    LaneTask task{{}, chunk.seed, 0, max_depth_, limits_.most_steps};
    for (std::size_t at = 0; at < result.index.size(); at += most_in_lanes) {
      const std::size_t count = std::min(most_in_lanes, result.index.size() - at);
      task.parameters = lane_parameters(chunk.targets, chunk.proposals).part(at, count);
      task.first_element = chunk.number(at);
      if (!fit_in_lanes(task.first_element, count)) continue;
      lanes_->run(task, {result.index.subspan(at, count), result.position.subspan(at, count),
                         result.steps.subspan(at, count)});
    }
  }

  SearchResult search(const Chunk& chunk, std::size_t i, Interrupt& interrupt) {
    const std::size_t element = chunk.first() + i;  // where errors say they were
    ratios_->set(chunk.targets, chunk.proposals, i, i + 1);
    const double supremum = ratios_->supremum(0);
    ratios_->check_support(0, element);
    reach_.check_peak(ratios_->peak(0), element);
    reach_.check_bound(supremum, element);
    search_.start(partition_, limits_, NodeRandom(chunk.seed, chunk.number(i)), root_, supremum);
    const SearchResult result = run(
        search_, interrupt, [&](const Search<Partition>& at) { return evaluate(at, *ratios_, 0); });
    reach_.check_outcome(result, supremum, element);
    return result;
  }

  Partition partition_;
  Limits limits_;
  Reach reach_;
  int max_depth_;
  Family proposal_;
  std::unique_ptr<LogRatios> ratios_;
  Region root_;
  Search<Partition> search_;
  std::unique_ptr<LaneSearch> lanes_;
  std::vector<Position> position_;
};

}  // namespace

std::unique_ptr<Encoder> make_element_encoder(const AStar& method, const Pair& pair) {
  const auto over = [&](auto partition) -> std::unique_ptr<Encoder> {
    return std::make_unique<ElementEncoder<decltype(partition)>>(method, pair, partition);
  };
  if (method.tree() == Tree::whole_space) return over(WholeSpace());
  if (method.tree() == Tree::at_sample) return over(AtSample());
  return over(Dyadic(method.max_depth(max_index_depth)));
}

}  // namespace astar_rec
