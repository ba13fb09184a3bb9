// All bits of a polar block's positions behind its last level, in one draw.
//
// What is left of a position is shared: a rest of random bits that both sides have. Bit by bit, the
// sender takes what is shared, unless that is the less likely of the two: then it flips the bit with
// probability |d|, which leaves P(0) = (1 + d) / 2. One shared number w in (0, 1) decides for all bits
// together: with R the probability that one of those so far is flipped, the first of them flips at
// which R exceeds w. Behind a flip the same begins anew, with another w. So most elements need one
// look at w, and the receiver, who sees w, too, has little to hear.
//
// Where |d| falls by half with each bit, R lies anywhere between 0 and 2 |d|, and a flip has the
// probability |d|. A cell of 2^-l that is the m-th from the nearer end has |d| of about 1 / m, times a
// number that is much the same for all elements where proposals have tails like a normal's. So w m is
// what tells how likely a flip is, by that number, its scale, which the message says.
//
// References: docs/polar.md; the reference, polar_rest.py.
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "engine/large_pages.hpp"
#include "engine/parallel.hpp"
#include "math/positions.hpp"
#include "polar/bits.hpp"
#include "polar/flip_model.hpp"
#include "polar/knowledge.hpp"
#include "polar/polar_random.hpp"

namespace astar_rec::polar {

// A bit of the element at a place that is not what is shared
struct Flip {
  std::uint32_t place;
  int level;
};

// How likely flips are, as far as both sides know
class RestModel {
 public:
  static constexpr int scale_bits = 6;
  static constexpr int least_scale = -8;  // the binary logarithm
  static constexpr int first_bin = -32;   // half-octaves of w m over the scale; all below are one
  static constexpr int near = 8 - first_bin;  // bins from which on no flip is expected

  // A scale as it is said: 6 bits
  explicit RestModel(int scale) : shift_(2 * (scale + least_scale) + first_bin) {
    for (int bin = 0; bin < near; ++bin) near_[static_cast<std::size_t>(bin)] = start_of(bin);
    deeper_.fill({flip_certainty / 2, seen});
  }

  // The number of half-octaves of w m over the scale, of w and m in half-octaves
  int bin_of(int w, std::uint64_t from_end) const {
    return std::max(w + half_octave(static_cast<double>(from_end)) - shift_, 0);
  }

  FlipModel::Context& at(int bin) {
    return near_[static_cast<std::size_t>(std::min(bin, near - 1))];
  }
  // That some of 64 places that are not near have flips, and that one of these has
  FlipModel::Context& far() { return far_; }
  FlipModel::Context& far_one() { return far_one_; }
  // That a flip is at none of so many levels
  FlipModel::Context& deeper(int levels) {
    return deeper_[static_cast<std::size_t>(std::min(levels, depths) - 1)];
  }

 private:
  static constexpr std::uint32_t seen = 16;  // observations that the start of a context is worth
  static constexpr int depths = 16;          // that have contexts of their own

  // About 1 / (1 + x^2), with x twice what a bin stands for
  static FlipModel::Context start_of(int bin) {
    const int octaves = ((bin + first_bin) >> 1) + 1;
    const double square = std::ldexp(1.0, 2 * octaves);
    return {static_cast<std::uint32_t>(flip_certainty / (1.0 + square)), seen};
  }

  int shift_;
  std::array<FlipModel::Context, near> near_;
  FlipModel::Context far_{flip_certainty >> 16, seen};
  FlipModel::Context far_one_{flip_certainty >> 6, seen};
  std::array<FlipModel::Context, depths> deeper_;
};

// What both sides have of a block's positions behind its levels, at their elements' places.
class Rest {
 public:
  // Of these elements, in cells of 2^-level.
  Rest(const PolarRandom& random, std::span<const std::uint32_t> element,
       std::span<const std::uint64_t> cells, int level)
      : random_(random), level_(level), positions_(cells.size()) {
    for (std::size_t place = 0; place < cells.size(); ++place) {
      const std::uint64_t remainder = random.remainder(element[place]);
      positions_[place] =
          level == 0 ? remainder : cells[place] << (64 - level) | remainder >> level;
    }
  }

