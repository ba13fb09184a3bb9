// What the sender of a polar block knows of its elements' bits, level by level.
//
// Before the fine levels it is the masses of all cells of 2^-L, as far as they matter: of each element
// those of a window, the others are below 2^-70. A bit that is drawn leaves every second cell. Once all L
// bits are, a cell of 2^-L is left, which each further level halves.
//
// Halves' masses are differences of tails, and lose their digits as cells shrink. What is lost is
// known, and once it is as much as the square of a difference, differences are taken from those before
// instead: d falls by half with each level as long as the ratio of densities is linear across the
// cell, to within about d^2.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "engine/parallel.hpp"
#include "families/tails.hpp"

namespace astar_rec::polar {

inline constexpr int most_levels = 60;

// How positions are cut into levels. The sender chooses, and the receiver is told.
struct Levels {
  int fine = 5;           // L, 1 to 60: the level drawn first
  bool mirrored = false;  // cells of the lower half are numbered from the middle; L at most 8

  // The level of a step, in order of drawing.
  int of(int step) const { return step < fine ? fine - step : step + 1; }
  // The cell of a label, and the label of a cell: the same exchange.
  std::uint64_t mirror(std::uint64_t cell) const {
    const std::uint64_t half = std::uint64_t{1} << (fine - 1);
    return mirrored && cell < half ? half - 1 - cell : cell;
  }

  // What suits some targets: fine enough that bits behind the first L carry little.
  static Levels suiting(Tails& tails, std::size_t elements);
};

class Knowledge {
 public:
  Knowledge(Tails& tails, std::size_t elements, Levels levels, Interrupt& interrupt);

  // P(0) - P(1) of the next bit of each element. Throws DivergenceError for one without masses, or
  // whose masses are too imprecise to draw from.
  void differences(std::span<double> d);

  // Whether masses are even inside the cells that are left, behind the first L levels: that the chi-square
  // distance of their sixteenths from equal ones, summed over elements whose halves are measured, is at
  // most so much. Differences alone do not tell: by symmetry halves may be alike that are uneven inside.
  bool even_inside(double most) const;

  // The bits that were drawn, at d's places.
  void take(std::span<const std::uint8_t> bits);

  // The cells that are left: positions, as far as their bits are drawn.
  std::span<const std::uint64_t> cells() const { return label_; }

 private:
  // An element's halves so far.
  struct Cell {
    Place low;
    Place high;
    double d;  // of the last level
  };
  // Masses of an element's cells: those of first, first + 2^step, first + 2 * 2^step, …
  struct Window {
    std::size_t begin;
    std::uint64_t first;
    std::uint32_t count;
  };

  void fill_windows(Interrupt& interrupt);
  // From the tails at the edges of an element's cells, from `first` on.
  void add_window(std::size_t element, std::uint64_t first, std::span<const double> tails);
  void differences_of_windows(std::span<double> d) const;
  void take_in_windows(std::span<const std::uint8_t> bits);
  void begin_halving();
  void differences_of_halves(std::span<double> d);
  void take_halves(std::span<const std::uint8_t> bits);

  Tails& tails_;
  Levels levels_;
  int step_ = 0;
  std::vector<std::uint64_t> label_;
  // Fine levels
  std::vector<Window> windows_;
  std::vector<double> masses_;
  // Levels behind
  std::vector<Cell> halves_;
  std::vector<std::uint32_t> precise_;  // elements whose halves are still measured
  std::vector<Position> edges_;
  std::vector<Place> middle_;  // of those elements
};

}  // namespace astar_rec::polar
