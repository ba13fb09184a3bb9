// Tables whose rows are structs of numbers of 32 bits, kept by columns: `width` rows at once are a
// struct of vectors.

// Row: a struct of Words and Floats. `columns` says how many, and `each(f)` calls f with one after the
// other. The table holds `most` rows.
template <class Row, std::size_t most>
class Table {
 public:
  std::size_t size() const { return size_; }
  bool has_room(std::size_t more) const { return more <= most - size_; }
  void clear() { size_ = 0; }

  // Rows at, at + 1, ...; those beyond the last are anything.
  ASTAR_REC_LANES Row load(std::size_t at) const {
    Row rows;
    std::size_t column = 0;
    rows.each([&](auto& x) ASTAR_REC_LAMBDA { load_lanes(x, &cells_[column++][at]); });
    return rows;
  }

  // Rows that need not be neighbours.
  ASTAR_REC_LANES Row gather_rows(Word which) const {
    Row rows;
    std::size_t column = 0;
    rows.each([&](auto& x) ASTAR_REC_LAMBDA { gather(x, cells_[column++], which); });
    return rows;
  }

  // Adds those rows that are kept. Requires room for them. May write over `width` rows from the
  // table's end on, whatever is kept.
  ASTAR_REC_LANES void append(const Keep& keep, Row rows) {
    std::size_t column = 0;
    rows.each([&](auto& x) ASTAR_REC_LAMBDA { keep(&cells_[column++][size_], x); });
    size_ += keep.count();
  }

 private:
  std::size_t size_ = 0;
  std::uint32_t cells_[Row::columns][most + width];
};
