// The functions under the codecs, element by element: for tests, and for those who build their own.
#include <pybind11/stl.h>

#include "random/gumbel.hpp"
#include "random/philox.hpp"
#include "math/special.hpp"
#include "bindings.hpp"

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

Array<double> quantile(Family family, const Array<std::uint64_t>& positions) {
  return detail::with_family(family, [&](auto make) {
    using Distribution = decltype(make(0.0, 1.0));
    return map(positions, [](Position k) { return Distribution::quantile(k); });
  });
}

// The samples at positions, each with parameters of its own.
Array<double> samples(Family family, const Array<double>& first, const Array<double>& second,
                      const Array<std::uint64_t>& positions) {
  require(first.size() == positions.size() && second.size() == positions.size(),
          "one pair of parameters per position");
  Array<double> out(positions.size());
  const auto a = view(first);
  const auto b = view(second);
  const auto at = view(positions);
  const auto to = writable(out);
  const py::gil_scoped_release release;
  detail::with_family(family, [&](auto make) {
    using Distribution = decltype(make(0.0, 1.0));
    for (std::size_t i = 0; i < to.size(); ++i) {
      to[i] = make(a[i], b[i]).sample(Distribution::quantile(at[i]));
    }
  });
  return out;
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
  m.def("samples", &samples, py::arg("family"), py::arg("first").noconvert(),
        py::arg("second").noconvert(), py::arg("positions").noconvert());
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
