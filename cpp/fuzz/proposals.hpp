// Proposals from a fuzzer's bytes, and where their samples may lie.
#pragma once

#include <algorithm>
#include <cmath>
#include <span>
#include <vector>

#include "../tests/calls.hpp"
#include "input.hpp"

struct Proposals {
  astar_rec::Family family;
  std::vector<double> first;
  std::vector<double> second;

  // The parameters of elements: two numbers of the input, or one distribution for all.
  Proposals(Input& input, std::size_t count)
      : family(input.byte() % astar_rec::Families::count), first(count), second(count) {
    const bool broadcast = input.flag();
    for (std::size_t i = 0; i < count; ++i) {
      if (i > 0 && broadcast) {
        first[i] = first[0];
        second[i] = second[0];
        continue;
      }
      double a = input.real();
      double b = input.real();
      if (family == astar_rec::family_of<astar_rec::Uniform>) {
        if (a == b) b = a + 1.0;
        first[i] = std::min(a, b);
        second[i] = std::max(a, b);
      } else {
        first[i] = a;
        second[i] = b == 0.0 ? 1.0 : std::fabs(b);
      }
    }
  }

  astar_rec::Distribution view() const {
    const auto strided = [](const std::vector<double>& values) {
      return astar_rec::StridedView(values.data(), {values.size()}, {sizeof(double)});
    };
    return {family, {strided(first), strided(second)}};
  }

  void require_within(std::span<const double> samples) const {
    astar_rec::Families::with(family, [&](auto it) {
      using Proposal = typename decltype(it)::type;
      const double z_first = Proposal::quantile(0);
      const double z_last = Proposal::quantile(astar_rec::last_position);
      for (std::size_t i = 0; i < samples.size(); ++i) {
        const auto support = Proposal::from({first[i], second[i]}).support(z_first, z_last);
        REQUIRE(std::isfinite(samples[i]));
        REQUIRE(samples[i] >= support.low && samples[i] <= support.high);
      }
    });
  }
};

// Indices of blocks, of words that the input chooses.
inline std::vector<std::uint64_t> indices_of(Input& input, std::size_t blocks, std::size_t words) {
  std::vector<std::uint64_t> index(blocks * words);
  for (std::size_t i = 0; i < blocks; ++i) {
    const std::size_t used = 1 + input.byte() % words;
    for (std::size_t word = 0; word < used; ++word) index[i * words + word] = input.number();
  }
  return index;
}

// Decodes blocks: what is refused is not possible(number of a block), and what is not is something that the
// proposals can have.
template <class Possible>
void decode_or_refuse(const std::vector<std::uint64_t>& index, const Proposals& proposals,
                      const astar_rec::Blocks& blocks, const MethodCase& method, std::uint64_t seed,
                      std::uint64_t offset, const Possible& possible) {
  std::vector<double> samples(blocks.elements());
  try {
    decode_blocks(
        index, proposals.view(), blocks, method, seed, offset, 1, [] { return false; }, samples);
  } catch (const astar_rec::IndexError& error) {
    REQUIRE(error.element < blocks.count() && !possible(error.element));
    return;
  }
  for (std::size_t i = 0; i < blocks.count(); ++i) REQUIRE(possible(i));
  proposals.require_within(samples);
}

// A method, and its limit: of any depth up to `deepest`.
inline MethodCase method_of(Input& input, int deepest) {
  MethodCase method{static_cast<Variant>(input.byte() % 6)};
  const std::uint64_t limit = input.number();
  if (method.variant == Variant::global) method.limit = limit;
  if (method.chooses()) {
    method.limit = 1 + limit % (std::uint64_t{1} << 32);
  }
  if (method.variant == Variant::dad_star) {
    method.limit = limit % (static_cast<std::uint64_t>(deepest) + 1);
  }
  return method;
}
