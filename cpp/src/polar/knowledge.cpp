#include "polar/knowledge.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <limits>
#include <numeric>

#include "engine/errors.hpp"
#include "polar/information.hpp"
#include "simd/lanes.hpp"

namespace astar_rec::polar {
namespace {

constexpr double negligible =
    0x1p-42;  // of an element's mass, what lies beyond its window on a side
constexpr std::size_t together = 128;  // elements whose windows are made at a time
constexpr std::size_t at_once = 4096;  // tails that are asked for

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

// As many places, with anything in them. Buffers that are used again and again only grow.
double* room_in(std::vector<double>& buffer, std::size_t count) {
  if (buffer.size() < count) buffer.resize(count);
  return buffer.data();
}

// The tails at the edges of consecutive cells of each of some elements: windows of all that matters.
class Windows {
 public:
  explicit Windows(Tails& tails) : tails_(tails) {}

  // Begins anew, with all cells of 2^-level of these elements.
  void begin(std::span<const std::uint32_t> elements, int level) {
    level_ = level;
    const std::size_t each = std::size_t{1} << level, inner = each - 1;
    cells_ = elements.size() * each;
    inner_edges_.resize(inner);
    for (std::size_t c = 1; c < each; ++c) inner_edges_[c - 1] = edge_of(c, level);
    const std::size_t count = elements.size() * inner;
    const double* row = room_in(middles_, count);
    tails_.rows(elements, inner_edges_, std::span(middles_).first(count));
    double* to = room_in(edges_, cells_ + elements.size());
    runs_.clear();
    begins_.clear();
    for (const std::uint32_t element : elements) {
      runs_.push_back({element, static_cast<std::uint32_t>(each), 0});
      begins_.push_back(static_cast<std::size_t>(to - edges_.data()));
      *to++ = tail_at_start;
      to = std::copy_n(row, inner, to);
      *to++ = tail_at_end;
      row += inner;
    }
  }

  // Leaves out cells at the ends that do not matter.
  void trim() {
    cells_ = 0;
    for (std::size_t k = 0; k < runs_.size(); ++k) {
      const auto [begin, end] = what_matters(tails_of(k));
      begins_[k] += begin;
      runs_[k].first += begin;
      runs_[k].count = static_cast<std::uint32_t>(end - begin);
      cells_ += runs_[k].count;
    }
  }

  // Halves all cells that matter.
  void refine() {
    trim();
    const double* middle = room_in(middles_, cells_);
    tails_.middles(runs_, level_, std::span(middles_).first(cells_));
    double* to = room_in(finer_, 2 * cells_ + runs_.size());
    for (std::size_t k = 0; k < runs_.size(); ++k) {
      Run& run = runs_[k];
      const double* edge = &edges_[begins_[k]];
      begins_[k] = static_cast<std::size_t>(to - finer_.data());
      for (std::uint32_t c = 0; c < run.count; ++c) {
        to[2 * c] = edge[c];
        to[2 * c + 1] = middle[c];
      }
      to += 2 * run.count;
      *to++ = edge[run.count];
      middle += run.count;
      run.first *= 2;
      run.count *= 2;
    }
    std::swap(edges_, finer_);
    cells_ *= 2;
    ++level_;
  }

  // The cells of each element, and the tails at their edges
  std::span<const Run> runs() const { return runs_; }
  std::span<const double> tails_of(std::size_t k) const {
    return std::span(edges_).subspan(begins_[k], runs_[k].count + std::size_t{1});
  }

  // The mean information of the last level's bit, given the coarser ones.
  double information_of_last() const {
    double sum = 0.0;
    for (std::size_t k = 0; k < runs_.size(); ++k) {
      const auto tails = tails_of(k);
      for (std::size_t c = 0; c + 2 < tails.size(); c += 2) {
        const double low = mass_between(tails[c], tails[c + 1]);
        const double high = mass_between(tails[c + 1], tails[c + 2]);
        const double both = low + high;
        if (both > 0.0) sum += both * information((low - high) / both);
      }
    }
    return runs_.empty() ? 0.0 : sum / static_cast<double>(runs_.size());
  }

  std::size_t cells() const { return cells_; }
  int level() const { return level_; }

