// One level of a polar block: n bits drawn, or read, through the transform x = u G.
//
// G is the m-fold Kronecker power of [[1, 0], [1, 1]], its own inverse. With a and b the halves of a
// node's differences of probabilities, and u the bits already drawn for its first half,
//
//     first half    d = a b
//     second half   d = (b + s a) / (1 + s a b),  s = -1 where u = 1, otherwise 1
//
// A leaf's bit is 0 with probability (1 + d) / 2. The sender takes the guess, unless w < |d|: then
// the sign of d decides. That is an exact draw, and the receiver has only to hear where the guess
// is wrong. Nodes that hardly ever flip, or that always carry a bit, are drawn as they stand,
// without splitting further: their bits are independent given what was drawn before.
//
// Sender and receiver walk through the same nodes and agree on all that is coded: `Drawing` and
// `Reading` differ in where a flip comes from.
//
// References: E. Arikan, "Channel polarization", IEEE Trans. IT 2009; docs/polar.md.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "codes/range_coder.hpp"
#include "engine/errors.hpp"
#include "engine/parallel.hpp"
#include "polar/bits.hpp"
#include "polar/flip_model.hpp"
#include "polar/kinds.hpp"
#include "polar/polar_random.hpp"

namespace astar_rec::polar {

// The sender's side: flips follow from differences, and are written.
class Drawing {
 public:
  Drawing(RangeEncoder& out, double* scratch) : out_(out), next_(scratch) {}

  // What is known of a node's bits
  using Knowledge = const double*;

  Knowledge first_half(Knowledge d, std::size_t half) {
    double* to = next_;
    const double* a = d;
    const double* b = d + half;
    for (std::size_t k = 0; k < half; ++k) to[k] = a[k] * b[k];
    next_ += half;
    return to;
  }
  Knowledge second_half(Knowledge d, std::size_t half, const Bit* u) {
    double* to = next_ - half;  // the first half is done with
    const double* a = d;
    const double* b = d + half;
    for (std::size_t k = 0; k < half; ++k) {
      const double sa = u[k] != 0 ? -a[k] : a[k];
      to[k] = (b[k] + sa) / (1.0 + sa * b[k]);
    }
    return to;
  }
  void leave(std::size_t half) { next_ -= half; }

  // Whether the k-th bit of a node flips; w is asked for only where it matters.
  template <class W>
  bool flip(Knowledge d, std::size_t k, bool guess, std::uint64_t screen, W&& w) {
    const double certainty_of_bit = std::abs(d[k]);
    if ((d[k] < 0.0) == guess) return false;
    if (certainty_of_bit <= static_cast<double>(screen) * 0x1p-16) return false;  // w >= |d|
    return w() < certainty_of_bit;
  }
  // Whether the differences of `size` bits from the k-th on are at most a screen, and so at most w.
  static bool surely_below(Knowledge d, std::size_t k, std::size_t size, std::uint64_t screen) {
    double most[4] = {0.0, 0.0, 0.0, 0.0};  // side by side, for vectors
    const double* at = d + k;
    std::size_t i = 0;
    for (; i + 4 <= size; i += 4) {
      for (std::size_t j = 0; j < 4; ++j) most[j] = std::max(most[j], std::abs(at[i + j]));
    }
    for (; i < size; ++i) most[0] = std::max(most[0], std::abs(at[i]));
    return *std::max_element(most, most + 4) <= static_cast<double>(screen) * 0x1p-16;
  }
  // Yes or no, of a probability that both sides know
  bool decide(bool yes, std::uint32_t probability) {
    out_.encode(yes, probability);
    return yes;
  }
  std::uint64_t say_raw(std::uint64_t value, int bits) {
    out_.encode_raw(value, bits);
    return value;
  }
  static constexpr bool knows = true;

 private:
  RangeEncoder& out_;
  double* next_;
};

// The receiver's side: flips are read.
class Reading {
 public:
  explicit Reading(RangeDecoder& in) : in_(in) {}

  struct Knowledge {};

  Knowledge first_half(Knowledge, std::size_t) { return {}; }
  Knowledge second_half(Knowledge, std::size_t, const Bit*) { return {}; }
  void leave(std::size_t) {}

  template <class W>
  bool flip(Knowledge, std::size_t, bool, std::uint64_t, W&&) {
    return false;
  }
  static bool surely_below(Knowledge, std::size_t, std::size_t, std::uint64_t) { return true; }
  bool decide(bool, std::uint32_t probability) { return in_.decode(probability); }
  std::uint64_t say_raw(std::uint64_t, int bits) { return in_.decode_raw(bits); }
  static constexpr bool knows = false;

