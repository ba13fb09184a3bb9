// Many searches side by side, for ratios that are evaluated outside the core.
//
// A ratio written in Python costs microseconds a call, however little it computes. So the searches
// of a batch advance in rounds: `request` names the nodes that all unfinished searches need next, the
// caller evaluates them in one go, `supply` hands the values in and every search runs on until it
// needs more. Values on the axis of the regions are the samples themselves (x, not z).
//
// A round costs little more for twice the nodes, while a batch is done only when its longest search
// is: so as searches finish, those left ask for several of their best nodes a round. Which nodes are
// evaluated ahead changes nothing in a search: it takes them in its own order, or never.
//
// Searches share memory, not limits: where their nodes fill what there is, the later half of them is put
// off and begins anew once there is room. So no search's outcome depends on its neighbours.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <utility>
#include <vector>

#include "engine/errors.hpp"
#include "search/reach.hpp"
#include "search/search.hpp"

namespace astar_rec {

// A node to be evaluated: the ratio at the sample, and, where there are two children, their suprema
// over [x_first, x_cut] and [x_cut, x_last].
struct Request {
  std::size_t element;  // from the start of the batch
  Position sample;
  Position cut;
  double x_first;
  double x_last;
  double supremum;  // what the region's bound promised
};

// Interface over partitions, so that a batch is one type to its caller.
class Lockstep {
 public:
  virtual ~Lockstep() = default;

  // The values at the ends of the whole axis and the supremum over it, one of each per element.
  virtual void start(std::span<const double> x_first, std::span<const double> x_last,
                     std::span<const double> supremum) = 0;
  // The nodes to be evaluated next; none once all searches are done. About `width` of them while
  // there are searches to fill it.
  virtual const std::vector<Request>& request(std::size_t width) = 0;
  // Their evaluations, in the same order.
  virtual void supply(std::span<const Evaluation> evaluations) = 0;
  virtual SearchResult result(std::size_t element) const = 0;
  // Whether nodes have two children, and so need a cut and its suprema.
  virtual bool splits() const = 0;

  const Reach& reach() const { return reach_; }

 protected:
  explicit Lockstep(const Reach& reach) : reach_(reach) {}

 private:
  Reach reach_;
};

template <class Partition>
class LockstepOver final : public Lockstep {
 public:
  // Nodes of a single search: some of the memory of a machine.
  static constexpr std::size_t max_own = std::size_t{1} << 21;
  // All searches of a batch share the memory of a few large ones.
  static constexpr std::size_t shared_room(std::size_t count) { return max_own + 64 * count; }

  LockstepOver(const Partition& partition, const Limits& limits, const Reach& reach,
               std::size_t count, std::uint64_t seed, std::uint64_t offset)
      : LockstepOver(partition, limits, reach, count, seed, offset, shared_room(count)) {}

  // `room`: the nodes that may wait, of all searches together.
  LockstepOver(const Partition& partition, const Limits& limits, const Reach& reach,
               std::size_t count, std::uint64_t seed, std::uint64_t offset, std::size_t room)
      : Lockstep(reach),
        partition_(partition),
        limits_(limits),
        seed_(seed),
        offset_(offset),
        runs_(count),
        room_(room),
        together_(count) {}

  void start(std::span<const double> x_first, std::span<const double> x_last,
             std::span<const double> supremum) override {
    for (std::size_t i = 0; i < runs_.size(); ++i) {
      runs_[i].whole = whole_region(x_first[i], x_last[i]);
      runs_[i].supremum = supremum[i];
      begin(i);
    }
  }

  const std::vector<Request>& request(std::size_t width) override {
    requests_.clear();
    asked_.clear();
    if (live_.empty()) return requests_;
    const std::size_t each = std::max<std::size_t>(1, width / live_.size());
    for (const std::size_t i : live_) ask(i, each);
    return requests_;
  }

