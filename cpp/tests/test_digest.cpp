// A large stream, encoded and decoded, as one number for each part: tests/vectors/digest.txt holds
// them, whatever the compiler, its options, the machine and the number of threads.
//
//     test_digest FOLDER     compares with FOLDER/digest.txt and prints the numbers
//     test_digest --print    prints what digest.txt is to hold
//
// The numbers are FNV-1a's. Parameters are Philox's integers over powers of two, made without
// rounding: so neither the C library nor arithmetic has a part in the input.
#include <algorithm>
#include <atomic>
#include <bit>
#include <cstdint>
#include <cstdio>
#include <fstream>
#include <initializer_list>
#include <iostream>
#include <span>
#include <string>
#include <vector>

#include "calls.hpp"
#include "check.hpp"
#include "codes/adaptive_code.hpp"
#include "codes/index_codes.hpp"
#include "codes/tree_code.hpp"
#include "dither/dither_block.hpp"
#include "draws.hpp"
#include "families/tails.hpp"
#include "polar/polar_block.hpp"

using namespace astar_rec;

namespace {

using Words = std::vector<std::uint64_t>;
using Bytes = std::vector<std::uint8_t>;

constexpr const char* header =
    "# A large stream as one number for each part: FNV-1a of 64 bits, over integers and the bits "
    "of\n"
    "# samples, the lowest byte first. A change of any is a change of the wire format, as in\n"
    "# golden.txt; but what is \"encoded\" holds numbers of steps too, which are the sender's "
    "alone.\n"
    "#\n"
    "# Made by the C++ test program, which says what the parts are: test_digest --print\n";

constexpr std::uint64_t seed = 0x0123456789abcdef;
constexpr std::uint64_t offset = (std::uint64_t{1} << 40) + 7;
constexpr unsigned many_threads = 4;

constexpr Family every_family[] = {family_of<Normal>, family_of<Laplace>, family_of<Logistic>,
                                   family_of<Uniform>};

bool never() { return false; }

// --- Digests -------------------------------------------------------------------------------------

// FNV-1a: G. Fowler, L. C. Noll, K.-P. Vo, D. Eastlake, "The FNV non-cryptographic hash algorithm".
class Digest {
 public:
  void add(std::uint8_t byte) { value_ = (value_ ^ byte) * 0x100000001b3; }
  void add(std::uint64_t word) {
    for (int shift = 0; shift < 64; shift += 8) add(static_cast<std::uint8_t>(word >> shift));
  }
  void add(double x) { add(std::bit_cast<std::uint64_t>(x)); }

  template <class T>
  void add(const std::vector<T>& all) {
    for (const T& one : all) add(one);
  }

  std::string text() const {
    char digits[17];
    std::snprintf(digits, sizeof digits, "%08x%08x", static_cast<unsigned>(value_ >> 32),
                  static_cast<unsigned>(value_ & 0xffffffff));
    return digits;
  }

 private:
  std::uint64_t value_ = 0xcbf29ce484222325;
};

// One line for each part, as digest.txt has them.
class Report {
 public:
  void add(const std::string& part, const Digest& digest) {
    lines_.push_back(digest.text() + " " + part);
  }
  const std::vector<std::string>& lines() const { return lines_; }

 private:
  std::vector<std::string> lines_;
};

// --- Input ---------------------------------------------------------------------------------------

// An integer of [low, high].
int integer(Draws& draws, int low, int high) {
  return low + static_cast<int>(draws.below(static_cast<std::size_t>(high - low + 1)));
}

// How far targets lie from their proposals, in 64ths of the proposal's unit.
struct Spread {
  int most_away;  // of the locations
  int narrowest, widest;
  int fewest_halvings = 0, most_halvings = 0;  // of the unit, beyond that
};

constexpr Spread some_information = {32, 6, 24};

struct Latents {
  Family target, proposal;
  std::vector<double> q_first, q_second, p_first, p_second;

  Latents(Draws& draws, Family of_target, Family of_proposal, const Spread& spread,
          std::size_t count)
      : target(of_target), proposal(of_proposal) {
    for (std::size_t i = 0; i < count; ++i) add(draws, spread);
  }

  std::size_t count() const { return q_first.size(); }
  Distribution targets() const { return family(target, q_first, q_second); }
  Distribution proposals() const { return family(proposal, p_first, p_second); }

