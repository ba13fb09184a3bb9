#include "dither/dither_block.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdlib>
#include <utility>

#include "codes/range_coder.hpp"
#include "dither/lattice.hpp"
#include "dither/numbers.hpp"
#include "engine/errors.hpp"
#include "simd/lanes.hpp"

namespace astar_rec::dither {

namespace {

// A number's magnitude beyond what masses tell, the first bits first.
constexpr int magnitude_bits = 64;

// The elements of a block, `together` at a time: calls f(begin, count).
template <class F>
void in_batches(std::size_t elements, const F& f) {
  for (std::size_t begin = 0; begin < elements; begin += together) {
    f(begin, std::min(together, elements - begin));
  }
}

// floor(x) of |x| < 2^62, without the C library.
std::int64_t floor_of(double x) {
  const auto whole = static_cast<std::int64_t>(x);
  return whole - (static_cast<double>(whole) > x ? 1 : 0);
}

[[noreturn]] void refuse_far(const Batch<double>& place, std::size_t begin) {
  std::size_t i = 0;
  while (std::fabs(place[i]) < static_cast<double>(most)) ++i;
  throw DivergenceError(begin + i, 64.0, 62.0,
                        "the mean is 2^62 cells away from the proposal's middle");
}

// What both sides know of some consecutive elements.
struct Shared {
  Lattices lattices;
  Batch<Means> means;
  Batch<double> step;  // the distance of points, in scales of the means' law
  bool has_atoms = false;

  void draw(const Known& known, BlockAddress address, std::size_t begin, std::size_t count) {
    const auto scale = std::span(known.scale).subspan(begin, count);
    const auto unit = std::span(known.unit).subspan(begin, count);
    lattices.draw(address.seed, address.first + begin, known.noise, known.shifted, scale);
    for (std::size_t i = 0; i < count; ++i) {
      const bool same = i > 0 && scale[i] == scale[i - 1] && unit[i] == unit[i - 1];
      means[i] = same ? means[i - 1] : Means::of(known.noise, scale[i], known.family, unit[i]);
    }
    has_atoms = false;
    for (std::size_t i = 0; i < count; ++i) has_atoms |= means[i].atom > 0.0;
    for (std::size_t i = 0; i < count; ++i) step[i] = lattices.width[i] * means[i].inverse;
  }

  // How many scales above the origin the cell of an element's number begins.
  double edge(std::size_t i, double number) const {
    return (number + lattices.shift[i] - 0.5) * step[i];
  }
};

// --- Decoding ------------------------------------------------------------------------------------

// The parts of an element's numbers `first`, `first` + 1, …: as many as there are edges, less one. None
// where numbers are so many that they are searched for.
struct Window {
  std::int64_t first;
  std::size_t begin;  // the edges' place
  std::size_t edges;
};

constexpr std::size_t edges_together = 4;
constexpr std::size_t most_edges = 16;
// How many scales of the means' law lie within windows to each side. Others cost a search.
constexpr double within = 1.625;

// Where the search for a number begins: near the quantile. A guess alone, of which no result depends.
template <class It>
std::int64_t guess(const Means& means, double step, double shift, double about) {
  const double mass = (about * static_cast<double>(all_parts) -
                       static_cast<double>(granted) * static_cast<double>(reach)) /
                      rest;
  double below = mass;
  if (means.atom > 0.0) {
    const double half = 0.5 * (1.0 - means.atom);
    if (mass > half && mass < half + means.atom) return floor_of(0.5 - shift);
    below = (mass > half ? mass - means.atom : mass) / (1.0 - means.atom);
  }
  below = std::clamp(below, 0x1p-40, 1.0 - 0x1p-40);
  const auto position = static_cast<Position>(static_cast<std::int64_t>(below * 0x1p62)) << 2;
  const double place = It::quantile(position) / step - shift + 0.5;
  constexpr auto end = static_cast<double>(reach);
  return floor_of(std::clamp(place, -end, end));
}

// A number, and its part.
struct Part {
  std::int64_t number;
  std::uint64_t begin, end;
};

// The number in whose part lies what is next: from a guess in steps that double, then by halves.
template <class It>
Part search(const RangeDecoder& decoder, const Shared& shared, std::size_t i) {
  const Means& means = shared.means[i];
  const auto below = [&](std::int64_t number) {
    const double z = shared.edge(i, static_cast<double>(number));
    return means.below(number, z, It::tail(z));
  };
  std::int64_t low = guess<It>(means, shared.step[i], shared.lattices.shift[i], decoder.about());
  std::uint64_t begin = below(low), end = 0;
  std::int64_t high = low, step = 1;
  if (decoder.is_behind(begin)) {
    for (;; step *= 2) {
      high = std::min(low + step, reach + 1);
      end = below(high);
      if (!decoder.is_behind(end)) break;
      low = high;
      begin = end;
    }
  } else {
    for (;; step *= 2) {
      high = low;
      end = begin;
      low = std::max(high - step, -reach);
      begin = below(low);
      if (decoder.is_behind(begin)) break;
    }
  }
  while (high - low > 1) {
    const std::int64_t middle = low + (high - low) / 2;
    const std::uint64_t at = below(middle);
    if (decoder.is_behind(at)) {
      low = middle;
      begin = at;
    } else {
      high = middle;
      end = at;
    }
  }
  return {low, begin, end};
}

// Numbers of some elements, from a message.
template <class It>
class Reader {
 public:
  Reader(const Known& known, BlockAddress address, std::span<const std::uint8_t> bytes)
      : known_(known), address_(address), decoder_(bytes) {}

