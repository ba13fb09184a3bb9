// Polar blocks of arrays, and their inverse.
#include <atomic>
#include <memory>

#include "families/tails.hpp"
#include "inputs.hpp"
#include "loop.hpp"
#include "polar/polar_block.hpp"

using namespace astar_rec;

namespace {

constexpr std::size_t elements = 16'384;

struct PolarArray {
  Inputs inputs;
  std::vector<std::uint8_t> message;
  Words sent, received;

  PolarArray(std::size_t count, double bits) : inputs(count, bits), sent(count), received(count) {}

  void encode() {
    FamilyTails tails(inputs.targets(), inputs.proposals(), 0, inputs.size());
    message = polar::encode_block(tails, inputs.size(), {counted_seed, 0}, sent, interrupt);
  }
  void decode() { polar::decode_block({counted_seed, 0}, message, received, interrupt); }
  bool right() {
    decode();
    return received == sent;
  }

 private:
  std::atomic<bool> stop{false};
  Interrupt interrupt{stop, nullptr};
};

Loop encoding(const std::shared_ptr<PolarArray>& array) {
  return {array->inputs.size(), [array] { array->encode(); }, [array] { return array->right(); }};
}

Loop decoding(const std::shared_ptr<PolarArray>& array) {
  array->encode();
  return {array->inputs.size(), [array] { array->decode(); },
          [array] { return array->received == array->sent; }};
}

}  // namespace

std::vector<NamedLoop> polar_loops() {
  std::vector<NamedLoop> loops;
  for (const int bits : {1, 2, 5}) {
    const auto array = [=] { return std::make_shared<PolarArray>(elements, bits); };
    std::string at = "-";
    at += std::to_string(bits);
    loops.push_back({"polar-encode" + at, [=] { return encoding(array()); }});
    loops.push_back({"polar-decode" + at, [=] { return decoding(array()); }});
  }
  return loops;
}
