// Inputs for tests: random, but the same on every machine and in every run.
#pragma once

#include <cmath>
#include <cstddef>
#include <cstdint>

#include "random/philox.hpp"

// Two draws within one expression belong in braces or in names of their own: the order of a
// function's arguments is the compiler's choice.
class Draws {
 public:
  explicit Draws(std::uint32_t seed) : seed_(seed) {}

  std::uint64_t bits() {
    const auto low = static_cast<std::uint32_t>(count_),
               high = static_cast<std::uint32_t>(count_ >> 32);
    ++count_;
    const auto words = astar_rec::philox4x32({low, high, 0, 0}, {seed_, 0x74657374});
    return words[0] | std::uint64_t{words[1]} << 32;
  }

  // Integers of all magnitudes: from 1 to 2^64 - 1, each number of digits as likely as any other.
  std::uint64_t magnitude() {
    const int digits_less = static_cast<int>(below(64));
    const std::uint64_t leading_one = std::uint64_t{1} << (63 - digits_less);
    return bits() >> digits_less | leading_one;
  }

  std::size_t below(std::size_t limit) { return static_cast<std::size_t>(bits() % limit); }

  double between(double low, double high) {
    return low + (high - low) * (static_cast<double>(bits() >> 11) * 0x1p-53);
  }

  // From 2^low to 2^high: any octave as likely as any other. Not by std::exp2, whose last place
  // differs between systems.
  double power_of_two(double low, double high) {
    const double exponent = between(low, high), whole = std::floor(exponent);
    return std::ldexp(1.0 + (exponent - whole), static_cast<int>(whole));
  }

 private:
  std::uint32_t seed_;
  std::uint64_t count_ = 0;
};
