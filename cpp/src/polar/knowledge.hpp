// What the sender of a polar block knows of its elements' bits, level by level.
//
// Before the fine levels it is the masses of all cells of 2^-L, as far as they matter: of each element
// those of a window, with less than 2^-42 on either side of it. A bit that is drawn leaves every second cell. Once all L
// bits are, a cell of 2^-L is left, which each further level halves.
//
// Halves' masses are differences of tails, and lose their digits as cells shrink. What is lost is
// known, and differences follow from those before instead, where that is better. With s = 1 after an
// upper half and -1 after a lower one, and the logarithm of the ratio of densities a parabola across
// the cell,
//
//     d' = d / 2 + s c        c' = c / 4
//
// to within about d^3. Where a ratio may have kinks, c is 0, and d' good to within about d^2.
#pragma once

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "engine/large_pages.hpp"
#include "engine/parallel.hpp"
#include "families/tails.hpp"
#include "simd/cells.hpp"
#include "simd/halves.hpp"

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

inline constexpr int by_rows = 6;  // fine levels of which all cells are looked at

// Levels so fine that cells would not fit into memory: some targets are much wider than those that
// the levels suit.
class TooManyCells {};

class Knowledge {
 public:
  // Of these elements, in this order. Throws TooManyCells, of more than `by_rows` fine levels.
  Knowledge(Tails& tails, std::span<const std::uint32_t> elements, Levels levels,
            Interrupt& interrupt);

  // P(0) - P(1) of the next bit of each element.
  std::span<const double> differences() const { return d_; }

  // The bits that were drawn. Throws DivergenceError for an element without masses, or whose masses
  // are too imprecise to draw from.
  void take(std::span<const std::uint8_t> bits);
  // The same behind the first L levels of some elements alone, in order, with room for the bits of all.
  void take(std::span<const std::uint32_t> some, std::span<const std::uint8_t> bits);

  // Behind the first L levels: the elements whose halves are still measured, in order, and what
  // differences of any other's bits add up to at most, from the next one on: d, d / 2 + c, … with c / 4.
  std::span<const std::uint32_t> measured() const { return precise_; }
  double most_behind(std::size_t i) const {
    return 2.0 * std::fabs(d_[i]) + 3.0 * std::fabs(bend_[i]);
  }

  // The cells that are left: positions, as far as their bits are drawn.
  std::span<const std::uint64_t> cells() const { return label_; }

 private:
  // Cells that agree with an element's bits so far: first, first + 2^step, first + 2 * 2^step, …
  struct Window {
    std::uint64_t first;
    std::uint32_t count;
  };
  void fill_windows();
  // Room for the masses of some windows more
  double* room_for(std::size_t cells);
  // Parts the masses of a window's cells by the next bit.
  AlternateSums part(const double* from, std::uint32_t count, double* to);
  // The difference of the bit of a step, from what cells weigh that agree with the window's first one, and the others.
  void set_difference(std::size_t i, AlternateSums sums, int step);
  void take_in_windows(std::span<const std::uint8_t> bits);
  void begin_halving();
  void follow(std::size_t i, std::uint8_t bit);
  void take_halves(std::span<const std::uint8_t> bits);
  void measure_halves();

  std::unique_ptr<Tails> tails_;  // of places
  Interrupt& interrupt_;
  std::span<const std::uint32_t> elements_;
  Levels levels_;
  int step_ = 0;
  LargeVector<double> d_;
  LargeVector<std::uint64_t> label_;
  // Fine levels
  LargeVector<Window> windows_;
  // Masses of windows' cells, by so many elements as windows are made at a time: one window after the other, of each
  // the cells that have the next bit in common with its first one, then all others.
  std::vector<std::span<double>> masses_;
  std::vector<LargeVector<double>> slabs_;  // where these are
  std::vector<double> room_;
  // Levels behind
  LargeVector<double> bend_;            // c, of the next level
  LargeVector<std::uint32_t> precise_;  // where halves are still measured
  LargeVector<Ends> halves_;            // of those, and all that follows
  std::vector<Position> edges_;
  LargeVector<Place> middle_;
  std::vector<Halved> found_;
};

}  // namespace astar_rec::polar
