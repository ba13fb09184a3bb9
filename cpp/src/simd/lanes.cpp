// The choice between sets of instructions.
#include "simd/lanes.hpp"

#include <atomic>

#include "random/random.hpp"
#include "simd/set.hpp"

namespace astar_rec::lanes {

namespace {

LanePair lane_pair_of(const Pair& pair) {
  return Families::with(pair.target, [&](auto target) {
    return Families::with(pair.proposal, [&](auto proposal) {
      return lane_pair<typename decltype(target)::type, typename decltype(proposal)::type>;
    });
  });
}

std::atomic<Instructions>& chosen() {
  static std::atomic<Instructions> set = available(Instructions::avx2) ? Instructions::avx2
                                         : available(Instructions::portable)
                                             ? Instructions::portable
                                             : Instructions::none;
  return set;
}

const LaneSet* used() { return lane_set(instructions()); }

}  // namespace

bool available(Instructions set) {
  if (set == Instructions::none) return true;
  if (set == Instructions::portable) return portable_set() != nullptr;
#ifdef ASTAR_REC_HAS_AVX2
  return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") &&
         __builtin_cpu_supports("bmi") && __builtin_cpu_supports("bmi2") &&
         __builtin_cpu_supports("popcnt");
#else
  return false;
#endif
}

const LaneSet* lane_set(Instructions set) {
  if (set == Instructions::none) return nullptr;
  return set == Instructions::portable ? portable_set() : avx2_set();
}

Instructions instructions() { return chosen().load(std::memory_order_relaxed); }

void use_instructions(Instructions set) { chosen().store(set); }

std::unique_ptr<LaneSearch> make_search(const Pair& pair, Tree tree) {
  const LaneSet* set = used();
  return set == nullptr ? nullptr : set->make_search(lane_pair_of(pair), tree);
}

std::unique_ptr<BoxLaneSearch> make_boxes(const Pair& pair, std::size_t most) {
  const LaneSet* set = used();
  return set == nullptr ? nullptr : set->make_boxes(lane_pair_of(pair), most);
}

std::unique_ptr<CandidateLanes> make_candidates(const Pair& pair) {
  const LaneSet* set = used();
  return set == nullptr ? nullptr : set->make_candidates(lane_pair_of(pair));
}

std::unique_ptr<LaneReplay> make_replay(Tree tree) {
  const LaneSet* set = used();
  return set == nullptr ? nullptr : set->make_replay(tree);
}

void quantiles(Family proposal, std::span<const Position> position, std::span<double> z) {
  const LaneSet* set = used();
  if (set != nullptr && proposal == family_of<Normal>) return set->normal_quantiles(position, z);
  Families::with(proposal, [&](auto family) {
    using Proposal = typename decltype(family)::type;
    for (std::size_t i = 0; i < z.size(); ++i) z[i] = Proposal::quantile(position[i]);
  });
}

void tails(Family target, std::span<const double> z, std::span<double> tail, double end) {
  const LaneSet* set = used();
  if (set != nullptr && target == family_of<Normal>) return set->normal_tails(z, tail, end);
  Families::with(target, [&](auto family) {
    using Target = typename decltype(family)::type;
    for (std::size_t i = 0; i < z.size(); ++i) tail[i] = tail_within<Target>(z[i], end);
  });
}

void masses(std::span<const double> tails, double* mass) {
  const LaneSet* set = used();
  set != nullptr ? set->masses(tails, mass) : plain::masses(tails, mass);
}

AlternateSums part(std::span<const double> x, double* to, double* room) {
  const LaneSet* set = used();
  return set != nullptr ? set->part(x, to, room) : plain::part(x, to, room);
}

void halve_all(const Halving& how, std::span<const std::uint32_t> element,
               std::span<const Ends> cell, std::span<const Place> middle, const Differences& all,
               std::span<Halved> found) {
  const LaneSet* set = used();
  const auto run = set != nullptr ? set->halve_all : plain::halve_all;
  run(how, element, cell, middle, all, found);
}

void node_bits(std::uint64_t seed, std::uint64_t first, std::uint64_t node,
               std::span<std::uint64_t> place, std::span<std::uint64_t> arrival) {
  const LaneSet* set = used();
  if (set != nullptr) return set->node_bits(seed, first, node, place, arrival);
  for (std::size_t i = 0; i < place.size(); ++i) {
    const NodeBits bits = NodeRandom(seed, first + i)({node, 0});
    place[i] = bits.place;
    arrival[i] = bits.arrival;
  }
}

void exponentials(std::span<const std::uint64_t> bits, std::span<double> out) {
  const LaneSet* set = used();
  if (set != nullptr) return set->exponentials(bits, out);
  for (std::size_t i = 0; i < bits.size(); ++i) out[i] = exponential(bits[i]);
}

void floors_of_masses(std::span<const double> tail, double scale, std::uint64_t* out) {
  const LaneSet* set = used();
  if (set != nullptr) return set->floors_of_masses(tail, scale, out);
  for (std::size_t i = 0; i < tail.size(); ++i) out[i] = plain::floor_of_mass(tail[i], scale);
}

}  // namespace astar_rec::lanes
