"""Targets and proposals of the user's own: the built-in ones' codes, checked, and exact."""

from __future__ import annotations

import functools
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import special, stats

import astar_rec as rec
from common import CODECS, check_codec, each_codec, same_bits
from goodness import check, seed_for

if TYPE_CHECKING:
    from collections.abc import Callable

Array = np.ndarray
P = rec.Normal(0.0, 1.0)
EXACT = [case for case in CODECS if case.exact]
each_exact_codec = pytest.mark.parametrize("codec_case", EXACT, ids=lambda case: case.name)


class NormalRatio:
    """The log ratio of normals against the standard normal, its mode and its suprema."""

    def __init__(self, loc: Array, scale: Array) -> None:
        self.target = rec.Normal(loc, scale)
        self.shape = self.target.shape
        self.loc = np.broadcast_to(loc, self.shape).reshape(-1)
        self.scale = np.broadcast_to(scale, self.shape).reshape(-1)

    def __call__(self, x: Array, element: Array) -> Array:
        loc, scale = self.loc[element], self.scale[element]
        return 0.5 * (x * x) - 0.5 * ((x - loc) / scale) ** 2 - np.log(scale)

    @property
    def mode(self) -> Array:
        mode = self.loc / ((1.0 - self.scale) * (1.0 + self.scale))
        return mode.reshape(self.shape)

    def bound(self, low: Array, high: Array, element: Array) -> Array:
        concave = self.scale[element] < 1.0
        vertex = np.where(concave, self.mode.reshape(-1)[element], low)
        nearest = np.clip(vertex, low, high)
        return np.where(
            concave, self(nearest, element), np.maximum(self(low, element), self(high, element))
        )

    def custom(self, **options: Any) -> rec.CustomTarget:
        return rec.CustomTarget(self, shape=self.shape, **options)


def narrow(rng: np.random.Generator, shape: Any, bits: float = 2.0) -> NormalRatio:
    scale = 2.0 ** -rng.uniform(0.5 * bits, bits, size=shape)
    return NormalRatio(rng.uniform(-0.8, 0.8, size=shape), scale)


def assert_same(a: rec.Encoded, b: rec.Encoded) -> None:
    assert np.array_equal(a.index, b.index)
    assert np.array_equal(a.steps, b.steps)
    assert same_bits(a.sample, b.sample)


# --- The same as the built-in -------------------------------------------------------------------


@each_codec
def test_mode(codec_case: Any) -> None:
    ratio = narrow(np.random.default_rng(seed_for("mode")), (50, 40))
    codec = codec_case.make(11)
    r = check_codec(codec, ratio.custom(mode=ratio.mode), P)
    assert_same(r, codec.encode(ratio.target, P))


@each_codec
def test_bound_callable(codec_case: Any) -> None:
    ratio = narrow(np.random.default_rng(seed_for("bound")), (50, 40))
    codec = codec_case.make(12)
    r = check_codec(codec, ratio.custom(bound=ratio.bound), P)
    assert_same(r, codec.encode(ratio.target, P))


@pytest.mark.parametrize("codec", [rec.ADStar(5), rec.ASStar(5), rec.DADStar(9, 5)], ids=str)
def test_targets_wider_than_the_proposal(codec: rec.Codec) -> None:
    # Not unimodal: two tails, of which the bound tells.
    ratio = NormalRatio(np.linspace(-1.0, 1.0, 300), np.linspace(0.9, 1.9, 300))
    r = check_codec(codec, ratio.custom(bound=ratio.bound), P)
    assert_same(r, codec.encode(ratio.target, P))


@each_codec
def test_without_element_argument(codec_case: Any) -> None:
    one = NormalRatio(np.array(0.3), np.array(0.4))
    zeros = functools.partial(np.zeros, dtype=int)

    def log_ratio(x: Array) -> Array:
        return one(x, zeros(x.size))

    def bound(low: Array, high: Array) -> Array:
        return one.bound(low, high, zeros(low.size))

    codec = codec_case.make(13)
    expected = codec.encode(rec.Normal(np.full((7, 9), 0.3), 0.4), P)
    for options in ({"mode": one.mode}, {"bound": bound}):
        target = rec.CustomTarget(log_ratio, shape=(7, 9), **options)
        assert_same(check_codec(codec, target, P), expected)


