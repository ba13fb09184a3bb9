// Nodes of the polar transform whose bits are of several kinds.
//
// Elements of which both sides know that they carry unlike information stand one kind behind another,
// and what fills up a block to a power of two carries nothing and stands at the end. The halves of such
// a node are such nodes, and never of more kinds.
//
// References: docs/polar.md.
#pragma once

#include <algorithm>
#include <cstddef>
#include <vector>

#include "polar/flip_model.hpp"

namespace astar_rec::polar {

// Bits of a node, side by side, that are alike
struct Kind {
  Node node;
  std::size_t size;
};

// A node's kinds, on a stack of those of all nodes that are looked at
class Kinds {
 public:
  Kinds(std::vector<Kind>& stack, std::size_t begin) : stack_(&stack), begin_(begin), end_(begin) {}

  void add(Node node, std::size_t size) {
    if (stack_->size() == end_) stack_->emplace_back();
    (*stack_)[end_++] = {node, size};
  }

  bool one() const { return end_ - begin_ == 1; }
  Node front() const { return at(begin_).node; }
  bool empty() const {
    return all([](Node node) { return node.empty(); });
  }
  bool silent() const {
    return all([](Node node) { return node.silent(); });
  }
  // The kind that has most to say
  Node loudest() const {
    Node most = front();
    for (std::size_t i = begin_ + 1; i < end_; ++i) {
      if (at(i).node.f > most.f) most = at(i).node;
    }
    return most;
  }

  // What follows for halves of `half` bits, whose k-th bits join the k-th bits of this node's. It lies
  // behind this node on the stack.
  template <class Join>
  Kinds halves(std::size_t half, const Join& join) const {
    Kinds made(*stack_, end_);
    std::size_t second = begin_,
                before = 0;  // the kind with the half's first bit, and the bits before it
    while (before + at(second).size <= half) before += at(second++).size;
    std::size_t first = begin_, done = 0;
    std::size_t left = at(first).size, right = before + at(second).size - half;
    while (done < half) {
      const std::size_t size = std::min({left, right, half - done});
      made.add(join(at(first).node, at(second).node), size);
      done += size;
      left -= size;
      right -= size;
      if (done == half) break;
      if (left == 0) left = at(++first).size;
      if (right == 0) right = at(++second).size;
    }
    return made;
  }
  Kinds first_half(std::size_t half, double curvature) const {
    return halves(half, [&](Node a, Node b) { return Node::first_half(a, b, curvature); });
  }
  Kinds second_half(std::size_t half, double curvature) const {
    return halves(half, [&](Node a, Node b) { return Node::second_half(a, b, curvature); });
  }

 private:
  template <class Is>
  bool all(const Is& is) const {
    for (std::size_t i = begin_; i < end_; ++i) {
      if (!is(at(i).node)) return false;
    }
    return true;
  }
  const Kind& at(std::size_t i) const { return (*stack_)[i]; }

  std::vector<Kind>* stack_;
  std::size_t begin_;
  std::size_t end_;
};

}  // namespace astar_rec::polar