 private:
  RangeDecoder& in_;
};

// A level: the transform's nodes in the order of their indices.
template <class Side>
class Level {
 public:
  Level(Side side, const PolarRandom& random, int step, FlipModel& model, int curvature,
        Interrupt& interrupt)
      : side_(side),
        random_(random),
        model_(model),
        interrupt_(interrupt),
        step_(step),
        curvature_(curvature) {}

  // Draws the bits x of n elements, a power of two.
  void draw(typename Side::Knowledge d, std::size_t n, const Kinds& kinds, Bit* x) {
    if (kinds.one()) return draw(d, n, kinds.front(), x);
    if (kinds.silent()) return draw_silent(n, x);
    if (kinds.empty()) return draw_empty(d, n, kinds.loudest(), x);
    split(d, n, kinds, x);
  }

  // The same, of bits that are of one kind
  void draw(typename Side::Knowledge d, std::size_t n, const Node& node, Bit* x) {
    if (node.silent()) return draw_silent(n, x);
    if (n == 1) return draw_leaf(d, node, x);
    if (node.full()) return draw_full(d, n, x);
    if (node.empty()) return draw_empty(d, n, node, x);
    split(d, n, Halving{node}, x);
  }

 private:
  static constexpr std::size_t interruptible = 4096;  // nodes between which a level may end

  // The halves of bits that are of one kind
  struct Halving {
    Node node;
    Node first_half(std::size_t, double curvature) const {
      return Node::first_half(node, node, curvature);
    }
    Node second_half(std::size_t, double curvature) const {
      return Node::second_half(node, node, curvature);
    }
  };

  template <class Halves>
  void split(typename Side::Knowledge d, std::size_t n, const Halves& halves, Bit* x) {
    if (n == interruptible) interrupt_.check();
    const std::size_t half = n / 2;
    const double k = 0.125 * curvature_;
    draw(side_.first_half(d, half), half, halves.first_half(half, k), x);
    draw(side_.second_half(d, half, x), half, halves.second_half(half, k), x + half);
    side_.leave(half);
    for (std::size_t i = 0; i < half; ++i) x[i] ^= x[i + half];
  }

  // A flip in a context
  bool say(bool flip, FlipModel::Context& context) { return polar::say(side_, flip, context); }
  bool guess(std::size_t index) {
    if (index / 64 != guess_word_) {
      guess_word_ = index / 64;
      guesses_ = random_.guesses(step_, guess_word_);
    }
    return (guesses_ >> index % 64 & 1) != 0;
  }
  std::uint64_t screen(std::size_t index) {
    if (index / 8 != screen_group_) {
      screen_group_ = index / 8;
      screens_ = random_.screens(step_, screen_group_);
    }
    return (index % 8 < 4 ? screens_.place : screens_.arrival) >> 16 * (index % 4) & 0xFFFF;
  }
  double w(std::size_t index, std::uint64_t first) {
    if (index / 2 != rest_pair_) {
      rest_pair_ = index / 2;
      rests_ = random_.rests(step_, rest_pair_);
    }
    return w_of(first, (index % 2 == 0 ? rests_.place : rests_.arrival) >> screen_bits);
  }

  void draw_leaf(typename Side::Knowledge d, Node node, Bit* x) {
    const bool g = guess(index_);
    const std::uint64_t first = screen(index_);
    const double at = w(index_, first);
    const bool flip = side_.flip(d, 0, g, first, [&] { return at; });
    *x = static_cast<Bit>(g != say(flip, model_.at(curvature_, node.leaf_class(), at)));
    ++index_;
  }

  // The screens of up to 64 indices from a multiple of 64, or from anywhere in a small node
  void read_screens(std::size_t index, std::size_t size) {
    if (size == word_size) {
      random_.screens_of_word(step_, index / word_size, word_screens_);
    } else {
      for (std::size_t k = 0; k < size; ++k) {
        word_screens_[k] = static_cast<std::uint16_t>(screen(index + k));
      }
    }
  }
  // The guesses of up to 64 indices, none of which lies in another word
  std::uint64_t guess_bits(std::size_t index) {
    static_cast<void>(guess(index));
    return guesses_ >> index % word_size;
  }