@each_codec
def test_custom_proposal(codec_case: Any) -> None:
    ratio = narrow(np.random.default_rng(seed_for("proposal")), 1000)
    codec, p = codec_case.make(14), rec.CustomProposal(special.ndtri)
    r = check_codec(codec, ratio.custom(mode=ratio.mode), p)
    built_in = codec.encode(ratio.target, P)
    assert np.array_equal(r.index, built_in.index)
    assert np.array_equal(r.steps, built_in.steps)
    np.testing.assert_allclose(r.sample, built_in.sample, rtol=1e-12, atol=1e-15)
    assert_same(r, codec.encode(ratio.custom(bound=ratio.bound), p))


@each_codec
def test_custom_proposal_with_element_argument(codec_case: Any) -> None:
    rng = np.random.default_rng(seed_for("proposal with element"))
    low = rng.uniform(-1.0, 1.0, size=(30, 20))
    # Steps of 1/4: all that follows is exact in floating point.
    low, width = np.round(4 * low) / 4, 2.0 ** rng.integers(-2, 3, size=(30, 20))

    def quantile(u: Array, element: Array) -> Array:
        return low.reshape(-1)[element] + width.reshape(-1)[element] * u

    def log_ratio(x: Array, element: Array) -> Array:
        place = (x - low.reshape(-1)[element]) / width.reshape(-1)[element]
        return np.where((place >= 0.25) & (place <= 0.5), np.log(4.0), -np.inf)

    q = rec.Uniform(low + 0.25 * width, low + 0.5 * width)
    p = rec.CustomProposal(quantile, shape=(30, 20))
    codec = codec_case.make(15)
    r = check_codec(codec, rec.CustomTarget(log_ratio, mode=low + 0.375 * width), p)
    built_in = codec.encode(q, rec.Uniform(low, low + width))
    assert np.array_equal(r.index, built_in.index)
    np.testing.assert_allclose(r.sample, built_in.sample, rtol=1e-12, atol=1e-12)
    assert ((r.sample >= q.low) & (r.sample <= q.high)).all()


@each_codec
def test_built_in_proposals_of_all_families(codec_case: Any) -> None:
    codec = codec_case.make(16)
    for family in ("Laplace", "Logistic"):
        make = getattr(rec, family)
        q, p = make(np.full(100, 0.25), 0.5), make(0.0, 1.0)
        dist = getattr(stats, family.lower())
        target = rec.CustomTarget(
            lambda x, d=dist: d.logpdf(x, 0.25, 0.5) - d.logpdf(x), mode=0.25, shape=100
        )
        if family == "Logistic":
            grid = np.linspace(0.25, 0.6, 100_001)
            ratio = dist.logpdf(grid, 0.25, 0.5) - dist.logpdf(grid)
            target = rec.CustomTarget(
                lambda x, d=dist: d.logpdf(x, 0.25, 0.5) - d.logpdf(x),
                mode=grid[np.argmax(ratio)],
                shape=100,
            )
        r = check_codec(codec, target, p)
        built_in = codec.encode(q, p)
        assert np.array_equal(r.index, built_in.index)
        assert same_bits(r.sample, built_in.sample)


@each_codec
def test_constants_may_be_left_out(codec_case: Any) -> None:
    ratio = narrow(np.random.default_rng(seed_for("constants")), 500)
    codec = codec_case.make(17)
    left_out = rec.CustomTarget(lambda x, i: ratio(x, i) - 3.5, mode=ratio.mode)
    a = codec.encode(left_out, P)
    b = codec.encode(ratio.target, P)
    assert np.array_equal(a.index, b.index)
    assert same_bits(a.sample, b.sample)


