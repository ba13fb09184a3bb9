// Distributions as a call gets them, an array for each parameter, and the numbers of some elements.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "engine/large_pages.hpp"
#include "engine/strided.hpp"
#include "families/registry.hpp"

namespace astar_rec {

// A distribution for every element: an array for each parameter of the family, all of one shape.
struct Distribution {
  Family family;
  std::vector<StridedView> parameters;
};

// The parameters of consecutive elements.
class Parameters {
 public:
  void gather(const Distribution& of, std::size_t begin, std::size_t end) {
    columns_.resize(of.parameters.size());
    for (std::size_t k = 0; k < columns_.size(); ++k) {
      columns_[k].resize(end - begin);
      of.parameters[k].gather(begin, columns_[k]);
    }
  }

  // Those of the elements order[0], order[1], …
  Parameters arranged(std::span<const std::uint32_t> order) const {
    Parameters made;
    for (const auto& column : columns_) {
      auto& to = made.columns_.emplace_back(order.size());
      for (std::size_t i = 0; i < order.size(); ++i) to[i] = column[order[i]];
    }
    return made;
  }

  std::span<const double> column(std::size_t parameter) const { return columns_[parameter]; }

  // The distributions of elements, of a family.
  template <class It>
  class Members {
   public:
    explicit Members(const Parameters& of) {
      for (std::size_t k = 0; k < columns_.size(); ++k) columns_[k] = of.columns_[k].data();
    }
    It operator[](std::size_t element) const {
      std::array<double, It::parameters.size()> numbers;
      for (std::size_t k = 0; k < numbers.size(); ++k) numbers[k] = columns_[k][element];
      return It::from(numbers);
    }

   private:
    std::array<const double*, It::parameters.size()> columns_;
  };

 private:
  std::vector<LargeVector<double>> columns_;
};

}  // namespace astar_rec
