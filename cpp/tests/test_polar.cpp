// Polar blocks: vectors of the reference, the chain rule by enumeration, damage.
#include <array>
#include <bit>
#include <cmath>
#include <cstdint>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include "check.hpp"
#include "polar/polar_block.hpp"

using namespace astar_rec;
using namespace astar_rec::polar;

namespace {

// Positions near 0 for two elements of three, near 1 for the others
struct Tilted {
  double tilt;

  void operator()(std::size_t element, int level, std::uint64_t first, std::size_t count,
                  double* out) const {
    const double c = element % 3 != 0 ? tilt : 1.0 / tilt;
    const double width = std::ldexp(1.0, -level), more = c - 1.0;
    for (std::size_t k = 0; k < count; ++k) {
      const double low = static_cast<double>(first + k) * width;
      const double high = static_cast<double>(first + k + 1) * width;
      out[k] = c * width / ((1.0 + more * low) * (1.0 + more * high));
    }
  }
};

void test_vectors(const std::string& folder) {
  std::ifstream file(folder + "/polar.txt");
  std::string line;
  int cases = 0;
  while (std::getline(file, line)) {
    if (line.empty() || line[0] == '#') continue;
    std::istringstream in(line);
    Shape shape;
    std::uint64_t seed = 0, block = 0, total = 0, mixed = 0;
    double tilt = 0.0;
    std::string hex;
    in >> shape.elements >> shape.fine >> shape.depth >> shape.mirrored >> seed >> block >> tilt >>
        hex >> total >> mixed;
    const PolarMessage sent = encode_block(shape, seed, block, Tilted{tilt});
    std::string got;
    for (const std::uint8_t byte : sent.bytes) {
      got += "0123456789abcdef"[byte >> 4];
      got += "0123456789abcdef"[byte & 15];
    }
    CHECK(got == (hex == "-" ? "" : hex), line.substr(0, 60));
    std::uint64_t sum = 0, exclusive_or = 0;
    for (std::size_t i = 0; i < sent.positions.size(); ++i) {
      sum += sent.positions[i] * (2 * i + 1);
      exclusive_or ^= sent.positions[i] * (2 * i + 1);
    }
    CHECK_EQUAL(sum, total);
    CHECK_EQUAL(exclusive_or, mixed);
    CHECK(decode_block(shape, seed, block, sent.bytes) == sent.positions, line.substr(0, 60));
    ++cases;
  }
  CHECK(cases >= 7, cases);
}

// A level of eight elements, over many seeds: each of the 2^8 outcomes as often as the product law
// says.
void test_product_law() {
  constexpr std::array<double, 8> d = {0.9, -0.5, 0.0, 0.3, -0.99, 0.7, 0.2, -0.1};
  constexpr int trials = 400'000;
  std::vector<int> count(256, 0);
  FlipModel shared;
  for (int trial = 0; trial < trials; ++trial) {
    const PolarRandom random(static_cast<std::uint64_t>(trial), 0);
    RangeEncoder out;
    std::array<double, 8> scratch{};
    std::array<Bit, 8> x{};
    Level<Drawing>(Drawing(out, scratch.data()), random, 0, shared, 1)
        .draw(d.data(), 8, Node::from_byte(160), x.data());
    unsigned outcome = 0;
    for (std::size_t j = 0; j < 8; ++j) outcome |= unsigned{x[j]} << j;
    ++count[outcome];
  }
  double chi_square = 0.0;
  for (unsigned outcome = 0; outcome < 256; ++outcome) {
    double p = 1.0;
    for (std::size_t j = 0; j < 8; ++j) {
      p *= 0.5 * (1.0 + ((outcome >> j & 1) != 0 ? -d[j] : d[j]));
    }
    const double expected = trials * p;
    chi_square += (count[outcome] - expected) * (count[outcome] - expected) / expected;
  }
  CHECK(chi_square < 255 + 5 * std::sqrt(2.0 * 255), chi_square);
  CHECK(chi_square > 255 - 5 * std::sqrt(2.0 * 255), chi_square);
}

// Damaged messages give other positions or an error, and nothing worse.
void test_damage() {
  const Shape shape{256, 5, 20, false};
  const PolarMessage sent = encode_block(shape, 3, 1, Tilted{50.0});
  int refused = 0, other = 0;
  for (std::size_t byte = 0; byte < sent.bytes.size(); ++byte) {
    std::vector<std::uint8_t> damaged = sent.bytes;
    damaged[byte] ^= 0x10;
    try {
      other += decode_block(shape, 3, 1, damaged) != sent.positions ? 1 : 0;
    } catch (const CorruptDataError&) {
      ++refused;
    }
  }
  CHECK_EQUAL(refused + other, static_cast<int>(sent.bytes.size()));
}

void test_nodes() {
  for (int byte = 0; byte < 256; ++byte) {
    const Node node = Node::from_byte(byte);
    CHECK_EQUAL(Node::to_byte(node.f, node.g), byte);
    const Node a = node.first_half(0.125), b = node.second_half(0.125);
    CHECK(std::abs(a.f + b.f - 2.0 * node.f) <= 1e-15, byte);
    CHECK(a.f >= 0.0 && a.g >= 0.0 && b.f >= 0.0 && b.g >= 0.0, byte);
  }
  int last = 0;
  for (double w = 0x1p-54; w < 1.0; w += w < 0x1p-10 ? w : 0x1p-10) {
    const int bin = bin_of(w);
    CHECK(bin >= last && bin < bins, w, bin);
    last = bin;
  }
}

}  // namespace

int main(int, char** arguments) {
  test_nodes();
  test_vectors(arguments[1]);
  test_product_law();
  test_damage();
  return check::result();
}
