// Polar blocks: vectors of the reference, the laws of levels and of whole blocks by enumeration, any
// number of elements, damage.
//
// Statistical tests have their false-alarm rate beside them. Seeds are fixed.
#include <algorithm>
#include <array>
#include <atomic>
#include <bit>
#include <cmath>
#include <cstdint>
#include <fstream>
#include <functional>
#include <initializer_list>
#include <limits>
#include <optional>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

#include "check.hpp"
#include "families/tails.hpp"
#include "polar/polar_block.hpp"
#include "polar/successive_cancellation.hpp"

using namespace astar_rec;
using namespace astar_rec::polar;

namespace {

// Targets by their tails at places of a proposal that is uniform on (0, 1).
class UnitTails : public Tails {
 public:
  using Of = std::function<double(std::size_t element, double u, double from_end)>;

  explicit UnitTails(Of of) : of_(std::move(of)) {}

  void at(std::span<const std::uint32_t> element, std::span<const Position> edge,
          std::span<Place> place) override {
    for (std::size_t i = 0; i < edge.size(); ++i) place[i] = one(element[i], edge[i]);
  }
  void rows(std::span<const std::uint32_t> element, std::span<const Position> edges,
            std::span<double> tails) override {
    for (std::size_t i = 0; i < element.size(); ++i) {
      for (std::size_t e = 0; e < edges.size(); ++e) {
        tails[i * edges.size() + e] = one(element[i], edges[e]).tail;
      }
    }
  }

 private:
  Place one(std::size_t element, Position edge) const {
    const double u = static_cast<double>(edge) * 0x1p-64;
    const double from_end = static_cast<double>(~edge + 1) * 0x1p-64;
    return {u, of_(element, u, from_end)};
  }

  Of of_;
};

// Positions near 0 for two elements of three, near 1 for the others: the CDF is
// c u / (1 + (c - 1) u).
UnitTails tilted(double tilt) {
  return UnitTails([tilt](std::size_t element, double u, double from_end) {
    const double c = element % 3 != 0 ? tilt : 1.0 / tilt;
    const double of_all = 1.0 + (c - 1.0) * u;
    const double below = c * u / of_all;
    return below <= 0.5 ? below : -(from_end / of_all);
  });
}

// Bins of equal width and these masses, the same for all elements.
UnitTails histogram(std::vector<double> masses) {
  return UnitTails([masses](std::size_t, double u, double) {
    const double at = u * static_cast<double>(masses.size());
    double below = 0.0;
    for (std::size_t bin = 0; bin < masses.size(); ++bin) {
      below += masses[bin] * std::clamp(at - static_cast<double>(bin), 0.0, 1.0);
    }
    return below <= 0.5 ? below : -std::max(1.0 - below, std::numeric_limits<double>::denorm_min());
  });
}

struct Block {
  std::vector<std::uint8_t> bytes;
  std::vector<Position> positions;
};

// Never asks for a stop.
struct Calm {
  std::atomic<bool> stop{false};
  Interrupt interrupt{stop, nullptr};
};

Block encoded(Tails& tails, std::size_t elements, BlockAddress address) {
  Calm calm;
  Block block{{}, std::vector<Position>(elements)};
  block.bytes = encode_block(tails, elements, address, block.positions, calm.interrupt);
  return block;
}

Block encoded(Tails& tails, std::size_t elements, BlockAddress address, Levels levels) {
  Calm calm;
  Block block{{}, std::vector<Position>(elements)};
  block.bytes = encode_block(tails, elements, address, levels, block.positions, calm.interrupt);
  return block;
}

std::vector<Position> decoded(std::size_t elements, BlockAddress address,
                              std::span<const std::uint8_t> bytes) {
  Calm calm;
  std::vector<Position> positions(elements);
  decode_block(address, bytes, positions, calm.interrupt);
  return positions;
}

// Members of a family, with a middle and a unit for each element.
struct Family2 {
  Family2(std::string_view name, const std::vector<double>& middle, const std::vector<double>& unit)
      : family(*find_family(name)), first(middle), second(unit) {
    if (family != family_of<Uniform>) return;
    for (std::size_t i = 0; i < first.size(); ++i) {
      first[i] = middle[i] - unit[i];
      second[i] = middle[i] + unit[i];
    }
  }
  Distribution distribution() const { return {family, {view(first), view(second)}}; }

