// The tree code: AD*'s indices to bytes and back.
#include "codes/tree_code.hpp"

#include "bindings.hpp"

namespace {

using namespace astar_rec;

// The blocks of as many rows as the indices up to `end` take.
Blocks make_blocks(std::size_t block, const Array<double>& hints, std::size_t end) {
  require(block >= 1 && block <= max_block, "block must be 1 to 16");
  const auto columns = static_cast<std::size_t>(hints.size());
  require(columns > 0, "there must be columns");
  const std::size_t per_row = (columns + block - 1) / block;
  return {end / per_row + (end % per_row == 0 ? 0 : 1), block, view(hints)};
}

// Calls f with the code of that many words of indices.
template <class F>
auto with_tree_code(std::size_t words, std::uint64_t seed, std::uint64_t first_element,
                    std::size_t block, const Array<double>& hints, std::size_t begin, int start,
                    const Array<std::uint16_t>& contexts, const F& f) {
  require(begin <= element_limit && first_element <= element_limit, "elements must be below 2^48");
  require(start >= 0 && start <= 255, "start must be 0 to 255");
  require(block >= 1 && words % block == 0, "an index has as many words as a block elements");
  const std::size_t count = words / block;
  const auto numbers = view(contexts);
  require(numbers.empty() || numbers.size() == count, "one context per index, or none");
  const Blocks blocks = make_blocks(block, hints, begin + count);
  const TreeCode code{seed, first_element, &blocks, begin, start, numbers};
  const py::gil_scoped_release release;
  return f(code);
}

// bytes, bits
py::tuple pack_array_as_tree(const Array<std::uint64_t>& index, std::uint64_t seed,
                             std::uint64_t first_element, std::size_t block,
                             const Array<double>& hints, std::size_t begin, int start,
                             const Array<std::uint16_t>& contexts) {
  const auto from = view(index);
  const RangeCoded coded =
      with_tree_code(from.size(), seed, first_element, block, hints, begin, start, contexts,
                     [&](const TreeCode& code) { return pack_tree(from, code); });
  return py::make_tuple(to_bytes(coded.bytes), coded.bits);
}

void unpack_bytes_as_tree(const py::buffer& data, std::uint64_t seed, std::uint64_t first_element,
                          std::size_t block, const Array<double>& hints, std::size_t begin,
                          int start, const Array<std::uint16_t>& contexts,
                          Array<std::uint64_t>& index) {
  const py::buffer_info info = data.request();
  const auto bytes = bytes_of(info);
  const auto to = writable(index);
  with_tree_code(to.size(), seed, first_element, block, hints, begin, start, contexts,
                 [&](const TreeCode& code) { unpack_tree(bytes, code, to); });
}

}  // namespace

void register_tree_code(py::module_& m) {
  m.def("pack_tree", &pack_array_as_tree, py::arg("index").noconvert(), py::arg("seed"),
        py::arg("first_element"), py::arg("block"), py::arg("hints").noconvert(), py::arg("begin"),
        py::arg("start"), py::arg("contexts").noconvert());
  m.def("unpack_tree", &unpack_bytes_as_tree, py::arg("data"), py::arg("seed"),
        py::arg("first_element"), py::arg("block"), py::arg("hints").noconvert(), py::arg("begin"),
        py::arg("start"), py::arg("contexts").noconvert(), py::arg("index").noconvert());
}
