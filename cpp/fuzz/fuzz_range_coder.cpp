// The range coder: decisions and raw bits come back; bytes are an encoder's where it says so.
#include "codes/range_coder.hpp"
#include "input.hpp"

using namespace astar_rec;

namespace {

// A decision of a probability, or raw bits where there are any.
struct Part {
  std::uint32_t probability;
  int bits;
  std::uint64_t value;
};

// Three bytes each; the values are those to be encoded.
std::vector<Part> parts_of(Input& input, std::size_t most) {
  std::vector<Part> parts;
  while (!input.empty() && parts.size() < most) {
    const std::uint64_t kind = input.byte();
    const std::uint64_t value = input.bytes(2);
    if (kind % 3 == 0) {
      const int bits = 1 + static_cast<int>(kind / 3 % max_raw_bits);
      parts.push_back({0, bits, value >> (16 - bits)});
    } else {
      // Near 0 and near 1 as often as between: that is where rounding shows.
      const std::uint32_t rare = 1 + (static_cast<std::uint32_t>(value >> 1) >> (kind / 3 % 16));
      const std::uint32_t common = rare * 256;
      const std::uint32_t p = kind % 3 == 1 ? rare : common;
      parts.push_back({(kind & 128) != 0 ? certainty - p : p, 0, value & 1});
    }
  }
  return parts;
}

std::vector<std::uint8_t> encode(const std::vector<Part>& parts) {
  RangeEncoder encoder;
  for (const Part& part : parts) {
    if (part.bits == 0) {
      encoder.encode(part.value != 0, part.probability);
    } else {
      encoder.encode_raw(part.value, part.bits);
    }
  }
  const std::uint64_t bits = encoder.bits();
  auto bytes = std::move(encoder).finish();
  REQUIRE(bytes.size() <= (bits + 7) / 8);
  return bytes;
}

// Decodes parts of the given kinds. Whether the bytes are those that an encoder writes for them is
// what at_end() says.
void decode(const std::vector<std::uint8_t>& bytes, std::vector<Part> parts) {
  bool at_end = false;
  try {
    RangeDecoder decoder(bytes);
    for (Part& part : parts) {
      part.value = part.bits == 0 ? static_cast<std::uint64_t>(decoder.decode(part.probability))
                                  : decoder.decode_raw(part.bits);
    }
    at_end = decoder.at_end();
  } catch (const CorruptDataError&) {
    return;
  }
  REQUIRE(at_end == (encode(parts) == bytes));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Input input(data, size);
  const bool raw = input.flag();
  const auto most = static_cast<std::size_t>(input.byte());
  Input how = input;
  const std::vector<Part> parts = parts_of(input, raw ? most : size);
  if (raw) {
    decode(copy_of(input.rest()), parts);
    return 0;
  }
  std::vector<std::uint8_t> bytes = encode(parts);
  RangeDecoder decoder(bytes);
  for (const Part& part : parts) {
    const std::uint64_t value = part.bits == 0
                                    ? static_cast<std::uint64_t>(decoder.decode(part.probability))
                                    : decoder.decode_raw(part.bits);
    REQUIRE(value == part.value);
  }
  REQUIRE(decoder.at_end());
  how.damage(bytes);
  decode(bytes, parts);
  return 0;
}
