#include "codes/tree_code.hpp"

namespace astar_rec {

template RangeCoded pack_sequence(std::span<const std::uint64_t>, const TreeCode&, const Pause&);
template void unpack_sequence(std::span<const std::uint8_t>, const TreeCode&,
                              std::span<std::uint64_t>, const Pause&);

}  // namespace astar_rec
