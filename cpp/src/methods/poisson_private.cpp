#include "methods/poisson_private.hpp"

#include <cmath>

#include "random/poisson.hpp"
#include "tree/node.hpp"

namespace astar_rec {

namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();

// Ranks are counted up to that time.
constexpr double last_counted = 0x1p40;

class Contest {
 public:
  Contest(const PoissonPrivate& method, const NodeRandom& random, double supremum)
      : random_(random.with_key(method.private_seed())),
        alpha_(method.is_private() ? method.alpha() : infinity),
        inverse_(method.is_private() ? 1.0 / alpha_ : 0.0),
        supremum_(supremum) {}

  // While points are dense, more and more ahead: some in vain. Then one at a time, as which is next
  // depends on the values before.
  Numbers next(std::size_t most) {
    dense_ = dense_ && threshold() >= 1.0;
    if (!dense_) {
      const std::size_t count = find() ? 1 : 0;
      return {rank_, count};
    }
    ahead_ = std::min(most, 2 * ahead_);
    return {rank_ + 1, ahead_};
  }

  void supply(std::span<const double> log_ratios) {
    if (!dense_) return consider(log_ratios[0]);
    for (const double log_ratio : log_ratios) {
      if (!(threshold() >= 1.0)) return;
      ++turn_;
      time_ += exponential(random_({turn_, 0}).arrival);
      ++rank_;
      mark_ = exponential(random_({turn_, 1}).place);
      if (mark_ < threshold()) consider(log_ratio);
    }
  }

  SearchResult result() const { return best_.result(steps_, cut_); }

 private:
  // The present point's.
  void consider(double log_ratio) {
    ++steps_;
    best_.consider(rank_, gumbel_of(time_) + log_ratio - portable_log(mark_) * inverse_);
  }

  // The marks below which a point at the present time may win.
  double threshold() const {
    if (turn_ == 0) return infinity;
    const double margin = gumbel_of(time_) + supremum_ - best_.value();
    if (inverse_ == 0.0) return margin > 0.0 ? infinity : 0.0;
    const double exponent = alpha_ * margin;
    return exponent < 700.0 ? portable_exp(exponent) : infinity;
  }

  // Goes on to the next point that may win, where these are rare: to its rank, time and mark.
  bool find() {
    for (;;) {
      const double v = threshold();
      if (v == 0.0) return false;
      ++turn_;
      const NodeBits marks = random_({turn_, 1});
      // At a rate of v, with marks that are uniform below it, of which e^-mark are kept.
      const double next = time_ + exponential(random_({turn_, 0}).arrival) / v;
      if (!(next < infinity)) return false;
      mark_ = v * (static_cast<double>(marks.place | 1) * 0x1p-64);
      const bool kept = static_cast<double>(marks.arrival >> 11) * 0x1p-53 < portable_exp(-mark_);
      if (next > last_counted) {
        time_ = next;
        cut_ = kept && mark_ < threshold();
        if (cut_) return false;
        continue;
      }
      skipped_ += portable_exp(-v) * (next - time_);
      time_ = next;
      if (!kept) continue;
      ++rank_;
      if (!(mark_ < threshold())) continue;
      rank_ += poisson(skipped_, [this] { return random_({++counted_, 2}).place; });
      skipped_ = 0.0;
      return true;
    }
  }

  NodeRandom random_;  // the sender's own
  double alpha_;
  double inverse_;  // of it
  double supremum_;
  Best best_;
  std::uint64_t rank_ = 0;  // of the points counted so far
  double skipped_ = 0.0;    // how many others there were before, on average
  double time_ = 0.0;
  double mark_ = 1.0;
  std::uint64_t turn_ = 0;
  std::uint64_t counted_ = 0;
  std::uint64_t steps_ = 0;
  bool cut_ = false;
  bool dense_ = true;
  std::size_t ahead_ = 1;
};

}  // namespace

Reach PoissonPrivate::reach() const {
  Reach reach;
  reach.bound = reach.custom = max_private_bits;
  reach.instead = "use a wider target or a closer proposal";
  reach.room = 40.0;
  return reach;
}

std::unique_ptr<Encoder> PoissonPrivate::encoder(const Pair& pair, std::size_t) const {
  return std::make_unique<CandidateEncoder<PoissonPrivate, Contest>>(*this, pair);
}

std::unique_ptr<Lockstep> PoissonPrivate::lockstep(std::size_t count, std::uint64_t seed,
                                                   std::uint64_t offset) const {
  return std::make_unique<CandidateLockstep<PoissonPrivate, Contest>>(*this, count, seed, offset);
}

}  // namespace astar_rec
