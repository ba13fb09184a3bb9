// Partitions in lanes, down the path of the mode: what partition.hpp says of them. All elements are at
// the same level of their paths.
//
//     Region               where an element's path is
//     Cell                 what names a node besides its step and its place
//     step(at, level)      tells nodes of an element apart
//     spread(at, level)    one over the mass of the region

// AD*: halves. The half beside the path may hold the winner too.
struct Halves {
  static constexpr bool sets_aside = true;

  struct Region {
    Word node;

    static constexpr std::size_t columns = 1;
    ASTAR_REC_LANES void each(const auto& f) { f(node); }
  };
  struct Cell {
    static constexpr std::size_t columns = 0;
    ASTAR_REC_LANES void each(const auto&) {}
  };

  ASTAR_REC_LANES static Region root() { return {splat_word(1)}; }
  ASTAR_REC_LANES static NodeAddress address(const Region& at) {
    return {{Word{}, at.node}, Word{}};
  }
  ASTAR_REC_LANES static Word step(const Region& at, int) { return at.node; }

  ASTAR_REC_LANES static Float spread(const Region&, int level) {
    return splat(std::bit_cast<float>(static_cast<std::uint32_t>(127 + level) << 23));
  }
  ASTAR_REC_LANES static Wide place(const Region& at, int level, const Wide& bits) {
    if (level == 0) return bits;
    return {at.node << (32 - level) | bits.high >> level,
            bits.high << (32 - level) | bits.low >> level};
  }
  // The first position of the right half.
  ASTAR_REC_LANES static Wide cut(const Region& at, int level) {
    return {(2 * at.node + 1) << (31 - level), Word{}};
  }
  ASTAR_REC_LANES static Region half(const Region& at, Mask right) {
    return {2 * at.node - (Word)right};
  }

  ASTAR_REC_LANES static void name(Mask, Cell&, const Region&, const Wide&) {}
  static std::uint64_t index(Word step, const Cell&, const Wide&, int lane) { return step[lane]; }
};

// AS*: cut at the sample, which belongs to neither side.
struct Sides {
  static constexpr bool sets_aside = false;

  struct Region {
    Wide first, last;
    Wide parent;     // its sample
    Word lane_bits;  // and the side of it

    static constexpr std::size_t columns = 7;
    ASTAR_REC_LANES void each(const auto& f) {
      first.each(f), last.each(f), parent.each(f), f(lane_bits);
    }
  };
  // Its sample's exclusive or with the nearest of the samples that cut the region: the cell that names
  // the node is one halving deeper than this has leading zeros. 0 for the root.
  struct Cell {
    Wide apart;

    static constexpr std::size_t columns = 2;
    ASTAR_REC_LANES void each(const auto& f) { apart.each(f); }
  };

  ASTAR_REC_LANES static Region root() {
    return {splat_wide(0), splat_wide(last_position), splat_wide(1), Word{}};
  }
  ASTAR_REC_LANES static NodeAddress address(const Region& at) { return {at.parent, at.lane_bits}; }
  ASTAR_REC_LANES static Word step(const Region&, int level) {
    return splat_word(static_cast<std::uint32_t>(level));
  }

  ASTAR_REC_LANES static Float spread(const Region& at, int level) {
    if (level == 0) return splat(1.0F);
    return 0x1p64F / to_float(size(at));
  }
  ASTAR_REC_LANES static Wide place(const Region& at, int level, const Wide& bits) {
    if (level == 0) return bits;
    return at.first + multiply_high(bits, size(at));
  }
  ASTAR_REC_LANES static Region side(const Region& at, Mask right, const Wide& sample) {
    const Wide one = splat_wide(1);
    return {choose(right, sample + one, at.first), choose(right, at.last, sample - one), sample,
            (right ? splat_word(2) : splat_word(1)) << 16};
  }

  // In the lanes of the mask.
  ASTAR_REC_LANES static void name(Mask which, Cell& cell, const Region& at, const Wide& sample) {
    const Wide left = at.first - splat_wide(1);
    const Wide right = at.last + splat_wide(1);
    const Mask no_left = is_zero(at.first);
    const Mask no_right = is_zero(right);
    const Wide from_left = sample ^ left;
    const Wide from_right = sample ^ right;
    const Mask left_is_nearer = no_right | (from_left < from_right);
    const Wide nearer = choose(~no_left & left_is_nearer, from_left, from_right);
    const Wide apart = choose(no_left & no_right, splat_wide(0), nearer);
    cell.apart = choose(which, apart, cell.apart);
  }
  static std::uint64_t index(Word, const Cell& cell, const Wide& sample, int lane) {
    const std::uint64_t apart = lane_of(cell.apart, lane);
    if (apart == 0) return 1;
    const int depth = 1 + std::countl_zero(apart);
    if (depth > max_index_depth) return 0;
    return std::uint64_t{1} << depth | lane_of(sample, lane) >> (64 - depth);
  }

 private:
  // Not of the root, whose size has 65 bits.
  ASTAR_REC_LANES static Wide size(const Region& at) { return at.last - at.first + splat_wide(1); }
};