  Family family;
  std::vector<double> first, second;

 private:
  static StridedView view(const std::vector<double>& all) {
    return StridedView(all.data(), {all.size()}, {sizeof(double)});
  }
};

std::string hex_of(std::span<const std::uint8_t> bytes) {
  std::string text;
  for (const std::uint8_t byte : bytes) {
    text += "0123456789abcdef"[byte >> 4];
    text += "0123456789abcdef"[byte & 15];
  }
  return text.empty() ? "-" : text;
}

void check_vector(Tails& tails, std::size_t elements, BlockAddress address, Levels levels,
                  std::istream& in, const std::string& line) {
  std::size_t number = 1;
  std::string hex;
  std::uint64_t total = 0, mixed = 0;
  in >> number >> hex >> total >> mixed;
  std::vector<std::uint16_t> contexts(elements);
  for (std::size_t i = 0; i < elements; ++i) contexts[i] = static_cast<std::uint16_t>(i % number);
  if (number > 1) address.contexts = contexts;
  const Block sent = levels.fine != 0 ? encoded(tails, elements, address, levels)
                                      : encoded(tails, elements, address);
  CHECK(hex_of(sent.bytes) == hex, line.substr(0, 60));
  std::uint64_t sum = 0, exclusive_or = 0;
  for (std::size_t i = 0; i < elements; ++i) {
    sum += sent.positions[i] * (2 * i + 1);
    exclusive_or ^= sent.positions[i] * (2 * i + 1);
  }
  CHECK_EQUAL(sum, total);
  CHECK_EQUAL(exclusive_or, mixed);
  CHECK(decoded(elements, address, sent.bytes) == sent.positions, line.substr(0, 60));
  if (number > 1) return;
  // Elements of one context, whatever it is, are as without.
  address.contexts = contexts;
  CHECK(decoded(elements, address, sent.bytes) == sent.positions, line.substr(0, 60));
}

void test_vectors(const std::string& folder) {
  std::ifstream file(folder + "/polar.txt");
  std::string line;
  int cases = 0;
  while (std::getline(file, line)) {
    if (line.empty() || line[0] == '#') continue;
    std::istringstream in(line);
    std::size_t elements = 0;
    Levels levels;
    BlockAddress address{};
    std::string target, proposal;
    double loc = 0.0, spread = 0.0, scale = 0.0;
    in >> elements >> levels.fine >> levels.mirrored >> address.seed >> address.first >> target >>
        proposal >> loc >> spread >> scale;
    ++cases;
    if (target == "tilted") {
      UnitTails tails = tilted(loc);
      check_vector(tails, elements, address, levels, in, line);
      continue;
    }
    std::vector<double> middle(elements);
    for (std::size_t e = 0; e < elements; ++e) {
      middle[e] = loc + spread * ((static_cast<double>(e * 37 % 64) - 31.5) / 32.0);
    }
    const std::vector<double> zero(elements, 0.0), one(elements, 1.0), unit(elements, scale);
    const Family2 targets(target, middle, unit), proposals(proposal, zero, one);
    FamilyTails tails(targets.distribution(), proposals.distribution(), 0, elements);
    check_vector(tails, elements, address, levels, in, line);
  }
  CHECK(cases >= 20, cases);
}

// Pearson's statistic of counts lies within so many deviations of its mean: with 6, and hundreds of
// expected counts each, false alarms are rarer than one in 10^5.
void check_chi_square(std::span<const double> counts, std::span<const double> expected,
                      const std::string& what) {
  double chi_square = 0.0;
  int degrees = -1;
  for (std::size_t i = 0; i < counts.size(); ++i) {
    if (expected[i] == 0.0) {
      CHECK(counts[i] == 0.0, what, i, counts[i]);
      continue;
    }
    chi_square += (counts[i] - expected[i]) * (counts[i] - expected[i]) / expected[i];
    ++degrees;
  }
  const double deviation = std::sqrt(2.0 * degrees);
  CHECK(chi_square <= degrees + 6.0 * deviation, what, chi_square, degrees);
  CHECK(chi_square >= degrees - 6.0 * deviation, what, chi_square, degrees);
}

// A node whose runs have these odds and numbers of bits; those of no odds carry nothing.
struct KindOf {
  std::optional<int> odds;
  std::size_t size;
};

Kinds kinds_of(std::vector<Kind>& runs, std::initializer_list<KindOf> of) {
  Kinds kinds(runs, 0);
  for (const KindOf& run : of) {
    if (run.size != 0) kinds.add(run.odds ? Node::from_odds(*run.odds) : Node{0.0, 1.0}, run.size);
  }
  return kinds;
}

// A level of eight places, over many seeds: each of the 2^8 outcomes as often as the product law
// says. Also of those that are filled up, and of those of unlike kinds.
void test_product_law(std::size_t real, std::size_t unlike) {
  constexpr std::array<double, 8> all = {0.9, -0.5, 0.0, 0.3, -0.99, 0.7, 0.2, -0.1};
  constexpr int trials = 400'000;
  std::array<double, 8> d{};
  std::copy_n(all.begin(), real, d.begin());
  std::vector<double> count(std::size_t{1} << real, 0.0), expected(count.size());
  FlipModel shared;
  Calm calm;
  for (int trial = 0; trial < trials; ++trial) {
    const PolarRandom random(static_cast<std::uint64_t>(trial), 0);
    RangeEncoder out;
    std::array<double, 8> scratch{};
    std::array<Bit, 8> x{};
    std::vector<Kind> runs;
    const Kinds root =
        kinds_of(runs, {{720, unlike}, {640, real - unlike}, {std::nullopt, 8 - real}});
    Level<Drawing>(Drawing(out, scratch.data()), random, 0, shared, 1, calm.interrupt)
        .draw(d.data(), 8, root, x.data());
    unsigned outcome = 0;
    for (std::size_t j = 0; j < real; ++j) outcome |= unsigned{x[j]} << j;
    ++count[outcome];
  }
  for (unsigned outcome = 0; outcome < count.size(); ++outcome) {
    double p = 1.0;
    for (std::size_t j = 0; j < real; ++j) {
      p *= 0.5 * (1.0 + ((outcome >> j & 1) != 0 ? -d[j] : d[j]));
    }
    expected[outcome] = trials * p;
  }
  check_chi_square(
      count, expected,
      "a level of " + std::to_string(real) + ", " + std::to_string(unlike) + " unlike");
}

// Whole blocks of a few elements over many seeds: cells of 2^-depth as often as their masses say, for
// each outcome of all elements at once.
void test_law_of_blocks(Tails& tails, std::size_t elements, int depth, const Levels* levels,
                        const std::function<double(std::size_t, double)>& cdf,
                        const std::string& what) {
  constexpr int trials = 1 << 13;
  const std::size_t cells = std::size_t{1} << depth;
  std::size_t outcomes = 1;
  for (std::size_t e = 0; e < elements; ++e) outcomes *= cells;
  std::vector<double> count(outcomes, 0.0), expected(outcomes);
  for (int trial = 0; trial < trials; ++trial) {
    const BlockAddress address{static_cast<std::uint64_t>(trial), 5};
    const Block block = levels != nullptr ? encoded(tails, elements, address, *levels)
                                          : encoded(tails, elements, address);
    std::size_t outcome = 0;
    for (const Position position : block.positions) {
      outcome = outcome * cells + (position >> (64 - depth));
    }
    ++count[outcome];
  }
  for (std::size_t outcome = 0; outcome < outcomes; ++outcome) {
    double p = 1.0;
    std::size_t rest = outcome;
    for (std::size_t e = elements; e-- > 0; rest /= cells) {
      const double cell = static_cast<double>(rest % cells),
                   width = 1.0 / static_cast<double>(cells);
      p *= cdf(e, (cell + 1.0) * width) - cdf(e, cell * width);
    }
    expected[outcome] = trials * p;
  }
  check_chi_square(count, expected, what);
}

void test_laws_of_blocks() {
  const auto cdf = [](double tilt) {
    return [tilt](std::size_t element, double u) {
      const double c = element % 3 != 0 ? tilt : 1.0 / tilt;
      return c * u / (1.0 + (c - 1.0) * u);
    };
  };
  UnitTails two = tilted(3.0);
  const Levels coarse{1, false}, fine{3, false}, mirrored{2, true};
  test_law_of_blocks(two, 2, 3, &coarse, cdf(3.0), "two elements, L = 1");
  test_law_of_blocks(two, 2, 3, &fine, cdf(3.0), "two elements, L = 3");
  test_law_of_blocks(two, 2, 3, &mirrored, cdf(3.0), "two elements, mirrored");
  test_law_of_blocks(two, 2, 3, nullptr, cdf(3.0), "two elements, L as it suits");
  test_law_of_blocks(two, 3, 2, nullptr, cdf(3.0), "three elements");
  test_law_of_blocks(two, 1, 5, nullptr, cdf(3.0), "one element");
}

// Symmetry hides what is left: a level's halves are alike, and halves of halves are not.
void test_laws_of_symmetric_targets() {
  const Levels coarse{1, false};
  const std::vector<std::vector<double>> patterns = {
      {1, 3, 3, 1},
      {1, 3, 3, 1, 1, 3, 3, 1},
      {2, 2, 2, 2, 1, 3, 3, 1},
      {0, 0, 0, 1, 1, 0, 0, 0},
      {1, 3, 3, 1, 1, 3, 3, 1, 1, 3, 3, 1, 1, 3, 3, 1,
       1, 3, 3, 1, 1, 3, 3, 1, 1, 3, 3, 1, 1, 3, 3, 1},
      {0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 0, 0, 0, 0, 0,
       0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0},
  };
  for (std::vector<double> masses : patterns) {
    const double bins_of_all = static_cast<double>(masses.size());
    double whole = 0.0;
    for (const double mass : masses) whole += mass;
    for (double& mass : masses) mass /= whole;
    UnitTails tails = histogram(masses);
    const auto cdf = [&](std::size_t, double u) {
      double below = 0.0;
      for (std::size_t bin = 0; bin < masses.size(); ++bin) {
        below += masses[bin] * std::clamp(u * bins_of_all - static_cast<double>(bin), 0.0, 1.0);
      }
      return below;
    };
    const std::string what = "a histogram of " + std::to_string(masses.size());
    test_law_of_blocks(tails, 1, 6, nullptr, cdf, what);
    test_law_of_blocks(tails, 2, 3, &coarse, cdf, what + ", twice, L = 1");
    test_law_of_blocks(tails, 1, 6, &coarse, cdf, what + ", L = 1");
  }
}

void test_sizes() {
  for (const std::size_t elements : {1, 2, 3, 4, 5, 63, 64, 65, 255, 256, 257, 1000, 1024}) {
    for (const double tilt : {1.0, 4.0, 500.0}) {
      UnitTails tails = tilted(tilt);
      const BlockAddress address{elements, 3};
      const Block sent = encoded(tails, elements, address);
      CHECK(decoded(elements, address, sent.bytes) == sent.positions, elements, tilt);
    }
  }
}

// A message that has no levels may still say that they are mirrored: no encoder writes that, and it means nothing.
void test_no_levels() {
  Calm calm;
  std::vector<Position> shared(100), positions(100);
  decode_block({7, 0}, {}, shared, calm.interrupt);
  for (std::uint8_t byte = 0; byte < 16; ++byte) {
    try {
      decode_block({7, 0}, std::vector<std::uint8_t>{byte}, positions, calm.interrupt);
      CHECK(positions == shared, byte);
    } catch (const CorruptDataError&) {
      static_cast<void>(byte);  // as good
    }
  }
}

// Messages may go on to the last level, and then there is still the report of what is behind.
void test_all_levels() {
  Calm calm;
  std::vector<Position> positions(1);
  std::vector<LevelReport> report;
  decode_block({1, 7}, std::vector<std::uint8_t>{0x96, 0xC7, 0x36, 0x3F, 0x08, 0xC4}, positions,
               calm.interrupt, &report);
  CHECK_EQUAL(report.size(), std::size_t{most_levels} + 1);
  CHECK_EQUAL(report.back().level, 0);
}

// Damaged messages give other positions or an error, and nothing worse.
void test_damage(std::size_t elements) {
  UnitTails tails = tilted(50.0);
  const BlockAddress address{3, 1};
  const Block sent = encoded(tails, elements, address);
  CHECK(sent.bytes.size() > 10, sent.bytes.size());
  int refused = 0, other = 0;
  for (std::size_t byte = 0; byte < sent.bytes.size(); ++byte) {
    std::vector<std::uint8_t> damaged = sent.bytes;
    damaged[byte] ^= 0x10;
    try {
      other += decoded(elements, address, damaged) != sent.positions ? 1 : 0;
    } catch (const CorruptDataError&) {
      ++refused;
    }
  }
  CHECK_EQUAL(refused + other, static_cast<int>(sent.bytes.size()));
}

void test_bad_targets() {
  const auto nothing = [](std::size_t, double, double) { return 0.0; };
  UnitTails tails(nothing);
  // All mass in the last cell is a law, if an odd one.
  const Block sent = encoded(tails, 4, {1, 0}, {3, false});
  for (const Position position : sent.positions) CHECK_EQUAL(position >> 4, last_position >> 4);
  UnitTails none([](std::size_t, double, double) { return std::nan(""); });
  CHECK_THROWS(DivergenceError, encoded(none, 4, {1, 0}));
  CHECK_THROWS(DivergenceError, encoded(none, 4, {1, 0}, {8, true}));
}

void test_nodes() {
  for (int odds = 0; odds <= Node::most_odds; ++odds) {
    const Node node = Node::from_odds(odds);
    CHECK_EQUAL(Node::to_odds(node.f, node.g), odds);
    const Node a = Node::first_half(node, node, 0.125), b = Node::second_half(node, node, 0.125);
    CHECK(std::abs(a.f + b.f - 2.0 * node.f) <= 1e-15, odds);
    CHECK(a.f >= 0.0 && a.g >= 0.0 && b.f >= 0.0 && b.g >= 0.0, odds);
  }
  int last = 0;
  for (double w = 0x1p-54; w < 1.0; w += w < 0x1p-10 ? w : 0x1p-10) {
    const int bin = bin_of(w);
    CHECK(bin >= last && bin < bins, w, bin);
    last = bin;
  }
}

// Both halves of a node share the information of all its kinds.
double information_of(std::span<const Kind> runs) {
  double all = 0.0;
  for (const Kind& run : runs) all += run.node.f * static_cast<double>(run.size);
  return all;
}

std::size_t size_of(std::span<const Kind> runs) {
  std::size_t all = 0;
  for (const Kind& run : runs) all += run.size;
  return all;
}

void check_halves(std::span<const Kind> runs, double curvature) {
  const std::size_t n = size_of(runs), half = n / 2;
  if (n == 1) return;
  double both = 0.0;
  for (const bool second : {false, true}) {
    std::vector<Kind> stack(runs.begin(), runs.end());
    Kinds node(stack, 0);
    for (const Kind& run : runs) node.add(run.node, run.size);
    second ? node.second_half(half, curvature) : node.first_half(half, curvature);
    const std::span<const Kind> made = std::span(stack).subspan(runs.size());
    CHECK_EQUAL(size_of(made), half);
    CHECK(made.size() <= runs.size(), n, made.size());
    for (const Kind& run : made) CHECK(run.node.f >= 0.0 && run.node.g >= 0.0, n);
    both += information_of(made);
    check_halves(made, curvature);
  }
  CHECK(std::abs(both - information_of(runs)) <= 1e-13 * static_cast<double>(n), n, both);
}

void test_halves() {
  const Node silent{0.0, 1.0};
  for (std::size_t n = 1; n <= 64; n *= 2) {
    for (std::size_t real = 1; real <= n; ++real) {
      for (const int odds : {0, 400, 600, 680, 800, 1023}) {
        for (const double curvature : {0.0, 0.125, 0.25}) {
          const Node one = Node::from_odds(odds), other = Node::from_odds(1023 - odds);
          std::vector<Kind> runs;
          const auto add = [&](Node node, std::size_t size) {
            if (size != 0) runs.push_back({node, size});
          };
          add(one, real / 3);
          add(other, real / 4);
          add(one, real - real / 3 - real / 4);
          add(silent, n - real);
          check_halves(runs, curvature);
        }
      }
    }
  }
}

}  // namespace

int main(int, char** arguments) {
  test_nodes();
  test_halves();
  test_vectors(arguments[1]);
  test_sizes();
  for (const std::size_t real : {8, 7, 5}) {
    for (const std::size_t unlike : {0, 3}) test_product_law(real, unlike);
  }
  test_laws_of_blocks();
  test_laws_of_symmetric_targets();
  for (const std::size_t elements : {200, 256}) test_damage(elements);
  test_no_levels();
  test_all_levels();
  test_bad_targets();
  return check::result();
}
