// Every pair of target and proposal that has a built-in log ratio. A new pair is a file in ratio/ and a
// line here.
#pragma once

#include "families/ratio/laplace_laplace.hpp"
#include "families/ratio/laplace_normal.hpp"
#include "families/ratio/logistic_logistic.hpp"
#include "families/ratio/normal_laplace.hpp"
#include "families/ratio/normal_normal.hpp"
#include "families/ratio/uniform_any.hpp"
#include "families/registry.hpp"

namespace astar_rec {

template <class Target, class Proposal>
inline constexpr bool has_log_ratio =
    requires(const Target& q, const Proposal& p) { LogRatio<Target, Proposal>(q, p); };

// Whether a pair knows how much of the target exceeds a multiple of the proposal.
template <class Target, class Proposal>
inline constexpr bool has_excess = requires(const LogRatio<Target, Proposal>& r) {
  r.excess(1.0);
  r.excess_between(1.0, 0.0, 1.0);
};

}  // namespace astar_rec
