// Bits in bytes, the most significant bit of a byte first.
//
// The reader never reads past the end: it throws CorruptDataError instead, and it can be asked
// whether what is left over is padding (fewer than 8 bits, all zero).
#pragma once

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

#include "engine/errors.hpp"

namespace astar_rec {

class BitWriter {
 public:
  // Appends the `count` low bits of `value`, 0 to 64, the highest first.
  void write(std::uint64_t value, int count) {
    if (count > 32) {
      write_some(value >> 32, count - 32);
      count = 32;
    }
    write_some(value, count);
  }

  void write_zeros(int count) {
    for (; count > 32; count -= 32) write_some(0, 32);
    write_some(0, count);
  }

  // Pads with zero bits to a whole byte and hands the bytes over.
  std::vector<std::uint8_t> finish() && {
    if (held_ > 0) bytes_.push_back(static_cast<std::uint8_t>(buffer_ << (8 - held_)));
    return std::move(bytes_);
  }

 private:
  void write_some(std::uint64_t value, int count) {  // at most 32
    buffer_ = (buffer_ << count) | (value & ((std::uint64_t{1} << count) - 1));
    held_ += count;
    while (held_ >= 8) {
      held_ -= 8;
      bytes_.push_back(static_cast<std::uint8_t>(buffer_ >> held_));
    }
  }

  std::vector<std::uint8_t> bytes_;
  std::uint64_t buffer_ = 0;  // the last held_ bits are still to be written
  int held_ = 0;              // below 8 between calls
};

class BitReader {
 public:
  explicit BitReader(std::span<const std::uint8_t> bytes) : bytes_(bytes) {}

  std::uint64_t read(int count) {  // 0 to 64
    if (static_cast<std::size_t>(count) > bits_left()) {
      throw CorruptDataError("the data end in the middle of an index");
    }
    std::uint64_t value = 0;
    while (count > 0) {
      const int in_byte = static_cast<int>(at_ & 7);
      const int take = std::min(count, 8 - in_byte);
      const unsigned byte = bytes_[at_ >> 3];
      value = (value << take) | ((byte >> (8 - in_byte - take)) & ((1U << take) - 1));
      at_ += static_cast<std::size_t>(take);
      count -= take;
    }
    return value;
  }

  // Reads zeros up to and including the next one; how many zeros there were. More than `limit` are
  // an error.
  int read_unary(int limit) {
    for (int zeros = 0; zeros <= limit; ++zeros) {
      if (read(1) != 0) return zeros;
    }
    throw CorruptDataError("an index too large for 64 bits");
  }

  std::size_t bits_left() const { return bytes_.size() * 8 - at_; }

  bool only_padding_left() {
    const std::size_t left = bits_left();
    return left < 8 && read(static_cast<int>(left)) == 0;
  }

 private:
  std::span<const std::uint8_t> bytes_;
  std::size_t at_ = 0;  // in bits
};

}  // namespace astar_rec