  std::span<const Position> positions() const { return positions_; }

  // The sender's side: says how its positions differ from what is shared.
  template <class Side>
  void draw(Side& side, Knowledge& knowledge, Interrupt& interrupt) {
    if (level_ == most_levels) return;
    const int scale = scale_of(knowledge);
    const std::vector<Flip> flips = flips_of(knowledge, interrupt);
    agree(side, scale, flips, interrupt);
  }
  // The receiver's
  template <class Side>
  void draw(Side& side, Interrupt& interrupt) {
    if (level_ < most_levels) agree(side, 0, {}, interrupt);
  }

 private:
  static constexpr std::uint32_t few = 4096;          // elements of which none may need a flip
  static constexpr std::size_t interruptible = 4096;  // places between which this may end
  static constexpr std::size_t sampled = 65'536;      // places that stand for all in a scale

  // The number of a position's cell of 2^-level, from 1 at the nearer end
  std::uint64_t from_end(std::size_t place, int level) const {
    const std::uint64_t cell = positions_[place] >> (64 - level);
    return std::min(cell, (std::uint64_t{1} << level) - 1 - cell) + 1;
  }

  int scale_of(const Knowledge& knowledge) const;
  std::vector<Flip> flips_of(Knowledge& knowledge, Interrupt& interrupt) const;

  // The first w of a place in half-octaves: its first 16 bits tell, unless it is very small or may be
  // rounded to 3/4.
  int half_octave_of_w(std::size_t place, std::uint16_t screen) const {
    const bool tells = screen >= 2 && screen != 0xBFFF;
    return half_octave(tells ? screen * 0x1p-16 : random_.rest_w(place, screen));
  }

  // Both sides walk through places in the same steps: a sender says the flips, and a receiver hears them.
  template <class Side>
  void agree(Side& side, int scale, std::span<const Flip> flips, Interrupt& interrupt) {
    const std::size_t n = positions_.size();
    if (side.decide(flips.empty(), flip_certainty / 8 * (n < few ? 7 : 1))) return;
    RestModel model(
        static_cast<int>(side.say_raw(static_cast<std::uint64_t>(scale), RestModel::scale_bits)));
    std::uint16_t screens[word_size];
    int numbers[word_size];
    auto flip = flips.begin();
    for (std::size_t begin = 0; begin < n; begin += word_size) {
      const std::size_t size = std::min(n - begin, word_size);
      if (begin % interruptible == 0) interrupt.check();
      random_.rest_screens(begin / word_size, screens);
      int least = RestModel::near;
      for (std::size_t k = 0; k < size; ++k) {
        numbers[k] =
            model.bin_of(half_octave_of_w(begin + k, screens[k]), from_end(begin + k, level_));
        least = std::min(least, numbers[k]);
      }
      bool some = false;
      for (auto f = flip; f != flips.end() && f->place < begin + size; ++f) {
        some = some || numbers[f->place - begin] >= RestModel::near;
      }
      some = say(side, some, model.far());
      if (!some && least >= RestModel::near) continue;
      for (std::size_t k = 0; k < size; ++k) {
        if (numbers[k] >= RestModel::near && !some) continue;
        follow(side, model, begin + k, flip, flips.end(),
               numbers[k] < RestModel::near ? &model.at(numbers[k]) : &model.far_one());
      }
    }
  }

  // The flips of a place
  template <class Side, class Iterator>
  void follow(Side& side, RestModel& model, std::size_t place, Iterator& flip, Iterator end,
              FlipModel::Context* context) {
    int level = level_;
    for (std::size_t done = 1; level < most_levels; ++done) {
      const bool more = flip != end && flip->place == place;
      if (!say(side, more, *context)) return;
      const int before = level++, truth = more ? flip->level : 0;
      while (level < most_levels && say(side, level < truth, model.deeper(level - before))) {
        ++level;
      }
      positions_[place] ^= Position{1} << (64 - level);
      if (more) ++flip;
      context = &model.at(
          model.bin_of(half_octave(random_.rest_w_after(place, done)), from_end(place, level)));
    }
  }

  const PolarRandom& random_;
  int level_;
  LargeVector<Position> positions_;
};

}  // namespace astar_rec::polar