 private:
  Tails& tails_;
  int level_ = 0;
  std::size_t cells_ = 0;
  std::vector<Run> runs_;
  std::vector<std::size_t> begins_;  // where their tails are in edges_
  std::vector<Position> inner_edges_;
  std::vector<double> edges_;
  std::vector<double> middles_;
  std::vector<double> finer_;
};

}  // namespace

Levels Levels::suiting(Tails& tails, std::size_t elements) {
  // Elements: in small blocks each level more costs some bits, in large ones some time.
  const std::size_t looked_at = elements < 1024 || elements >= 65'536 ? 256 : 64;
  constexpr double few = 0.2;              // bits of all: halves of mirrored cells are alike then
  constexpr double next_to_none = 0.005;   // and more levels cost more than they save
  constexpr std::size_t most_cells = 256;  // for each element, on average: memory
  const double little = elements < 65'536 ? 0.025 : 0.05;  // bits that a level may leave behind
  std::vector<std::uint32_t> some(std::min(elements, looked_at));
  for (std::size_t i = 0; i < some.size(); ++i) {
    some[i] = static_cast<std::uint32_t>(i * elements / some.size());
  }
  Windows windows(tails);
  windows.begin(some, 1);
  double sum = windows.information_of_last();
  int calm = 0;  // levels behind the first three that carry little, one after the other
  for (int level = 1; level < most_levels; ++level) {
    if (2 * windows.cells() > most_cells * some.size()) return {level - calm, false};
    windows.refine();
    const double more = windows.information_of_last();
    sum += more;
    calm = level >= 3 && more <= little ? calm + 1 : 0;
    // One level may carry nothing by symmetry alone.
    if (calm != 2) continue;
    if (sum >= few) return {level - 1, false};
    return {elements < 65'536 || sum < next_to_none ? 2 : 4, true};
  }
  return {most_levels - 1, false};
}

Knowledge::Knowledge(Tails& tails, std::span<const std::uint32_t> elements, Levels levels,
                     Interrupt& interrupt)
    : tails_(tails.arranged(elements)),
      interrupt_(interrupt),
      elements_(elements),
      levels_(levels),
      d_(elements.size()),
      label_(elements.size(), 0),
      windows_(elements.size()),
      precise_(elements.size()) {
  std::iota(precise_.begin(), precise_.end(), 0U);
  fill_windows();
}

void Knowledge::fill_windows() {
  const std::size_t n = elements_.size();
  // Mirrored cells have places in the whole row.
  const int level = levels_.mirrored ? levels_.fine : std::min(levels_.fine, by_rows);
  const std::size_t budget = 512 * n + 65'536;  // cells of all windows, where they are looked for
  Windows windows(*tails_);
  std::size_t cells = 0;
  for (std::size_t begin = 0; begin < n; begin += together) {
    interrupt_.check();
    windows.begin(std::span(precise_).subspan(begin, std::min(together, n - begin)), level);
    while (windows.level() < levels_.fine) {
      // Windows grow: their cells would be twice as many in the end, but for those at the ends.
      if (windows.cells() > 4 * (budget + n)) throw TooManyCells();
      windows.refine();
    }
    if (!levels_.mirrored) windows.trim();
    cells += windows.cells();
    double* mass = room_for(windows.cells());
    for (std::size_t k = 0; k < windows.runs().size(); ++k) {
      const auto& [element, count, first] = windows.runs()[k];
      const auto tails = windows.tails_of(k);
      if (levels_.mirrored) {
        for (std::size_t c = 0; c < count; ++c) {
          const std::size_t from = levels_.mirror(c);
          mass[c] = mass_between(tails[from], tails[from + 1]);
        }
      } else {
        lanes::masses(tails, mass);
      }
      windows_[element] = {first, count};
      const AlternateSums sums = part(mass, count, mass);
      if (!(std::fabs(sums.even + sums.odd - 1.0) < 0x1p-20)) {
        throw DivergenceError(elements_[element], infinity, 64.0,
                              "the target's masses do not add up to 1");
      }
      set_difference(element, sums, 0);
      mass += count;
    }
    if (levels_.fine > level && cells > budget) throw TooManyCells();
  }
}

double* Knowledge::room_for(std::size_t cells) {
  constexpr std::size_t usual = 40;  // cells of an element
  constexpr std::size_t most = std::size_t{1} << 21;
  const std::size_t slab = std::clamp(usual * elements_.size(), cells, std::max(cells, most));
  if (slabs_.empty() || slabs_.back().capacity() - slabs_.back().size() < cells) {
    slabs_.emplace_back().reserve(slab);
  }
  auto& room = slabs_.back();
  double* begin = room.data() + room.size();
  room.resize(room.size() + cells);
  return masses_.emplace_back(begin, cells).data();
}

AlternateSums Knowledge::part(const double* from, std::uint32_t count, double* to) {
  return lanes::part({from, count}, to, room_in(room_, count / 2));
}

void Knowledge::set_difference(std::size_t i, AlternateSums sums, int step) {
  const double both = sums.even + sums.odd;
  if (!(both > 0.0)) {
    throw DivergenceError(elements_[i], infinity, 64.0,
                          "the target has no mass where it was drawn");
  }
  const bool begins_with_one = (windows_[i].first >> step & 1) != 0;
  d_[i] = negated_if(begins_with_one, (sums.even - sums.odd) / both);
}

void Knowledge::take(std::span<const std::uint8_t> bits) {
  const int step = step_++;
  if (step < levels_.fine) {
    take_in_windows(bits);
    if (step_ == levels_.fine) begin_halving();
  } else {
    for (std::size_t i = 0; i < d_.size(); ++i) follow(i, bits[i]);
    take_halves(bits);
  }
  if (step_ >= levels_.fine && step_ < most_levels) measure_halves();
}

void Knowledge::take_in_windows(std::span<const std::uint8_t> bits) {
  const int step = step_ - 1;
  for (std::size_t begin = 0; begin < windows_.size(); begin += together) {
    interrupt_.check();
    // What is left moves together, so that the next step reads no more than that.
    const double* from = masses_[begin / together].data();
    double* to = masses_[begin / together].data();
    const std::size_t end = std::min(begin + together, windows_.size());
    for (std::size_t i = begin; i < end; ++i) {
      Window& window = windows_[i];
      const std::uint32_t all = window.count, like_first = all - all / 2;
      const bool skips = (window.first >> step & 1) != bits[i];
      window.first += std::uint64_t{skips} << step;
      window.count = skips ? all - like_first : like_first;
      label_[i] |= std::uint64_t{bits[i]} << step;
      if (step_ < levels_.fine) {
        const AlternateSums sums = part(from + (skips ? like_first : 0), window.count, to);
        set_difference(i, sums, step_);
      }
      from += all;
      to += window.count;
    }
  }
}

void Knowledge::begin_halving() {
  const std::size_t n = elements_.size();
  windows_ = {};
  masses_.clear();
  slabs_.clear();
  const int level = levels_.fine;
  const std::uint64_t last = (std::uint64_t{1} << level) - 1;
  for (auto& label : label_) label = levels_.mirror(label);
  d_.assign(n, 0.0);
  bend_.assign(n, 0.0);
  halves_.resize(n);
  middle_.resize(n);
  edges_.resize(std::min(n, at_once));
  for (std::size_t begin = 0; begin < n; begin += at_once) {
    interrupt_.check();
    const std::size_t count = std::min(at_once, n - begin);
    const auto own = std::span(precise_).subspan(begin, count);
    const auto edges = std::span(edges_).first(count);
    const auto places = std::span(middle_).first(count);
    const std::uint64_t* label = &label_[begin];
    Ends* cell = &halves_[begin];
    // Edges at the ends are no places: those in their stead are not used.
    for (std::size_t k = 0; k < count; ++k) {
      edges[k] = edge_of(std::max(label[k], std::uint64_t{1}), level);
    }
    tails_->at(own, edges, places);
    for (std::size_t k = 0; k < count; ++k) {
      cell[k].end[0] = label[k] == 0 ? first_place : places[k];
    }
    for (std::size_t k = 0; k < count; ++k) {
      edges[k] = edge_of(std::min(label[k], last - 1) + 1, level);
    }
    tails_->at(own, edges, places);
    for (std::size_t k = 0; k < count; ++k) {
      cell[k].end[1] = label[k] == last ? last_place : places[k];
    }
  }
}

void Knowledge::take(std::span<const std::uint32_t> some, std::span<const std::uint8_t> bits) {
  ++step_;
  for (const std::uint32_t i : some) follow(i, bits[i]);
  std::size_t kept = 0;
  auto at = some.begin();
  for (std::size_t k = 0; k < precise_.size(); ++k) {
    at = std::find_if(at, some.end(), [&](std::uint32_t i) { return i >= precise_[k]; });
    if (at == some.end()) break;
    if (*at != precise_[k]) continue;
    precise_[kept] = precise_[k];
    halves_[kept] = halves_[k];
    middle_[kept] = middle_[k];
    ++kept;
  }
  precise_.resize(kept);
  take_halves(bits);
  if (step_ < most_levels) measure_halves();
}

void Knowledge::follow(std::size_t i, std::uint8_t bit) {
  label_[i] = 2 * label_[i] + bit;
  d_[i] = 0.5 * d_[i] + (bit != 0 ? bend_[i] : -bend_[i]);
  bend_[i] *= 0.25;
}

void Knowledge::take_halves(std::span<const std::uint8_t> bits) {
  for (std::size_t k = 0; k < precise_.size(); ++k) {
    halves_[k].end[bits[precise_[k]] ^ 1] = middle_[k];
  }
}

void Knowledge::measure_halves() {
  const int level = levels_.of(step_);
  const Halving how{step_ == levels_.fine, tails_->smooth(), tails_->precise_above()};
  const Differences all{d_, bend_, label_};
  found_.resize(std::min(precise_.size(), at_once));
  std::size_t kept = 0;
  for (std::size_t begin = 0; begin < precise_.size(); begin += at_once) {
    interrupt_.check();
    const std::size_t count = std::min(at_once, precise_.size() - begin);
    const auto own = std::span(precise_).subspan(begin, count);
    const auto cells = std::span(halves_).subspan(begin, count);
    const auto middles = std::span(middle_).subspan(begin, count);
    for (std::size_t k = 0; k < count; ++k) edges_[k] = edge_of(2 * label_[own[k]] + 1, level);
    tails_->at(own, std::span(edges_).first(count), middles);
    lanes::halve_all(how, own, cells, middles, all, std::span(found_).first(count));
    for (std::size_t k = 0; k < count; ++k) {
      if (found_[k] == Halved::blurred) {
        throw DivergenceError(elements_[own[k]], infinity, 64.0,
                              "the CDF says too little so far up: give a survival function, sf");
      }
      precise_[kept] = own[k];
      halves_[kept] = cells[k];
      middle_[kept] = middles[k];
      kept += found_[k] == Halved::goes_on;
    }
  }
  precise_.resize(kept);
}

}  // namespace astar_rec::polar