@settings(deadline=None, max_examples=40)
@given(
    st.sampled_from([case for case in CODECS if not case.needs_bound]),
    st.floats(-2.0, 2.0),
    st.floats(0.01, 0.9),
    st.integers(0, 2**64 - 1),
    st.integers(0, 2**48 - 5),
    st.booleans(),
)
def test_any_normal(
    case: Any, loc: float, scale: float, seed: int, offset: int, by_mode: bool
) -> None:
    ratio = NormalRatio(np.full(5, loc), np.full(5, scale))
    target = ratio.custom(**({"mode": ratio.mode} if by_mode else {"bound": ratio.bound}))
    codec = case.make(seed)
    r = check_codec(codec, target, P, offset=offset)
    assert_same(r, codec.encode(ratio.target, P, offset=offset))


# --- Shapes and numbers of elements -------------------------------------------------------------


@each_codec
def test_shapes(codec_case: Any) -> None:
    codec = codec_case.make(3)
    flat = rec.CustomTarget(lambda x: -x * x, mode=0.0)
    assert check_codec(codec, flat, P).index.shape == ()
    assert check_codec(codec, flat, rec.Normal(np.zeros((2, 1)), np.ones(3))).index.shape == (2, 3)
    for shape in (4, (4,), [4]):
        target = rec.CustomTarget(lambda x: -x * x, mode=0.0, shape=shape)
        assert target.shape == (4,)
        assert check_codec(codec, target, P).index.shape == (4,)
    broad = rec.CustomTarget(lambda x: -x * x, mode=np.zeros((5, 1)), shape=(4,))
    assert broad.shape == (5, 4)
    assert check_codec(codec, broad, rec.Normal(np.zeros((2, 1, 1)), 1.0)).index.shape == (2, 5, 4)
    bounded = rec.CustomTarget(lambda x: -x * x, bound=np.zeros((3, 1)))
    assert check_codec(codec, bounded, P).index.shape == (3, 1)
    p = rec.CustomProposal(lambda u: u, shape=(2, 3))
    assert check_codec(codec, flat, p).index.shape == (2, 3)


@each_codec
def test_empty(codec_case: Any) -> None:
    codec = codec_case.make(3)

    def never(*_: Array) -> Array:
        raise AssertionError("called for no elements")

    for shape in (0, (0, 3), (2, 0)):
        for options in ({"mode": 0.0}, {"bound": 0.0}, {"bound": never}):
            target = rec.CustomTarget(never, shape=shape, **options)
            assert codec.encode(target, P).index.shape == target.shape
            codec.encode(target, rec.CustomProposal(never))
    assert codec.decode(np.empty((2, 0), np.uint64), rec.CustomProposal(never)).shape == (2, 0)


def test_elements_are_numbered_in_c_order() -> None:
    seen: list[Array] = []
    scales = np.asfortranarray(2.0 ** -np.arange(12).reshape(3, 4) / 4)

    def log_ratio(x: Array, element: Array) -> Array:
        assert element.dtype == np.int64
        assert element.shape == x.shape
        assert x.dtype == np.float64
        seen.append(element.copy())
        return -(x**2) / scales.reshape(-1)[element]

    codec = rec.ADStar(8)
    r = codec.encode(rec.CustomTarget(log_ratio, mode=np.zeros((3, 1))), rec.Normal(np.zeros(4), 1))
    assert set(np.concatenate(seen)) == set(range(12))
    for i in np.ndindex(3, 4):
        alone = rec.CustomTarget(lambda x, i=i: -(x**2) / scales[i], mode=0.0)
        number = int(np.ravel_multi_index(i, (3, 4)))
        assert same_bits(codec.encode(alone, P, offset=number).sample, r.sample[i])


@pytest.mark.parametrize("codec", [rec.ADStar(6), rec.ASStar(6), rec.DADStar(4, 6)], ids=str)
def test_more_elements_than_a_batch_holds(codec: rec.Codec) -> None:
    # Batches are of 65,536: the second starts in the middle of a row.
    rng = np.random.default_rng(seed_for("batches"))
    ratio = narrow(rng, (700, 100), bits=1.0)
    largest = 0

    def log_ratio(x: Array, element: Array) -> Array:
        nonlocal largest
        largest = max(largest, x.size)
        return ratio(x, element)

    target = rec.CustomTarget(log_ratio, mode=ratio.mode)
    progress: list[tuple[int, int]] = []
    r = codec.encode(target, P, progress=lambda *done: progress.append(done))
    assert_same(r, codec.encode(ratio.target, P))
    assert progress == [(65_536, 70_000), (70_000, 70_000)]
    # The memory of a call does not grow with the number of elements.
    assert largest <= 4 * 65_536
    p = rec.CustomProposal(special.ndtri)
    assert same_bits(codec.decode(r.index, p), codec.encode(target, p).sample)


