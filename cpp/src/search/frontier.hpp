// The nodes that wait to be evaluated, the best of them first: a heap with its top held apart.
//
// A search mostly goes on with a child of the node that it has just expanded. Held apart, that child
// takes the place of its parent without touching the heap.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace astar_rec {

// `order` numbers the pushes: of equal bounds the older goes first.
struct Entry {
  double bound;  // gumbel + supremum: nothing in the node's region does better
  std::uint32_t slot;
  std::uint32_t order;
};

class Frontier {
 public:
  void clear() {
    has_top_ = false;
    heap_.clear();
    pushes_ = 0;
  }

  bool empty() const { return !has_top_; }
  std::size_t size() const { return heap_.size() + (has_top_ ? 1 : 0); }
  const Entry& top() const { return top_; }

  void push(double bound, std::uint32_t slot) {
    const Entry entry{bound, slot, pushes_++};
    if (!has_top_) {
      top_ = entry;
      has_top_ = true;
    } else if (later(top_, entry)) {
      push_heap(top_);
      top_ = entry;
    } else {
      push_heap(entry);
    }
  }

  // Takes the top away and calls `refill`, which pushes what takes its place; then restores the order.
  template <class Refill>
  void replace_top(const Refill& refill) {
    has_top_ = false;
    refill();
    if (heap_.empty()) return;
    if (!has_top_) {
      top_ = pop_heap();
      has_top_ = true;
    } else if (later(top_, heap_.front())) {
      const Entry pushed = top_;
      top_ = pop_heap();
      push_heap(pushed);
    }
  }

  // Drops the entries of which keep(entry) is false.
  template <class Keep>
  void keep_if(const Keep& keep) {
    if (has_top_ && !keep(top_)) has_top_ = false;
    std::erase_if(heap_, [&](const Entry& entry) { return !keep(entry); });
    std::make_heap(heap_.begin(), heap_.end(), later);
    if (has_top_ || heap_.empty()) return;
    top_ = pop_heap();
    has_top_ = true;
  }

  // Calls visit(entry) for every entry, those near the heap's top first, until it returns false.
  template <class Visit>
  void visit(const Visit& visit) const {
    if (!has_top_ || !visit(top_)) return;
    for (const Entry& entry : heap_) {
      if (!visit(entry)) return;
    }
  }

 private:
  static constexpr auto later = [](const Entry& a, const Entry& b) {
    return a.bound != b.bound ? a.bound < b.bound : a.order > b.order;
  };

  void push_heap(const Entry& entry) {
    heap_.push_back(entry);
    std::push_heap(heap_.begin(), heap_.end(), later);
  }

  Entry pop_heap() {
    std::pop_heap(heap_.begin(), heap_.end(), later);
    const Entry entry = heap_.back();
    heap_.pop_back();
    return entry;
  }

  Entry top_{};
  bool has_top_ = false;
  std::vector<Entry> heap_;
  std::uint32_t pushes_ = 0;
};

}  // namespace astar_rec
