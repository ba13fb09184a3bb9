// Encoding and decoding of whole batches, for every pair and method: round trips to the bit, results
// that depend on neither threads nor pieces, errors that name the earliest element.
#include <algorithm>
#include <chrono>
#include <cmath>
#include <limits>
#include <span>
#include <type_traits>
#include <vector>

#include "calls.hpp"
#include "check.hpp"
#include "draws.hpp"
#include "families.hpp"

using namespace astar_rec;

namespace {

constexpr std::uint64_t seed = 0xfeedface12345678;
constexpr std::uint64_t offset = element_limit - 5000;  // all of its 48 bits in use
constexpr std::size_t elements = 300;

bool never() { return false; }

const MethodCase every_method[] = {{Variant::global, 1000},
                                   {Variant::as_star},
                                   {Variant::ad_star},
                                   {Variant::dad_star, 12},
                                   {Variant::as_star, 0, 5},
                                   {Variant::ad_star, 0, 5},
                                   {Variant::dad_star, 12, 5},
                                   {Variant::minimal_random, 1000},
                                   {Variant::ordered_random, 1000}};

// Parameters of a batch, in C order.
struct Columns {
  Family family;
  std::vector<double> first, second;

  void add(const LocationScale& d) {
    first.push_back(d.loc);
    second.push_back(d.scale);
  }
  void add(const Uniform& d) {
    first.push_back(d.low);
    second.push_back(d.high);
  }

  Distribution all() const { return part(0, first.size()); }

  Distribution part(std::size_t begin, std::size_t size) const {
    return distribution(family, {first.data() + begin, {size}, {sizeof(double)}},
                        {second.data() + begin, {size}, {sizeof(double)}});
  }
};

struct Batch {
  Columns targets, proposals;
};

template <class Target, class Proposal>
Batch draw_batch(std::size_t count) {
  Batch batch{{family_of<Target>, {}, {}}, {family_of<Proposal>, {}, {}}};
  Draws draws(1);
  for (std::size_t i = 0; i < count; ++i) {
    const auto proposal = draw_proposal<Proposal>(draws);
    batch.proposals.add(proposal);
    batch.targets.add(draw_target<Target>(draws, proposal));
  }
  return batch;
}

struct Result {
  std::vector<std::uint64_t> index;
  std::vector<double> sample;
  std::vector<std::uint64_t> steps;
  std::uint64_t cut = 0;

