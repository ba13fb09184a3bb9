// The search of blocks in lanes: the boxes of several blocks side by side, in waves.
//
// As in mode_first.inl, the order of a search does not matter as long as all nodes are evaluated whose
// bounds exceed B, the winner's value. And about where B will be is known before a search: whatever
// the target, it has the law of a Gumbel. So there is no heap, but a threshold that falls:
//
//     for falling thresholds, until nothing is left that might win:
//         evaluate all nodes with bounds above it, the last found first, and so on with their children;
//         set those with bounds below it aside
//
// What is evaluated below B is evaluated in vain, and that is one node in 30. Lanes hold nodes of any
// depth, of any of the blocks.
//
// Suprema are sums over dimensions. Those of shallow cells are in a table, made for each block; so a
// child's supremum takes one difference and one sum. A value is added up dimension by dimension, until
// there is no lane in which the suprema of the rest could carry it to the best.
//
// All of that is approximate. Nodes that may have won are evaluated again in exact arithmetic, and so
// are bounds too close to the winner's value to be counted: a few nodes of a block.
//
// A block with a budget of K steps is done when more than K nodes lie above the threshold: those with the K
// largest bounds are among them (lane_search.hpp). If the best of all is one of these, it is the winner.
template <class Families, int most_dimensions>
class Boxes final : public BoxLaneSearch {
 public:
  void run(const BoxTask& task, BoxExact& exact, const BoxResult& result) override {
    begin(task);
    float step = 0.5F;
    for (threshold_ = 0.5F; !later_.empty(); threshold_ -= step, step *= 1.25F) {
      begin_wave();
      for (std::uint32_t turns = 1; work(); ++turns) {
        if (turns % 4096 == 0) exact.pause();
      }
      for (std::size_t i = 0; i < task.count(); ++i) {
        if (seen_[i].size() > task.most_steps) floor_[i] = infinity;
      }
    }
    for (std::size_t i = 0; i < task.count(); ++i) {
      std::uint64_t winner = is_known(i) ? winner_of(i, exact) : 0;
      if (winner != 0) {
        result.steps[i] = steps_of(i, winner, exact);
        const bool cut = result.steps[i] > task.most_steps;
        if (cut && !is_among_first(i, winner, task.most_steps, exact)) winner = 0;
      }
      result.node[i] = winner;
    }
  }

 private:
  using Ratio = typename Families::Ratio;

  static constexpr std::size_t most = most_in_boxes;  // elements
  static constexpr std::size_t most_blocks = most / 2;
  static constexpr float infinity = std::numeric_limits<float>::infinity();
  // So many binary digits has the heap number of a node after its first; and no larger is that of a
  // cell of one dimension.
  static constexpr std::uint32_t deepest = 62;
  static constexpr std::uint32_t most_cell = 1U << 22;
  // After so many dimensions most values cannot win any more.
  static constexpr int early_dimensions = std::min(3, most_dimensions);

  // A node, not yet drawn.
  struct Box {
    Word block;
    Wide node;
    Word cells[most_dimensions];
    Word depth;
    Float arrival;  // the parent's
    Float supremum;
    Float limit;  // of its bound

    ASTAR_REC_LANES void each(const auto& f) {
      f(block), node.each(f), each_cell(cells, f), f(depth), f(arrival), f(supremum), f(limit);
    }
    static constexpr std::size_t columns = 7 + most_dimensions;
  };
  // One that was drawn.
  struct Drawn {
    Box box;  // with its own arrival, and its bound for a limit
    Float gumbel;
    Wide place;  // along the first dimension

    ASTAR_REC_LANES void each(const auto& f) { box.each(f), f(gumbel), place.each(f); }
    static constexpr std::size_t columns = Box::columns + 3;
  };
  // One whose value is being added up.
  struct Part {
    Word block;
    Wide node;
    Word cells[most_dimensions];
    Float value;    // so far
    Float at_most;  // what it may become

    ASTAR_REC_LANES void each(const auto& f) {
      f(block), node.each(f), each_cell(cells, f), f(value), f(at_most);
    }
    static constexpr std::size_t columns = 5 + most_dimensions;
  };

  ASTAR_REC_LANES static void each_cell(Word (&cells)[most_dimensions], const auto& f) {
#pragma GCC unroll 16
    for (Word& cell : cells) f(cell);
  }

  // A node that was evaluated, with its bound, or one that may have won, with its value.
  struct Found {
    std::uint64_t node;
    float at;
  };

