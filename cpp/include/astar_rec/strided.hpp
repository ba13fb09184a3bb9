// A read-only view of a broadcast array of doubles: any strides, also 0 and negative.
//
// Batches gather their parameters a chunk at a time, so that neither broadcasting nor an unusual
// memory order ever needs a copy of a whole array.
#pragma once

#include <cstddef>
#include <cstring>
#include <span>
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
