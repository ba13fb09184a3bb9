// A binary range coder: bits with given probabilities, as bytes.
//
// A number in [low, low + range) is narrowed bit by bit. Probabilities are those of a one, in 1/2^16,
// from 1 to 2^16 - 1. As range stays at or above 2^24 and products are exact, a bit costs its ideal
// length to within a hundredth of a percent. Everything is in integers, so the same everywhere.
//
// Reference: G. N. N. Martin, "Range encoding: an algorithm for removing redundancy from a digitised
// message", 1979; carries are resolved as in Igor Pavlov's LZMA, by holding back a byte and the 0xFF
// bytes that follow it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

namespace astar_rec {

inline constexpr std::uint32_t certainty = 1U << 16;  // of probabilities

class RangeEncoder {
 public:
  // 0 < probability < certainty
  void encode(bool bit, std::uint32_t probability) {
    const auto bound =
        static_cast<std::uint32_t>((std::uint64_t{range_} * probability) / certainty);
    if (bit) {
      range_ = bound;
    } else {
      low_ += bound;
      range_ -= bound;
    }
    while (range_ < 1U << 24) {
      range_ <<= 8;
      shift_low();
    }
  }

  // The bytes. The decoder takes what is missing at the end for zeros, so zeros there are left out.
  std::vector<std::uint8_t> finish() && {
    // Of the numbers that are left, the one with most zeros at its end.
    for (int zeros = 32; zeros >= 0; zeros -= 8) {
      const std::uint64_t mask = (std::uint64_t{1} << zeros) - 1;
      const std::uint64_t value = (low_ + mask) & ~mask;
      if (value < low_ + range_) {
        low_ = value;
        break;
      }
    }
    for (int i = 0; i < 5; ++i) shift_low();
    while (!bytes_.empty() && bytes_.back() == 0) bytes_.pop_back();
    return std::move(bytes_);
  }

 private:
  void shift_low() {
    const auto carry = static_cast<std::uint8_t>(low_ >> 32);
    const auto top = static_cast<std::uint8_t>(low_ >> 24);
    if (carry != 0 || top != 0xFF) {
      // The first byte held back is none: low starts at 0 and stays below 2^32 until then.
      if (started_) bytes_.push_back(static_cast<std::uint8_t>(held_ + carry));
      for (; run_ > 0; --run_) bytes_.push_back(static_cast<std::uint8_t>(0xFF + carry));
      held_ = top;
      started_ = true;
    } else {
      ++run_;
    }
    low_ = (low_ & 0x00FFFFFF) << 8;
  }

  std::uint64_t low_ = 0;  // below 2^33
  std::uint32_t range_ = 0xFFFFFFFF;
  std::uint8_t held_ = 0;
  bool started_ = false;
  std::uint64_t run_ = 0;  // 0xFF bytes after the held one
  std::vector<std::uint8_t> bytes_;
};

class RangeDecoder {
 public:
  explicit RangeDecoder(std::span<const std::uint8_t> bytes) : bytes_(bytes) {
    for (int i = 0; i < 4; ++i) code_ = code_ << 8 | next();
  }

  bool decode(std::uint32_t probability) {
    const auto bound =
        static_cast<std::uint32_t>((std::uint64_t{range_} * probability) / certainty);
    const bool bit = code_ < bound;
    if (bit) {
      range_ = bound;
    } else {
      code_ -= bound;
      range_ -= bound;
    }
    while (range_ < 1U << 24) {
      range_ <<= 8;
      code_ = code_ << 8 | next();
    }
    return bit;
  }

  bool all_read() const { return at_ >= bytes_.size(); }

 private:
  // What the encoder left out at the end is zeros, any number of them.
  std::uint32_t next() { return at_ < bytes_.size() ? bytes_[at_++] : 0; }

  std::span<const std::uint8_t> bytes_;
  std::size_t at_ = 0;
  std::uint32_t code_ = 0;
  std::uint32_t range_ = 0xFFFFFFFF;
};

}  // namespace astar_rec
