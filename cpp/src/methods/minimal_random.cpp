#include "methods/minimal_random.hpp"

#include <cmath>

#include "tree/node.hpp"

namespace astar_rec {

namespace {

// Never cut: the K candidates are the whole of the method, and not the beginning of more.
class Contest {
 public:
  Contest(const MinimalRandom& method, const NodeRandom& random, double)
      : candidates_(method.candidates()), random_(random) {}

  Numbers next(std::size_t most) const {
    return {seen_ + 1,
            static_cast<std::size_t>(std::min<std::uint64_t>(most, candidates_ - seen_))};
  }

  void supply(std::span<const double> log_ratios) { supply(NearRatios{log_ratios, 0.0, nullptr}); }

  void supply(const NearRatios& ratios) {
    for (const double log_ratio : ratios.log_ratios) {
      ++seen_;
      const double gumbel = draw_node(random_({seen_, 0}), 0.0, 1.0).gumbel();
      best_.consider(seen_, gumbel, log_ratio, ratios.error);
    }
  }

  void settle(ExactRatios& exact) { best_.settle(exact); }

  SearchResult result() const { return best_.result(seen_); }

 private:
  std::uint64_t candidates_;
  NodeRandom random_;
  Contenders best_;
  std::uint64_t seen_ = 0;
};

}  // namespace

Reach MinimalRandom::reach() const {
  Reach reach;
  reach.room = std::log2(static_cast<double>(candidates_));
  return reach;
}

std::unique_ptr<Encoder> MinimalRandom::encoder(const Pair& pair, std::size_t) const {
  return std::make_unique<CandidateEncoder<MinimalRandom, Contest>>(*this, pair);
}

std::unique_ptr<Lockstep> MinimalRandom::lockstep(std::size_t count, std::uint64_t seed,
                                                  std::uint64_t offset) const {
  return std::make_unique<CandidateLockstep<MinimalRandom, Contest>>(*this, count, seed, offset);
}

}  // namespace astar_rec
