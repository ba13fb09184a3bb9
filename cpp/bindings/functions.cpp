// The functions under the codecs, element by element: for tests, and for those who build their own.
#include <pybind11/stl.h>

#include <array>
#include <string>
#include <vector>

#include "bindings.hpp"
#include "families/registry.hpp"
#include "math/normal_quantile.hpp"
#include "math/special.hpp"
#include "random/gumbel.hpp"
#include "random/philox.hpp"

namespace {

using namespace astar_rec;

template <class In, class F>
Array<double> map(const Array<In>& in, const F& f) {
  Array<double> out(std::vector<py::ssize_t>(in.shape(), in.shape() + in.ndim()));
  const auto from = view(in);
  const auto to = writable(out);
  {
    const py::gil_scoped_release release;
    for (std::size_t i = 0; i < from.size(); ++i) to[i] = f(from[i]);
  }
  return out;
}

Array<double> quantile(const std::string& family, const Array<std::uint64_t>& positions) {
  return Families::with(family_named(family), [&](auto it) {
    using Distribution = typename decltype(it)::type;
    return map(positions, [](Position k) { return Distribution::quantile(k); });
  });
}

// f(member, number) for each number, with parameters of its own.
template <class T, class F>
Array<double> map_members(const std::string& family, const std::vector<Array<double>>& parameters,
                          const Array<T>& numbers, const F& f) {
  return Families::with(family_named(family), [&](auto it) {
    using Member = typename decltype(it)::type;
    constexpr std::size_t count = Member::parameters.size();
    require(parameters.size() == count, "as many parameters as the family has");
    std::array<const double*, count> columns;
    for (std::size_t k = 0; k < count; ++k) {
      require(parameters[k].size() == numbers.size(), "one parameter of each kind for each number");
      columns[k] = parameters[k].data();
    }
    Array<double> out(numbers.size());
    const auto at = view(numbers);
    const auto to = writable(out);
    const py::gil_scoped_release release;
    for (std::size_t i = 0; i < to.size(); ++i) {
      std::array<double, count> own;
      for (std::size_t k = 0; k < count; ++k) own[k] = columns[k][i];
      to[i] = f(Member::from(own), at[i]);
    }
    return out;
  });
}

// The samples at positions.
Array<double> samples(const std::string& family, const std::vector<Array<double>>& parameters,
                      const Array<std::uint64_t>& positions) {
  return map_members(family, parameters, positions, [](const auto& member, Position position) {
    return member.sample(member.quantile(position));
  });
}

// The signed tails at places.
Array<double> tails(const std::string& family, const std::vector<Array<double>>& parameters,
                    const Array<double>& places) {
  return map_members(family, parameters, places, [](const auto& member, double x) {
    return member.tail(member.standardise(x));
  });
}

py::tuple philox(std::array<std::uint32_t, 4> counter, std::array<std::uint32_t, 2> key) {
  const PhiloxCounter out = philox4x32(counter, key);
  return py::make_tuple(out[0], out[1], out[2], out[3]);
}

template <std::size_t rows>
Array<double> table(const Row (&from)[rows]) {
  Array<double> out(std::vector<py::ssize_t>{rows, 8});
  std::copy(&from[0][0], &from[0][0] + out.size(), out.mutable_data());
  return out;
}

}  // namespace

void register_functions(py::module_& m) {
  m.def("quantile", &quantile, py::arg("family"), py::arg("positions").noconvert());
  m.def("samples", &samples, py::arg("family"), py::arg("parameters"),
        py::arg("positions").noconvert());
  m.def("tails", &tails, py::arg("family"), py::arg("parameters"), py::arg("places").noconvert());
  m.def("philox", &philox, py::arg("counter"), py::arg("key"));
  m.def(
      "log",
      [](const Array<double>& x) { return map(x, [](double v) { return portable_log(v); }); },
      py::arg("x").noconvert());
  m.def(
      "exp",
      [](const Array<double>& x) { return map(x, [](double v) { return portable_exp(v); }); },
      py::arg("x").noconvert());
  m.def(
      "exponential", [](const Array<std::uint64_t>& bits) { return map(bits, exponential); },
      py::arg("bits").noconvert());
  m.def("next_arrival", &next_arrival, py::arg("after"), py::arg("mass"), py::arg("bits"));
  m.def("log_table", [] { return table(log_table); });
  m.def("normal_quantile_table", [] { return table(normal_quantile_table); });
}
