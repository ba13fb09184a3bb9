#include "methods/greedy_poisson.hpp"

#include "search/first_arrival.hpp"

namespace astar_rec {

namespace {

template <class Partition>
class EarliestBelow {
 public:
  SearchResult find(const NodeRandom& random, const Region& root, double supremum,
                    const LogRatios& ratios, std::size_t element, Interrupt& interrupt) {
    search_.start(Partition(), random, root, supremum, ratios, element);
    return run(search_, interrupt,
               [&](const FirstArrival<Partition>& at) { return evaluate(at, ratios, element); });
  }

 private:
  FirstArrival<Partition> search_;
};

}  // namespace

std::unique_ptr<Encoder> GreedyPoisson::encoder(const Pair& pair, std::size_t) const {
  return make_greedy_encoder<EarliestBelow>(*this, pair);
}

}  // namespace astar_rec
