// The frontier against a plain sorted list.
#include <algorithm>
#include <cstdint>
#include <utility>
#include <vector>

#include "check.hpp"
#include "draws.hpp"
#include "search/frontier.hpp"

using namespace astar_rec;

namespace {

// Entries as a list, in the order of their pushes.
struct Model {
  std::vector<std::pair<double, std::uint32_t>> entries;  // bound, slot

  // The largest bound; of equal ones, the first pushed.
  auto best() {
    return std::max_element(entries.begin(), entries.end(),
                            [](const auto& a, const auto& b) { return a.first < b.first; });
  }
};

void agree(const Frontier& frontier, Model& model) {
  CHECK_EQUAL(frontier.size(), model.entries.size());
  CHECK_EQUAL(frontier.empty(), model.entries.empty());
  if (frontier.empty() || model.entries.empty()) return;
  CHECK_EQUAL(frontier.top().bound, model.best()->first);
  CHECK_EQUAL(frontier.top().slot, model.best()->second);
}

// Every entry once, the top first; no more once the visitor has had enough.
void check_visits(const Frontier& frontier, const Model& model, std::size_t most) {
  std::vector<std::pair<double, std::uint32_t>> seen;
  frontier.visit([&](const Entry& entry) {
    seen.emplace_back(entry.bound, entry.slot);
    return seen.size() < most;
  });
  if (!seen.empty()) CHECK_EQUAL(seen.front().second, frontier.top().slot);
  if (most < model.entries.size()) {
    CHECK_EQUAL(seen.size(), most);
  } else {
    auto expected = model.entries;
    std::sort(seen.begin(), seen.end());
    std::sort(expected.begin(), expected.end());
    CHECK(seen == expected, seen.size(), expected.size());
  }
}

void random_courses() {
  Draws draws(1);
  Frontier frontier;
  for (int course = 0; course < 300; ++course) {
    frontier.clear();
    Model model;
    std::uint32_t slot = 0;
    // Few different bounds, so that many are equal; a course grows, then shrinks.
    const auto push = [&] {
      const double bound = static_cast<double>(draws.below(8));
      frontier.push(bound, slot);
      model.entries.emplace_back(bound, slot++);
    };
    push();
    agree(frontier, model);
    for (int step = 0; step < 200 && !model.entries.empty(); ++step) {
      if (draws.below(10) == 0) push();
      model.entries.erase(model.best());
      const std::size_t children = step < 60 ? draws.below(4) : draws.below(2);
      frontier.replace_top([&] {
        for (std::size_t i = 0; i < children; ++i) push();
      });
      agree(frontier, model);
      if (draws.below(20) == 0) {
        frontier.keep_if([](const Entry& entry) { return entry.slot % 3 != 0; });
        std::erase_if(model.entries, [](const auto& entry) { return entry.second % 3 == 0; });
        agree(frontier, model);
      }
      check_visits(frontier, model, 1 + draws.below(20));
    }
  }
}

}  // namespace

int main() {
  random_courses();
  return check::result();
}
