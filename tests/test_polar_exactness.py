"""Polar coding's samples follow their targets, and are independent of each other.

Every sample is turned into its probability under its own target, as in test_exactness.py: this file
has the targets that searches do not take, and the law of a block as a whole. What a law is compared
with is SciPy's, not the library's.

Statistical tests, on fixed seeds (see goodness.py), of level 1e-4: 284 of the law, 4 of joint laws,
31 of independence; 0.032 false alarms expected over all choices of seeds.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from scipy import special, stats

import astar_rec as rec
from common import FAMILIES, same_bits
from goodness import (
    check,
    check_moments,
    check_runs,
    check_uncorrelated,
    check_uniform,
    normal_scores,
    seed_for,
)

if TYPE_CHECKING:
    from collections.abc import Callable

Array = np.ndarray
STANDARD = rec.Normal(0.0, 1.0)


def drawn(
    target: Any, proposal: Any, seed: int, *, block: int = 1 << 18, offset: int = 0
) -> tuple[Array, float]:
    """Return samples, which the receiver has too, and the bits of the message an element."""
    codec = rec.PolarCoding(seed, block=block)
    r = codec.encode(target, proposal, offset=offset)
    x = codec.decode(r.message, proposal, shape=r.sample.shape, offset=offset)
    assert same_bits(x, r.sample)
    return r.sample, 8 * sum(map(len, r.message)) / r.sample.size


def check_law(below: Array, above: Array, what: str) -> None:
    """Test the probabilities below and above each sample under its target."""
    check_uniform(below.reshape(-1), what)
    check_moments(normal_scores(below, above).reshape(-1), 1.0, 3.0, what)


def check_frozen(x: Array, law: Any, what: str) -> None:
    """Test samples of one of SciPy's frozen distributions."""
    check_law(law.cdf(x), law.sf(x), what)


def marginal(rng: np.random.Generator, bits: float, size: Any) -> rec.Normal:
    """Return normal targets of so much information each, whose marginal is N(0, 1)."""
    scale = 2.0**-bits
    return rec.Normal(rng.normal(size=size) * np.sqrt(1 - scale**2), scale)


def check_normal(x: Array, q: rec.Normal, what: str) -> None:
    y = (x - q.loc) / q.scale
    check_law(special.ndtr(y), special.ndtr(-y), what)


# --- Pairs of families ----------------------------------------------------------------------------

LAWS: dict[str, Callable[..., Any]] = {
    "Normal": lambda loc, scale: stats.norm(loc, scale),
    "Laplace": lambda loc, scale: stats.laplace(loc, scale),
    "Logistic": lambda loc, scale: stats.logistic(loc, scale),
    "Uniform": lambda low, high: stats.uniform(low, high - low),
}


def of_family(family: str, middle: Any, width: Any) -> tuple[rec.Distribution, Any]:
    """Return a distribution of the library's, and of SciPy's."""
    if family == "Uniform":
        middle, width = middle - width, middle + width
    return getattr(rec, family)(middle, width), LAWS[family](middle, width)


@pytest.mark.parametrize("proposal", FAMILIES)
@pytest.mark.parametrize("target", FAMILIES)
@pytest.mark.parametrize("kind", ["alike", "narrow"])
def test_every_family_against_every_family(target: str, proposal: str, kind: str) -> None:
    seed = seed_for("pairs", target, proposal, kind)
    rng = np.random.default_rng(seed)
    n, loc, unit = 20_000, 0.7, 1.3
    p, _ = of_family(proposal, loc, unit)
    if proposal == "Uniform":
        # Inside: tails of a target beyond a uniform's ends are refused.
        mean, widest = rng.uniform(-0.4, 0.4, n), 0.5 if target == "Uniform" else 2.0**-7
    else:
        mean, widest = rng.uniform(-1.0, 1.0, n), 0.6
    scale = widest * np.exp2(-rng.uniform(0.0, 6.0, n)) if kind == "narrow" else widest
    q, law = of_family(target, loc + unit * mean, unit * scale)
    x, _ = drawn(q, p, seed)
    check_frozen(x, law, f"{target} against {proposal}")


