// A read-only view of a broadcast array of doubles: any strides, also 0 and negative.
//
// Batches gather their parameters a chunk at a time, so that neither broadcasting nor an unusual
// memory order ever needs a copy of a whole array.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstring>
#include <span>
#include <stdexcept>
#include <utility>
#include <vector>

namespace astar_rec {

class StridedView {
 public:
  // Strides are in bytes, as NumPy's. No axis is empty.
  StridedView(const void* data, std::vector<std::size_t> shape, std::vector<std::ptrdiff_t> strides)
      : data_(static_cast<const char*>(data)),
        shape_(std::move(shape)),
        strides_(std::move(strides)) {}

  // The same array as one of another shape, as NumPy broadcasts: axes that it lacks come before its
  // own, and its number repeats along these and wherever it has but one. Throws
  // std::invalid_argument.
  StridedView broadcast_to(const std::vector<std::size_t>& shape) const {
    const std::size_t axes = shape_.size();
    if (axes > shape.size()) throw std::invalid_argument("more axes than the batch has");
    std::vector<std::ptrdiff_t> strides(shape.size(), 0);
    for (std::size_t axis = 0; axis < axes; ++axis) {
      const std::size_t to = shape.size() - axes + axis;
      if (shape_[axis] == shape[to]) {
        strides[to] = strides_[axis];
      } else if (shape_[axis] != 1) {
        throw std::invalid_argument("a shape that does not broadcast to the batch's");
      }
    }
    return {data_, shape, std::move(strides)};
  }

  // Copies the elements begin, begin + 1, ... in C order.
  void gather(std::size_t begin, std::span<double> out) const {
    if (out.empty()) return;
    const std::size_t axes = shape_.size();
    if (axes == 0) {
      for (double& x : out) x = load(data_);
      return;
    }
    std::vector<std::size_t> at(axes);
    std::size_t rest = begin;
    const char* from = data_;
    for (std::size_t axis = axes; axis-- > 0;) {
      at[axis] = rest % shape_[axis];
      rest /= shape_[axis];
      from += static_cast<std::ptrdiff_t>(at[axis]) * strides_[axis];
    }
    const std::ptrdiff_t step = strides_[axes - 1];
    std::size_t done = 0;
    for (;;) {
      // A run along the last axis.
      const std::size_t left = shape_[axes - 1] - at[axes - 1];
      const std::size_t run = left < out.size() - done ? left : out.size() - done;
      for (std::size_t i = 0; i < run; ++i) {
        out[done + i] = load(from + static_cast<std::ptrdiff_t>(i) * step);
      }
      done += run;
      if (done == out.size()) return;
      // On to the next run: this axis is back at its start, the one before moves on.
      from -= static_cast<std::ptrdiff_t>(at[axes - 1]) * step;
      at[axes - 1] = 0;
      for (std::size_t axis = axes - 1; axis-- > 0;) {
        from += strides_[axis];
        if (++at[axis] < shape_[axis]) break;
        from -= static_cast<std::ptrdiff_t>(shape_[axis]) * strides_[axis];
        at[axis] = 0;
      }
    }
  }

  // Whether all elements are one number in memory.
  bool is_constant() const {
    for (std::size_t axis = 0; axis < shape_.size(); ++axis) {
      if (strides_[axis] != 0 && shape_[axis] != 1) return false;
    }
    return true;
  }

  // The number of the first element outside [low, high], as NaN is too; how many there are if none is.
  std::size_t first_outside(double low, double high) const {
    std::size_t size = 1;
    for (const std::size_t n : shape_) size *= n;
    std::array<double, 512> part;
    for (std::size_t begin = 0; begin < size; begin += part.size()) {
      const auto numbers = std::span(part).first(std::min(part.size(), size - begin));
      gather(begin, numbers);
      const auto outside = [&](double x) { return !(low <= x && x <= high); };
      const auto found = std::find_if(numbers.begin(), numbers.end(), outside);
      if (found != numbers.end()) {
        return begin + static_cast<std::size_t>(found - numbers.begin());
      }
    }
    return size;
  }

 private:
  static double load(const char* from) {
    double x;
    std::memcpy(&x, from, sizeof x);
    return x;
  }

  const char* data_;
  std::vector<std::size_t> shape_;
  std::vector<std::ptrdiff_t> strides_;
};

}  // namespace astar_rec
