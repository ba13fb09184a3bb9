#include "polar/knowledge.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <limits>
#include <numeric>

#include "engine/errors.hpp"
#include "polar/information.hpp"

namespace astar_rec::polar {
namespace {

constexpr double negligible =
    0x1p-42;  // of an element's mass, what lies beyond its window on a side
constexpr std::size_t together = 512;  // elements whose windows are made at a time

constexpr int ahead = 4;  // levels that are looked at before none follows

constexpr double infinity = std::numeric_limits<double>::infinity();
constexpr Place first_place{-infinity, tail_at_start};
constexpr Place last_place{infinity, tail_at_end};

// Cell `cell` of 2^-level begins at this edge.
constexpr Position edge_of(std::uint64_t cell, int level) { return cell << (64 - level); }

// The cells that an element's mass lies in, of those whose edges have these tails: from one to before another.
struct Range {
  std::size_t begin;
  std::size_t end;
};
Range what_matters(std::span<const double> tails) {
  Range range{0, tails.size() - 1};
  while (range.begin + 1 < range.end && tails[range.begin + 1] >= 0.0 &&
         tails[range.begin + 1] <= negligible) {
    ++range.begin;
  }
  while (range.begin + 1 < range.end && tails[range.end - 1] < 0.0 &&
         tails[range.end - 1] >= -negligible) {
    --range.end;
  }
  return range;
}

// The tails at the edges of consecutive cells of each of some elements: windows of all that matters.
class Windows {
 public:
  struct Window {
    std::uint64_t first;        // the first cell
    std::vector<double> tails;  // at the cells' edges
  };

  Windows(Tails& tails, std::vector<std::uint32_t> elements, int level)
      : tails_(tails), elements_(std::move(elements)), windows_(elements_.size()), level_(level) {
    const std::size_t cells = std::size_t{1} << level;
    std::vector<Position> edges(cells - 1);
    for (std::size_t c = 1; c < cells; ++c) edges[c - 1] = edge_of(c, level);
    std::vector<double> rows(elements_.size() * edges.size());
    tails_.rows(elements_, edges, rows);
    for (std::size_t i = 0; i < elements_.size(); ++i) {
      auto& own = windows_[i].tails;
      own.assign(1, tail_at_start);
      const double* from = rows.data() + i * edges.size();
      own.insert(own.end(), from, from + edges.size());
      own.push_back(tail_at_end);
      windows_[i].first = 0;
    }
  }
  // Of windows that are known already
  Windows(Tails& tails, std::vector<std::uint32_t> elements, std::vector<Window> windows, int level)
      : tails_(tails),
        elements_(std::move(elements)),
        windows_(std::move(windows)),
        level_(level) {}

  // Halves all cells.
  void refine() {
    std::vector<std::uint32_t> element;
    std::vector<Position> edge;
    ++level_;
    for (std::size_t i = 0; i < windows_.size(); ++i) {
      trim(windows_[i]);
      for (std::size_t c = 0; c + 1 < windows_[i].tails.size(); ++c) {
        element.push_back(elements_[i]);
        edge.push_back(edge_of(2 * (windows_[i].first + c) + 1, level_));
      }
    }
    std::vector<Place> middle(edge.size());
    tails_.at(element, edge, middle);
    std::size_t at = 0;
    for (Window& window : windows_) {
      std::vector<double> finer;
      for (std::size_t c = 0; c + 1 < window.tails.size(); ++c) {
        finer.push_back(window.tails[c]);
        finer.push_back(middle[at++].tail);
      }
      finer.push_back(window.tails.back());
      window.tails = std::move(finer);
      window.first *= 2;
    }
  }

  static void trim(Window& window) {
    const auto [begin, end] = what_matters(window.tails);
    auto& tails = window.tails;
    tails.erase(tails.begin() + static_cast<std::ptrdiff_t>(end) + 1, tails.end());
    tails.erase(tails.begin(), tails.begin() + static_cast<std::ptrdiff_t>(begin));
    window.first += begin;
  }

  std::vector<Window>& all() { return windows_; }

  // The mean information of the last level's bit, given the coarser ones.
  double information_of_last() const {
    double sum = 0.0;
    for (const Window& window : windows_) {
      for (std::size_t c = 0; c + 2 < window.tails.size(); c += 2) {
        const double low = mass_between(window.tails[c], window.tails[c + 1]);
        const double high = mass_between(window.tails[c + 1], window.tails[c + 2]);
        const double both = low + high;
        if (both > 0.0) sum += both * information((low - high) / both);
      }
    }
    return windows_.empty() ? 0.0 : sum / static_cast<double>(windows_.size());
  }

