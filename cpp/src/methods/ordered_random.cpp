#include "methods/ordered_random.hpp"

#include <cmath>

#include "methods/ordered_contest.hpp"

namespace astar_rec {

namespace {

class Contest : public OrderedContest {
 public:
  Contest(const OrderedRandom& method, const NodeRandom& random, double supremum)
      : OrderedContest(method.candidates(), random, supremum) {}
};

}  // namespace

Reach OrderedRandom::reach() const {
  Reach reach;
  reach.room = std::log2(static_cast<double>(candidates_));
  return reach;
}

std::unique_ptr<Encoder> OrderedRandom::encoder(const Pair& pair, std::size_t) const {
  return std::make_unique<CandidateEncoder<OrderedRandom, Contest>>(*this, pair);
}

std::unique_ptr<Lockstep> OrderedRandom::lockstep(std::size_t count, std::uint64_t seed,
                                                  std::uint64_t offset) const {
  return std::make_unique<CandidateLockstep<OrderedRandom, Contest>>(*this, count, seed, offset);
}

}  // namespace astar_rec
