// Strided views against index arithmetic written out: random shapes, strides of 0 and below.
#include <cstddef>
#include <cstring>
#include <limits>
#include <stdexcept>
#include <vector>

#include "check.hpp"
#include "draws.hpp"
#include "engine/strided.hpp"

using namespace astar_rec;

namespace {

struct Array {
  std::vector<std::size_t> shape;
  std::vector<std::ptrdiff_t> strides;  // in bytes
  std::vector<char> memory;
  std::ptrdiff_t start = 0;  // of element 0

  std::size_t size() const {
    std::size_t product = 1;
    for (const std::size_t n : shape) product *= n;
    return product;
  }

  StridedView view() const { return {memory.data() + start, shape, strides}; }

  double at(std::size_t number) const {
    std::ptrdiff_t where = start;
    for (std::size_t axis = shape.size(); axis-- > 0;) {
      where += static_cast<std::ptrdiff_t>(number % shape[axis]) * strides[axis];
      number /= shape[axis];
    }
    double x;
    std::memcpy(&x, memory.data() + where, sizeof x);
    return x;
  }
};

// Memory that ends where the last element does: one step too far is one that a sanitizer sees.
Array draw_array(Draws& draws) {
  Array array;
  const std::size_t axes = draws.below(5);
  for (std::size_t axis = 0; axis < axes; ++axis) array.shape.push_back(1 + draws.below(6));
  array.strides.resize(axes);
  std::ptrdiff_t low = 0, high = 0;
  std::ptrdiff_t next = sizeof(double);
  if (draws.below(4) == 0) next = 3;  // unaligned, as a field of a packed record
  // Axes in any memory order: from a random one on, around.
  const std::size_t first = axes > 0 ? draws.below(axes) : 0;
  for (std::size_t i = 0; i < axes; ++i) {
    const std::size_t axis = (first + i) % axes;
    const auto reach = static_cast<std::ptrdiff_t>(array.shape[axis] - 1);
    switch (draws.below(4)) {
      case 0:
        array.strides[axis] = 0;
        break;
      case 1:
        array.strides[axis] = -next;
        low -= reach * next;
        next *= reach + 1;
        break;
      default:
        array.strides[axis] = next;
        high += reach * next;
        next *= reach + 1;
    }
  }
  array.start = -low;
  array.memory.resize(static_cast<std::size_t>(high - low) + sizeof(double));
  for (char& byte : array.memory) byte = static_cast<char>(1 + draws.below(60));
  return array;
}

void gathers_any_run() {
  Draws draws(1);
  for (int run = 0; run < 3000; ++run) {
    const Array array = draw_array(draws);
    const StridedView view = array.view();
    const std::size_t size = array.size();
    for (int part = 0; part < 4; ++part) {
      const std::size_t begin = part == 0 ? 0 : draws.below(size);
      const std::size_t count = part == 0 ? size : draws.below(size - begin + 1);
      std::vector<double> out(count);
      view.gather(begin, out);
      for (std::size_t i = 0; i < count; ++i) {
        CHECK(out[i] == array.at(begin + i), array.shape.size(), begin, i);
      }
    }
  }
}

void special_cases() {
  const double value = 2.5;
  std::vector<double> out(3);
  // No axes: a scalar, for as many elements as are asked for.
  StridedView(&value, {}, {}).gather(5, out);
  CHECK(out == std::vector<double>(3, value), out[0]);
  // Nothing asked for: nothing touched.
  StridedView(nullptr, {4}, {8}).gather(2, {});

  const double row[] = {1.0, 2.0, 3.0};
  constexpr std::ptrdiff_t step = sizeof(double);
  StridedView(row + 2, {3}, {-step}).gather(0, out);
  CHECK(out == std::vector<double>({3.0, 2.0, 1.0}), out[0]);
  std::vector<double> broadcast(4);
  StridedView(row, {2, 3}, {0, step}).gather(1, broadcast);
  CHECK(StridedView(&value, {}, {}).is_constant());
  CHECK(StridedView(row, {2, 3}, {0, 0}).is_constant());
  CHECK(StridedView(row, {2, 1}, {0, step}).is_constant());
  CHECK(!StridedView(row, {2, 3}, {0, step}).is_constant());
  CHECK(broadcast == std::vector<double>({2.0, 3.0, 1.0, 2.0}), broadcast[0]);
}

void broadcasts() {
  Draws draws(2);
  for (int run = 0; run < 3000; ++run) {
    const Array array = draw_array(draws);
    // What one number may repeat along: any of its axes of one, and some before its first.
    std::vector<std::size_t> shape(draws.below(3));
    for (std::size_t& n : shape) n = 1 + draws.below(3);
    const std::size_t more = shape.size();
    for (const std::size_t n : array.shape) shape.push_back(n == 1 ? 1 + draws.below(3) : n);
    std::size_t size = 1;
    for (const std::size_t n : shape) size *= n;
    std::vector<double> out(size);
    array.view().broadcast_to(shape).gather(0, out);
    for (std::size_t i = 0; i < size; ++i) {
      std::size_t number = 0, scale = 1, rest = i;
      for (std::size_t axis = shape.size(); axis-- > more;) {
        const std::size_t n = array.shape[axis - more];
        number += n == 1 ? 0 : rest % shape[axis] * scale;
        scale *= n;
        rest /= shape[axis];
      }
      CHECK(out[i] == array.at(number), i, number);
    }
  }
  const double row[] = {1.0, 2.0, 3.0};
  const StridedView view(row, {3}, {sizeof(double)});
  CHECK_THROWS(std::invalid_argument, view.broadcast_to({}));
  CHECK_THROWS(std::invalid_argument, view.broadcast_to({1}));
  CHECK_THROWS(std::invalid_argument, view.broadcast_to({2}));
  CHECK_THROWS(std::invalid_argument, view.broadcast_to({3, 1}));
  CHECK_THROWS(std::invalid_argument, StridedView(row, {3, 1}, {8, 8}).broadcast_to({3}));
}

void finds_what_is_outside() {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  for (const std::size_t size : {1U, 2U, 511U, 512U, 513U, 5000U}) {
    std::vector<double> numbers(size, 1.0);
    const StridedView view(numbers.data(), {size}, {sizeof(double)});
    CHECK_EQUAL(view.first_outside(1.0, 1.0), size);
    for (const double bad : {0.5, 1.5, nan}) {
      for (const std::size_t place : {std::size_t{0}, size / 2, size - 1}) {
        numbers[size - 1] = nan;
        numbers[place] = bad;
        CHECK_EQUAL(view.first_outside(0.75, 1.25), place);
        numbers[size - 1] = numbers[place] = 1.0;
      }
    }
  }
  CHECK_EQUAL(StridedView(nullptr, {3, 0}, {8, 8}).first_outside(0.0, 1.0), std::size_t{0});
  CHECK_EQUAL(StridedView(&nan, {}, {}).first_outside(0.0, 1.0), std::size_t{0});
}

}  // namespace

int main() {
  gathers_any_run();
  special_cases();
  broadcasts();
  finds_what_is_outside();
  return check::result();
}
