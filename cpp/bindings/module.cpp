// The extension module: registration alone. One file per concept does the rest.
#include "bindings.hpp"

PYBIND11_MODULE(_core, m) {
  m.doc() = "The compiled core of astar_rec. Its contract is the Python layer's: see _core.pyi.";
  register_errors(m);
  register_checks(m);
  register_stop(m);
  register_functions(m);
  register_codec(m);
  register_lanes(m);
  register_lockstep(m);
  register_index_codes(m);
  register_tree_code(m);
  register_polar(m);
  register_dither(m);
}
