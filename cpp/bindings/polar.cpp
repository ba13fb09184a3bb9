// Polar channel simulation of arrays: blocks of consecutive elements, each a message of bytes.
#include <pybind11/stl.h>

#include <atomic>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "bindings.hpp"
#include "bound.hpp"
#include "cut.hpp"
#include "families/tails.hpp"
#include "polar/polar_block.hpp"

namespace {

using namespace astar_rec;

// Targets that Python knows: a function of elements' numbers and edges, which returns places and tails.
// Called by the thread that called the core alone.
class CalledTails : public Tails {
 public:
  CalledTails(const py::function& function, std::size_t first, bool precise_above)
      : function_(function), first_(first), precise_above_(precise_above) {}

  void at(std::span<const std::uint32_t> element, std::span<const Position> edge,
          std::span<Place> place) override {
    if (element.empty()) return;
    const py::gil_scoped_acquire gil;
    const auto count = static_cast<py::ssize_t>(element.size());
    py::array_t<std::int64_t> elements(count);
    py::array_t<std::uint64_t> edges(count);
    for (std::size_t i = 0; i < element.size(); ++i) {
      elements.mutable_data()[i] = static_cast<std::int64_t>(first_ + element[i]);
      edges.mutable_data()[i] = edge[i];
    }
    const py::tuple both = function_(std::move(elements), std::move(edges));
    require(both.size() == 2, "places and tails");
    const auto x = both[0].cast<Array<double>>(), tail = both[1].cast<Array<double>>();
    require(x.size() == count && tail.size() == count, "a place and a tail for each edge");
    for (std::size_t i = 0; i < element.size(); ++i) place[i] = {x.data()[i], tail.data()[i]};
  }

  void rows(std::span<const std::uint32_t> element, std::span<const Position> edges,
            std::span<double> tails) override {
    std::vector<std::uint32_t> elements;
    std::vector<Position> edge;
    for (const std::uint32_t each : element) {
      elements.insert(elements.end(), edges.size(), each);
      edge.insert(edge.end(), edges.begin(), edges.end());
    }
    std::vector<Place> places(elements.size());
    at(elements, edge, places);
    for (std::size_t i = 0; i < places.size(); ++i) tails[i] = places[i].tail;
  }

  bool precise_above() const override { return precise_above_; }

