#include "dither/header.hpp"

#include <bit>
#include <string_view>

#include "engine/errors.hpp"

namespace astar_rec::dither {

namespace {

// The places are part of the format.
static_assert(Families::names[0] == std::string_view("normal"));
static_assert(Families::names[1] == std::string_view("laplace"));
static_assert(Families::names[2] == std::string_view("logistic"));
static_assert(Families::names[3] == std::string_view("uniform"));
constexpr std::uint8_t known_families = 4;
// Shifted layers are so many places on: of all families but Uniform, which is the last.
constexpr std::uint8_t shifted_places = known_families;
constexpr std::uint8_t known_noises = shifted_places + known_families - 1;

void write_double(double x, std::vector<std::uint8_t>& bytes) {
  const auto bits = std::bit_cast<std::uint64_t>(x);
  for (int shift = 0; shift < 64; shift += 8) {
    bytes.push_back(static_cast<std::uint8_t>(bits >> shift));
  }
}

double double_at(std::span<const std::uint8_t> bytes, std::size_t at) {
  std::uint64_t bits = 0;
  for (std::size_t k = 8; k-- > 0;) bits = bits << 8 | bytes[at + k];
  return std::bit_cast<double>(bits);
}

bool is_scale(double x) { return least_scale <= x && x <= largest_scale; }

[[noreturn]] void refuse() { throw CorruptDataError("no families and scales"); }

}  // namespace

// By the ends that are beginnings, too: D. E. Knuth, J. H. Morris, V. R. Pratt, "Fast pattern matching
// in strings", 1977.
std::size_t Known::period() const {
  const auto same = [&](std::size_t i, std::size_t j) {
    return scale[i] == scale[j] && unit[i] == unit[j];
  };
  const std::size_t n = scale.size();
  std::size_t first = 1;
  while (first < n && same(first, 0)) ++first;
  if (first == n) return 1;
  std::vector<std::uint32_t> border(n, 0);
  for (std::size_t i = 1; i < n; ++i) {
    std::size_t k = border[i - 1];
    while (k > 0 && !same(i, k)) k = border[k - 1];
    border[i] = static_cast<std::uint32_t>(same(i, k) ? k + 1 : 0);
  }
  return n - border[n - 1];
}

void Known::write(std::vector<std::uint8_t>& bytes) const {
  bytes.push_back(static_cast<std::uint8_t>(noise + (shifted ? shifted_places : 0)));
  bytes.push_back(static_cast<std::uint8_t>(family));
  const std::size_t repeat = period();
  std::size_t left = repeat;
  for (; left > 0x7F; left >>= 7) bytes.push_back(static_cast<std::uint8_t>((left & 0x7F) | 0x80));
  bytes.push_back(static_cast<std::uint8_t>(left));
  for (std::size_t i = 0; i < repeat; ++i) {
    write_double(scale[i], bytes);
    write_double(unit[i], bytes);
  }
}

Known Known::read(std::span<const std::uint8_t>& bytes, std::size_t elements) {
  if (bytes.size() < 3 || bytes[0] >= known_noises || bytes[1] >= known_families) refuse();
  std::size_t repeat = 0, at = 2;
  for (int shift = 0;; shift += 7) {
    if (at == bytes.size() || shift > 14) refuse();  // blocks have 2^16 elements at most
    const std::uint8_t byte = bytes[at++];
    repeat |= static_cast<std::size_t>(byte & 0x7F) << shift;
    if (byte < 0x80) {
      if (byte == 0 && shift > 0) refuse();
      break;
    }
  }
  if (repeat < 1 || repeat > elements || (bytes.size() - at) / 16 < repeat) refuse();
  const bool shifted = bytes[0] >= shifted_places;
  const Family noise = bytes[0] - (shifted ? shifted_places : 0);
  Known known{noise, bytes[1], std::vector<double>(elements), std::vector<double>(elements),
              shifted};
  for (std::size_t i = 0; i < repeat; ++i, at += 16) {
    known.scale[i] = double_at(bytes, at);
    known.unit[i] = double_at(bytes, at + 8);
    if (!is_scale(known.scale[i]) || !is_scale(known.unit[i])) {
      throw CorruptDataError("a scale that is none");
    }
  }
  for (std::size_t i = repeat; i < elements; ++i) {
    known.scale[i] = known.scale[i - repeat];
    known.unit[i] = known.unit[i - repeat];
  }
  if (repeat > 1 && known.period() != repeat) throw CorruptDataError("scales that repeat earlier");
  bytes = bytes.subspan(at);
  return known;
}

}  // namespace astar_rec::dither
