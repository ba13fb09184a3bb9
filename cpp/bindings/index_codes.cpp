// Indices to bits and back.
#include "codes/index_codes.hpp"

#include <cstring>

#include "bindings.hpp"
#include "codes/adaptive_code.hpp"
#include "sequence_code.hpp"

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
  return to_bytes(bytes);
}

Array<std::uint64_t> unpack_bytes(const py::buffer& data, std::size_t count, Code code,
                                  int parameter) {
  check_code(code, parameter);
  const py::buffer_info info = data.request();
  const auto bytes = bytes_of(info);
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

AdaptiveCode adaptive_code(std::size_t words, int start, const Array<std::uint16_t>& contexts,
                           const Array<std::uint64_t>& index) {
  require(words >= 1 && words <= max_block, "words must be 1 to 16");
  check_start(start);
  return {words, start, contexts_of(contexts, static_cast<std::size_t>(index.size()) / words)};
}

py::tuple pack_array_adaptively(const Array<std::uint64_t>& index, std::size_t words, int start,
                                const Array<std::uint16_t>& contexts) {
  return pack_sequence_of(index, adaptive_code(words, start, contexts, index));
}

void unpack_bytes_adaptively(const py::buffer& data, std::size_t words, int start,
                             const Array<std::uint16_t>& contexts, Array<std::uint64_t>& index) {
  unpack_sequence_of(data, adaptive_code(words, start, contexts, index), index);
}

std::uint64_t path_bits_of(const Array<std::uint64_t>& index, std::size_t words) {
  require(words >= 1 && words <= max_block, "words must be 1 to 16");
  const auto from = view(index);
  const py::gil_scoped_release release;
  return path_bits(from, words);
}

// The probability, of 2^24, with which the adaptive code starts at a level.
std::uint32_t depth_prior(std::size_t words, int start, int level) {
  require(words >= 1 && words <= max_block, "words must be 1 to 16");
  check_start(start);
  require(level >= 0 && level < static_cast<int>(64 * words), "no such level");
  return DepthStart(words, start)(level).probability;
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
  m.def("pack_adaptively", &pack_array_adaptively, py::arg("index").noconvert(), py::arg("words"),
        py::arg("start"), py::arg("contexts").noconvert());
  m.def("unpack_adaptively", &unpack_bytes_adaptively, py::arg("data"), py::arg("words"),
        py::arg("start"), py::arg("contexts").noconvert(), py::arg("index").noconvert());
  m.def("path_bits", &path_bits_of, py::arg("index").noconvert(), py::arg("words"));
  m.def("depth_prior", &depth_prior, py::arg("words"), py::arg("start"), py::arg("level"));
  m.def("unpack", &unpack_bytes, py::arg("data"), py::arg("count"), py::arg("code"),
        py::arg("parameter") = 0);
}
