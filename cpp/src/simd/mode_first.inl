// The search of many elements at once, in lanes: first down the path of the mode, then aside.
//
// Which nodes a best-first search evaluates does not depend on its order: they are those whose bound
// exceeds B, the value of the winner. (The winner's nearest ancestor in the heap has a bound of B or
// more, so no node with less is popped before the winner, and none after it.) So any order finds the
// same winner and can count the same steps, if it evaluates all these; others that it evaluates do no
// harm. This order is one that many elements can go through side by side:
//
//   1. Down: from the root to the half that holds the vertex of the ratio, and so on, all elements
//      of a chunk level by level, until the bound of the path's node falls below the best value. Where
//      the half beside the path might still win, it is set aside; its supremum is the ratio at the cut.
//   2. Aside: what was set aside, level by level, where it might still win. Not often: by now the best
//      value is nearly final. Of two halves that on the vertex's side has its parent's supremum.
//
// AS* needs the first part alone: what lies beside its path has the ratio of the parent's sample for its
// supremum, and cannot beat the parent.
//
// All of it is approximate (functions.inl), with errors of values and bounds below `slack` / 2. So
// nothing is left out that is not worse by more than that, and in the end a winner is certain if it is
// better than all others by more than `slack`; the number of steps, if no bound but the winner's own
// is within `slack` of B. What is not certain, one element in hundreds, is left to the exact search.
//
// A budget of K steps ends AS*'s path at its node K. Of what AD* evaluated the K nodes with the largest
// bounds are kept (lane_search.hpp).
template <class Families, class Partition>
class ModeFirst final : public LaneSearch {
 public:
  void run(const LaneTask& task, const LaneResult& result) override {
    begin(task);
    for (int level = 0; path_.size() != 0; ++level) go_down(level);
    if constexpr (Partition::sets_aside) {
      for (int level = 1; level <= last_level_; ++level) go_aside(level);
    }
    count_steps();
    if constexpr (Partition::sets_aside) keep_first(task.count());
    for (std::size_t i = 0; i < task.count(); ++i) {
      const bool certain = second_[i] < best_[i] - slack_[i];
      result.index[i] = certain ? index_[i] : 0;
      result.position[i] = place_[i];
      result.steps[i] = steps_[i];
    }
  }

 private:
  static constexpr std::size_t most = most_in_lanes;
  static constexpr int deepest = 30;
  static constexpr float infinity = std::numeric_limits<float>::infinity();

  using Ratio = typename Families::Ratio;
  using Region = typename Partition::Region;
  using Cell = typename Partition::Cell;

  // --- Rows of tables ---------------------------------------------------------------------------

  // What is known of an element beforehand.
  struct Known {
    Ratio ratio;
    Float vertex, slack;

    static constexpr std::size_t columns = Ratio::columns + 2;
    ASTAR_REC_LANES void each(const auto& f) { ratio.each(f), f(vertex), f(slack); }
  };
  // The best node of an element so far.
  struct Winner {
    Word step;  // tells nodes of an element apart
    Cell cell;
    Wide place;

    static constexpr std::size_t columns = Cell::columns + 3;
    ASTAR_REC_LANES void each(const auto& f) { f(step), cell.each(f), place.each(f); }
  };
  // Where an element's path has come to.
  struct Path {
    Word number;
    Region region;
    Float arrival;  // the parent's
    Float best, second;
    Winner winner;
    Known known;
    Float peak;

    static constexpr std::size_t columns = Region::columns + Winner::columns + Known::columns + 5;
    ASTAR_REC_LANES void each(const auto& f) {
      f(number), region.each(f), f(arrival), f(best), f(second), winner.each(f);
      known.each(f), f(peak);
    }
  };
  // A node beside a path, not yet drawn.
  struct Aside {
    Word number, node;
    Float arrival;  // the parent's
    Float supremum;
    Float limit;  // of its bound

    static constexpr std::size_t columns = 5;
    ASTAR_REC_LANES void each(const auto& f) {
      f(number), f(node), f(arrival), f(supremum), f(limit);
    }
  };
  // A node that was evaluated; with its value where a budget asks for that (`keep_first`).
  struct Seen {
    Word number, step;
    Float bound, value;

    static constexpr std::size_t columns = Partition::sets_aside ? 4 : 3;
    ASTAR_REC_LANES void each(const auto& f) {
      f(number), f(step), f(bound);
      if constexpr (Partition::sets_aside) f(value);
    }
  };

  // --- The search -------------------------------------------------------------------------------

