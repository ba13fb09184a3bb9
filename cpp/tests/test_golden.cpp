// The golden vectors: encoders and decoders give them bit for bit, whatever the compiler, its options
// and the machine. The vectors' own files say what their columns are.
#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <fstream>
#include <span>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

#include "calls.hpp"
#include "check.hpp"

using namespace astar_rec;

namespace {

constexpr unsigned many_threads = 4;

bool never() { return false; }

bool same_bits(double a, double b) {
  return std::bit_cast<std::uint64_t>(a) == std::bit_cast<std::uint64_t>(b);
}

// The place of a name in a list; the list's length if it is not there.
template <std::size_t n>
std::size_t place_of(std::string_view name, const std::string_view (&names)[n]) {
  std::size_t place = 0;
  while (place < n && names[place] != name) ++place;
  return place;
}

Variant variant_of(std::string_view name) {
  constexpr std::string_view names[] = {"global",
                                        "as*",
                                        "ad*",
                                        "dad*",
                                        "minimal-random",
                                        "ordered-random",
                                        "greedy-poisson",
                                        "greedy-rejection",
                                        "hybrid"};
  const std::size_t place = place_of(name, names);
  CHECK(place < std::size(names), name);
  return static_cast<Variant>(place);
}

Family family_named(std::string_view name) {
  constexpr std::string_view names[] = {"Normal", "Laplace", "Logistic", "Uniform"};
  const Family families[] = {family_of<Normal>, family_of<Laplace>, family_of<Logistic>,
                             family_of<Uniform>};
  const std::size_t place = place_of(name, names);
  CHECK(place < 4, name);
  return families[place];
}

struct Parametric {
  std::string family;
  std::string first, second;  // hexadecimal: streams do not read those

