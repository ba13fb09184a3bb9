// The adaptive code: what decodes is what an encoder writes; nothing else is read.
#include <algorithm>

#include "astar_rec/adaptive_code.hpp"
#include "input.hpp"

using namespace astar_rec;

namespace {

void decode(const std::vector<std::uint8_t>& bytes, const AdaptiveCode& code, std::size_t count) {
  std::vector<std::uint64_t> index(count * code.words);
  try {
    unpack_adaptively(bytes, code, index);
  } catch (const CorruptDataError&) {
    return;
  }
  const AdaptivelyCoded again = pack_adaptively(index, code);
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

  std::vector<std::uint64_t> index;
  Input how = input;
  const bool raw = (kind & 1) != 0;
  while (!raw && !input.empty()) {
    // As many words as the depth takes, and zeros above.
    const auto used = 1 + static_cast<std::size_t>(input.byte()) % code.words;
    for (std::size_t word = 0; word < code.words; ++word) {
      index.push_back(word < used ? input.number() : 0);
    }
  }
  const std::size_t count = raw ? given : index.size() / code.words;
  // Small numbers, or one that is not: memory is taken up to the highest.
  std::vector<std::uint16_t> contexts((kind & 2) != 0 ? count : 0);
  for (std::size_t i = 0; i < contexts.size(); ++i) {
    contexts[i] = static_cast<std::uint16_t>(i * step % 16);
  }
  if (kind / 4 == 63 && !contexts.empty()) contexts.back() = 2048;
  code.contexts = contexts;

  if (raw) {
    decode(copy_of(input.rest()), code, count);
    return 0;
  }
  std::vector<std::uint8_t> bytes;
  try {
    bytes = pack_adaptively(index, code).bytes;
  } catch (const IndexError& error) {
    const BoxIndexView refused =
        BoxIndexView(index).subspan(error.element * code.words, code.words);
    REQUIRE(std::count(refused.begin(), refused.end(), 0) == static_cast<int>(code.words));
    return 0;
  }
  std::vector<std::uint64_t> again(index.size());
  unpack_adaptively(bytes, code, again);
  REQUIRE(again == index);
  how.damage(bytes);
  decode(bytes, code, count);
  return 0;
}
