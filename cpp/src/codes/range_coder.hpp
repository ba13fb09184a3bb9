// A range coder: decisions of given probabilities and raw bits, as bytes.
//
// A number is narrowed step by step to an interval [low, low + range) of 64 bits, behind whatever
// bytes are settled. A decision keeps a part of the interval in proportion to its probability, raw
// bits the part that they number among equal ones. As soon as range falls below 2^32, the interval's
// first 32 bits are settled but for a carry, which is added to the words already written. So range
// stays at or above 2^32, and products are exact: docs/range_coder.md derives what that costs.
// Everything is in integers, so the same everywhere.
//
// Reference: G. N. N. Martin, "Range encoding: an algorithm for removing redundancy from a digitised
// message", 1979.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

#include "codes/index_codes.hpp"
#include "engine/errors.hpp"
#include "math/positions.hpp"

namespace astar_rec {

inline constexpr int probability_bits = 24;
inline constexpr std::uint32_t certainty = 1U << probability_bits;  // of probabilities
inline constexpr int max_raw_bits = 16;                             // at a time
inline constexpr std::uint64_t first_range = ~std::uint64_t{0};
inline constexpr std::uint64_t least_range = std::uint64_t{1} << 32;

// floor(range * probability / certainty), the part of a decision's yes.
constexpr std::uint64_t part_of(std::uint64_t range, std::uint32_t probability) {
  return multiply_high(range, std::uint64_t{probability} << (64 - probability_bits));
}

// The same of parts of 2^32, from 0 to all of them: where in the range so many end.
inline constexpr int part_bits = 32;
constexpr std::uint64_t place_in(std::uint64_t range, std::uint64_t parts) {
  return multiply_high(range, parts << (64 - part_bits)) + (parts >> part_bits) * range;
}

// How many bytes behind the last one a stream may go on, unless its number is low: then only zeros are
// left to read, and that takes as many yeses as there are. Otherwise decisions would be free that an
// encoder pays for, and any number of them would hide in a few bytes. An encoder comes so far behind
// what it writes with a chance below 2^-500.
inline constexpr std::size_t most_behind = 64;

// How far the number at which a stream ends lies above low: of the numbers of the interval, it is the
// first that has the most zero bytes at its end.
constexpr std::uint64_t distance_to_end(std::uint64_t low, std::uint64_t range) {
  std::uint64_t mask = ~std::uint64_t{0};
  for (; ((~low + 1) & mask) >= range; mask >>= 8) {
  }
  return (~low + 1) & mask;
}

class RangeEncoder {
 public:
  // 0 < probability < certainty, that of yes
  [[gnu::always_inline]] void encode(bool yes, std::uint32_t probability) {
    const std::uint64_t part = part_of(range_, probability);
    if (yes) {
      range_ = part;
    } else {
      add(part);
      range_ -= part;
    }
    if (range_ < least_range) shift();
  }

  // What has the parts of 2^32 from `begin` to before `end`: two at least.
  [[gnu::always_inline]] void encode_parts(std::uint64_t begin, std::uint64_t end) {
    const std::uint64_t low = place_in(range_, begin);
    add(low);
    range_ = place_in(range_, end) - low;
    if (range_ < least_range) shift();
  }

  // A value below 2^bits, of 1 to max_raw_bits bits
  void encode_raw(std::uint64_t value, int bits) {
    range_ >>= bits;
    add(range_ * value);
    if (range_ < least_range) shift();
  }

  // How much information there is so far, in bits, rounded up.
  std::uint64_t bits() const {
    const int left = range_ == first_range ? 64 : floor_log2(range_ + 1);
    return 32 * words_.size() + static_cast<std::uint64_t>(64 - left);
  }

  // The bytes. The decoder takes what is missing at the end for zeros, so zeros there are left out.
  std::vector<std::uint8_t> finish() && {
    add(distance_to_end(low_, range_));
    shift();
    shift();
    std::vector<std::uint8_t> bytes(4 * words_.size());
    for (std::size_t i = 0; i < bytes.size(); ++i) {
      bytes[i] = static_cast<std::uint8_t>(words_[i / 4] >> (24 - 8 * (i % 4)));
    }
    while (!bytes.empty() && bytes.back() == 0) bytes.pop_back();
    return bytes;
  }

 private:
  void add(std::uint64_t distance) {
    low_ += distance;
    if (low_ < distance) {  // a carry; all that is written stays below one, so it ends somewhere
      for (std::size_t i = words_.size(); ++words_[--i] == 0;) {
      }
    }
  }

