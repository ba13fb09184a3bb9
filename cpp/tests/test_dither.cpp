// Dithered quantisation: vectors of the reference with all sets of instructions, round trips of all
// families and scales, what messages say before numbers, damage.
#include <bit>
#include <cmath>
#include <cstdint>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include "check.hpp"
#include "dither/dither_block.hpp"
#include "draws.hpp"
#include "engine/errors.hpp"
#include "simd/lanes.hpp"

using namespace astar_rec;
using namespace astar_rec::dither;
using lanes::Instructions;

namespace {

using Bytes = std::vector<std::uint8_t>;
using Doubles = std::vector<double>;

struct Block {
  Known known;
  Doubles mean;
  Doubles origin;
};

struct Sent {
  Bytes message;
  Doubles sample;
};

Sent encoded(const Block& block, BlockAddress address) {
  Sent sent{{}, Doubles(block.mean.size())};
  sent.message = encode_block(block.known, block.mean, block.origin, address, sent.sample);
  return sent;
}

bool same_bits(const Doubles& a, const Doubles& b) {
  if (a.size() != b.size()) return false;
  for (std::size_t i = 0; i < a.size(); ++i) {
    if (std::bit_cast<std::uint64_t>(a[i]) != std::bit_cast<std::uint64_t>(b[i])) return false;
  }
  return true;
}

// Whether it decodes to something.
bool decodes(const Bytes& message, const Doubles& origin, BlockAddress address, Doubles& sample) {
  sample.resize(origin.size());
  try {
    decode_block(message, origin, address, sample);
  } catch (const CorruptDataError&) {
    return false;
  }
  return true;
}

std::string hex_of(const Bytes& bytes) {
  std::string text;
  for (const std::uint8_t byte : bytes) {
    text += "0123456789abcdef"[byte >> 4];
    text += "0123456789abcdef"[byte & 15];
  }
  return text;
}

// Calls f with each set of instructions that there is.
template <class F>
void with_every_set(const F& f) {
  const Instructions before = lanes::instructions();
  for (const Instructions set : {Instructions::none, Instructions::portable, Instructions::avx2}) {
    if (!lanes::available(set)) continue;
    lanes::use_instructions(set);
    f();
  }
  lanes::use_instructions(before);
}

// --- Vectors -------------------------------------------------------------------------------------

void check_vector(const std::string& line) {
  std::istringstream in(line);
  std::size_t elements = 0, scales = 0;
  BlockAddress address{};
  std::string noise, proposal, hex;
  double spread = 0.0, scale = 0.0;
  std::uint64_t total = 0, mixed = 0;
  in >> elements >> address.seed >> address.first >> noise >> proposal >> spread >> scale >>
      scales >> hex >> total >> mixed;
  CHECK(!in.fail(), line.substr(0, 60));
  const std::string prefix = "shifted_";
  const bool shifted = noise.compare(0, prefix.size(), prefix) == 0;
  if (shifted) noise.erase(0, prefix.size());
  Block block{{*find_family(noise), *find_family(proposal), {}, {}, shifted}, {}, {}};
  for (std::size_t e = 0; e < elements; ++e) {
    block.known.scale.push_back(scale * (1.0 + static_cast<double>(e % scales) / 8.0));
    block.known.unit.push_back(1.0);
    block.mean.push_back(spread * ((static_cast<double>(e * 37 % 64) - 31.5) / 32.0));
    block.origin.push_back((static_cast<double>(e % 5) - 2.0) / 4.0);
  }
  with_every_set([&] {
    const Sent sent = encoded(block, address);
    CHECK(hex_of(sent.message) == hex, line.substr(0, 60));
    std::uint64_t sum = 0, exclusive_or = 0;
    for (std::size_t i = 0; i < elements; ++i) {
      const std::uint64_t each = std::bit_cast<std::uint64_t>(sent.sample[i]) * (2 * i + 1);
      sum += each;
      exclusive_or ^= each;
    }
    CHECK_EQUAL(sum, total);
    CHECK_EQUAL(exclusive_or, mixed);
    Doubles sample;
    CHECK(decodes(sent.message, block.origin, address, sample), line.substr(0, 60));
    CHECK(same_bits(sample, sent.sample), line.substr(0, 60));
  });
}

void test_vectors(const std::string& folder) {
  std::ifstream file(folder + "/dither.txt");
  int cases = 0;
  for (std::string line; std::getline(file, line);) {
    if (line.empty() || line[0] == '#') continue;
    check_vector(line);
    ++cases;
  }
  CHECK(cases >= 28, cases);
}

// --- Round trips ---------------------------------------------------------------------------------

// Windows and searches, of all families, layers, scales of all magnitudes, means near and far, any size.
void test_round_trips() {
  Draws draws(1);
  for (Family noise = 0; noise < Families::count; ++noise) {
    for (Family family = 0; family < Families::count; ++family) {
      for (int number = 0; number < 40; ++number) {
        const std::size_t elements = 1 + draws.below(number % 8 == 0 ? 700 : 150);
        const std::size_t scales = 1 + draws.below(4);
        const double spread = draws.power_of_two(-3.0, number % 4 == 0 ? 30.0 : 3.0);
        const bool shifted = number % 5 < 2 && noise != family_of<Uniform>;
        Block block{{noise, family, {}, {}, shifted}, {}, {}};
        for (std::size_t e = 0; e < elements; ++e) {
          const bool again = e >= scales;
          block.known.scale.push_back(
              again ? block.known.scale[e - scales]
                    : draws.power_of_two(number % 3 == 0 ? -30.0 : -5.0, 3.0));
          block.known.unit.push_back(again ? block.known.unit[e - scales]
                                           : draws.power_of_two(-1.0, 1.0));
          block.origin.push_back(draws.between(-3.0, 3.0));
          block.mean.push_back(block.origin[e] + spread * draws.between(-1.0, 1.0));
        }
        const BlockAddress address{draws.bits(), draws.bits() >> 17};
        const Sent sent = encoded(block, address);
        CHECK(sent.message.size() <= 3 + 16 * scales + 13 * elements + 8, sent.message.size());
        with_every_set([&] {
          Doubles sample;
          CHECK(decodes(sent.message, block.origin, address, sample), noise, family, number);
          CHECK(same_bits(sample, sent.sample), noise, family, number);
        });
      }
    }
  }
}

// In pieces, the same samples.
void test_pieces() {
  Block block{{family_of<Normal>, family_of<Normal>, Doubles(400, 0.5), Doubles(400, 1.0)}, {}, {}};
  Draws draws(2);
  for (int e = 0; e < 400; ++e) {
    block.mean.push_back(draws.between(-2.0, 2.0));
    block.origin.push_back(0.0);
  }
  const Doubles whole = encoded(block, {7, 100}).sample;
  for (const std::size_t begin : {std::size_t{1}, std::size_t{127}, std::size_t{399}}) {
    const auto part = [&](const Doubles& all) {
      return Doubles(all.begin() + static_cast<std::ptrdiff_t>(begin), all.end());
    };
    const Block rest{
        {family_of<Normal>, family_of<Normal>, part(block.known.scale), part(block.known.unit)},
        part(block.mean),
        part(block.origin)};
    CHECK(same_bits(encoded(rest, {7, 100 + begin}).sample, part(whole)), begin);
  }
}

void test_far_means() {
  Block block{
      {family_of<Normal>, family_of<Normal>, {1.0, 1.0}, {1.0, 1.0}}, {0.0, 1e30}, {0.0, 0.0}};
  for (const double far : {1e30, -1e30, HUGE_VAL, std::nan("")}) {
    block.mean[1] = far;
    std::size_t element = 9;
    try {
      encoded(block, {1, 0});
    } catch (const DivergenceError& error) {
      element = error.element;
    }
    CHECK_EQUAL(element, std::size_t{1});
  }
}

// --- Headers -------------------------------------------------------------------------------------

std::size_t repeats(const Doubles& scale) {
  const Known known{family_of<Normal>, family_of<Normal>, scale, Doubles(scale.size(), 1.0)};
  Bytes bytes;
  known.write(bytes);
  std::span<const std::uint8_t> rest(bytes);
  const Known again = Known::read(rest, scale.size());
  CHECK(rest.empty() && same_bits(again.scale, scale) && again.unit == known.unit, scale.size());
  return bytes.size() / 16;
}

void test_headers() {
  CHECK_EQUAL(repeats({1.0}), 1U);
  CHECK_EQUAL(repeats({1.0, 1.0, 1.0}), 1U);
  CHECK_EQUAL(repeats({1.0, 2.0, 1.0}), 2U);
  CHECK_EQUAL(repeats({1.0, 2.0, 1.0, 1.0, 2.0}), 3U);
  CHECK_EQUAL(repeats({1.0, 1.0, 2.0}), 3U);
  CHECK_EQUAL(repeats({1.0, 1.0, 2.0, 1.0, 1.0, 2.0, 1.0, 1.0, 1.0}), 7U);
  CHECK_EQUAL(repeats({1.0, 1.0, 2.0, 1.0, 1.0, 2.0, 1.0, 2.0, 2.0}), 9U);
  Doubles many(1000);
  for (std::size_t i = 0; i < many.size(); ++i) many[i] = 1.0 + static_cast<double>(i % 200);
  CHECK_EQUAL(repeats(many), 200U);
}

void test_refusals() {
  const Block block{{family_of<Normal>, family_of<Normal>, Doubles(40, 0.25), Doubles(40, 1.0)},
                    Doubles(40, 0.3),
                    Doubles(40, 0.0)};
  const BlockAddress address{3, 5};
  const Sent sent = encoded(block, address);
  Doubles sample;
  const auto refused = [&](Bytes message) {
    CHECK(!decodes(message, block.origin, address, sample), hex_of(message));
  };
  for (std::size_t size = 0; size < 19; ++size) {
    refused({sent.message.begin(), sent.message.begin() + static_cast<std::ptrdiff_t>(size)});
  }
  const auto with = [&](std::size_t at, std::uint8_t byte) {
    Bytes changed = sent.message;
    changed[at] = byte;
    return changed;
  };
  refused(with(0, 7));  // no layers of uniform noise are shifted
  refused(with(1, 4));
  refused(with(2, 0));
  refused(with(2, 41));
  refused(with(2, 0x81));
  refused(with(10, 0xff));  // a negative scale
  refused(with(10, 0x7f));  // a huge one
  Bytes longer = sent.message;
  longer.push_back(0);
  refused(longer);
  longer.back() = 1;
  refused(longer);
  Bytes idle = sent.message;
  idle[2] = 0x81;
  idle.insert(idle.begin() + 3, 0);
  refused(idle);
  Bytes twice = sent.message;  // two pairs of scales that are the same
  twice[2] = 2;
  twice.insert(twice.begin() + 19, twice.begin() + 3, twice.begin() + 19);
  refused(twice);
  refused([&] {
    Bytes end(sent.message.begin(), sent.message.begin() + 19);
    end.resize(40, 0xff);
    return end;
  }());
}

}  // namespace

int main(int count, char** arguments) {
  CHECK(count == 2, "the folder of the vectors is the one argument");
  if (count != 2) return check::result();
  test_vectors(arguments[1]);
  test_round_trips();
  test_pieces();
  test_far_means();
  test_headers();
  test_refusals();
  return check::result();
}
