"""Other libraries' distributions as targets by their CDF."""

from __future__ import annotations

import sys
from typing import Any

import numpy as np
import pytest

import astar_rec as rec
from astar_rec.custom import as_target
from test_custom_cdf import mass

Array = np.ndarray
A = np.array([[0.5], [2.5]])
B = np.array([1.0, 3.0, 7.0])


def scipy() -> Any:
    return pytest.importorskip("scipy.stats", reason="SciPy's distributions are optional")


def torch() -> Any:
    return pytest.importorskip("torch", reason="PyTorch's distributions are optional")


def grid(shape: tuple[int, ...], low: float, high: float, points: int = 41) -> tuple[Array, Array]:
    """Return points and numbers of elements, in no order."""
    size = int(np.prod(shape))
    element = np.repeat(np.arange(size), points)
    x = np.tile(np.linspace(low, high, points), size)
    order = np.random.default_rng(1).permutation(x.size)
    return x[order], element[order]


# --- What is returned as it is ---


def test_own_targets() -> None:
    custom = rec.CustomTarget(lambda x: -x * x, mode=0.0)
    for target in (custom, rec.Normal([0.0, 1.0], 2.0), rec.Uniform(0.0, 1.0)):
        assert as_target(target) is target


def test_what_has_a_counterpart() -> None:
    stats = scipy()
    assert as_target(stats.norm(1.0, [2.0, 3.0])) == rec.Normal(1.0, [2.0, 3.0])
    assert as_target(stats.uniform(1.0, 2.0)) == rec.Uniform(1.0, 3.0)
    if hasattr(stats, "Normal"):
        assert as_target(stats.Normal(mu=1.0, sigma=2.0)) == rec.Normal(1.0, 2.0)


# --- SciPy ---

# Of SciPy's module and of arrays: frozen distributions of shape (2, 3).
FROZEN = {
    "gamma": lambda s: s.gamma(A, scale=B),
    "beta": lambda s: s.beta(A, B),
    "t": lambda s: s.t(A, B, 2.0),
    "truncnorm": lambda s: s.truncnorm(-A, np.inf, loc=B),
    "skewnorm": lambda s: s.skewnorm(A, B, scale=0.5),
    "lognorm": lambda s: s.lognorm(s=A, scale=B),
    "expon": lambda s: s.expon(A, B),
    "cauchy": lambda s: s.cauchy(loc=A, scale=B),
}


@pytest.mark.parametrize("name", FROZEN)
def test_frozen(name: str) -> None:
    frozen = FROZEN[name](scipy())
    target = as_target(frozen)
    assert isinstance(target, rec.CustomTarget)
    assert target.shape == (2, 3)
    assert target._precise_above
    assert repr(target) == f"{name} of shape (2, 3)"
    x, element = grid((2, 3), -20.0, 60.0)
    s = target._tail(x, element, (2, 3))
    whole = np.broadcast_to(x, (6, x.size)).reshape(2, 3, -1)
    args = [
        np.expand_dims(np.asarray(each, float), -1) if np.ndim(each) else each
        for each in frozen.args
    ]
    kwds = {
        key: np.expand_dims(np.asarray(each, float), -1) if np.ndim(each) else each
        for key, each in frozen.kwds.items()
    }
    again = frozen.dist(*args, **kwds)
    below = again.cdf(whole).reshape(6, -1)[element, np.arange(x.size)]
    above = again.sf(whole).reshape(6, -1)[element, np.arange(x.size)]
    np.testing.assert_array_equal(s, np.where(below <= 0.5, below, -np.maximum(above, 5e-324)))
    # As a part of a larger array.
    larger = target._tail(x, element + 6, (4, 2, 3))
    np.testing.assert_array_equal(larger, s)


def test_frozen_of_one_element() -> None:
    target = as_target(scipy().gamma(2.0))
    assert target.shape == ()
    x = np.array([0.0, 1.0, 100.0])
    s = target._tail(x, np.zeros(3, np.int64), ())
    assert s[0] == 0.0
    assert -1e-40 < s[2] < 0


