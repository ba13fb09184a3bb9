// Searches and their inverse: single elements by each method, and blocks.
#include <memory>

#include "inputs.hpp"
#include "loop.hpp"

using namespace astar_rec;

namespace {

constexpr std::size_t elements = 4096;

// DAD* may go so much deeper than there are bits of information.
constexpr int levels_beyond = 3;

std::shared_ptr<const Method> method_of(const std::string& name, int bits) {
  std::map<std::string, std::uint64_t, std::less<>> numbers;
  if (name == "dad") numbers["depth"] = static_cast<std::uint64_t>(bits + levels_beyond);
  return make_method(name, MethodNumbers(std::move(numbers)));
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
  std::vector<NamedLoop> loops;
  for (const char* method : {"ad", "as", "dad"}) {
    for (const int bits : {1, 3, 5}) {
      const auto array = [=] {
        return std::make_shared<Coded>(elements, 1, bits, method_of(method, bits));
      };
      const std::string name = method;
      std::string at = "-";
      at += std::to_string(bits);
      loops.push_back({name + "-encode" + at, [=] { return encoding(array()); }});
      // Decoding is one loop at any bits: AD*'s takes as long at all, AS*'s longer at more.
      if (bits == 3) loops.push_back({name + "-decode" + at, [=] { return decoding(array()); }});
    }
  }
  // Blocks take the longer, the larger they are.
  for (const std::size_t block : {4U, 8U}) {
    const auto array = [=] {
      return std::make_shared<Coded>(block == 4 ? elements : elements / 4, block, 1.0,
                                     method_of("ad", 1));
    };
    const std::string name = "block" + std::to_string(block);
    loops.push_back({name + "-encode-1", [=] { return encoding(array()); }});
    loops.push_back({name + "-decode-1", [=] { return decoding(array()); }});
  }
  return loops;
}
