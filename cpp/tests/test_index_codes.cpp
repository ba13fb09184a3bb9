// Index codes: round trips, lengths, published code words, and refusal of what no encoder wrote.
#include <cmath>
#include <cstdint>
#include <ostream>
#include <string>
#include <vector>

#include "check.hpp"
#include "codes/index_codes.hpp"
#include "draws.hpp"

using namespace astar_rec;

namespace {

using Bytes = std::vector<std::uint8_t>;
using Indices = std::vector<std::uint64_t>;

constexpr std::uint64_t one = 1;

struct Choice {
  Code code;
  int parameter;
};

std::ostream& operator<<(std::ostream& out, const Choice& choice) {
  constexpr const char* names[] = {"fixed", "gamma", "delta", "zeta"};
  return out << names[static_cast<int>(choice.code)] << ' ' << choice.parameter;
}

std::vector<Choice> every_code() {
  std::vector<Choice> choices = {{Code::gamma, 0}, {Code::delta, 0}};
  for (int width = 1; width <= 64; ++width) choices.push_back({Code::fixed, width});
  for (int k = 1; k <= 63; ++k) choices.push_back({Code::zeta, k});
  return choices;
}

Indices indices_for(const Choice& choice) {
  Indices all = {1, 2, 3, ~std::uint64_t{0}};
  for (int k = 2; k < 64; ++k) {
    for (const std::uint64_t n : {(one << k) - 1, one << k, (one << k) + 1}) all.push_back(n);
  }
  Draws draws(1);
  for (int i = 0; i < 200; ++i) all.push_back(draws.magnitude());
  if (choice.code == Code::fixed && choice.parameter < 64) {
    std::erase_if(all, [&](std::uint64_t n) { return n >> choice.parameter != 0; });
  }
  return all;
}

Bytes packed(const Indices& indices, const Choice& choice) {
  return pack(indices, choice.code, choice.parameter);
}

Indices unpacked(const Bytes& bytes, std::size_t count, const Choice& choice) {
  Indices indices(count);
  unpack(bytes, choice.code, choice.parameter, indices);
  return indices;
}

// One by one: the reader gives the index back, and takes as many bits as length() says.
void single_indices(const Choice& choice) {
  for (const std::uint64_t n : indices_for(choice)) {
    const Bytes bytes = packed({n}, choice);
    const std::uint64_t bits = coded_bits(Indices{n}, choice.code, choice.parameter);
    CHECK(bytes.size() == (bits + 7) / 8, choice, n, bits, bytes.size());
    CHECK(unpacked(bytes, 1, choice) == Indices{n}, choice, n);
    with_code(choice.code, choice.parameter, [&](const auto& code) {
      BitReader in(bytes);
      CHECK(code.read(in) == n, choice, n);
      CHECK(bytes.size() * 8 - in.bits_left() == bits, choice, n, bits, in.bits_left());
    });
  }
}

// All in one stream, which ends where its last index ends.
void streams(const Choice& choice) {
  const Indices indices = indices_for(choice);
  const Bytes bytes = packed(indices, choice);
  const std::uint64_t bits = coded_bits(indices, choice.code, choice.parameter);
  CHECK(bytes.size() == (bits + 7) / 8, choice);
  CHECK(unpacked(bytes, indices.size(), choice) == indices, choice);

  Bytes longer = bytes;
  longer.push_back(0);
  CHECK_THROWS(CorruptDataError, unpacked(longer, indices.size(), choice));
  if (bits % 8 != 0) {
    Bytes dirty = bytes;
    dirty.back() |= 1;
    CHECK_THROWS(CorruptDataError, unpacked(dirty, indices.size(), choice));
  }
  CHECK(unpacked({}, 0, choice).empty(), choice);
  CHECK_THROWS(CorruptDataError, unpacked({0}, 0, choice));
}

// Every shorter piece of a stream lacks a part of its last index at least.
void truncations(const Choice& choice) {
  Indices indices;
  for (const std::uint64_t n : indices_for(choice)) {
    if (n % 5 == 0) indices.push_back(n);
  }
  indices.push_back(1);
  const Bytes bytes = packed(indices, choice);
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    const Bytes shorter(bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(size));
    CHECK_THROWS(CorruptDataError, unpacked(shorter, indices.size(), choice));
  }
}

// Any bytes: either refused, or the one and only code of what they are read as.
void garbage(const Choice& choice) {
  Draws draws(2);
  for (int run = 0; run < 200; ++run) {
    Bytes bytes(draws.below(24));
    for (auto& byte : bytes) byte = static_cast<std::uint8_t>(draws.bits() >> draws.below(60));
    for (std::size_t count = 0; count < 4; ++count) {
      try {
        const Indices indices = unpacked(bytes, count, choice);
        for (const std::uint64_t n : indices) CHECK(n != 0, choice);
        CHECK(packed(indices, choice) == bytes, choice, count);
      } catch (const CorruptDataError&) {
      }
    }
  }
}

