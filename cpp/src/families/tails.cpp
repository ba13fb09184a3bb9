#include "families/tails.hpp"

#include <algorithm>
#include <limits>

#include "engine/errors.hpp"
#include "simd/lanes.hpp"

namespace astar_rec {

namespace {

// Elements under other numbers.
class Arranged final : public Tails {
 public:
  Arranged(Tails& tails, std::span<const std::uint32_t> order) : tails_(tails), order_(order) {}

  void at(std::span<const std::uint32_t> element, std::span<const Position> edge,
          std::span<Place> place) override {
    tails_.at(named(element), edge, place);
  }
  void rows(std::span<const std::uint32_t> element, std::span<const Position> edges,
            std::span<double> tails) override {
    tails_.rows(named(element), edges, tails);
  }
  bool precise_above() const override { return tails_.precise_above(); }
  bool smooth() const override { return tails_.smooth(); }

 private:
  std::span<const std::uint32_t> named(std::span<const std::uint32_t> element) {
    names_.resize(element.size());
    for (std::size_t i = 0; i < element.size(); ++i) names_[i] = order_[element[i]];
    return names_;
  }

  Tails& tails_;
  std::span<const std::uint32_t> order_;
  std::vector<std::uint32_t> names_;
};

// The edge in the middle of a cell of 2^-level.
constexpr Position middle_of(std::uint64_t cell, int level) {
  return (2 * cell + 1) << (63 - level);
}

}  // namespace

void Tails::middles(std::span<const Run> runs, int level, std::span<double> tails) {
  std::vector<std::uint32_t> element;
  std::vector<Position> edge;
  for (const Run& run : runs) {
    element.insert(element.end(), run.count, run.element);
    for (std::uint32_t c = 0; c < run.count; ++c) edge.push_back(middle_of(run.first + c, level));
  }
  std::vector<Place> place(edge.size());
  at(element, edge, place);
  for (std::size_t i = 0; i < place.size(); ++i) tails[i] = place[i].tail;
}

std::unique_ptr<Tails> Tails::arranged(std::span<const std::uint32_t> order) {
  return std::make_unique<Arranged>(*this, order);
}

std::unique_ptr<Tails> FamilyTails::arranged(std::span<const std::uint32_t> order) {
  return std::make_unique<FamilyTails>(target_, targets_.arranged(order), proposal_,
                                       proposals_.arranged(order));
}

// By steps, each of one family: so there is no code for pairs.

void FamilyTails::standardise(std::span<const Standard> runs, std::size_t count) {
  z_.resize(count);
  Families::with(proposal_, [&](auto family) {
    using It = typename decltype(family)::type;
    const Parameters::Members<It> members(proposals_);
    double* x = z_.data();
    for (const auto& [element, standard] : runs) {
      const It p = members[element];
      for (std::size_t e = 0; e < standard.size(); ++e) x[e] = p.sample(standard[e]);
      x += standard.size();
    }
  });
  Families::with(target_, [&](auto family) {
    using It = typename decltype(family)::type;
    const Parameters::Members<It> members(targets_);
    double* z = z_.data();
    for (const auto& [element, standard] : runs) {
      const It q = members[element];
      for (std::size_t e = 0; e < standard.size(); ++e) z[e] = q.standardise(z[e]);
      z += standard.size();
    }
  });
}

void FamilyTails::rows(std::span<const std::uint32_t> element, std::span<const Position> edges,
                       std::span<double> tails) {
  standard_.resize(edges.size());
  lanes::quantiles(proposal_, edges, standard_);
  runs_.clear();
  for (const std::uint32_t i : element) runs_.push_back({i, standard_});
  const std::size_t count = element.size() * edges.size();
  standardise(runs_, count);
  const double end =
      Families::with(target_, [](auto family) { return decltype(family)::type::tail_end; });
  lanes::tails(target_, z_, tails.first(count), end);
}

std::span<const double> FamilyTails::all_middles(int level) {
  auto& kept = kept_[static_cast<std::size_t>(level)];
  if (kept.empty()) {
    kept.resize(std::size_t{1} << level);
    edges_.resize(kept.size());
    for (std::size_t c = 0; c < kept.size(); ++c) edges_[c] = middle_of(c, level);
    lanes::quantiles(proposal_, edges_, kept);
  }
  return kept;
}

void FamilyTails::middles(std::span<const Run> runs, int level, std::span<double> tails) {
  runs_.clear();
  if (level < kept_levels) {
    const auto all = all_middles(level);
    for (const auto& run : runs) runs_.push_back({run.element, all.subspan(run.first, run.count)});
  } else {
    edges_.clear();
    for (const auto& run : runs) {
      for (std::uint32_t c = 0; c < run.count; ++c) {
        edges_.push_back(middle_of(run.first + c, level));
      }
    }
    standard_.resize(edges_.size());
    lanes::quantiles(proposal_, edges_, standard_);
    std::span<const double> rest(standard_);
    for (const auto& run : runs) {
      runs_.push_back({run.element, rest.first(run.count)});
      rest = rest.subspan(run.count);
    }
  }
  standardise(runs_, tails.size());
  lanes::tails(target_, z_, tails);
}

void FamilyTails::at(std::span<const std::uint32_t> element, std::span<const Position> edge,
                     std::span<Place> place) {
  constexpr std::size_t together = 512;  // what the fastest memory holds
  z_.resize(together);
  standard_.resize(together);
  for (std::size_t begin = 0; begin < edge.size(); begin += together) {
    const std::size_t count = std::min(together, edge.size() - begin);
    const auto own = element.subspan(begin, count);
    const auto to = place.subspan(begin, count);
    const auto z = std::span(z_).first(count);
    const auto tails = std::span(standard_).first(count);
    lanes::quantiles(proposal_, edge.subspan(begin, count), z);
    Families::with(proposal_, [&](auto family) {
      using It = typename decltype(family)::type;
      const Parameters::Members<It> members(proposals_);
      for (std::size_t i = 0; i < count; ++i) to[i].x = members[own[i]].sample(z[i]);
    });
    Families::with(target_, [&](auto family) {
      using It = typename decltype(family)::type;
      const Parameters::Members<It> members(targets_);
      for (std::size_t i = 0; i < count; ++i) z[i] = members[own[i]].standardise(to[i].x);
    });
    lanes::tails(target_, z, tails);
    for (std::size_t i = 0; i < count; ++i) to[i].tail = tails[i];
  }
}

void FamilyTails::check_support() const {
  constexpr double infinity = std::numeric_limits<double>::infinity();
  // Where a proposal's density goes on, what is beyond the last position is a matter of 64 bits.
  constexpr double most_beyond_positions = 0x1p-10, most_beyond_ends = 0x1p-64;
  Families::with(proposal_, [&](auto proposal_family) {
    using P = typename decltype(proposal_family)::type;
    const Parameters::Members<P> proposals(proposals_);
    const double first = P::quantile(0), last = P::quantile(~Position{0});
    Families::with(target_, [&](auto target_family) {
      using Q = typename decltype(target_family)::type;
      const Parameters::Members<Q> targets(targets_);
      const std::size_t n = targets_.size();
      for (std::size_t i = 0; i < n; ++i) {
        const Q q = targets[i];
        const Support support = proposals[i].support(first, last);
        const bool well_inside =
            q.sample(-Q::bulk) >= support.low && q.sample(Q::bulk) <= support.high;
        if (well_inside && (!P::is_bounded || Q::is_bounded)) continue;
        const double beyond = q.mass_outside(support.low, support.high);
        if (beyond <= (P::is_bounded ? most_beyond_ends : most_beyond_positions)) continue;
        throw DivergenceError(
            i, infinity, 64.0,
            "too much of the target lies beyond all that 64-bit positions of this "
            "proposal reach: use a wider one");
      }
    });
  });
}

bool FamilyTails::smooth() const {
  const auto is_smooth = [](auto family) { return decltype(family)::type::is_smooth; };
  return Families::with(target_, is_smooth) && Families::with(proposal_, is_smooth);
}

}  // namespace astar_rec
