// The range coder and the adaptive code: round trips, sizes, and bytes that no encoder wrote.
#include <cmath>
#include <cstdint>
#include <vector>

#include "check.hpp"
#include "codes/adaptive_code.hpp"
#include "codes/range_coder.hpp"
#include "random/random.hpp"

using namespace astar_rec;

namespace {

std::uint64_t bits_at(std::uint64_t i) { return NodeRandom(1, 2)({i, 0}).place; }

void range_coder_reaches_the_ideal() {
  for (const std::uint32_t probability :
       {1U, 300U, 1U << 16, 5'000'000U, 1U << 23, 16'000'000U, certainty - 1}) {
    constexpr int count = 20000;
    RangeEncoder encoder;
    std::vector<bool> sent;
    double ideal = 0.0;
    for (int i = 0; i < count; ++i) {
      const bool yes = (bits_at(static_cast<std::uint64_t>(i)) >> 40) < probability;
      const double chance = static_cast<double>(probability) / certainty;
      ideal -= std::log2(yes ? chance : 1.0 - chance);
      encoder.encode(yes, probability);
      sent.push_back(yes);
    }
    const std::uint64_t bits = encoder.bits();
    const auto bytes = std::move(encoder).finish();
    // docs/range_coder.md: 2^-28 bits a decision, and less than a byte at the end.
    CHECK(static_cast<double>(bits) <= ideal + count * 0x1p-28 + 1.0, probability, bits, ideal);
    CHECK(bytes.size() <= (bits + 7) / 8, probability, bytes.size(), bits);
    RangeDecoder decoder(bytes);
    for (int i = 0; i < count; ++i) {
      CHECK(decoder.decode(probability) == sent[static_cast<std::size_t>(i)], probability, i);
    }
    CHECK(decoder.at_end());
  }
}

void raw_bits() {
  RangeEncoder encoder;
  std::uint64_t bits = 0;
  for (std::uint64_t i = 0; i < 20000; ++i) {
    const int count = 1 + static_cast<int>(i % max_raw_bits);
    encoder.encode_raw(bits_at(i) >> (64 - count), count);
    bits += static_cast<std::uint64_t>(count);
    if (i % 5 == 0) encoder.encode(bits_at(i) % 2 == 0, certainty / 2);
    if (i % 5 == 0) ++bits;
  }
  CHECK(encoder.bits() >= bits && encoder.bits() <= bits + 2, encoder.bits(), bits);
  const auto bytes = std::move(encoder).finish();
  RangeDecoder decoder(bytes);
  for (std::uint64_t i = 0; i < 20000; ++i) {
    const int count = 1 + static_cast<int>(i % max_raw_bits);
    CHECK(decoder.decode_raw(count) == bits_at(i) >> (64 - count), i);
    if (i % 5 == 0) CHECK(decoder.decode(certainty / 2) == (bits_at(i) % 2 == 0), i);
  }
  CHECK(decoder.at_end());
}

void carries_run_through() {
  // No with a probability near one keeps low near the top of its range: long runs of 0xFF.
  for (int yes = 0; yes < 40; ++yes) {
    RangeEncoder encoder;
    for (int i = 0; i < 3000; ++i) encoder.encode(i % 41 == yes, 1800);
    const auto bytes = std::move(encoder).finish();
    RangeDecoder decoder(bytes);
    for (int i = 0; i < 3000; ++i) CHECK(decoder.decode(1800) == (i % 41 == yes), yes, i);
    CHECK(decoder.at_end());
  }
  // The largest raw values: low is the end of the interval each time. Then a carry through all.
  for (int end = 0; end < 50; ++end) {
    RangeEncoder encoder;
    encoder.encode(false, certainty - 1);
    for (int i = 0; i < end; ++i) encoder.encode_raw(0xFFFF, 16);
    encoder.encode(false, certainty - 1);
    encoder.encode(false, certainty - 1);
    const auto bytes = std::move(encoder).finish();
    RangeDecoder decoder(bytes);
    CHECK(!decoder.decode(certainty - 1), end);
    for (int i = 0; i < end; ++i) CHECK(decoder.decode_raw(16) == 0xFFFF, end, i);
    CHECK(!decoder.decode(certainty - 1) && !decoder.decode(certainty - 1), end);
    CHECK(decoder.at_end(), end);
  }
}

// One stream for one sequence of decisions: no other bytes decode to it.
void streams_are_unique() {
  const auto decisions = [](std::span<const std::uint8_t> bytes, std::uint32_t& got) {
    RangeDecoder decoder(bytes);
    got = 0;
    for (int i = 0; i < 6; ++i) got = got << 1 | (decoder.decode(6'000'000) ? 1U : 0U);
    return decoder.at_end();
  };
  std::vector<int> streams(64, 0);
  for (std::uint32_t value = 0; value < 1U << 16; ++value) {
    const std::uint8_t bytes[] = {static_cast<std::uint8_t>(value >> 8),
                                  static_cast<std::uint8_t>(value)};
    for (std::size_t size = 0; size <= 2; ++size) {
      if ((size < 2 && bytes[1] != 0) || (size < 1 && bytes[0] != 0)) continue;
      std::uint32_t got = 0;
      if (decisions(std::span(bytes).first(size), got)) ++streams[got];
    }
  }
  for (std::uint32_t value = 0; value < 64; ++value) CHECK(streams[value] == 1, value);
}

// The first interval does not have the last number of 64 bits: no stream begins with it.
void beyond_the_first_interval() {
  std::vector<std::uint8_t> bytes(8, 0xFF);
  CHECK_THROWS(CorruptDataError, RangeDecoder(bytes).at_end());
  bytes[7] = 0xFE;
  CHECK(RangeDecoder(bytes).decode(certainty - 1) == false);
}

std::vector<std::uint64_t> indices_of(std::size_t words) {
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
  return indices;
}

void round_trips() {
  for (const std::size_t words : {1UL, 2UL, 16UL}) {
    const auto indices = indices_of(words);
    std::vector<std::uint16_t> contexts;
    for (std::uint64_t i = 0; i < 500; ++i) {
      contexts.push_back(static_cast<std::uint16_t>(i % 7 == 0 ? 65535 : bits_at(i) % 9));
    }
    for (const int start : {0, 1, 16, 255}) {
      for (const bool with_contexts : {false, true}) {
        AdaptiveCode code{words, start, {}};
        if (with_contexts) code.contexts = contexts;
        const RangeCoded coded = pack_sequence(indices, code);
        CHECK(path_bits(indices, words) <= coded.bits, words, start);
        CHECK(coded.bytes.size() <= (coded.bits + 7) / 8, words, start);
        std::vector<std::uint64_t> back(indices.size(), 1);
        unpack_sequence(coded.bytes, code, back);
        CHECK(back == indices, words, start, with_contexts);
      }
    }
  }
  CHECK_THROWS(IndexError, pack_sequence(std::vector<std::uint64_t>{3, 0}, AdaptiveCode{}));
}

void halved_counts() {
  // More indices than a frequency holds: the second half is unlike the first.
  std::vector<std::uint64_t> indices(3 * Frequency::limit, 1);
  for (std::size_t i = indices.size() / 2; i < indices.size(); ++i) indices[i] = 3;
  const RangeCoded coded = pack_sequence(indices, AdaptiveCode{});
  std::vector<std::uint64_t> back(indices.size());
  unpack_sequence(coded.bytes, AdaptiveCode{}, back);
  CHECK(back == indices);
}

// Both directions ask now and then, and end where the answer is to end.
void interrupts() {
  const std::vector<std::uint64_t> indices(5 * between_pauses, 3);
  int asked = 0;
  const RangeCoded coded = pack_sequence(indices, AdaptiveCode{}, [&] { ++asked; });
  CHECK_EQUAL(asked, 5);
  CHECK(coded.bytes == pack_sequence(indices, AdaptiveCode{}).bytes);
  const auto at_the_third = [&] {
    if (++asked == 3) throw Interrupted();
  };
  asked = 0;
  CHECK_THROWS(Interrupted, pack_sequence(indices, AdaptiveCode{}, at_the_third));
  CHECK_EQUAL(asked, 3);
  std::vector<std::uint64_t> back(indices.size());
  asked = 0;
  CHECK_THROWS(Interrupted, unpack_sequence(coded.bytes, AdaptiveCode{}, back, at_the_third));
  CHECK_EQUAL(asked, 3);
}

// Throws CorruptDataError, or decodes to indices that have no other bytes.
void garbage() {
  std::vector<std::uint64_t> indices(40);
  int decoded = 0;
  for (std::uint64_t i = 0; i < 3000; ++i) {
    std::vector<std::uint8_t> bytes;
    for (std::uint64_t k = 0; k < bits_at(i) % 40; ++k) {
      bytes.push_back(static_cast<std::uint8_t>(bits_at(100 * i + k)));
    }
    const AdaptiveCode code{2, static_cast<int>(i % 256), {}};
    const std::size_t count = i % 3 == 0 ? 2 * (i % 20) : 40;
    const auto some = std::span(indices).first(count);
    try {
      unpack_sequence(bytes, code, some);
    } catch (const CorruptDataError&) {
      continue;
    }
    ++decoded;
    CHECK(pack_sequence(some, code).bytes == bytes, i);
  }
  CHECK(decoded > 10, decoded);
}

void damage() {
  const auto indices = indices_of(1);
  const RangeCoded coded = pack_sequence(indices, AdaptiveCode{});
  std::vector<std::uint64_t> back(indices.size());
  auto bytes = coded.bytes;
  for (const int extra : {0, 1, 255}) {
    bytes.push_back(static_cast<std::uint8_t>(extra));
    CHECK_THROWS(CorruptDataError, unpack_sequence(bytes, AdaptiveCode{}, back));
    bytes.pop_back();
  }
  CHECK_THROWS(CorruptDataError,
               unpack_sequence(bytes, AdaptiveCode{}, std::span(back).first(499)));
  CHECK_THROWS(CorruptDataError, unpack_sequence(std::vector<std::uint8_t>{0}, AdaptiveCode{}, {}));
}

}  // namespace

int main() {
  range_coder_reaches_the_ideal();
  raw_bits();
  carries_run_through();
  streams_are_unique();
  beyond_the_first_interval();
  round_trips();
  halved_counts();
  interrupts();
  garbage();
  damage();
  return check::result();
}
