// Dithered quantisation of arrays: blocks of consecutive elements, each a message of bytes.
#include <pybind11/stl.h>

#include <limits>
#include <vector>

#include "bindings.hpp"
#include "bound.hpp"
#include "cut.hpp"
#include "dither/dither_block.hpp"

namespace {

using namespace astar_rec;

// The blocks from `begin` to before `end`: their messages, and their elements' samples.
py::list dither_encode(std::uint64_t seed, std::uint64_t offset, unsigned threads,
                       std::size_t block, bool shifted, const Bound& target, const Bound& proposal,
                       std::size_t begin, std::size_t end, Array<double>& sample) {
  const auto q = target.broadcast_to(sample), p = proposal.broadcast_to(sample);
  const ArrayCut cut{seed, offset, block, static_cast<std::size_t>(sample.size())};
  cut.check(dither::largest_block);
  require(begin <= end && end <= cut.count(), "the range exceeds the arrays");
  const auto samples = writable(sample);
  std::vector<std::vector<std::uint8_t>> messages(end - begin);
  {
    const Interrupt::Poll poll = signalled;
    const py::gil_scoped_release release;
    const auto work = [&](std::size_t from, std::size_t to, Interrupt&) {
      for (std::size_t i = from; i < to; ++i) {
        const std::size_t number = begin + i, first = cut.begin(number), last = cut.end(number);
        auto targets = dither::Located::of(q, first, last);
        auto proposals = dither::Located::of(p, first, last);
        targets.share(q.family);
        proposals.share(p.family);
        const dither::Known known{q.family, p.family, std::move(targets.scale),
                                  std::move(proposals.scale),
                                  shifted && q.family != family_of<Uniform>};
        try {
          messages[i] =
              dither::encode_block(known, targets.middle, proposals.middle,
                                   {seed, cut.first(number)}, samples.subspan(first, last - first));
        } catch (const DivergenceError& error) {
          throw DivergenceError(first + error.element, error.bits, error.limit, error.what());
        }
      }
    };
    parallel_for(end - begin, threads, poll, [&] { return work; }, 1, 1);
  }
  py::list made;
  for (const auto& message : messages) made.append(to_bytes(message));
  return made;
}

// The samples of all blocks; of one that is missing, an empty message, NaN.
void dither_decode(std::uint64_t seed, std::uint64_t offset, unsigned threads, std::size_t block,
                   const py::list& messages, const Bound& proposal, Array<double>& sample) {
  const auto p = proposal.broadcast_to(sample);
  const ArrayCut cut{seed, offset, block, static_cast<std::size_t>(sample.size())};
  cut.check(dither::largest_block);
  const BlockMessages bytes(messages);
  require(bytes.size() == cut.count(), "as many messages as there are blocks");
  const auto samples = writable(sample);
  const Interrupt::Poll poll = signalled;
  const py::gil_scoped_release release;
  const auto work = [&](std::size_t from, std::size_t to, Interrupt&) {
    for (std::size_t i = from; i < to; ++i) {
      const std::size_t first = cut.begin(i), last = cut.end(i);
      const auto own = samples.subspan(first, last - first);
      if (bytes[i].empty()) {
        std::fill(own.begin(), own.end(), std::numeric_limits<double>::quiet_NaN());
        continue;
      }
      try {
        dither::decode_block(bytes[i], dither::Located::of(p, first, last).middle,
                             {seed, cut.first(i)}, own);
      } catch (const CorruptDataError& error) {
        throw IndexError(i, error.what());
      }
    }
  };
  parallel_for(cut.count(), threads, poll, [&] { return work; }, 1, 1);
}

// How many bytes families and scales take of the message of so many elements.
std::size_t dither_header(const py::bytes& message, std::size_t elements) {
  require(elements >= 1 && elements <= dither::largest_block, "a block's number of elements");
  const std::string_view text(message);
  std::span bytes(reinterpret_cast<const std::uint8_t*>(text.data()), text.size());
  dither::Known::read(bytes, elements);
  return text.size() - bytes.size();
}

}  // namespace

void register_dither(py::module_& m) {
  m.def("dither_encode", &dither_encode, py::arg("seed"), py::arg("offset"), py::arg("threads"),
        py::arg("block"), py::arg("shifted"), py::arg("target"), py::arg("proposal"),
        py::arg("begin"), py::arg("end"), py::arg("sample").noconvert());
  m.def("dither_decode", &dither_decode, py::arg("seed"), py::arg("offset"), py::arg("threads"),
        py::arg("block"), py::arg("messages"), py::arg("proposal"), py::arg("sample").noconvert());
  m.def("dither_header", &dither_header, py::arg("message"), py::arg("elements"));
}
