// Indices of hybrid coding, of blocks and of single elements, to samples: refused, or what the proposal
// can have.
#include "input.hpp"
#include "proposals.hpp"

using namespace astar_rec;

namespace {

// Whether what is left of a number without its last bits is a candidate's: a bit at a time.
bool names_candidate(std::vector<std::uint64_t> number, std::size_t without) {
  constexpr std::uint64_t candidates = 500;  // of MethodCase
  for (; without > 0; --without) {
    for (std::size_t i = 0; i < number.size(); ++i) {
      const std::uint64_t above = i + 1 < number.size() ? number[i + 1] & 1 : 0;
      number[i] = number[i] >> 1 | above << 63;
    }
  }
  for (std::size_t i = 1; i < number.size(); ++i) {
    if (number[i] != 0) return false;
  }
  return number[0] >= 1 && number[0] <= candidates;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Input input(data, size);
  const std::uint64_t halvings = input.between(1, 31);
  const MethodCase method{Variant::hybrid, halvings};
  const std::uint64_t seed = input.bytes(8);
  const auto block = static_cast<std::size_t>(input.between(1, 31));
  const auto rows = static_cast<std::size_t>(input.between(1, 3));
  const auto columns = static_cast<std::size_t>(input.between(1, 40));
  const Blocks blocks(rows, columns, block);
  const std::uint64_t offset = input.bytes(6) % (element_limit - blocks.elements());
  const Proposals proposals(input, blocks.elements());

  const std::size_t words = method.words(block);
  const std::vector<std::uint64_t> index = indices_of(input, blocks.count(), words);
  const auto possible = [&](std::size_t number) {
    const auto begin = index.begin() + static_cast<std::ptrdiff_t>(number * words);
    return names_candidate({begin, begin + static_cast<std::ptrdiff_t>(words)},
                           static_cast<std::size_t>(halvings) * blocks.dimensions(number));
  };
  decode_or_refuse(index, proposals, blocks, method, seed, offset, possible);
  return 0;
}
