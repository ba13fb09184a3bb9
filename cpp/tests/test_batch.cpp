// Chunks on threads: every element once, the earliest error, stops that do stop, no thread left.
#include <algorithm>
#include <atomic>
#include <chrono>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "check.hpp"
#include "engine/parallel.hpp"

using namespace astar_rec;
using std::chrono::milliseconds;

namespace {

using Clock = std::chrono::steady_clock;

// Long enough for any machine to notice a stop; a test that waits for it has failed.
constexpr auto patience = std::chrono::seconds(5);

bool never() { return false; }

// Counts how many are alive: one is part of every body.
std::atomic<int> alive{0};
struct Scratch {
  Scratch() { ++alive; }
  Scratch(const Scratch&) { ++alive; }
  ~Scratch() { --alive; }
};

void every_element_once() {
  for (const unsigned threads : {0U, 1U, 2U, 3U, 8U, 40U}) {
    for (const std::size_t count : {0U, 1U, 2U, 7U, 64U, 2048U, 2049U, 50000U}) {
      std::vector<std::atomic<int>> visits(count);
      std::atomic<unsigned> bodies{0};
      std::atomic<bool> chunks_are_sound{true};
      parallel_for(count, threads, never, [&] {
        ++bodies;
        return [&](std::size_t begin, std::size_t end, Interrupt&) {
          if (begin >= end || end > count || end - begin > max_chunk) chunks_are_sound = false;
          for (std::size_t i = begin; i < end; ++i) ++visits[i];
        };
      });
      CHECK(chunks_are_sound, threads, count);
      CHECK(bodies <= std::max(1U, threads) && bodies <= count, threads, count, bodies);
      bool once = true;
      for (const auto& n : visits) once = once && n == 1;
      CHECK(once, threads, count);
    }
  }
}

// All elements from `first` on fail; its error is the one that is thrown, also if it comes last in
// time or long before all others.
void earliest_error_wins() {
  const auto caught = [](std::size_t first, bool first_is_late, unsigned threads) {
    try {
      parallel_for(500, threads, never, [&] {
        return [&, scratch = Scratch()](std::size_t begin, std::size_t end, Interrupt&) {
          if (end <= first) return;
          const std::size_t fails = std::max(begin, first);
          const int delay = fails != first ? 20 : first_is_late ? 40 : 5;
          std::this_thread::sleep_for(milliseconds(delay));
          throw std::runtime_error(std::to_string(fails));
        };
      });
    } catch (const std::runtime_error& error) {
      return std::string(error.what());
    }
    return std::string("nothing");
  };
  for (const unsigned threads : {1U, 2U, 4U, 16U}) {
    for (const std::size_t first : {0U, 1U, 100U, 499U}) {
      for (const bool first_is_late : {false, true}) {
        CHECK_EQUAL(caught(first, first_is_late, threads), std::to_string(first));
        CHECK(alive == 0, threads, alive);
      }
    }
  }
  // Once something has failed, no more is begun.
  std::atomic<int> begun{0};
  CHECK_THROWS(std::runtime_error, parallel_for(10000, 4, never, [&] {
                 return [&](std::size_t begin, std::size_t, Interrupt&) {
                   ++begun;
                   if (begin == 0) throw std::runtime_error("the first");
                   std::this_thread::sleep_for(milliseconds(20));
                 };
               }));
  CHECK(begun < 16, begun);
  // Scratch memory that cannot be had.
  for (const unsigned threads : {1U, 4U}) {
    CHECK_THROWS(std::bad_alloc, parallel_for(100, threads, never, [&] {
                   throw std::bad_alloc();
                   return [](std::size_t, std::size_t, Interrupt&) {};
                 }));
  }
}

// Runs until it is stopped, or for as long as patience lasts.
void work_on(Interrupt& interrupt) {
  const auto start = Clock::now();
  while (Clock::now() - start < patience) interrupt.check();
}

void interrupts() {
  const std::thread::id caller = std::this_thread::get_id();
  for (const unsigned threads : {1U, 2U, 4U}) {
    bool polled_elsewhere = false;
    int polls = 0;
    const auto third_time = [&] {
      if (std::this_thread::get_id() != caller) polled_elsewhere = true;
      return ++polls == 3;
    };
    const auto start = Clock::now();
    CHECK_THROWS(Interrupted, parallel_for(100, threads, third_time, [&] {
                   return [scratch = Scratch()](std::size_t, std::size_t, Interrupt& interrupt) {
                     work_on(interrupt);
                   };
                 }));
    CHECK(Clock::now() - start < patience / 2, threads);
    CHECK(polls == 3 && !polled_elsewhere, threads, polls);
    CHECK(alive == 0, threads, alive);
  }
  // Many short chunks, whose bodies never ask.
  std::atomic<int> done{0};
  CHECK_THROWS(Interrupted, parallel_for(
                                100000, 2, [] { return true; },
                                [&] {
                                  return [&](std::size_t, std::size_t, Interrupt&) {
                                    ++done;
                                    std::this_thread::sleep_for(milliseconds(5));
                                  };
                                }));
  CHECK(done < 2000, done);
}

// Calls that last get help, after their first chunk or in the middle of it.
void helpers_come() {
  const std::thread::id caller = std::this_thread::get_id();
  for (const bool first_is_long : {false, true}) {
    std::atomic<bool> helped{false};
    int own = 0;
    parallel_for(8, 2, never, [&] {
      return [&](std::size_t, std::size_t, Interrupt& interrupt) {
        if (std::this_thread::get_id() != caller) {
          helped = true;
          return;
        }
        const auto start = Clock::now();
        if (++own == 1 && !first_is_long) {
          while (Clock::now() - start <= worth_a_thread) std::this_thread::yield();
          return;
        }
        while (!helped && Clock::now() - start < patience) interrupt.check();
      };
    });
    CHECK(helped, first_is_long);
  }
}

// The caller's own share is done and a helper's is not: the caller still polls.
void interrupts_helpers() {
  const std::thread::id caller = std::this_thread::get_id();
  std::atomic<bool> helper_works{false};
  int own = 0;
  const auto start = Clock::now();
  CHECK_THROWS(Interrupted, parallel_for(
                                8, 2, [] { return true; },
                                [&] {
                                  return [&](std::size_t, std::size_t, Interrupt& interrupt) {
                                    if (std::this_thread::get_id() != caller) {
                                      helper_works = true;
                                      work_on(interrupt);
                                      return;
                                    }
                                    // The first is long enough for a helper to be started; others
                                    // wait for it.
                                    const auto now = Clock::now();
                                    const auto least = ++own == 1 ? worth_a_thread : patience;
                                    while (!helper_works && Clock::now() - now <= least) {
                                      std::this_thread::yield();
                                    }
                                  };
                                }));
  CHECK(helper_works, "nobody to be interrupted");
  CHECK(Clock::now() - start < patience / 2, "");
}

// A poll that throws ends the work as an error does.
void poll_throws() {
  CHECK_THROWS(std::logic_error, parallel_for(
                                     4, 2, []() -> bool { throw std::logic_error("poll"); },
                                     [&] {
                                       return [scratch = Scratch()](std::size_t, std::size_t,
                                                                    Interrupt& interrupt) {
                                         const auto start = Clock::now();
                                         while (Clock::now() - start < milliseconds(200))
                                           interrupt.check();
                                       };
                                     }));
  CHECK(alive == 0, alive);
}

}  // namespace

int main() {
  every_element_once();
  earliest_error_wins();
  interrupts();
  helpers_come();
  interrupts_helpers();
  poll_throws();
  return check::result();
}
