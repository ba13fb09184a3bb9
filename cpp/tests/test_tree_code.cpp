// The tree code: round trips, sizes, and bytes that no encoder wrote.
#include <algorithm>
#include <cmath>
#include <cstdint>
#include <span>
#include <vector>

#include "calls.hpp"
#include "check.hpp"
#include "codes/tree_code.hpp"
#include "math/normal_quantile.hpp"
#include "random/random.hpp"

using namespace astar_rec;

namespace {

using Words = std::vector<std::uint64_t>;

std::uint64_t bits_at(std::uint64_t i) { return NodeRandom(1, 2)({i, 0}).place; }

// An array, and what both sides know of it.
struct Array {
  std::size_t rows;
  std::size_t block;
  std::vector<double> hints;
  std::uint64_t seed;
  std::uint64_t offset;

  Blocks blocks() const { return {rows, block, hints}; }
};

Array array_of(std::size_t rows, std::size_t block, std::size_t columns, std::uint64_t seed = 5) {
  return {rows, block, std::vector<double>(columns, 0.0), seed, 0};
}

TreeCode code_of(const Array& array, const Blocks& blocks) {
  return {array.seed, array.offset, &blocks, 0, 0, {}};
}

// A path of that depth below the leading one.
enum class Path { zeros, ones, random };

void write_path(BoxIndex index, int depth, Path path, std::uint64_t salt) {
  std::fill(index.begin(), index.end(), 0);
  for (int bit = 0; bit <= depth; ++bit) {
    const bool random = bits_at(2000 * salt + static_cast<std::uint64_t>(bit)) >> 63 != 0;
    if (bit == depth || path == Path::ones || (path == Path::random && random)) {
      index[static_cast<std::size_t>(bit / 64)] |= std::uint64_t{1} << (bit % 64);
    }
  }
}

// Indices that hardly any search makes, down to the deepest.
Words improbable(const Blocks& blocks) {
  Words indices(blocks.count() * blocks.block());
  for (std::size_t i = 0; i < blocks.count(); ++i) {
    const int deepest = blocks.order(i).levels();
    const auto any = static_cast<int>(bits_at(i) % static_cast<std::uint64_t>(deepest + 1));
    const int depth = i % 5 == 0 ? deepest : i % 5 == 1 ? deepest - 1 : i % 5 == 2 ? any : any % 9;
    const Path path = i % 7 == 0 ? Path::ones : i % 7 == 1 ? Path::zeros : Path::random;
    write_path(BoxIndex(indices).subspan(i * blocks.block(), blocks.block()), depth, path, i);
  }
  return indices;
}

// The indices of normal targets with so many bits of information, as the codec makes them.
Words encoded(const Array& array, const Blocks& blocks, double bits) {
  const std::size_t count = blocks.elements();
  const double s = std::exp2(-bits);
  std::vector<double> mean(count), scale(count, s), zeros(count, 0.0), ones(count, 1.0);
  for (std::size_t i = 0; i < count; ++i) {
    mean[i] = std::sqrt(1.0 - s * s) * normal_quantile(bits_at(1'000'000 + i));
  }
  const auto view = [&](const std::vector<double>& values) {
    return StridedView(values.data(), {count}, {sizeof(double)});
  };
  const Distribution targets = distribution(family_of<Normal>, view(mean), view(scale));
  const Distribution proposals = distribution(family_of<Normal>, view(zeros), view(ones));
  Words index(blocks.count() * blocks.block()), steps(blocks.count());
  std::vector<double> sample(count);
  encode_blocks(targets, proposals, blocks, {Variant::ad_star}, array.seed, array.offset, 1,
                [] { return false; }, {index, sample, steps});
  return index;
}

RangeCoded check_round_trip(const Words& indices, const TreeCode& code) {
  const RangeCoded coded = pack_sequence(indices, code);
  CHECK(coded.bytes.size() <= (coded.bits + 7) / 8, coded.bytes.size(), coded.bits);
  Words back(indices.size(), 7);
  unpack_sequence(coded.bytes, code, back);
  CHECK(back == indices, code.blocks->block(), indices.size());
  return coded;
}

void sizes_are_as_measured() {
  struct Expected {
    std::size_t block;
    double information;
    double bits;  // an element
  };
  for (const Expected& expected :
       {Expected{1, 0.5, 1.20}, Expected{1, 2.0, 2.88}, Expected{1, 5.0, 6.02},
        Expected{2, 1.0, 1.70}, Expected{4, 1.0, 1.48}, Expected{8, 1.0, 1.31}}) {
    const Array array = array_of(16000 / expected.block, expected.block, expected.block);
    const Blocks blocks = array.blocks();
    const Words indices = encoded(array, blocks, expected.information);
    TreeCode code = code_of(array, blocks);
    const RangeCoded coded = check_round_trip(indices, code);
    const double bits = static_cast<double>(coded.bits) / 16000.0;
    CHECK(std::abs(bits - expected.bits) < 0.05, expected.block, expected.information, bits);
    // What is known at the start need not be learnt.
    code.start = static_cast<int>(8.0 * expected.information);
    CHECK(check_round_trip(indices, code).bits < coded.bits, expected.block);
  }
}

void contexts_tell_columns_apart() {
  // Two columns, one of next to no information.
  const Array array = array_of(4000, 1, 2);
  const Blocks blocks = array.blocks();
  Words indices = encoded(array, blocks, 3.0);
  const Words others = encoded(array, blocks, 0.1);
  std::vector<std::uint16_t> contexts(indices.size());
  for (std::size_t i = 1; i < indices.size(); i += 2) {
    indices[i] = others[i];
    contexts[i] = 0xFFFF;
  }
  TreeCode code = code_of(array, blocks);
  const std::uint64_t without = check_round_trip(indices, code).bits;
  code.contexts = contexts;
  const std::uint64_t with = check_round_trip(indices, code).bits;
  CHECK(with + 1600 < without, with, without);
}

void any_index_can_be_coded() {
  for (std::size_t block = 1; block <= max_block; ++block) {
    Array array = array_of(30, block, 2 * block + block / 2 + 1, block * 0x123456789ABCDEF);
    array.offset = element_limit - 30 * array.hints.size();
    for (std::size_t j = 0; j < array.hints.size(); ++j) {
      if (block % 3 == 0) array.hints[j] = static_cast<double>(bits_at(j) % 90);
    }
    const Blocks blocks = array.blocks();
    const Words indices = improbable(blocks);
    const RangeCoded coded = check_round_trip(indices, code_of(array, blocks));
    std::uint64_t decisions = 0;
    for (std::size_t i = 0; i < blocks.count(); ++i) {
      const BoxIndexView index(indices.data() + i * block, block);
      decisions += 2 * static_cast<std::uint64_t>(depth_of(index)) + 1;
    }
    CHECK(coded.bits <= 12 * decisions + 8, block, coded.bits, decisions);
  }
}

void a_part_of_an_array_is_coded_by_its_place() {
  for (const std::size_t block : {1UL, 3UL, 4UL}) {
    const Array array = array_of(400, block, 7);
    const Blocks blocks = array.blocks();
    const Words indices = encoded(array, blocks, 1.0);
    const std::size_t begin = 126, count = 500;  // whole rows are left out
    const Words part(indices.begin() + static_cast<std::ptrdiff_t>(begin * block),
                     indices.begin() + static_cast<std::ptrdiff_t>((begin + count) * block));
    TreeCode code = code_of(array, blocks);
    code.begin = begin;
    const std::uint64_t bits = check_round_trip(part, code).bits;
    // Elsewhere the tree is another, and predicts nothing.
    code.begin = 0;
    CHECK(check_round_trip(part, code).bits > bits + 200, block, bits);
    code.begin = begin;
    code.seed ^= 1;
    CHECK(check_round_trip(part, code).bits > bits + 200, block, bits);
  }
}

void what_no_codec_makes_is_refused() {
  const Array array = array_of(4, 2, 3);
  const Blocks blocks = array.blocks();
  const TreeCode code = code_of(array, blocks);
  // The second block of a row has one dimension.
  const auto with = [](std::uint64_t low, std::uint64_t high) { return Words{5, 0, low, high}; };
  CHECK_THROWS(IndexError, pack_sequence(with(0, 0), code));
  CHECK_THROWS(IndexError, pack_sequence(with(0, 1), code));
  check_round_trip(with(~std::uint64_t{0}, 0), code);
  check_round_trip({}, code);
  CHECK(pack_sequence({}, code).bytes.empty());
  CHECK_THROWS(CorruptDataError,
               unpack_sequence(std::vector<std::uint8_t>{1}, code, std::span<std::uint64_t>()));
}

// Bytes are refused, or they are what the encoder writes for the indices that they are read as.
void check_refused_or_read(std::span<const std::uint8_t> bytes, const TreeCode& code,
                           std::span<std::uint64_t> indices) {
  try {
    unpack_sequence(bytes, code, indices);
  } catch (const CorruptDataError&) {
    return;
  }
  CHECK(std::ranges::equal(pack_sequence(indices, code).bytes, bytes), bytes.size(),
        indices.size());
}

void bytes_that_no_encoder_wrote() {
  for (const std::size_t block : {1UL, 2UL, 5UL, 16UL}) {
    const Array array = array_of(10, block, block + 1);
    const Blocks blocks = array.blocks();
    const TreeCode code = code_of(array, blocks);
    Words back(blocks.count() * block);
    std::vector<std::uint8_t> bytes = pack_sequence(improbable(blocks), code).bytes;
    for (std::size_t end = 0; end < bytes.size(); end += 1 + end / 8) {
      check_refused_or_read(std::span(bytes).first(end), code, back);
    }
    for (std::size_t at = 0; at < bytes.size(); at += 1 + at / 8) {
      std::vector<std::uint8_t> changed = bytes;
      changed[at] ^= static_cast<std::uint8_t>(1 + bits_at(at) % 255);
      check_refused_or_read(changed, code, back);
    }
    bytes.push_back(1);
    CHECK_THROWS(CorruptDataError, unpack_sequence(bytes, code, back));
    for (std::uint64_t i = 0; i < 1000; ++i) {
      std::vector<std::uint8_t> random(bits_at(i) % 40);
      for (std::size_t k = 0; k < random.size(); ++k) {
        random[k] = static_cast<std::uint8_t>(bits_at(100 * i + k));
      }
      check_refused_or_read(random, code, std::span(back).first(i % blocks.count() * block));
    }
  }
}

}  // namespace

int main() {
  sizes_are_as_measured();
  contexts_tell_columns_apart();
  any_index_can_be_coded();
  a_part_of_an_array_is_coded_by_its_place();
  what_no_codec_makes_is_refused();
  bytes_that_no_encoder_wrote();
  return check::result();
}
