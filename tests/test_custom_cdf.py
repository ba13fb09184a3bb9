"""Custom targets given by their CDF: signed tails, what is checked, and who takes them."""

from __future__ import annotations

import functools
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

import astar_rec as rec
from common import each_codec

Array = np.ndarray
P = rec.Normal(0.0, 1.0)
LOC = np.linspace(-1.0, 1.0, 6)


def cdf(x: Array, element: Array) -> Array:
    return stats.norm.cdf(x, LOC[element])


def sf(x: Array, element: Array) -> Array:
    return stats.norm.sf(x, LOC[element])


def tails(target: rec.CustomTarget, x: Any, element: Any = None) -> Array:
    points = np.asarray(x, np.float64)
    numbers = np.zeros(points.size, np.int64) if element is None else np.asarray(element, np.int64)
    return target._tail(points, numbers, target.shape)


def mass(a: Array, b: Array) -> Array:
    return (b - a) + ((a >= 0) & (b < 0))


# --- Tails ---


def test_tails_are_precise_on_both_sides() -> None:
    target = rec.CustomTarget(cdf=cdf, sf=sf, shape=(2, 3))
    assert target.shape == (2, 3)
    assert target._precise_above
    element = np.repeat(np.arange(6), 41)
    x = np.tile(np.linspace(-30.0, 30.0, 41), 6)
    s = tails(target, x, element)
    lower = stats.norm.cdf(x, LOC[element])
    upper = stats.norm.sf(x, LOC[element])
    assert np.array_equal(s, np.where(lower <= 0.5, lower, -upper))
    assert (mass(s[:40], s[1:41]) >= 0).all()
    assert mass(s[:40], s[1:41]).sum() == pytest.approx(1.0)


def test_upper_tails_are_negative_when_they_underflow() -> None:
    target = rec.CustomTarget(cdf=stats.norm.cdf, sf=stats.norm.sf)
    s = tails(target, [-1e3, 1e3, 1e300])
    assert s.tolist() == [0.0, -5e-324, -5e-324]
    assert (s[1:] < 0).all()


def test_without_a_survival_function() -> None:
    target = rec.CustomTarget(cdf=stats.norm.cdf)
    assert not target._precise_above
    s = tails(target, [-5.0, 0.0, 5.0, 40.0])
    assert s[:2].tolist() == [stats.norm.cdf(-5.0), 0.5]
    assert s[2] == -(1.0 - stats.norm.cdf(5.0))
    assert s[3] == -5e-324


def test_the_survival_function_is_called_above_the_median_alone() -> None:
    seen: list[Array] = []

    def above(x: Array, element: Array) -> Array:
        assert element.dtype == np.int64
        seen.append(x)
        return sf(x, element)

    target = rec.CustomTarget(cdf=cdf, sf=above, shape=6)
    tails(target, LOC - 1.0, np.arange(6))
    assert not seen
    tails(target, LOC + np.array([-1, 1, -1, 1, 1, -1]), np.arange(6))
    assert [x.tolist() for x in seen] == [(LOC[[1, 3, 4]] + 1).tolist()]


@settings(deadline=None)
@given(st.lists(st.floats(-1e3, 1e3), min_size=2, max_size=20), st.booleans())
def test_masses_add_up(points: list[float], precise: bool) -> None:
    above = stats.logistic.sf if precise else None
    target = rec.CustomTarget(cdf=stats.logistic.cdf, sf=above)
    s = tails(target, np.sort(points))
    assert (np.abs(s) <= 0.5).all()
    assert (mass(s[:-1], s[1:]) >= 0).all()
    ends = stats.logistic.cdf([min(points), max(points)])
    assert mass(s[:-1], s[1:]).sum() == pytest.approx(ends[1] - ends[0], abs=1e-14)


# --- What is refused ---