@each_codec
def test_pieces(codec_case: Any) -> None:
    ratio = narrow(np.random.default_rng(seed_for("pieces")), 300)
    codec, p = codec_case.make(9), rec.CustomProposal(special.ndtri)
    whole = codec.encode(ratio.custom(mode=ratio.mode), p)
    for part in (slice(0, 1), slice(1, 120), slice(120, 300)):
        piece = NormalRatio(ratio.loc[part], ratio.scale[part])
        r = codec.encode(piece.custom(mode=piece.mode), p, offset=part.start)
        assert np.array_equal(r.index, whole.index[part])
        assert same_bits(r.sample, whole.sample[part])
        assert same_bits(codec.decode(r.index, p, offset=part.start), r.sample)


def test_few_python_calls() -> None:
    # 10,000 elements of 5 bits each: by far most steps are those of other elements.
    rng = np.random.default_rng(seed_for("calls"))
    scale = np.full(10_000, 2.0**-5)
    ratio = NormalRatio(rng.normal(size=10_000) * np.sqrt(1 - scale**2), scale)
    calls = 0

    def counted(function: Callable[..., Array]) -> Callable[..., Array]:
        def call(*arrays: Array) -> Array:
            nonlocal calls
            calls += 1
            return function(*arrays)

        # Keep the signature: it says that elements are wanted.
        return functools.wraps(function)(call)

    def log_ratio(x: Array, element: Array) -> Array:
        return ratio(x, element)

    def bound(low: Array, high: Array, element: Array) -> Array:
        return ratio.bound(low, high, element)

    target = rec.CustomTarget(counted(log_ratio), mode=ratio.mode)
    for codec in (rec.ADStar(1), rec.ASStar(1)):
        calls = 0
        r = codec.encode(target, P)
        assert calls < 50
        assert r.steps.sum() > 10_000
        calls = 0
        codec.encode(rec.CustomTarget(counted(log_ratio), bound=counted(bound), shape=10_000), P)
        assert calls < 100
    calls = 0
    rec.ADStar(1).decode(r.index, rec.CustomProposal(counted(lambda u: u)))
    assert calls == 1


# --- Callables of all kinds ---------------------------------------------------------------------


class Triangle:
    """A callable object, and a bound method."""

    def __call__(self, x: Array) -> Array:
        return np.log(2 * x)

    def log_ratio(self, x: Array) -> Array:
        return np.log(2 * x)

    @staticmethod
    def with_element(x: Array, element: Array) -> Array:
        assert element.dtype == np.int64
        return np.log(2 * x)


def with_defaults(x: Array, factor: float = 2.0, *, offset: float = 0.0, **_: Any) -> Array:
    assert isinstance(factor, float)
    return np.log(factor * x) + offset


def any_number(*arrays: Array) -> Array:
    (x,) = arrays
    return np.log(2 * x)


CALLABLES: dict[str, Callable[..., Any]] = {
    "lambda": lambda x: np.log(2 * x),
    "lambda with element": lambda x, element: np.log(2 * x) + 0 * element,
    "lambda with default": lambda x, factor=2.0: np.log(factor * x),
    "lambda with two defaults": lambda x, factor=2.0, offset=0.0: np.log(factor * x) + offset,
    "function with defaults": with_defaults,
    "variadic": any_number,
    "ufunc": np.log,
    "SciPy's ufunc": special.log1p,
    "vectorize": np.vectorize(lambda x: float(np.log(2 * x)), otypes=[float]),
    "object": Triangle(),
    "method": Triangle().log_ratio,
    "static method": Triangle.with_element,
    "partial": functools.partial(with_defaults, factor=2.0),
    "partial of a ufunc": functools.partial(np.log),
    "float32": lambda x: np.log(2 * x).astype(np.float32),
    "list": lambda x: np.log(2 * x).tolist(),
    "strided": lambda x: np.repeat(np.log(2 * x), 2)[::2],
    "big-endian": lambda x: np.log(2 * x).astype(">f8"),
    "read-only": lambda x: np.broadcast_to(np.log(2 * x), x.shape),
    "integers": lambda x: (8 * x).astype(int),
}


