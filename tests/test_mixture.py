"""Mixtures: tails and quantile against mpmath and SciPy, density, and who takes them."""

from __future__ import annotations

from typing import Any

import mpmath as mp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import integrate, stats

import astar_rec as rec
from astar_rec.codecs.engine import samples_at
from astar_rec.distributions.normal_tail import SERIES, normal_tail
from astar_rec.distributions.tails import joined
from astar_rec.reference import mixture as reference
from common import each_codec

Array = np.ndarray
M = rec.Mixture([0.3, 0.6, 0.1], [-1.0, 2.0, 2.5], [0.5, 0.01, 4.0])


def below(x: Array, d: Any) -> Array:
    """Return the CDF, by components."""
    share = d.weights / d.weights.sum(axis=-1, keepdims=True)
    return (share * stats.norm.cdf(x[..., None], d.loc, d.scale)).sum(axis=-1)


def above(x: Array, d: Any) -> Array:
    share = d.weights / d.weights.sum(axis=-1, keepdims=True)
    return (share * stats.norm.sf(x[..., None], d.loc, d.scale)).sum(axis=-1)


def tails(x: Array, d: Any) -> Array:
    return d._tail(x, *d._at(np.zeros(x.size, np.int64), ()))


# --- The normal's tail ---


def test_normal_tail() -> None:
    z = np.concatenate((np.linspace(0.0, 37.0, 500), np.geomspace(1e-300, 37.0, 300)))
    made = normal_tail(z)
    with mp.workdps(40):
        for value, point in zip(made.tolist(), z.tolist(), strict=True):
            expected = mp.erfc(mp.mpf(point) / mp.sqrt(2)) / 2
            assert abs(mp.mpf(value) / expected - 1) < mp.mpf(2) ** -50, point
    assert normal_tail(np.array([37.5, 1e3, 1e300, np.inf])).tolist() == [0.0] * 4
    assert normal_tail(np.zeros(1))[0] == 0.5


@settings(deadline=None)
@given(st.lists(st.floats(0.0, 50.0), min_size=1, max_size=20))
def test_normal_tail_is_the_references(z: list[float]) -> None:
    assert normal_tail(np.array(z)).tolist() == [reference.normal_tail(value) for value in z]
    assert len(SERIES) == 25


# --- Tails and quantile ---


def test_tails_are_precise_on_both_sides() -> None:
    x = np.concatenate((np.linspace(-140.0, 140.0, 281), [-1e6, 1e6, 2.0, -1.0]))
    s = tails(x, M)
    lower = s >= 0
    assert lower[below(x, M) < 0.499].all()
    assert not lower[below(x, M) > 0.501].any()
    np.testing.assert_allclose(s[lower], below(x, M)[lower], rtol=1e-12, atol=1e-300)
    np.testing.assert_allclose(-s[~lower], above(x, M)[~lower], rtol=1e-12, atol=1e-300)
    assert s[-4:-2].tolist() == [0.0, -5e-324]


@settings(deadline=None)
@given(
    st.integers(1, 4),
    st.integers(0, 10_000),
    st.lists(st.integers(0, 2**64 - 1) | st.integers(0, 99), min_size=1, max_size=9),
    st.booleans(),
)
def test_quantile_is_the_inverse(
    components: int, seed: int, positions: list[int], upper: bool
) -> None:
    rng = np.random.default_rng(seed)
    scale = 10.0 ** rng.uniform(-2.0, 2.0, components)
    d = rec.Mixture(rng.random(components) + 1e-3, rng.normal(size=components), scale)
    position = np.array(positions, np.uint64)
    position = ~position if upper else position
    x = samples_at(d, position)
    numbers = [int(each) for each in position]
    u = np.array([(each + 0.5) / 2**64 for each in numbers])
    v = np.array([(2**64 - 1 - each + 0.5) / 2**64 for each in numbers])
    # A sample is rounded, and the CDF moves by as much.
    density = np.exp(d.log_density(x, *d._at(np.zeros(x.size, np.int64), ())))
    slack = 4 * density * np.spacing(np.maximum(np.abs(x), np.abs(d.loc).max()))
    assert (np.abs(below(x, d) - u) <= slack + 1e-12 * u).all()
    assert (np.abs(above(x, d) - v) <= slack + 1e-12 * v).all()
    s = tails(x, d)
    wanted = joined(u, v)
    same = (s < 0) == (wanted < 0)
    assert (same | (np.abs(s) > 0.49)).all()
    assert (np.abs(np.abs(s) - np.abs(wanted)) <= slack + 1e-12 * np.abs(wanted))[same].all()


