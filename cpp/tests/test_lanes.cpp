// The code in lanes, for every set of instructions that there is here: how far its approximations are
// from the exact functions, and that its searches and replays are the exact ones.
#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <initializer_list>
#include <limits>
#include <vector>

#include "batch_of_normals.hpp"
#include "calls.hpp"
#include "check.hpp"
#include "draws.hpp"
#include "families/tails.hpp"
#include "math/normal_quantile.hpp"
#include "random/gumbel.hpp"
#include "random/random.hpp"
#include "simd/lanes.hpp"

using namespace astar_rec;
using lanes::Instructions;

namespace {

constexpr Pair normals{family_of<Normal>, family_of<Normal>};

// Numbers of 64 bits: evenly spread, close to both ends, and close to the middle.
std::vector<std::uint64_t> numbers(std::size_t count) {
  Draws draws(1);
  std::vector<std::uint64_t> found = {0, 1, 2, 3};
  for (std::size_t i = 0; i < count; ++i) {
    found.push_back(draws.bits());
    found.push_back(draws.magnitude());
    found.push_back((std::uint64_t{1} << 63) + draws.magnitude());
  }
  const std::size_t half = found.size();
  for (std::size_t i = 0; i < half; ++i) found.push_back(~found[i]);
  return found;
}

// What simd/families.inl counts on.
constexpr double most_in_log = 0x1p-22;  // of 1 + |log|
constexpr double most_in_exponential = 0x1p-21;
constexpr double most_in_quantile = 0x1p-21;
constexpr double most_in_quantile_at_centre = 0x1p-31;  // absolute

// Calls check(x, exact(x), approximation) for all of `at`.
template <class T, class Exact, class Check>
void compare(std::size_t count, std::vector<T> at, const Exact& exact,
             void (*approximate)(const T*, float*), const Check& check) {
  while (at.size() % count != 0) at.push_back(at.back());
  std::vector<float> found(count);
  for (std::size_t i = 0; i < at.size(); i += count) {
    approximate(&at[i], found.data());
    for (std::size_t j = 0; j < count; ++j) {
      check(at[i + j], exact(at[i + j]), static_cast<double>(found[j]));
    }
  }
}

void approximations_are_close(const LaneSet::Functions& functions) {
  const std::size_t count = functions.width;
  Draws draws(2);
  std::vector<float> positive;
  for (int i = 0; i < 200'000; ++i) {
    positive.push_back(static_cast<float>(draws.power_of_two(-100, 60)));
    positive.push_back(static_cast<float>(draws.power_of_two(-1, 1)));
  }
  compare<float>(
      count, positive, [](float x) { return -portable_log(x); }, functions.negative_log,
      [](float x, double exact, double found) {
        CHECK(std::fabs(found - exact) <= most_in_log * (1.0 + std::fabs(exact)), x, exact, found);
      });
  const auto bits = numbers(200'000);
  compare<std::uint64_t>(
      count, bits, [](std::uint64_t x) { return exponential(x); }, functions.exponential,
      [](std::uint64_t x, double exact, double found) {
        CHECK(std::fabs(found - exact) <= most_in_exponential * exact, x, exact, found);
      });
  compare<std::uint64_t>(
      count, bits, [](std::uint64_t x) { return normal_quantile(x); }, functions.normal_quantile,
      [](std::uint64_t x, double exact, double found) {
        const double most = most_in_quantile * std::fabs(exact) + most_in_quantile_at_centre;
        CHECK(std::fabs(found - exact) <= most, x, exact, found);
      });
  compare<std::uint64_t>(
      count, bits, [](std::uint64_t x) { return static_cast<double>(x); }, functions.to_float,
      [](std::uint64_t x, double exact, double found) {
        CHECK(std::fabs(found - exact) <= 0x1p-23 * exact, x, exact, found);
      });
}

// The same bits, also where the number of positions is no multiple of anything.
void quantiles_are_exact() {
  const auto position = numbers(100'000);
  std::vector<double> z(position.size());
  for (const std::size_t size : {position.size(), position.size() - 1, std::size_t{3}}) {
    lanes::quantiles(family_of<Normal>, std::span(position).first(size), std::span(z).first(size));
    for (std::size_t i = 0; i < size; ++i) {
      const double exact = normal_quantile(position[i]);
      CHECK(std::bit_cast<std::uint64_t>(z[i]) == std::bit_cast<std::uint64_t>(exact), position[i],
            z[i], exact);
    }
  }
}

// The same bits as random.hpp's, of any number of elements, and beyond 2^32.
void node_bits_are_exact() {
  Draws draws(11);
  for (std::size_t count = 0; count < 40; ++count) {
    const std::uint64_t seed = draws.bits(), node = draws.magnitude();
    const std::uint64_t first = count % 2 == 0 ? draws.bits() >> 17 : (std::uint64_t{1} << 32) - 9;
    std::vector<std::uint64_t> place(count), arrival(count);
    lanes::node_bits(seed, first, node, place, arrival);
    for (std::size_t i = 0; i < count; ++i) {
      const NodeBits bits = NodeRandom(seed, first + i)({node, 0});
      CHECK(place[i] == bits.place && arrival[i] == bits.arrival, count, i);
    }
  }
}

bool same_bits(double a, double b) {
  return std::bit_cast<std::uint64_t>(a) == std::bit_cast<std::uint64_t>(b);
}

// Inside the table, beyond it, where nothing is left, and what is no number.
void tails_are_exact() {
  Draws draws(9);
  constexpr double infinity = std::numeric_limits<double>::infinity();
  std::vector<double> z = {0.0, -0.0, infinity, -infinity, std::nan(""), 9.0, -9.0, 38.0, -38.0};
  for (int i = 0; i < 20'000; ++i) {
    z.push_back(draws.between(-9.5, 9.5));
    z.push_back(draws.between(-40.0, 40.0));
    z.push_back(draws.between(-1e3, 1e3));
    // Vectors of one kind, too
    for (int k = 0; k < 8; ++k) z.push_back(i % 2 == 0 ? 50.0 + k : draws.between(8.0, 9.1));
  }
  std::vector<double> tail(z.size());
  for (const double end : {infinity, 9.0, 8.5}) {
    lanes::tails(family_of<Normal>, z, tail, end);
    for (std::size_t i = 0; i < z.size(); ++i) {
      const double exact =
          std::fabs(z[i]) > end ? (z[i] > 0.0 ? tail_at_end : tail_at_start) : Normal::tail(z[i]);
      CHECK(same_bits(tail[i], exact), z[i], end, tail[i], exact);
    }
  }
}

// Masses of cells, and their sums by turns, of any number of cells.
void masses_are_exact() {
  Draws draws(10);
  for (std::size_t cells = 0; cells < 70; ++cells) {
    std::vector<double> tails = {tail_at_start};
    for (std::size_t c = 0; c + 1 < cells; ++c) {
      tails.push_back(c == 40 ? std::nan("") : Normal::tail(draws.between(-9.0, 9.0)));
    }
    tails.push_back(tail_at_end);
    if (cells == 0) tails.pop_back();
    std::vector<double> mass(cells), room(cells / 2 + 1);
    lanes::masses(tails, mass.data());
    double sums[2] = {0.0, 0.0};
    std::vector<double> even, odd;
    for (std::size_t c = 0; c < cells; ++c) {
      CHECK(same_bits(mass[c], mass_between(tails[c], tails[c + 1])), c, mass[c]);
      sums[c % 2] += mass[c];
      (c % 2 == 0 ? even : odd).push_back(mass[c]);
    }
    even.insert(even.end(), odd.begin(), odd.end());
    // In place, and to somewhere before
    std::vector<double> moved(cells + 3);
    for (const std::size_t before : {std::size_t{0}, std::size_t{3}}) {
      std::copy(mass.begin(), mass.end(), moved.begin() + 3);
      double* const from = moved.data() + 3;
      const auto found = lanes::part({from, cells}, from - before, room.data());
      CHECK(same_bits(found.even, sums[0]) && same_bits(found.odd, sums[1]), cells, found.even);
      CHECK(std::equal(even.begin(), even.end(), from - before), cells, before);
    }
  }
}

// Halves of cells that have digits and of those that have none, of elements in a row and not.
void halves_are_exact() {
  Draws draws(11);
  constexpr double infinity = std::numeric_limits<double>::infinity();
  const double special[] = {0.0, tail_at_end, 0.5, -0.5, 0x1p-60, std::nan("")};
  for (std::size_t cells = 0; cells < 40; ++cells) {
    for (int how = 0; how < 8; ++how) {
      const Halving halving{(how & 1) != 0, (how & 2) != 0, (how & 4) != 0};
      std::vector<std::uint32_t> element(cells);
      std::vector<Ends> cell(cells);
      std::vector<Place> middle(cells);
      std::vector<double> d(3 * cells + 1), bend(d.size());
      std::vector<std::uint64_t> label(d.size());
      for (std::size_t i = 0; i < d.size(); ++i) {
        d[i] = draws.between(-1.0, 1.0) * draws.power_of_two(-20, 0);
        bend[i] = d[i] * draws.between(-0.1, 0.1);
        label[i] = i * 7 % 5;
      }
      for (std::size_t k = 0; k < cells; ++k) {
        element[k] = static_cast<std::uint32_t>(cells % 3 == 0 ? k : 2 * k + k % 2);
        const double from = draws.between(-3.0, 3.0), width = draws.power_of_two(-45, 1);
        const auto place = [&](double x) { return Place{x, Normal::tail(x)}; };
        cell[k] = {{place(from), place(from + width)}};
        middle[k] = place(from + width * draws.between(0.4, 0.6));
        if (k % 5 == 3) cell[k].end[k % 2] = {k % 2 == 0 ? -infinity : infinity, special[k % 6]};
        if (k % 7 == 5) middle[k].tail = special[k % 6];
      }
      auto expected_d = d, expected_bend = bend;
      std::vector<Halved> found(cells), expected(cells);
      lanes::halve_all(halving, element, cell, middle, {d, bend, label}, found);
      lanes::plain::halve_all(halving, element, cell, middle, {expected_d, expected_bend, label},
                              expected);
      CHECK(found == expected, cells, how);
      for (std::size_t i = 0; i < d.size(); ++i) {
        CHECK(same_bits(d[i], expected_d[i]) && same_bits(bend[i], expected_bend[i]), cells, how,
              i);
      }
    }
  }
}

// --- Searches -----------------------------------------------------------------------------------

// Targets of all kinds: in the middle of what fits in lanes, at its edges, and beyond.
Batch typical(std::size_t count) {
  Batch batch;
  Draws draws(3);
  for (std::size_t i = 0; i < count; ++i) {
    const double scale = draws.power_of_two(-9, 0);
    const double mean = draws.between(-2.5, 2.5);
    const double loc = draws.between(-3, 3);
    batch.add(mean, scale, loc, draws.power_of_two(-3, 3));
  }
  return batch;
}

Batch unusual(std::size_t count) {
  Batch batch;
  Draws draws(4);
  for (std::size_t i = 0; i < count; ++i) {
    switch (i % 8) {
      case 0:  // hardly narrower, or wider
        batch.add(draws.between(-0.1, 0.1), 1.0 + draws.between(-0.01, 0.01), 0.0, 1.0);
        break;
      case 1:  // as wide, to the bit
        batch.add(draws.between(-2.0, 2.0), 1.0, 0.0, 1.0);
        break;
      case 2:
        batch.add(draws.between(-6.0, 6.0), draws.power_of_two(-4, -1), 0.0, 1.0);
        break;
      case 3:
        batch.add(draws.between(-1.0, 1.0), draws.power_of_two(-14, -10), 0.0, 1.0);
        break;
      case 4:  // at the median, where the root is cut
        batch.add(0.0, draws.power_of_two(-10, -1), 0.0, 1.0);
        break;
      case 5:  // far from 0
        batch.add(draws.between(-1.0, 1.0), 0.1, 1e6, 1e-3);
        break;
      case 6:  // vertices beyond the last position
        batch.add(draws.between(3.0, 5.5), draws.between(0.9, 1.0), 0.0, 1.0);
        break;
      default:  // vertices at cuts of cells
        batch.add(Normal::quantile((1 + draws.below(511)) << 55) * (1.0 - 0.015625), 0.125, 0.0,
                  1.0);
    }
  }
  return batch;
}

struct Found {
  std::vector<std::uint64_t> index;
  std::vector<double> sample;
  std::vector<std::uint64_t> steps;
  std::uint64_t cut = 0;

  bool operator==(const Found&) const = default;
};

bool never() { return false; }

Found search(const Batch& batch, const MethodCase& method, std::uint64_t offset) {
  const std::size_t n = batch.size();
  Found found{std::vector<std::uint64_t>(n), std::vector<double>(n), std::vector<std::uint64_t>(n)};
  found.cut = encode(batch.targets(), batch.proposals(), method, 42, {offset, 0}, 1, never,
                     {found.index, found.sample, found.steps});
  return found;
}

std::vector<double> replay_all(const Found& found, const Batch& batch, const MethodCase& method,
                               std::uint64_t offset) {
  std::vector<double> sample(batch.size());
  decode(found.index, batch.proposals(), method, 42, {offset, 0}, 1, never, sample);
  return sample;
}

constexpr std::initializer_list<Instructions> all_sets = {Instructions::portable,
                                                          Instructions::avx2};

// Lanes find what the exact search finds, and what they find is decoded by all.
void searches_are_exact(const Batch& batch, std::uint64_t offset) {
  for (const MethodCase& method :
       {MethodCase{Variant::ad_star}, MethodCase{Variant::as_star},
        MethodCase{Variant::dad_star, 0}, MethodCase{Variant::dad_star, 3},
        MethodCase{Variant::dad_star, 9}, MethodCase{Variant::dad_star, 40},
        MethodCase{Variant::ad_star, 0, 1}, MethodCase{Variant::as_star, 0, 1},
        MethodCase{Variant::ad_star, 0, 4}, MethodCase{Variant::as_star, 0, 4},
        MethodCase{Variant::ad_star, 0, 9}, MethodCase{Variant::as_star, 0, 9},
        MethodCase{Variant::dad_star, 3, 2}, MethodCase{Variant::dad_star, 9, 6},
        MethodCase{Variant::global, 50}}) {
    lanes::use_instructions(Instructions::none);
    const Found exact = search(batch, method, offset);
    CHECK(replay_all(exact, batch, method, offset) == exact.sample);
    for (const Instructions set : all_sets) {
      if (!lanes::available(set)) continue;
      lanes::use_instructions(set);
      const Found found = search(batch, method, offset);
      std::size_t different = 0;
      for (std::size_t i = 0; i < batch.size(); ++i) {
        if (found.index[i] == exact.index[i] && found.sample[i] == exact.sample[i] &&
            found.steps[i] == exact.steps[i]) {
          continue;
        }
        if (different++ < 5) {
          CHECK_EQUAL(found.index[i], exact.index[i]);
          CHECK_EQUAL(found.sample[i], exact.sample[i]);
          CHECK_EQUAL(found.steps[i], exact.steps[i]);
        }
      }
      CHECK(different == 0, different, static_cast<int>(method.variant), static_cast<int>(set));
      CHECK_EQUAL(found.cut, exact.cut);
      CHECK(replay_all(exact, batch, method, offset) == exact.sample);
    }
  }
}

// --- Blocks -------------------------------------------------------------------------------------

Found search_blocks(const Batch& batch, const Blocks& blocks, const MethodCase& method,
                    std::uint64_t offset) {
  Found found{std::vector<std::uint64_t>(blocks.count() * blocks.block()),
              std::vector<double>(batch.size()), std::vector<std::uint64_t>(blocks.count())};
  found.cut = encode_blocks(batch.targets(), batch.proposals(), blocks, method, 42, offset, 1,
                            never, {found.index, found.sample, found.steps});
  return found;
}

// Elements of `bits` of information on average, a few of them wider than the proposal.
Batch informative(std::size_t count, double bits) {
  Batch batch;
  Draws draws(5);
  const double reach = std::min(1.2, std::sqrt(bits));
  for (std::size_t i = 0; i < count; ++i) {
    const double scale =
        i % 5 == 4 ? draws.between(0.9, 1.01) : draws.power_of_two(-1.3 * bits, -0.7 * bits);
    batch.add(reach * draws.between(-1.0, 1.0), scale, 0.5, 2.0);
  }
  return batch;
}

void blocks_are_exact(std::size_t block, std::size_t columns, std::size_t rows, double bits,
                      bool with_hints) {
  const Batch batch = informative(rows * columns, bits);
  std::vector<double> hints(columns, 0.0);
  if (with_hints) {
    for (std::size_t j = 0; j < columns; ++j) hints[j] = 0.5 * static_cast<double>(j % 3);
  }
  const Blocks blocks(rows, block, hints);
  const std::uint64_t offset = (std::uint64_t{1} << 32) - 100;
  for (const MethodCase& method :
       {MethodCase{Variant::ad_star}, MethodCase{Variant::dad_star, 0},
        MethodCase{Variant::dad_star, 4}, MethodCase{Variant::dad_star, 20},
        MethodCase{Variant::ad_star, 0, 1}, MethodCase{Variant::ad_star, 0, 10},
        MethodCase{Variant::ad_star, 0, 100}, MethodCase{Variant::dad_star, 20, 40}}) {
    lanes::use_instructions(Instructions::none);
    const Found exact = search_blocks(batch, blocks, method, offset);
    for (const Instructions set : all_sets) {
      if (!lanes::available(set)) continue;
      lanes::use_instructions(set);
      const Found found = search_blocks(batch, blocks, method, offset);
      CHECK(found.index == exact.index, block, columns, bits, static_cast<int>(method.variant),
            method.limit, static_cast<int>(set));
      CHECK(found.steps == exact.steps, block, columns, bits, static_cast<int>(method.variant),
            method.limit, static_cast<int>(set));
      CHECK(found.sample == exact.sample);
      CHECK_EQUAL(found.cut, exact.cut);
    }
  }
}

// Typical blocks are not left to the exact search.
void lanes_know_most_blocks() {
  constexpr std::size_t size = 4, count = 16;
  const Batch batch = informative(size * count, 1.0);
  std::vector<std::uint64_t> first_element(count), node(count), steps(count);
  const HalvingOrder order(std::vector<double>(size, 0.0));
  const std::vector<const HalvingOrder*> orders(count, &order);
  for (std::size_t i = 0; i < count; ++i) first_element[i] = size * i;
  // Asks for nothing exact but the values of those that may have won.
  class : public BoxExact {
   public:
    double bound(std::size_t, std::uint64_t) override { return 0.0; }
    double value(std::size_t, std::uint64_t node) override {
      return 1.0 / static_cast<double>(node);
    }
    void pause() override {}
  } stub;
  for (const Instructions set : all_sets) {
    if (!lanes::available(set)) continue;
    lanes::use_instructions(set);
    const auto search = lanes::make_boxes(normals, 4);
    search->run(
        {batch.all(), size, first_element, orders, 42, 4 * max_index_depth, ~std::uint64_t{0}},
        stub, {node, steps});
    CHECK(std::ranges::count(node, 0U) == 0);
  }
}

// Targets that a few steps find something of.
Batch plain(std::size_t count) {
  Batch batch;
  Draws draws(6);
  for (std::size_t i = 0; i < count; ++i) {
    batch.add(draws.between(-1.5, 1.5), draws.power_of_two(-2, -0.5), 0.0, 1.0);
  }
  return batch;
}

// Most such elements are not left to the exact search.
void lanes_know_most(const Batch& batch, Tree tree, std::uint64_t most_steps, double least) {
  std::vector<std::uint64_t> index(batch.size()), position(batch.size()), steps(batch.size());
  for (const Instructions set : all_sets) {
    if (!lanes::available(set)) continue;
    lanes::use_instructions(set);
    const auto search = lanes::make_search(normals, tree);
    search->run({batch.all(), 42, 0, max_index_depth, most_steps}, {index, position, steps});
    const auto unknown = static_cast<double>(std::ranges::count(index, 0U));
    CHECK(unknown <= (1.0 - least) * static_cast<double>(batch.size()), unknown, most_steps);
  }
}

}  // namespace

int main() {
  for (const Instructions set : all_sets) {
    if (lanes::available(set)) approximations_are_close(lanes::lane_set(set)->functions);
  }
  const auto used = lanes::instructions();
  for (const Instructions set : all_sets) {
    if (!lanes::available(set)) continue;
    lanes::use_instructions(set);
    quantiles_are_exact();
    node_bits_are_exact();
    tails_are_exact();
    masses_are_exact();
    halves_are_exact();
  }
  // Numbers of elements of all 48 bits, and some that carry into the high 32.
  searches_are_exact(typical(20'000), element_limit - 20'000);
  searches_are_exact(unusual(20'000), (std::uint64_t{1} << 32) - 10'001);
  for (const std::size_t few : {1, 3, 4, 5, 9}) searches_are_exact(typical(few), 7);
  for (const Tree tree : {Tree::halves, Tree::at_sample}) {
    lanes_know_most(typical(most_in_lanes), tree, ~std::uint64_t{0}, 0.97);
    lanes_know_most(plain(most_in_lanes), tree, 3, 0.97);
  }
  for (const bool with_hints : {false, true}) {
    blocks_are_exact(1, 40, 2, 2.0, with_hints);
    blocks_are_exact(2, 41, 20, 1.0, with_hints);
    blocks_are_exact(3, 7, 40, 3.0, with_hints);
    blocks_are_exact(4, 16, 20, 1.5, with_hints);
    blocks_are_exact(5, 5, 40, 0.3, with_hints);
    blocks_are_exact(8, 9, 10, 1.0, with_hints);
    blocks_are_exact(16, 16, 10, 0.1, with_hints);
    blocks_are_exact(2, 2, 20, 10.0, with_hints);
  }
  lanes_know_most_blocks();
  lanes::use_instructions(used);
  return check::result();
}
