// The contract of methods, by two that are in no registry: neither has a tree, and the driver knows
// neither. One sends a signed number for each element, the other bytes for each block of seven.
#include <algorithm>
#include <cmath>
#include <cstdint>
#include <iterator>
#include <memory>
#include <span>
#include <vector>

#include "check.hpp"
#include "engine/driver.hpp"
#include "math/normal_quantile.hpp"
#include "search/lockstep.hpp"

using namespace astar_rec;

namespace {

constexpr std::uint64_t seed = 5;
constexpr std::uint64_t offset = 1000;
constexpr std::size_t elements = 700;

// Shared by both sides: where an element's sample would lie without a message.
Position shared_place(const Chunk& chunk, std::size_t element) {
  return NodeRandom(chunk.seed, chunk.number(element))({1, 0}).place;
}

// What both have in common: no replay, nothing in lockstep, any pair of families.
class Toy : public Method {
 public:
  bool encodes(const Pair&) const override { return true; }
  std::unique_ptr<Replay> replay(std::size_t) const override { return nullptr; }
  std::unique_ptr<Lockstep> lockstep(std::size_t, std::uint64_t, std::uint64_t) const override {
    return nullptr;
  }
};

// The message is how many sixteenths of all positions to go on from the shared place, from -8 to 7: to
// the median's side of the sixteenth that the target's mean is in, as far as that goes.
class Shift final : public Toy {
 public:
  std::size_t most_in_block() const override { return 1; }

  std::unique_ptr<Encoder> encoder(const Pair&, std::size_t) const override {
    struct Own final : Encoder {
      void encode(const Chunk& chunk, Interrupt&, Found& found) override {
        const Parameters::Members<Normal> q(chunk.targets), p(chunk.proposals);
        for (std::size_t i = 0; i < chunk.count(); ++i) {
          const double mean = p[i].standardise(q[i].loc);
          std::int64_t best = 0;
          double nearest = 1e300;
          for (std::int64_t shift = -8; shift < 8; ++shift) {
            const double z = shifted(shared_place(chunk, i), shift);
            if (std::fabs(z - mean) >= nearest) continue;
            nearest = std::fabs(z - mean);
            best = shift;
          }
          found.messages.words[i] = static_cast<std::uint64_t>(best);
          found.z[i] = shifted(shared_place(chunk, i), best);
          found.steps[i] = 16;
        }
      }
    };
    return std::make_unique<Own>();
  }

  std::unique_ptr<Decoder> decoder(Family, std::size_t) const override {
    struct Own final : Decoder {
      void decode(const Chunk& chunk, const ReceivedMessages& messages,
                  std::span<double> z) override {
        for (std::size_t i = 0; i < chunk.count(); ++i) {
          const auto shift = static_cast<std::int64_t>(messages.words[i]);
          if (shift < -8 || shift > 7) throw IndexError(chunk.begin + i, "no shift");
          z[i] = shifted(shared_place(chunk, i), shift);
        }
      }
    };
    return std::make_unique<Own>();
  }

 private:
  static double shifted(Position place, std::int64_t shift) {
    return normal_quantile(place + (static_cast<std::uint64_t>(shift) << 60));
  }
};

// The message is a byte for each element of a block, and one for how many there are: which of 256 shared
// places is nearest to the target's mean.
class Nearest final : public Toy {
 public:
  std::size_t most_in_block() const override { return 1000; }
  std::size_t words(std::size_t) const override { return 0; }

  std::unique_ptr<Encoder> encoder(const Pair&, std::size_t) const override {
    struct Own final : Encoder {
      void encode(const Chunk& chunk, Interrupt& interrupt, Found& found) override {
        const Parameters::Members<Normal> q(chunk.targets), p(chunk.proposals);
        for (std::size_t which = 0; which < chunk.count(); ++which) {
          const std::size_t number = chunk.begin + which;
          const std::size_t first = chunk.blocks.first_element(number) - chunk.first();
          const std::size_t size = chunk.blocks.dimensions(number);
          auto& bytes = found.messages.bytes[which];
          bytes.assign(1, static_cast<std::uint8_t>(size));
          for (std::size_t i = first; i < first + size; ++i) {
            const double mean = p[i].standardise(q[i].loc);
            int best = 0;
            for (int k = 1; k < 256; ++k) {
              if (std::fabs(place(chunk, i, k) - mean) < std::fabs(place(chunk, i, best) - mean)) {
                best = k;
              }
            }
            bytes.push_back(static_cast<std::uint8_t>(best));
            found.z[i] = place(chunk, i, best);
          }
          found.steps[which] = 256 * size;
          interrupt.check();
        }
      }
    };
    return std::make_unique<Own>();
  }

  std::unique_ptr<Decoder> decoder(Family, std::size_t) const override {
    struct Own final : Decoder {
      void decode(const Chunk& chunk, const ReceivedMessages& messages,
                  std::span<double> z) override {
        for (std::size_t which = 0; which < chunk.count(); ++which) {
          const std::size_t number = chunk.begin + which;
          const std::size_t first = chunk.blocks.first_element(number) - chunk.first();
          const auto bytes = messages.bytes[which];
          const std::size_t size = chunk.blocks.dimensions(number);
          if (bytes.size() != size + 1 || bytes[0] != size) throw IndexError(number, "bytes");
          for (std::size_t j = 0; j < size; ++j) {
            z[first + j] = place(chunk, first + j, bytes[1 + j]);
          }
        }
      }
    };
    return std::make_unique<Own>();
  }

