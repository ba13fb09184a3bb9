// The nodes of a search, by slot: what is given back is taken again, and memory is kept from search to search.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace astar_rec {

template <class Node>
class NodePool {
 public:
  void clear() {
    free_.clear();
    used_ = 0;
  }

  const Node& operator[](std::uint32_t slot) const { return nodes_[slot]; }

  // Keeps a node, and returns its slot.
  std::uint32_t take(const Node& node) {
    const std::uint32_t slot = free_slot();
    nodes_[slot] = node;
    return slot;
  }

  void give_back(std::uint32_t slot) { free_.push_back(slot); }

 private:
  std::uint32_t free_slot() {
    if (!free_.empty()) {
      const std::uint32_t slot = free_.back();
      free_.pop_back();
      return slot;
    }
    if (used_ == nodes_.size()) nodes_.resize(2 * used_ + 8);
    return static_cast<std::uint32_t>(used_++);
  }

  std::vector<Node> nodes_;          // never shrinks
  std::size_t used_ = 0;             // slots below it have been taken since they were cleared
  std::vector<std::uint32_t> free_;  // and these of them given back
};

}  // namespace astar_rec