  explicit Result(std::size_t count) : index(count), sample(count), steps(count) {}
  bool operator==(const Result&) const = default;
};

// [begin, end) of the batch, into its place.
void encode_part(const Batch& batch, const MethodCase& method, unsigned threads, std::size_t begin,
                 std::size_t end, Result& result) {
  const std::size_t size = end - begin;
  const Encoded out{std::span(result.index).subspan(begin, size),
                    std::span(result.sample).subspan(begin, size),
                    std::span(result.steps).subspan(begin, size)};
  result.cut += encode(batch.targets.all(), batch.proposals.all(), method, seed, {offset, begin},
                       threads, never, out);
}

Result encode_batch(const Batch& batch, const MethodCase& method, unsigned threads) {
  Result result(batch.targets.first.size());
  encode_part(batch, method, threads, 0, result.index.size(), result);
  return result;
}

// What indices of the elements from `begin` on stand for.
std::vector<double> decode_batch(const Batch& batch, std::span<const std::uint64_t> index,
                                 const MethodCase& method, unsigned threads,
                                 std::size_t begin = 0) {
  std::vector<double> sample(index.size());
  decode(index, batch.proposals.all(), method, seed, {offset, begin}, threads, never, sample);
  return sample;
}

void round_trip(const Batch& batch, const MethodCase& method) {
  const int variant = static_cast<int>(method.variant);
  const Result whole = encode_batch(batch, method, 1);
  for (const std::uint64_t index : whole.index) {
    CHECK(index >= 1 && index <= largest_index(method), variant, index);
  }
  for (const unsigned threads : {1U, 2U, 7U}) {
    CHECK(encode_batch(batch, method, threads) == whole, variant, threads);
    CHECK(decode_batch(batch, whole.index, method, threads) == whole.sample, variant, threads);
  }
  Result pieces(elements);
  std::size_t begin = 0;
  for (const std::size_t end : {std::size_t{1}, std::size_t{2}, std::size_t{150}, elements}) {
    encode_part(batch, method, 2, begin, end, pieces);
    const auto index = std::span(whole.index).subspan(begin, end - begin);
    const std::vector<double> sample = decode_batch(batch, index, method, 2, begin);
    CHECK(std::equal(sample.begin(), sample.end(), whole.sample.data() + begin), variant, begin);
    begin = end;
  }
  CHECK(pieces == whole, variant);

  // One element as an array of its own, under the number that it has in the whole.
  for (std::size_t i = 0; i < elements; i += 29) {
    Result own(1);
    encode(batch.targets.part(i, 1), batch.proposals.part(i, 1), method, seed, {offset + i, 0}, 1,
           never, {own.index, own.sample, own.steps});
    CHECK(own.index[0] == whole.index[i] && own.steps[0] == whole.steps[i], variant, i);
    decode(own.index, batch.proposals.part(i, 1), method, seed, {offset + i, 0}, 1, never,
           own.sample);
    CHECK(own.sample[0] == whole.sample[i], variant, i);
  }
}

// What is not cut is what it is without a budget; all of it decodes without one.
void budget(const Batch& batch, const MethodCase& method) {
  const int variant = static_cast<int>(method.variant);
  MethodCase without = method;
  without.max_steps = 0;
  const Result all = encode_batch(batch, without, 2);
  CHECK_EQUAL(all.cut, std::uint64_t{0});
  const Result result = encode_batch(batch, method, 2);
  std::uint64_t cut = 0;
  for (std::size_t i = 0; i < elements; ++i) {
    if (all.steps[i] > method.max_steps) {
      ++cut;
      CHECK(result.steps[i] == method.max_steps, variant, i, result.steps[i]);
    } else {
      CHECK(result.index[i] == all.index[i] && result.steps[i] == all.steps[i], variant, i);
    }
  }
  CHECK(cut > 0 && cut < elements, variant, cut);
  CHECK(result.cut == cut, variant, result.cut, cut);
  CHECK(decode_batch(batch, result.index, without, 2) == result.sample, variant);
}

// Indices that the method cannot make are refused, the earliest first; all others decode.
void refuses_indices(const Batch& batch, const MethodCase& method) {
  std::vector<std::uint64_t> index(elements, 1);
  const auto refused_at = [&](unsigned threads) {
    try {
      decode_batch(batch, index, method, threads);
    } catch (const IndexError& error) {
      return error.element;
    }
    return elements;
  };
  const int variant = static_cast<int>(method.variant);
  const std::uint64_t largest = largest_index(method);
  index[17] = largest;
  for (const unsigned threads : {1U, 4U}) {
    index[200] = index[100] = 1;
    CHECK(refused_at(threads) == elements, variant);
    index[200] = 0;
    CHECK(refused_at(threads) == 200, variant);
    if (largest != ~std::uint64_t{0}) {
      index[100] = largest + 1;
      CHECK(refused_at(threads) == 100, variant);
    }
  }
}

Batch of_normals(std::size_t count, double loc, double scale) {
  Batch batch{{family_of<Normal>, {}, {}}, {family_of<Normal>, {}, {}}};
  for (std::size_t i = 0; i < count; ++i) {
    batch.proposals.add(Normal{{0.0, 1.0}});
    batch.targets.add(Normal{{loc, scale}});
  }
  return batch;
}

void earliest_divergence() {
  constexpr std::size_t count = 2000, none = count;
  Batch batch = of_normals(count, 0.5, 0.5);
  const auto diverges_at = [&](const MethodCase& method, unsigned threads) {
    try {
      encode_batch(batch, method, threads);
    } catch (const DivergenceError& error) {
      return error.element;
    }
    return none;
  };
  const MethodCase as_star{Variant::as_star}, ad_star{Variant::ad_star}, global{Variant::global};
  CHECK_EQUAL(diverges_at(ad_star, 4), none);
  // Of different kinds: out of reach, too dense, too dense for the global bound only.
  batch.targets.second[1234] = 0x1p-40;
  CHECK_EQUAL(diverges_at(ad_star, 4), none);
  CHECK_EQUAL(diverges_at(global, 4), std::size_t{1234});
  batch.targets.first[700] = 1e6;
  batch.targets.second[501] = 0x1p-70;
  batch.targets.first[1999] = 1e6;
  // Of a part, the first from there on, numbered as in the whole.
  Result result(count);
  std::size_t element = none;
  try {
    encode_part(batch, ad_star, 4, 502, 1000, result);
  } catch (const DivergenceError& error) {
    element = error.element;
  }
  CHECK_EQUAL(element, std::size_t{700});
  for (int repeat = 0; repeat < 5; ++repeat) {
    for (const unsigned threads : {1U, 2U, 8U, 16U}) {
      CHECK_EQUAL(diverges_at(as_star, threads), std::size_t{501});
      CHECK_EQUAL(diverges_at(ad_star, threads), std::size_t{501});
      CHECK_EQUAL(diverges_at(global, threads), std::size_t{501});
    }
  }
}

// Parameters at the edge of what doubles hold are refused or encoded, and nothing else.
void extreme_parameters() {
  constexpr double huge = std::numeric_limits<double>::max();
  constexpr double tiny = std::numeric_limits<double>::min();
  constexpr double least = std::numeric_limits<double>::denorm_min();
  struct Shape {
    double middle, unit;
  };
  std::vector<Shape> shapes;
  for (const double middle : {0.0, -1.0, tiny, 1e300, -huge}) {
    for (const double unit : {1.0, least, tiny, 1e-200, 1e200, huge / 4}) {
      shapes.push_back({middle, unit});
    }
  }
  const auto sound = [](double unit) { return unit > 0.0 && std::isfinite(unit); };
  for_every_pair([&]<class Target, class Proposal>() {
    for (const Shape& p : shapes) {
      for (const Shape& q : shapes) {
        const auto target = centred<Target>(q.middle, q.unit);
        const auto proposal = centred<Proposal>(p.middle, p.unit);
        // The ends of a uniform distribution may have overflowed or fallen together.
        if (!sound(target.unit()) || !sound(proposal.unit())) continue;
        Batch batch{{family_of<Target>, {}, {}}, {family_of<Proposal>, {}, {}}};
        batch.targets.add(target);
        batch.proposals.add(proposal);
        for (const MethodCase& method : every_method) {
          try {
            const Result result = encode_batch(batch, method, 1);
            CHECK(decode_batch(batch, result.index, method, 1) == result.sample, target, proposal);
          } catch (const DivergenceError&) {
          }
        }
      }
    }
  });
}

// One element that would take a billion steps.
void stops_within_an_element(const MethodCase& method) {
  const Batch batch = of_normals(1, 0.0, 0x1p-30);
  std::vector<std::uint64_t> index(1), steps(1);
  std::vector<double> sample(1);
  const auto start = std::chrono::steady_clock::now();
  const auto always = [] { return true; };
  CHECK_THROWS(Interrupted, encode(batch.targets.all(), batch.proposals.all(), method, seed, {0, 0},
                                   1, always, {index, sample, steps}));
  CHECK(std::chrono::steady_clock::now() - start < std::chrono::seconds(2), "");
}

void limits() {
  CHECK_EQUAL(largest_index({Variant::dad_star, 0}), std::uint64_t{1});
  CHECK_EQUAL(largest_index({Variant::dad_star, 3}), std::uint64_t{15});
  CHECK_EQUAL(largest_index({Variant::dad_star, 63}), ~std::uint64_t{0});
  CHECK_EQUAL(largest_index({Variant::global, 10}), std::uint64_t{10});
  CHECK_EQUAL(largest_index({Variant::global, 0}), ~std::uint64_t{0});
  CHECK_EQUAL(largest_index({Variant::minimal_random, 10}), std::uint64_t{10});
  CHECK_EQUAL(largest_index({Variant::ordered_random, 10}), std::uint64_t{10});
  CHECK_EQUAL(largest_index({Variant::as_star}), ~std::uint64_t{0});
  CHECK_EQUAL(largest_index({Variant::ad_star}), ~std::uint64_t{0});
  int pairs = 0;
  for_every_pair([&]<class Target, class Proposal>() {
    ++pairs;
    CHECK(has_log_ratios({family_of<Target>, family_of<Proposal>}), pairs);
  });
  for (Family q = 0; q < Families::count; ++q) {
    for (Family p = 0; p < Families::count; ++p) {
      if (has_log_ratios({q, p})) --pairs;
    }
  }
  CHECK_EQUAL(pairs, 0);
}

}  // namespace

int main() {
  for_every_pair([]<class Target, class Proposal>() {
    const Batch batch = draw_batch<Target, Proposal>(elements);
    for (const MethodCase& method : every_method) {
      // Within a few steps, a search may meet no sample where such a target has any density.
      if (method.max_steps != 0 && batch.targets.family == family_of<Uniform>) continue;
      round_trip(batch, method);
      refuses_indices(batch, method);
      if (method.max_steps != 0) budget(batch, method);
    }
  });
  earliest_divergence();
  extreme_parameters();
  stops_within_an_element({Variant::global});
  stops_within_an_element({Variant::minimal_random, std::uint64_t{1} << 32});
  limits();
  return check::result();
}
