// Random numbers by address, as random.hpp has them: of `width` nodes at once.

struct Bits {
  Wide place;    // where a node's sample lies
  Wide arrival;  // what its arrival time is made of
};

inline PhiloxKey key_of(std::uint64_t seed) {
  return {static_cast<std::uint32_t>(seed), static_cast<std::uint32_t>(seed >> 32)};
}

// Which of an element's nodes: Address of random.hpp, its lane moved to where the counter has it.
struct NodeAddress {
  Wide node;
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

ASTAR_REC_LANES Bits draw(PhiloxKey key, const Wide& element, const NodeAddress& at) {
  const Word high = at.lane_bits | element.high;
  Pair lanes[2][4] = {
      {(Pair)at.node.low, (Pair)at.node.high, (Pair)element.low, (Pair)high},
      {odd_lanes(at.node.low), odd_lanes(at.node.high), odd_lanes(element.low), odd_lanes(high)}};
  philox(lanes, key);
  const auto& [even, odd] = lanes;
  return {{interleave(even[1], odd[1]), interleave(even[0], odd[0])},
          {interleave(even[3], odd[3]), interleave(even[2], odd[2])}};
}
