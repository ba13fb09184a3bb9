// Indices to bytes and back: the adaptive code and the tree code.
#include <memory>

#include "astar_rec/adaptive_code.hpp"
#include "astar_rec/tree_code.hpp"
#include "inputs.hpp"
#include "loop.hpp"

using namespace astar_rec;

namespace {

// Of AD*, and their bytes.
struct Indices {
  Words sent, received;
  RangeCoded coded;
};

// `pack` and `unpack` take an array of indices; they keep what they need beside it.
template <class Pack, class Unpack>
void add(std::vector<NamedLoop>& loops, const std::string& code, const std::string& at,
         const std::function<Words()>& find, const Pack& pack, const Unpack& unpack) {
  const auto indices = [=] {
    auto made = std::make_shared<Indices>();
    made->sent = find();
    made->received.resize(made->sent.size());
    made->coded = pack(made->sent);
    return made;
  };
  loops.push_back({code + "-pack" + at, [=] {
                     const auto all = indices();
                     return Loop{all->sent.size(), [=] { all->coded = pack(all->sent); },
                                 [=] {
                                   unpack(all->coded.bytes, all->received);
                                   return all->received == all->sent;
                                 }};
                   }});
  loops.push_back({code + "-unpack" + at, [=] {
                     const auto all = indices();
                     return Loop{all->sent.size(), [=] { unpack(all->coded.bytes, all->received); },
                                 [=] { return all->received == all->sent; }};
                   }});
}

Words single_indices(std::size_t count, int bits) {
  Singles array(count, bits, {Variant::ad_star});
  array.encode();
  return array.index;
}

Words block_indices(std::size_t count, std::size_t block, int bits) {
  InBlocks array(count, block, bits);
  array.encode();
  return array.index;
}

using Bytes = std::vector<std::uint8_t>;

}  // namespace

std::vector<NamedLoop> index_code_loops() {
  std::vector<NamedLoop> loops;
  for (const int bits : {1, 3, 5}) {
    add(
        loops, "adaptive", "-" + std::to_string(bits), [=] { return single_indices(16384, bits); },
        [](const Words& all) { return pack_sequence(all, AdaptiveCode{}); },
        [](const Bytes& bytes, Words& all) { unpack_sequence(bytes, AdaptiveCode{}, all); });
  }
  const auto add_tree = [&](const std::string& name, std::size_t count, std::size_t block,
                            const std::function<Words()>& find) {
    const auto blocks = std::make_shared<Blocks>(count / block, block, std::vector(block, 0.0));
    const TreeCode code{.seed = counted_seed, .blocks = blocks.get()};
    add(
        loops, name, "-1", find,
        [blocks, code](const Words& all) { return pack_sequence(all, code); },
        [blocks, code](const Bytes& bytes, Words& all) { unpack_sequence(bytes, code, all); });
  };
  add_tree("tree", 1024, 1, [] { return single_indices(1024, 1); });
  add_tree("tree-block4", 1024, 4, [] { return block_indices(1024, 4, 1); });
  return loops;
}
