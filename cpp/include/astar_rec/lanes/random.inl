// Random numbers by address, as random.hpp has them: of `width` nodes at once.

struct Bits {
  Wide place;    // where a node's sample lies
  Wide arrival;  // what its arrival time is made of
};

// The seed and what the elements of a call have in common: the high bits of their numbers.
struct Stream {
  Stream() = default;
  Stream(std::uint64_t seed, std::uint64_t first_element)
      : key{static_cast<std::uint32_t>(seed), static_cast<std::uint32_t>(seed >> 32)},
        first(static_cast<std::uint32_t>(first_element)),
        high(static_cast<std::uint32_t>(first_element >> 32)) {}

  PhiloxKey key{};
  std::uint32_t first = 0;
  std::uint32_t high = 0;
};

// Which of an element's nodes: Address of random.hpp, with the lane moved to where the counter has it.
struct NodeAddress {
  Word low, high;
  Word lane_bits;
};

// Philox4x32-10, see philox.hpp, of some groups of counters side by side. Each word of a counter is the
// low half of a number of 64 bits; what the high half holds does not matter.
template <int groups>
ASTAR_REC_LANES void philox(Pair (&counters)[groups][4], PhiloxKey key) {
  const Pair multiplier_0 = Pair{} + std::uint64_t{0xD2511F53};
  const Pair multiplier_1 = Pair{} + std::uint64_t{0xCD9E8D57};
#pragma GCC unroll 10
  for (int round = 0; round < 10; ++round) {
#pragma GCC unroll 4
    for (Pair(&c)[4] : counters) {
      const Pair product_0 = multiply_low(c[0], multiplier_0);
      const Pair product_1 = multiply_low(c[2], multiplier_1);
      c[0] = (product_1 >> 32) ^ (c[1] ^ std::uint64_t{key[0]});
      c[1] = product_1;
      c[2] = (product_0 >> 32) ^ (c[3] ^ std::uint64_t{key[1]});
      c[3] = product_0;
    }
    key[0] += 0x9E3779B9;
    key[1] += 0xBB67AE85;
  }
}

ASTAR_REC_LANES Bits draw(const Stream& stream, Word number, const NodeAddress& node) {
  const Word element = number + stream.first;
  const Word high = node.lane_bits | stream.high;
  Pair lanes[2][4] = {
      {(Pair)node.low, (Pair)node.high, (Pair)element, (Pair)high},
      {odd_lanes(node.low), odd_lanes(node.high), odd_lanes(element), odd_lanes(high)}};
  philox(lanes, stream.key);
  const auto& [even, odd] = lanes;
  return {{interleave(even[1], odd[1]), interleave(even[0], odd[0])},
          {interleave(even[3], odd[3]), interleave(even[2], odd[2])}};
}
