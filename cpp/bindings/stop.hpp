// Stopping calls in threads that the interpreter runs no signal handlers on: Python's, of a pool.
//
// Signals come to the main thread alone. It waits for others, and tells a Stop that they are to end; a
// long call on one of those finds the Stop that its thread works for, and asks it now and then.
#pragma once

#include <atomic>

class Stop {
 public:
  // Made by a thread that may itself work for a Stop: what ends that ends this, too.
  Stop() : outer_(current_) {}
  Stop(const Stop&) = delete;
  Stop& operator=(const Stop&) = delete;

  void set() { set_.store(true, std::memory_order_relaxed); }
  bool is_set() const {
    return set_.load(std::memory_order_relaxed) || (outer_ != nullptr && outer_->is_set());
  }

  // Has this thread work for a Stop, which outlives it.
  class Working {
   public:
    explicit Working(const Stop& stop) : before_(current_) { current_ = &stop; }
    ~Working() { current_ = before_; }
    Working(const Working&) = delete;
    Working& operator=(const Working&) = delete;

   private:
    const Stop* before_;
  };

  // Whether what this thread works for is to end.
  static bool here() { return current_ != nullptr && current_->is_set(); }

 private:
  std::atomic<bool> set_{false};
  const Stop* outer_;
  inline static thread_local const Stop* current_ = nullptr;
};
