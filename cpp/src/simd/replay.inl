// From indices to positions, in lanes: what replay.hpp does, exactly.

// The places of nodes of AD* and of the global bound, the first 64 random bits of each. In groups of
// numbers of 64 bits, as nodes are, instead of lanes of 32.
inline void draw_places(std::uint64_t seed, std::uint64_t first_element,
                        std::span<const std::uint64_t> node, std::span<std::uint64_t> place) {
  constexpr int groups = 4;
  constexpr int in_group = width / 2;
  const PhiloxKey key = key_of(seed);
  std::uint64_t padded[groups * in_group] = {};
  Pair number;
  for (int i = 0; i < in_group; ++i) number[i] = first_element + static_cast<std::uint64_t>(i);
  for (std::size_t at = 0; at < node.size(); at += std::size(padded)) {
    const std::size_t count = std::min(std::size(padded), node.size() - at);
    const std::uint64_t* from = &node[at];
    if (count < std::size(padded)) {
      std::copy_n(from, count, padded);
      from = padded;
    }
    Pair counters[groups][4];
#pragma GCC unroll 4
    for (int g = 0; g < groups; ++g) {
      auto& c = counters[g];
      std::memcpy(&c[0], from + g * in_group, sizeof c[0]);
      c[1] = c[0] >> 32;
      c[2] = number;
      c[3] = Pair{} + (first_element >> 32);
      number += in_group;
    }
    philox(counters, key);
    std::uint64_t* to = count < std::size(padded) ? padded : &place[at];
#pragma GCC unroll 4
    for (int g = 0; g < groups; ++g) {
      const Pair bits = (counters[g][0] & std::uint64_t{0xFFFFFFFF}) | counters[g][1] << 32;
      std::memcpy(to + g * in_group, &bits, sizeof bits);
    }
    if (to == padded) std::copy_n(padded, count, &place[at]);
  }
}

// The positions that indices of AS* name: all of them walk towards their cells side by side, until
// their samples lie there.
class SidesReplay final : public LaneReplay {
 public:
  void run(std::uint64_t seed, std::uint64_t first_element, std::span<const std::uint64_t> index,
           std::span<Position> position) override {
    const PhiloxKey key = key_of(seed);
    const Wide first = splat_wide(first_element);
    walks_.clear();
    for (std::size_t at = 0; at < index.size(); at += width) {
      Walk row{};
      row.number = numbers() + static_cast<std::uint32_t>(at);
      row.region = Sides::root();
      for (int i = 0; i < width && at + static_cast<std::size_t>(i) < index.size(); ++i) {
        const std::uint64_t cell = index[at + static_cast<std::size_t>(i)];
        set_lane(row.first, i, cell_first(cell));
        set_lane(row.last, i, cell_last(cell));
      }
      walks_.append(Keep(first_lanes(index.size() - at)), row);
    }
    for (int level = 0; walks_.size() != 0; ++level) {
      const std::size_t count = walks_.size();
      walks_.clear();
      for (std::size_t at = 0; at < count; at += width) {
        Walk row = walks_.load(at);
        const Mask there = first_lanes(count - at);
        const Wide element = {first.high, first.low + row.number};
        const Wide bits = draw(key, element, Sides::address(row.region)).place;
        const Wide sample = Sides::place(row.region, level, bits);
        const Mask left_of_it = sample < row.first;
        const Mask outside = left_of_it | (row.last < sample);
        for (unsigned lanes = lanes_of(there & ~outside); lanes != 0; lanes &= lanes - 1) {
          const int i = std::countr_zero(lanes);
          position[row.number[i]] = lane_of(sample, i);
        }
        row.region = Sides::side(row.region, left_of_it, sample);
        walks_.append(Keep(there & outside), row);
      }
    }
  }

 private:
  struct Walk {
    Word number;
    Sides::Region region;
    Wide first, last;  // of the cell

    static constexpr std::size_t columns = Sides::Region::columns + 5;
    ASTAR_REC_LANES void each(const auto& f) {
      f(number), region.each(f), first.each(f), last.each(f);
    }
  };

  Table<Walk, most_in_lanes> walks_;
};

// The places of cells' samples, from their bits.
inline void place_in_cells(std::span<const std::uint64_t> cell, std::span<Position> position) {
  std::size_t i = 0;
#if ASTAR_REC_AVX2
  for (; i + 4 <= cell.size(); i += 4) {
    Pair which, bits;
    std::memcpy(&which, &cell[i], sizeof which);
    std::memcpy(&bits, &position[i], sizeof bits);
    // Shifts by 64 give 0.
    const Long free = leading_zeros(which) + 1;
    const __m256i first = _mm256_sllv_epi64((__m256i)which, (__m256i)free);
    const __m256i rest = _mm256_srlv_epi64((__m256i)bits, (__m256i)(64 - free));
    const Pair place = (Pair)first | (Pair)rest;
    std::memcpy(&position[i], &place, sizeof place);
  }
#endif
  for (; i < cell.size(); ++i) position[i] = Dyadic::place(cell[i], position[i]);
}

template <class Partition>
class PlacesReplay final : public LaneReplay {
 public:
  void run(std::uint64_t seed, std::uint64_t first_element, std::span<const std::uint64_t> index,
           std::span<Position> position) override {
    draw_places(seed, first_element, index, position);
    if constexpr (std::is_same_v<Partition, Dyadic>) place_in_cells(index, position);
  }
};
