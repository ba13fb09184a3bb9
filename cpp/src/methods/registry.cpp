#include "methods/registry.hpp"

#include <bit>
#include <stdexcept>
#include <string>

#include "methods/a_star.hpp"
#include "methods/greedy_poisson.hpp"
#include "methods/greedy_rejection.hpp"
#include "methods/hybrid.hpp"
#include "methods/minimal_random.hpp"
#include "methods/ordered_random.hpp"
#include "methods/poisson_private.hpp"
#include "tree/halving_order.hpp"

namespace astar_rec {

namespace {

constexpr std::uint64_t any = ~std::uint64_t{0};
constexpr std::uint64_t deepest = std::uint64_t{max_block} * max_index_depth;

constexpr Tree trees[] = {Tree::at_sample, Tree::halves, Tree::whole_space};

struct MethodRow {
  std::string_view name;
  std::shared_ptr<const Method> (*make)(MethodNumbers&);
};

template <class It>
std::shared_ptr<const Method> shared(const It& method) {
  return std::make_shared<const It>(method);
}

// A float64 from 0 to 1, by its bits.
double within(MethodNumbers& n) {
  return std::bit_cast<double>(n.take("within_bits", 0, 0, std::bit_cast<std::uint64_t>(1.0)));
}

// A new method is a row.
constexpr MethodRow rows[] = {
    {"global",
     [](MethodNumbers& n) { return shared(AStar::global(n.take("max_samples", 0, 0, any))); }},
    {"as", [](MethodNumbers& n) { return shared(AStar::as_star(n.take("max_steps", 0, 0, any))); }},
    {"ad",
     [](MethodNumbers& n) {
       const std::uint64_t max_steps = n.take("max_steps", 0, 0, any);
       return shared(AStar::ad_star(max_steps, within(n)));
     }},
    {"dad",
     [](MethodNumbers& n) {
       const std::uint64_t depth = n.take("depth", any, 0, deepest);
       const std::uint64_t max_steps = n.take("max_steps", 0, 0, any);
       return shared(AStar::dad_star(depth, max_steps, within(n)));
     }},
    {"mrc",
     [](MethodNumbers& n) {
       return shared(MinimalRandom(n.take("candidates", 0, 1, max_candidates)));
     }},
    {"gprs",
     [](MethodNumbers& n) { return shared(GreedyPoisson(trees[n.take("split", 0, 0, 2)])); }},
    {"grc",
     [](MethodNumbers& n) { return shared(GreedyRejection(trees[n.take("split", 0, 0, 2)])); }},
    {"orc",
     [](MethodNumbers& n) {
       return shared(OrderedRandom(n.take("candidates", 0, 1, max_candidates)));
     }},
    {"hybrid",
     [](MethodNumbers& n) {
       const std::uint64_t candidates = n.take("candidates", 0, 1, max_candidates);
       return shared(Hybrid(candidates, n.take("halvings", 0, 1, Hybrid::most_halvings)));
     }},
    {"ppr",
     [](MethodNumbers& n) {
       const std::uint64_t alpha = n.take("alpha", any, 0, PoissonPrivate::most_parts);
       return shared(PoissonPrivate(alpha, n.take("private_seed", 0, 0, any)));
     }},
};

}  // namespace

std::uint64_t MethodNumbers::take(std::string_view name, std::uint64_t otherwise,
                                  std::uint64_t least, std::uint64_t most) {
  std::uint64_t number = otherwise;
  if (const auto found = numbers_.find(name); found != numbers_.end()) {
    number = found->second;
    numbers_.erase(found);
  }
  if (number >= least && number <= most) return number;
  throw std::invalid_argument(std::string(name) + " must be " + std::to_string(least) + " to " +
                              std::to_string(most));
}

void MethodNumbers::require_all_taken() const {
  if (!numbers_.empty()) {
    throw std::invalid_argument("the method has no " + numbers_.begin()->first);
  }
}

std::shared_ptr<const Method> make_method(std::string_view name, MethodNumbers numbers) {
  for (const MethodRow& row : rows) {
    if (row.name != name) continue;
    auto method = row.make(numbers);
    numbers.require_all_taken();
    return method;
  }
  throw std::invalid_argument("no method of the name " + std::string(name));
}

}  // namespace astar_rec