  // --- Before and after ---------------------------------------------------------------------------

  void begin(const BoxTask& task) {
    key_ = key_of(task.seed);
    dimensions_ = static_cast<int>(task.dimensions);
    limited_ = task.max_depth <= static_cast<int>(deepest);
    max_depth_ = limited_ ? static_cast<std::uint32_t>(task.max_depth) : deepest;
    most_seen_ = task.most_steps < (1U << 18) ? 8 * task.most_steps + 256 : std::uint64_t{1} << 21;
    ratios_.prepare(task.parameters);
    one_block_ = task.count() == 1;
    for (std::size_t i = 0; i < task.count(); ++i) begin_block(task, i);
  }

  void begin_block(const BoxTask& task, std::size_t i) {
    const auto number = static_cast<std::uint32_t>(i);
    element_low_[i] = static_cast<std::uint32_t>(task.first_element[i]);
    element_high_[i] = static_cast<std::uint32_t>(task.first_element[i] >> 32);
    const HalvingOrder& order = *task.order[i];
    for (std::uint32_t depth = 0; depth < max_depth_; ++depth) {
      order_[number * (deepest + 1) + depth] =
          static_cast<std::uint32_t>(order[static_cast<int>(depth)]);
    }
    seen_[i].clear();
    good_[i].clear();
    best_[i] = floor_[i] = -infinity;
    lost_[i] = false;
    slack_[i] = slack_of_bound_[i] =
        0x1p-21F * 1400.0F;  // of sums of suprema below 90, 16 to 62 of them
    peak_[i] = 0.0F;
    bool fit = true;
    for (int j = 0; j < dimensions_; ++j) {
      const std::uint32_t place =
          number * static_cast<std::uint32_t>(dimensions_) + static_cast<std::uint32_t>(j);
      suprema_.fill(ratios_, place);
      const Ratio ratio = ratios_.of_all(place);
      fit = fit && lanes_of(ratio.fit()) == all_lanes;
      slack_[i] += ratio.slack()[0];
      slack_of_bound_[i] += ratio.slack_of_supremum()[0];
      peak_[i] += suprema_.of_line(place);
    }
    if (!fit) return give_up(number);

    Box root{};
    root.block = splat_word(number);
    root.node = splat_wide(1);
    root.supremum = splat(peak_[i]);
    root.limit = splat(infinity);
    for (Word& cell : root.cells) cell = splat_word(1);
    later_.push(Keep(first_lanes(1)), root);
  }

  // Blocks that are done with have infinite floors, which nothing exceeds; these are for the exact search.
  void give_up(std::uint32_t block) {
    lost_[block] = true;
    floor_[block] = infinity;
  }
  bool is_known(std::size_t block) const {
    // Values far below the others' may be off by more than `slack` says.
    return !lost_[block] && best_[block] > peak_[block] + Families::most_gumbel - 90.0F;
  }

  // 0 if there is none.
  std::uint64_t winner_of(std::size_t block, BoxExact& exact) {
    std::uint64_t winner = 0;
    value_ = -std::numeric_limits<double>::infinity();
    const float floor = best_[block] - slack_[block];
    for (const Found& found : good_[block]) {
      if (found.at < floor) continue;
      const double value = exact.value(block, found.node);
      if (value > value_) {
        value_ = value;
        winner = found.node;
      }
    }
    return winner;
  }

  std::uint64_t steps_of(std::size_t block, std::uint64_t winner, BoxExact& exact) const {
    std::uint64_t steps = 0;
    const double slack = 0.5 * static_cast<double>(slack_of_bound_[block]);
    for (const Found& found : seen_[block]) {
      const double above = static_cast<double>(found.at) - value_;
      if (above > slack || found.node == winner ||
          (above > -slack && exact.bound(block, found.node) > value_)) {
        ++steps;
      }
    }
    return steps;
  }

  // Whether a search evaluates a node among so many: those with the largest bounds.
  bool is_among_first(std::size_t block, std::uint64_t node, std::uint64_t many, BoxExact& exact) {
    const auto own = std::ranges::find(seen_[block], node, &Found::node);
    if (own == seen_[block].end()) return false;
    const double bound = exact.bound(block, node);
    std::uint64_t before = 0;
    for (const Found& found : seen_[block]) {
      const float above = found.at - own->at;
      const bool close = std::fabs(above) <= slack_of_bound_[block];
      if (close ? exact.bound(block, found.node) > bound : above > 0.0F) ++before;
    }
    return before < many;
  }

