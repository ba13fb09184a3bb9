// Searches of blocks that end when little is left in doubt: against those that go to their ends.
#include <algorithm>
#include <bit>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "batch_of_normals.hpp"
#include "check.hpp"
#include "draws.hpp"

using namespace astar_rec;

namespace {

bool never() { return false; }

struct Result {
  std::vector<std::uint64_t> index;
  std::vector<double> sample;
  std::vector<std::uint64_t> steps;
  Ended ended;

  double doubt() const {
    return static_cast<double>(ended.doubts.high()) * 0x1p-31 +
           static_cast<double>(ended.doubts.low()) * 0x1p-63;
  }
};

Result search(const Batch& batch, const Blocks& blocks, double within, std::uint64_t max_steps,
              unsigned threads) {
  std::map<std::string, std::uint64_t, std::less<>> numbers{{"max_steps", max_steps}};
  if (within > 0.0) numbers["within_bits"] = std::bit_cast<std::uint64_t>(within);
  const auto method = make_method("ad", MethodNumbers(std::move(numbers)));
  Result result{std::vector<std::uint64_t>(blocks.count() * blocks.block()),
                std::vector<double>(batch.size()),
                std::vector<std::uint64_t>(blocks.count()),
                {}};
  const Interrupt::Poll poll = never;
  result.ended = encode({*method, blocks, 42, 7, 0, blocks.count(), threads, poll}, batch.targets(),
                        batch.proposals(), {result.index, {}}, result.sample, result.steps);
  return result;
}

// About as wide as their proposals: what doubts are for.
Batch wide(std::size_t count, std::uint32_t seed) {
  Draws draws(seed);
  Batch batch;
  for (std::size_t i = 0; i < count; ++i) {
    const double mean = draws.between(-0.5, 0.5), scale = draws.between(0.85, 1.05);
    batch.add(mean, scale, draws.between(-3.0, 3.0), draws.between(0.5, 2.0));
  }
  return batch;
}

std::size_t differ(const Result& a, const Result& b, std::size_t words) {
  std::size_t count = 0;
  for (std::size_t i = 0; i < a.index.size(); i += words) {
    count += std::equal(a.index.begin() + static_cast<std::ptrdiff_t>(i),
                        a.index.begin() + static_cast<std::ptrdiff_t>(i + words),
                        b.index.begin() + static_cast<std::ptrdiff_t>(i))
                 ? 0
                 : 1;
  }
  return count;
}

void against_whole_searches(std::size_t block) {
  const std::size_t columns = 2 * block + 1, rows = block == 2 ? 400 : 60;  // the last is shorter
  const Batch batch = wide(rows * columns, static_cast<std::uint32_t>(block));
  const std::vector<double> hints(columns, 0.0);
  const Blocks blocks(rows, block, hints);
  const Result whole = search(batch, blocks, 0.0, 0, 2);
  CHECK(whole.ended.cut == 0 && whole.ended.doubts.none(), block, whole.ended.cut);
  for (const double within : {0x1p-60, 1e-4, 0.3}) {
    const Result result = search(batch, blocks, within, 0, 1);
    CHECK_EQUAL(result.ended.cut, std::uint64_t{0});
    CHECK(result.doubt() <= within * static_cast<double>(blocks.count()), block, result.doubt());
    const std::size_t found = differ(result, whole, block);
    const double most = result.doubt();
    CHECK(static_cast<double>(found) <= most + 4.0 * std::sqrt(most) + 4.0 * (most > 1e-9 ? 1 : 0),
          block, found, most);
    const Result again = search(batch, blocks, within, 0, 3);
    CHECK(again.index == result.index && again.steps == result.steps, block, within);
    CHECK_EQUAL(again.doubt(), result.doubt());
  }
}

void budgets() {
  const Batch batch = wide(300, 5);
  const std::vector<double> hints(3, 0.0);
  const Blocks blocks(100, 3, hints);
  for (const std::uint64_t most : {1, 3, 20}) {
    const Result result = search(batch, blocks, 1e-12, most, 2);
    CHECK(result.ended.cut > 0 && result.doubt() < static_cast<double>(result.ended.cut) + 1e-9,
          most, result.doubt());
    for (const std::uint64_t steps : result.steps) CHECK(steps <= most, steps, most);
  }
  // Of searches without one, nothing is known.
  const Result blind = search(batch, blocks, 0.0, 3, 2);
  CHECK_EQUAL(blind.doubt(), static_cast<double>(blind.ended.cut));
}

}  // namespace

int main() {
  for (const std::size_t block : {2, 4, 7}) against_whole_searches(block);
  budgets();
  return check::result();
}