@pytest.mark.parametrize("name", CALLABLES)
@each_codec
def test_callables(codec_case: Any, name: str) -> None:
    # Increasing functions: their mode on the unit interval is at 1.
    target = rec.CustomTarget(CALLABLES[name], mode=1.0, shape=(20,))
    codec, p = codec_case.make(21), rec.Uniform(0.0, 1.0)
    r = check_codec(codec, target, p)
    if name not in ("float32", "SciPy's ufunc", "integers"):
        expected = codec.encode(rec.CustomTarget(np.log, mode=1.0, shape=20), p)
        assert same_bits(r.sample, expected.sample)


@pytest.mark.parametrize(
    "bound",
    [
        lambda _, high: np.log(2 * high),
        lambda low, high, element: np.log(2 * high) + 0 * low * element,
        lambda low, high, zero=0.0: np.log(2 * high) + zero * low,
        lambda *ends: np.log(2 * ends[1]),
        np.maximum,
    ],
)
@each_codec
def test_bounds(codec_case: Any, bound: Callable[..., Array]) -> None:
    log_ratio = (lambda x: x) if bound is np.maximum else (lambda x: np.log(2 * x))
    codec, p = codec_case.make(22), rec.Uniform(0.0, 1.0)
    r = check_codec(codec, rec.CustomTarget(log_ratio, bound=bound, shape=20), p)
    assert_same(r, codec.encode(rec.CustomTarget(log_ratio, mode=1.0, shape=20), p))


@pytest.mark.parametrize(
    "quantile", [lambda u: u, lambda u, _: u, lambda u, unit=1.0: u * unit, np.positive, np.asarray]
)
@each_codec
def test_quantiles(codec_case: Any, quantile: Callable[..., Array]) -> None:
    target = rec.CustomTarget(lambda x: np.log(2 * x), mode=1.0, shape=20)
    codec = codec_case.make(23)
    r = check_codec(codec, target, rec.CustomProposal(quantile))
    assert np.array_equal(r.index, codec.encode(target, rec.Uniform(0.0, 1.0)).index)


@each_codec
def test_probabilities_are_inside_the_unit_interval(codec_case: Any) -> None:
    seen: list[Array] = []

    def quantile(u: Array) -> Array:
        assert u.dtype == np.float64
        seen.append(u.copy())
        return u

    codec = codec_case.make(24)
    codec.encode(rec.CustomTarget(lambda x: -x, mode=0.0, shape=1000), rec.CustomProposal(quantile))
    codec.decode(np.arange(1, 41, dtype=np.uint64), rec.CustomProposal(quantile))
    u = np.concatenate(seen)
    assert u.min() >= 2.0**-65
    assert u.max() <= 1.0 - 2.0**-53


def tidy(x: Array) -> Array:
    return np.log(2.0 * x)


def ratio_in_place(x: Array, element: Array) -> Array:
    element *= 0
    x *= 2.0
    return np.log(x, out=x)


def bound_in_place(low: Array, high: Array, element: Array) -> Array:
    element += 1
    low *= 0.0
    high *= 2.0
    return np.log(high, out=high)


def quantile_in_place(u: Array, element: Array) -> Array:
    element += 7
    u *= 1.0
    return u


class Buffered:
    """Returns the same array each time, as one may who saves allocations."""

    def __init__(self, function: Callable[[Array], Array]) -> None:
        self.function = function
        self.buffer = np.empty(10_000)

    def __call__(self, x: Array) -> Array:
        out = self.buffer[: x.size]
        out[...] = self.function(x)
        return out


