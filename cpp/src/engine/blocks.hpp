// How the elements of a call fall into blocks, each of which has one message. A block of one is a
// single element.
#pragma once

#include <algorithm>
#include <cstddef>
#include <span>
#include <vector>

#include "tree/halving_order.hpp"

namespace astar_rec {

// Rows of `columns` elements are cut into blocks of `block`; the last block of a row may be shorter. A
// block's random numbers are those of its first element.
class Blocks {
 public:
  // `hints` has one number per column: in which order each block's dimensions are halved.
  Blocks(std::size_t rows, std::size_t block, std::span<const double> hints)
      : rows_(rows), columns_(hints.size()), block_(block) {
    std::span<const double> before;
    for (std::size_t begin = 0; begin < columns_; begin += block) {
      const auto own = hints.subspan(begin, std::min(block, columns_ - begin));
      if (begin == 0 || !std::ranges::equal(own, before)) orders_.emplace_back(own);
      order_of_.push_back(orders_.size() - 1);
      before = own;
    }
  }

  // For methods that ask for no order.
  Blocks(std::size_t rows, std::size_t columns, std::size_t block)
      : rows_(rows), columns_(columns), block_(block) {}

  // Single elements, whose methods ask for no order.
  explicit Blocks(std::size_t elements) : Blocks(elements, 1, 1) {}

  std::size_t count() const { return rows_ * per_row(); }
  std::size_t block() const { return block_; }
  std::size_t elements() const { return rows_ * columns_; }

  const HalvingOrder& order(std::size_t number) const {
    return orders_[order_of_[number % order_of_.size()]];
  }
  std::size_t first_element(std::size_t number) const {
    if (block_ == 1) return number;
    return number / per_row() * columns_ + number % per_row() * block_;
  }
  std::size_t dimensions(std::size_t number) const {
    if (block_ == 1) return 1;
    return std::min(block_, columns_ - number % per_row() * block_);
  }
  // Where the elements of a range of blocks end.
  std::size_t end_of(std::size_t number) const {
    return number == 0 ? 0 : first_element(number - 1) + dimensions(number - 1);
  }

 private:
  std::size_t per_row() const { return (columns_ + block_ - 1) / block_; }

  std::size_t rows_;
  std::size_t columns_;
  std::size_t block_;
  std::vector<HalvingOrder> orders_;
  std::vector<std::size_t> order_of_;  // each block of a row; neighbours with equal hints share one
};

}  // namespace astar_rec
