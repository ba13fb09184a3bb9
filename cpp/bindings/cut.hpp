// How an array's elements fall into blocks that run through all axes.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "bindings.hpp"
#include "random/random.hpp"

struct ArrayCut {
  std::uint64_t seed;
  std::uint64_t offset;
  std::size_t block;
  std::size_t elements;

  void check(std::size_t largest_block) const {
    require(block >= 1 && block <= largest_block, "a block of more elements than there may be");
    require(offset <= astar_rec::element_limit && elements <= astar_rec::element_limit - offset,
            "elements are numbered below 2^48");
  }
  std::size_t count() const { return (elements + block - 1) / block; }
  std::size_t begin(std::size_t number) const { return number * block; }
  std::size_t end(std::size_t number) const { return std::min(elements, begin(number) + block); }
  std::uint64_t first(std::size_t number) const { return offset + begin(number); }
};

// The bytes of messages, a block each, for as long as this lives.
class BlockMessages {
 public:
  explicit BlockMessages(const py::list& messages) {
    for (const py::handle message : messages) {
      held_.push_back(message.cast<py::bytes>());
      const std::string_view text(held_.back());
      bytes_.emplace_back(reinterpret_cast<const std::uint8_t*>(text.data()), text.size());
    }
  }
  std::span<const std::uint8_t> operator[](std::size_t number) const { return bytes_[number]; }
  std::size_t size() const { return bytes_.size(); }

 private:
  std::vector<py::bytes> held_;
  std::vector<std::span<const std::uint8_t>> bytes_;
};
