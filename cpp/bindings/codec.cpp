// Encoding and decoding of batches for the built-in families.
#include <vector>

#include "engine/block_codec.hpp"
#include "bindings.hpp"

namespace {

using namespace astar_rec;

// A family and two arrays of parameters, which broadcast to the batch's shape: that of its samples.
ParametricFamily distribution(Family family, const py::array& first, const py::array& second,
                              const Array<double>& batch) {
  const std::vector<std::size_t> shape(batch.shape(), batch.shape() + batch.ndim());
  return {family, strided(first).broadcast_to(shape), strided(second).broadcast_to(shape)};
}

void check_numbers(std::uint64_t first_element, std::size_t elements) {
  require(first_element <= element_limit && elements <= element_limit - first_element,
          "elements are numbered below 2^48");
}

// Without blocks an index is one word.
void check_depth(const Method& method) {
  require(method.variant != Variant::dad_star || method.limit <= max_index_depth,
          "depth must be 0 to 63");
}

// The elements from `begin` to before `end` alone: the batch may be encoded in pieces.
std::uint64_t encode_range(const Method& method, std::uint64_t seed, std::uint64_t first_element,
                           unsigned threads, Family target, const py::array& target_first,
                           const py::array& target_second, Family proposal,
                           const py::array& proposal_first, const py::array& proposal_second,
                           std::size_t begin, std::size_t end, Array<std::uint64_t>& index,
                           Array<double>& sample, Array<std::uint64_t>& steps) {
  const ParametricFamily q = distribution(target, target_first, target_second, sample);
  const ParametricFamily p = distribution(proposal, proposal_first, proposal_second, sample);
  require(has_built_in_ratio(target, proposal), "no built-in log ratio for this pair");
  check_depth(method);
  const Encoded all{writable(index), writable(sample), writable(steps)};
  const std::size_t size = all.sample.size();
  check_numbers(first_element, size);
  require(all.index.size() == size && all.steps.size() == size, "outputs must have one size");
  require(begin <= end && end <= size, "the range exceeds the batch");
  const std::size_t count = end - begin;
  const Encoded out{all.index.subspan(begin, count), all.sample.subspan(begin, count),
                    all.steps.subspan(begin, count)};
  const py::gil_scoped_release release;
  return encode(q, p, method, seed, {first_element, begin}, threads, signalled, out);
}

void decode_batch(const Method& method, std::uint64_t seed, std::uint64_t first_element,
                  unsigned threads, const Array<std::uint64_t>& index, Family proposal,
                  const py::array& proposal_first, const py::array& proposal_second,
                  Array<double>& sample) {
  const ParametricFamily p = distribution(proposal, proposal_first, proposal_second, sample);
  check_depth(method);
  const auto from = view(index);
  const auto to = writable(sample);
  check_numbers(first_element, to.size());
  require(from.size() == to.size(), "outputs must have one size");
  const py::gil_scoped_release release;
  decode(from, p, method, seed, {first_element, 0}, threads, signalled, to);
}

// For custom proposals: the positions alone.
void replay_batch(const Method& method, std::uint64_t seed, std::uint64_t first_element,
                  const Array<std::uint64_t>& index, Array<std::uint64_t>& position) {
  check_depth(method);
  const auto from = view(index);
  const auto to = writable(position);
  check_numbers(first_element, to.size());
  require(from.size() == to.size(), "outputs must have one size");
  const py::gil_scoped_release release;
  replay_all(from, method, seed, {first_element, 0}, 0, to);
}

// `hints`: one number per column; the batch has rows of that many elements.
Blocks make_blocks(std::size_t block, const Array<double>& hints, py::ssize_t elements) {
  require(block >= 1 && block <= max_block, "block must be 1 to 16");
  const std::size_t columns = static_cast<std::size_t>(hints.size());
  require(columns > 0 && static_cast<std::size_t>(elements) % columns == 0,
          "one hint for each column");
  return {static_cast<std::size_t>(elements) / columns, block, view(hints)};
}

std::uint64_t encode_in_blocks(const Method& method, std::uint64_t seed,
                               std::uint64_t first_element, unsigned threads, std::size_t block,
                               const Array<double>& hints, Family target,
                               const py::array& target_first, const py::array& target_second,
                               Family proposal, const py::array& proposal_first,
                               const py::array& proposal_second, Array<std::uint64_t>& index,
                               Array<double>& sample, Array<std::uint64_t>& steps) {
  const ParametricFamily q = distribution(target, target_first, target_second, sample);
  const ParametricFamily p = distribution(proposal, proposal_first, proposal_second, sample);
  require(has_built_in_ratio(target, proposal), "no built-in log ratio for this pair");
  check_numbers(first_element, static_cast<std::size_t>(sample.size()));
  const Blocks blocks = make_blocks(block, hints, sample.size());
  require(static_cast<std::size_t>(steps.size()) == blocks.count() &&
              static_cast<std::size_t>(index.size()) == blocks.count() * blocks.words(),
          "outputs must have the blocks' sizes");
  const EncodedBlocks out{writable(index), writable(sample), writable(steps)};
  const py::gil_scoped_release release;
  return encode_blocks(q, p, blocks, method, seed, first_element, threads, signalled, out);
}

void decode_in_blocks(const Method& method, std::uint64_t seed, std::uint64_t first_element,
                      unsigned threads, std::size_t block, const Array<double>& hints,
                      const Array<std::uint64_t>& index, Family proposal,
                      const py::array& proposal_first, const py::array& proposal_second,
                      Array<double>& sample) {
  const ParametricFamily p = distribution(proposal, proposal_first, proposal_second, sample);
  check_numbers(first_element, static_cast<std::size_t>(sample.size()));
  const Blocks blocks = make_blocks(block, hints, sample.size());
  require(static_cast<std::size_t>(index.size()) == blocks.count() * blocks.words(),
          "indices must have the blocks' sizes");
  const auto from = view(index);
  const auto to = writable(sample);
  const py::gil_scoped_release release;
  decode_blocks(from, p, blocks, method, seed, first_element, threads, signalled, to);
}

Method make_method(Variant variant, std::uint64_t limit, std::uint64_t max_steps) {
  require(variant != Variant::dad_star || limit <= max_block * max_index_depth,
          "depth must be 0 to 63 a dimension");
  require(variant != Variant::global || max_steps == 0, "the global bound's budget is its limit");
  require(variant != Variant::minimal_random ||
              (limit >= 1 && limit <= max_candidates && max_steps == 0),
          "candidates must be 1 to 2^32, all of which are evaluated");
  return {variant, limit, max_steps};
}

}  // namespace

