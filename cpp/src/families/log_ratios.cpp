// The log ratios of all pairs. No other file is compiled once a pair.
#include "families/log_ratios.hpp"

#include "families/log_ratios_of.hpp"

namespace astar_rec {

namespace {

// Calls f(target, proposal) with the families of a pair, as std::type_identity.
template <class F>
decltype(auto) with_pair(const Pair& pair, const F& f) {
  return Families::with(pair.target, [&](auto target) {
    return Families::with(pair.proposal, [&](auto proposal) { return f(target, proposal); });
  });
}

}  // namespace

bool has_log_ratios(const Pair& pair) {
  return with_pair(pair, [](auto target, auto proposal) {
    return has_log_ratio<typename decltype(target)::type, typename decltype(proposal)::type>;
  });
}

bool has_excesses(const Pair& pair) {
  return with_pair(pair, [](auto target, auto proposal) {
    return has_excess<typename decltype(target)::type, typename decltype(proposal)::type>;
  });
}

std::unique_ptr<LogRatios> make_log_ratios(const Pair& pair) {
  return with_pair(pair, [](auto target, auto proposal) -> std::unique_ptr<LogRatios> {
    using Target = typename decltype(target)::type;
    using Proposal = typename decltype(proposal)::type;
    if constexpr (has_log_ratio<Target, Proposal>) {
      return std::make_unique<LogRatiosOf<Target, Proposal>>();
    } else {
      return nullptr;
    }
  });
}

}  // namespace astar_rec
