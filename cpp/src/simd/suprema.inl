// Suprema of ratios over the dyadic cells of a line, by their heap numbers: 1 is all of the line, and
// cell c has the halves 2c and 2c + 1.
ASTAR_REC_LANES Word depth_of(Word cell) { return (Word)(((Int)to_float((Int)cell) >> 23) - 127); }

// Where in a cell random bits fall.
ASTAR_REC_LANES Wide place_in(Word cell, const Wide& bits) {
  const Word depth = depth_of(cell);
  const Word up = 31 - depth;  // a shift by 32 would be none
  return {cell << up << 1 | bits.high >> depth, bits.high << up << 1 | bits.low >> depth};
}

// Of each of up to `most` ratios: a table of shallow cells, where most searches stay. Deeper ones are
// computed when they are asked for.
template <class Families, std::size_t most>
class CellSuprema {
 public:
  void fill(const Ratios<Families, most>& ratios, std::uint32_t number) {
    const typename Families::Ratio ratio = ratios.of_all(number);
    const Float vertex = splat(ratios.vertex[number]);
    const Ends& ends = Ends::kept();
    for (std::uint32_t cell = 0; cell < cells_kept; cell += width) {
      Float first, last;
      load_lanes(first, ends.first + cell);
      load_lanes(last, ends.last + cell);
      store_lanes(kept_ + number * cells_kept + cell,
                  Families::supremum(ratio, vertex, first, last));
    }
  }

  float of_line(std::uint32_t number) const { return kept_[number * cells_kept + 1]; }

  // In lanes that are not asked for, anything.
  ASTAR_REC_LANES Float of_cell(Mask which, const Ratios<Families, most>& ratios, Word number,
                                Word cell) const {
    const Word shallow = cell < cells_kept ? cell : Word{};
    const Float found = gather(kept_, number * cells_kept + shallow);
    const Mask deep = which & (Mask)(cell >= cells_kept);
    if (lanes_of(deep) == 0) [[likely]]
      return found;
    return deep ? of_deep(ratios, number, cell) : found;
  }

 private:
  static constexpr std::uint32_t cells_kept = 64;

  // The quantiles at the ends of the cells in the table.
  struct Ends {
    float first[cells_kept] = {};
    float last[cells_kept] = {};

    Ends() {
      for (std::uint64_t cell = 1; cell < cells_kept; ++cell) {
        first[cell] = static_cast<float>(Families::quantile(cell_first(cell)));
        last[cell] = static_cast<float>(Families::quantile(cell_last(cell)));
      }
    }
    static const Ends& kept() {
      static const Ends ends;
      return ends;
    }
  };

  [[gnu::noinline]] static Float of_deep(const Ratios<Families, most>& ratios, Word number,
                                         Word cell) {
    const Float first = Families::quantile(place_in(cell, Wide{}));
    const Float last = Families::quantile(place_in(cell, splat_wide(last_position)));
    return Families::supremum(ratios.at(number), gather(ratios.vertex, number), first, last);
  }

  float kept_[most * cells_kept];
};
