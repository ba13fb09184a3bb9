// Which dimension of a block is halved at which level of its tree: known to both sides.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace astar_rec {

// No index beyond this depth fits in 64 bits.
inline constexpr int max_index_depth = 63;

inline constexpr int max_block = 16;

// The dimension that is halved at every level: the one whose hint exceeds its number of halvings so
// far by most, the first of several. Equal hints give round robin; a dimension with a hint larger by
// 3 is halved three times before the others start.
class HalvingOrder {
 public:
  explicit HalvingOrder(std::span<const double> hints) {
    std::vector<int> halvings(hints.size(), 0);
    for (;;) {
      std::size_t next = hints.size();
      for (std::size_t j = 0; j < hints.size(); ++j) {
        if (halvings[j] == max_index_depth) continue;
        if (next == hints.size() || hints[j] - halvings[j] > hints[next] - halvings[next]) next = j;
      }
      if (next == hints.size()) return;
      ++halvings[next];
      order_.push_back(static_cast<std::uint8_t>(next));
    }
  }

  // The deepest level; a node there has no children.
  int levels() const { return static_cast<int>(order_.size()); }
  // Which dimension's interval the children of a node of that depth halve.
  std::size_t operator[](int depth) const { return order_[static_cast<std::size_t>(depth)]; }

 private:
  std::vector<std::uint8_t> order_;
};

}  // namespace astar_rec