  std::size_t cells() const {
    std::size_t sum = 0;
    for (const Window& window : windows_) sum += window.tails.size() - 1;
    return sum;
  }

 private:
  Tails& tails_;
  std::vector<std::uint32_t> elements_;
  std::vector<Window> windows_;
  int level_;
};

}  // namespace

Levels Levels::suiting(Tails& tails, std::size_t elements) {
  constexpr std::size_t looked_at = 256;   // elements
  constexpr double few = 0.2;              // bits of all: halves of mirrored cells are alike then
  constexpr std::size_t most_cells = 256;  // for each element, on average: memory
  const double little = elements < 4096 ? 0.025 : 0.015;  // bits that a level may leave behind
  std::vector<std::uint32_t> some(std::min(elements, looked_at));
  for (std::size_t i = 0; i < some.size(); ++i) {
    some[i] = static_cast<std::uint32_t>(i * elements / some.size());
  }
  Windows windows(tails, std::move(some), 1);
  double sum = windows.information_of_last();
  int calm = 0;  // levels behind the first three that carry little, one after the other
  for (int level = 1; level < most_levels; ++level) {
    if (2 * windows.cells() > most_cells * windows.all().size()) return {level - calm, false};
    windows.refine();
    const double more = windows.information_of_last();
    sum += more;
    calm = level >= 3 && more <= little ? calm + 1 : 0;
    // One level may carry nothing by symmetry alone.
    if (calm == 2) return sum < few ? Levels{2, true} : Levels{level - 1, false};
  }
  return {most_levels - 1, false};
}

Knowledge::Knowledge(Tails& tails, std::span<const std::uint32_t> elements, Levels levels,
                     Interrupt& interrupt)
    : tails_(tails),
      elements_(elements),
      levels_(levels),
      d_(elements.size()),
      label_(elements.size(), 0),
      windows_(elements.size()) {
  fill_windows(interrupt);
}

void Knowledge::fill_windows(Interrupt& interrupt) {
  const std::size_t n = elements_.size();
  // Mirrored cells have places in the whole row.
  const int level = levels_.mirrored ? levels_.fine : std::min(levels_.fine, by_rows);
  const std::size_t cells = std::size_t{1} << level;
  masses_.reserve(n * cells);  // hardly more, of narrow targets, too
  std::vector<Position> edges(cells - 1);
  for (std::size_t c = 1; c < cells; ++c) edges[c - 1] = edge_of(c, level);
  const std::size_t budget = 512 * n + 65'536;  // cells of all windows, where they are looked for
  std::vector<double> rows(together * edges.size());
  std::vector<double> row(cells + 1);
  row.front() = tail_at_start;
  row.back() = tail_at_end;
  for (std::size_t begin = 0; begin < n; begin += together) {
    interrupt.check();
    const std::size_t count = std::min(together, n - begin);
    const auto own = elements_.subspan(begin, count);
    tails_.rows(own, edges, rows);
    std::vector<Windows::Window> coarse;
    for (std::size_t i = 0; i < count; ++i) {
      std::copy_n(rows.data() + i * edges.size(), edges.size(), row.begin() + 1);
      if (level == levels_.fine) {
        add_window(begin + i, 0, row);
      } else {
        coarse.push_back({0, row});
      }
    }
    if (level == levels_.fine) continue;
    Windows windows(tails_, {own.begin(), own.end()}, std::move(coarse), level);
    for (int l = level; l < levels_.fine; ++l) {
      // Windows grow: their cells would be twice as many in the end, but for those at the ends.
      if (windows.cells() > 4 * (budget + n)) throw TooManyCells();
      windows.refine();
    }
    for (std::size_t i = 0; i < count; ++i) {
      add_window(begin + i, windows.all()[i].first, windows.all()[i].tails);
    }
    if (masses_.size() > budget) throw TooManyCells();
  }
}

void Knowledge::add_window(std::size_t i, std::uint64_t first, std::span<const double> tails) {
  const std::size_t begin = masses_.size();
  const Range range = levels_.mirrored ? Range{0, tails.size() - 1} : what_matters(tails);
  masses_.resize(begin + (range.end - range.begin));
  double* mass = &masses_[begin];
  double sums[2] = {0.0, 0.0};
  for (std::size_t c = range.begin; c < range.end; ++c, ++mass) {
    const std::size_t from = levels_.mirrored ? levels_.mirror(c) : c;
    *mass = mass_between(tails[from], tails[from + 1]);
    sums[(first + c) & 1] += *mass;
  }
  if (!(std::fabs(sums[0] + sums[1] - 1.0) < 0x1p-20)) {
    throw DivergenceError(elements_[i], infinity, 64.0, "the target's masses do not add up to 1");
  }
  windows_[i] = {begin, first + range.begin, static_cast<std::uint32_t>(range.end - range.begin)};
  set_difference(i, sums);
}

void Knowledge::set_difference(std::size_t i, const double (&sums)[2]) {
  const double both = sums[0] + sums[1];
  if (!(both > 0.0)) {
    throw DivergenceError(elements_[i], infinity, 64.0,
                          "the target has no mass where it was drawn");
  }
  d_[i] = (sums[0] - sums[1]) / both;
}

void Knowledge::take(std::span<const std::uint8_t> bits) {
  const int step = step_++;
  if (step < levels_.fine) {
    take_in_windows(bits);
    if (step_ == levels_.fine) begin_halving();
  } else {
    follow(bits);
    take_halves(bits);
  }
  if (step_ >= levels_.fine && step_ < most_levels) measure_halves();
}

void Knowledge::take_in_windows(std::span<const std::uint8_t> bits) {
  const int step = step_ - 1;
  for (std::size_t i = 0; i < windows_.size(); ++i) {
    Window& window = windows_[i];
    const std::uint32_t skipped = ((window.first >> step) & 1) == bits[i] ? 0 : 1;
    const std::uint32_t left = window.count > skipped ? (window.count - skipped + 1) / 2 : 0;
    window.first += std::uint64_t{skipped} << step;
    window.count = left;
    label_[i] |= std::uint64_t{bits[i]} << step;
    double* mass = &masses_[window.begin];
    const std::uint64_t start = window.first >> step_;
    double sums[2] = {0.0, 0.0};
    for (std::uint32_t c = 0; c < left; ++c) {
      mass[c] = mass[2 * c + skipped];
      sums[(start + c) & 1] += mass[c];
    }
    if (step_ < levels_.fine) set_difference(i, sums);
  }
}

void Knowledge::begin_halving() {
  const std::size_t n = elements_.size();
  windows_ = {};
  masses_ = {};
  const int level = levels_.fine;
  const std::uint64_t last = (std::uint64_t{1} << level) - 1;
  for (auto& label : label_) label = levels_.mirror(label);
  d_.assign(n, 0.0);
  bend_.assign(n, 0.0);
  halves_.resize(n);
  precise_.resize(n);
  edges_.resize(n);
  middle_.resize(n);
  std::iota(precise_.begin(), precise_.end(), 0U);
  // Edges at the ends are no places: those in their stead are not used.
  for (std::size_t i = 0; i < n; ++i) {
    edges_[i] = edge_of(std::max(label_[i], std::uint64_t{1}), level);
  }
  tails_.at(elements_, edges_, middle_);
  for (std::size_t i = 0; i < n; ++i) halves_[i].low = label_[i] == 0 ? first_place : middle_[i];
  for (std::size_t i = 0; i < n; ++i) {
    edges_[i] = edge_of(std::min(label_[i], last - 1) + 1, level);
  }
  tails_.at(elements_, edges_, middle_);
  for (std::size_t i = 0; i < n; ++i) {
    halves_[i].high = label_[i] == last ? last_place : middle_[i];
  }
}

void Knowledge::follow(std::span<const std::uint8_t> bits) {
  for (std::size_t i = 0; i < d_.size(); ++i) {
    label_[i] = 2 * label_[i] + bits[i];
    d_[i] = 0.5 * d_[i] + (bits[i] != 0 ? bend_[i] : -bend_[i]);
    bend_[i] *= 0.25;
  }
}

void Knowledge::take_halves(std::span<const std::uint8_t> bits) {
  for (std::size_t k = 0; k < precise_.size(); ++k) {
    (bits[precise_[k]] != 0 ? halves_[k].low : halves_[k].high) = middle_[k];
  }
}

void Knowledge::measure_halves() {
  constexpr double rounding = 0x1p-52;
  constexpr double margin = 4.0;
  constexpr double exact = 0x1p-30;   // what may be lost of any difference
  constexpr double small = 0x1p-11;   // of a smooth ratio: its cube is nothing
  constexpr double blurred = 0x1p-6;  // differences that must not be taken from a CDF of few digits
  const int level = levels_.of(step_);
  const bool precise_above = tails_.precise_above(), first = step_ == levels_.fine;
  const bool smooth = tails_.smooth();
  measured_.resize(precise_.size());
  edges_.resize(precise_.size());
  middle_.resize(precise_.size());
  for (std::size_t k = 0; k < precise_.size(); ++k) {
    measured_[k] = elements_[precise_[k]];
    edges_[k] = edge_of(2 * label_[precise_[k]] + 1, level);
  }
  tails_.at(measured_, edges_, middle_);
  std::size_t kept = 0;
  for (std::size_t k = 0; k < precise_.size(); ++k) {
    const std::uint32_t i = precise_[k];
    const Cell& cell = halves_[k];
    const double low = cell.low.tail, mid = middle_[k].tail, high = cell.high.tail;
    const double below = mass_between(low, mid), above = mass_between(mid, high);
    const double both = below + above;
    const double width = cell.high.x - cell.low.x;
    const double difference = (below - above) / both;
    const auto size = [&](double tail) {
      return tail < 0.0 && !precise_above ? 1.0 : std::fabs(tail);
    };
    const double of_tails = rounding * std::max({size(low), size(mid), size(high)}) / both;
    const double far = std::max(std::fabs(cell.low.x), std::fabs(cell.high.x));
    const double of_places = width < infinity ? rounding * far / width : 0.0;
    // A difference may be small by symmetry alone: what it would be, had the last one no such luck.
    const double scale = first ? 1.0 : std::max(std::fabs(difference), std::fabs(d_[i]));
    const double following = smooth ? scale * scale * scale : scale * scale;
    const double noise = margin * (of_tails + of_places);
    // Where a density jumps nothing follows from the difference before: what was measured shows it, and
    // so does a half without mass, however coarse places are.
    const bool ends = (below == 0.0 || above == 0.0) && cell.low.x < middle_[k].x &&
                      middle_[k].x < cell.high.x && margin * of_tails < 1.0;
    const bool jumps = noise < std::fabs(difference - d_[i]) || ends;
    // NaN, of cells without mass or width, is doubtful too.
    const bool sure = both > 0.0 && (noise < following || noise < exact || jumps);
    if (sure) {
      if (smooth && !first) {
        const bool upper = (label_[i] & 1) != 0;
        const double half = d_[i] - (upper ? 4.0 : -4.0) * bend_[i];  // of the difference before
        bend_[i] = 0.25 * (upper ? difference - half : half - difference);
      }
      d_[i] = difference;
    } else if (!precise_above && !(scale < blurred) && high < 0.0 && of_tails > of_places) {
      throw DivergenceError(elements_[i], infinity, 64.0,
                            "the CDF says too little so far up: give a survival function, sf");
    }
    if (sure && !(smooth && scale < small)) {
      precise_[kept] = i;
      halves_[kept] = cell;
      middle_[kept] = middle_[k];
      ++kept;
    }
  }
  precise_.resize(kept);
}

bool Knowledge::even_inside(double most) const {
  constexpr std::size_t parts = std::size_t{1} << ahead;
  const int level = step_ + ahead;
  std::vector<std::uint32_t> element(together * (parts - 1));
  std::vector<Position> edge(element.size());
  std::vector<Place> place(element.size());
  std::array<double, parts + 1> tails;
  double sum = 0.0;
  for (std::size_t begin = 0; begin < precise_.size(); begin += together) {
    const std::size_t end = std::min(begin + together, precise_.size());
    std::size_t count = 0;
    for (std::size_t k = begin; k < end; ++k) {
      for (std::size_t c = 1; c < parts; ++c, ++count) {
        element[count] = elements_[precise_[k]];
        edge[count] = edge_of(parts * label_[precise_[k]] + c, level);
      }
    }
    tails_.at(std::span(element).first(count), std::span(edge).first(count),
              std::span(place).first(count));
    const Place* at = place.data();
    for (std::size_t k = begin; k < end; ++k) {
      tails.front() = halves_[k].low.tail;
      tails.back() = halves_[k].high.tail;
      for (std::size_t c = 1; c < parts; ++c) tails[c] = (at++)->tail;
      double whole = 0.0;
      for (std::size_t c = 0; c < parts; ++c) whole += mass_between(tails[c], tails[c + 1]);
      for (std::size_t c = 0; c < parts; ++c) {
        const double excess = mass_between(tails[c], tails[c + 1]) * parts / whole - 1.0;
        sum += excess * excess;
      }
    }
    if (!(sum <= most * parts)) return false;
  }
  return true;
}

}  // namespace astar_rec::polar