// A code wastes nothing: the words' shares of the code space, 2^-length, add up to 1, or below it by
// what the indices from 2^16 on take.
void shares(const Choice& choice) {
  double sum = 0.0;
  with_code(choice.code, choice.parameter, [&](const auto& code) {
    for (std::uint64_t n = 1; n < one << 16; ++n) sum += std::ldexp(1.0, -code.length(n));
  });
  CHECK(sum <= 1.0, choice, sum);
  if (choice.code != Code::fixed && choice.parameter <= 4) CHECK(sum > 0.9, choice, sum);
}

std::string word(std::uint64_t n, const Choice& choice) {
  const Bytes bytes = packed({n}, choice);
  const std::uint64_t bits = coded_bits(Indices{n}, choice.code, choice.parameter);
  std::string text;
  BitReader in(bytes);
  for (std::uint64_t i = 0; i < bits; ++i) text += in.read(1) != 0 ? '1' : '0';
  return text;
}

void published_words() {
  struct Word {
    Choice choice;
    std::uint64_t n;
    const char* bits;
  };
  const Word words[] = {
      // Elias 1975
      {{Code::gamma, 0}, 1, "1"},
      {{Code::gamma, 0}, 2, "010"},
      {{Code::gamma, 0}, 3, "011"},
      {{Code::gamma, 0}, 4, "00100"},
      {{Code::gamma, 0}, 8, "0001000"},
      {{Code::delta, 0}, 1, "1"},
      {{Code::delta, 0}, 2, "0100"},
      {{Code::delta, 0}, 3, "0101"},
      {{Code::delta, 0}, 4, "01100"},
      {{Code::delta, 0}, 8, "00100000"},
      {{Code::delta, 0}, 17, "001010001"},
      // Boldi and Vigna 2005
      {{Code::zeta, 2}, 1, "10"},
      {{Code::zeta, 2}, 2, "110"},
      {{Code::zeta, 2}, 3, "111"},
      {{Code::zeta, 2}, 4, "01000"},
      {{Code::zeta, 2}, 8, "011000"},
      {{Code::zeta, 3}, 1, "100"},
      {{Code::zeta, 3}, 2, "1010"},
      {{Code::zeta, 3}, 3, "1011"},
      {{Code::zeta, 3}, 4, "1100"},
      {{Code::zeta, 3}, 7, "1111"},
      {{Code::zeta, 3}, 8, "0100000"},
      // n itself
      {{Code::fixed, 5}, 1, "00001"},
      {{Code::fixed, 5}, 31, "11111"},
  };
  for (const Word& w : words) CHECK(word(w.n, w.choice) == w.bits, w.choice, w.n, w.bits);
  for (const std::uint64_t n : indices_for({Code::gamma, 0})) {
    CHECK(word(n, {Code::zeta, 1}) == word(n, {Code::gamma, 0}), n);
  }
}

// Indices that cannot be written, with the position of the first.
void refusals() {
  const auto refused_at = [](const Indices& indices, const Choice& choice) {
    try {
      packed(indices, choice);
    } catch (const IndexError& error) {
      return error.element;
    }
    return indices.size();
  };
  for (const Choice& choice : every_code()) {
    CHECK(refused_at({1, 0, 1, 0}, choice) == 1, choice);
    if (choice.code == Code::fixed && choice.parameter < 64) {
      CHECK(refused_at({1, 1, one << choice.parameter, 0}, choice) == 2, choice);
      CHECK(refused_at({1, (one << choice.parameter) - 1}, choice) == 2, choice);
    }
  }
  // No index is 0, nor above 2^64 - 1: delta could say so.
  CHECK_THROWS(CorruptDataError, unpacked({0}, 1, {Code::fixed, 8}));
  BitWriter out;
  GammaCode().write(out, 65);
  out.write_zeros(64);
  const Bytes too_large = std::move(out).finish();
  CHECK_THROWS(CorruptDataError, unpacked(too_large, 1, {Code::delta, 0}));
  CHECK_THROWS(CorruptDataError, unpacked(Bytes(40), 1, {Code::gamma, 0}));
  CHECK_THROWS(CorruptDataError, unpacked(Bytes(40), 1, {Code::zeta, 3}));
}

}  // namespace

int main() {
  for (const Choice& choice : every_code()) {
    single_indices(choice);
    streams(choice);
    truncations(choice);
    garbage(choice);
  }
  shares({Code::gamma, 0});
  shares({Code::delta, 0});
  for (const int k : {2, 3, 4, 21}) shares({Code::zeta, k});
  shares({Code::fixed, 16});
  published_words();
  refusals();
  return check::result();
}