void register_codec(py::module_& m) {
  py::enum_<Family>(m, "Family")
      .value("normal", Family::normal)
      .value("laplace", Family::laplace)
      .value("logistic", Family::logistic)
      .value("uniform", Family::uniform);
  py::enum_<Variant>(m, "Variant")
      .value("global_bound", Variant::global)
      .value("as_star", Variant::as_star)
      .value("ad_star", Variant::ad_star)
      .value("dad_star", Variant::dad_star)
      .value("minimal_random", Variant::minimal_random);
  py::class_<Method>(m, "Method")
      .def(py::init(&make_method), py::arg("variant"), py::arg("limit") = 0,
           py::arg("max_steps") = 0)
      .def_readonly("limit", &Method::limit)
      .def_property_readonly("splits",
                             [](const Method& method) { return !numbers_samples(method); })
      .def_property_readonly("max_bound_bits", &max_bound_bits)
      .def_property_readonly("largest_index", &largest_index);
  m.def("has_built_in_ratio", &has_built_in_ratio, py::arg("target"), py::arg("proposal"));
  m.def("encode", &encode_range, py::arg("method"), py::arg("seed"), py::arg("first_element"),
        py::arg("threads"), py::arg("target"), py::arg("target_first"), py::arg("target_second"),
        py::arg("proposal"), py::arg("proposal_first"), py::arg("proposal_second"),
        py::arg("begin"), py::arg("end"), py::arg("index").noconvert(),
        py::arg("sample").noconvert(), py::arg("steps").noconvert());
  m.def("decode", &decode_batch, py::arg("method"), py::arg("seed"), py::arg("first_element"),
        py::arg("threads"), py::arg("index").noconvert(), py::arg("proposal"),
        py::arg("proposal_first"), py::arg("proposal_second"), py::arg("sample").noconvert());
  m.def("encode_blocks", &encode_in_blocks, py::arg("method"), py::arg("seed"),
        py::arg("first_element"), py::arg("threads"), py::arg("block"),
        py::arg("hints").noconvert(), py::arg("target"), py::arg("target_first"),
        py::arg("target_second"), py::arg("proposal"), py::arg("proposal_first"),
        py::arg("proposal_second"), py::arg("index").noconvert(), py::arg("sample").noconvert(),
        py::arg("steps").noconvert());
  m.def("decode_blocks", &decode_in_blocks, py::arg("method"), py::arg("seed"),
        py::arg("first_element"), py::arg("threads"), py::arg("block"),
        py::arg("hints").noconvert(), py::arg("index").noconvert(), py::arg("proposal"),
        py::arg("proposal_first"), py::arg("proposal_second"), py::arg("sample").noconvert());
  m.def("replay", &replay_batch, py::arg("method"), py::arg("seed"), py::arg("first_element"),
        py::arg("index").noconvert(), py::arg("position").noconvert());
}
