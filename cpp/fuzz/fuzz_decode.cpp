// Indices to samples: any index is refused, or names a sample that the proposal can have.
#include "input.hpp"
#include "proposals.hpp"

using namespace astar_rec;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Input input(data, size);
  const MethodCase method = method_of(input, max_index_depth);
  const std::uint64_t seed = input.bytes(8);
  const auto count = static_cast<std::size_t>(input.between(0, 40));
  const std::size_t begin = input.byte() % 8;
  const std::uint64_t offset = input.bytes(6) % (element_limit - count - begin);
  const Proposals proposals(input, begin + count);
  std::vector<std::uint64_t> index(count);
  for (std::uint64_t& n : index) n = input.number();

  std::vector<double> samples(begin + count);
  const std::uint64_t largest = largest_index(method);
  const auto possible = [&](std::uint64_t n) { return n != 0 && n <= largest; };
  try {
    decode(
        index, proposals.view(), method, seed, {offset, begin}, 1, [] { return false; },
        std::span(samples).subspan(begin));
  } catch (const IndexError& error) {
    REQUIRE(error.element >= begin && error.element < begin + count);
    REQUIRE(!possible(index[error.element - begin]));
    return 0;
  }
  for (const std::uint64_t n : index) REQUIRE(possible(n));
  Proposals own = proposals;
  own.first.erase(own.first.begin(), own.first.begin() + static_cast<std::ptrdiff_t>(begin));
  own.second.erase(own.second.begin(), own.second.begin() + static_cast<std::ptrdiff_t>(begin));
  own.require_within(std::span(samples).subspan(begin));
  return 0;
}
