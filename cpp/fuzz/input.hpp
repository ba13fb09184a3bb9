// What all fuzzers share: parameters from a fuzzer's bytes, and a check that stops the program.
//
// Every input means something: parameters come first, in a fixed number of bytes, and what is beyond
// the end is zero. Targets run decoders on raw bytes, and on bytes that an encoder wrote, damaged or
// not: so they reach all of a decoder from an empty corpus.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <span>
#include <vector>

#define REQUIRE(condition)                                                         \
  do {                                                                             \
    if (!(condition)) {                                                            \
      std::fprintf(stderr, "%s:%d: not so: %s\n", __FILE__, __LINE__, #condition); \
      std::abort();                                                                \
    }                                                                              \
  } while (false)

class Input {
 public:
  Input(const std::uint8_t* data, std::size_t size) : left_(data, size) {}

  std::uint64_t bytes(int count) {
    std::uint64_t value = 0;
    for (int i = 0; i < count; ++i) value = value << 8 | byte();
    return value;
  }
  std::uint8_t byte() {
    if (left_.empty()) return 0;
    const std::uint8_t value = left_.front();
    left_ = left_.subspan(1);
    return value;
  }
  bool flag() { return (byte() & 1) != 0; }

  // From low to high.
  int between(int low, int high) {
    const auto span = static_cast<std::uint64_t>(high - low) + 1;
    return low + static_cast<int>(bytes(2) % span);
  }

  // Of all depths alike: uniform numbers would nearly all have 64 bits.
  std::uint64_t number() {
    const int shift = byte() % 64;
    return bytes(8) >> shift;
  }

  // Finite, from 2^-100 to 2^100 in magnitude, or 0.
  double real() {
    const std::uint64_t bits = bytes(8);
    const std::uint64_t exponent = 1023 - 100 + (bits >> 52 & 0x7FF) % 200;
    if (bits << 1 == 0) return 0.0;
    return std::bit_cast<double>((bits & ~(std::uint64_t{0x7FF} << 52)) | exponent << 52);
  }

  // Indices of so many words, of all depths alike, until the input ends: at most so many of them.
  std::vector<std::uint64_t> indices(std::size_t words, std::size_t most) {
    std::vector<std::uint64_t> out;
    while (!empty() && out.size() < most * words) {
      // As many words as the depth takes, and zeros above.
      const auto used = 1 + static_cast<std::size_t>(byte()) % words;
      for (std::size_t word = 0; word < words; ++word) out.push_back(word < used ? number() : 0);
    }
    return out;
  }

  bool empty() const { return left_.empty(); }
  std::size_t size() const { return left_.size(); }
  std::span<const std::uint8_t> rest() const { return left_; }

  // Damages what an encoder wrote as the input says: not at all, a byte, or the length.
  void damage(std::vector<std::uint8_t>& data) {
    const int kind = byte() % 4;
    const std::size_t at = data.empty() ? 0 : bytes(2) % data.size();
    const std::uint8_t value = byte();
    if (kind == 1 && !data.empty()) data[at] ^= value;
    if (kind == 2) data.resize(at);
    if (kind == 3) data.push_back(value);
  }

 private:
  std::span<const std::uint8_t> left_;
};

// Small context numbers.
inline std::vector<std::uint16_t> contexts_of(std::size_t count, std::size_t step) {
  std::vector<std::uint16_t> contexts(count);
  for (std::size_t i = 0; i < count; ++i) contexts[i] = static_cast<std::uint16_t>(i * step % 16);
  return contexts;
}

// A copy of exactly as many bytes, so that the address sanitizer sees a read past the end.
inline std::vector<std::uint8_t> copy_of(std::span<const std::uint8_t> bytes) {
  return {bytes.begin(), bytes.end()};
}