def test_frozen_without_a_survival_function() -> None:
    stats = scipy()
    for frozen in (stats.triang(0.5), stats.rice(1.0), stats.arcsine()):
        assert not as_target(frozen)._precise_above

    class Triangle(stats.rv_continuous):
        def _cdf(self, x: Array) -> Array:
            return np.where(x < 0, 0.5 * (1 + x) ** 2, 1.0 - 0.5 * (1 - x) ** 2)

    target = as_target(Triangle(a=-1.0, b=1.0, name="triangle")(loc=[0.0, 1.0]))
    assert not target._precise_above
    s = target._tail(np.array([0.5, 0.5, 9.0]), np.array([0, 1, 1]), (2,))
    np.testing.assert_allclose(s, [-0.125, 0.125, 0.0], atol=1e-15)
    assert s[2] < 0


def test_von_mises_ends_where_the_circle_does() -> None:
    stats = scipy()
    loc, scale = np.array([0.0, 2.0]), 0.5
    target = as_target(stats.vonmises([2.0, 300.0], loc=loc, scale=scale))
    assert target._precise_above
    x = np.array([-9.0, 0.3, 9.0, -9.0, 2.01, 9.0, 0.0, 2.0])
    element = np.array([0, 0, 0, 1, 1, 1, 0, 1])
    s = target._tail(x, element, (2,))
    assert ((s[[0, 3]] >= 0) & (s[[0, 3]] < 1e-15)).all()
    assert ((s[[2, 5]] < 0) & (s[[2, 5]] > -1e-15)).all()
    assert s[1] == pytest.approx(stats.vonmises.cdf(0.6, 2.0) - 1.0)
    mirrored = target._tail(2 * loc[element] - x, element, (2,))
    np.testing.assert_allclose(np.abs(mirrored), np.abs(s), rtol=1e-12, atol=1e-300)


@pytest.mark.parametrize("name", ["poisson", "binom", "randint"])
def test_discrete_ones_are_refused(name: str) -> None:
    stats = scipy()
    given = {"poisson": (3,), "binom": (3, 0.5), "randint": (0, 4)}[name]
    with pytest.raises(rec.ParameterError, match="a continuous distribution, or a"):
        as_target(getattr(stats, name)(*given))


@pytest.mark.parametrize(
    ("make", "argument"),
    [
        (lambda s: s.gamma(2.0, scale=-1.0), "scale"),
        (lambda s: s.gamma(2.0, scale=[1.0, np.nan]), "scale"),
        (lambda s: s.gamma(np.nan), "a"),
        (lambda s: s.gamma(["x"]), "a"),
        (lambda s: s.gamma(2.0, loc=np.inf), "loc"),
        (lambda s: s.gamma(np.ones(3), loc=np.ones(2)), "shape of loc"),
    ],
)
def test_parameters_of_scipy(make: Any, argument: str) -> None:
    with pytest.raises(rec.ParameterError) as caught:
        as_target(make(scipy()))
    assert caught.value.argument == argument


def test_parameters_that_only_scipy_knows_to_be_none() -> None:
    target = as_target(scipy().gamma([1.0, -2.0]))
    with pytest.raises(rec.ParameterError, match=r"result of cdf\(1\.5\) at \[1\] is nan"):
        target._tail(np.array([1.5, 1.5]), np.array([0, 1]), (2,))


def test_newer_classes_of_scipy() -> None:
    stats = scipy()
    if not hasattr(stats, "make_distribution"):
        pytest.skip("the installed SciPy has no make_distribution")
    gamma = stats.make_distribution(stats.gamma)
    x = np.array([-1.0, 0.5, 3.0, 60.0])
    for obj, expected in (
        (gamma(a=2.0), stats.gamma(2.0)),
        (2.0 * stats.Normal() + 1.0, stats.norm(1.0, 2.0)),
        (stats.truncate(stats.Normal(), 0.0, 2.0), stats.truncnorm(0.0, 2.0)),
    ):
        target = as_target(obj)
        assert target.shape == ()
        s = target._tail(x, np.zeros(4, np.int64), ())
        below, above = expected.cdf(x), np.maximum(expected.sf(x), 5e-324)
        np.testing.assert_allclose(s, np.where(below <= 0.5, below, -above), rtol=1e-9, atol=1e-300)
        assert (s[3] < 0).all()
    with pytest.raises(rec.ParameterError, match="a single one; arrays as frozen distributions"):
        as_target(gamma(a=[1.0, 2.0]))
    with pytest.raises(rec.ParameterError, match="a continuous distribution"):
        as_target(stats.make_distribution(stats.binom)(n=3, p=0.5))