@pytest.mark.parametrize("family", ["Normal", "Laplace", "Logistic", "Uniform"])
def test_narrow(family: str) -> None:
    # 45 bits of information: the target spans some 2^19 positions.
    seed = seed_for("polar, narrow", family)
    mean = np.random.default_rng(seed).uniform(-0.9, 0.9, 20_000)
    unit = 2.0**-44
    q: Any = of_family(family, mean, np.full(mean.size, unit))[0]
    p, _ = of_family(family, 0.0, 1.0)
    x, bits = drawn(q, p, seed)
    # In units of the target: doubles about 1 are too coarse for a location and a scale.
    y = (x - mean) / unit
    if family == "Uniform":
        # Where doubles are coarse an end is only known to within some: a sample in 700 is outside.
        below = (x - q.low) / (q.high - q.low)
        assert np.abs(below - 0.5).max() < 0.5 + 2.0**-48 / unit
        assert np.mean(np.abs(below - 0.5) > 0.5) < 0.004
        check_uniform(np.clip(below, 0.0, 1.0), family)
    else:
        check_frozen(y, of_family(family, 0.0, 1.0)[1], family)
    assert bits < rec.kl_bits(q, p).mean() + 0.3


WIDE = {
    "Normal": (0.0, 2.0),
    "Laplace": (0.5, 2.0),
    "Logistic": (-0.5, 2.0),
}


@pytest.mark.parametrize("family", WIDE)
@pytest.mark.parametrize("kind", ["wide", "shifted", "far"])
def test_wider_and_shifted(family: str, kind: str) -> None:
    seed = seed_for("polar, wide", family, kind)
    mean, scale = {"wide": WIDE[family], "shifted": (3.0, 1.0), "far": (-7.5, 0.25)}[kind]
    q, law = of_family(family, np.full(16_384, mean), scale)
    p, _ = of_family(family, 0.0, 1.0)
    x, bits = drawn(q, p, seed)
    check_frozen(x, law, f"{kind} {family}")
    assert bits < float(rec.kl_bits(q, p).mean()) + 0.85


# --- Mixtures, histograms, SciPy's ----------------------------------------------------------------


def mixture_law(q: rec.Mixture, x: Array) -> tuple[Array, Array]:
    y = (x[..., None] - q.loc) / q.scale
    weights = q.weights / q.weights.sum(-1, keepdims=True)
    return (weights * special.ndtr(y)).sum(-1), (weights * special.ndtr(-y)).sum(-1)


PROPOSALS = {
    "normal": rec.Normal(0.2, 1.5),
    "logistic": rec.Logistic(0.0, 1.0),
    "mixture": rec.Mixture([1.0, 3.0], [-1.5, 1.0], [0.5, 1.2]),
    "histogram": rec.Histogram([-30.0, -1.0, 0.0, 0.5, 40.0], [1.0, 2.0, 4.0, 1.0]),
}
each_proposal = pytest.mark.parametrize("name", PROPOSALS)


@each_proposal
def test_mixtures(name: str) -> None:
    seed = seed_for("polar, mixtures", name)
    rng = np.random.default_rng(seed)
    n = 2_000 if name == "mixture" else 10_000
    q = rec.Mixture(
        rng.uniform(0.1, 1.0, (n, 3)), rng.normal(size=(n, 3)), rng.uniform(0.1, 0.6, (n, 3))
    )
    x, _ = drawn(q, PROPOSALS[name], seed)
    check_law(*mixture_law(q, x), f"mixtures against {name}")


@each_proposal
def test_histograms(name: str) -> None:
    seed = seed_for("polar, histograms", name)
    rng = np.random.default_rng(seed)
    n = 2_000 if name == "mixture" else 10_000
    edges = np.sort(rng.normal(size=(n, 5)), -1)
    masses = rng.uniform(0.1, 1.0, (n, 4))
    x, _ = drawn(rec.Histogram(edges, masses), PROPOSALS[name], seed)
    masses /= masses.sum(-1, keepdims=True)
    widths = np.diff(edges)
    share = np.clip((x[:, None] - edges[:, :-1]) / widths, 0.0, 1.0)
    below, above = (masses * share).sum(-1), (masses * (1.0 - share)).sum(-1)
    check_law(np.minimum(below, 1.0), np.minimum(above, 1.0), f"histograms against {name}")