  Distribution of(const double (&parameters)[2]) const {
    return distribution(family_named(family), {&parameters[0], {1}, {0}},
                        {&parameters[1], {1}, {0}});
  }
};

double number(const std::string& text) { return std::strtod(text.c_str(), nullptr); }

std::istream& operator>>(std::istream& in, Parametric& d) {
  return in >> d.family >> d.first >> d.second;
}

// --- Single elements -----------------------------------------------------------------------------

void check_line(const std::string& line) {
  std::istringstream columns(line);
  std::string variant, sample_text;
  MethodCase method{Variant::ad_star};
  std::uint64_t seed, element, index, steps;
  Parametric target, proposal;
  columns >> variant >> method.limit >> seed >> element >> target >> proposal >> index >>
      sample_text >> steps;
  CHECK(!columns.fail() && (columns >> std::ws).eof(), line);
  method.variant = variant_of(variant);
  const double q[] = {number(target.first), number(target.second)};
  const double p[] = {number(proposal.first), number(proposal.second)};
  const double sample = number(sample_text);

  // By itself, and with neighbours on several threads: but for those that may find no sample in a
  // uniform target before the limit.
  const std::uint64_t reach = target.family == "Uniform" && method.is_approximate() ? 0 : 20;
  const auto before = static_cast<std::size_t>(std::min(element, reach));
  const auto after = static_cast<std::size_t>(std::min(element_limit - 1 - element, reach));
  struct Case {
    unsigned threads;
    std::size_t place, count;
  };
  for (const auto [threads, place, count] :
       {Case{1, 0, 1}, Case{many_threads, before, before + 1 + after}}) {
    const Range range{element - place, 0};
    const std::vector<std::uint64_t> sent(count, index);
    std::vector<double> decoded(count);
    decode(sent, proposal.of(p), method, seed, range, threads, never, decoded);
    CHECK(same_bits(decoded[place], sample), line, count, decoded[place]);

    std::vector<std::uint64_t> found(count), taken(count);
    std::vector<double> encoded(count);
    encode(target.of(q), proposal.of(p), method, seed, range, threads, never,
           {found, encoded, taken});
    CHECK(found[place] == index && taken[place] == steps, line, count, found[place], taken[place]);
    CHECK(same_bits(encoded[place], sample), line, count, encoded[place]);
  }
}

// --- Blocks --------------------------------------------------------------------------------------

// A decimal number as 64-bit words, the lowest first.
std::vector<std::uint64_t> words_of(const std::string& digits, std::size_t count) {
  std::vector<std::uint64_t> words(count);
  for (const char digit : digits) {
    auto carry = static_cast<std::uint64_t>(digit - '0');
    for (std::uint64_t& word : words) {
      const std::uint64_t high = multiply_high(word, 10), low = 10 * word;
      word = low + carry;
      carry = high + (word < low ? 1 : 0);
    }
    CHECK(carry == 0, digits);
  }
  return words;
}

// 2^-bits, for whole bits and for the fractions that the file has: std::exp2 may differ in the last
// place.
double scale_of(double bits) {
  const double whole = std::floor(bits);
  const double fraction = bits - whole;
  CHECK(fraction == 0.0 || fraction == 0.125 || fraction == 0.5, bits);
  const double factor = fraction == 0.0     ? 1.0
                        : fraction == 0.125 ? 0x1.d5818dcfba487p-1
                                            : 0x1.6a09e667f3bcdp-1;
  return std::ldexp(factor, -static_cast<int>(whole));
}

void check_block(const std::string& line) {
  std::vector<std::string> parts;
  for (std::size_t begin = 0, end = 0; end != std::string::npos; begin = end + 3) {
    end = line.find(" : ", begin);
    parts.push_back(line.substr(begin, end - begin));
  }
  CHECK(parts.size() == 4, line);
  std::istringstream columns(parts[0]), samples(parts[2]);
  std::string variant, family, bits, hint_list;
  MethodCase method{Variant::ad_star};
  std::uint64_t seed, element;
  columns >> variant >> method.limit >> seed >> element >> family >> bits >> hint_list;
  method.variant = variant_of(variant);
  std::vector<double> means, sample;
  for (std::string word; columns >> word;) means.push_back(number(word));
  for (std::string word; samples >> word;) sample.push_back(number(word));
  const std::size_t block = means.size();
  CHECK(block > 0 && sample.size() == block, line);
  std::vector<double> hints(block, 0.0);
  if (hint_list != "-") {
    std::istringstream list(hint_list);
    for (double& hint : hints) {
      std::string word;
      std::getline(list, word, ',');
      hint = number(word);
    }
  }
  const std::size_t words = method.words(block);
  const std::vector<std::uint64_t> index = words_of(parts[1], words);
  const std::uint64_t steps = std::stoull(parts[3]);

  const double scale = scale_of(number(bits)), zero = 0.0, one = 1.0;
  // By itself, and as the middle one of several rows.
  for (const std::size_t rows : {1U, 9U}) {
    const std::size_t row = rows / 2;
    const unsigned threads = rows == 1 ? 1 : many_threads;
    const Blocks blocks(rows, block, hints);
    const std::uint64_t first = element - row * block;
    const Distribution q =
        distribution(family_named(family), {means.data(), {rows, block}, {0, sizeof(double)}},
                     {&scale, {1}, {0}});
    const Distribution p = distribution(family_named(family), {&zero, {1}, {0}}, {&one, {1}, {0}});
    const auto is_sample = [&](const std::vector<double>& all) {
      return std::ranges::equal(std::span(all).subspan(row * block, block), sample, same_bits);
    };

    std::vector<std::uint64_t> sent;
    for (std::size_t i = 0; i < rows; ++i) sent.insert(sent.end(), index.begin(), index.end());
    std::vector<double> decoded(rows * block);
    decode_blocks(sent, p, blocks, method, seed, first, threads, never, decoded);
    CHECK(is_sample(decoded), line, rows);

    std::vector<std::uint64_t> found(rows * words), taken(rows);
    std::vector<double> encoded(rows * block);
    encode_blocks(q, p, blocks, method, seed, first, threads, never, {found, encoded, taken});
    const auto own = std::span(found).subspan(row * words, words);
    CHECK(std::ranges::equal(own, index) && taken[row] == steps, line, rows, taken[row]);
    CHECK(is_sample(encoded), line, rows);
  }
}

// --- Files ---------------------------------------------------------------------------------------

// Calls check(line) for the lines of a file that are not comments.
template <class Check>
void for_every_line(const std::string& path, const Check& check) {
  std::ifstream file(path);
  int lines = 0;
  for (std::string line; std::getline(file, line);) {
    if (line.empty() || line[0] == '#') continue;
    check(line);
    ++lines;
  }
  CHECK(lines > 0, path);
}

}  // namespace

int main(int count, char** arguments) {
  CHECK(count == 2, "the folder of the vectors is the one argument");
  if (count != 2) return check::result();
  const std::string folder = arguments[1];
  for_every_line(folder + "/golden.txt", check_line);
  for_every_line(folder + "/blocks.txt", check_block);
  return check::result();
}
