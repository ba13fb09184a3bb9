// Searches in lockstep, for callables of the user's: see astar_rec/custom/lockstep.py for the rounds.
#include "search/lockstep.hpp"

#include <memory>
#include <vector>

#include "bindings.hpp"
#include "methods/method.hpp"

namespace {

using namespace astar_rec;

class Batch {
 public:
  Batch(const Method& method, std::uint64_t seed, std::uint64_t offset, std::size_t count)
      : count_(count) {
    require(offset <= element_limit && count <= element_limit - offset,
            "elements are numbered below 2^48");
    run_ = method.lockstep(count, seed, offset);
    require(run_ != nullptr, "the method takes no ratios from outside");
  }

  bool splits() const { return run_->splits(); }
  double most_bound_bits() const { return run_->reach().custom; }

  void start(const Array<double>& x_first, const Array<double>& x_last,
             const Array<double>& supremum) {
    require(size(x_first) == count_ && size(x_last) == count_ && size(supremum) == count_,
            "one value per element");
    require(suprema_.empty(), "a search starts once");
    const py::gil_scoped_release release;
    suprema_.assign(supremum.data(), supremum.data() + count_);
    run_->start(view(x_first), view(x_last), view(supremum));
  }

  // element, sample, cut, x_first, x_last, supremum: arrays of one length.
  py::tuple request(std::size_t width) {
    const std::vector<Request>* requests;
    {
      const py::gil_scoped_release release;
      requests = &run_->request(width);
    }
    pending_ = requests->size();
    const auto column = [&](auto member) {
      using T = std::remove_cvref_t<decltype((*requests)[0].*member)>;
      Array<T> out(static_cast<py::ssize_t>(requests->size()));
      T* to = out.mutable_data();
      for (const Request& r : *requests) *to++ = r.*member;
      return out;
    };
    return py::make_tuple(column(&Request::element), column(&Request::sample),
                          column(&Request::cut), column(&Request::x_first),
                          column(&Request::x_last), column(&Request::supremum));
  }

  void supply(const Array<double>& log_ratio, const Array<double>& x_cut,
              const Array<double>& first_supremum, const Array<double>& second_supremum) {
    require(size(log_ratio) == pending_ && size(x_cut) == pending_ &&
                size(first_supremum) == pending_ && size(second_supremum) == pending_,
            "one value per node requested");
    std::vector<Evaluation> evaluations(pending_);
    for (std::size_t k = 0; k < pending_; ++k) {
      evaluations[k] = {log_ratio.data()[k],
                        x_cut.data()[k],
                        {first_supremum.data()[k], second_supremum.data()[k]}};
    }
    pending_ = 0;
    const py::gil_scoped_release release;
    run_->supply(evaluations);
  }

  // index, position, steps, and how many searches were cut; raises CoreDivergenceError.
  py::tuple results() const {
    Array<std::uint64_t> index(static_cast<py::ssize_t>(count_));
    Array<std::uint64_t> position(static_cast<py::ssize_t>(count_));
    Array<std::uint64_t> steps(static_cast<py::ssize_t>(count_));
    std::uint64_t cut = 0;
    for (std::size_t i = 0; i < count_; ++i) {
      const SearchResult result = run_->result(i);
      run_->reach().check_outcome(result, suprema_[i], i);
      index.mutable_data()[i] = result.index;
      position.mutable_data()[i] = result.position;
      steps.mutable_data()[i] = result.steps;
      if (result.cut) ++cut;
    }
    return py::make_tuple(index, position, steps, cut);
  }

 private:
  template <class T>
  static std::size_t size(const Array<T>& array) {
    return static_cast<std::size_t>(array.size());
  }

  std::size_t count_;
  std::size_t pending_ = 0;
  std::vector<double> suprema_;
  std::unique_ptr<Lockstep> run_;
};

}  // namespace

void register_lockstep(py::module_& m) {
  py::class_<Batch>(m, "Lockstep")
      .def(py::init<const Method&, std::uint64_t, std::uint64_t, std::size_t>(), py::arg("method"),
           py::arg("seed"), py::arg("offset"), py::arg("count"))
      .def_property_readonly("splits", &Batch::splits)
      .def_property_readonly("most_bound_bits", &Batch::most_bound_bits)
      .def("start", &Batch::start, py::arg("x_first").noconvert(), py::arg("x_last").noconvert(),
           py::arg("supremum").noconvert())
      .def("request", &Batch::request, py::arg("width"))
      .def("supply", &Batch::supply, py::arg("log_ratio").noconvert(), py::arg("x_cut").noconvert(),
           py::arg("first_supremum").noconvert(), py::arg("second_supremum").noconvert())
      .def("results", &Batch::results);
}
