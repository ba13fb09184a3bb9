// Indices to bits and back.
#include "astar_rec/index_codes.hpp"

#include <cstring>

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
  m.def("unpack", &unpack_bytes, py::arg("data"), py::arg("count"), py::arg("code"),
        py::arg("parameter") = 0);
}
