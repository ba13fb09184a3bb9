// Blocks of indices to samples, with hints and short blocks: refused, or what the proposal can have.
#include "input.hpp"
#include "proposals.hpp"
#include "tree/box.hpp"

using namespace astar_rec;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Input input(data, size);
  MethodCase method = method_of(input, max_block * max_index_depth);
  if (method.variant == Variant::as_star) method.variant = Variant::ad_star;  // has no blocks
  const std::uint64_t seed = input.bytes(8);
  const auto block = static_cast<std::size_t>(input.between(1, max_block));
  const auto rows = static_cast<std::size_t>(input.between(1, 3));
  std::vector<double> hints(static_cast<std::size_t>(input.between(1, 40)));
  const bool hinted = input.flag();
  for (double& hint : hints) hint = hinted ? input.real() : 0.0;
  const Blocks blocks(rows, block, hints);
  const std::uint64_t offset = input.bytes(6) % (element_limit - blocks.elements());
  const Proposals proposals(input, blocks.elements());

  const std::size_t words = method.words(block);
  const std::vector<std::uint64_t> index = indices_of(input, blocks.count(), words);
  const auto possible = [&](std::size_t number) {
    const BoxIndexView own = BoxIndexView(index).subspan(number * words, words);
    const int depth = depth_of(own);
    const int levels = max_index_depth * static_cast<int>(blocks.dimensions(number));
    if (method.numbers_samples()) {
      return depth >= 0 && depth < 64 && (method.limit == 0 || own[0] <= method.limit);
    }
    const bool limited = method.variant == Variant::dad_star;
    return depth >= 0 && depth <= levels &&
           (!limited || static_cast<std::uint64_t>(depth) <= method.limit);
  };
  decode_or_refuse(index, proposals, blocks, method, seed, offset, possible);
  return 0;
}
