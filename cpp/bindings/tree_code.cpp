// The tree code: AD*'s indices to bytes and back.
#include "codes/tree_code.hpp"

#include "bindings.hpp"
#include "sequence_code.hpp"

namespace {

using namespace astar_rec;

// The blocks of as many rows as those indices take that begin at a number, and those before.
Blocks rows_of_blocks(std::size_t words, std::size_t block, const Array<double>& hints,
                      std::size_t begin) {
  require(block >= 1 && block <= max_block, "block must be 1 to 16");
  require(words % block == 0, "an index has as many words as a block elements");
  require(begin <= element_limit, "elements must be below 2^48");
  const auto columns = static_cast<std::size_t>(hints.size());
  require(columns > 0, "there must be columns");
  const std::size_t end = begin + words / block;
  const std::size_t per_row = (columns + block - 1) / block;
  return {end / per_row + (end % per_row == 0 ? 0 : 1), block, view(hints)};
}

// A tree code and the blocks that it points to.
struct Place {
  Blocks blocks;
  TreeCode code;

  // Of that many words of indices.
  Place(std::size_t words, std::uint64_t seed, std::uint64_t offset, std::size_t block,
        const Array<double>& hints, std::size_t begin, int start,
        const Array<std::uint16_t>& contexts)
      : blocks(rows_of_blocks(words, block, hints, begin)),
        code{seed, offset, &blocks, begin, start, contexts_of(contexts, words / block)} {
    require(offset <= element_limit, "elements must be below 2^48");
    check_start(start);
  }
  Place(const Place&) = delete;
};

py::tuple pack_array_as_tree(const Array<std::uint64_t>& index, std::uint64_t seed,
                             std::uint64_t offset, std::size_t block, const Array<double>& hints,
                             std::size_t begin, int start, const Array<std::uint16_t>& contexts) {
  const auto words = static_cast<std::size_t>(index.size());
  const Place place(words, seed, offset, block, hints, begin, start, contexts);
  return pack_sequence_of(index, place.code);
}

void unpack_bytes_as_tree(const py::buffer& data, std::uint64_t seed, std::uint64_t offset,
                          std::size_t block, const Array<double>& hints, std::size_t begin,
                          int start, const Array<std::uint16_t>& contexts,
                          Array<std::uint64_t>& index) {
  const auto words = static_cast<std::size_t>(index.size());
  const Place place(words, seed, offset, block, hints, begin, start, contexts);
  unpack_sequence_of(data, place.code, index);
}

}  // namespace

void register_tree_code(py::module_& m) {
  m.def("pack_tree", &pack_array_as_tree, py::arg("index").noconvert(), py::arg("seed"),
        py::arg("offset"), py::arg("block"), py::arg("hints").noconvert(), py::arg("begin"),
        py::arg("start"), py::arg("contexts").noconvert());
  m.def("unpack_tree", &unpack_bytes_as_tree, py::arg("data"), py::arg("seed"), py::arg("offset"),
        py::arg("block"), py::arg("hints").noconvert(), py::arg("begin"), py::arg("start"),
        py::arg("contexts").noconvert(), py::arg("index").noconvert());
}
