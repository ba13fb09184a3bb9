// Which instructions the code in lanes uses: for tests, and for those who measure.
#include "simd/lanes.hpp"

#include <string>
#include <utility>

#include "bindings.hpp"

namespace {

using namespace astar_rec;
using lanes::Instructions;

constexpr std::pair<const char*, Instructions> names[] = {
    {"none", Instructions::none},
    {"portable", Instructions::portable},
    {"avx2", Instructions::avx2},
};

py::tuple available_instructions() {
  py::list found;
  for (const auto& [name, set] : names) {
    if (lanes::available(set)) found.append(name);
  }
  return py::tuple(found);
}

std::string instructions() {
  for (const auto& [name, set] : names) {
    if (set == lanes::instructions()) return name;
  }
  return "?";
}

void use_instructions(const std::string& wanted) {
  for (const auto& [name, set] : names) {
    if (name == wanted && lanes::available(set)) return lanes::use_instructions(set);
  }
  throw std::invalid_argument("not one of available_instructions(): " + wanted);
}

}  // namespace

void register_lanes(py::module_& m) {
  m.def("available_instructions", &available_instructions);
  m.def("instructions", &instructions);
  m.def("use_instructions", &use_instructions, py::arg("name"));
}
