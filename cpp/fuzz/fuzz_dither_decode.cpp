// Messages of dithered quantisation from bytes: any are refused, or are what a sender writes.
#include <algorithm>
#include <bit>
#include <cmath>

#include "dither/dither_block.hpp"
#include "dither/lattice.hpp"
#include "engine/errors.hpp"
#include "input.hpp"
#include "simd/lanes.hpp"

using namespace astar_rec;

namespace {

bool decodes(const std::vector<std::uint8_t>& bytes, const std::vector<double>& origin,
             dither::BlockAddress address, std::vector<double>& sample) {
  try {
    dither::decode_block(bytes, origin, address, sample);
  } catch (const CorruptDataError&) {
    return false;
  }
  return true;
}

bool same_bits(const std::vector<double>& a, const std::vector<double>& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](double x, double y) {
    return std::bit_cast<std::uint64_t>(x) == std::bit_cast<std::uint64_t>(y);
  });
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Input input(data, size);
  const auto elements = static_cast<std::size_t>(input.between(1, 300));
  const dither::BlockAddress address{input.bytes(8), input.bytes(6)};
  const int kind = input.byte() % 4;
  std::vector<std::uint8_t> bytes;
  if (kind == 0) {
    bytes = copy_of(input.rest());
  } else {
    // Families and scales that are right: a few, or as many as elements.
    dither::Known known{input.byte() % Families::count, input.byte() % Families::count, {}, {}};
    const auto scales = static_cast<std::size_t>(input.between(1, kind == 1 ? 1 : 5));
    for (std::size_t i = 0; i < elements; ++i) {
      const bool again = i >= scales;
      known.scale.push_back(again ? known.scale[i - scales]
                                  : std::ldexp(1.0 + input.byte() / 256.0, input.between(-30, 5)));
      known.unit.push_back(again ? known.unit[i - scales] : 1.0 + input.byte() / 256.0);
    }
    known.shifted = kind == 3 && known.noise != family_of<Uniform>;
    known.write(bytes);
    const auto rest = input.rest();
    bytes.insert(bytes.end(), rest.begin(), rest.end());
  }
  const std::vector<double> origin(elements, 0.0);
  std::vector<double> sample(elements), again(elements);
  if (!decodes(bytes, origin, address, sample)) return 0;

  // The same without lanes
  const lanes::Instructions before = lanes::instructions();
  lanes::use_instructions(lanes::Instructions::none);
  REQUIRE(decodes(bytes, origin, address, again));
  lanes::use_instructions(before);
  REQUIRE(same_bits(sample, again));

  // Points of which doubles tell the numbers are told by these bytes alone.
  std::span<const std::uint8_t> rest(bytes);
  const dither::Known known = dither::Known::read(rest, elements);
  for (std::size_t i = 0; i < elements; ++i) {
    if (!(std::fabs(sample[i]) < 0x1p+18 * known.scale[i])) return 0;
  }
  // Samples of shifted layers are beside their points.
  std::vector<double> mean(elements), points(elements);
  dither::Lattices lattice;
  for (std::size_t i = 0; i < elements; ++i) {
    lattice.draw(address.seed, address.first + i, known.noise, known.shifted,
                 std::span(known.scale).subspan(i, 1));
    mean[i] = sample[i] - lattice.middle[0];
  }
  REQUIRE(dither::encode_block(known, mean, origin, address, points) == bytes);
  REQUIRE(same_bits(points, sample));
  return 0;
}
