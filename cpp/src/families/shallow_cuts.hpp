// The quantiles at which shallow dyadic cells are cut, computed once: most nodes of a search are
// shallow, and all searches share their cuts.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "math/positions.hpp"

namespace astar_rec {

template <class Proposal>
class ShallowCuts {
 public:
  static const ShallowCuts& get() {
    static const ShallowCuts cuts;
    return cuts;
  }

  // The standard quantile at the first position of the cell's right half; of cells above depth 63.
  double of(std::uint64_t cell) const {
    return cell < cells ? quantiles_[cell] : Proposal::quantile(cell_first(2 * cell + 1));
  }

 private:
  static constexpr std::size_t cells = 512;  // of depth below 9

  ShallowCuts() {
    for (std::size_t cell = 1; cell < cells; ++cell) {
      quantiles_[cell] = Proposal::quantile(cell_first(2 * cell + 1));
    }
  }

  std::array<double, cells> quantiles_{};
};

}  // namespace astar_rec