  // --- Waves --------------------------------------------------------------------------------------

  void begin_wave() {
    std::swap(later_, spare_);
    while (!spare_.empty()) {
      Box row;
      const Mask there = first_lanes(spare_.pop(row));
      row.block = there ? row.block : Word{};
      wait(there & (row.limit > gather(floor_, row.block)), row);
    }
  }

  // Some work of this wave, of full vectors if possible; false if there is none left.
  bool work() {
    if (parts_.top() >= width) {
      finish_values();
    } else if (drawn_.top() >= width) {
      evaluate();
    } else if (!now_.empty()) {
      draw_some();
    } else if (!drawn_.empty()) {
      evaluate();
    } else if (!parts_.empty()) {
      finish_values();
    } else {
      return false;
    }
    return true;
  }

  // For this wave or for a later one.
  ASTAR_REC_LANES void wait(Mask which, const Box& row) {
    const Mask high = row.limit > threshold_;
    now_.push(Keep(which & high), row);
    later_.push(Keep(which & ~high), row);
  }

  void draw_some() {
    Drawn row;
    Box& box = row.box;
    const Mask there = first_lanes(now_.pop(box));
    box.block = there ? box.block : Word{};
    const Bits bits = draw(key_, element(box.block), {box.node, Word{}});
    const Float spread = (Float)((box.depth + 127) << 23);
    const Float arrival = fused(exponential(bits.arrival), spread, box.arrival);
    row.gumbel = negative_log(arrival);
    row.place = bits.place;
    box.limit = row.gumbel + box.supremum;
    const Mask may_win = there & (box.limit > gather(floor_, box.block));
    give_up(may_win & (row.gumbel > Families::most_gumbel), box.block);
    // Later it is drawn again, from its parent's arrival.
    const Mask high = box.limit > threshold_;
    later_.push(Keep(may_win & ~high), box);
    box.arrival = arrival;
    drawn_.push(Keep(may_win & high), row);
  }

  // Begins to add up values, and makes children.
  void evaluate() {
    Drawn row;
    Box& box = row.box;
    const Mask there = first_lanes(drawn_.pop(row));
    box.block = there ? box.block : Word{};
    const Mask may_win = there & (box.limit > gather(floor_, box.block));
    if (lanes_of(may_win) == 0) return;
    see(may_win, box);

    Part part{box.block, box.node, {}, row.gumbel, box.limit};
    std::copy_n(box.cells, most_dimensions, part.cells);
    add_dimensions(may_win, part, 0, std::min(dimensions_, early_dimensions), row.place);
    push_children(may_win, row);
  }

  void finish_values() {
    Part part;
    const Mask there = first_lanes(parts_.pop(part));
    part.block = there ? part.block : Word{};
    add_dimensions(there, part, early_dimensions, dimensions_, Wide{});
  }

  // Adds the terms of some dimensions to values; `place` is for dimension 0.
  ASTAR_REC_LANES void add_dimensions(Mask which, Part& part, int begin, int end,
                                      const Wide& place) {
    const Float floor = gather(floor_, part.block);
    Bits bits{};
    end = std::min(end, most_dimensions);
    for (int j = begin; j < end; ++j) {
      if (j % 2 == 1) {
        bits = draw(key_, element(part.block),
                    {part.node, splat_word(static_cast<std::uint32_t>(j + 1) / 2 << 16)});
      }
      const Wide random = j == 0 ? place : j % 2 == 1 ? bits.place : bits.arrival;
      const Word along = dimension(part.block, j);
      const Float term = ratio(along)(Families::quantile(place_in(part.cells[j], random)));
      part.value = part.value + term;
      part.at_most = part.at_most + (term - supremum(which, along, part.cells[j]));
      which &= part.at_most > floor;
      if (lanes_of(which) == 0) return;
    }
    if (end < dimensions_) {
      parts_.push(Keep(which), part);
    } else {
      take(which, part);
    }
  }

