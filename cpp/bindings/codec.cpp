// Encoding and decoding of arrays: methods, distributions and blocks, and the two calls that join them.
#include <pybind11/stl.h>

#include <map>
#include <string>
#include <vector>

#include "bindings.hpp"
#include "bound.hpp"
#include "engine/driver.hpp"
#include "methods/registry.hpp"

namespace {

using namespace astar_rec;

// `hints`: one number per column; the arrays have rows of that many elements. Blocks of one are alike.
Blocks make_blocks(const Method& method, const Array<double>& samples, std::size_t block,
                   const Array<double>& hints) {
  const auto elements = static_cast<std::size_t>(samples.size());
  if (block == 1) return Blocks(elements);
  require(block >= 1 && block <= method.most_in_block(), "the method has no such blocks");
  const auto columns = static_cast<std::size_t>(hints.size());
  require(columns > 0 && elements % columns == 0, "one hint for each column");
  if (!method.halves()) return {elements / columns, columns, block};
  return {elements / columns, block, view(hints)};
}

void check_call(const Method& method, const Blocks& blocks, std::uint64_t offset,
                std::size_t words) {
  require(offset <= element_limit && blocks.elements() <= element_limit - offset,
          "elements are numbered below 2^48");
  require(words == blocks.count() * method.words(blocks.block()), "messages of another size");
}

// The blocks from `begin` to before `end` alone: arrays may be encoded in pieces. The arrays are whole.
// Returns how many searches were cut, and the sum of all doubts in two parts.
py::tuple encode_arrays(const Method& method, std::uint64_t seed, std::uint64_t offset,
                        unsigned threads, std::size_t block, const Array<double>& hints,
                        const Bound& target, const Bound& proposal, std::size_t begin,
                        std::size_t end, Array<std::uint64_t>& message, Array<double>& sample,
                        Array<std::uint64_t>& steps) {
  require(method.encodes({target.family(), proposal.family()}), "no such pair of families");
  const Blocks blocks = make_blocks(method, sample, block, hints);
  check_call(method, blocks, offset, static_cast<std::size_t>(message.size()));
  require(static_cast<std::size_t>(steps.size()) == blocks.count(), "steps of another size");
  require(begin <= end && end <= blocks.count(), "the range exceeds the arrays");
  const Distribution q = target.broadcast_to(sample), p = proposal.broadcast_to(sample);
  const std::size_t words = method.words(block), first = blocks.end_of(begin);
  const Messages messages{writable(message).subspan(begin * words, (end - begin) * words), {}};
  const auto samples = writable(sample).subspan(first, blocks.end_of(end) - first);
  const auto own_steps = writable(steps).subspan(begin, end - begin);
  const Interrupt::Poll poll = signalled;
  const auto work = [&] {
    const py::gil_scoped_release release;
    return encode({method, blocks, seed, offset, begin, end, threads, poll}, q, p, messages,
                  samples, own_steps);
  };
  const Ended ended = work();
  return py::make_tuple(ended.cut, ended.doubts.high(), ended.doubts.low());
}

void decode_arrays(const Method& method, std::uint64_t seed, std::uint64_t offset, unsigned threads,
                   std::size_t block, const Array<double>& hints,
                   const Array<std::uint64_t>& message, const Bound& proposal,
                   Array<double>& sample) {
  const Blocks blocks = make_blocks(method, sample, block, hints);
  check_call(method, blocks, offset, static_cast<std::size_t>(message.size()));
  const Distribution p = proposal.broadcast_to(sample);
  const auto words = view(message);
  const auto samples = writable(sample);
  const Interrupt::Poll poll = signalled;
  const py::gil_scoped_release release;
  decode({method, blocks, seed, offset, 0, blocks.count(), threads, poll}, {words, {}}, p, samples);
}

// For custom proposals: the positions alone, of blocks of one.
void replay_array(const Method& method, std::uint64_t seed, std::uint64_t offset,
                  const Array<std::uint64_t>& message, Array<std::uint64_t>& position) {
  const Blocks blocks(static_cast<std::size_t>(position.size()));
  check_call(method, blocks, offset, static_cast<std::size_t>(message.size()));
  const auto words = view(message);
  const auto positions = writable(position);
  const Interrupt::Poll poll = [] { return false; };
  const py::gil_scoped_release release;
  replay({method, blocks, seed, offset, 0, blocks.count(), 1, poll}, words, positions);
}

std::shared_ptr<const Method> method_of(const std::string& name, const py::kwargs& numbers) {
  return make_method(
      name, MethodNumbers(numbers.cast<std::map<std::string, std::uint64_t, std::less<>>>()));
}

py::dict families() {
  py::dict all;
  Families::for_each([&](auto family) {
    using It = typename decltype(family)::type;
    py::list names;
    for (const std::string_view name : It::parameters) names.append(std::string(name));
    all[py::str(std::string(It::name))] = py::tuple(names);
  });
  return all;
}

}  // namespace

void register_codec(py::module_& m) {
  py::class_<Method, std::shared_ptr<Method>>(m, "Method")
      .def(py::init([](const std::string& name, const py::kwargs& numbers) {
             return std::const_pointer_cast<Method>(method_of(name, numbers));
           }),
           py::arg("name"))
      .def_property_readonly("largest_index", &Method::largest_index);
  py::class_<Bound>(m, "Distribution")
      .def(py::init<const std::string&, std::vector<py::array>>(), py::arg("family"),
           py::arg("parameters"));
  m.def("families", &families);
  m.def(
      "has_log_ratio",
      [](const std::string& target, const std::string& proposal) {
        return has_log_ratios({family_named(target), family_named(proposal)});
      },
      py::arg("target"), py::arg("proposal"));
  m.def(
      "has_excess",
      [](const std::string& target, const std::string& proposal) {
        return has_excesses({family_named(target), family_named(proposal)});
      },
      py::arg("target"), py::arg("proposal"));
  m.def("encode", &encode_arrays, py::arg("method"), py::arg("seed"), py::arg("offset"),
        py::arg("threads"), py::arg("block"), py::arg("hints").noconvert(), py::arg("target"),
        py::arg("proposal"), py::arg("begin"), py::arg("end"), py::arg("message").noconvert(),
        py::arg("sample").noconvert(), py::arg("steps").noconvert());
  m.def("decode", &decode_arrays, py::arg("method"), py::arg("seed"), py::arg("offset"),
        py::arg("threads"), py::arg("block"), py::arg("hints").noconvert(),
        py::arg("message").noconvert(), py::arg("proposal"), py::arg("sample").noconvert());
  m.def("replay", &replay_array, py::arg("method"), py::arg("seed"), py::arg("offset"),
        py::arg("message").noconvert(), py::arg("position").noconvert());
}
