#include "polar/rest.hpp"

namespace astar_rec::polar {
namespace {

// An element whose w is not yet decided on
struct Undecided {
  double w;
  double flipped;  // R
  std::uint32_t flips;
};

// What differences of elements' bits add up to at most; 1 while they are measured. Asked for in order.
class MostBehind {
 public:
  explicit MostBehind(const Knowledge& knowledge)
      : knowledge_(knowledge), measured_(knowledge.measured()) {}

  double operator()(std::size_t i) {
    if (next_ == measured_.size() || measured_[next_] != i) return knowledge_.most_behind(i);
    ++next_;
    return 1.0;
  }

 private:
  const Knowledge& knowledge_;
  std::span<const std::uint32_t> measured_;
  std::size_t next_ = 0;
};

}  // namespace

// The mean of |d| m. Any other decodes, too.
int Rest::scale_of(const Knowledge& knowledge) const {
  const std::size_t places = std::min(positions_.size(), sampled);
  const auto d = knowledge.differences();
  double total = 0.0;
  for (std::size_t i = 0; i < places; ++i) {
    total += std::fabs(d[i]) * static_cast<double>(from_end(i, level_));
  }
  const double mean = total / static_cast<double>(places);
  const int octave = mean > 0.0 ? half_octave(mean) >> 1 : RestModel::least_scale;
  return std::clamp(octave - RestModel::least_scale, 0, (1 << RestModel::scale_bits) - 1);
}

// Level by level, of the elements that may still flip: nearly all are decided on at once.
std::vector<Flip> Rest::flips_of(Knowledge& knowledge, Interrupt& interrupt) const {
  const std::size_t n = positions_.size();
  std::vector<Flip> found;
  std::vector<std::uint32_t> active;
  std::vector<Undecided> state;
  std::vector<std::uint8_t> bits(n);
  MostBehind most_behind(knowledge);
  for (std::size_t begin = 0; begin < n; begin += word_size) {
    std::uint16_t screens[word_size];
    random_.rest_screens(begin / word_size, screens);
    for (std::size_t i = begin; i < std::min(begin + word_size, n); ++i) {
      const double most = most_behind(i);
      const std::uint16_t screen = screens[i - begin];
      if (screen * 0x1p-16 >= most) continue;
      const double w = random_.rest_w(i, screen);
      if (!(w < most)) continue;
      active.push_back(static_cast<std::uint32_t>(i));
      state.push_back({w, 0.0, 0});
    }
  }
  for (int level = level_ + 1; !active.empty(); ++level) {
    interrupt.check();
    const auto d = knowledge.differences();
    for (std::size_t k = 0; k < active.size(); ++k) {
      const std::uint32_t i = active[k];
      Undecided& at = state[k];
      bits[i] = static_cast<std::uint8_t>(positions_[i] >> (64 - level) & 1);
      if (!(bits[i] != 0 ? d[i] > 0.0 : d[i] < 0.0)) continue;
      at.flipped += (1.0 - at.flipped) * std::fabs(d[i]);
      if (!(at.w < at.flipped)) continue;
      bits[i] ^= 1;
      found.push_back({i, level});
      ++at.flips;
      at = {random_.rest_w_after(i, at.flips), 0.0, at.flips};
    }
    if (level == most_levels) break;
    knowledge.take(active, bits);
    std::size_t kept = 0;
    MostBehind most_now(knowledge);
    for (std::size_t k = 0; k < active.size(); ++k) {
      const Undecided at = state[k];
      const double most = most_now(active[k]);
      if (!(at.w < at.flipped + (1.0 - at.flipped) * most)) continue;
      active[kept] = active[k];
      state[kept++] = at;
    }
    active.resize(kept);
    state.resize(kept);
  }
  std::stable_sort(found.begin(), found.end(), [](Flip a, Flip b) { return a.place < b.place; });
  return found;
}

}  // namespace astar_rec::polar
