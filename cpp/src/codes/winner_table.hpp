// How likely a node of a block's tree is to win, by its sample and its arrival.
//
// Under a hypothesis (hypotheses.hpp) a block of k elements has the target N(m, s^2 I) against the
// proposal N(0, I). A sample x has the log ratio
//
//     L = -k log s + |x|^2 / 2 - |x - m|^2 / (2 s^2)
//
// and, if it arrives at t, none that is yet unseen beats it with the probability g = exp(-t exp(-L)).
// The mean m is not known; but if x wins, m comes from N(spread^2 x, s^2 spread^2 I). So with e
// normal and c^2 chi-squared of k - 1 degrees of freedom,
//
//     |x - m|^2 / s^2 = (s |x| - spread e)^2 + spread^2 c^2
//
// and two expectations over e and c depend on |x|, t and the hypothesis alone:
//
//     now      E[exp(-L) g]    the density of winners at x that arrive at t
//     later    E[g]            the part of the winners at x that arrive after t
//
// They are kept in a table with a row per |x| and a column per log t, between which they are taken
// straight. L goes into bins first, and e and c take few values, so that a table is made in about a
// millisecond: finer ones save less than 0.001 bits an element.
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <memory>
#include <mutex>
#include <vector>

#include "codes/hypotheses.hpp"
#include "math/special.hpp"
#include "tree/box.hpp"

namespace astar_rec {

class WinnerTable {
 public:
  enum What : std::size_t { now, later };

  explicit WinnerTable(std::size_t dimensions)
      : furthest_(std::sqrt(static_cast<double>(40 + 6 * dimensions))),
        values_(rows * columns * 2 * hypotheses) {
    const Scales scales;
    const std::vector<Part> parts = parts_of(dimensions);
    std::array<double, gaps> kernel;
    for (std::size_t i = 0; i < gaps; ++i) {
      const double gap = (static_cast<double>(i) - gaps_below) * bin;
      kernel[i] = portable_exp(-portable_exp(gap));
    }
    for (std::size_t h = 0; h < hypotheses; ++h) {
      for (std::size_t row = 0; row < rows; ++row) {
        const double norm = furthest_ * static_cast<double>(row) / (rows - 1);
        const double most =
            static_cast<double>(dimensions) * (hypothesis_bits[h] * log_2) + 0.5 * (norm * norm);
        fill(row, h, bins_of(parts, scales.s[h], scales.spread[h], norm, most), kernel);
      }
    }
  }

  // For a sample whose |x|^2 is `square`: scale times the entry, of every hypothesis in the range.
  void look_up(What what, double square, double log_arrival, double scale, HypothesisRange range,
               PerHypothesis& out) const {
    const double down = std::min(std::sqrt(square) * ((rows - 1) / furthest_), last_row);
    const double along = std::min(std::max(log_arrival - first_log, 0.0), last_column);
    const auto row = static_cast<std::size_t>(down);
    const auto column = static_cast<std::size_t>(along);
    const double lower = scale * (down - static_cast<double>(row));
    const double upper = scale - lower;
    const double right = along - static_cast<double>(column);
    const std::array<double, 4> shares = {upper * (1.0 - right), upper * right,
                                          lower * (1.0 - right), lower * right};
    constexpr std::size_t next_column = 2 * hypotheses;
    constexpr std::size_t next_row = columns * next_column;
    const float* const from =
        values_.data() + row * next_row + column * next_column + what * hypotheses;
    for (std::size_t h = range.first; h < range.last; ++h) {
      out[h] = (shares[0] * from[h] + shares[1] * from[next_column + h]) +
               (shares[2] * from[next_row + h] + shares[3] * from[next_row + next_column + h]);
    }
  }

 private:
  static constexpr std::size_t rows = 16;     // evenly for |x| from 0 to furthest
  static constexpr std::size_t columns = 45;  // for log t = -8, -7, ... 36
  static constexpr double first_log = -8.0;
  static constexpr double last_row = 15.0 - 0x1p-10;
  static constexpr double last_column = 44.0 - 0x1p-10;