BUFFERED = Buffered(tidy)
IMPOLITE: dict[str, tuple[dict[str, Any], Callable[..., Array]]] = {
    "ratio, mode": ({"log_ratio": ratio_in_place, "mode": 1.0}, np.positive),
    "ratio, bound": ({"log_ratio": ratio_in_place, "bound": np.log(2.0)}, np.positive),
    "bound": ({"log_ratio": tidy, "bound": bound_in_place}, np.positive),
    "quantile": ({"log_ratio": tidy, "mode": 1.0}, quantile_in_place),
    "buffered ratio": ({"log_ratio": BUFFERED, "mode": 1.0}, np.positive),
    "buffered ratio and bound": (
        {"log_ratio": BUFFERED, "bound": lambda _, high: BUFFERED(high)},
        np.positive,
    ),
    "buffered quantile": ({"log_ratio": tidy, "mode": 1.0}, Buffered(np.positive)),
}


@each_codec
@pytest.mark.parametrize("name", IMPOLITE)
def test_callables_may_work_in_place(codec_case: Any, name: str) -> None:
    """What callables do to their arguments and results later changes nothing, or is refused."""
    codec, shape = codec_case.make(25), (50,)
    options, quantile = IMPOLITE[name]
    polite = options | {"log_ratio": tidy}
    if callable(options.get("bound")):
        polite["bound"] = lambda _, high: tidy(high)
    expected = codec.encode(
        rec.CustomTarget(shape=shape, **polite), rec.CustomProposal(np.positive)
    )
    proposal = rec.CustomProposal(quantile)
    try:
        r = codec.encode(rec.CustomTarget(shape=shape, **options), proposal)
        decoded = codec.decode(r.index, proposal)
    except ValueError as error:
        assert "read-only" in str(error)  # noqa: PT017
    else:
        assert_same(r, expected)
        assert same_bits(decoded, r.sample)


# --- Exactness ----------------------------------------------------------------------------------


@each_exact_codec
@pytest.mark.parametrize("seed", [0, 2**40 + 1])
def test_triangular_target(codec_case: Any, seed: int) -> None:
    target = rec.CustomTarget(
        lambda x: np.log(np.maximum(4.0 * np.minimum(x, 1.0 - x), 1e-300)), mode=0.5, shape=20_000
    )
    r = check_codec(codec_case.make(seed), target, rec.Uniform(0.0, 1.0))
    check(stats.kstest(r.sample, stats.triang(0.5).cdf).pvalue, f"triangular, {codec_case.name}")


@each_exact_codec
def test_exponential_target(codec_case: Any) -> None:
    # Against an exponential proposal of thrice the mean.
    target = rec.CustomTarget(lambda x: np.log(3.0) - 2.0 * x, mode=0.0, shape=20_000)
    p = rec.CustomProposal(lambda u: -3.0 * np.log1p(-u))
    target = rec.CustomTarget(lambda x: np.log(3.0) - x + x / 3.0, mode=0.0, shape=20_000)
    r = check_codec(codec_case.make(31), target, p)
    check(stats.kstest(r.sample, stats.expon.cdf).pvalue, f"exponential, {codec_case.name}")


class Mixture:
    """Two normals, of which each element has its own first weight: not unimodal."""

    loc, scale = np.array([-1.5, 0.75]), np.array([0.25, 0.125])

    def __init__(self, weight: Array) -> None:
        self.weight = weight

    def parts(self, x: Array) -> list[Array]:
        return [
            stats.norm.logpdf(x, m, s) - stats.norm.logpdf(x)
            for m, s in zip(self.loc, self.scale, strict=True)
        ]

    def log_ratio(self, x: Array, element: Array) -> Array:
        first, second = self.parts(x)
        w = self.weight[element]
        return np.logaddexp(first + np.log(w), second + np.log1p(-w))

    def bound(self, low: Array, high: Array, element: Array) -> Array:
        """Each part at its best point of the interval: what both can do together at the most."""
        modes = self.loc / (1.0 - self.scale**2)
        first = self.parts(np.clip(modes[0], low, high))[0]
        second = self.parts(np.clip(modes[1], low, high))[1]
        w = self.weight[element]
        return np.logaddexp(first + np.log(w), second + np.log1p(-w))

    def cdf(self, x: Array) -> Array:
        a, b = (stats.norm.cdf(x, m, s) for m, s in zip(self.loc, self.scale, strict=True))
        return self.weight * a + (1.0 - self.weight) * b


