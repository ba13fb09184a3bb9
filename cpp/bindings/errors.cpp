// The core's exceptions to Python's. The Python classes live in astar_rec/errors.py; here they are
// raised as plain carriers, and the Python layer adds what only it knows (shapes, argument names).
#include "engine/errors.hpp"

#include "bindings.hpp"

void register_errors(py::module_& m) {
  static py::exception<astar_rec::DivergenceError> divergence(m, "CoreDivergenceError");
  static py::exception<astar_rec::IndexError> index(m, "CoreIndexError");
  static py::exception<astar_rec::CorruptDataError> corrupt(m, "CoreCorruptDataError");

  py::register_exception_translator([](std::exception_ptr p) {
    try {
      if (p) std::rethrow_exception(p);
    } catch (const astar_rec::DivergenceError& e) {
      const py::tuple arguments = py::make_tuple(e.what(), e.element, e.bits, e.limit);
      PyErr_SetObject(divergence.ptr(), arguments.ptr());
    } catch (const astar_rec::IndexError& e) {
      const py::tuple arguments = py::make_tuple(e.what(), e.element);
      PyErr_SetObject(index.ptr(), arguments.ptr());
    } catch (const astar_rec::CorruptDataError& e) {
      PyErr_SetString(corrupt.ptr(), e.what());
    } catch (const astar_rec::Interrupted&) {
      // The signal's handler has set its own exception already.
      if (PyErr_Occurred() == nullptr) PyErr_SetNone(PyExc_KeyboardInterrupt);
    }
  });
}
