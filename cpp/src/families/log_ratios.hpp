// The log ratios of some elements, whatever their families are: what searches ask for.
//
// A search is compiled once, not once a pair. Elements are numbered from 0; z is in the proposal's
// standard units. Everything is computed by the pair's LogRatio, so the bits are the pair's.
#pragma once

#include <array>
#include <cstddef>
#include <memory>
#include <optional>
#include <span>

#include "families/parameters.hpp"
#include "math/positions.hpp"
#include "tree/partition.hpp"

namespace astar_rec {

// A node of a search that is evaluated: the log ratio at its sample, and where its region is cut.
struct RatioAndCut {
  double log_ratio;
  Cut cut;
};

// A normal target in the proposal's units, which is normal, too.
struct StandardNormal {
  double mean;
  double scale;
};

class LogRatios {
 public:
  virtual ~LogRatios() = default;

  // Turns to elements from `begin` to before `end` of these parameters: number 0 is `begin`.
  virtual void set(const Parameters& targets, const Parameters& proposals, std::size_t begin,
                   std::size_t end) = 0;

  virtual double quantile(Position position) const = 0;
  virtual double at(std::size_t element, Position sample) const = 0;
  virtual double supremum(std::size_t element, double z_first, double z_last) const = 0;
  // The log ratio at the target's mode.
  virtual double peak(std::size_t element) const = 0;

  // Nothing if one of the two is not normal.
  virtual std::optional<StandardNormal> standard_normal(std::size_t element) const = 0;

  // Adds the log ratios at samples to `sums`.
  virtual void add_at(std::size_t element, std::span<const Position> samples,
                      std::span<double> sums) const = 0;

  // The sum of the log ratios of elements 0, 1, ... at a sample each, added up in this order.
  virtual double sum(std::span<const Position> samples) const = 0;

  // The interval from z_first to z_last cut at the sample, and the ratio there.
  virtual RatioAndCut cut_at_sample(std::size_t element, double z_first, Position sample,
                                    double z_last) const = 0;
  // The same, cut in the middle of a dyadic cell.
  virtual RatioAndCut cut_in_half(std::size_t element, std::uint64_t cell, double z_first,
                                  Position sample, double z_last) const = 0;
  // An interval cut where the right half's first position is.
  virtual Cut cut(std::size_t element, double z_first, Position middle, double z_last) const = 0;

  // The target's mass above `height` times the proposal's density. Requires has_excesses(pair).
  virtual double excess(std::size_t element, double height) const = 0;
  // What of that lies from z_first to z_last.
  virtual double excess_between(std::size_t element, double height, double z_first,
                                double z_last) const = 0;

  // Throws DivergenceError if too much of the target lies beyond the proposal's outermost positions.
  // `number` is the element's in the message.
  virtual void check_support(std::size_t element, std::size_t number) const = 0;

  double z_first() const { return z_first_; }
  double z_last() const { return z_last_; }
  // Over all of the space.
  double supremum(std::size_t element) const { return supremum(element, z_first_, z_last_); }

 protected:
  LogRatios(double z_first, double z_last) : z_first_(z_first), z_last_(z_last) {}

 private:
  double z_first_;  // the standard quantiles of the first and the last position
  double z_last_;
};

bool has_log_ratios(const Pair& pair);
bool has_excesses(const Pair& pair);

// Requires has_log_ratios(pair).
std::unique_ptr<LogRatios> make_log_ratios(const Pair& pair);

}  // namespace astar_rec