@each_exact_codec
def test_mixture(codec_case: Any) -> None:
    mixture = Mixture(np.random.default_rng(seed_for("mixture")).uniform(0.1, 0.9, size=10_000))
    target = rec.CustomTarget(mixture.log_ratio, bound=mixture.bound, shape=10_000)
    r = check_codec(codec_case.make(32), target, P)
    check(stats.kstest(mixture.cdf(r.sample), "uniform").pvalue, f"mixture, {codec_case.name}")


@each_exact_codec
def test_discontinuous_target(codec_case: Any) -> None:
    # Three steps of different heights, and nothing between.
    edges, heights = np.array([0.0, 0.25, 0.5, 0.625, 1.0]), np.array([0.8, 0.0, 4.8, 8 / 15])

    def log_ratio(x: Array) -> Array:
        height = heights[np.clip(np.searchsorted(edges, x) - 1, 0, 3)]
        return np.log(height, out=np.full(x.shape, -np.inf), where=height > 0)

    target = rec.CustomTarget(log_ratio, bound=np.log(4.8), shape=10_000)
    r = check_codec(codec_case.make(33), target, rec.Uniform(0.0, 1.0))
    cdf = np.interp(r.sample, edges, np.concatenate(([0.0], np.cumsum(heights * np.diff(edges)))))
    check(stats.kstest(cdf, "uniform").pvalue, f"steps, {codec_case.name}")


# --- Bounds that are wrong or loose -------------------------------------------------------------


@pytest.mark.parametrize("codec", [rec.ADStar(2), rec.ASStar(2), rec.DADStar(20, 2)], ids=str)
def test_wrong_mode(codec: rec.Codec) -> None:
    ratio = narrow(np.random.default_rng(2), (20, 30), bits=4.0)
    wrong = ratio.mode.copy()
    wrong[13, 17] += 3.0
    with pytest.raises(rec.BoundError) as caught:
        codec.encode(ratio.custom(mode=wrong), P)
    error = caught.value
    assert error.element == (13, 17)
    assert error.log_ratio > error.bound
    assert error.log_ratio == ratio(np.array([error.point]), np.array([13 * 30 + 17]))[0]
    assert "mode" in str(error)


@each_codec
def test_wrong_bounds(codec_case: Any) -> None:
    codec = codec_case.make(2)
    ratio = narrow(np.random.default_rng(3), 100)

    def low_bound(low: Array, high: Array, element: Array) -> Array:
        return ratio.bound(low, high, element) - 0.5

    for options in ({"bound": low_bound}, {"bound": -2.0}):
        with pytest.raises(rec.BoundError):
            codec.encode(ratio.custom(**options), P)


@pytest.mark.parametrize("codec", [rec.ADStar(4), rec.ASStar(4)], ids=str)
def test_rounding_is_that_of_the_type_that_came_back(codec: rec.Codec) -> None:
    mean, scale, short = 3.0, 0.1, np.float32

    def log_ratio(x: Array) -> Any:
        y = x.astype(short)
        z = (y - short(mean)) / short(scale)
        return short(0.5) * (y * y - z * z) - short(np.log(scale))

    def exact(x: Array) -> Array:
        return log_ratio(x).astype(np.float64)

    mode = mean / (1 - scale**2)
    with pytest.raises(rec.BoundError):  # of float64, that is no rounding
        codec.encode(rec.CustomTarget(exact, mode=mode, shape=(20_000,)), P)
    by_mode = codec.encode(rec.CustomTarget(log_ratio, mode=mode, shape=(20_000,)), P)

    def bound(low: Array, high: Array) -> Any:
        return log_ratio(np.clip(mode, low, high))

    assert_same(codec.encode(rec.CustomTarget(log_ratio, bound=bound, shape=(20_000,)), P), by_mode)

    def wrong(x: Array) -> Any:
        return log_ratio(x) + short(1e-3) * (x > mode)

    with pytest.raises(rec.BoundError):
        codec.encode(rec.CustomTarget(wrong, mode=mode - 1e-3, shape=(20_000,)), P)


