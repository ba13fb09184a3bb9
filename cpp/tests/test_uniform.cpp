// Positions, tails and dyadic cells.
#include <array>
#include <cstdint>
#include <vector>

#include "check.hpp"
#include "draws.hpp"
#include "math/positions.hpp"

using namespace astar_rec;

namespace {

constexpr std::uint64_t one = 1;

// Ends, middle and powers of two with their neighbours.
std::vector<std::uint64_t> edges() {
  std::vector<std::uint64_t> values = {0, last_position};
  for (int k = 0; k < 64; ++k) {
    for (const std::uint64_t x : {(one << k) - 1, one << k, (one << k) + 1}) {
      values.push_back(x);
      values.push_back(~x);
    }
  }
  return values;
}

void tails_are_symmetric() {
  Draws draws(1);
  std::vector<std::uint64_t> positions = edges();
  for (int i = 0; i < 10000; ++i) positions.push_back(draws.bits());
  for (const Position k : positions) {
    const Tail here = tail_of(k), there = tail_of(~k);
    CHECK(here.odd == there.odd, k, here.odd, there.odd);
    CHECK(here.odd % 2 == 1, k, here.odd);
    CHECK(here.upper != there.upper && here.upper == (k >= one << 63), k);
    // (k + 1/2) / 2^64 = odd / 2^65, seen from the nearer end.
    CHECK(here.odd / 2 == (here.upper ? last_position - k : k), k);
    CHECK(here.signed_value(2.5) == (here.upper ? 2.5 : -2.5), k);
  }
  static_assert(tail_of(0).odd == 1 && tail_of(last_position).odd == 1);
  static_assert(tail_of((one << 63) - 1).odd == last_position);
  static_assert(tail_of(one << 63).odd == last_position);
}

// The high half of a product by adding up the digits of a school multiplication, 16 bits each.
std::uint64_t high_by_hand(std::uint64_t a, std::uint64_t b) {
  std::array<std::uint64_t, 8> digits{};
  for (std::size_t i = 0; i < 4; ++i) {
    std::uint64_t carry = 0;
    for (std::size_t j = 0; j < 4; ++j) {
      const std::uint64_t product = ((a >> (16 * i)) & 0xffff) * ((b >> (16 * j)) & 0xffff);
      const std::uint64_t sum = digits[i + j] + product + carry;
      digits[i + j] = sum & 0xffff;
      carry = sum >> 16;
    }
    digits[i + 4] += carry;
  }
  return digits[4] | digits[5] << 16 | digits[6] << 32 | digits[7] << 48;
}

void high_halves() {
  const auto check = [](std::uint64_t a, std::uint64_t b) {
    CHECK(multiply_high(a, b) == high_by_hand(a, b), a, b);
    CHECK(multiply_high_by_halves(a, b) == high_by_hand(a, b), a, b);
  };
  const std::vector<std::uint64_t> values = edges();
  for (const std::uint64_t a : values) {
    for (const std::uint64_t b : values) check(a, b);
  }
  Draws draws(2);
  for (int i = 0; i < 10000; ++i) {
    const std::uint64_t a = draws.bits(), b = draws.bits();
    check(a, b);
    const std::uint64_t short_a = draws.magnitude(), short_b = draws.magnitude();
    check(short_a, short_b);
  }
  static_assert(multiply_high(last_position, last_position) == last_position - 1);
}

void positions_stay_within() {
  const auto check = [](Position first, Position last, std::uint64_t bits) {
    const Position at = position_within(first, last, bits);
    CHECK(at >= first && at <= last, first, last, bits, at);
    // Both ends are reached, by the least and the greatest bits.
    CHECK_EQUAL(position_within(first, last, 0), first);
    CHECK_EQUAL(position_within(first, last, ~std::uint64_t{0}), last);
  };
  Draws draws(3);
  for (int i = 0; i < 10000; ++i) {
    const Position first = draws.bits();
    const std::uint64_t room = last_position - first;
    const std::uint64_t width = draws.magnitude();
    check(first, first + (width < room ? width : room), draws.bits());
    check(first, first, draws.bits());
    check(0, last_position, draws.bits());
  }
  // All of the positions: the bits themselves.
  CHECK_EQUAL(position_within(0, last_position, 12345), Position{12345});

  // A narrow interval: each position from an equal share of the bits.
  std::array<int, 3> counts{};
  for (std::uint64_t i = 0; i < 3000; ++i) {
    ++counts[position_within(7, 9, i * (last_position / 3000)) - 7];
  }
  for (const int n : counts) CHECK(n >= 999 && n <= 1001, n);
}

void masses() {
  CHECK_EQUAL(mass_of(0, last_position), 1.0);
  CHECK_EQUAL(mass_of(0, (one << 63) - 1), 0.5);
  CHECK_EQUAL(mass_of(5, 5), 0x1p-64);
  CHECK_EQUAL(mass_of(last_position - 2, last_position), 3 * 0x1p-64);
}

void cells_halve() {
  CHECK_EQUAL(cell_first(1), Position{0});
  CHECK_EQUAL(cell_last(1), last_position);
  Draws draws(4);
  std::vector<std::uint64_t> cells = edges();
  for (int i = 0; i < 10000; ++i) cells.push_back(draws.magnitude());
  for (const std::uint64_t cell : cells) {
    if (cell == 0) continue;
    const int depth = cell_depth(cell);
    CHECK(cell >> depth == 1, cell, depth);
    const Position first = cell_first(cell), last = cell_last(cell);
    CHECK(last - first == last_position >> depth, cell);
    CHECK(mass_of(first, last) == 1.0 / (static_cast<double>(one << depth)), cell);
    // The leading bits of its positions are the path, in the bits after the cell's leading one.
    if (depth > 0) CHECK(first >> (64 - depth) == (cell ^ one << depth), cell);
    if (depth == 63) continue;
    CHECK(cell_first(2 * cell) == first, cell);
    CHECK(cell_last(2 * cell) + 1 == cell_first(2 * cell + 1), cell);
    CHECK(cell_last(2 * cell + 1) == last, cell);
  }
}

}  // namespace

int main() {
  tails_are_symmetric();
  high_halves();
  positions_stay_within();
  masses();
  cells_halve();
  return check::result();
}
