// Distributions as a call gets them, an array for each parameter, and the numbers of some elements.
#pragma once

#include <array>
#include <cstddef>
#include <span>
#include <utility>
#include <vector>

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

  std::span<const double> column(std::size_t parameter) const { return columns_[parameter]; }

  // The distribution of an element.
  template <class It>
  It at(std::size_t element) const {
    return at<It>(element, std::make_index_sequence<It::parameters.size()>());
  }

 private:
  template <class It, std::size_t... k>
  It at(std::size_t element, std::index_sequence<k...>) const {
    return It::from({columns_[k][element]...});
  }

  std::vector<std::vector<double>> columns_;
};

}  // namespace astar_rec
