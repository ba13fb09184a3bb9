// The codes of words: what decodes is what an encoder writes, in as many bits as it says.
#include "codes/index_codes.hpp"
#include "input.hpp"

using namespace astar_rec;

namespace {

void decode(const std::vector<std::uint8_t>& bytes, Code code, int parameter, std::size_t count) {
  std::vector<std::uint64_t> index(count);
  try {
    unpack(bytes, code, parameter, index);
  } catch (const CorruptDataError&) {
    return;
  }
  for (const std::uint64_t n : index) REQUIRE(n != 0);
  REQUIRE(pack(index, code, parameter) == bytes);
  REQUIRE((coded_bits(index, code, parameter) + 7) / 8 == bytes.size());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Input input(data, size);
  const auto code = static_cast<Code>(input.byte() % 4);
  const int parameter = code == Code::fixed  ? input.between(1, 64)
                        : code == Code::zeta ? input.between(1, 63)
                                             : 0;
  if (input.flag()) {  // raw bytes
    const auto count = static_cast<std::size_t>(input.between(0, 1024));
    decode(copy_of(input.rest()), code, parameter, count);
    return 0;
  }
  Input how = input;  // the damage, whose bytes are the first index's too
  std::vector<std::uint64_t> index;
  while (!input.empty()) index.push_back(input.number());
  std::vector<std::uint8_t> bytes;
  try {
    bytes = pack(index, code, parameter);
  } catch (const IndexError& error) {
    const std::uint64_t n = index.at(error.element);
    REQUIRE(n == 0 || (code == Code::fixed && n >> (parameter - 1) > 1));
    return 0;
  }
  std::vector<std::uint64_t> again(index.size());
  unpack(bytes, code, parameter, again);
  REQUIRE(again == index);
  how.damage(bytes);
  decode(bytes, code, parameter, index.size());
  return 0;
}
