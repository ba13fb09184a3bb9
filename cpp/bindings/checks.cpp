// Checks that look at all of an array, for the Python layer.
#include "bindings.hpp"

namespace {

std::size_t first_outside(const py::array& numbers, double low, double high) {
  const astar_rec::StridedView view = strided(numbers);
  const py::gil_scoped_release release;
  return view.first_outside(low, high);
}

}  // namespace

void register_checks(py::module_& m) {
  m.def("first_outside", &first_outside, py::arg("numbers"), py::arg("low"), py::arg("high"));
}