@pytest.mark.slow
def test_loose_bounds_do_not_share_a_limit() -> None:
    def log_ratio(x: Array) -> Array:
        return -0.5 * ((x - 1) / 0.1) ** 2 + 0.5 * x * x - np.log(0.1)

    count, part = 400, 20  # 400 searches of thousands of nodes are more than wait at once
    codec = rec.ADStar(1)
    whole = codec.encode(rec.CustomTarget(log_ratio, bound=9.0, shape=(count,)), P)
    assert whole.steps.sum() > 1.2 * 2**21  # nodes that wait at once, of all searches: lockstep.hpp
    for begin in (0, count // 2, count - part):
        target = rec.CustomTarget(log_ratio, bound=9.0, shape=(part,))
        piece = codec.encode(target, P, offset=begin)
        assert np.array_equal(piece.index, whole.index[begin : begin + part])
        assert np.array_equal(piece.steps, whole.steps[begin : begin + part])


@each_codec
def test_bounds_may_be_exceeded_by_rounding(codec_case: Any) -> None:
    ratio = narrow(np.random.default_rng(4), 100)

    def log_ratio(x: Array, element: Array) -> Array:
        return ratio(x, element) * (1.0 + 1e-15)

    check_codec(
        codec_case.make(2), rec.CustomTarget(log_ratio, bound=ratio.bound, shape=ratio.shape), P
    )


@each_exact_codec
def test_loose_bounds(codec_case: Any) -> None:
    """A bound that is too large takes more steps and finds the same samples."""
    ratio, codec = narrow(np.random.default_rng(5), 200), codec_case.make(4)
    tight = codec.encode(ratio.custom(mode=ratio.mode), P)

    def looser(low: Array, high: Array, element: Array) -> Array:
        return ratio.bound(low, high, element) + 0.75

    for options in ({"bound": looser}, {"bound": 4.0}):
        loose = check_codec(codec, ratio.custom(**options), P)
        assert (loose.steps >= tight.steps).all()
        assert loose.steps.sum() > tight.steps.sum()
        if codec_case.name in ("global", "ad"):
            assert np.array_equal(loose.index, tight.index)
        assert same_bits(loose.sample, tight.sample)


@pytest.mark.parametrize("codec", ["ADStar(0)", "ASStar(0)", "GlobalAStar(0)"])
def test_absurd_bounds(codec: str) -> None:
    """A bound without use is refused, before it has eaten the memory or the day."""
    resource = pytest.importorskip("resource", reason="measures memory the way of Unix")
    del resource
    program = f"""
import resource
import numpy as np
import astar_rec as rec
target = rec.CustomTarget(lambda x: -4 * x * x, bound=1000.0, shape=1000)
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
try:
    rec.{codec}.encode(target, rec.Normal(0.0, 1.0))
except rec.DivergenceError as error:
    assert error.element == (0,), error
    assert error.bits > error.limit, error
    print("refused", resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)
"""
    ran = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=20
    )
    word, kilobytes = ran.stdout.split()
    assert word == "refused"
    unit = 1 if sys.platform != "darwin" else 1 / 1024
    assert int(kilobytes) * unit < 500_000


def test_absurd_bounds_for_approximate_codecs() -> None:
    target = rec.CustomTarget(lambda x: -4 * x * x, bound=1000.0, shape=20)
    assert (rec.GlobalAStar(0, max_samples=30).encode(target, P).steps <= 30).all()
    assert (rec.DADStar(5, 0).encode(target, P).steps <= 63).all()


@each_codec
def test_repr(codec_case: Any) -> None:
    assert repr(codec_case.make(7)).startswith(type(codec_case.make(7)).__name__ + "(")
    assert repr(rec.CustomTarget(np.log, mode=0.0, shape=3)) == "CustomTarget(shape=(3,))"
    assert repr(rec.CustomProposal(np.log, shape=(2, 3))) == "CustomProposal(shape=(2, 3))"
