// All methods, by the names that the Python layer has for them.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "methods/method.hpp"

namespace astar_rec {

// What a method is made from: numbers by name.
class MethodNumbers {
 public:
  explicit MethodNumbers(std::map<std::string, std::uint64_t, std::less<>> numbers)
      : numbers_(std::move(numbers)) {}

  // Throws std::invalid_argument for a number outside [least, most].
  std::uint64_t take(std::string_view name, std::uint64_t otherwise, std::uint64_t least,
                     std::uint64_t most);
  // Throws std::invalid_argument for numbers that were not taken.
  void require_all_taken() const;

 private:
  std::map<std::string, std::uint64_t, std::less<>> numbers_;
};

// Throws std::invalid_argument for names and numbers that there are none of.
std::shared_ptr<const Method> make_method(std::string_view name, MethodNumbers numbers);

}  // namespace astar_rec
