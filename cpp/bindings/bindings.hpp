// What the binding files share. Each follows one order: convert, validate, release the GIL, compute,
// wrap. The Python layer validates what users give; what is checked here guards memory.
#pragma once

#include <pybind11/numpy.h>
#include <pybind11/pybind11.h>

#include <cstddef>
#include <cstdint>
#include <span>
#include <stdexcept>
#include <string>
#include <vector>

#include "engine/parallel.hpp"
#include "engine/strided.hpp"
#include "families/registry.hpp"
#include "stop.hpp"

namespace py = pybind11;

void register_errors(py::module_& m);
void register_checks(py::module_& m);
void register_stop(py::module_& m);
void register_functions(py::module_& m);
void register_codec(py::module_& m);
void register_lanes(py::module_& m);
void register_lockstep(py::module_& m);
void register_index_codes(py::module_& m);
void register_tree_code(py::module_& m);
void register_polar(py::module_& m);
void register_dither(py::module_& m);

// C-contiguous arrays of exactly this dtype: no conversion, no copy.
template <class T>
using Array = py::array_t<T, py::array::c_style>;

template <class T>
std::span<const T> view(const Array<T>& array) {
  return {array.data(), static_cast<std::size_t>(array.size())};
}

template <class T>
std::span<T> writable(Array<T>& array) {
  return {array.mutable_data(), static_cast<std::size_t>(array.size())};
}

inline void require(bool condition, const char* what) {
  if (!condition) throw std::invalid_argument(what);
}

// Of any shape and strides, broadcast ones too.
inline astar_rec::StridedView strided(const py::array& array) {
  require(py::isinstance<py::array_t<double>>(array), "parameters must be float64");
  return {array.data(),
          {array.shape(), array.shape() + array.ndim()},
          {array.strides(), array.strides() + array.ndim()}};
}

inline astar_rec::Family family_named(const std::string& name) {
  const auto family = astar_rec::find_family(name);
  require(family.has_value(), "no family of this name");
  return *family;
}

inline py::bytes to_bytes(const std::vector<std::uint8_t>& bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

inline std::span<const std::uint8_t> bytes_of(const py::buffer_info& info) {
  require(info.itemsize == 1 && info.ndim == 1 && info.strides[0] == 1, "data must be bytes");
  return {static_cast<const std::uint8_t*>(info.ptr), static_cast<std::size_t>(info.size)};
}

// Whether a signal's handler (Ctrl-C's, say) has raised, or whoever waits for this thread wants it to
// end. Called with the GIL released.
inline bool signalled() {
  if (Stop::here()) return true;
  const py::gil_scoped_acquire gil;
  return PyErr_CheckSignals() != 0;
}
