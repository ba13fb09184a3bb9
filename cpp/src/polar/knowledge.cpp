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

constexpr double negligible = 0x1p-70;  // of an element's mass, a cell at the end of its window
constexpr std::size_t together = 512;   // elements whose windows are made at a time
constexpr int by_rows = 6;              // levels that are filled without looking where mass is
constexpr int ahead = 4;                // levels that are looked at before none follows

constexpr double infinity = std::numeric_limits<double>::infinity();
constexpr Place first_place{-infinity, tail_at_start};
constexpr Place last_place{infinity, tail_at_end};

// Cell `cell` of 2^-level begins at this edge.
constexpr Position edge_of(std::uint64_t cell, int level) { return cell << (64 - level); }

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
    std::vector<Place> places(edges.size());
    for (std::size_t i = 0; i < elements_.size(); ++i) {
      tails_.rows(elements_[i], 1, edges, places);
      auto& own = windows_[i].tails;
      own.resize(cells + 1);
      own.front() = tail_at_start;
      own.back() = tail_at_end;
      for (std::size_t c = 1; c < cells; ++c) own[c] = places[c - 1].tail;
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
    auto& tails = window.tails;
    std::size_t begin = 0, end = tails.size() - 1;
    while (begin + 1 < end && !(mass_between(tails[begin], tails[begin + 1]) > negligible)) ++begin;
    while (begin + 1 < end && !(mass_between(tails[end - 1], tails[end]) > negligible)) --end;
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
  constexpr double little = 0.025;         // bits that a level may leave behind
  constexpr double few = 0.2;              // bits of all: halves of mirrored cells are alike then
  constexpr std::size_t most_cells = 256;  // for each element, on average: memory
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

Knowledge::Knowledge(Tails& tails, std::size_t elements, Levels levels, Interrupt& interrupt)
    : tails_(tails), levels_(levels), label_(elements, 0), windows_(elements) {
  fill_windows(interrupt);
}

void Knowledge::fill_windows(Interrupt& interrupt) {
  const std::size_t n = label_.size();
  // Mirrored cells have places in the whole row.
  const int level = levels_.mirrored ? levels_.fine : std::min(levels_.fine, by_rows);
  const std::size_t cells = std::size_t{1} << level;
  std::vector<Position> edges(cells - 1);
  for (std::size_t c = 1; c < cells; ++c) edges[c - 1] = edge_of(c, level);
  std::vector<Place> places(together * edges.size());
  std::vector<double> row(cells + 1);
  row.front() = tail_at_start;
  row.back() = tail_at_end;
  for (std::size_t begin = 0; begin < n; begin += together) {
    interrupt.check();
    const std::size_t count = std::min(together, n - begin);
    tails_.rows(begin, count, edges, places);
    std::vector<Windows::Window> coarse;
    for (std::size_t i = 0; i < count; ++i) {
      for (std::size_t c = 1; c < cells; ++c) row[c] = places[i * edges.size() + c - 1].tail;
      if (level == levels_.fine) {
        add_window(begin + i, 0, row);
      } else {
        coarse.push_back({0, row});
      }
    }
    if (level == levels_.fine) continue;
    std::vector<std::uint32_t> some(count);
    std::iota(some.begin(), some.end(), static_cast<std::uint32_t>(begin));
    Windows windows(tails_, std::move(some), std::move(coarse), level);
    for (int l = level; l < levels_.fine; ++l) windows.refine();
    for (std::size_t i = 0; i < count; ++i) {
      add_window(begin + i, windows.all()[i].first, windows.all()[i].tails);
    }
  }
}

void Knowledge::add_window(std::size_t element, std::uint64_t first,
                           std::span<const double> tails) {
  const std::size_t cells = tails.size() - 1, begin = masses_.size();
  double sum = 0.0;
  std::size_t before = 0, end = 0;  // of what matters
  for (std::size_t c = 0; c < cells; ++c) {
    const std::size_t from = levels_.mirrored ? levels_.mirror(c) : c;
    const double mass = mass_between(tails[from], tails[from + 1]);
    sum += mass;
    if (mass > negligible || levels_.mirrored) {
      end = c + 1;
    } else if (end == 0) {
      before = c + 1;
      continue;
    }
    masses_.push_back(mass);
  }
  if (!(std::fabs(sum - 1.0) < 0x1p-20)) {
    throw DivergenceError(element, infinity, 64.0, "the target's masses do not add up to 1");
  }
  masses_.resize(begin + (end - before));
  windows_[element] = {begin, first + before, static_cast<std::uint32_t>(end - before)};
}

void Knowledge::differences(std::span<double> d) {
  if (step_ < levels_.fine) return differences_of_windows(d);
  differences_of_halves(d);
}

void Knowledge::take(std::span<const std::uint8_t> bits) {
  if (step_ < levels_.fine) {
    take_in_windows(bits);
  } else {
    take_halves(bits);
  }
  if (++step_ == levels_.fine) begin_halving();
}

void Knowledge::differences_of_windows(std::span<double> d) const {
  for (std::size_t i = 0; i < windows_.size(); ++i) {
    const Window& window = windows_[i];
    double sums[2] = {0.0, 0.0};
    const std::uint64_t start = window.first >> step_;
    for (std::uint32_t c = 0; c < window.count; ++c) {
      sums[(start + c) & 1] += masses_[window.begin + c];
    }
    const double both = sums[0] + sums[1];
    if (!(both > 0.0)) {
      throw DivergenceError(i, infinity, 64.0, "the target has no mass where it was drawn");
    }
    d[i] = (sums[0] - sums[1]) / both;
  }
}

void Knowledge::take_in_windows(std::span<const std::uint8_t> bits) {
  for (std::size_t i = 0; i < windows_.size(); ++i) {
    Window& window = windows_[i];
    const std::uint32_t skipped = ((window.first >> step_) & 1) == bits[i] ? 0 : 1;
    const std::uint32_t left = window.count > skipped ? (window.count - skipped + 1) / 2 : 0;
    double* mass = &masses_[window.begin];
    for (std::uint32_t c = 0; c < left; ++c) mass[c] = mass[2 * c + skipped];
    window.first += std::uint64_t{skipped} << step_;
    window.count = left;
    label_[i] |= std::uint64_t{bits[i]} << step_;
  }
}

void Knowledge::begin_halving() {
  const std::size_t n = label_.size();
  windows_ = {};
  masses_ = {};
  halves_.resize(n);
  precise_.resize(n);
  edges_.resize(n);
  middle_.resize(n);
  std::iota(precise_.begin(), precise_.end(), 0U);
  const int level = levels_.fine;
  for (auto& label : label_) label = levels_.mirror(label);
  const std::uint64_t last = (std::uint64_t{1} << level) - 1;
  // Edges at the ends are no places: those in their stead are not used.
  for (std::size_t i = 0; i < n; ++i)
    edges_[i] = edge_of(std::max(label_[i], std::uint64_t{1}), level);
  tails_.at(precise_, edges_, middle_);
  for (std::size_t i = 0; i < n; ++i) halves_[i].low = label_[i] == 0 ? first_place : middle_[i];
  for (std::size_t i = 0; i < n; ++i) {
    edges_[i] = edge_of(std::min(label_[i], last - 1) + 1, level);
  }
  tails_.at(precise_, edges_, middle_);
  for (std::size_t i = 0; i < n; ++i) {
    halves_[i].high = label_[i] == last ? last_place : middle_[i];
    halves_[i].d = 0.0;
  }
}

void Knowledge::differences_of_halves(std::span<double> d) {
  constexpr double rounding = 0x1p-52;
  constexpr double margin = 4.0;
  constexpr double exact = 0x1p-30;   // what may be lost of any difference
  constexpr double blurred = 0x1p-6;  // differences that must not be taken from a CDF of few digits
  const int level = levels_.of(step_);
  const bool precise_above = tails_.precise_above(), first = step_ == levels_.fine;
  edges_.resize(precise_.size());
  for (std::size_t k = 0; k < precise_.size(); ++k) {
    edges_[k] = edge_of(2 * label_[precise_[k]] + 1, level);
  }
  middle_.resize(precise_.size());
  tails_.at(precise_, edges_, middle_);
  for (auto& cell : halves_) cell.d *= 0.5;
  std::size_t kept = 0;
  for (std::size_t k = 0; k < precise_.size(); ++k) {
    const std::uint32_t i = precise_[k];
    Cell& cell = halves_[i];
    const double low = cell.low.tail, mid = middle_[k].tail, high = cell.high.tail;
    const double below = mass_between(low, mid), above = mass_between(mid, high);
    const double both = below + above;
    const double width = cell.high.x - cell.low.x;
    const double measured = (below - above) / both;
    const auto size = [&](double tail) {
      return tail < 0.0 && !precise_above ? 1.0 : std::fabs(tail);
    };
    const double of_tails = rounding * std::max({size(low), size(mid), size(high)}) / both;
    const double far = std::max(std::fabs(cell.low.x), std::fabs(cell.high.x));
    const double of_places = width < infinity ? rounding * far / width : 0.0;
    // A difference may be small by symmetry alone: what it would be, had the last one no such luck.
    const double scale = first ? 1.0 : std::max(std::fabs(measured), std::fabs(cell.d));
    // NaN, of cells without mass or width, is doubtful too.
    const double lost = margin * (of_tails + of_places);
    const bool sure = both > 0.0 && (lost < scale * scale || lost < exact);
    if (sure) {
      cell.d = measured;
      precise_[kept] = i;
      middle_[kept] = middle_[k];
      ++kept;
    } else if (!precise_above && !(scale < blurred) && high < 0.0 && of_tails > of_places) {
      throw DivergenceError(i, infinity, 64.0,
                            "the CDF says too little so far up: give a survival function, sf");
    }
  }
  precise_.resize(kept);
  for (std::size_t i = 0; i < halves_.size(); ++i) d[i] = halves_[i].d;
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
    const std::size_t count = std::min(together, precise_.size() - begin);
    std::size_t at = 0;
    for (std::size_t k = begin; k < begin + count; ++k) {
      for (std::size_t c = 1; c < parts; ++c, ++at) {
        element[at] = precise_[k];
        edge[at] = edge_of(parts * label_[precise_[k]] + c, level);
      }
    }
    tails_.at(std::span(element).first(at), std::span(edge).first(at), std::span(place).first(at));
    at = 0;
    for (std::size_t k = begin; k < begin + count; ++k) {
      tails.front() = halves_[precise_[k]].low.tail;
      tails.back() = halves_[precise_[k]].high.tail;
      for (std::size_t c = 1; c < parts; ++c) tails[c] = place[at++].tail;
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

void Knowledge::take_halves(std::span<const std::uint8_t> bits) {
  for (std::size_t k = 0; k < precise_.size(); ++k) {
    Cell& cell = halves_[precise_[k]];
    (bits[precise_[k]] != 0 ? cell.low : cell.high) = middle_[k];
  }
  for (std::size_t i = 0; i < label_.size(); ++i) label_[i] = 2 * label_[i] + bits[i];
}

}  // namespace astar_rec::polar
