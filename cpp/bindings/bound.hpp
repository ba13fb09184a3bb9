// Distributions as calls get them.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "bindings.hpp"
#include "families/parameters.hpp"

// A family and its arrays of parameters, which broadcast to the shape of a call's samples.
class Bound {
 public:
  Bound(const std::string& family, std::vector<py::array> parameters)
      : family_(family_named(family)), parameters_(std::move(parameters)) {
    const std::size_t wanted = astar_rec::Families::with(
        family_, [](auto it) { return decltype(it)::type::parameters.size(); });
    require(parameters_.size() == wanted, "as many parameters as the family has");
  }

  astar_rec::Distribution broadcast_to(const py::array& samples) const {
    const std::vector<std::size_t> shape(samples.shape(), samples.shape() + samples.ndim());
    astar_rec::Distribution all{family_, {}};
    for (const py::array& each : parameters_) {
      all.parameters.push_back(strided(each).broadcast_to(shape));
    }
    return all;
  }

  astar_rec::Family family() const { return family_; }

 private:
  astar_rec::Family family_;
  std::vector<py::array> parameters_;
};