  void read(std::size_t begin, std::span<const double> origin, std::span<double> sample) {
    const std::size_t count = sample.size();
    shared_.draw(known_, address_, begin, count);
    look_around(count);
    const Lattices& lattices = shared_.lattices;
    for (std::size_t i = 0; i < count; ++i) {
      const Part part = next(i);
      decoder_.decode_parts(part.begin, part.end);
      const std::int64_t number =
          std::abs(part.number) == reach ? beyond(part.number) : part.number;
      sample[i] = origin[i] + lattices.point(i, static_cast<double>(number));
    }
  }

  bool at_end() const { return decoder_.at_end(); }

 private:
  // Chooses windows, and computes their edges in lanes.
  void look_around(std::size_t count) {
    const Batch<double>& shift = shared_.lattices.shift;
    std::size_t used = 0;
    for (std::size_t i = 0; i < count; ++i) {
      const double cells = within / shared_.step[i];
      if (!(2.0 * cells + 2.0 <= static_cast<double>(most_edges))) {
        windows_[i] = {0, used, 0};
        continue;
      }
      const std::int64_t low = floor_of(0.5 - shift[i] - cells);
      const std::int64_t high = floor_of(0.5 - shift[i] + cells);
      const auto wanted = static_cast<std::size_t>(high - low) + 2;
      const std::size_t edges = (wanted + edges_together - 1) / edges_together * edges_together;
      const std::int64_t first = low - static_cast<std::int64_t>((edges - wanted) / 2);
      windows_[i] = {first, used, edges};
      for (std::size_t e = 0; e < edges; e += edges_together) {
        const auto number = static_cast<double>(first + static_cast<std::int64_t>(e));
        for (std::size_t k = 0; k < edges_together; ++k) {
          z_[used + e + k] = shared_.edge(i, number + static_cast<double>(k));
        }
      }
      used += edges;
    }
    const auto tails = std::span(tail_).first(used);
    lanes::tails(family_of<It>, std::span(z_).first(used), tails);
    if (!shared_.has_atoms) {
      lanes::floors_of_masses(tails, rest, below_.data());
    } else {
      for (std::size_t i = 0; i < count; ++i) {
        for (std::size_t e = windows_[i].begin; e < windows_[i].begin + windows_[i].edges; ++e) {
          below_[e] = lanes::plain::floor_of(rest * shared_.means[i].mass(z_[e], tails[e]));
        }
      }
    }
    for (std::size_t i = 0; i < count; ++i) {
      const auto [first, at, edges] = windows_[i];
      for (std::size_t e = 0; e < edges; e += edges_together) {
        const std::uint64_t own = granted_below(first + static_cast<std::int64_t>(e));
        for (std::size_t k = 0; k < edges_together; ++k) below_[at + e + k] += own + granted * k;
      }
    }
  }

  Part next(std::size_t i) const {
    const Window& window = windows_[i];
    const std::uint64_t* below = &below_[window.begin];
    std::size_t behind = 0;  // edges before what is next: by no branch that could not be predicted
    for (std::size_t e = 0; e < window.edges; e += edges_together) {
      for (std::size_t k = 0; k < edges_together; ++k) behind += decoder_.is_behind(below[e + k]);
    }
    if (behind == 0 || behind == window.edges) {
      return search<It>(decoder_, shared_, i);
    }
    return {window.first + static_cast<std::int64_t>(behind) - 1, below[behind - 1], below[behind]};
  }

  // A number of which the magnitude follows.
  std::int64_t beyond(std::int64_t end) {
    std::uint64_t magnitude = 0;
    for (int bits = 0; bits < magnitude_bits; bits += max_raw_bits) {
      magnitude = magnitude << max_raw_bits | decoder_.decode_raw(max_raw_bits);
    }
    if (magnitude < static_cast<std::uint64_t>(reach) ||
        magnitude > static_cast<std::uint64_t>(most)) {
      throw CorruptDataError("a number that no encoder writes");
    }
    const auto number = static_cast<std::int64_t>(magnitude);
    return end > 0 ? number : -number;
  }

