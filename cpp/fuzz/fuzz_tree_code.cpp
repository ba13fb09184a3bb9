// The tree code: what decodes is what an encoder writes; nothing else is read.
#include <algorithm>

#include "codes/tree_code.hpp"
#include "input.hpp"

using namespace astar_rec;

namespace {

void decode(const std::vector<std::uint8_t>& bytes, const TreeCode& code, std::size_t count) {
  std::vector<std::uint64_t> index(count * code.blocks->block());
  try {
    unpack_sequence(bytes, code, index);
  } catch (const CorruptDataError&) {
    return;
  }
  REQUIRE(pack_sequence(index, code).bytes == bytes);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Input input(data, size);
  // Mostly one to four: the tables of larger blocks take time, once each.
  const int kind = input.byte();
  const auto block = static_cast<std::size_t>(kind % 8 == 7 ? 1 + kind / 8 % 16 : 1 + kind % 4);
  const auto columns = static_cast<std::size_t>(input.between(1, 9));
  std::vector<double> hints(columns, 0.0);
  if (input.flag()) {
    for (double& hint : hints) hint = input.byte() / 16.0;
  }
  TreeCode code;
  code.seed = input.bytes(2);
  code.offset = input.bytes(5);
  code.begin = static_cast<std::size_t>(input.byte());
  code.start = input.byte();
  const bool raw = input.flag();
  const auto given = static_cast<std::size_t>(input.between(0, 24));
  const std::size_t step = input.byte();  // of contexts

  const std::size_t per_row = (columns + block - 1) / block;
  const Blocks blocks((code.begin + 1024) / per_row + 1, block, hints);
  code.blocks = &blocks;

  Input how = input;
  std::vector<std::uint64_t> index;
  if (!raw) index = input.indices(block, 24);
  const std::size_t count = raw ? given : index.size() / block;
  const std::vector<std::uint16_t> contexts = contexts_of(step % 2 == 0 ? 0 : count, step);
  code.contexts = contexts;

  if (raw) {
    decode(copy_of(input.rest()), code, count);
    return 0;
  }
  std::vector<std::uint8_t> bytes;
  try {
    bytes = pack_sequence(index, code).bytes;
  } catch (const IndexError& error) {
    const int depth = depth_of(BoxIndexView(index).subspan(error.element * block, block));
    REQUIRE(depth < 0 || depth > blocks.order(code.begin + error.element).levels());
    return 0;
  }
  std::vector<std::uint64_t> again(index.size());
  unpack_sequence(bytes, code, again);
  REQUIRE(again == index);
  how.damage(bytes);
  decode(bytes, code, count);
  return 0;
}
