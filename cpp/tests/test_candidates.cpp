// Candidates in lanes: how far approximate log ratios are from the exact ones, and that who wins by them
// is who wins by the exact ones.
#include <cmath>
#include <cstdint>
#include <limits>
#include <vector>

#include "batch_of_normals.hpp"
#include "calls.hpp"
#include "check.hpp"
#include "draws.hpp"
#include "families/log_ratios.hpp"
#include "math/normal_quantile.hpp"
#include "methods/candidates.hpp"
#include "simd/lanes.hpp"

using namespace astar_rec;
using lanes::Instructions;

namespace {

constexpr Pair normals{family_of<Normal>, family_of<Normal>};
constexpr Instructions in_lanes[] = {Instructions::portable, Instructions::avx2};

// What simd/candidates.inl counts on.
constexpr double most_in_quantile = 0x1p-15;
constexpr double most_in_square = 0x1.8p-14;  // of the error times the quantile
constexpr std::uint32_t unknown_tail = 1U << 13;

// High words of positions: evenly spread, close to the ends, and where the segments of quantiles meet.
std::vector<std::uint32_t> high_words() {
  std::vector<std::uint32_t> found;
  Draws draws(1);
  for (int i = 0; i < 1'000'000; ++i) found.push_back(static_cast<std::uint32_t>(draws.bits()));
  for (std::uint32_t i = 0; i < 100'000; ++i) found.push_back(unknown_tail + i);
  for (int octave = -8; octave < 0; ++octave) {
    const double x = std::sqrt(1.0 - std::ldexp(1.0, octave));
    const auto meet = static_cast<std::uint32_t>(0x1p31 * (1.0 - x));
    for (std::uint32_t i = 0; i < 4000; ++i) found.push_back(meet - 2000 + i);
  }
  const std::size_t half = found.size();
  for (std::size_t i = 0; i < half; ++i) found.push_back(~found[i]);
  while (found.size() % 8 != 0) found.push_back(0x80000000U);
  return found;
}

// As quantiles rise, those of all positions of a high word lie between those of the first and the last.
void quantiles_are_near(const LaneSet::Functions& functions) {
  const auto high = high_words();
  std::vector<float> found(functions.width);
  for (std::size_t at = 0; at < high.size(); at += functions.width) {
    functions.near_normal_quantile(&high[at], found.data());
    for (std::size_t i = 0; i < functions.width; ++i) {
      const std::uint32_t word = high[at + i];
      if (std::min(word, ~word) < unknown_tail) continue;
      for (const std::uint64_t low : {std::uint64_t{0}, std::uint64_t{0xFFFFFFFF}}) {
        const double exact = normal_quantile(std::uint64_t{word} << 32 | low);
        const double error = std::fabs(static_cast<double>(found[i]) - exact);
        CHECK(error <= most_in_quantile, word, low, exact, found[i]);
        CHECK(error * std::fabs(exact) <= most_in_square, word, low, exact, found[i]);
      }
    }
  }
}

// So many elements, which have some `bits` of information together.
Batch informative(std::size_t size, double bits) {
  Draws draws(2);
  Batch batch;
  const double spread = std::sqrt(bits / static_cast<double>(size));
  for (std::size_t j = 0; j < size; ++j) {
    const double mean = spread * draws.between(-1.5, 1.5);
    const double scale = std::exp(spread * draws.between(-0.7, 0.7));
    const double loc = draws.between(-3.0, 3.0);
    batch.add(mean, scale, loc, draws.between(0.5, 2.0));
  }
  return batch;
}

Parameters gathered(const Distribution& of, std::size_t size) {
  Parameters made;
  made.gather(of, 0, size);
  return made;
}

// Within the bound that is claimed for them, and that is small enough to be of use.
void sums_are_near(const Batch& of, double most_error, std::uint64_t first, std::size_t count) {
  const auto ratios = make_log_ratios(normals);
  ratios->set(gathered(of.targets(), of.size()), gathered(of.proposals(), of.size()), 0, of.size());
  const auto candidates = lanes::make_candidates(normals);
  const double error = candidates->set(of.all());
  CHECK(error < most_error, error, of.size());
  constexpr std::uint64_t seed = 5, element = (std::uint64_t{1} << 40) + 9;
  std::vector<double> sums(count);
  candidates->run(seed, element, first, sums);
  const NodeRandom random(seed, element);
  std::vector<Position> places(of.size());
  for (std::size_t i = 0; i < count; ++i) {
    double exact = 0.0;
    for (std::size_t j = 0; j < places.size(); ++j) {
      places[j] = box_place(random, first + i, j);
      exact += ratios->at(j, places[j]);
    }
    CHECK(std::fabs(sums[i] - exact) <= error, of.size(), i, sums[i], exact, error);
    CHECK_EQUAL(ratios->sum(places), exact);
    box_places(random, first + i, places);
    CHECK_EQUAL(ratios->sum(places), exact);
  }
}

// The numbers of some candidates whose one element is so far out that its high word says too little.
std::vector<std::uint64_t> far_out(const NodeRandom& random) {
  std::vector<std::uint64_t> found;
  for (std::uint64_t number = 1; number < (1U << 23); ++number) {
    const auto high = static_cast<std::uint32_t>(box_place(random, number, 0) >> 32);
    if (std::min(high, ~high) < 1024) found.push_back(number);
  }
  return found;
}

void far_out_samples_are_near() {
  Batch batch;
  batch.add(1.0, 1.0, 0.0, 1.0);  // the ratio is z - 1/2
  const NodeRandom random(5, 9);
  const auto numbers = far_out(random);
  CHECK(numbers.size() > 1, numbers.size());
  for (const Instructions set : in_lanes) {
    if (!lanes::available(set)) continue;
    lanes::use_instructions(set);
    const auto candidates = lanes::make_candidates(normals);
    const double error = candidates->set(batch.all());
    for (const std::uint64_t number : numbers) {
      double sum = 0.0;
      candidates->run(5, 9, number, {&sum, 1});
      const double exact = normal_quantile(box_place(random, number, 0)) - 0.5;
      CHECK(std::fabs(sum - exact) <= error, number, sum, exact, error);
    }
  }
}

// What the lanes know nothing of is said so.
void extremes_are_refused() {
  const auto candidates = lanes::make_candidates(normals);
  for (const double scale : {1e-3, 1e-9, 1e-40, 1e-300, 0.0}) {
    const std::vector<double> loc{0.0, 1.0}, narrow{1.0, scale}, zero{0.0, 0.0}, one{1.0, 1.0};
    CHECK(!(candidates->set({loc, narrow, zero, one}) <= 1.5), scale);
  }
  const std::vector<double> far{1e30}, zero{0.0}, one{1.0};
  CHECK(!(candidates->set({far, one, zero, one}) <= 1.5));
}

class Listed final : public ExactRatios {
 public:
  explicit Listed(const std::vector<double>& ratios) : ratios_(ratios) {}
  double of(std::uint64_t number) override {
    ++asked;
    return ratios_[number - 1];
  }
  int asked = 0;

 private:
  const std::vector<double>& ratios_;
};

// Whole numbers, many of them equal, of which the first wins; and settled now and then, as whoever asks
// in between changes nothing.
void first_of_equal_ones_wins() {
  Draws draws(3);
  for (int turn = 0; turn < 20'000; ++turn) {
    const auto count = static_cast<std::size_t>(draws.between(1.0, 30.0));
    const double error = turn % 3 == 0 ? 0.0 : draws.between(0.0, 2.0);
    std::vector<double> ratios(count);
    for (double& ratio : ratios) ratio = std::floor(draws.between(0.0, 4.0));
    if (turn % 7 == 0) ratios[0] = -std::numeric_limits<double>::infinity();
    Listed exact(ratios);
    Contenders contenders;
    double best = -std::numeric_limits<double>::infinity();
    std::uint64_t winner = 0;
    for (std::size_t i = 0; i < count; ++i) {
      const double gumbel = std::floor(draws.between(0.0, 3.0));
      if (gumbel + ratios[i] > best) {
        best = gumbel + ratios[i];
        winner = i + 1;
      }
      // Not quite so much, as value and error are rounded.
      const double off = error * 0.999 * draws.between(-1.0, 1.0);
      contenders.consider(i + 1, gumbel, ratios[i] + off, error);
      CHECK(contenders.at_least() <= best && best <= contenders.at_most(), best);
      if (draws.between(0.0, 1.0) < 0.1) contenders.settle(exact);
    }
    contenders.settle(exact);
    CHECK(contenders.result(count).index == winner, turn, contenders.result(count).index, winner);
    CHECK(contenders.at_least() == best && contenders.at_most() == best, best);
    if (error == 0.0) CHECK(exact.asked == 0);
  }
}

struct Sent {
  std::vector<std::uint64_t> index;
  std::vector<double> sample;
  std::vector<std::uint64_t> steps;

  bool operator==(const Sent&) const = default;
};

Sent sent(const Batch& of, const Blocks& blocks, const MethodCase& method, std::uint64_t offset) {
  Sent found{std::vector<std::uint64_t>(blocks.count()), std::vector<double>(of.size()),
             std::vector<std::uint64_t>(blocks.count())};
  encode_blocks(of.targets(), of.proposals(), blocks, method, 42, offset, 1, [] { return false; },
                {found.index, found.sample, found.steps});
  return found;
}

// Indices, samples and steps of every set of instructions are those without lanes.
void choices_are_exact(const Batch& of, std::size_t block, std::uint64_t candidates) {
  const std::uint64_t offset = (std::uint64_t{1} << 32) - 3;
  const Blocks blocks(1, of.size(), block);
  for (const Variant variant : {Variant::minimal_random, Variant::ordered_random}) {
    const MethodCase method{variant, candidates};
    lanes::use_instructions(Instructions::none);
    const Sent exact = sent(of, blocks, method, offset);
    for (const Instructions set : in_lanes) {
      if (!lanes::available(set)) continue;
      lanes::use_instructions(set);
      CHECK(sent(of, blocks, method, offset) == exact, block, candidates, of.size(),
            static_cast<int>(set), static_cast<int>(variant));
    }
  }
}

Batch of_few_bits(std::size_t size, double mean, double scale) {
  Batch batch;
  for (std::size_t j = 0; j < size; ++j) batch.add(mean, scale, 0.0, 1.0);
  return batch;
}

}  // namespace

int main() {
  first_of_equal_ones_wins();
  const auto used = lanes::instructions();
  for (const Instructions set : in_lanes) {
    if (!lanes::available(set)) continue;
    lanes::use_instructions(set);
    quantiles_are_near(lanes::lane_set(set)->functions);
    for (const std::size_t size : {1, 2, 3, 15, 16, 17, 33, 1000}) {
      sums_are_near(informative(size, 4.0), 0.05, 1, 300);
    }
    sums_are_near(informative(1, 4.0), 0.01, 1, 400'000);  // far out, too
    sums_are_near(informative(16, 12.0), 0.05, 7, 20'000);
    sums_are_near(informative(65'536, 16.0), 0.7, 100, 9);
    sums_are_near(informative(31, 4.0), 0.05, (std::uint64_t{1} << 32) - 5, 30);
    sums_are_near(informative(31, 4.0), 0.05, std::uint64_t{1} << 50, 3);
    extremes_are_refused();
  }
  far_out_samples_are_near();
  for (const std::size_t size : {1, 2, 15, 16, 17}) {
    for (const std::uint64_t candidates : {1, 2, 31, 300, 5000}) {
      choices_are_exact(informative(5 * size, 2.0 * 5), size, candidates);
    }
  }
  choices_are_exact(informative(3000, 24.0), 1000, 2000);
  choices_are_exact(informative(65'536, 10.0), 65'536, 40);
  // Many blocks that end at the bound, when the best is still in doubt.
  choices_are_exact(of_few_bits(3000, 0.2, 0.8), 3, 3000);
  choices_are_exact(of_few_bits(1000, 0.5, 0.2), 1, 3000);
  choices_are_exact(of_few_bits(1000, 0.0, 1.0), 20, 100);  // no information
  // Where lanes may just be used, and where they may not.
  for (const double scale : {0.25, 0.1, 0.05, 0.02, 0.01, 1e-3, 1e-6}) {
    choices_are_exact(of_few_bits(200, 0.3, scale), 2, 3000);
  }
  for (const double scale : {1.2, 2.0, 2.5})
    choices_are_exact(of_few_bits(200, 0.3, scale), 4, 1000);
  for (const double mean : {3.0, 5.0}) choices_are_exact(of_few_bits(40, mean, 1.0), 20, 2000);
  lanes::use_instructions(used);
  return check::result();
}
