// Signed tails: CDFs that lose nothing in either tail, and masses of intervals as their differences.
//
// The signed tail at x is the CDF where that is at most 1/2, and minus the survival function
// elsewhere: the CDF modulo 1, between -1/2 and 1/2. An upper tail is negative even where it vanishes.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <span>
#include <utility>
#include <vector>

#include "families/parameters.hpp"
#include "math/positions.hpp"

namespace astar_rec {

inline constexpr double tail_at_start = 0.0;
inline constexpr double tail_at_end = -std::numeric_limits<double>::denorm_min();

// The mass between two places, of the signed tails there.
constexpr double mass_between(double low, double high) {
  const double mass = (high - low) + (low >= 0.0 && high < 0.0 ? 1.0 : 0.0);
  return mass > 0.0 ? mass : 0.0;
}

// A target's tail at a place of its proposal, and where that is.
struct Place {
  double x;
  double tail;
};

// Consecutive cells of an element.
struct Run {
  std::uint32_t element;
  std::uint32_t count;
  std::uint64_t first;
};

// What methods that ask for masses know of a block's targets: the tails at edges between positions of
// the proposals. Edge e > 0 lies before position e; as a place of the proposal it is that position's
// sample. Elements are numbered within the block.
class Tails {
 public:
  virtual ~Tails() = default;

  // For each i: element[i] at edge[i].
  virtual void at(std::span<const std::uint32_t> element, std::span<const Position> edge,
                  std::span<Place> place) = 0;
  // The tails alone, of each element at all edges: one element after the other. Less than 2^-62 of mass
  // beyond an edge may be none.
  virtual void rows(std::span<const std::uint32_t> element, std::span<const Position> edges,
                    std::span<double> tails) = 0;
  // The tails alone, as `at` has them, at the middles of cells of 2^-level: one run after the other.
  virtual void middles(std::span<const Run> runs, int level, std::span<double> tails);
  // The same targets in another order: element i there is order[i] here. Refers to both.
  virtual std::unique_ptr<Tails> arranged(std::span<const std::uint32_t> order);
  // Whether upper tails are as precise as lower ones. If not they are 1 minus a CDF.
  virtual bool precise_above() const { return true; }
  // Whether ratios of densities have no jumps and no kinks.
  virtual bool smooth() const { return false; }
};

// Of the families in registry.hpp, in any pairing.
class FamilyTails final : public Tails {
 public:
  // Of the elements from `begin` to before `end`.
  FamilyTails(const Distribution& target, const Distribution& proposal, std::size_t begin,
              std::size_t end)
      : target_(target.family), proposal_(proposal.family) {
    targets_.gather(target, begin, end, Parameters::Common::once);
    proposals_.gather(proposal, begin, end, Parameters::Common::once);
  }
  FamilyTails(Family target, Parameters targets, Family proposal, Parameters proposals)
      : target_(target),
        proposal_(proposal),
        targets_(std::move(targets)),
        proposals_(std::move(proposals)) {}

  void at(std::span<const std::uint32_t> element, std::span<const Position> edge,
          std::span<Place> place) override;
  void rows(std::span<const std::uint32_t> element, std::span<const Position> edges,
            std::span<double> tails) override;
  void middles(std::span<const Run> runs, int level, std::span<double> tails) override;
  // With a copy of the parameters: in order they are read much faster.
  std::unique_ptr<Tails> arranged(std::span<const std::uint32_t> order) override;
  bool smooth() const override;

  // Throws DivergenceError, which numbers elements from the first, where too much of a target lies
  // beyond the outermost positions of its proposal.
  void check_support() const;

 private:
  // Standard quantiles of an element's proposal.
  struct Standard {
    std::uint32_t element;
    std::span<const double> z;
  };
  // Where the samples at these quantiles lie on their targets' standard scales: in z_.
  void standardise(std::span<const Standard> runs, std::size_t count);
  // The standard quantiles at the middles of all cells of a level.
  std::span<const double> all_middles(int level);

  static constexpr int kept_levels = 12;  // of which all quantiles at middles are kept, once made

  Family target_;
  Family proposal_;
  Parameters targets_;
  Parameters proposals_;
  std::array<std::vector<double>, kept_levels> kept_;
  std::vector<Standard> runs_;
  std::vector<Position> edges_;
  std::vector<double> standard_;
  std::vector<double> z_;
};

}  // namespace astar_rec
