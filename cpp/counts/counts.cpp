// The loops whose instructions are counted.
//
//     counts            a line for each: its name, and the elements that one run is about
//     counts NAME       run it for the counter
//     counts --all      run all, and check what they compute; for this no counter is needed
//
// Callgrind begins to count where `counted` is entered and stops where it is left
// (--toggle-collect=counted), so that what a loop needs beforehand does not count.
#include <cstring>
#include <iostream>

#include "loop.hpp"

// By a name that a command line can say, and never inlined: else there is nothing to be entered.
extern "C" [[gnu::noinline]] void counted(const std::function<void()>& run);
extern "C" void counted(const std::function<void()>& run) {
  run();
  // Something to come back for: no compiler turns the call into a jump.
  [[maybe_unused]] static volatile int runs = 0;
  runs = runs + 1;
}

namespace {

std::vector<NamedLoop> all_loops() {
  std::vector<NamedLoop> loops = codec_loops();
  for (NamedLoop& loop : index_code_loops()) loops.push_back(loop);
  for (NamedLoop& loop : polar_loops()) loops.push_back(loop);
  return loops;
}

bool run(const NamedLoop& named) {
  const Loop loop = named.make();
  loop.run();
  counted(loop.run);
  if (loop.right()) return true;
  std::cerr << named.name << ": what came back is not what was sent\n";
  return false;
}

}  // namespace

int main(int count, char** arguments) {
  const std::string wanted = count > 1 ? arguments[1] : "";
  bool found = false, right = true;
  for (const NamedLoop& loop : all_loops()) {
    if (wanted.empty()) {
      std::cout << loop.name << ' ' << loop.make().elements << '\n';
      found = true;
    } else if (wanted == "--all" || wanted == loop.name) {
      right = run(loop) && right;
      found = true;
    }
  }
  if (!found) std::cerr << "no loop is named " << wanted << '\n';
  return found && right ? 0 : 1;
}
