"""Greedy rejection coding: what is special about it.

Statistical tests, on fixed seeds (see tests/goodness.py), of level 1e-4: 6 binomial tests of the
share of first steps and 6 chi-square tests of what these take; 0.0012 false alarms expected over
all choices of seeds. The law of samples is in test_greedy.py.
"""

from __future__ import annotations

import itertools
import math
from typing import Any

import mpmath
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from scipy import stats

import astar_rec as rec
from astar_rec import reference as ref
from common import check_codec
from goodness import check, seed_for

P = rec.Normal(0.0, 1.0)
few = settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def codec_of(split: Any, seed: int) -> rec.GreedyRejectionCoding:
    return rec.GreedyRejectionCoding(seed, split=split)


# --- What is left of a target in an interval ------------------------------------------------------

PAIRS = [
    (0.0, 0.5),
    (0.5, 0.3),
    (-2.0, 0.01),
    (1.0, 1e-6),
    (3.0, 0.2),
    (0.3, 1.0),
    (-1e-3, 0.999),
    (0.0, 1.0),
    (0.5, 1.2),
    (0.0, 2.0),
    (-1.0, 3.0),
]


def exact_excess(mean: float, scale: float, height: float, low: float, high: float) -> Any:
    """The integral of (q - h p)+ of two normals in 40 digits, from its definition."""
    m, s, h = mpmath.mpf(mean), mpmath.mpf(scale), mpmath.mpf(height)
    a, b = mpmath.mpf(low), mpmath.mpf(high)

    def normal_cdf(x: Any, y: Any) -> Any:
        if x > 0:  # of the tails, that which is small
            x, y = -y, -x
        return (mpmath.erfc(-y / mpmath.sqrt(2)) - mpmath.erfc(-x / mpmath.sqrt(2))) / 2

    def gained(x: Any, y: Any) -> Any:
        return normal_cdf((x - m) / s, (y - m) / s) - h * normal_cdf(x, y)

    # Where the log ratio minus log h changes its sign: it is a quadratic.
    c2, c1 = (1 - 1 / s**2) / 2, m / s**2
    ends = [a, b]
    if h > 0:
        c0 = -(m**2) / (2 * s**2) - mpmath.log(s) - mpmath.log(h)
        if c2 == 0:
            roots = [-c0 / c1] if c1 else []
        else:
            square = c1 * c1 - 4 * c2 * c0
            root = mpmath.sqrt(square) if square > 0 else mpmath.mpf(0)
            roots = [(-c1 - root) / (2 * c2), (-c1 + root) / (2 * c2)]
        ends += [root for root in roots if a < root < b]
    ends.sort()
    return sum(max(gained(x, y), 0) for x, y in itertools.pairwise(ends))


INTERVALS = [
    (-9.0, 9.0),
    (-9.0, 0.25),
    (0.25, 9.0),
    (0.4, 0.6),
    (0.5, 0.5 + 2.0**-30),
    (1.0 - 2.0**-22, 1.0 + 2.0**-21),
    (-2.01, -1.99),
    (5.0, 5.125),
    (-8.5, -8.25),
]


@pytest.mark.parametrize(("mean", "scale"), PAIRS)
def test_excess(mean: float, scale: float) -> None:
    """Accurate to some units in the last place of the interval's own masses."""
    densest = mean**2 / 2 / ((1 - scale) * (1 + scale)) - math.log(scale) if scale < 1 else 1.0
    heights = [0.0, 1e-300, *(math.exp(densest * part) for part in (-0.5, 0.0, 0.5, 0.9, 0.999))]
    with mpmath.workdps(50):
        for low, high in INTERVALS:
            whole = exact_excess(mean, scale, 0.0, low, high)
            for height in heights:
                expected = exact_excess(mean, scale, height, low, high)
                found = ref.normal_excess_between(mean, scale, height, low, high)
                # An end moved by an ulp moves the mass by the density there.
                rounding = 2.0**-52 * max(abs(low), abs(high)) / (high - low)
                assert abs(found - expected) <= (2e-15 + 4.0 * rounding) * whole + 1e-18
                assert found >= 0.0


