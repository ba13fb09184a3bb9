"""A family that the package does not have, of three parameters, passes the general tests."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from scipy import stats

import astar_rec as rec
from astar_rec.distributions import Distribution, Parameter, register_peaks
from astar_rec.distributions.ratios import _PEAKS
from common import CodecCase, check_codec, each_codec, same_bits
from extension.toy_family import AsymmetricLaplace
from extension.toy_method import NearestShift
from family_tests import FamilyCase, FamilyTests
from goodness import check_uniform, seed_for

if TYPE_CHECKING:
    from collections.abc import Iterator

P = AsymmetricLaplace(0.25, 1.0, 2.0)


def targets(rng: np.random.Generator, shape: tuple[int, ...]) -> AsymmetricLaplace:
    scales = rng.uniform(0.1, 0.9, size=(2, *shape))
    return AsymmetricLaplace(rng.uniform(-1.0, 1.0, size=shape), *scales)


def cdf(x: np.ndarray, d: Any) -> np.ndarray:
    below = d.left / (d.left + d.right)
    left = below * np.exp(np.minimum(x - d.loc, 0.0) / d.left)
    right = 1.0 - (1.0 - below) * np.exp(-np.maximum(x - d.loc, 0.0) / d.right)
    return np.where(x < d.loc, left, right)


CASE = FamilyCase("asymmetric Laplace", AsymmetricLaplace, targets, P, cdf)


class TestToyFamily(FamilyTests):
    """The general tests."""

    @pytest.fixture
    def case(self) -> FamilyCase:
        return CASE

    def far_away(self, case: FamilyCase, low: float, high: float) -> Distribution:
        del case, low
        return AsymmetricLaplace(high, [0.5, 1e-22], [0.5, 1e-22])


# --- Beside families that the core has ---


@each_codec
def test_against_normals(codec_case: CodecCase) -> None:
    seed = seed_for("asymmetric Laplace against normal", codec_case.name)
    rng = np.random.default_rng(seed)
    q = AsymmetricLaplace(rng.uniform(-0.5, 0.5, 5_000), 0.1, rng.uniform(0.05, 0.15, 5_000))
    r = check_codec(codec_case.make(seed), q, rec.Normal(0.0, 1.0))
    if codec_case.exact:
        check_uniform(cdf(r.sample, q), f"against a normal, {codec_case.name}")


@each_codec
def test_normals_against_it(codec_case: CodecCase) -> None:
    seed = seed_for("normal against asymmetric Laplace", codec_case.name)
    rng = np.random.default_rng(seed)
    q = rec.Normal(rng.uniform(-1.0, 1.0, 5_000), rng.uniform(0.1, 0.8, 5_000))
    r = check_codec(codec_case.make(seed), q, P)
    if codec_case.exact:
        check_uniform(stats.norm.cdf(r.sample, q.loc, q.scale), f"normals, {codec_case.name}")


@each_codec
def test_symmetric_ones_are_those_of_the_core(codec_case: CodecCase) -> None:
    """With equal scales it is the Laplace distribution, whose bounds the core has."""
    rng = np.random.default_rng(5)
    loc, scale = rng.uniform(-0.8, 0.8, 500), rng.uniform(0.1, 0.9, 500)
    codec = codec_case.make(6)
    r = codec.encode(AsymmetricLaplace(loc, scale, scale), AsymmetricLaplace(0.0, 1.0, 1.0))
    core = codec.encode(rec.Laplace(loc, scale), rec.Laplace(0.0, 1.0))
    assert np.array_equal(r.index, core.index)
    np.testing.assert_allclose(r.sample, core.sample, rtol=1e-9, atol=1e-12)
    half = np.full(3, 0.5)
    assert rec.kl_bits(
        AsymmetricLaplace([-0.3, 0.0, 2.0], half, half), AsymmetricLaplace(0.0, 1.0, 1.0)
    ) == pytest.approx(rec.kl_bits(rec.Laplace([-0.3, 0.0, 2.0], half), rec.Laplace(0.0, 1.0)))


# --- Beside what users define ---


@each_codec
def test_custom_targets_against_it(codec_case: CodecCase) -> None:
    log_p = AsymmetricLaplace.log_density

    def log_ratio(x: np.ndarray, element: np.ndarray) -> np.ndarray:
        parameters = (np.full(x.shape, float(value)) for value in P._parameters)
        return -2.0 * np.abs(x - 0.25) - log_p(x, *parameters) + 0.0 * element

    target = rec.CustomTarget(log_ratio, mode=0.25, shape=200)
    r = check_codec(codec_case.make(7), target, P)
    same = AsymmetricLaplace(np.full(200, 0.25), 0.5, 0.5)
    if codec_case.exact:
        assert same_bits(r.sample, codec_case.make(7).encode(same, P).sample)


def test_with_a_toy_method() -> None:
    check_codec(NearestShift(40, 1), targets(np.random.default_rng(1), (50,)), P)
    check_codec(NearestShift(40, 1), rec.Normal(np.zeros(50), 1.0), P[None])


def test_more_elements_than_a_batch_holds() -> None:
    q = targets(np.random.default_rng(2), (700, 100))
    p = AsymmetricLaplace(np.linspace(-0.1, 0.1, 100), 1.0, np.full((700, 1), 2.0))
    r = check_codec(rec.ADStar(1), q, p)
    part = rec.ADStar(1).encode(q[655:657], p[655:657], offset=65_500)
    assert same_bits(part.sample, r.sample[655:657])


# --- What is refused ---


def test_blocks() -> None:
    q = targets(np.random.default_rng(1), (4,))
    with pytest.raises(rec.ParameterError, match=r"target is .*, with blocks"):
        rec.ADStar(1, 2).encode(q, P)
    with pytest.raises(rec.ParameterError, match=r"proposal is .*, with blocks"):
        rec.ADStar(1, 2).decode(np.ones((1, 2), np.uint64), P)


@pytest.mark.parametrize(
    ("target", "proposal"),
    [(rec.Laplace(0.0, 1.0), P), (P, rec.Uniform(0.0, 1.0)), (P, rec.Logistic(0.0, 1.0))],
    ids=str,
)
def test_pairs_of_which_nobody_spoke(target: Distribution, proposal: Distribution) -> None:
    pair = f"{type(target).__name__} against {type(proposal).__name__}"
    calls: tuple[Any, ...] = (rec.ADStar(1).encode, rec.kl_bits, rec.automatic_codec)
    for call in calls:
        with pytest.raises(rec.ParameterError, match=pair) as caught:
            call(target, proposal)
        assert caught.value.argument == "target"


def test_without_a_ratio_it_is_for_polar_coding() -> None:
    """Any CDF goes with any quantile; a target without a CDF is refused."""
    q = rec.Laplace(np.linspace(-1.0, 1.0, 50), 0.5)
    data, sample = rec.compress(q, P, return_sample=True)
    assert type(rec.inspect(data).codec) is rec.PolarCoding
    assert same_bits(rec.decompress(data, P), sample)
    with pytest.raises(rec.ParameterError, match="AsymmetricLaplace against Uniform") as caught:
        rec.compress(P, rec.Uniform(0.0, 1.0))
    assert caught.value.argument == "target"


@pytest.fixture
def broken() -> Iterator[type[Distribution]]:
    """A family whose functions are wrong where its parameter says so."""

    class Broken(Distribution):
        __slots__ = ()
        way = Parameter("What is wrong.")

        def __init__(self, way: object) -> None:
            super().__init__(way)

        @classmethod
        def quantile(cls, u: np.ndarray, *parameters: np.ndarray) -> Any:
            (way,) = parameters
            return np.where(way == 1.0, np.nan, np.where(way == 2.0, -u, u))

        @classmethod
        def log_density(cls, x: np.ndarray, *parameters: np.ndarray) -> Any:
            (way,) = parameters
            return np.where(way == 3.0, np.inf, np.where(way == 4.0, np.log(2.0 - 2.0 * x), 0.0))

    # Wrong for the second pair: its ratio peaks at the target's mode.
    for pair in ((Broken, Broken), (AsymmetricLaplace, Broken)):
        register_peaks(*pair)(lambda *_: ())
    yield Broken
    for pair in ((Broken, Broken), (AsymmetricLaplace, Broken)):
        del _PEAKS[pair]


def test_functions_that_are_wrong(broken: Any) -> None:
    codec, fine = rec.ADStar(1), broken(0.0)
    check_codec(codec, broken([0.0, 4.0]), fine)
    with pytest.raises(rec.ParameterError, match=r"result of quantile\(\S+\) at \[1\] is nan"):
        codec.encode(fine, broken([0.0, 1.0]))
    with pytest.raises(rec.ParameterError, match=r"result of quantile\(\S+\) at \[1\] is nan"):
        codec.decode([1, 1], broken([0.0, 1.0]))
    with pytest.raises(rec.ParameterError, match=r"quantile of proposal at \[1\] is"):
        codec.encode(fine, broken([0.0, 2.0]))
    with pytest.raises(rec.ParameterError, match=r"result of bound\(\S+, \S+\) at \[1\] is inf"):
        codec.encode(broken([0.0, 3.0]), fine)
    with pytest.raises(rec.BoundError) as caught:
        codec.encode(AsymmetricLaplace(np.full(50, 0.5), 0.01, 0.01), fine)
    assert caught.value.log_ratio > caught.value.bound


def test_what_a_family_does_not_say() -> None:
    class Silent(Distribution):
        way = Parameter("Anything.")

    with pytest.raises(NotImplementedError, match="Silent has no quantile"):
        Silent.quantile(np.zeros(1))
    with pytest.raises(NotImplementedError, match="Silent has no log density"):
        Silent.log_density(np.zeros(1))