# --- PyTorch ---

TORCH = {
    "Gamma": lambda d, t: d.Gamma(t.tensor(A), t.tensor(B)),
    "Chi2": lambda d, t: d.Chi2(t.tensor(A) * t.ones(3)),
    "Exponential": lambda d, t: d.Exponential(t.tensor(A) * t.tensor(B)),
    "Cauchy": lambda d, t: d.Cauchy(t.tensor(A), t.tensor(B)),
    "LogNormal": lambda d, t: d.LogNormal(t.tensor(A), t.tensor(B)),
    "Gumbel": lambda d, t: d.Gumbel(t.tensor(A), t.tensor(B)),
    "HalfNormal": lambda d, t: d.HalfNormal(t.tensor(A) * t.tensor(B)),
    "Weibull": lambda d, t: d.Weibull(t.tensor(A), t.tensor(B)),
    "Pareto": lambda d, t: d.Pareto(t.tensor(A), t.tensor(B)),
    "ContinuousBernoulli": lambda d, t: d.ContinuousBernoulli(t.tensor(A) / t.tensor(B) / 3),
}


@pytest.mark.parametrize("name", TORCH)
def test_torch(name: str) -> None:
    t = torch()
    d = t.distributions
    obj = TORCH[name](d, t)
    target = as_target(d.Independent(obj, 1))
    assert target.shape == (2, 3)
    assert not target._precise_above
    assert repr(target) == f"{name} of shape (2, 3)"
    x, element = grid((2, 3), -3.0, 20.0, 80)
    s = target._tail(x, element, (2, 3))
    assert (np.abs(s) <= 0.5).all()
    for number in range(6):
        mine = element == number
        order = np.argsort(x[mine])
        assert (mass(s[mine][order][:-1], s[mine][order][1:]) >= -1e-15).all()
    inside = np.broadcast_to(obj.support.check(t.tensor(x)[:, None, None]).numpy(), (x.size, 2, 3))
    within = t.where(t.tensor(inside), t.tensor(x)[:, None, None], obj.mean.nan_to_num(1.0, 9.0))
    inside = inside.reshape(x.size, 6)[np.arange(x.size), element]
    values = obj.cdf(within).numpy().reshape(x.size, 6)[np.arange(x.size), element]
    below = np.where(s >= 0, s, 1.0 + s)
    np.testing.assert_allclose(below[inside], values[inside], atol=1e-12)
    assert set(below[~inside].tolist()) <= {0.0, 1.0}


def test_torch_single_precision_and_gradients() -> None:
    t = torch()
    a = t.tensor([0.5, 2.0], requires_grad=True)
    target = as_target(t.distributions.Gamma(a, t.tensor(1.5)))
    stats = scipy()
    s = target._tail(np.array([1.0, 1.0]), np.array([0, 1]), (2,))
    expected = stats.gamma([0.5, 2.0], scale=1 / 1.5).cdf(1.0)
    np.testing.assert_allclose(np.where(s < 0, 1 + s, s), expected, rtol=1e-12)


def test_torch_without_a_cdf() -> None:
    t = torch()
    d = t.distributions
    for other in (
        d.Beta(1.0, 2.0),
        d.VonMises(0.0, 1.0),
        d.Bernoulli(0.5),
        d.MultivariateNormal(t.zeros(2), t.eye(2)),
        d.TransformedDistribution(d.Cauchy(0.0, 1.0), d.transforms.ExpTransform()),
    ):
        with pytest.raises(rec.ParameterError, match="has a CDF and is made from its parameters"):
            as_target(other)


# --- Anything else ---


@pytest.mark.parametrize("unknown", [None, 3, "norm", (0.0, 1.0), np.zeros(2), rec.Normal])
def test_unknown_objects(unknown: Any) -> None:
    with pytest.raises(rec.ParameterError, match=r"or a rec.CustomTarget with cdf") as caught:
        as_target(unknown)
    assert caught.value.argument == "target"


def test_without_the_library_there_are_none(monkeypatch: pytest.MonkeyPatch) -> None:
    frozen = scipy().gamma(2.0)
    for module in [name for name in sys.modules if name.split(".")[0] == "scipy"]:
        monkeypatch.delitem(sys.modules, module)
    with pytest.raises(rec.ParameterError):
        as_target(frozen)
