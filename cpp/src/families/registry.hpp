// All families. A row here is all that enumerations, dispatch, tests and fuzzers know of a family.
#pragma once

#include <array>
#include <cstddef>
#include <optional>
#include <string_view>
#include <type_traits>

#include "families/laplace.hpp"
#include "families/logistic.hpp"
#include "families/normal.hpp"
#include "families/uniform.hpp"

namespace astar_rec {

template <class... Each>
struct FamilyList {
  static constexpr std::size_t count = sizeof...(Each);
  static constexpr std::array<std::string_view, count> names{Each::name...};

  // Calls f(std::type_identity<Each>()) for all.
  template <class F>
  static void for_each(const F& f) {
    (f(std::type_identity<Each>()), ...);
  }

  // Returns f(std::type_identity<It>()) for the one of a number below `count`.
  template <class F>
  static decltype(auto) with(std::size_t number, const F& f) {
    return with_one<F, Each...>(number, f);
  }

  template <class It>
  static constexpr std::size_t number_of() {
    std::size_t number = 0;
    const bool found = ((std::is_same_v<It, Each> || (++number, false)) || ...);
    return found ? number : count;
  }

 private:
  template <class F, class First, class... Rest>
  static decltype(auto) with_one(std::size_t number, const F& f) {
    if constexpr (sizeof...(Rest) == 0) {
      return f(std::type_identity<First>());
    } else {
      if (number == 0) return f(std::type_identity<First>());
      return with_one<F, Rest...>(number - 1, f);
    }
  }
};

using Families = FamilyList<Normal, Laplace, Logistic, Uniform>;

// A family by its place in the list.
using Family = std::size_t;

template <class It>
inline constexpr Family family_of = Families::number_of<It>();

inline std::optional<Family> find_family(std::string_view name) {
  for (Family family = 0; family < Families::count; ++family) {
    if (Families::names[family] == name) return family;
  }
  return std::nullopt;
}

// A target's family and a proposal's.
struct Pair {
  Family target;
  Family proposal;

  bool operator==(const Pair&) const = default;
};

}  // namespace astar_rec
