"""Tests of hypotheses, for the statistical part of the suite.

Every check here is a hypothesis test of level ALPHA: correct code fails it with that probability,
over the choice of the seed. Seeds are fixed, so that a test either always passes or always fails;
they are made from the test's name, so that none was chosen. A failure calls for an explanation, not
for another seed.
"""

from __future__ import annotations

import zlib

import numpy as np
from scipy import special, stats

ALPHA = 1e-4


def seed_for(*names: object) -> int:
    """A seed that depends on what is tested and on nothing else."""
    return zlib.crc32("/".join(map(str, names)).encode())


def check(pvalue: float, what: str) -> None:
    assert pvalue >= ALPHA, f"{what}: p = {pvalue:.3g}"


def check_uniform(u: np.ndarray, what: str = "uniformity") -> None:
    """Kolmogorov-Smirnov test against the uniform distribution on [0, 1]."""
    assert ((u >= 0) & (u <= 1)).all(), what
    check(stats.kstest(u, "uniform").pvalue, f"{what}, Kolmogorov-Smirnov")


def check_moments(y: np.ndarray, variance: float, fourth: float, what: str = "moments") -> None:
    """Tests of the mean and the mean square of numbers with a mean of 0, by the central limit."""
    root = np.sqrt(y.size)
    z = root * y.mean() / np.sqrt(variance)
    check(2 * stats.norm.sf(abs(z)), f"{what}, mean")
    z = root * (np.square(y).mean() - variance) / np.sqrt(fourth - variance**2)
    check(2 * stats.norm.sf(abs(z)), f"{what}, mean square")


def check_counts(values: np.ndarray, cells: int, what: str = "counts") -> None:
    """Chi-square test that integers are uniform on range(cells)."""
    counts = np.bincount(values.astype(np.int64), minlength=cells)
    assert counts.size == cells, what
    check(stats.chisquare(counts).pvalue, f"{what}, chi-square of {cells} cells")


def check_uncorrelated(a: np.ndarray, b: np.ndarray, what: str = "correlation") -> None:
    """Test that two rows of independent standard normal scores are not correlated."""
    r = np.corrcoef(a, b)[0, 1]
    check(2 * stats.norm.sf(abs(np.arctanh(r)) * np.sqrt(a.size - 3)), f"{what}, correlation")


def check_runs(above: np.ndarray, what: str = "order") -> None:
    """Wald and Wolfowitz's test of the number of runs in a row of fair coins."""
    n = above.size
    runs = 1 + np.count_nonzero(above[1:] != above[:-1])
    check(stats.binomtest(runs - 1, n - 1).pvalue, f"{what}, runs")


def normal_scores(below: np.ndarray, above: np.ndarray) -> np.ndarray:
    """Standard normal scores of samples, from the probabilities below and above each."""
    # From the nearer end: the other one's probability is too coarse.
    return np.where(below < above, special.ndtri(below), -special.ndtri(above))
