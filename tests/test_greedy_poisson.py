"""Greedy Poisson rejection sampling: what is special about it.

Statistical tests, on fixed seeds (see tests/goodness.py), of level 1e-4: 3 chi-square tests of a
first arrival on a finite space and 4 of mean steps; 0.0007 false alarms expected over all choices
of seeds. The law of samples is in test_greedy.py.
"""

from __future__ import annotations

import math
from typing import Any

import mpmath
import numpy as np
import pytest
from scipy import stats

import astar_rec as rec
from astar_rec import reference as ref
from astar_rec.reference.stretch import log_one_plus_exp
from goodness import check, seed_for

P = rec.Normal(0.0, 1.0)


def codec_of(split: Any, seed: int) -> rec.GreedyPoissonRejection:
    return rec.GreedyPoissonRejection(seed, split=split)


# --- The graph -----------------------------------------------------------------------------------

PAIRS = [
    (0.0, 0.5),
    (0.5, 0.3),
    (-2.0, 0.01),
    (1.0, 1e-6),
    (0.7, 1e-14),
    (3.0, 0.2),
    (0.3, 1.0),
    (1e-3, 0.999),
    (0.0, 1 - 1e-5),
    (0.5, 1.2),
    (0.0, 2.0),
]


def exact_excess(mean: float, scale: float, height: Any) -> Any:
    """The integral of (q - h p)+ of two normals in 40 digits, from its definition."""
    m, s = mpmath.mpf(mean), mpmath.mpf(scale)

    def above(low: Any, high: Any) -> Any:
        def cdf(a: Any, b: Any) -> Any:
            return (mpmath.erfc(a / mpmath.sqrt(2)) - mpmath.erfc(b / mpmath.sqrt(2))) / 2

        return cdf((low - m) / s, (high - m) / s) - height * cdf(low, high)

    # r(z) = log h: (1 - 1 / s^2) z^2 / 2 + m z / s^2 - m^2 / (2 s^2) - log s - log h = 0
    a, b = (1 - 1 / s**2) / 2, m / s**2
    c = -(m**2) / (2 * s**2) - mpmath.log(s) - mpmath.log(height)
    if a == 0:
        edge = -c / b
        return above(edge, mpmath.inf) if b > 0 else above(-mpmath.inf, edge)
    discriminant = b * b - 4 * a * c
    if discriminant <= 0:
        return mpmath.mpf(0) if a < 0 else 1 - height
    root = mpmath.sqrt(discriminant)
    low, high = sorted(((-b - root) / (2 * a), (-b + root) / (2 * a)))
    if a < 0:
        return above(low, high)
    return above(-mpmath.inf, low) + above(high, mpmath.inf)


def levels(mean: float, scale: float) -> list[float]:
    """Log ratios from small ones to nearly the largest."""
    if scale < 1.0:
        top = mean**2 / 2 / ((1 - scale) * (1 + scale)) - math.log(scale)
    else:
        top = 6.0**2 / 2 - ((6.0 - mean) / scale) ** 2 / 2 - math.log(scale)
    return [-3.0, *(top * part for part in (0.1, 0.5, 0.9, 0.999))]


@pytest.mark.parametrize(("mean", "scale"), PAIRS)
def test_excess(mean: float, scale: float) -> None:
    """Absolutely accurate to some units in the last place of 1: that is what the law asks for."""
    with mpmath.workdps(50):
        for level in levels(mean, scale):
            height = math.exp(level)
            expected = exact_excess(mean, scale, mpmath.mpf(height))
            found = ref.normal_excess(mean, scale, height)
            assert abs(found - expected) < 1e-15


def test_excess_at_the_ends() -> None:
    assert ref.normal_excess(0.3, 0.5, 1e-300) == 1.0
    assert ref.normal_excess(0.0, 0.5, 2.0 + 1e-9) == 0.0  # above the peak
    assert ref.normal_excess(0.0, 1.0, 0.25) == 0.75  # the proposal itself
    assert ref.normal_excess(0.0, 1.0, 1.0) == 0.0
    assert ref.normal_excess(0.0, 2.0, 0.25) == 0.75  # a ratio that is never below 1/2