  void shift() {
    words_.push_back(static_cast<std::uint32_t>(low_ >> 32));
    low_ <<= 32;
    range_ <<= 32;
  }

  std::uint64_t low_ = 0;
  std::uint64_t range_ = first_range;
  std::vector<std::uint32_t> words_;
};

// A finished stream.
struct RangeCoded {
  std::vector<std::uint8_t> bytes;
  std::uint64_t bits = 0;  // of information

  // Whether a decoder could find it to go on too far behind its end: then it is to be tried.
  bool ends_early() const { return bits + 64 > 8 * (bytes.size() + most_behind); }
};

inline RangeCoded finished(RangeEncoder encoder) {
  const std::uint64_t bits = encoder.bits();
  return {std::move(encoder).finish(), bits};
}

class RangeDecoder {
 public:
  // Like all that reads, throws CorruptDataError for bytes that no encoder writes, where it sees it.
  explicit RangeDecoder(std::span<const std::uint8_t> bytes) : bytes_(bytes) {
    offset_ = std::uint64_t{next()} << 32;
    offset_ |= next();
    if (offset_ >= range_) throw CorruptDataError("bits that no encoder writes");
  }

  [[gnu::always_inline]] bool decode(std::uint32_t probability) {
    const std::uint64_t part = part_of(range_, probability);
    const bool yes = offset_ < part;
    if (yes) {
      range_ = part;
    } else {
      offset_ -= part;
      range_ -= part;
    }
    if (range_ < least_range) shift();
    return yes;
  }

  // Whether what is next lies behind so many parts of 2^32.
  [[gnu::always_inline]] bool is_behind(std::uint64_t parts) const {
    return offset_ >= place_in(range_, parts);
  }
  // About where it lies, from 0 to 1: for guesses.
  double about() const {
    const auto half = [](std::uint64_t x) {
      return static_cast<double>(static_cast<std::int64_t>(x >> 1));
    };
    return half(offset_) / half(range_);
  }
  // Takes what has the parts from `begin` to before `end`, in which it lies.
  [[gnu::always_inline]] void decode_parts(std::uint64_t begin, std::uint64_t end) {
    const std::uint64_t low = place_in(range_, begin);
    offset_ -= low;
    range_ = place_in(range_, end) - low;
    if (range_ < least_range) shift();
  }

  [[gnu::always_inline]] std::uint64_t decode_raw(int bits) {
    range_ >>= bits;
    const std::uint64_t value = offset_ / range_;
    if (value >> bits != 0) throw CorruptDataError("bits that no encoder writes");
    offset_ -= range_ * value;
    if (range_ < least_range) shift();
    return value;
  }

  // How much information has been decoded, in bits, rounded up.
  std::uint64_t bits() const {
    const int left = range_ == first_range ? 64 : floor_log2(range_ + 1);
    return 8 * at_ - static_cast<std::uint64_t>(left);
  }

  // Whether these are the bytes that an encoder writes for what was decoded: no fewer and no more.
  bool at_end() const {
    if (at_ < bytes_.size() || (!bytes_.empty() && bytes_.back() == 0)) return false;
    std::uint64_t last = 0;  // the 64 bits read last
    for (std::size_t i = at_ - 8; i < at_; ++i) last = last << 8 | byte(i);
    return offset_ == distance_to_end(last - offset_, range_);
  }

 private:
  void shift() {
    offset_ = offset_ << 32 | next();
    range_ <<= 32;
  }

  // What the encoder left out at the end is zeros, any number of them.
  std::uint8_t byte(std::size_t i) const { return i < bytes_.size() ? bytes_[i] : 0; }

  std::uint32_t next() {
    std::uint32_t word = 0;
    if (at_ + 4 <= bytes_.size()) {
      const std::uint8_t* from = bytes_.data() + at_;
      word = std::uint32_t{from[0]} << 24 | std::uint32_t{from[1]} << 16 |
             std::uint32_t{from[2]} << 8 | from[3];
    } else {
      if (at_ >= bytes_.size() + most_behind && offset_ != 0) {
        throw CorruptDataError("more decisions than its bytes can hold");
      }
      for (std::size_t i = at_; i < at_ + 4; ++i) word = word << 8 | byte(i);
    }
    at_ += 4;
    return word;
  }

  std::span<const std::uint8_t> bytes_;
  std::size_t at_ = 0;
  std::uint64_t offset_ = 0;  // of the number that the bytes write above low; below range
  std::uint64_t range_ = first_range;
};

}  // namespace astar_rec