SCIPY = {
    "gamma": stats.gamma(3.0, scale=0.5),
    "beta": stats.beta(2.0, 5.0),
    "t": stats.t(3.0, scale=0.7),
    "truncnorm": stats.truncnorm(-0.5, 3.0),
    "vonmises": stats.vonmises(2.0),
}


@pytest.mark.parametrize("name", SCIPY)
@pytest.mark.parametrize("proposal", ["normal", "logistic"])
def test_distributions_of_scipy(name: str, proposal: str) -> None:
    seed = seed_for("polar, SciPy", name, proposal)
    law = SCIPY[name]
    # Heavy tails have mass beyond all positions of a normal.
    family = rec.Logistic if proposal == "logistic" else rec.Laplace if name == "t" else rec.Normal
    p = family(np.zeros(6_000), 40.0 if name == "t" else 1.5)
    x, _ = drawn(law, p, seed)
    check_frozen(x, law, name)


def test_a_target_of_functions_differs_by_element() -> None:
    seed = seed_for("polar, custom")
    rate = np.exp(np.random.default_rng(seed).normal(size=8_000))
    q = rec.CustomTarget(
        cdf=lambda x, element: -np.expm1(-rate[element] * np.maximum(x, 0.0)),
        sf=lambda x, element: np.exp(-rate[element] * np.maximum(x, 0.0)),
        shape=rate.shape,
    )
    x, bits = drawn(q, rec.Laplace(0.0, 8.0), seed)
    check_law(-np.expm1(-rate * x), np.exp(-rate * x), "exponential targets")
    assert 1.0 < bits < 8.0


@pytest.mark.parametrize("numbers", [2, 5, 64])
def test_categories(numbers: int) -> None:
    seed = seed_for("polar, categories", numbers)
    rng = np.random.default_rng(seed)
    masses = rng.dirichlet(np.full(numbers, 2.0))
    q = rec.Categorical(np.broadcast_to(masses, (20_000, numbers)))
    x, _ = drawn(q, rec.Categorical(rng.dirichlet(np.full(numbers, 2.0))), seed)
    counts = np.bincount(x.astype(np.int64), minlength=numbers)
    check(stats.chisquare(counts, masses * x.size).pvalue, f"{numbers} categories")


def test_categories_that_differ() -> None:
    # The rank of each category's probability below, filled up evenly.
    seed = seed_for("polar, categories that differ")
    rng = np.random.default_rng(seed)
    masses = rng.dirichlet(np.ones(7), 20_000)
    x, bits = drawn(rec.Categorical(masses), rec.Categorical(np.ones(7) / 7), seed)
    category = x.astype(np.int64)[:, None]
    own = np.take_along_axis(masses, category, -1)[:, 0]
    below = np.take_along_axis(np.cumsum(masses, -1), category, -1)[:, 0] - own
    check_uniform(np.clip(below + own * rng.random(x.size), 0.0, 1.0), "categories that differ")
    kl = (masses * np.log2(7 * masses)).sum(-1).mean()
    assert kl < bits < kl + 0.15


# --- Arrays of any kind ---------------------------------------------------------------------------


def test_mixed_information() -> None:
    seed = seed_for("polar, mixed")
    rng = np.random.default_rng(seed)
    bits = rng.uniform(0.0, 4.0, 65_536)
    scale = 2.0**-bits
    q = rec.Normal(rng.normal(size=bits.size) * np.sqrt(1 - scale**2), scale)
    x, taken = drawn(q, STANDARD, seed)
    check_normal(x, q, "mixed information")
    for low in range(4):
        own = (bits >= low) & (bits < low + 1)
        check_normal(x[own], rec.Normal(q.loc[own], q.scale[own]), f"{low} to {low + 1} bits")
    assert taken < rec.kl_bits(q, STANDARD).mean() + 0.18


