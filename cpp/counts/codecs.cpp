// Searches and their inverse: single elements by each method, and blocks.
#include <memory>

#include "inputs.hpp"
#include "loop.hpp"

using namespace astar_rec;

namespace {

constexpr std::size_t elements = 4096;

// DAD* may go so much deeper than there are bits of information.
constexpr int levels_beyond = 3;

Method method_of(Variant variant, int bits) {
  if (variant != Variant::dad_star) return {variant};
  return {variant, static_cast<std::uint64_t>(bits + levels_beyond)};
}

template <class Array>
bool received(Array& array) {
  array.decode();
  return array.received == array.sample;
}

template <class Array>
Loop encoding(std::shared_ptr<Array> array) {
  return {array->inputs.size(), [array] { array->encode(); }, [array] { return received(*array); }};
}

template <class Array>
Loop decoding(std::shared_ptr<Array> array) {
  array->encode();
  return {array->inputs.size(), [array] { array->decode(); },
          [array] { return array->received == array->sample; }};
}

}  // namespace

std::vector<NamedLoop> codec_loops() {
  struct Variants {
    const char* name;
    Variant variant;
  };
  std::vector<NamedLoop> loops;
  for (const Variants& each :
       {Variants{"ad", Variant::ad_star}, {"as", Variant::as_star}, {"dad", Variant::dad_star}}) {
    for (const int bits : {1, 3, 5}) {
      const auto array = [=] {
        return std::make_shared<Singles>(elements, bits, method_of(each.variant, bits));
      };
      const std::string name = each.name, at = "-" + std::to_string(bits);
      loops.push_back({name + "-encode" + at, [=] { return encoding(array()); }});
      // Decoding is one loop at any bits: AD*'s takes as long at all, AS*'s longer at more.
      if (bits == 3) loops.push_back({name + "-decode" + at, [=] { return decoding(array()); }});
    }
  }
  // Blocks take the longer, the larger they are.
  for (const std::size_t block : {4U, 8U}) {
    const auto array = [=] {
      return std::make_shared<InBlocks>(block == 4 ? elements : elements / 4, block, 1.0);
    };
    const std::string name = "block" + std::to_string(block);
    loops.push_back({name + "-encode-1", [=] { return encoding(array()); }});
    loops.push_back({name + "-decode-1", [=] { return decoding(array()); }});
  }
  return loops;
}
