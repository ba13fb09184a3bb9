// The adaptive code: what decodes is what an encoder writes; nothing else is read.
#include <algorithm>

#include "astar_rec/adaptive_code.hpp"
#include "input.hpp"

using namespace astar_rec;

namespace {

void decode(const std::vector<std::uint8_t>& bytes, const AdaptiveCode& code, std::size_t count) {
  std::vector<std::uint64_t> index(count * code.words);
  try {
    unpack_sequence(bytes, code, index);
  } catch (const CorruptDataError&) {
    return;
  }
  const RangeCoded again = pack_sequence(index, code);
  REQUIRE(again.bytes == bytes);
  REQUIRE(bytes.size() <= (again.bits + 7) / 8);
  path_bits(index, code.words);  // throws for an index of 0
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Input input(data, size);
  AdaptiveCode code;
  // Mostly one or two: models of many levels take time, and are not of another kind.
  const int words = input.between(0, 8 * max_block - 1);
  code.words = static_cast<std::size_t>(words < max_block ? words + 1 : words % 2 + 1);
  code.start = input.byte();
  const int kind = input.byte();
  const auto given = static_cast<std::size_t>(input.between(0, 256));
  const std::size_t step = input.byte();  // of contexts

  Input how = input;
  const bool raw = (kind & 1) != 0;
  std::vector<std::uint64_t> index;
  if (!raw) index = input.indices(code.words, input.size());
  const std::size_t count = raw ? given : index.size() / code.words;
  // Small numbers, or one that is not: memory is taken up to the highest.
  std::vector<std::uint16_t> contexts = contexts_of((kind & 2) != 0 ? count : 0, step);
  if (kind / 4 == 63 && !contexts.empty()) contexts.back() = 2048;
  code.contexts = contexts;

  if (raw) {
    decode(copy_of(input.rest()), code, count);
    return 0;
  }
  std::vector<std::uint8_t> bytes;
  try {
    bytes = pack_sequence(index, code).bytes;
  } catch (const IndexError& error) {
    const BoxIndexView refused =
        BoxIndexView(index).subspan(error.element * code.words, code.words);
    REQUIRE(std::count(refused.begin(), refused.end(), 0) == static_cast<int>(code.words));
    return 0;
  }
  std::vector<std::uint64_t> again(index.size());
  unpack_sequence(bytes, code, again);
  REQUIRE(again == index);
  how.damage(bytes);
  decode(bytes, code, count);
  return 0;
}