  ASTAR_REC_LANES void push_children(Mask which, const Drawn& row) {
    const Box& box = row.box;
    which &= (Mask)(box.depth < max_depth_);
    if (lanes_of(which) == 0) return;
    const Word depth = which ? box.depth : Word{};
    const Word halved = gather_words(order_, box.block * (deepest + 1) + depth);
    Word cell{};
#pragma GCC unroll 16
    for (int j = 0; j < most_dimensions; ++j) {
      cell = halved == splat_word(static_cast<std::uint32_t>(j)) ? box.cells[j] : cell;
    }
    const Word along = box.block * static_cast<std::uint32_t>(dimensions_) + halved;
    const Float rest = box.supremum - supremum(which, along, cell);
    const Float floor = gather(floor_, box.block);
    Box child = box;
    child.node = box.node + box.node;
    child.depth = box.depth + 1;
#pragma GCC unroll 2
    for (std::uint32_t side = 0; side < 2; ++side) {
      const Word half = 2 * cell + side;
      child.supremum = rest + supremum(which, along, half);
      child.limit = row.gumbel + child.supremum;
      child.node.low |= side;
#pragma GCC unroll 16
      for (int j = 0; j < most_dimensions; ++j) {
        child.cells[j] = halved == splat_word(static_cast<std::uint32_t>(j)) ? half : box.cells[j];
      }
      const Mask may_win = which & (child.limit > floor);
      if (!limited_) give_up(may_win & (Mask)(child.depth == max_depth_), box.block);
      give_up(may_win & (Mask)(half >= most_cell), box.block);
      wait(may_win, child);
    }
  }

  // --- Single nodes -------------------------------------------------------------------------------

  ASTAR_REC_LANES void see(Mask which, const Box& row) {
    for (unsigned lanes = lanes_of(which); lanes != 0; lanes &= lanes - 1) {
      const int i = std::countr_zero(lanes);
      const std::uint32_t block = row.block[i];
      seen_[block].push_back({lane_of(row.node, i), row.limit[i]});
      if (seen_[block].size() > most_seen_) [[unlikely]]
        give_up(block);
    }
  }

  ASTAR_REC_LANES void take(Mask which, const Part& part) {
    for (unsigned lanes = lanes_of(which); lanes != 0; lanes &= lanes - 1) {
      const int i = std::countr_zero(lanes);
      const std::uint32_t block = part.block[i];
      const float value = part.value[i];
      if (!(value > floor_[block])) continue;
      good_[block].push_back({lane_of(part.node, i), value});
      best_[block] = std::max(best_[block], value);
      floor_[block] = std::max(floor_[block], best_[block] - slack_[block]);
    }
  }

  ASTAR_REC_LANES void give_up(Mask which, Word block) {
    if (lanes_of(which) == 0) [[likely]]
      return;
    for (int i = 0; i < width; ++i) {
      if (which[i] != 0) give_up(block[i]);
    }
  }

  // --- Dimensions, and cells along them -----------------------------------------------------------

  ASTAR_REC_LANES Wide element(Word block) const {
    return {gather_words(element_high_, block), gather_words(element_low_, block)};
  }

  // Where arrays have what concerns a dimension of a block.
  ASTAR_REC_LANES Word dimension(Word block, int j) const {
    return block * static_cast<std::uint32_t>(dimensions_) + static_cast<std::uint32_t>(j);
  }

  ASTAR_REC_LANES Ratio ratio(Word along) const {
    return one_block_ ? ratios_.of_all(along[0]) : ratios_.at(along);
  }

  ASTAR_REC_LANES Float supremum(Mask which, Word along, Word cell) const {
    return suprema_.of_cell(which, ratios_, along, cell);
  }

  PhiloxKey key_{};
  int dimensions_ = 0;
  bool one_block_ = false;
  bool limited_ = false;  // the deepest level is the method's own limit
  std::uint32_t max_depth_ = 0;
  std::uint64_t most_seen_ = 0;
  double value_ = 0.0;  // the winner's, of the block that is being ended

  float threshold_ = 0.0F;

  Stack<Box> now_, later_, spare_;
  Stack<Drawn> drawn_;
  Stack<Part> parts_;

  // Of each dimension of each block.
  Ratios<Families, most> ratios_;
  CellSuprema<Families, most> suprema_;
  // Of each block.
  std::uint32_t element_low_[most_blocks], element_high_[most_blocks];
  std::uint32_t order_[most_blocks * (deepest + 1)];
  float best_[most_blocks];
  float floor_[most_blocks];  // what is not above this is not the winner
  float peak_[most_blocks];
  bool lost_[most_blocks];
  float slack_[most_blocks], slack_of_bound_[most_blocks];
  std::vector<Found> seen_[most_blocks], good_[most_blocks];
};