@pytest.mark.parametrize(
    ("options", "argument", "expected"),
    [
        ({}, "log_ratio", "expected a callable, for searches; or cdf"),
        ({"mode": 0.0}, "log_ratio", "or cdf, for polar coding"),
        ({"sf": np.exp}, "log_ratio", "or cdf"),
        ({"cdf": 3}, "cdf", "expected a callable"),
        ({"cdf": np.exp, "sf": "x"}, "sf", "expected a callable"),
        ({"cdf": np.exp, "mode": 1.0}, "mode", "None without log_ratio"),
        ({"cdf": np.exp, "bound": 1.0}, "bound", "None without log_ratio"),
        ({"cdf": np.exp, "log_ratio": np.log}, "bound", "exactly one of mode and bound"),
        ({"log_ratio": np.log, "mode": 0.0, "sf": np.exp}, "sf", "None without cdf"),
        ({"cdf": np.exp, "shape": -1}, "shape", "an integer"),
    ],
)
def test_what_makes_no_target(options: dict[str, Any], argument: str, expected: str) -> None:
    with pytest.raises(rec.ParameterError, match=expected) as caught:
        rec.CustomTarget(**options)
    assert caught.value.argument == argument


@pytest.mark.parametrize("bad", [np.nan, -1e-9, 1.0 + 1e-9, np.inf, -np.inf])
def test_results_that_are_no_probabilities(bad: float) -> None:
    def wrong(x: Array) -> Array:
        return np.where(x == 2.0, bad, 0.75 if bad > 0 or np.isnan(bad) else 0.25)

    element = np.array([0, 5, 3])
    x = np.array([0.0, 2.0, 1.0])
    target = rec.CustomTarget(cdf=wrong, shape=(2, 3))
    with pytest.raises(rec.ParameterError, match=r"result of cdf\(2\.0\) at \[1, 2\]") as caught:
        tails(target, x, element)
    assert caught.value.position == (1, 2)
    target = rec.CustomTarget(cdf=lambda x: 0 * x + 0.75, sf=wrong, shape=(2, 3))
    with pytest.raises(rec.ParameterError, match=r"result of sf\("):
        tails(target, x, element)


def test_results_of_another_shape() -> None:
    with pytest.raises(rec.ParameterError, match=r"result of cdf is 'float64 of shape \(2,\)"):
        tails(rec.CustomTarget(cdf=lambda x: x[:2]), [0.0, 0.1, 0.2])


def test_functions_of_two_distributions() -> None:
    target = rec.CustomTarget(cdf=stats.norm.cdf, sf=lambda x: stats.norm.sf(x, 0.1), shape=2)
    with pytest.raises(rec.ParameterError, match=r"result of sf\(1\.0\) at \[1\]") as caught:
        tails(target, [-1.0, 1.0], [0, 1])
    assert "1 - cdf" in str(caught.value)
    # Single precision is not another distribution.
    rounded = rec.CustomTarget(
        cdf=stats.norm.cdf, sf=lambda x: stats.norm.sf(x).astype(np.float32), shape=2
    )
    tails(rounded, [-1.0, 1.0], [0, 1])


# --- Who takes them ---


@each_codec
def test_searches_need_a_ratio(codec_case: Any) -> None:
    target = rec.CustomTarget(cdf=stats.norm.cdf, shape=3)
    codec = codec_case.make(1)
    for call in (codec.encode, functools.partial(rec.compress, codec=codec)):
        with pytest.raises(rec.ParameterError, match="log_ratio, and with mode or bound") as caught:
            call(target, P)
        assert caught.value.argument == "target"


def test_without_a_codec_they_are_compressed_by_another_method() -> None:
    target = rec.CustomTarget(cdf=stats.norm.cdf, sf=stats.norm.sf, shape=3)
    data, sample = rec.compress(target, P, return_sample=True)
    assert rec.inspect(data).method == "polar"
    assert np.array_equal(rec.decompress(data, P), sample)


def test_tails_need_a_cdf() -> None:
    target = rec.CustomTarget(lambda x: -x * x, mode=0.0)
    with pytest.raises(rec.ParameterError, match="a CustomTarget with cdf"):
        tails(target, [0.0])


@each_codec
def test_both_ways_at_once(codec_case: Any) -> None:
    codec, alone = codec_case.make(3), rec.CustomTarget(lambda x: -x * x, mode=0.0, shape=20)
    scale = np.sqrt(1 / 3)
    both = rec.CustomTarget(
        lambda x: -x * x,
        mode=0.0,
        cdf=lambda x: stats.norm.cdf(x, 0.0, scale),
        sf=lambda x: stats.norm.sf(x, 0.0, scale),
        shape=20,
    )
    assert np.array_equal(codec.encode(both, P).index, codec.encode(alone, P).index)
    assert tails(both, [0.5])[0] == -stats.norm.sf(0.5, 0.0, scale)
