// Signs that are a matter of chance: a branch would be guessed wrong half of the time.
#pragma once

#include <bit>
#include <cstdint>

namespace astar_rec::polar {

// -x or x
inline double negated_if(bool negative, double x) {
  return std::bit_cast<double>(std::bit_cast<std::uint64_t>(x) ^ std::uint64_t{negative} << 63);
}

}  // namespace astar_rec::polar
