// Random numbers of one node of many consecutive elements, as random.hpp has them.

inline void node_bits(std::uint64_t seed, std::uint64_t first, std::uint64_t node,
                      std::span<std::uint64_t> place, std::span<std::uint64_t> arrival) {
  constexpr std::size_t pairs = width / 2, groups = 2;
  const PhiloxKey key = key_of(seed);
  Pair numbers_from_0;
  for (std::size_t i = 0; i < pairs; ++i) numbers_from_0[i] = i;
  std::size_t i = 0;
  for (; i + groups * pairs <= place.size(); i += groups * pairs) {
    Pair counters[groups][4];
    for (std::size_t g = 0; g < groups; ++g) {
      const Pair element = numbers_from_0 + (first + i + g * pairs);
      counters[g][0] = Pair{} + node;
      counters[g][1] = Pair{} + (node >> 32);
      counters[g][2] = element;
      counters[g][3] = element >> 32;
    }
    philox(counters, key);
    for (std::size_t g = 0; g < groups; ++g) {
      const Pair(&c)[4] = counters[g];
      const Pair low = (c[0] & std::uint64_t{0xFFFFFFFF}) | c[1] << 32;
      const Pair high = (c[2] & std::uint64_t{0xFFFFFFFF}) | c[3] << 32;
      std::memcpy(&place[i + g * pairs], &low, sizeof low);
      std::memcpy(&arrival[i + g * pairs], &high, sizeof high);
    }
  }
  for (; i < place.size(); ++i) {
    const NodeBits bits = NodeRandom(seed, first + i)({node, 0});
    place[i] = bits.place;
    arrival[i] = bits.arrival;
  }
}