 private:
  void add(Draws& draws, const Spread& spread) {
    const double middle = integer(draws, -192, 192) * 0x1p-6;
    const double unit = integer(draws, 32, 256) * 0x1p-6;
    const int width = integer(draws, spread.narrowest, spread.widest);
    // No part of a target is outside a uniform proposal.
    const int most =
        proposal == family_of<Uniform> ? std::min(spread.most_away, 64 - width) : spread.most_away;
    const double away = unit * (integer(draws, -most, most) * 0x1p-6);
    double own_unit = unit * (width * 0x1p-6);
    for (int n = integer(draws, spread.fewest_halvings, spread.most_halvings); n > 0; --n)
      own_unit *= 0.5;
    append(target, middle + away, own_unit, q_first, q_second);
    append(proposal, middle, unit, p_first, p_second);
  }

  static void append(Family family, double middle, double unit, std::vector<double>& first,
                     std::vector<double>& second) {
    const bool uniform = family == family_of<Uniform>;
    first.push_back(uniform ? middle - unit : middle);
    second.push_back(uniform ? middle + unit : unit);
  }

  static Distribution family(Family family, const std::vector<double>& first,
                             const std::vector<double>& second) {
    return distribution(family, {first.data(), {first.size()}, {sizeof(double)}},
                        {second.data(), {second.size()}, {sizeof(double)}});
  }
};

// Calls f(target, proposal) for all pairs with a built-in ratio.
template <class F>
void for_every_pair(const F& f) {
  for (const Family target : every_family) {
    for (const Family proposal : every_family) {
      if (has_log_ratios({target, proposal})) f(target, proposal);
    }
  }
}

// --- Random numbers and quantiles ----------------------------------------------------------------

void random_numbers(Report& report) {
  Digest digest;
  Draws draws(1);
  for (int i = 0; i < 20'000; ++i) {
    const std::uint64_t key = draws.bits(), element = draws.bits() % element_limit;
    const std::uint64_t node = draws.magnitude(), lane = draws.below(1 << 16);
    const NodeBits bits = NodeRandom(key, element)({node, static_cast<std::uint16_t>(lane)});
    digest.add(bits.place);
    digest.add(bits.arrival);
  }
  report.add("random numbers", digest);
}

// From both ends, each octave of a tail as likely as any other.
void quantiles(Report& report) {
  Digest digest;
  Draws draws(2);
  for (int i = 0; i < 20'000; ++i) {
    const Position position = draws.magnitude() - 1;
    for (const Position end : {position, ~position}) {
      digest.add(Normal::quantile(end));
      digest.add(Laplace::quantile(end));
      digest.add(Logistic::quantile(end));
      digest.add(Uniform::quantile(end));
    }
  }
  report.add("quantiles", digest);
}

// --- Single elements -----------------------------------------------------------------------------

struct Coded {
  Words index;
  std::vector<double> sample;
  Words steps;