def test_one_component_is_a_normal() -> None:
    position = np.random.default_rng(3).integers(0, 2**64, 3000, dtype=np.uint64)
    position[:4] = [0, 1, 2**64 - 2, 2**64 - 1]
    one = samples_at(rec.Mixture(2.0, 0.0, 1.0), position)
    expected = samples_at(rec.Normal(0.0, 1.0), position)
    np.testing.assert_allclose(one, expected, rtol=2e-15, atol=1e-15)


def test_far_apart_and_narrow() -> None:
    """Between components there is nothing: samples keep away from there."""
    d = rec.Mixture([0.5, 0.5], [-1e6, 1e6], [1e-6, 1e3])
    x = samples_at(d, np.linspace(0, 2**64 * (1 - 2**-53), 1001).astype(np.uint64))
    near = (np.abs(x + 1e6) < 1e-5) | (np.abs(x - 1e6) < 1e4)
    assert near[np.arange(1001) != 500].all()
    assert (np.diff(x) >= 0).all()
    # Narrower than doubles are at that place.
    d = rec.Mixture([0.5, 0.5], 1e20, [1.0, 2.0])
    assert np.unique(samples_at(d, np.arange(0, 2**63, 2**60, dtype=np.uint64))).size <= 2


# --- Density ---


def test_density() -> None:
    for low, high in ((-9.0, -0.5), (1.9, 1.99), (1.99, 2.03), (2.03, 30.0)):
        mass, _ = integrate.quad(
            lambda x: float(
                np.exp(M.log_density(np.array([x]), *M._at(np.zeros(1, np.int64), ())))[0]
            ),
            low,
            high,
            epsabs=1e-12,
        )
        ends = below(np.array([low, high]), M)
        assert mass == pytest.approx(ends[1] - ends[0], rel=1e-8)
    zero = rec.Mixture([1.0, 0.0], [0.0, 1.0], 1.0)
    x = np.array([-50.0, 0.0, 1e200])
    expected = stats.norm.logpdf(x[:2])
    made = zero.log_density(x, *zero._at(np.zeros(3, np.int64), ()))
    np.testing.assert_allclose(made[:2], expected)
    assert made[2] == -np.inf


# --- Who takes them ---


@each_codec
def test_searches_do_not(codec_case: Any) -> None:
    for pair in ((M, rec.Normal(0.0, 1.0)), (rec.Normal(0.0, 1.0), M), (M, M)):
        with pytest.raises(rec.ParameterError, match=r"Mixture.*; expected a pair with a built-in"):
            codec_case.make(1).encode(*pair)


@each_codec
def test_a_custom_target_against_a_mixture(codec_case: Any) -> None:
    """Its ratio is known to whoever wrote it: the quantile does for the rest."""
    p = rec.Mixture([0.5, 0.5], [-1.0, 1.0], 1.0)
    q = rec.CustomTarget(lambda x: np.tanh(x) / 2, bound=0.5, shape=50)
    codec = codec_case.make(5)
    r = codec.encode(q, p)
    assert np.array_equal(codec.decode(r.index, p), r.sample)


def test_elements_of_one_proposal_share_its_quantiles(monkeypatch: pytest.MonkeyPatch) -> None:
    """Elements ask for the same edges of cells: 89 each, of which 11 differ."""
    asked = 0
    samples = rec.Mixture._samples

    def counted(position: Any, *parameters: Any) -> Any:
        nonlocal asked
        asked += position.size
        return samples(position, *parameters)

    n = 20_000
    p = rec.Mixture([0.3, 0.7], [-1.0, 1.0], [0.5, 1.0])
    q = rec.Normal(np.random.default_rng(0).normal(size=n), 0.25)
    codec = rec.PolarCoding(1)
    r = codec.encode(q, p)
    each = rec.Mixture(np.tile(p.weights, (n, 1)), np.tile(p.loc, (n, 1)), np.tile(p.scale, (n, 1)))
    assert np.array_equal(
        codec.encode(q[:2000], each[:2000]).sample, codec.encode(q[:2000], p).sample
    )
    monkeypatch.setattr(rec.Mixture, "_samples", staticmethod(counted))
    again = codec.encode(q, p)
    assert np.array_equal(again.sample, r.sample)
    assert asked < 20 * n
