// Checks that print where and with what values they failed, and go on.
//
//     CHECK(a < b, a, b);                       the condition, then whatever helps to see why
//     CHECK_EQUAL(a, b);
//     CHECK_THROWS(CorruptDataError, f(x));     exactly this type or one derived from it
//     int main() { ...; return check::result(); }
#pragma once

#include <iomanip>
#include <iostream>

namespace check {

inline int failures = 0;

// From the main thread only.
template <class... Values>
void that(const char* file, int line, const char* text, bool holds, const Values&... values) {
  constexpr int most_shown = 20;
  if (holds || ++failures > most_shown) return;
  std::cerr << file << ':' << line << ": " << text << std::setprecision(17);
  ((std::cerr << "\n    " << values), ...);
  std::cerr << std::endl;
}

template <class A, class B>
void equal(const char* file, int line, const char* text, const A& a, const B& b) {
  that(file, line, text, a == b, a, b);
}

inline int result() {
  if (failures > 0) std::cerr << failures << " checks failed\n";
  return failures > 0 ? 1 : 0;
}

}  // namespace check

#define CHECK(...) check::that(__FILE__, __LINE__, #__VA_ARGS__, __VA_ARGS__)

#define CHECK_EQUAL(a, b) check::equal(__FILE__, __LINE__, #a " == " #b, a, b)

#define CHECK_THROWS(Error, ...)                                                   \
  [&] {                                                                            \
    bool thrown = false;                                                           \
    try {                                                                          \
      static_cast<void>(__VA_ARGS__);                                              \
    } catch (const Error&) {                                                       \
      thrown = true;                                                               \
    }                                                                              \
    check::that(__FILE__, __LINE__, #__VA_ARGS__ " should throw " #Error, thrown); \
  }()