  const Known& known_;
  BlockAddress address_;
  RangeDecoder decoder_;
  Shared shared_;
  Batch<Window> windows_;
  // Of all windows, edge by edge: places in scales, signed tails, what lies below.
  std::array<double, together * most_edges> z_, tail_;
  std::array<std::uint64_t, together * most_edges> below_;
};

}  // namespace

// --- Distributions -------------------------------------------------------------------------------

Located Located::of(const Distribution& all, std::size_t begin, std::size_t end) {
  Located located{std::vector<double>(end - begin), std::vector<double>(end - begin)};
  all.parameters[0].gather(begin, located.middle);
  all.parameters[1].gather(begin, located.scale);
  if (all.family == family_of<Uniform>) {
    for (std::size_t i = 0; i < end - begin; ++i) {
      const Uniform interval{located.middle[i], located.scale[i]};
      located.middle[i] = interval.middle();
      located.scale[i] = interval.half_width();
    }
  }
  return located;
}

void Located::share(Family family) {
  if (family != family_of<Uniform>) return;
  constexpr double rounding = 0x1p-51;
  const auto end = [&](std::size_t i) { return std::fabs(middle[i]) + scale[i]; };
  for (std::size_t i = 1; i < scale.size(); ++i) {
    if (!(std::fabs(scale[i] - scale[0]) <= rounding * std::max(end(i), end(0)))) return;
  }
  std::fill(scale.begin(), scale.end(), scale[0]);
}

// --- Encoding ------------------------------------------------------------------------------------

std::vector<std::uint8_t> encode_block(const Known& known, std::span<const double> mean,
                                       std::span<const double> origin, BlockAddress address,
                                       std::span<double> sample) {
  std::vector<std::uint8_t> message;
  known.write(message);
  RangeEncoder encoder;
  Shared shared;
  const Lattices& lattices = shared.lattices;
  in_batches(sample.size(), [&](std::size_t begin, std::size_t count) {
    shared.draw(known, address, begin, count);
    Batch<double> place;
    for (std::size_t i = 0; i < count; ++i) {
      place[i] =
          (mean[begin + i] - origin[begin + i]) / lattices.width[i] - lattices.shift[i] + 0.5;
    }
    bool near = true;
    for (std::size_t i = 0; i < count; ++i) near &= std::fabs(place[i]) < static_cast<double>(most);
    if (!near) refuse_far(place, begin);
    Batch<std::int64_t> numbers, coded;
    for (std::size_t i = 0; i < count; ++i) {
      numbers[i] = floor_of(place[i]);
      coded[i] = std::clamp(numbers[i], -reach, reach);
    }
    // At lower ends of cells, and behind these at upper ones.
    std::array<double, 2 * together> z, tail;
    std::array<std::uint64_t, 2 * together> floors;
    for (std::size_t i = 0; i < count; ++i) {
      const auto number = static_cast<double>(coded[i]);
      z[i] = shared.edge(i, number);
      z[count + i] = shared.edge(i, number + 1.0);
      sample[begin + i] = origin[begin + i] + lattices.point(i, static_cast<double>(numbers[i]));
    }
    const auto tails = std::span(tail).first(2 * count);
    lanes::tails(known.family, std::span(z).first(2 * count), tails);
    if (!shared.has_atoms) lanes::floors_of_masses(tails, rest, floors.data());
    for (std::size_t i = 0; i < count; ++i) {
      const std::int64_t number = coded[i];
      const bool plain = !shared.has_atoms && std::abs(number) < reach;
      const auto below = [&](std::int64_t of, std::size_t at) {
        return plain ? granted_below(of) + floors[at] : shared.means[i].below(of, z[at], tail[at]);
      };
      encoder.encode_parts(below(number, i), below(number + 1, count + i));
      if (std::abs(number) < reach) continue;
      const auto magnitude = static_cast<std::uint64_t>(std::abs(numbers[i]));
      for (int shift = magnitude_bits - max_raw_bits; shift >= 0; shift -= max_raw_bits) {
        encoder.encode_raw(magnitude >> shift & 0xFFFF, max_raw_bits);
      }
    }
  });
  const std::vector<std::uint8_t> coded = std::move(encoder).finish();
  message.insert(message.end(), coded.begin(), coded.end());
  return message;
}

void decode_block(std::span<const std::uint8_t> message, std::span<const double> origin,
                  BlockAddress address, std::span<double> sample) {
  const Known known = Known::read(message, sample.size());
  Families::with(known.family, [&](auto family) {
    Reader<typename decltype(family)::type> reader(known, address, message);
    in_batches(sample.size(), [&](std::size_t begin, std::size_t count) {
      reader.read(begin, origin.subspan(begin, count), sample.subspan(begin, count));
    });
    if (!reader.at_end()) throw CorruptDataError("more data than numbers, or less");
  });
}

}  // namespace astar_rec::dither