  void begin(const LaneTask& task) {
    seed_ = task.seed;
    key_ = key_of(task.seed);
    first_element_ = task.first_element;
    last_level_ = std::min(task.max_depth, deepest);
    limited_ = task.max_depth <= deepest;
    most_steps_ = task.most_steps;
    path_.clear();
    seen_.clear();
    for (auto& table : aside_) table.clear();

    ratios_.prepare(task.parameters);
    for (std::size_t at = 0; at < task.count(); at += width) {
      Path row{};
      row.known.ratio = ratios_.load(at);
      load_lanes(row.known.vertex, ratios_.vertex + at);
      row.known.slack = row.known.ratio.slack();
      row.peak = row.known.ratio(row.known.vertex);
      row.number = numbers() + static_cast<std::uint32_t>(at);
      row.region = Partition::root();
      row.best = row.second = splat(-infinity);
      const Mask fit = row.known.ratio.fit() & row.known.ratio.is_narrow();
      path_.append(Keep(fit & first_lanes(task.count() - at)), row);
      store_lanes(best_ + at, splat(-infinity));
      store_lanes(second_ + at, splat(infinity));  // not certain
      store_lanes(slack_ + at, row.known.slack);
      store_lanes(steps_ + at, Word{});
    }
  }

  struct Drawn {
    Float arrival, gumbel;
    Wide place;
    Float z;
  };

  ASTAR_REC_LANES Drawn draw_node(Word number, const Region& at, Float after, int level) const {
    const Wide first = splat_wide(first_element_);
    const Bits bits = draw(key_, {first.high, first.low + number}, Partition::address(at));
    const Float arrival = fused(exponential(bits.arrival), Partition::spread(at, level), after);
    const Wide place = Partition::place(at, level, bits.place);
    return {arrival, negative_log(arrival), place, Families::quantile(place)};
  }

  // One level of all paths.
  void go_down(int level) {
    const std::size_t count = path_.size();
    path_.clear();
    for (std::size_t at = 0; at < count; at += width) {
      Path row = path_.load(at);
      const Ratio& ratio = row.known.ratio;
      const Mask there = first_lanes(count - at);
      const Drawn node = draw_node(row.number, row.region, row.arrival, level);
      const Float bound = node.gumbel + row.peak;
      if (level == 0)
        row.second = node.gumbel > Families::most_gumbel ? splat(infinity) : row.second;
      const Mask alive = there & (bound > row.best - row.known.slack);
      if constexpr (!Partition::sets_aside) {
        if (static_cast<std::uint64_t>(level) == most_steps_) {
          const Float slack = larger(row.known.slack, row.known.ratio.slack_of(row.best, row.peak));
          const Mask sure = (bound > row.best + slack) & (row.second < row.best - slack);
          row.second = alive & ~sure ? splat(infinity) : row.second;
          finish(there & ~alive, row, level);
          finish(alive, row, level + 1);
          continue;
        }
      }
      const Word step = Partition::step(row.region, level);
      const Float value = node.gumbel + ratio(node.z);
      see(alive, {row.number, step, bound, value});
      const Mask better = alive & (value > row.best);
      row.second = alive ? larger(row.second, smaller(value, row.best)) : row.second;
      row.best = better ? value : row.best;
      row.winner.step = better ? step : row.winner.step;
      row.winner.place = choose(better, node.place, row.winner.place);
      Partition::name(better, row.winner.cell, row.region, node.place);
      finish(there & ~alive, row, level);
      if (level == last_level_) {
        if (!limited_) row.second = splat(infinity);
        finish(alive, row, level + 1);
        continue;
      }

      if constexpr (Partition::sets_aside) {
        const Float z = cut(row.region.node, level);
        const Float supremum = ratio(z);
        const Float limit = node.gumbel + supremum;
        const Mask right = row.known.vertex >= z;
        set_aside(
            level + 1, alive & (limit > row.best - row.known.slack),
            {row.number, Partition::half(row.region, ~right).node, node.arrival, supremum, limit});
        row.region = Partition::half(row.region, right);
      } else {
        const Float way = row.known.vertex - node.z;
        const Mask unclear = larger(way, -way) < 0x1p-18F * (1.0F + larger(node.z, -node.z));
        row.second = unclear ? splat(infinity) : row.second;
        row.region = Partition::side(row.region, way > 0.0F, node.place);
      }
      row.arrival = node.arrival;
      path_.append(Keep(alive), row);
    }
  }

