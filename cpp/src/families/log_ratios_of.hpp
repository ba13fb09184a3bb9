// LogRatios of one pair: for the file that makes those of all pairs, and for tests.
#pragma once

#include <cstdio>
#include <limits>
#include <stdexcept>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "engine/errors.hpp"
#include "families/log_ratios.hpp"
#include "families/ratios.hpp"
#include "families/shallow_cuts.hpp"

namespace astar_rec {

// A target may have this much mass beyond the proposal's first and last positions.
inline constexpr double max_missing_mass = 0x1p-10;

template <class Target, class Proposal>
class LogRatiosOf final : public LogRatios {
 public:
  LogRatiosOf() : LogRatios(Proposal::quantile(0), Proposal::quantile(last_position)) {}

  void set(const Parameters& targets, const Parameters& proposals, std::size_t begin,
           std::size_t end) override {
    const Parameters::Members<Target> q(targets);
    const Parameters::Members<Proposal> p(proposals);
    elements_.clear();
    for (std::size_t i = begin; i < end; ++i) add(q[i], p[i]);
  }

  void add(const Target& target, const Proposal& proposal) {
    elements_.push_back({target, proposal, LogRatio<Target, Proposal>(target, proposal)});
  }

  double quantile(Position position) const override { return Proposal::quantile(position); }
  double at(std::size_t element, Position sample) const override {
    return elements_[element].ratio(Proposal::quantile(sample));
  }
  using LogRatios::supremum;
  double supremum(std::size_t element, double z_first, double z_last) const override {
    return elements_[element].ratio.supremum(z_first, z_last);
  }
  double peak(std::size_t element) const override { return elements_[element].ratio.peak(); }

  std::optional<StandardNormal> standard_normal(std::size_t element) const override {
    if constexpr (std::is_same_v<Target, Normal> && std::is_same_v<Proposal, Normal>) {
      const auto& ratio = elements_[element].ratio;
      return StandardNormal{ratio.mean(), ratio.scale()};
    } else {
      static_cast<void>(element);
      return {};
    }
  }

  void add_at(std::size_t element, std::span<const Position> samples,
              std::span<double> sums) const override {
    const LogRatio<Target, Proposal> ratio = elements_[element].ratio;
    for (std::size_t i = 0; i < samples.size(); ++i) {
      sums[i] += ratio(Proposal::quantile(samples[i]));
    }
  }

  double sum(std::span<const Position> samples) const override {
    double total = 0.0;
    for (std::size_t j = 0; j < samples.size(); ++j) {
      total += elements_[j].ratio(Proposal::quantile(samples[j]));
    }
    return total;
  }

  RatioAndCut cut_at_sample(std::size_t element, double z_first, Position sample,
                            double z_last) const override {
    const auto& ratio = elements_[element].ratio;
    const double z = Proposal::quantile(sample);
    return {ratio(z), {z, {ratio.supremum(z_first, z), ratio.supremum(z, z_last)}}};
  }

  RatioAndCut cut_in_half(std::size_t element, std::uint64_t cell, double z_first, Position sample,
                          double z_last) const override {
    const auto& ratio = elements_[element].ratio;
    const double z = cuts_.of(cell);
    return {ratio(Proposal::quantile(sample)),
            {z, {ratio.supremum(z_first, z), ratio.supremum(z, z_last)}}};
  }

  Cut cut(std::size_t element, double z_first, Position middle, double z_last) const override {
    const auto& ratio = elements_[element].ratio;
    const double z = Proposal::quantile(middle);
    return {z, {ratio.supremum(z_first, z), ratio.supremum(z, z_last)}};
  }

  double excess(std::size_t element, double height) const override {
    if constexpr (has_excess<Target, Proposal>) {
      return elements_[element].ratio.excess(height);
    } else {
      throw std::logic_error("the pair has no excess");
    }
  }
  double excess_between(std::size_t element, double height, double z_first,
                        double z_last) const override {
    if constexpr (has_excess<Target, Proposal>) {
      return elements_[element].ratio.excess_between(height, z_first, z_last);
    } else {
      throw std::logic_error("the pair has no excess");
    }
  }

  void check_support(std::size_t element, std::size_t number) const override {
    const auto& [target, proposal, ratio] = elements_[element];
    const Support support = proposal.support(z_first(), z_last());
    // Most targets are well inside; the C library's functions are for those that are not.
    if (target.sample(-Target::bulk) >= support.low &&
        target.sample(Target::bulk) <= support.high) {
      return;
    }
    const double missing = target.mass_outside(support.low, support.high);
    constexpr double most = Proposal::is_bounded ? 0.0 : max_missing_mass;
    if (missing <= most) return;  // false for NaN
    throw DivergenceError(
        number, std::numeric_limits<double>::infinity(), 64.0,
        "a part " + shortly(missing) + " of the target lies outside [" + shortly(support.low) +
            ", " + shortly(support.high) +
            "], all that 64-bit positions of this proposal reach: use a wider proposal");
  }

 private:
  struct Element {
    Target target;
    Proposal proposal;
    LogRatio<Target, Proposal> ratio;
  };

  std::vector<Element> elements_;
  const ShallowCuts<Proposal>& cuts_ = ShallowCuts<Proposal>::get();
};

}  // namespace astar_rec
