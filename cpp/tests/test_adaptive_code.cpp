// The range coder and the adaptive code: round trips, sizes, and bytes that no encoder wrote.
#include <cmath>
#include <cstdint>
#include <vector>

#include "astar_rec/adaptive_code.hpp"
#include "astar_rec/random.hpp"
#include "astar_rec/range_coder.hpp"
#include "check.hpp"

using namespace astar_rec;

namespace {

std::uint64_t bits_at(std::uint64_t i) { return NodeRandom(1, 2)({i, 0}).place; }

void range_coder_reaches_the_ideal() {
  for (const std::uint32_t probability : {1U, 300U, 20000U, 32768U, 60000U, 65535U}) {
    constexpr int count = 20000;
    RangeEncoder encoder;
    std::vector<bool> sent;
    double ideal = 0.0;
    for (int i = 0; i < count; ++i) {
      const bool bit = (bits_at(static_cast<std::uint64_t>(i)) >> 48) < probability;
      const double chance = probability / 65536.0;
      ideal -= std::log2(bit ? chance : 1.0 - chance);
      encoder.encode(bit, probability);
      sent.push_back(bit);
    }
    const auto bytes = std::move(encoder).finish();
    CHECK(8.0 * static_cast<double>(bytes.size()) <= 1.0001 * ideal + 40.0, probability,
          bytes.size(), ideal);
    RangeDecoder decoder(bytes);
    for (int i = 0; i < count; ++i) {
      CHECK(decoder.decode(probability) == sent[static_cast<std::size_t>(i)], probability, i);
    }
    CHECK(decoder.all_read());
  }
}

void carries_run_through() {
  // Zeros with a probability near one keep low near the top of its range: long runs of 0xFF.
  for (int ones = 0; ones < 40; ++ones) {
    RangeEncoder encoder;
    for (int i = 0; i < 3000; ++i) encoder.encode(i % 41 == ones, 7);
    const auto bytes = std::move(encoder).finish();
    RangeDecoder decoder(bytes);
    for (int i = 0; i < 3000; ++i) CHECK(decoder.decode(7) == (i % 41 == ones), ones, i);
  }
}

void round_trips() {
  for (const std::size_t words : {1UL, 2UL, 16UL}) {
    std::vector<std::uint64_t> indices;
    for (std::uint64_t i = 0; i < 500; ++i) {
      const std::size_t depth = bits_at(i) % (64 * words);
      for (std::size_t word = 0; word < words; ++word) {
        const std::uint64_t random = bits_at(1000 + i * words + word);
        const std::uint64_t one = std::uint64_t{1} << (depth % 64);
        indices.push_back(word < depth / 64    ? random
                          : word == depth / 64 ? one | (random & (one - 1))
                                               : 0);
      }
    }
    const AdaptivelyCoded coded = pack_adaptively(indices, words);
    std::vector<std::uint64_t> back(indices.size(), 1);
    unpack_adaptively(coded.depths, coded.paths, words, back);
    CHECK(back == indices, words);
    for (std::size_t end = 0; end < coded.paths.size(); ++end) {
      CHECK_THROWS(
          CorruptDataError,
          unpack_adaptively(coded.depths, std::span<const std::uint8_t>(coded.paths).first(end),
                            words, back));
    }
  }
  CHECK_THROWS(IndexError, pack_adaptively(std::vector<std::uint64_t>{3, 0}, 1));
}

void garbage() {
  std::vector<std::uint64_t> indices(40);
  for (std::uint64_t i = 0; i < 3000; ++i) {
    std::vector<std::uint8_t> depths, paths;
    for (std::uint64_t k = 0; k < bits_at(i) % 20; ++k) {
      depths.push_back(static_cast<std::uint8_t>(bits_at(100 * i + k)));
      paths.push_back(static_cast<std::uint8_t>(bits_at(100 * i + k + 50)));
    }
    try {
      unpack_adaptively(depths, paths, 2, indices);
    } catch (const CorruptDataError&) {
    }
  }
}

}  // namespace

int main() {
  range_coder_reaches_the_ideal();
  carries_run_through();
  round_trips();
  garbage();
  return check::result();
}
