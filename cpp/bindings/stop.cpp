// What ends long calls in other threads: see stop.hpp.
#include "stop.hpp"

#include "bindings.hpp"

void register_stop(py::module_& m) {
  py::class_<Stop>(m, "Stop")
      .def(py::init<>())
      .def("set", &Stop::set)
      .def(
          "run",
          [](const Stop& stop, const py::function& work, const py::object& item) {
            const Stop::Working working(stop);
            return work(item);
          },
          py::arg("work"), py::arg("item"));
}