@pytest.mark.parametrize(("mean", "scale"), PAIRS)
def test_graph(mean: float, scale: float) -> None:
    """The integral, to 1e-12 of itself, or of 1, over the chance that a search comes so far."""
    for level in (levels(mean, scale)[k] for k in (0, 2, 3)):
        stretch = ref.Stretch(lambda height: ref.normal_excess(mean, scale, height))
        assert not stretch.passes(level, math.inf)
        with mpmath.workdps(30):
            top = mpmath.log1p(mpmath.exp(mpmath.mpf(level)))
            panels = {top * part for part in (*range(8), 7.5, 7.75, 7.9, 8)}
            if scale > 1.0:  # W bends where the ratio is smallest
                bottom = -(mean**2) / 2 / (scale**2 - 1) - math.log(scale)
                panels.add(8 * min(top, mpmath.log1p(mpmath.exp(bottom))))
            panels = sorted(end / 8 for end in panels)
            expected = mpmath.quad(
                lambda x: mpmath.exp(x) / exact_excess(mean, scale, mpmath.expm1(x)),
                panels,
                maxdegree=4,
            )
            chance = exact_excess(mean, scale, mpmath.exp(mpmath.mpf(level)))
        assert abs(stretch.time - expected) * min(chance, 1) <= 1e-12 * max(expected, 1)


def test_graph_in_parts() -> None:
    """What is integrated in many steps is the same as in one."""

    def excess(height: float) -> float:
        return ref.normal_excess(0.7, 0.1, height)

    whole, parts = ref.Stretch(excess), ref.Stretch(excess)
    for level in np.linspace(-4.0, 2.4, 40).tolist():
        assert not parts.passes(level, math.inf)
    assert not whole.passes(2.4, math.inf)
    assert parts.time == pytest.approx(whole.time, rel=1e-11)
    assert not parts.may_pass(2.4)
    assert not parts.passes(2.3, 0.0)  # later than an arrival that was higher
    assert log_one_plus_exp(-math.inf) == 0.0


# --- The law of the samples -----------------------------------------------------------------------


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_the_graph_is_what_makes_it_exact(seed: int) -> None:
    """The graph's recipe on a finite space, where the excess is a sum."""
    rng = np.random.default_rng(seed_for("finite", seed))
    p, q = rng.dirichlet(np.ones(3)), rng.dirichlet(np.ones(3))

    def excess(height: float) -> float:
        return float(np.maximum(q - height * p, 0.0).sum())

    counts = np.zeros(3)
    for _ in range(600):
        stretch, time = ref.Stretch(excess), 0.0
        while True:
            time += rng.exponential()
            x = int(rng.choice(3, p=p))
            if stretch.passes(math.log(q[x] / p[x]), time):
                break
        counts[x] += 1
    check(stats.chisquare(counts, q * counts.sum()).pvalue, "law on a finite space")


# --- Steps ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("bits", "published"), [(1.8, 2.81), (3.5, 4.66), (6.05, 7.93), (12.0, 16.1)]
)
def test_steps_are_those_of_the_paper(bits: float, published: float) -> None:
    """Its author's means, for targets whose marginal is the proposal: known to 0.1 at best."""
    size, seed = 20_000, seed_for("steps", bits)
    correlation = math.sqrt(1.0 - 2.0 ** (-2.0 * bits))
    mean = correlation * np.random.default_rng(seed).normal(size=size)
    q = rec.Normal(mean, 2.0**-bits)
    steps = rec.GreedyPoissonRejection(seed).encode(q, P).steps.astype(float)
    error = steps.std() / math.sqrt(size)
    apart = max(abs(steps.mean() - published) - 0.02 * published, 0.0)
    check(2 * stats.norm.sf(apart / error), "mean steps")
    assert steps.mean() < 2.26 * bits * math.log(2.0) + 10.0
    # Fewer than A* takes for the same.
    assert steps.mean() < rec.ASStar(seed).encode(q, P).steps.mean()


def test_steps_do_not_grow_with_the_largest_ratio() -> None:
    """At one KL divergence of 3 bits, with D∞ from some bits to hundreds."""
    rows = []
    for scale in (0.3, 0.9, 0.99, 0.999):
        kl = 3.0 * math.log(2.0)
        mean = math.sqrt(2.0 * (kl + math.log(scale)) + 1.0 - scale**2)
        q = rec.Normal(np.full(4_000, mean), scale)
        assert rec.kl_bits(q, P).max() == pytest.approx(3.0)
        rows.append(rec.GreedyPoissonRejection(3).encode(q, P).steps.mean())
    assert max(rows) < 2.26 * kl + 10.0
    assert max(rows) < 2.0 * min(rows)