  // What was found on the paths of some elements, after so many nodes.
  ASTAR_REC_LANES void finish(Mask which, const Path& row, int nodes) {
    for (unsigned lanes = lanes_of(which); lanes != 0; lanes &= lanes - 1) {
      const int i = std::countr_zero(lanes);
      const std::uint32_t element = row.number[i];
      const Winner& winner = row.winner;
      best_[element] = row.best[i];
      second_[element] = row.second[i];
      step_[element] = winner.step[i];
      place_[element] = lane_of(winner.place, i);
      index_[element] = Partition::index(winner.step, winner.cell, winner.place, i);
      steps_[element] = static_cast<std::uint32_t>(nodes);
    }
  }

  // One level of what was set aside.
  void go_aside(int level)
    requires(Partition::sets_aside)
  {
    auto& table = aside_[level];
    std::size_t count = table.size();
    table.clear();
    for (std::size_t at = 0; at < count; at += width) {
      const Aside row = table.load(at);
      const Mask there = first_lanes(count - at);
      const Word number = there ? row.number : Word{};
      const Float floor = gather(best_, number) - gather(slack_, number);
      table.append(Keep(there & (row.limit > floor)), row);
    }
    count = table.size();
    for (std::size_t at = 0; at < count; at += width) {
      const Aside row = table.load(at);
      const Mask there = first_lanes(count - at);
      const Word number = there ? row.number : Word{};
      const Known known{ratios_.at(number), gather(ratios_.vertex, number), gather(slack_, number)};
      const Drawn node = draw_node(number, {row.node}, row.arrival, level);
      const Float bound = node.gumbel + row.supremum;
      const Mask alive = there & (bound > gather(best_, number) - known.slack);
      const Float value = node.gumbel + known.ratio(node.z);
      see(alive, {number, row.node, bound, value});
      take(alive, number, row.node, node.place, value);
      if (level == last_level_) {
        if (!limited_) give_up(alive, number);
        continue;
      }

      const Float floor = gather(best_, number) - known.slack;
      const Float z = cut(row.node, level);
      const Mask right = known.vertex >= z;
      set_aside(
          level + 1, alive & (bound > floor),
          {number, Partition::half({row.node}, right).node, node.arrival, row.supremum, bound});
      const Float supremum = known.ratio(z);
      const Float limit = node.gumbel + supremum;
      set_aside(level + 1, alive & (limit > floor),
                {number, Partition::half({row.node}, ~right).node, node.arrival, supremum, limit});
    }
  }

  // Nodes of elements of which several may be the same.
  ASTAR_REC_LANES void take(Mask which, Word number, Word step, const Wide& place, Float value) {
    for (unsigned lanes = lanes_of(which); lanes != 0; lanes &= lanes - 1) {
      const int i = std::countr_zero(lanes);
      const std::uint32_t element = number[i];
      const float best = best_[element];
      ++steps_[element];
      second_[element] = std::max(second_[element], std::min(value[i], best));
      if (value[i] > best) {
        best_[element] = value[i];
        index_[element] = step_[element] = step[i];
        place_[element] = lane_of(place, i);
      }
    }
  }

  ASTAR_REC_LANES void set_aside(int level, Mask which, const Aside& row) {
    auto& table = aside_[level];
    if (table.has_room(width)) [[likely]]
      return table.append(Keep(which), row);
    give_up(which, row.number);
  }

  ASTAR_REC_LANES void see(Mask which, const Seen& row) {
    if (seen_.has_room(width)) [[likely]]
      return seen_.append(Keep(which), row);
    give_up(which, row.number);
  }

  // These elements are for the exact search.
  [[gnu::cold, gnu::noinline]] void give_up(Mask which, Word number) {
    for (unsigned lanes = lanes_of(which); lanes != 0; lanes &= lanes - 1) {
      const std::uint32_t element = number[std::countr_zero(lanes)];
      best_[element] = second_[element] = infinity;
    }
  }

  // Takes those nodes away whose bounds proved to be below the winner's value.
  void count_steps() {
    for (std::size_t at = 0; at < seen_.size(); at += width) {
      const Seen row = seen_.load(at);
      const Mask there = first_lanes(seen_.size() - at);
      const Word number = there ? row.number : Word{};
      const Float best = gather(best_, number);
      const Float slack = gather(slack_, number);
      const Mask doubtful = there & ~(row.bound > best + slack);
      if (lanes_of(doubtful) == 0) [[likely]]
        continue;
      const Mask close = row.bound > best - slack;
      for (unsigned lanes = lanes_of(doubtful); lanes != 0; lanes &= lanes - 1) {
        const int i = std::countr_zero(lanes);
        const std::uint32_t element = number[i];
        if (row.step[i] == step_[element]) continue;  // the winner itself
        if (close[i] != 0) second_[element] = infinity;
        --steps_[element];
      }
    }
  }

