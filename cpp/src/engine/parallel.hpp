// Chunks of a batch on several threads, with interrupts and errors that do not depend on them.
//
// The calling thread works too and alone calls `poll`. It begins alone: other threads are started once
// the work has taken as long as starting them may, so that a short call does not pay for it and a long
// one hardly waits. Chunks are handed out in order; after an error no more are, those handed out are
// finished, and the error of the earliest chunk is thrown: the one that a single thread would have met.
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

#include "engine/errors.hpp"

namespace astar_rec {

inline constexpr std::chrono::milliseconds poll_interval{50};
inline constexpr std::chrono::microseconds worth_a_thread{100};

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

// Calls body(begin, end, interrupt) for chunks of at most `most` that cover [0, count).
// make_body() is called once a thread, so that a body may own scratch memory. Chunks of fewer than
// `fewest` are not worth the handing out.
template <class MakeBody>
void parallel_for(std::size_t count, unsigned threads, const Interrupt::Poll& poll,
                  const MakeBody& make_body, std::size_t fewest = 1, std::size_t most = max_chunk) {
  if (count == 0) return;
  // Small enough to share out evenly.
  const std::size_t shares = threads > 1 ? std::size_t{threads} * 8 : 1;
  const std::size_t chunk = std::clamp(count / shares, fewest, most);
  const std::size_t chunks = (count + chunk - 1) / chunk;

  std::atomic<std::size_t> next{0};
  std::atomic<bool> stop{false};
  std::mutex guard;
  std::exception_ptr error;
  std::size_t error_chunk = chunks;

  const auto work = [&](const Interrupt::Poll* own_poll, const auto& after_chunk) {
    std::size_t at = chunks;
    try {
      auto body = make_body();
      Interrupt interrupt(stop, own_poll);
      while ((at = next.fetch_add(1)) < chunks) {
        body(at * chunk, std::min(count, (at + 1) * chunk), interrupt);
        interrupt.check();
        after_chunk();
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
  std::size_t wanted = threads > 1 ? threads - 1 : 0;  // helpers that are not started yet
  const auto start_helpers = [&] {
    wanted = std::min(wanted, chunks - std::min(chunks, next.load()));
    try {
      for (; wanted > 0; --wanted) {
        const std::lock_guard lock(guard);
        helpers.emplace_back([&] {
          work(nullptr, [] {});
          const std::lock_guard own_lock(guard);
          --running;
          finished.notify_one();
        });
        ++running;
      }
    } catch (const std::exception&) {
      wanted = 0;  // No more threads to be had: those there are do the work.
    }
  };

  const auto began = std::chrono::steady_clock::now();
  // A chunk may be long by itself: those that ask in the middle of one start them, too.
  const Interrupt::Poll poll_and_start = [&] {
    start_helpers();
    return poll();
  };
  work(&poll_and_start, [&] {
    if (wanted > 0 && std::chrono::steady_clock::now() - began >= worth_a_thread) start_helpers();
  });

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