  // Guesses, which nothing contradicts
  void draw_silent(std::size_t n, Bit* x) {
    for (std::size_t begin = 0; begin < n; begin += word_size) {
      const std::size_t size = std::min(n - begin, word_size);
      spread(guess_bits(index_ + begin), size, x + begin);
    }
    index_ += n;
  }

  // A bit for each, as raw bits. Nodes begin at multiples of their sizes.
  void draw_full(typename Side::Knowledge d, std::size_t n, Bit* x) {
    for (std::size_t begin = 0; begin < n; begin += word_size) {
      const std::size_t size = std::min(n - begin, word_size);
      const std::size_t index = index_ + begin;
      const std::uint64_t g = guess_bits(index);
      std::uint64_t flips = 0;
      if constexpr (Side::knows) {
        read_screens(index, size);
        for (std::size_t k = 0; k < size; ++k) {
          const std::uint64_t first = word_screens_[k];
          const bool flip = side_.flip(d, begin + k, (g >> k & 1) != 0, first,
                                       [&] { return w(index + k, first); });
          flips |= std::uint64_t{flip} << k;
        }
      }
      std::uint64_t said = 0;
      for (std::size_t done = 0; done < size; done += max_raw_bits) {
        const std::size_t bits = std::min<std::size_t>(size - done, max_raw_bits);
        const std::uint64_t mask = (std::uint64_t{1} << bits) - 1;
        said |= side_.say_raw(flips >> done & mask, static_cast<int>(bits)) << done;
      }
      spread(g ^ said, size, x + begin);
    }
    index_ += n;
  }

  // Small w are looked at one by one; flips elsewhere are strays, said by their places.
  void draw_empty(typename Side::Knowledge d, std::size_t n, Node node, Bit* x) {
    const std::uint64_t limit = node.screen();
    const int leaf_class = node.leaf_class();
    strays_.clear();
    for (std::size_t begin = 0; begin < n; begin += word_size) {
      const std::size_t size = std::min(n - begin, word_size);
      const std::size_t index = index_ + begin;
      const std::uint64_t g = guess_bits(index);
      read_screens(index, size);
      spread(g, size, x + begin);
      // Mostly none is looked at.
      const std::uint16_t least = *std::min_element(word_screens_, word_screens_ + size);
      if (least >= limit && side_.surely_below(d, begin, size, least)) continue;
      for (std::size_t k = 0; k < size; ++k) {
        if (word_screens_[k] >= limit && side_.surely_below(d, begin + k, 1, word_screens_[k])) {
          continue;
        }
        const std::uint64_t first = word_screens_[k];
        const auto exact = [&] { return w(index + k, first); };
        bool flip = side_.flip(d, begin + k, (g >> k & 1) != 0, first, exact);
        if (first < limit) {
          flip = say(flip, model_.at(curvature_, leaf_class, exact()));
        } else if (flip) {
          strays_.push_back(begin + k);
        }
        x[begin + k] ^= static_cast<Bit>(flip);
      }
    }
    const int width = floor_log2(n);
    for (std::size_t s = 0; say(s < strays_.size(), model_.stray()); ++s) {
      std::uint64_t k = Side::knows ? strays_[s] : 0;
      for (int done = 0; done < width; done += max_raw_bits) {
        const int bits = std::min(width - done, max_raw_bits);
        const std::uint64_t mask = (std::uint64_t{1} << bits) - 1;
        const std::uint64_t part = side_.say_raw(k >> done & mask, bits);
        if (!Side::knows) k |= part << done;
      }
      if (!Side::knows) {  // distinct and increasing, as the sender writes them
        const std::size_t i = index_ + k;
        if ((s > 0 && k <= last_stray_) || screen(i) < limit) {
          throw CorruptDataError("a flip where no sender writes one");
        }
        x[k] ^= 1;
        last_stray_ = k;
      }
    }
    index_ += n;
  }

  Side side_;
  const PolarRandom& random_;
  FlipModel& model_;
  Interrupt& interrupt_;
  int step_;
  int curvature_;
  std::size_t index_ = 0;
  std::size_t guess_word_ = ~std::size_t{0};
  std::uint64_t guesses_ = 0;
  std::size_t screen_group_ = ~std::size_t{0};
  NodeBits screens_{};
  std::size_t rest_pair_ = ~std::size_t{0};
  NodeBits rests_{};
  std::uint16_t word_screens_[word_size] = {};
  std::vector<std::size_t> strays_;
  std::uint64_t last_stray_ = 0;
};

}  // namespace astar_rec::polar