  bool operator==(const Coded&) const = default;
};

Coded encoded(const Latents& latents, const MethodCase& method, unsigned threads) {
  const std::size_t count = latents.count();
  Coded out{Words(count), std::vector<double>(count), Words(count)};
  encode(latents.targets(), latents.proposals(), method, seed, {offset, 0}, threads, never,
         {out.index, out.sample, out.steps});
  return out;
}

std::vector<double> decoded(const Words& index, const Latents& latents, const MethodCase& method,
                            unsigned threads) {
  std::vector<double> sample(index.size());
  decode(index, latents.proposals(), method, seed, {offset, 0}, threads, never, sample);
  return sample;
}

// Encodes and decodes what `spread` gives of every pair, and decodes any indices; returns those of
// the encoder.
Words single_elements(Report& report, const std::string& name, const MethodCase& method,
                      const Spread& spread) {
  Digest sent, received;
  Draws draws(3);
  Words all;
  for_every_pair([&](Family target, Family proposal) {
    const Latents latents(draws, target, proposal, spread, 1300);
    const Coded coded = encoded(latents, method, 1);
    CHECK(encoded(latents, method, many_threads) == coded, name);
    CHECK(decoded(coded.index, latents, method, 1) == coded.sample, name);
    sent.add(coded.index);
    sent.add(coded.sample);
    sent.add(coded.steps);
    all.insert(all.end(), coded.index.begin(), coded.index.end());

    Words any(latents.count());
    for (std::uint64_t& index : any) {
      index = draws.magnitude();
      if (index > largest_index(method)) index = 1 + index % largest_index(method);
    }
    const std::vector<double> samples = decoded(any, latents, method, 1);
    CHECK(decoded(any, latents, method, many_threads) == samples, name);
    received.add(samples);
  });
  report.add(name + ", encoded", sent);
  report.add(name + ", any indices", received);
  return all;
}

// --- Blocks --------------------------------------------------------------------------------------

// A block's index, of any depth up to the deepest, in as many words as `index` has.
void draw_index(Draws& draws, const MethodCase& method, const HalvingOrder& order,
                std::span<std::uint64_t> index) {
  std::fill(index.begin(), index.end(), 0);
  if (method.numbers_samples()) {
    index[0] = 1 + draws.below(method.limit);
    return;
  }
  const int deepest =
      method.variant == Variant::dad_star ? static_cast<int>(method.limit) : order.levels();
  const int depth = integer(draws, 0, deepest);
  for (int word = 0; word < depth / 64; ++word) {
    index[static_cast<std::size_t>(word)] = draws.bits();
  }
  const std::uint64_t leading_one = std::uint64_t{1} << (depth % 64);
  index[static_cast<std::size_t>(depth / 64)] = (draws.bits() & (leading_one - 1)) | leading_one;
}

void blocks(Report& report, const std::string& name, const MethodCase& method) {
  Digest sent, received;
  Draws draws(4);
  const auto code = [&](Family target, Family proposal, std::size_t block, const Spread& spread) {
    // Each row ends with a block of one element.
    const std::size_t columns = 2 * block + 1, rows = 400 / columns;
    std::vector<double> hints(columns, 0.0);
    if (block % 2 == 1) {
      for (std::size_t j = 0; j < columns; ++j) hints[j] = static_cast<double>(j % 3);
    }
    const Blocks shape(rows, block, hints);
    const std::size_t words = method.words(block);
    const Latents latents(draws, target, proposal, spread, shape.elements());
    const auto encode_on = [&](unsigned threads) {
      Coded out{Words(shape.count() * words), std::vector<double>(shape.elements()),
                Words(shape.count())};
      encode_blocks(latents.targets(), latents.proposals(), shape, method, seed, offset, threads,
                    never, {out.index, out.sample, out.steps});
      return out;
    };
    const auto decode_on = [&](unsigned threads, const Words& index) {
      std::vector<double> sample(shape.elements());
      decode_blocks(index, latents.proposals(), shape, method, seed, offset, threads, never,
                    sample);
      return sample;
    };
    const Coded coded = encode_on(1);
    CHECK(encode_on(many_threads) == coded, name, block);
    CHECK(decode_on(1, coded.index) == coded.sample, name, block);
    // Numbers in as many words as paths have.
    Words padded(shape.count() * block);
    for (std::size_t number = 0; number < shape.count(); ++number) {
      for (std::size_t word = 0; word < words; ++word) {
        padded[number * block + word] = coded.index[number * words + word];
      }
    }
    sent.add(padded);
    sent.add(coded.sample);
    sent.add(coded.steps);

    Words any(coded.index.size());
    for (std::size_t number = 0; number < shape.count(); ++number) {
      draw_index(draws, method, shape.order(number), std::span(any).subspan(number * words, words));
    }
    const std::vector<double> samples = decode_on(1, any);
    CHECK(decode_on(many_threads, any) == samples, name, block);
    received.add(samples);
  };
  for_every_pair([&](Family target, Family proposal) {
    // At a limit, no node need be inside a uniform target.
    if (method.is_approximate() && target == family_of<Uniform>) return;
    // In a normal's tails, wide Laplaces are the denser.
    const bool bounded = target != family_of<Laplace> || proposal != family_of<Normal>;
    const Spread spread = bounded ? Spread{16, 24, 56} : Spread{16, 8, 13};
    for (const std::size_t block : {2U, 3U, 4U}) code(target, proposal, block, spread);
    // Steps grow with the information and with the dimensions.
    if (target != proposal || target == family_of<Uniform>) return;
    code(target, proposal, 7, {8, 48, 60});
    code(target, proposal, 16, {4, 58, 63});
    // Paths of more than 63 bits.
    if (!method.is_approximate()) code(target, proposal, 5, {192, 32, 48, 24, 24});
  });
  report.add(name + ", encoded", sent);
  report.add(name + ", any indices", received);
}

// --- Polar blocks --------------------------------------------------------------------------------

// Messages and positions of blocks of these sizes, every family against every family. Elements have so many
// contexts.
void polar_blocks(Report& report, const std::string& name, const Spread& spread,
                  std::initializer_list<std::size_t> sizes, std::size_t contexts) {
  Digest sent, received;
  Draws draws(6);
  for (const Family target : every_family) {
    for (const Family proposal : every_family) {
      // Little of a target may lie beyond a uniform proposal's ends.
      if (proposal == family_of<Uniform> && target != proposal) continue;
      for (const std::size_t size : sizes) {
        const Latents latents(draws, target, proposal, spread, size);
        FamilyTails tails(latents.targets(), latents.proposals(), 0, size);
        std::atomic<bool> stop{false};
        Interrupt interrupt(stop, nullptr);
        Words positions(size), again(size);
        std::vector<std::uint16_t> context(size);
        for (std::size_t i = 0; i < size; ++i) {
          context[i] = static_cast<std::uint16_t>(i % contexts);
        }
        const polar::BlockAddress address{seed, offset, context};
        const Bytes message = polar::encode_block(tails, size, address, positions, interrupt);
        polar::decode_block(address, message, again, interrupt);
        CHECK(again == positions, name, size);
        sent.add(message);
        received.add(positions);
      }
    }
  }
  report.add(name + ", encoded", sent);
  report.add(name + ", decoded", received);
}

// --- Dithered blocks -----------------------------------------------------------------------------

// Messages and samples of blocks of all sizes, every family against every family, of layers that are
// shifted or not.
void dithered_blocks(Report& report, const std::string& name, const Spread& spread, bool shifted) {
  Digest sent, received;
  Draws draws(7);
  for (const Family noise : every_family) {
    if (shifted && noise == family_of<Uniform>) continue;  // whose layers are not
    for (const Family proposal : every_family) {
      for (const std::size_t size : {1U, 2U, 127U, 128U, 1000U}) {
        const Latents latents(draws, noise, proposal, spread, size);
        auto targets = dither::Located::of(latents.targets(), 0, size);
        auto proposals = dither::Located::of(latents.proposals(), 0, size);
        // As columns have scales
        const std::size_t scales = std::min<std::size_t>(size, 7);
        for (std::size_t i = scales; i < size; ++i) {
          targets.scale[i] = targets.scale[i - scales];
          proposals.scale[i] = proposals.scale[i - scales];
        }
        const dither::Known known{noise, proposal, targets.scale, proposals.scale, shifted};
        std::vector<double> sample(size), again(size);
        const dither::BlockAddress address{seed, offset};
        const Bytes message =
            dither::encode_block(known, targets.middle, proposals.middle, address, sample);
        dither::decode_block(message, proposals.middle, address, again);
        CHECK(again == sample, name, size);
        sent.add(message);
        received.add(sample);
      }
    }
  }
  report.add(name + ", encoded", sent);
  report.add(name + ", decoded", received);
}

// --- Index codes ---------------------------------------------------------------------------------

void index_codes(Report& report, const std::string& which, const Words& indices) {
  struct Choice {
    const char* name;
    Code code;
    std::vector<int> parameters;
  };
  const Choice choices[] = {{"fixed code", Code::fixed, {64}},
                            {"gamma code", Code::gamma, {0}},
                            {"delta code", Code::delta, {0}},
                            {"zeta codes", Code::zeta, {1, 2, 3, 7, 20, 63}}};
  for (const Choice& choice : choices) {
    Digest digest;
    for (const int parameter : choice.parameters) {
      const Bytes bytes = pack(indices, choice.code, parameter);
      Words back(indices.size());
      unpack(bytes, choice.code, parameter, back);
      CHECK(back == indices, choice.name, parameter);
      digest.add(bytes);
    }
    report.add(std::string(choice.name) + ", " + which, digest);
  }
}

// By a code for whole arrays of indices.
void array_code(Report& report, const std::string& name, const Words& indices,
                const SequenceCode auto& code) {
  Digest digest;
  const RangeCoded coded = pack_sequence(indices, code);
  Words back(indices.size());
  unpack_sequence(coded.bytes, code, back);
  CHECK(back == indices, name);
  digest.add(coded.bytes);
  report.add(name, digest);
}

std::vector<std::string> all_parts() {
  constexpr Spread much_information = {192, 4, 48, 0, 32};
  Report report;
  random_numbers(report);
  quantiles(report);
  single_elements(report, "global", {Variant::global}, {32, 6, 9});
  single_elements(report, "global, at most 400", {Variant::global, 400}, some_information);
  single_elements(report, "as*", {Variant::as_star}, much_information);
  const Words indices = single_elements(report, "ad*", {Variant::ad_star}, much_information);
  single_elements(report, "dad*, depth 9", {Variant::dad_star, 9}, some_information);
  single_elements(report, "dad*, depth 40", {Variant::dad_star, 40}, much_information);
  blocks(report, "blocks, global, at most 400", {Variant::global, 400});
  blocks(report, "blocks, ad*", {Variant::ad_star});
  blocks(report, "blocks, dad*, depth 9", {Variant::dad_star, 9});
  single_elements(report, "minimal random coding, of 400", {Variant::minimal_random, 400},
                  some_information);
  blocks(report, "blocks, minimal random coding, of 400", {Variant::minimal_random, 400});
  single_elements(report, "ordered random coding, of 400", {Variant::ordered_random, 400},
                  some_information);
  blocks(report, "blocks, ordered random coding, of 400", {Variant::ordered_random, 400});

  const std::initializer_list<std::size_t> sizes = {1, 2, 3, 64, 255, 1000, 5000};
  polar_blocks(report, "polar blocks, some information", some_information, sizes, 1);
  polar_blocks(report, "polar blocks, much information", {96, 4, 48, 0, 32}, sizes, 1);
  polar_blocks(report, "polar blocks, contexts", some_information, {2048, 5000}, 3);
  dithered_blocks(report, "dithered blocks, some information", some_information, false);
  dithered_blocks(report, "dithered blocks, much information", much_information, false);
  dithered_blocks(report, "dithered blocks, shifted layers", some_information, true);

  Draws draws(5);
  Words any(10'000);
  for (std::uint64_t& index : any) index = draws.magnitude();
  const HalvingOrder order(std::vector<double>(4, 0.0));
  Words of_blocks(40'000);
  for (std::size_t i = 0; i < of_blocks.size(); i += 4) {
    draw_index(draws, {Variant::ad_star}, order, std::span(of_blocks).subspan(i, 4));
  }
  index_codes(report, "encoded", indices);
  index_codes(report, "any indices", any);
  array_code(report, "adaptive code, encoded", indices, AdaptiveCode{});
  array_code(report, "adaptive code, any indices", any, AdaptiveCode{});
  array_code(report, "adaptive code, any indices of blocks", of_blocks, AdaptiveCode{.words = 4});
  std::vector<std::uint16_t> contexts(indices.size());
  for (std::size_t i = 0; i < contexts.size(); ++i) contexts[i] = static_cast<std::uint16_t>(i % 7);
  array_code(report, "adaptive code, start and contexts", indices,
             AdaptiveCode{.words = 1, .start = 24, .contexts = contexts});

  // As of arrays with such indices: what the code predicts is drawn anew.
  const std::vector<double> one(1, 0.0);
  const std::vector<double> uneven = {1.0, 0.0, 2.5, 0.0, 0.5, 0.0, 0.0, 3.0};
  const Words some(indices.begin(), indices.begin() + 8'000);
  const Blocks singles(indices.size(), 1, one);
  const Blocks fours(10'000, 4, uneven);
  array_code(report, "tree code, single elements", some,
             TreeCode{.seed = 7, .offset = 3, .blocks = &singles});
  array_code(report, "tree code, blocks", Words(of_blocks.begin(), of_blocks.begin() + 8'000),
             TreeCode{.seed = 7, .offset = 3, .blocks = &fours, .begin = 5, .start = 12});
  return report.lines();
}

void compare(const std::vector<std::string>& lines, const std::string& path) {
  std::ifstream file(path);
  CHECK(file.is_open(), path);
  std::vector<std::string> expected;
  for (std::string line; std::getline(file, line);) {
    if (!line.empty() && line[0] != '#') expected.push_back(line);
  }
  CHECK_EQUAL(lines.size(), expected.size());
  for (std::size_t i = 0; i < std::min(lines.size(), expected.size()); ++i) {
    CHECK_EQUAL(lines[i], expected[i]);
  }
}

}  // namespace

int main(int count, char** arguments) {
  CHECK(count == 2, "the folder of the vectors is the one argument, or --print");
  if (count != 2) return check::result();
  const std::string argument = arguments[1];
  const std::vector<std::string> lines = all_parts();
  if (argument == "--print") {
    std::cout << header;
  } else {
    compare(lines, argument + "/digest.txt");
  }
  for (const std::string& line : lines) std::cout << line << '\n';
  return check::result();
}
