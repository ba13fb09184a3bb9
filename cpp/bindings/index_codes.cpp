// Indices to bits and back.
#include "astar_rec/index_codes.hpp"

#include <cstring>

#include "astar_rec/adaptive_code.hpp"
#include "bindings.hpp"

namespace {

using namespace astar_rec;

void check_code(Code code, int parameter) {
  require(code != Code::fixed || (parameter >= 1 && parameter <= 64), "width must be 1 to 64");
  require(code != Code::zeta || (parameter >= 1 && parameter <= 63), "k must be 1 to 63");
}

std::uint64_t coded_bits_of(const Array<std::uint64_t>& index, Code code, int parameter) {
  check_code(code, parameter);
  const auto from = view(index);
  const py::gil_scoped_release release;
  return coded_bits(from, code, parameter);
}

py::bytes pack_array(const Array<std::uint64_t>& index, Code code, int parameter) {
  check_code(code, parameter);
  const auto from = view(index);
  std::vector<std::uint8_t> bytes;
  {
    const py::gil_scoped_release release;
    bytes = pack(from, code, parameter);
  }
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

Array<std::uint64_t> unpack_bytes(const py::buffer& data, std::size_t count, Code code,
                                  int parameter) {
  check_code(code, parameter);
  const py::buffer_info info = data.request();
  require(info.itemsize == 1 && info.ndim == 1 && info.strides[0] == 1, "data must be bytes");
  const std::span<const std::uint8_t> bytes(static_cast<const std::uint8_t*>(info.ptr),
                                            static_cast<std::size_t>(info.size));
  // No index takes less than a bit: a forged count must not allocate more than the data's worth.
  if (count > bytes.size() * 8) throw CorruptDataError("more indices than bits");
  Array<std::uint64_t> index(static_cast<py::ssize_t>(count));
  const auto to = writable(index);
  {
    const py::gil_scoped_release release;
    unpack(bytes, code, parameter, to);
  }
  return index;
}

py::bytes to_bytes(const std::vector<std::uint8_t>& bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

std::span<const std::uint8_t> bytes_of(const py::buffer_info& info) {
  require(info.itemsize == 1 && info.ndim == 1 && info.strides[0] == 1, "data must be bytes");
  return {static_cast<const std::uint8_t*>(info.ptr), static_cast<std::size_t>(info.size)};
}

// depths, paths, bits of the paths
py::tuple pack_array_adaptively(const Array<std::uint64_t>& index, std::size_t words) {
  require(words >= 1 && words <= max_block, "words must be 1 to 16");
  const auto from = view(index);
  AdaptivelyCoded coded;
  {
    const py::gil_scoped_release release;
    coded = pack_adaptively(from, words);
  }
  return py::make_tuple(to_bytes(coded.depths), to_bytes(coded.paths), coded.path_bits);
}

void unpack_bytes_adaptively(const py::buffer& depths, const py::buffer& paths, std::size_t words,
                             Array<std::uint64_t>& index) {
  require(words >= 1 && words <= max_block, "words must be 1 to 16");
  const py::buffer_info depth_info = depths.request();
  const py::buffer_info path_info = paths.request();
  const auto depth_bytes = bytes_of(depth_info);
  const auto path_bytes = bytes_of(path_info);
  const auto to = writable(index);
  const py::gil_scoped_release release;
  unpack_adaptively(depth_bytes, path_bytes, words, to);
}

}  // namespace

void register_index_codes(py::module_& m) {
  py::enum_<Code>(m, "Code")
      .value("fixed", Code::fixed)
      .value("gamma", Code::gamma)
      .value("delta", Code::delta)
      .value("zeta", Code::zeta);
  m.def("coded_bits", &coded_bits_of, py::arg("index").noconvert(), py::arg("code"),
        py::arg("parameter") = 0);
  m.def("pack", &pack_array, py::arg("index").noconvert(), py::arg("code"),
        py::arg("parameter") = 0);
  m.def("pack_adaptively", &pack_array_adaptively, py::arg("index").noconvert(), py::arg("words"));
  m.def("unpack_adaptively", &unpack_bytes_adaptively, py::arg("depths"), py::arg("paths"),
        py::arg("words"), py::arg("index").noconvert());
  m.def("unpack", &unpack_bytes, py::arg("data"), py::arg("count"), py::arg("code"),
        py::arg("parameter") = 0);
}
