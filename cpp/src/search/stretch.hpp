// The graph of greedy Poisson rejection sampling: up to what time an arrival is taken, by its density
// ratio.
//
//     sigma(h) = integral from 0 to h of d eta / W(eta),    W the excess (families/ratio.hpp)
//
// An arrival at time t with density ratio h is taken if t < sigma(h). Later arrivals of a search come
// later, so nothing below a height that was not taken will be. `passes` therefore integrates from the
// largest such height on, and the whole of a search is one integral.
//
// The variable is x = log(1 + eta): eta where that is small, its logarithm where it is large. A panel
// is halved until the sums of Gauss and Kronrod agree, the more exactly the more likely it is that a
// search comes so far: the chance is W itself. docs/poisson.md has the bias that this leaves.
//
// Reference: G. Flamich, "Greedy Poisson rejection sampling", NeurIPS 2023, sections 3 and 4.
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>

#include "families/log_ratios.hpp"
#include "math/special.hpp"

namespace astar_rec {

// log(1 + exp(x)); 0 for minus infinity.
inline double log_one_plus_exp(double x) {
  return x > 0.0 ? x + log_one_plus(portable_exp(-x)) : log_one_plus(portable_exp(x));
}

class Stretch {
 public:
  // Turns to an element's excess.
  void start(const LogRatios& ratios, std::size_t element) {
    ratios_ = &ratios;
    element_ = element;
    x_ = 0.0;
    time_ = 0.0;
  }

  // Whether an arrival, later than all before, is below the graph.
  bool passes(double log_ratio, double arrival) {
    const double x = log_one_plus_exp(log_ratio);
    if (!(x > x_)) return false;
    const double time = time_ + integral(x_, x, deepest);
    if (arrival < time) return true;
    x_ = x;
    time_ = time;
    return false;
  }

  // Whether any later arrival with a log ratio up to a supremum can be taken.
  bool may_pass(double supremum) const { return log_one_plus_exp(supremum) > x_; }

  // log(1 + h) for the largest height h that was not taken.
  double x() const { return x_; }

 private:
  static constexpr double least_excess = 0x1p-50;
  static constexpr double tolerance = 1e-11;
  static constexpr int deepest = 40;

  // Distances of nodes from a panel's middle in half widths, and weights. Every second node is Gauss's.
  static constexpr std::array<double, 8> nodes{0.0,
                                               0.207784955007898467600689403773245,
                                               0.405845151377397166906606412076961,
                                               0.586087235467691130294144691693013,
                                               0.741531185599394439863864773280788,
                                               0.864864423359769072789712788640926,
                                               0.949107912342758524526189684047851,
                                               0.991455371120812639206854697526329};
  static constexpr std::array<double, 8> kronrods{
      0.209482141084727828012999174891714, 0.204432940075298892414161999234649,
      0.190350578064785409913256402421014, 0.169004726639267902826583426598550,
      0.140653259715525918745189590510238, 0.104790010322250183839876322541518,
      0.063092092629978553290700663189204, 0.022935322010529224963732008058970};
  static constexpr std::array<double, 8> gausses{
      0.417959183673469387755102040816327, 0.0, 0.381830050505118944950369775488975, 0.0,
      0.279705391489276667901467771423780, 0.0, 0.129484966168869693270611432679082, 0.0};

  // Over a panel, halved as often as need be.
  double integral(double low, double high, int halvings) const {
    const double half = 0.5 * (high - low), middle = low + half;
    const double value = integrand(middle);
    const double over_excess = value / portable_exp(middle);
    double kronrod = kronrods[0] * value, gauss = gausses[0] * value;
    for (std::size_t i = 1; i < nodes.size(); ++i) {
      const double pair = integrand(middle - half * nodes[i]) + integrand(middle + half * nodes[i]);
      kronrod += kronrods[i] * pair;
      gauss += gausses[i] * pair;
    }
    kronrod *= half;
    gauss *= half;
    if (halvings == 0 || std::fabs(kronrod - gauss) <= tolerance * (1.0 + kronrod * over_excess)) {
      return kronrod;
    }
    const double first = integral(low, middle, halvings - 1);
    return first + integral(middle, high, halvings - 1);
  }

  // The integral's derivative. W is bounded: a search comes so far by that chance.
  double integrand(double x) const {
    const double density = portable_exp(x);  // d eta / d x
    const double height = density - 1.0;
    if (!(height > 0.0)) return density;
    return density / std::max(ratios_->excess(element_, height), least_excess);
  }

  const LogRatios* ratios_ = nullptr;
  std::size_t element_ = 0;
  double x_ = 0.0;
  double time_ = 0.0;  // sigma at x_
};

}  // namespace astar_rec
