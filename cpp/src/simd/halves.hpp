// What the tail at a cell's middle tells of its halves: one cell after the other. simd/halves.inl has the same
// in lanes, by the same operations in the same order.
#pragma once

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>

#include "families/tails.hpp"

namespace astar_rec {

// The ends of a cell
struct Ends {
  Place end[2];
  const Place& low() const { return end[0]; }
  const Place& high() const { return end[1]; }
};

// -x or x: for signs that are a matter of chance, of which a branch would guess half wrong
inline double negated_if(bool negative, double x) {
  return std::bit_cast<double>(std::bit_cast<std::uint64_t>(x) ^ std::uint64_t{negative} << 63);
}

// How cells are halved: see docs/polar.md.
struct Halving {
  bool first;          // no differences are known from before
  bool smooth;         // logarithms of ratios of densities are nearly parabolas
  bool precise_above;  // upper tails are as precise as lower ones

  static constexpr double rounding = 0x1p-52;
  static constexpr double margin = 4.0;
  static constexpr double exact = 0x1p-30;  // what may be lost of any difference
  static constexpr double small = 0x1p-11;  // of a smooth ratio: its cube is nothing
  static constexpr double blurred =
      0x1p-6;  // differences that must not be taken from a CDF of few digits
};

// What differences of elements' bits are expected to be, and are in turn
struct Differences {
  std::span<double> d;
  std::span<double> bend;                // of the next one: see polar/knowledge.hpp
  std::span<const std::uint64_t> label;  // whose last bit is an element's last one
};

enum class Halved : std::uint8_t {
  done,
  goes_on,
  blurred
};  // blurred: too few digits to draw from

namespace lanes::plain {

inline Halved halve(const Halving& how, const Ends& cell, const Place& middle,
                    const Differences& all, std::uint32_t i) {
  constexpr double infinity = std::numeric_limits<double>::infinity();
  const double low = cell.low().tail, mid = middle.tail, high = cell.high().tail;
  const double below = mass_between(low, mid), above = mass_between(mid, high);
  const double both = below + above;
  const double width = cell.high().x - cell.low().x;
  const double difference = (below - above) / both;
  const auto size = [&](double tail) {
    return tail < 0.0 && !how.precise_above ? 1.0 : std::fabs(tail);
  };
  const double largest = std::max(std::max(size(low), size(mid)), size(high));
  const double of_tails = how.rounding * largest / both;
  const double far = std::max(std::fabs(cell.low().x), std::fabs(cell.high().x));
  const double of_places = width < infinity ? how.rounding * far / width : 0.0;
  // A difference may be small by symmetry alone: what it would be, had the last one no such luck.
  const double scale = how.first ? 1.0 : std::max(std::fabs(difference), std::fabs(all.d[i]));
  const double following = how.smooth ? scale * scale * scale : scale * scale;
  const double noise = how.margin * (of_tails + of_places);
  // Where a density jumps nothing follows from the difference before: what was measured shows it, and
  // so does a half without mass, however coarse places are.
  const bool ends = (below == 0.0 || above == 0.0) && cell.low().x < middle.x &&
                    middle.x < cell.high().x && how.margin * of_tails < 1.0;
  const bool jumps = noise < std::fabs(difference - all.d[i]) || ends;
  // NaN, of cells without mass or width, is doubtful too.
  const bool sure = both > 0.0 && (noise < following || noise < how.exact || jumps);
  if (!sure) {
    const bool is_blurred =
        !how.precise_above && !(scale < how.blurred) && high < 0.0 && of_tails > of_places;
    return is_blurred ? Halved::blurred : Halved::done;
  }
  if (how.smooth && !how.first) {
    const bool lower = (all.label[i] & 1) == 0;
    const double half =
        all.d[i] - negated_if(lower, 4.0 * all.bend[i]);  // of the difference before
    all.bend[i] = 0.25 * negated_if(lower, difference - half);
  }
  all.d[i] = difference;
  return how.smooth && scale < how.small ? Halved::done : Halved::goes_on;
}

inline void halve_from(std::size_t done, const Halving& how, std::span<const std::uint32_t> element,
                       std::span<const Ends> cell, std::span<const Place> middle,
                       const Differences& all, std::span<Halved> found) {
  for (std::size_t k = done; k < element.size(); ++k) {
    found[k] = halve(how, cell[k], middle[k], all, element[k]);
  }
}

inline void halve_all(const Halving& how, std::span<const std::uint32_t> element,
                      std::span<const Ends> cell, std::span<const Place> middle,
                      const Differences& all, std::span<Halved> found) {
  halve_from(0, how, element, cell, middle, all, found);
}

}  // namespace lanes::plain

}  // namespace astar_rec