@few
@given(
    mean=st.floats(-5.0, 5.0),
    scale=st.floats(1e-3, 3.0),
    height=st.floats(0.0, 100.0),
    cuts=st.lists(st.floats(-9.0, 9.0), min_size=1, max_size=5),
)
def test_excess_in_parts(mean: float, scale: float, height: float, cuts: list[float]) -> None:
    """What is left in the parts of a line is what is left on the line."""
    ends = [-math.inf, *sorted(cuts), math.inf]
    parts = [
        ref.normal_excess_between(mean, scale, height, low, high)
        for low, high in itertools.pairwise(ends)
    ]
    whole = ref.normal_excess(mean, scale, height) if height > 0.0 else 1.0
    assert math.fsum(parts) == pytest.approx(whole, abs=1e-14)


# --- The law of the samples -----------------------------------------------------------------------


@pytest.mark.parametrize("split", ["sample", "half"])
def test_as_narrow_as_floats_resolve(split: str) -> None:
    """A standard deviation of some floats, of one, and of less: nothing goes astray."""
    for bits in (50, 52, 54, 58):
        r = check_codec(codec_of(split, 3), rec.Normal(np.full(2_000, 0.7), 2.0**-bits), P)
        apart = np.abs(r.sample - 0.7).max()
        assert apart <= 5.0 * 2.0**-bits + 2.0**-53
        assert r.steps.max() < 150


@pytest.mark.parametrize(("mean", "scale"), [(0.7, 0.4), (0.9, 1.0), (0.3, 1.5)])
@pytest.mark.parametrize("split", ["sample", "half"])
def test_law_of_first_steps(split: str, mean: float, scale: float) -> None:
    """The first step takes as much of the target as one sample can: the lesser of q and p."""
    size = 20_000
    q = rec.Normal(np.full(size, mean), scale)
    r = codec_of(split, seed_for("first step", split, mean, scale)).encode(q, P)
    first = r.steps == 1
    taken = 1.0 - ref.normal_excess(mean, scale, 1.0)
    check(stats.binomtest(int(first.sum()), size, taken).pvalue, "share of first steps")
    # The law of these: min(q, p) over its integral, in 12 cells of the same mass of q.
    edges = stats.norm(mean, scale).ppf(np.linspace(0.0, 1.0, 13))
    chances = [
        1.0 / 12.0 - ref.normal_excess_between(mean, scale, 1.0, max(low, -38.0), min(high, 38.0))
        for low, high in itertools.pairwise(edges)
    ]
    counts, _ = np.histogram(r.sample[first], edges)
    expected = np.array(chances) / taken * first.sum()
    check(stats.chisquare(counts, expected * counts.sum() / expected.sum()).pvalue, "first samples")


# --- Steps ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("bits", [1.0, 2.0, 4.0, 8.0, 12.0])
def test_steps(bits: float) -> None:
    """Means over targets whose marginal is the proposal, below the bounds that its authors give."""
    size, seed = 20_000, seed_for("steps", bits)
    correlation = math.sqrt(1.0 - 2.0 ** (-2.0 * bits))
    mean = correlation * np.random.default_rng(seed).normal(size=size)
    q = rec.Normal(mean, 2.0**-bits)
    at_sample, in_half = (
        codec_of(split, seed).encode(q, P).steps.astype(float) for split in ("sample", "half")
    )
    kl = float(rec.kl_bits(q, P).mean())
    assert at_sample.mean() < 4.82 * kl * math.log(2.0) + 2.0  # proved, of the KL in nats
    assert in_half.mean() < kl + 1.5  # observed and conjectured
    assert in_half.mean() < at_sample.mean()


def test_steps_do_not_grow_with_the_largest_ratio() -> None:
    """At one KL divergence of 3 bits, with D∞ from some bits to hundreds."""
    for split in ("sample", "half"):
        rows = []
        for scale in (0.3, 0.9, 0.99, 0.999):
            mean = math.sqrt(2.0 * (3.0 * math.log(2.0) + math.log(scale)) + 1.0 - scale**2)
            q = rec.Normal(np.full(4_000, mean), scale)
            assert rec.kl_bits(q, P).max() == pytest.approx(3.0)
            rows.append(codec_of(split, 3).encode(q, P).steps.mean())
        assert max(rows) < 2.0 * min(rows)
