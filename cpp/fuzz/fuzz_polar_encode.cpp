// Polar blocks of arbitrary tails: what is encoded decodes to the same; damaged, it is refused or read.
#include <algorithm>
#include <atomic>
#include <cmath>
#include <limits>

#include "engine/errors.hpp"
#include "input.hpp"
#include "polar/polar_block.hpp"

using namespace astar_rec;

namespace {

// Non-decreasing CDFs of any shape: each element has a few steps, atoms and flat parts, between which
// they are straight lines. An untrue one is not monotone, or not a number here and there.
class AnyTails : public Tails {
 public:
  AnyTails(Input& input, std::size_t elements)
      : precise_(input.flag()), smooth_(input.flag()), untrue_(input.byte() % 8 == 7), steps_() {
    for (std::size_t e = 0; e < std::min<std::size_t>(elements, 16); ++e) {
      std::vector<Step> own{{0, 0.0}};
      const int count = input.byte() % 5;
      for (int i = 0; i < count; ++i) {
        own.push_back({input.bytes(8) >> (input.byte() % 64), input.byte() / 255.0});
      }
      own.push_back({~Position{0}, 1.0});
      std::sort(own.begin(), own.end(), [](Step a, Step b) { return a.at < b.at; });
      double sum = 0.0;
      for (Step& step : own) step.below = sum = std::max(sum, step.below);
      for (Step& step : own) step.below /= sum;
      steps_.push_back(std::move(own));
    }
  }

  void at(std::span<const std::uint32_t> element, std::span<const Position> edge,
          std::span<Place> place) override {
    for (std::size_t i = 0; i < edge.size(); ++i) place[i] = place_at(element[i], edge[i]);
  }
  void rows(std::span<const std::uint32_t> element, std::span<const Position> edges,
            std::span<double> tails) override {
    for (std::size_t i = 0; i < element.size(); ++i) {
      for (std::size_t e = 0; e < edges.size(); ++e) {
        tails[i * edges.size() + e] = place_at(element[i], edges[e]).tail;
      }
    }
  }
  bool precise_above() const override { return precise_; }
  bool smooth() const override { return smooth_; }

 private:
  struct Step {
    Position at;
    double below;
  };

  Place place_at(std::uint32_t element, Position edge) const {
    const auto& steps = steps_[element % steps_.size()];
    std::size_t i = 1;
    while (i + 1 < steps.size() && steps[i].at < edge) ++i;
    const Step a = steps[i - 1], b = steps[i];
    const double share =
        b.at > a.at
            ? std::min(1.0, static_cast<double>(edge - a.at) / static_cast<double>(b.at - a.at))
            : 1.0;
    double below = a.below + share * (b.below - a.below);
    if (untrue_ && (edge >> 3) % 5 == 0) {
      below = (edge >> 5) % 2 == 0 ? 1.0 - below : std::numeric_limits<double>::quiet_NaN();
    }
    const double tail = below > 0.5 ? std::min(-(1.0 - below), tail_at_end) : below;
    return {static_cast<double>(edge), tail};
  }

  bool precise_, smooth_, untrue_;
  std::vector<std::vector<Step>> steps_;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Input input(data, size);
  const int kind = input.byte() % 32;
  const auto elements = static_cast<std::size_t>(input.between(1, kind == 0   ? 2200
                                                                  : kind == 1 ? 600
                                                                              : 70));
  const auto contexts = contexts_of(elements, input.byte());
  const polar::BlockAddress address{input.bytes(8), input.bytes(6), contexts};
  AnyTails tails(input, elements);
  std::atomic<bool> stop{false};
  Interrupt interrupt(stop, nullptr);
  std::vector<Position> positions(elements), again(elements);
  std::vector<std::uint8_t> bytes;
  try {
    bytes = polar::encode_block(tails, elements, address, positions, interrupt);
  } catch (const DivergenceError& error) {
    REQUIRE(error.element < elements);
    return 0;
  }
  polar::decode_block(address, bytes, again, interrupt);
  REQUIRE(again == positions);
  input.damage(bytes);
  try {
    polar::decode_block(address, copy_of(bytes), again, interrupt);
  } catch (const CorruptDataError&) {
  }
  return 0;
}