  void supply(std::span<const Evaluation> evaluations) override {
    for (std::size_t k = 0; k < evaluations.size(); ++k) {
      Run& run = runs_[requests_[k].element];
      const auto [slot, order] = asked_[k];
      if (run.ready.size() <= slot) run.ready.resize(slot + 1);
      run.ready[slot] = {order, evaluations[k]};
      // An only child is the same region again.
      if constexpr (Partition::children == 1) {
        run.ready[slot].evaluation.child_suprema[0] = requests_[k].supremum;
      }
    }
    std::size_t kept = 0;
    for (std::size_t k = 0; k < live_.size(); ++k) {
      const std::size_t i = live_[k];
      Run& run = runs_[i];
      waiting_ -= run.search.frontier().size();
      while (!run.search.done()) {
        const Evaluation* evaluation = run.find(run.search.frontier().top());
        if (evaluation == nullptr) break;
        run.search.expand(*evaluation);
        if (run.search.done()) break;
        const std::size_t own = run.search.frontier().size();
        if (own > max_own) {
          run.search.give_up();
          break;
        }
        while (waiting_ + own > room_ && live_.size() > k + 1) put_off_from(k + 1);
        while (waiting_ + own > room_ && kept > 0) put_off(live_[--kept]);
      }
      waiting_ += run.search.done() ? 0 : run.search.frontier().size();
      if (run.search.done()) {
        run.result = run.search.result();
        run.clear();  // a finished search frees its memory
      } else {
        live_[kept++] = i;
      }
    }
    live_.resize(kept);
    if (live_.empty()) resume();
  }

  SearchResult result(std::size_t element) const override { return runs_[element].result; }
  bool splits() const override { return Partition::children == 2; }

 private:
  using Region = typename Partition::Region;

  // An evaluation belongs to the push it was made for: slots are used again.
  struct Ready {
    std::uint32_t order = std::numeric_limits<std::uint32_t>::max();
    Evaluation evaluation{};
  };

  struct Run {
    Region whole{};
    double supremum = 0.0;  // over it
    Search<Partition> search;
    std::vector<Ready> ready;  // by slot
    SearchResult result{Outcome::no_candidate, 0, 0, 0};

    const Evaluation* find(const Entry& entry) const {
      if (entry.slot >= ready.size() || ready[entry.slot].order != entry.order) return nullptr;
      return &ready[entry.slot].evaluation;
    }

    void clear() {
      search = {};
      ready = {};
    }
  };

  void begin(std::size_t i) {
    Run& run = runs_[i];
    run.search.start(partition_, limits_, NodeRandom(seed_, offset_ + i), run.whole, run.supremum);
    if (run.search.done()) {
      run.result = run.search.result();
      return;
    }
    live_.push_back(i);
    waiting_ += run.search.frontier().size();
  }

  // Puts off the later half of the live searches from a place on, or the only one.
  void put_off_from(std::size_t place) {
    const std::size_t middle = place + (live_.size() - place) / 2;
    for (std::size_t k = middle; k < live_.size(); ++k) put_off(live_[k]);
    live_.resize(middle);
  }

  void put_off(std::size_t i) {
    waiting_ -= runs_[i].search.frontier().size();
    runs_[i].clear();
    put_off_.push_back(i);
    crowded_ = true;
  }

  // Begins searches that were put off: fewer together than those that had too little room.
  void resume() {
    if (crowded_) together_ = std::max<std::size_t>(1, together_ / 2);
    crowded_ = false;
    while (!put_off_.empty() && live_.size() < together_) {
      const std::size_t i = put_off_.back();
      put_off_.pop_back();
      begin(i);
    }
  }

  // The best of the waiting nodes, and with it the next few of the heap: near its top, so among the
  // best.
  void ask(std::size_t i, std::size_t most) {
    const Run& run = runs_[i];
    run.search.frontier().visit([&](const Entry& entry) {
      if (!(entry.bound > run.search.best()) || run.find(entry) != nullptr) return true;
      const auto& node = run.search.node(entry);
      Position cut = node.sample;
      if constexpr (!Partition::cuts_at_sample) cut = Partition::cut(node.region);
      requests_.push_back(
          {i, node.sample, cut, node.region.z_first, node.region.z_last, node.supremum});
      asked_.emplace_back(entry.slot, entry.order);
      return --most > 0;
    });
  }

  Partition partition_;
  Limits limits_;
  std::uint64_t seed_;
  std::uint64_t offset_;
  std::vector<Run> runs_;
  std::size_t room_;
  std::vector<std::size_t> live_;
  std::vector<std::size_t> put_off_;
  std::size_t together_;     // as many searches at most begin together
  bool crowded_ = false;     // whether any was put off since the last ones began
  std::size_t waiting_ = 0;  // nodes in the frontiers of live searches
  std::vector<Request> requests_;
  std::vector<std::pair<std::uint32_t, std::uint32_t>> asked_;
};

}  // namespace astar_rec
