// Signed tails: CDFs that lose nothing in either tail, and masses of intervals as their differences.
//
// The signed tail at x is the CDF where that is at most 1/2, and minus the survival function
// elsewhere: the CDF modulo 1, between -1/2 and 1/2. An upper tail is negative even where it vanishes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>

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
  // Whether upper tails are as precise as lower ones. If not they are 1 minus a CDF.
  virtual bool precise_above() const { return true; }
  // Whether ratios of densities have no jumps and no kinks.
  virtual bool smooth() const { return false; }
};

// Of the families in registry.hpp, in any pairing.
class FamilyTails : public Tails {
 public:
  // Of the elements from `begin` to before `end`.
  FamilyTails(const Distribution& target, const Distribution& proposal, std::size_t begin,
              std::size_t end)
      : target_(target.family), proposal_(proposal.family) {
    targets_.gather(target, begin, end);
    proposals_.gather(proposal, begin, end);
  }

  void at(std::span<const std::uint32_t> element, std::span<const Position> edge,
          std::span<Place> place) override;
  void rows(std::span<const std::uint32_t> element, std::span<const Position> edges,
            std::span<double> tails) override;
  bool smooth() const override;

  // Throws DivergenceError, which numbers elements from the first, where too much of a target lies
  // beyond the outermost positions of its proposal.
  void check_support() const;

 private:
  Family target_;
  Family proposal_;
  Parameters targets_;
  Parameters proposals_;
  std::vector<double> z_;
  std::vector<double> tails_;
};

}  // namespace astar_rec
