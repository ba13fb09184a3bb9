// Stopping calls in threads that the interpreter runs no signal handlers on: Python's, of a pool.
//
// Signals come to the main thread alone. It waits for others, and tells a Stop that they are to end; a
// long call on one of those finds the Stop that its thread works for, and asks it now and then.
#pragma once

#include <atomic>
#include <memory>
#include <utility>

class Stop {
  struct Flag {
    explicit Flag(std::shared_ptr<const Flag> around) : outer(std::move(around)) {}
    std::atomic<bool> set{false};
    const std::shared_ptr<const Flag> outer;
  };

 public:
  // Made by a thread that may itself work for a Stop: what ends that ends this, too.
  Stop() : flag_(std::make_shared<Flag>(current_)) {}

  void set() { flag_->set.store(true, std::memory_order_relaxed); }

  // Has this thread work for a Stop.
  class Working {
   public:
    explicit Working(const Stop& stop) : before_(std::exchange(current_, stop.flag_)) {}
    ~Working() { current_ = std::move(before_); }
    Working(const Working&) = delete;
    Working& operator=(const Working&) = delete;

   private:
    std::shared_ptr<const Flag> before_;
  };

  // Whether what this thread works for is to end.
  static bool here() {
    for (const Flag* flag = current_.get(); flag != nullptr; flag = flag->outer.get()) {
      if (flag->set.load(std::memory_order_relaxed)) return true;
    }
    return false;
  }

 private:
  std::shared_ptr<Flag> flag_;
  inline static thread_local std::shared_ptr<const Flag> current_;
};