  // Of searches with more steps than the budget, keeps the best of the first ones.
  void keep_first(std::size_t elements)
    requires(Partition::sets_aside)
  {
    const auto is_cut = [&](std::uint32_t steps) { return steps > most_steps_; };
    if (std::none_of(steps_, steps_ + elements, is_cut)) [[likely]]
      return;
    std::fill_n(last_, elements, 0);
    nodes_.assign(1, {});
    for (std::size_t at = 0; at < seen_.size(); at += width) {
      const Seen row = seen_.load(at);
      const int count = static_cast<int>(std::min<std::size_t>(width, seen_.size() - at));
      for (int i = 0; i < count; ++i) {
        const std::uint32_t element = row.number[i];
        if (!is_cut(steps_[element])) continue;
        const std::uint32_t before =
            std::exchange(last_[element], static_cast<std::uint32_t>(nodes_.size()));
        nodes_.push_back({row.bound[i], row.value[i], row.step[i], before});
      }
    }
    for (std::size_t element = 0; element < elements; ++element) {
      if (is_cut(steps_[element])) keep_first_of(element);
    }
  }

  void keep_first_of(std::size_t element) {
    if (second_[element] == infinity) return;  // nodes may be missing
    own_.clear();
    for (std::uint32_t at = last_[element]; at != 0; at = nodes_[at].before) {
      own_.push_back(nodes_[at]);
    }
    const auto end = own_.begin() + static_cast<std::ptrdiff_t>(most_steps_);
    const auto falling = [](const Node& a, const Node& b) { return a.bound > b.bound; };
    std::nth_element(own_.begin(), end, own_.end(), falling);
    float best = -infinity, second = -infinity, least = infinity;
    for (auto node = own_.begin(); node != end; ++node) {
      least = std::min(least, node->bound);
      second = std::max(second, std::min(node->value, best));
      if (node->value > best) {
        best = node->value;
        index_[element] = node->step;
      }
    }
    const Ratio ratio = ratios_.of_all(element);
    const Float far = ratio.slack_of(splat(best), ratio(splat(ratios_.vertex[element])));
    const float slack = std::max(slack_[element], far[0]);
    const bool sure = least > end->bound + slack && second < best - slack;
    best_[element] = best;
    const std::uint64_t node = index_[element];
    const NodeRandom random(seed_, first_element_ + element);
    place_[element] = Dyadic::place(node, random({node, 0}).place);
    second_[element] = sure ? second : infinity;
  }

  // The quantile at the cut of a cell; those of shallow cells are kept. Lanes beyond a table's last row
  // may ask for anything.
  ASTAR_REC_LANES Float cut(Word node, int level) const {
    if (level < levels_of_cuts) return gather(cuts_, node & ((1U << levels_of_cuts) - 1));
    return Families::quantile(Halves::cut({node}, level));
  }

  static constexpr int levels_of_cuts = 10;

  static const float* cuts() {
    struct Cuts {
      float z[1 << levels_of_cuts];
      Cuts() {
        for (std::uint64_t cell = 1; cell < std::size(z); ++cell) {
          z[cell] = static_cast<float>(Families::quantile(cell_first(2 * cell + 1)));
        }
      }
    };
    static const Cuts kept;
    return kept.z;
  }

  const float* cuts_ = cuts();
  std::uint64_t seed_ = 0;
  PhiloxKey key_{};
  std::uint64_t first_element_ = 0;
  int last_level_ = 0;
  bool limited_ = false;  // the last level is the method's own limit
  std::uint64_t most_steps_ = 0;

  Ratios<Families, most> ratios_;
  Table<Path, most> path_;
  Table<Seen, 32 * most> seen_;
  Table<Aside, 4 * most> aside_[deepest + 2];

  // Of each element: the value of the best node and of the next, or infinity if that is not certain;
  // how many nodes there were; and the best node.
  float best_[most + width];
  float second_[most + width];
  float slack_[most + width];
  std::uint32_t steps_[most + width];
  std::uint32_t step_[most + width];
  std::uint64_t place_[most];
  std::uint64_t index_[most];

  // Of elements that are cut, the nodes that were evaluated: lists, each from its last one.
  struct Node {
    float bound, value;
    std::uint32_t step;
    std::uint32_t before;  // 0: none
  };
  std::vector<Node> nodes_, own_;
  std::uint32_t last_[most];
};
