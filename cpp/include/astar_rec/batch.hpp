// Chunks of a batch on several threads, with interrupts and errors that do not depend on them.
//
// The calling thread works too and alone calls `poll`, so a call on one element starts no thread.
// Chunks are handed out in order; after an error no more are, those handed out are finished, and the
// error of the earliest chunk is thrown: the one that a single thread would have met.
#pragma once

#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <exception>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

#include "astar_rec/errors.hpp"

namespace astar_rec {

inline constexpr std::chrono::milliseconds poll_interval{50};

// Asked now and then by long work. Throws Interrupted once the caller wants to stop.
class Interrupt {
 public:
  using Poll = std::function<bool()>;  // true: stop

  Interrupt(std::atomic<bool>& stop, const Poll* poll) : stop_(stop), poll_(poll) {}

  void check() {
    if (stop_.load(std::memory_order_relaxed)) throw Interrupted();
    if (poll_ == nullptr) return;
    const auto now = std::chrono::steady_clock::now();
    if (now - polled_ < poll_interval) return;
    polled_ = now;
    if ((*poll_)()) {
      stop_.store(true, std::memory_order_relaxed);
      throw Interrupted();
    }
  }

 private:
  std::atomic<bool>& stop_;
  const Poll* poll_;  // null on all threads but the caller's
  std::chrono::steady_clock::time_point polled_ = std::chrono::steady_clock::now();
};

inline constexpr std::size_t max_chunk = 2048;

// Calls body(begin, end, interrupt) for chunks of at most max_chunk that cover [0, count).
// make_body() is called once a thread, so that a body may own scratch memory.
template <class MakeBody>
void parallel_for(std::size_t count, unsigned threads, const Interrupt::Poll& poll,
                  const MakeBody& make_body) {
  if (count == 0) return;
  // Small enough to share out evenly, large enough to be worth the handing out.
  const std::size_t shares = static_cast<std::size_t>(std::max(1U, threads)) * 8;
  const std::size_t chunk = std::clamp<std::size_t>(count / shares, 1, max_chunk);
  const std::size_t chunks = (count + chunk - 1) / chunk;
  const std::size_t workers = std::min<std::size_t>(std::max(1U, threads), chunks);

  std::atomic<std::size_t> next{0};
  std::atomic<bool> stop{false};
  std::mutex guard;
  std::exception_ptr error;
  std::size_t error_chunk = chunks;

  const auto work = [&](const Interrupt::Poll* own_poll) {
    std::size_t at = chunks;
    try {
      auto body = make_body();
      Interrupt interrupt(stop, own_poll);
      while ((at = next.fetch_add(1)) < chunks) {
        body(at * chunk, std::min(count, (at + 1) * chunk), interrupt);
        interrupt.check();
      }
    } catch (...) {
      const std::lock_guard lock(guard);
      if (!error || at < error_chunk) {
        error = std::current_exception();
        error_chunk = at;
      }
      next.store(chunks);
    }
  };

  std::condition_variable finished;
  std::size_t running = 0;  // helpers at work, under the guard
  std::vector<std::thread> helpers;
  helpers.reserve(workers - 1);
  try {
    while (helpers.size() + 1 < workers) {
      helpers.emplace_back([&] {
        work(nullptr);
        const std::lock_guard lock(guard);
        --running;
        finished.notify_one();
      });
      const std::lock_guard lock(guard);
      ++running;
    }
  } catch (const std::exception&) {
    // No more threads to be had: those there are do the work.
  }
  work(&poll);

  // The caller's share is done, a helper's may take long: go on polling.
  std::exception_ptr poll_error;
  {
    std::unique_lock lock(guard);
    const auto all_done = [&] { return running == 0; };
    while (!finished.wait_for(lock, poll_interval, all_done)) {
      lock.unlock();
      try {
        if (!stop && poll()) stop = true;
      } catch (...) {
        poll_error = std::current_exception();
        stop = true;
      }
      lock.lock();
    }
  }
  for (std::thread& helper : helpers) helper.join();
  if (poll_error) std::rethrow_exception(poll_error);
  if (stop) throw Interrupted();
  if (error) std::rethrow_exception(error);
}

}  // namespace astar_rec
