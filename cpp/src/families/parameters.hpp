// Distributions as a call gets them, an array for each parameter, and the numbers of some elements.
#pragma once

#include <algorithm>
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
  // How those are held that all elements have in common: once takes less memory, but is no column.
  enum class Common { repeated, once };

  void gather(const Distribution& of, std::size_t begin, std::size_t end,
              Common common = Common::repeated) {
    size_ = end - begin;
    columns_.resize(of.parameters.size());
    for (std::size_t k = 0; k < columns_.size(); ++k) {
      const bool once = common == Common::once && of.parameters[k].is_constant();
      columns_[k].resize(once ? std::min<std::size_t>(size_, 1) : size_);
      of.parameters[k].gather(begin, columns_[k]);
    }
  }

  // Those of the elements order[0], order[1], …
  Parameters arranged(std::span<const std::uint32_t> order) const {
    Parameters made;
    made.size_ = order.size();
    for (const auto& column : columns_) {
      auto& to = made.columns_.emplace_back(column.size() == size_ ? order.size() : column.size());
      if (column.size() != size_) {
        std::copy(column.begin(), column.end(), to.begin());
        continue;
      }
      for (std::size_t i = 0; i < order.size(); ++i) to[i] = column[order[i]];
    }
    return made;
  }

  std::size_t size() const { return size_; }
  // A number for each element, unless it is held once.
  std::span<const double> column(std::size_t parameter) const { return columns_[parameter]; }

  // The distributions of elements, of a family.
  template <class It>
  class Members {
   public:
    explicit Members(const Parameters& of) {
      for (std::size_t k = 0; k < columns_.size(); ++k) {
        columns_[k] = of.columns_[k].data();
        mask_[k] = of.columns_[k].size() == of.size_ ? ~std::size_t{0} : 0;
      }
    }
    It operator[](std::size_t element) const {
      std::array<double, It::parameters.size()> numbers;
      for (std::size_t k = 0; k < numbers.size(); ++k) {
        numbers[k] = columns_[k][element & mask_[k]];
      }
      return It::from(numbers);
    }

   private:
    std::array<const double*, It::parameters.size()> columns_;
    std::array<std::size_t, It::parameters.size()> mask_;  // 0 for what is held once
  };

 private:
  std::size_t size_ = 0;
  std::vector<LargeVector<double>> columns_;
};

}  // namespace astar_rec
