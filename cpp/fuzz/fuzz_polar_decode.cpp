// Polar blocks from bytes: any are refused, or are what a sender may write.
#include <atomic>

#include "engine/errors.hpp"
#include "input.hpp"
#include "polar/polar_block.hpp"

using namespace astar_rec;

namespace {

constexpr int most_elements = 4096;

// Whether a block of so many elements decodes; twice, to the same.
bool decodes(polar::BlockAddress address, const std::vector<std::uint8_t>& bytes,
             std::vector<Position>& positions) {
  std::atomic<bool> stop{false};
  Interrupt interrupt(stop, nullptr);
  std::vector<polar::LevelReport> report;
  try {
    polar::decode_block(address, bytes, positions, interrupt, &report);
  } catch (const CorruptDataError&) {
    return false;
  }
  REQUIRE(report.size() <= std::size_t{polar::most_levels} + 1);  // and what is behind levels
  std::vector<Position> again(positions.size());
  polar::decode_block(address, bytes, again, interrupt);
  REQUIRE(again == positions);
  return true;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Input input(data, size);
  // Mostly few: what is said behind levels is another from 4,096 on.
  const int kind = input.byte() % 8;
  const auto elements = static_cast<std::size_t>(
      kind == 0 ? most_elements : input.between(1, kind < 6 ? 64 : most_elements));
  const auto contexts = contexts_of(elements, input.byte());
  const polar::BlockAddress address{input.bytes(8), input.bytes(6), contexts};
  std::vector<std::uint8_t> bytes = copy_of(input.rest());
  std::vector<Position> positions(elements);
  if (decodes(address, bytes, positions)) {
    // No two messages are the same but for what is missing at the end.
    REQUIRE(bytes.empty() || bytes.back() != 0);
    bytes.push_back(0);
    REQUIRE(!decodes(address, bytes, positions));
  }
  return 0;
}