def test_much_and_none_by_turns() -> None:
    seed = seed_for("polar, 4 bits and none by turns")
    rng = np.random.default_rng(seed)
    scale = np.tile([2.0**-4, 1.0], 32_768)
    q = rec.Normal(rng.normal(size=scale.size) * np.sqrt(1 - scale**2), scale)
    x, taken = drawn(q, STANDARD, seed)
    for first in range(2):
        check_normal(x[first::2], rec.Normal(q.loc[first::2], scale[first::2]), f"turn {first}")
    assert taken < rec.kl_bits(q, STANDARD).mean() + 0.18


@pytest.mark.parametrize("size", [1, 2, 3, 255, 256, 1000])
def test_arrays_of_any_size(size: int) -> None:
    # Many seeds, so that there are some 16,000 numbers.
    seed = seed_for("polar, sizes", size)
    rng = np.random.default_rng(seed)
    rows, scores = -(-16_000 // size), []
    for row in range(rows):
        q = marginal(rng, 2.0, size)
        x, _ = drawn(q, STANDARD, seed + row)
        scores.append((x - q.loc) / q.scale)
    y = np.concatenate(scores)
    check_law(special.ndtr(y), special.ndtr(-y), f"arrays of {size}")


def test_an_array_of_65_537() -> None:
    seed = seed_for("polar, 65537")
    q = marginal(np.random.default_rng(seed), 2.0, 65_537)
    x, bits = drawn(q, STANDARD, seed)
    check_normal(x, q, "65,537 elements")
    assert bits < 2.12


@pytest.mark.parametrize("block", [1, 3, 100, 1024])
def test_blocks_of_any_size(block: int) -> None:
    seed = seed_for("polar, blocks", block)
    q = marginal(np.random.default_rng(seed), 1.0, (80, 101))
    x, _ = drawn(q, STANDARD, seed, block=block, offset=2**47)
    check_normal(x, q, f"blocks of {block}")
    flat = ((x - q.loc) / q.scale).reshape(-1)
    check_uncorrelated(flat[:-block], flat[block:], "blocks side by side")


# --- The law of a block as a whole ----------------------------------------------------------------


def cells_of(y: Array, cells: int) -> Array:
    """Return the cells of equal probability that standard normal scores lie in."""
    numbers: Array = np.minimum(np.floor(cells * special.ndtr(y)), cells - 1).astype(np.int64)
    return numbers


@pytest.mark.parametrize(
    ("means", "scales"),
    [((0.4, -0.9), (0.25, 0.5)), ((0.0, 0.1), (1.0, 0.05)), ((1.5, 1.5), (0.3, 0.3))],
)
def test_joint_law_of_two(means: Any, scales: Any) -> None:
    seed = seed_for("polar, two", means, scales)
    q = rec.Normal(means, scales)
    rows = [rec.PolarCoding(seed + k).encode(q, STANDARD).sample for k in range(20_000)]
    cells = cells_of((np.array(rows) - q.loc) / q.scale, 8)
    counts = np.bincount(8 * cells[:, 0] + cells[:, 1], minlength=64)
    check(stats.chisquare(counts).pvalue, "the joint law of two elements")


def test_joint_law_of_eight() -> None:
    # Above or below the median: 256 outcomes, all as likely.
    seed = seed_for("polar, eight")
    rng = np.random.default_rng(seed)
    q = rec.Normal(rng.normal(size=8), np.exp2(-rng.uniform(0.5, 3.0, 8)))
    rows = [rec.PolarCoding(seed + k).encode(q, STANDARD).sample for k in range(12_800)]
    above = (np.array(rows) > q.loc) @ (1 << np.arange(8))
    check(stats.chisquare(np.bincount(above, minlength=256)).pvalue, "the joint law of eight")


def test_neighbours_are_independent() -> None:
    seed = seed_for("polar, neighbours")
    q = rec.Normal(np.full(65_536, -0.6), 0.3)
    x, _ = drawn(q, STANDARD, seed)
    y = (x + 0.6) / 0.3
    for lag in (1, 2, 3, 8, 64, 1024, 32_768):
        check_uncorrelated(y[:-lag], y[lag:], f"elements {lag} apart")
        check_uncorrelated(y[:-lag] ** 2, y[lag:] ** 2, f"squares {lag} apart")
    check_runs(y > 0, "elements")
    check(
        stats.chisquare(np.bincount(cells_of(y, 8)[::2] * 8 + cells_of(y, 8)[1::2])).pvalue,
        "pairs of neighbours",
    )


def test_elements_of_a_block_are_independent() -> None:
    # Over seeds: all products of two of 64 elements. Their sum of squares is chi-square, nearly.
    seed = seed_for("polar, elements of a block")
    rng = np.random.default_rng(seed)
    q = marginal(rng, 2.0, 64)
    rows = [rec.PolarCoding(seed + k).encode(q, STANDARD).sample for k in range(2_000)]
    y = (np.array(rows) - q.loc) / q.scale
    r = np.asarray(np.corrcoef(y.T))[np.triu_indices(64, 1)]
    z = np.arctanh(r) * np.sqrt(len(rows) - 3)
    assert np.abs(z).max() < stats.norm.isf(1e-4 / 2 / z.size)
    check(2 * stats.norm.sf(abs(z.sum() / np.sqrt(z.size))), "mean correlation")
    total = (np.square(z).sum() - z.size) / np.sqrt(2 * z.size)
    check(2 * stats.norm.sf(abs(total)), "sum of squared correlations")


def test_seeds_and_places_are_independent() -> None:
    q = rec.Normal(np.full(16_384, 0.3), 0.5)
    first = drawn(q, STANDARD, 5)[0]
    others = [drawn(q, STANDARD, seed)[0] for seed in (6, 7, 5 + 2**32, 5 + 2**63)]
    others += [drawn(q, STANDARD, 5, offset=k)[0] for k in (1, 2**14, 2**32, 2**48 - 16_384)]
    for number, other in enumerate(others):
        check_uncorrelated(first, other, f"seed or place {number}")


# --- Bits -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("elements", "bits", "most"),
    [
        (65_536, 0.5, 0.60),
        (65_536, 1.0, 1.11),
        (65_536, 2.0, 2.12),
        (65_536, 5.0, 5.14),
        (4_096, 2.0, 2.22),
        (256, 2.0, 2.60),
    ],
)
def test_bits(elements: int, bits: float, most: float) -> None:
    seed = seed_for("polar, bits", elements, bits)
    q = marginal(np.random.default_rng(seed), bits, max(elements, 65_536))
    x, taken = drawn(q, STANDARD, seed, block=elements)
    # Of the targets at hand: a few have more information than on average, or less.
    assert 0 < taken - rec.kl_bits(q, STANDARD).mean() < most - bits
    check_normal(x, q, "targets whose marginal is the proposal")


@pytest.mark.parametrize(("bits", "most"), [(0.1, 0.145), (0.01, 0.021)])
def test_bits_of_equal_scales(bits: float, most: float) -> None:
    """In four blocks: what a sample tells of such targets varies by 7 % in a single one."""
    seed = seed_for("polar, equal scales", bits)
    rng = np.random.default_rng(seed)
    loc = rng.normal(size=4 * 65_536) * np.sqrt(2 * np.log(2) * bits)
    q = rec.Normal(loc, 1.0)
    x, taken = drawn(q, STANDARD, seed, block=65_536)
    assert taken - rec.kl_bits(q, STANDARD).mean() < most - bits
    check_normal(x, q, "equal scales")


@pytest.mark.parametrize("family", FAMILIES)
def test_no_information(family: str) -> None:
    q, law = of_family(family, np.full(20_000, 0.5), 2.0)
    x, bits = drawn(q, of_family(family, 0.5, 2.0)[0], seed_for("polar, none", family))
    assert bits * 20_000 <= 64  # headers of levels
    check_frozen(x, law, "no information")
