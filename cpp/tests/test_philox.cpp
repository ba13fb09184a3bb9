// Philox against the published known answers, and the addresses of node random numbers.
#include <fstream>
#include <set>
#include <sstream>
#include <string>
#include <utility>

#include "check.hpp"
#include "random/philox.hpp"
#include "random/random.hpp"

using namespace astar_rec;

namespace {

void known_answers(const std::string& path) {
  std::ifstream file(path);
  CHECK(file.is_open(), path);
  int answers = 0;
  for (std::string line; std::getline(file, line);) {
    if (line.empty() || line[0] == '#') continue;
    std::istringstream words(line);
    words >> std::hex;
    PhiloxCounter counter{}, output{};
    PhiloxKey key{};
    for (auto& word : counter) words >> word;
    for (auto& word : key) words >> word;
    for (auto& word : output) words >> word;
    CHECK(!words.fail(), line);
    CHECK(philox4x32(counter, key) == output, line);
    ++answers;
  }
  CHECK(answers >= 3, answers);
}

// The layout that random.hpp gives: part of the wire format.
void address_layout() {
  constexpr std::uint64_t seed = 0x0123456789abcdef;
  constexpr std::uint64_t element = 0xfedcba987654;
  constexpr Address address{0x1122334455667788, 0xabcd};
  const NodeBits bits = NodeRandom(seed, element)(address);
  const PhiloxCounter words =
      philox4x32({0x55667788, 0x11223344, 0xba987654, 0xabcdfedc}, {0x89abcdef, 0x01234567});
  CHECK_EQUAL(bits.place, words[0] | std::uint64_t{words[1]} << 32);
  CHECK_EQUAL(bits.arrival, words[2] | std::uint64_t{words[3]} << 32);
}

// Whatever differs in one bit of seed, element, node or lane has other numbers.
void addresses_differ() {
  std::set<std::pair<std::uint64_t, std::uint64_t>> seen;
  std::size_t made = 0;
  const auto add = [&](std::uint64_t seed, std::uint64_t element, Address address) {
    const NodeBits bits = NodeRandom(seed, element)(address);
    seen.insert({bits.place, bits.arrival});
    ++made;
  };
  add(0, 0, {0, 0});
  for (int bit = 0; bit < 64; ++bit) {
    const std::uint64_t one = std::uint64_t{1} << bit;
    add(one, 0, {0, 0});
    add(0, 0, {one, 0});
    if (one < element_limit) add(0, one, {0, 0});
    if (bit < 16) add(0, 0, {0, static_cast<std::uint16_t>(one)});
  }
  CHECK_EQUAL(seen.size(), made);
}

}  // namespace

int main(int count, char** arguments) {
  CHECK(count == 2, "the folder of the vectors is the one argument");
  if (count == 2) known_answers(std::string(arguments[1]) + "/philox.txt");
  // At compile time too.
  static_assert(philox4x32({0, 0, 0, 0}, {0, 0})[0] == 0x6627e8d5);
  address_layout();
  addresses_differ();
  return check::result();
}
