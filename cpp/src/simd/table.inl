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

  // Takes the last rows off, `count` of them or as many as there are; returns how many.
  ASTAR_REC_LANES std::size_t drop(std::size_t count, Row& rows) {
    count = std::min(count, size_);
    size_ -= count;
    rows = load(size_);
    return count;
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

// A stack of rows, of any height: tables one above the other.
template <class Row>
class Stack {
 public:
  bool empty() const { return top_ == 0; }

  // The rows that one call could take off, if there were no limit of `width`.
  std::size_t top() const { return top_ == 0 ? 0 : pages_[top_ - 1]->size(); }

  ASTAR_REC_LANES void push(const Keep& keep, const Row& rows) {
    if (keep.count() == 0) return;
    if (top_ == 0 || !pages_[top_ - 1]->has_room(width)) turn_page();
    pages_[top_ - 1]->append(keep, rows);
  }

  // Takes at most `width` rows off, all from one table, and says how many. Requires that there are some.
  ASTAR_REC_LANES std::size_t pop(Row& rows) {
    Page& page = *pages_[top_ - 1];
    const std::size_t count = page.drop(width, rows);
    if (page.size() == 0) --top_;
    return count;
  }

 private:
  static constexpr std::size_t rows_of_page = 256;
  using Page = Table<Row, rows_of_page>;

  [[gnu::cold, gnu::noinline]] void turn_page() {
    if (top_ == pages_.size()) pages_.push_back(std::unique_ptr<Page>(new Page));
    pages_[top_++]->clear();
  }

  std::vector<std::unique_ptr<Page>> pages_;  // those from top_ on are empty
  std::size_t top_ = 0;
};