 private:
  const py::function& function_;
  std::size_t first_;
  bool precise_above_;
};

// What both sides have of a block; `contexts` are those of all elements, or of none.
polar::BlockAddress address_of(const ArrayCut& cut, std::size_t number,
                               std::span<const std::uint16_t> contexts) {
  if (contexts.empty()) return {cut.seed, cut.first(number)};
  const std::size_t begin = cut.begin(number);
  return {cut.seed, cut.first(number), contexts.subspan(begin, cut.end(number) - begin)};
}

// As many as there are elements, or none
std::span<const std::uint16_t> contexts_of(const Array<std::uint16_t>& contexts,
                                           std::size_t elements) {
  const auto size = static_cast<std::size_t>(contexts.size());
  require(size == 0 || size == elements, "contexts of all elements, or of none");
  return {contexts.data(), size};
}

// The blocks from `begin` to before `end`: their messages, and how many levels each has. make_tails(begin,
// end) makes the tails of elements.
template <class MakeTails>
py::list encode_blocks(const ArrayCut& cut, unsigned threads, std::size_t begin, std::size_t end,
                       Array<std::uint64_t>& position, Array<std::uint64_t>& levels,
                       const Array<std::uint16_t>& contexts, const MakeTails& make_tails) {
  cut.check(polar::largest_block);
  const auto alike = contexts_of(contexts, static_cast<std::size_t>(position.size()));
  require(begin <= end && end <= cut.count(), "the range exceeds the arrays");
  require(static_cast<std::size_t>(levels.size()) == cut.count(), "levels of another size");
  const auto positions = writable(position);
  const auto counts = writable(levels);
  std::vector<std::vector<std::uint8_t>> messages(end - begin);
  {
    const Interrupt::Poll poll = signalled;
    const py::gil_scoped_release release;
    const auto work = [&](std::size_t from, std::size_t to, Interrupt& interrupt) {
      for (std::size_t i = from; i < to; ++i) {
        const std::size_t number = begin + i, first = cut.begin(number);
        const std::size_t size = cut.end(number) - first;
        std::vector<polar::LevelReport> report;
        try {
          const std::unique_ptr<Tails> tails = make_tails(first, first + size);
          messages[i] = polar::encode_block(*tails, size, address_of(cut, number, alike),
                                            positions.subspan(first, size), interrupt, &report);
        } catch (const DivergenceError& error) {
          throw DivergenceError(first + error.element, error.bits, error.limit, error.what());
        }
        counts[number] = report.size() - 1;
      }
    };
    parallel_for(end - begin, threads, poll, [&] { return work; }, 1, 1);
  }
  py::list made;
  for (const auto& message : messages) made.append(to_bytes(message));
  return made;
}

py::list encode_families(std::uint64_t seed, std::uint64_t offset, unsigned threads,
                         std::size_t block, const Bound& target, const Bound& proposal,
                         std::size_t begin, std::size_t end, Array<std::uint64_t>& position,
                         Array<std::uint64_t>& levels, const Array<std::uint16_t>& contexts) {
  const auto q = target.broadcast_to(position), p = proposal.broadcast_to(position);
  const ArrayCut cut{seed, offset, block, static_cast<std::size_t>(position.size())};
  return encode_blocks(cut, threads, begin, end, position, levels, contexts,
                       [&](std::size_t first, std::size_t last) {
                         auto tails = std::make_unique<FamilyTails>(q, p, first, last);
                         tails->check_support();
                         return tails;
                       });
}

py::list encode_called(std::uint64_t seed, std::uint64_t offset, std::size_t block,
                       const py::function& tails, bool precise_above, std::size_t begin,
                       std::size_t end, Array<std::uint64_t>& position,
                       Array<std::uint64_t>& levels, const Array<std::uint16_t>& contexts) {
  const ArrayCut cut{seed, offset, block, static_cast<std::size_t>(position.size())};
  return encode_blocks(cut, 1, begin, end, position, levels, contexts,
                       [&](std::size_t first, std::size_t) {
                         return std::make_unique<CalledTails>(tails, first, precise_above);
                       });
}

// The positions of all blocks.
void decode_blocks(std::uint64_t seed, std::uint64_t offset, unsigned threads, std::size_t block,
                   const py::list& messages, Array<std::uint64_t>& position,
                   const Array<std::uint16_t>& contexts) {
  const ArrayCut cut{seed, offset, block, static_cast<std::size_t>(position.size())};
  cut.check(polar::largest_block);
  require(messages.size() == cut.count(), "as many messages as there are blocks");
  const BlockMessages bytes(messages);
  const auto alike = contexts_of(contexts, static_cast<std::size_t>(position.size()));
  const auto positions = writable(position);
  const Interrupt::Poll poll = signalled;
  const py::gil_scoped_release release;
  const auto work = [&](std::size_t from, std::size_t to, Interrupt& interrupt) {
    for (std::size_t i = from; i < to; ++i) {
      const std::size_t first = cut.begin(i);
      try {
        polar::decode_block(address_of(cut, i, alike), bytes[i],
                            positions.subspan(first, cut.end(i) - first), interrupt);
      } catch (const CorruptDataError& error) {
        throw IndexError(i, error.what());
      }
    }
  };
  parallel_for(cut.count(), threads, poll, [&] { return work; }, 1, 1);
}

// By level, in order of drawing: its number, and the bits that it takes, of a block of so many elements. What comes behind
// levels has the number 0.
py::list levels_of(std::uint64_t seed, std::uint64_t first, std::size_t elements,
                   const py::bytes& message, const Array<std::uint16_t>& contexts) {
  require(elements >= 1 && elements <= polar::largest_block, "a block's number of elements");
  const std::string_view text(message);
  const std::span bytes(reinterpret_cast<const std::uint8_t*>(text.data()), text.size());
  std::vector<Position> positions(elements);
  const auto alike = contexts_of(contexts, elements);
  std::vector<polar::LevelReport> report;
  {
    const Interrupt::Poll poll = signalled;
    std::atomic<bool> stop{false};
    const py::gil_scoped_release release;
    Interrupt interrupt(stop, &poll);
    polar::decode_block({seed, first, alike}, bytes, positions, interrupt, &report);
  }
  py::list all;
  for (const auto& level : report) all.append(py::make_tuple(level.level, level.bits));
  return all;
}

}  // namespace

void register_polar(py::module_& m) {
  m.def("polar_encode", &encode_families, py::arg("seed"), py::arg("offset"), py::arg("threads"),
        py::arg("block"), py::arg("target"), py::arg("proposal"), py::arg("begin"), py::arg("end"),
        py::arg("position").noconvert(), py::arg("levels").noconvert(), py::arg("contexts"));
  m.def("polar_encode_called", &encode_called, py::arg("seed"), py::arg("offset"), py::arg("block"),
        py::arg("tails"), py::arg("precise_above"), py::arg("begin"), py::arg("end"),
        py::arg("position").noconvert(), py::arg("levels").noconvert(), py::arg("contexts"));
  m.def("polar_decode", &decode_blocks, py::arg("seed"), py::arg("offset"), py::arg("threads"),
        py::arg("block"), py::arg("messages"), py::arg("position").noconvert(),
        py::arg("contexts"));
  m.def("polar_levels", &levels_of, py::arg("seed"), py::arg("first"), py::arg("elements"),
        py::arg("message"), py::arg("contexts"));
}
