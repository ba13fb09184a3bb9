#include "methods/method.hpp"

#include <utility>

#include "simd/lanes.hpp"

namespace astar_rec {

namespace {

// Positions, and the proposal's quantiles there.
class QuantilesOfReplay final : public Decoder {
 public:
  QuantilesOfReplay(std::unique_ptr<Replay> replay, Family proposal)
      : replay_(std::move(replay)), proposal_(proposal) {}

  void decode(const Chunk& chunk, const ReceivedMessages& messages, std::span<double> z) override {
    positions_.resize(z.size());
    replay_->positions(chunk, messages.words, positions_);
    lanes::quantiles(proposal_, positions_, z);
  }

 private:
  std::unique_ptr<Replay> replay_;
  Family proposal_;
  std::vector<Position> positions_;
};

}  // namespace

std::unique_ptr<Decoder> Method::decoder(Family proposal, std::size_t block) const {
  return std::make_unique<QuantilesOfReplay>(replay(block), proposal);
}

}  // namespace astar_rec