  // L in bins from -14 to 46.
  static constexpr double bin = 0.5;
  static constexpr std::size_t bins = 121;
  static constexpr double first_bin = -14.0;
  static constexpr double last_bin = 120.0 - 0x1p-10;
  static constexpr std::size_t bins_per_column = 2;
  static constexpr std::size_t bins_before = 12;  // from the first bin to the first column

  // g by the bins from L to log t: 1 far below, 0 far above.
  static constexpr std::size_t gaps_below = 80;
  static constexpr std::size_t gaps_above = 10;
  static constexpr std::size_t gaps = gaps_below + gaps_above + 1;

  // A value of e with one of c^2.
  struct Part {
    double e;
    double c2;
    double probability;
  };
  using Bins = std::array<double, bins>;

  static std::vector<Part> parts_of(std::size_t dimensions) {
    std::vector<Part> parts;
    double sum = 0.0;
    for (int i = -12; i <= 12; ++i) {
      const double e = 0.5 * i;
      for (int j = 0; j < 16; ++j) {
        const double c = 0.45 * (j + 0.5);
        double weight = portable_exp(-0.5 * (e * e + c * c));
        for (std::size_t n = 2; n < dimensions; ++n) weight *= c;
        parts.push_back({e, c * c, weight});
        sum += weight;
      }
    }
    for (Part& part : parts) part.probability /= sum;
    return parts;
  }

  // The distribution of L; what lies between two bins goes to both in part.
  static Bins bins_of(const std::vector<Part>& parts, double s, double spread, double norm,
                      double most) {
    Bins out{};
    for (const Part& part : parts) {
      const double apart = s * norm - spread * part.e;
      const double square = apart * apart + (spread * spread) * part.c2;
      const double place = std::min((most - 0.5 * square - first_bin) * (1.0 / bin), last_bin);
      if (place < 0.0) continue;  // g is 0 there
      const auto at = static_cast<std::size_t>(place);
      const double above = place - static_cast<double>(at);
      out[at] += part.probability * (1.0 - above);
      out[at + 1] += part.probability * above;
    }
    return out;
  }

  void fill(std::size_t row, std::size_t h, const Bins& probability,
            const std::array<double, gaps>& kernel) {
    Bins density;
    for (std::size_t at = 0; at < bins; ++at) {
      density[at] = probability[at] * portable_exp(-(static_cast<double>(at) * bin + first_bin));
    }
    for (std::size_t column = 0; column < columns; ++column) {
      const std::size_t here = bins_before + column * bins_per_column;
      double sum_now = 0.0;
      double sum_later = 0.0;
      for (std::size_t at = here - gaps_above; at < bins; ++at) {
        const double g = kernel[here + gaps_below > at ? here + gaps_below - at : 0];
        sum_now += density[at] * g;
        sum_later += probability[at] * g;
      }
      float* const to = values_.data() + (row * columns + column) * 2 * hypotheses + h;
      to[now * hypotheses] = kept(sum_now);
      to[later * hypotheses] = kept(sum_later);
    }
  }

  // No subnormal numbers: some programs make processors take them for 0.
  static float kept(double value) { return value < 1e-30 ? 0.0F : static_cast<float>(value); }

  double furthest_;
  std::vector<float> values_;  // [row][column][now, later][hypothesis]
};

// The table of blocks of 2 to max_block elements, made when it is first asked for.
inline const WinnerTable& winner_table(std::size_t dimensions) {
  static std::array<std::unique_ptr<const WinnerTable>, max_block + 1> tables;
  static std::array<std::once_flag, max_block + 1> made;
  std::call_once(made[dimensions],
                 [&] { tables[dimensions] = std::make_unique<WinnerTable>(dimensions); });
  return *tables[dimensions];
}

}  // namespace astar_rec
