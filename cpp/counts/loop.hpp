// What is counted: a hot loop on inputs that are the same in every run and for every version of the core.
//
// A loop is made ready, run once so that tables which are made at first use are there, and run again
// under the eyes of the counter. A new one is a line in the list of its file.
#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <vector>

struct Loop {
  std::size_t elements;         // that one run is about
  std::function<void()> run;    // what is counted
  std::function<bool()> right;  // whether what the last run computed is right
};

struct NamedLoop {
  std::string name;
  std::function<Loop()> make;
};

std::vector<NamedLoop> codec_loops();
std::vector<NamedLoop> index_code_loops();
std::vector<NamedLoop> polar_loops();
