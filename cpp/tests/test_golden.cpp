// The golden vectors: encoders and decoders give them bit for bit, whatever the compiler, its options
// and the machine. The vectors' own file says what its columns are.
#include <bit>
#include <cstdint>
#include <cstdlib>
#include <fstream>
#include <sstream>
#include <string>
#include <string_view>

#include "astar_rec/codec.hpp"
#include "check.hpp"

using namespace astar_rec;

namespace {

// The place of a name in a list; the list's length if it is not there.
template <std::size_t n>
std::size_t place_of(std::string_view name, const std::string_view (&names)[n]) {
  std::size_t place = 0;
  while (place < n && names[place] != name) ++place;
  return place;
}

Variant variant_of(std::string_view name) {
  constexpr std::string_view names[] = {"global", "as*", "ad*", "dad*"};
  const std::size_t place = place_of(name, names);
  CHECK(place < 4, name);
  return static_cast<Variant>(place);
}

Family family_of(std::string_view name) {
  constexpr std::string_view names[] = {"Normal", "Laplace", "Logistic", "Uniform"};
  const std::size_t place = place_of(name, names);
  CHECK(place < 4, name);
  return static_cast<Family>(place);
}

struct Distribution {
  std::string family;
  std::string first, second;  // hexadecimal: streams do not read those

  ParametricFamily of(const double (&parameters)[2]) const {
    return {family_of(family), {&parameters[0], {1}, {0}}, {&parameters[1], {1}, {0}}};
  }
};

double number(const std::string& text) { return std::strtod(text.c_str(), nullptr); }

std::istream& operator>>(std::istream& in, Distribution& d) {
  return in >> d.family >> d.first >> d.second;
}

void check_line(const std::string& line) {
  std::istringstream columns(line);
  std::string variant, sample_text;
  Method method{};
  std::uint64_t seed, element, index, steps;
  Distribution target, proposal;
  columns >> variant >> method.limit >> seed >> element >> target >> proposal >> index >>
      sample_text >> steps;
  CHECK(!columns.fail() && (columns >> std::ws).eof(), line);
  method.variant = variant_of(variant);
  const double q[] = {number(target.first), number(target.second)};
  const double p[] = {number(proposal.first), number(proposal.second)};
  const auto sample = std::bit_cast<std::uint64_t>(number(sample_text));
  const auto never = [] { return false; };

  double decoded = 0.0;
  decode({&index, 1}, proposal.of(p), method, seed, {element, 0}, 1, never, {&decoded, 1});
  CHECK(std::bit_cast<std::uint64_t>(decoded) == sample, line, decoded);

  std::uint64_t found = 0, taken = 0;
  double encoded = 0.0;
  encode(target.of(q), proposal.of(p), method, seed, {element, 0}, 1, never,
         {{&found, 1}, {&encoded, 1}, {&taken, 1}});
  CHECK(found == index && taken == steps, line, found, taken);
  CHECK(std::bit_cast<std::uint64_t>(encoded) == sample, line, encoded);
}

}  // namespace

int main(int count, char** arguments) {
  CHECK(count == 2, "the folder of the vectors is the one argument");
  if (count != 2) return check::result();
  std::ifstream file(std::string(arguments[1]) + "/golden.txt");
  int lines = 0;
  for (std::string line; std::getline(file, line);) {
    if (line.empty() || line[0] == '#') continue;
    check_line(line);
    ++lines;
  }
  CHECK(lines > 0, lines);
  return check::result();
}
