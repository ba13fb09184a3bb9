// What the core throws. The Python layer gives each its own exception of the same name.
#pragma once

#include <cstddef>
#include <cstdio>
#include <stdexcept>
#include <string>

namespace astar_rec {

// More information than an index can hold.
class DivergenceError : public std::runtime_error {
 public:
  DivergenceError(std::size_t which, double needed, double most, const std::string& why)
      : std::runtime_error(why), element(which), bits(needed), limit(most) {}

  std::size_t element;  // in C order, from the start of the call's arrays
  double bits;
  double limit;
};

// An index that the codec cannot have produced.
class IndexError : public std::runtime_error {
 public:
  IndexError(std::size_t which, std::string why) : std::runtime_error(why), element(which) {}

  std::size_t element;
};

// Bytes that no encoder wrote.
class CorruptDataError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

// A number as messages show it.
inline std::string shortly(double x) {
  char text[32];
  std::snprintf(text, sizeof text, "%.4g", x);
  return text;
}

// The caller asked for a stop.
class Interrupted : public std::runtime_error {
 public:
  Interrupted() : std::runtime_error("interrupted") {}
};

}  // namespace astar_rec