 private:
  static double place(const Chunk& chunk, std::size_t element, int k) {
    const NodeRandom random(chunk.seed, chunk.number(element));
    return normal_quantile(random({static_cast<std::uint64_t>(k), 7}).place);
  }
};

struct Arrays {
  std::vector<double> mean, scale, loc, unit;

  Arrays() {
    for (std::size_t i = 0; i < elements; ++i) {
      mean.push_back(3.0 + 2.0 * normal_quantile(NodeRandom(1, i)({1, 0}).place));
      scale.push_back(0.1);
      loc.push_back(3.0);
      unit.push_back(2.0);
    }
  }

  Distribution targets() const { return of(mean, scale); }
  Distribution proposals() const { return of(loc, unit); }

 private:
  static Distribution of(const std::vector<double>& first, const std::vector<double>& second) {
    const auto view = [](const std::vector<double>& all) {
      return StridedView(all.data(), {all.size()}, {sizeof(double)});
    };
    return {family_of<Normal>, {view(first), view(second)}};
  }
};

bool never() { return false; }

double root_mean_square(const std::vector<double>& samples, const Arrays& arrays) {
  double sum = 0.0;
  for (std::size_t i = 0; i < samples.size(); ++i) {
    sum += (samples[i] - arrays.mean[i]) * (samples[i] - arrays.mean[i]);
  }
  return std::sqrt(sum / static_cast<double>(samples.size()));
}

void signed_messages() {
  const Arrays arrays;
  const Blocks blocks(elements);
  const Shift method;
  const Interrupt::Poll poll = never;
  std::vector<std::uint64_t> first;
  for (const unsigned threads : {1U, 3U}) {
    const Call call{method, blocks, seed, offset, 0, elements, threads, poll};
    std::vector<std::uint64_t> words(elements), steps(elements);
    std::vector<double> samples(elements), received(elements);
    encode(call, arrays.targets(), arrays.proposals(), {words, {}}, samples, steps);
    decode(call, {words, {}}, arrays.proposals(), received);
    CHECK(received == samples, threads);
    CHECK(std::ranges::all_of(steps, [](std::uint64_t n) { return n == 16; }), threads);
    CHECK(std::ranges::any_of(words, [](std::uint64_t n) { return n >> 63 != 0; }), "none below 0");
    // Steps of a sixteenth, in units of 2.
    CHECK(root_mean_square(samples, arrays) < 0.5, root_mean_square(samples, arrays));
    if (first.empty()) first = words;
    CHECK(first == words, threads);
    // A part, under its own numbers.
    const Call part{method, blocks, seed, offset, 100, 250, threads, poll};
    std::vector<double> some(150);
    decode(part, {std::span(words).subspan(100, 150), {}}, arrays.proposals(), some);
    CHECK(std::equal(some.begin(), some.end(), samples.begin() + 100), threads);
    words[321] = 8;
    try {
      decode(call, {words, {}}, arrays.proposals(), received);
      CHECK(false, "a shift that there is none of");
    } catch (const IndexError& error) {
      CHECK(error.element == 321, error.element);
    }
  }
}

void messages_of_bytes() {
  const Arrays arrays;
  const std::vector<double> hints(20, 0.0);  // rows of twenty: blocks of 7, 7 and 6
  const Blocks blocks(elements / 20, 7, hints);
  const Nearest method;
  const Interrupt::Poll poll = never;
  std::vector<std::vector<std::uint8_t>> first;
  for (const unsigned threads : {1U, 3U}) {
    const Call call{method, blocks, seed, offset, 0, blocks.count(), threads, poll};
    std::vector<std::vector<std::uint8_t>> bytes(blocks.count());
    std::vector<std::uint64_t> steps(blocks.count());
    std::vector<double> samples(elements), received(elements);
    encode(call, arrays.targets(), arrays.proposals(), {{}, bytes}, samples, steps);
    CHECK(bytes[0].size() == 8 && bytes[2].size() == 7 && steps[2] == 6 * 256, bytes[2].size());
    const std::vector<std::span<const std::uint8_t>> sent(bytes.begin(), bytes.end());
    decode(call, {{}, sent}, arrays.proposals(), received);
    CHECK(received == samples, threads);
    CHECK(root_mean_square(samples, arrays) < 0.1, root_mean_square(samples, arrays));
    if (first.empty()) first = bytes;
    CHECK(first == bytes, threads);
  }
}

// The same in any order, and never less than the doubts.
void sums_of_doubts() {
  const double doubts[] = {1e-4, 0x1p-63, 0x1p-70, 0.0, 0.75, 1.0, 3.0};
  Doubts forth, back, both;
  CHECK(forth.none(), forth.high(), forth.low());
  for (const double doubt : doubts) forth.add(doubt);
  for (std::size_t i = std::size(doubts); i-- > 0;) back.add(doubts[i]);
  CHECK(forth.high() == back.high() && forth.low() == back.low(), forth.high(), back.high());
  both.add(forth);
  both.add(back);
  const auto value = [](const Doubts& sum) {
    return static_cast<double>(sum.high()) * 0x1p-31 + static_cast<double>(sum.low()) * 0x1p-63;
  };
  CHECK(value(forth) >= 2.7501 && value(forth) < 2.7501 + 0x1p-40, value(forth));
  CHECK_EQUAL(value(both), 2.0 * value(forth));
  Doubts least;
  least.add(0x1p-80);
  CHECK_EQUAL(least.low(), std::uint64_t{1});
}

}  // namespace

int main() {
  sums_of_doubts();
  signed_messages();
  messages_of_bytes();
  return check::result();
}
