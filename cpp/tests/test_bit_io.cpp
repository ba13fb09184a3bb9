// Bits in bytes: what is written is read, the most significant first, and no further.
#include <cstdint>
#include <utility>
#include <vector>

#include "check.hpp"
#include "codes/bit_io.hpp"
#include "draws.hpp"

using namespace astar_rec;

namespace {

using Bytes = std::vector<std::uint8_t>;

constexpr std::uint64_t low_bits(std::uint64_t value, int count) {
  return count == 64 ? value : value & ((std::uint64_t{1} << count) - 1);
}

void order() {
  BitWriter out;
  out.write(1, 1);
  out.write(0b0110, 4);
  out.write(0x155, 8);  // of more bits than asked for, the low ones
  out.write_zeros(3);
  CHECK(std::move(out).finish() == Bytes({0b10110010, 0b10101000}), "most significant bit first");
  BitWriter whole;
  whole.write(0x0123456789abcdef, 64);
  CHECK(std::move(whole).finish() == Bytes({0x01, 0x23, 0x45, 0x67, 0x89, 0xab, 0xcd, 0xef}), "");
  CHECK(BitWriter().finish().empty(), "nothing written");
}

void round_trips() {
  Draws draws(1);
  for (int run = 0; run < 2000; ++run) {
    std::vector<std::pair<std::uint64_t, int>> words;
    BitWriter out;
    std::size_t bits = 0;
    const std::size_t count = draws.below(40);
    for (std::size_t i = 0; i < count; ++i) {
      const int width = static_cast<int>(draws.below(65));
      const std::uint64_t value = draws.below(4) == 0 ? 0 : draws.bits();
      words.emplace_back(low_bits(value, width), width);
      if (value == 0) {
        out.write_zeros(width);
      } else {
        out.write(value, width);
      }
      bits += static_cast<std::size_t>(width);
    }
    const Bytes bytes = std::move(out).finish();
    CHECK_EQUAL(bytes.size(), (bits + 7) / 8);
    BitReader in(bytes);
    for (const auto& [value, width] : words) CHECK_EQUAL(in.read(width), value);
    CHECK_EQUAL(in.bits_left(), bytes.size() * 8 - bits);
    CHECK(in.only_padding_left(), bits);
  }
}

void long_runs_of_zeros() {
  for (int zeros = 0; zeros <= 200; ++zeros) {
    BitWriter out;
    out.write_zeros(zeros);
    out.write(1, 1);
    const Bytes bytes = std::move(out).finish();
    CHECK_EQUAL(BitReader(bytes).read_unary(200), zeros);
    if (zeros > 0) CHECK_THROWS(CorruptDataError, BitReader(bytes).read_unary(zeros - 1));
  }
}

void the_end() {
  const Bytes bytes = {0xff, 0x00};
  for (int count = 17; count <= 64; ++count) {
    CHECK_THROWS(CorruptDataError, BitReader(bytes).read(count));
  }
  BitReader in(bytes);
  CHECK_EQUAL(in.read(16), std::uint64_t{0xff00});
  CHECK_EQUAL(in.read(0), std::uint64_t{0});
  CHECK(in.only_padding_left(), "no bits at all are padding");
  CHECK_THROWS(CorruptDataError, in.read(1));
  CHECK_THROWS(CorruptDataError, in.read_unary(5));
  CHECK_THROWS(CorruptDataError, BitReader({}).read(1));
}

void padding() {
  const auto left_after = [](const Bytes& bytes, int count) {
    BitReader in(bytes);
    in.read(count);
    return in.only_padding_left();
  };
  const Bytes zeros = {0xff, 0x00};
  CHECK(left_after(zeros, 16), "");
  CHECK(left_after(zeros, 9), "7 bits of zero");
  CHECK(!left_after(zeros, 8), "a whole byte is no padding");
  CHECK(!left_after(Bytes{0xff, 0x01}, 9), "padding is zero");
}

}  // namespace

int main() {
  order();
  round_trips();
  long_runs_of_zeros();
  the_end();
  padding();
  return check::result();
}
