"""Functional information beside closed forms, quadrature and what theory says of it."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from scipy import integrate, special, stats

import astar_rec as rec
from astar_rec.container.inspection import _functional
from astar_rec.functional.entropy import bits_of_lattice
from common import PairCase, each_pair

P = rec.Normal(0.0, 1.0)


def surprise(w: float) -> float:
    """-w log₂ w."""
    return -w * math.log2(w) if w > 0.0 else 0.0


def normals_by_quadrature(squared: float, elements: int, scale: float) -> float:
    """Normals of one scale below 1, the sum of whose squared means is given, against N(0, 1).

    The ratio is at least some h in a ball around m / (1 - s²), of which the proposal's mass is that
    of a noncentral chi-square distribution.
    """
    rate = 1.0 / scale**2 - 1.0
    centre = squared / (1.0 - scale**2) ** 2
    top = -elements * math.log(scale) + 0.5 * squared / (1.0 - scale**2)
    law = stats.ncx2(elements, centre) if centre else stats.chi2(elements)

    def density(radius: float) -> float:
        log_h = top - 0.5 * rate * radius**2
        return surprise(float(law.cdf(radius**2))) * math.exp(log_h) * rate * radius

    mean = math.sqrt(scale**2 * elements + 1e-12)
    end = math.sqrt(centre) + 12.0
    points = [p for p in (mean, 2 * mean, math.sqrt(centre), math.sqrt(centre) + 3.0) if p < end]
    return float(integrate.quad(density, 0.0, end, points=points, epsabs=1e-10, limit=400)[0])


def by_grid(q: Any, p: Any, low: float, high: float) -> float:
    """Any pair of SciPy's distributions, by the ratio on a fine grid of equal cells."""
    x = np.linspace(low, high, 400_001)
    middle = 0.5 * (x[1:] + x[:-1])
    masses = p.pdf(middle) * np.diff(x)
    ratio = np.exp(q.logpdf(middle) - p.logpdf(middle))
    order = np.argsort(-ratio)
    h, w = np.append(ratio[order], 0.0), np.cumsum(masses[order])
    return float(-((h[:-1] - h[1:]) * special.xlogy(w, w)).sum() / math.log(2))


# --- The numbers that are known ------------------------------------------------------------------


@pytest.mark.parametrize(
    ("elements", "expected"), [(1, 1.5072), (2, 1.4058), (4, 1.2984), (8, 1.2036)]
)
def test_at_one_bit_of_information(elements: int, expected: float) -> None:
    scale = 0.5
    # The mean's length decides: a quadrature over its law.
    nodes, weights = np.polynomial.legendre.leggauss(24)
    length = 4.0 * (nodes + 1.0)
    density = stats.chi(elements).pdf(length) * weights * 4.0
    means = np.zeros((length.size, elements))
    means[:, 0] = length * math.sqrt(1.0 - scale**2)
    bits = rec.functional_information(rec.Normal(means, scale), P, block=elements)
    mean = float((density * bits.reshape(-1)).sum() / elements)
    assert density.sum() == pytest.approx(1.0, abs=1e-6)
    assert mean == pytest.approx(expected, abs=7e-5)


# --- Elements ------------------------------------------------------------------------------------


@pytest.mark.parametrize("scale", [0.01, 0.3, 0.9])
def test_normals(scale: float) -> None:
    means = np.array([0.0, 0.3, -1.0, 2.5])
    made = rec.functional_information(rec.Normal(means, scale), P)
    expected = [normals_by_quadrature(mean**2, 1, scale) for mean in means]
    np.testing.assert_allclose(made, expected, rtol=0, atol=1e-5)


@pytest.mark.parametrize(
    ("q", "known", "p", "base"),
    [
        (rec.Normal(0.5, 1.0), stats.norm(0.5), P, stats.norm()),
        (rec.Normal(0.5, 1.3), stats.norm(0.5, 1.3), P, stats.norm()),
        (rec.Laplace(0.7, 0.4), stats.laplace(0.7, 0.4), rec.Laplace(0.0, 1.0), stats.laplace()),
        (rec.Normal(0.7, 0.4), stats.norm(0.7, 0.4), rec.Laplace(0.0, 1.0), stats.laplace()),
        (rec.Logistic(1, 0.5), stats.logistic(1, 0.5), rec.Logistic(0, 1), stats.logistic()),
        (rec.Laplace(0.7, 0.1), stats.laplace(0.7, 0.1), P, stats.norm()),
        (stats.gamma(3.0, scale=0.4), stats.gamma(3.0, scale=0.4), rec.Normal(1.0, 2.0),
         stats.norm(1.0, 2.0)),
    ],
)  # fmt: skip
def test_pairs_by_grid(q: Any, known: Any, p: Any, base: Any) -> None:
    expected = by_grid(known, base, base.mean() - 30 * base.std(), base.mean() + 30 * base.std())
    assert rec.functional_information(q, p) == pytest.approx(expected, abs=2e-5)


def test_ratios_of_two_peaks() -> None:
    q = rec.Mixture([0.5, 0.5], [-1.0, 1.5], [0.2, 0.3])
    parts = stats.norm(-1.0, 0.2), stats.norm(1.5, 0.3)

    class Known:
        def logpdf(self, x: np.ndarray) -> np.ndarray:
            density = 0.5 * parts[0].pdf(x) + 0.5 * parts[1].pdf(x)
            return np.asarray(np.log(np.maximum(density, 1e-300)))

    expected = by_grid(Known(), stats.norm(), -9.0, 9.0)
    assert rec.functional_information(q, P) == pytest.approx(expected, abs=2e-5)


def test_uniform_targets_take_their_information() -> None:
    # The ratio has one value: a code of whole intervals would do.
    q, p = rec.Uniform([0.0, 1.0, -1.0], [1.0, 1.001, 5.0]), rec.Uniform(-1.0, 5.0)
    made = rec.functional_information(q, p)
    np.testing.assert_allclose(made, rec.kl_bits(q, p), rtol=0, atol=2e-5)


def test_categories() -> None:
    rng = np.random.default_rng(3)
    masses = rng.random((20, 6)) ** 3, rng.random(6) + 0.1
    q, p = masses[0] / masses[0].sum(axis=1, keepdims=True), masses[1] / masses[1].sum()
    expected = []
    for row in q:
        order = np.argsort(-row / p)
        h, w = np.append((row / p)[order], 0.0), np.cumsum(p[order])
        expected.append(-((h[:-1] - h[1:]) * w * np.log2(np.minimum(w, 1.0))).sum())
    made = rec.functional_information(rec.Categorical(masses[0]), rec.Categorical(masses[1]))
    np.testing.assert_allclose(made, expected, rtol=0, atol=2e-5)


@each_pair
def test_between_its_bounds(pair: PairCase) -> None:
    q, p = pair.random(np.random.default_rng(1), (40, 3), bounded=True)
    kl, made = rec.kl_bits(q, p), rec.functional_information(q, p)
    assert made.shape == (40, 3)
    assert (made >= kl - 1e-5).all()
    assert (made <= kl + np.log2(kl + 1.0) + 1.0).all()
    pairs = zip(q.reshape(-1), p.reshape(-1), made.reshape(-1), strict=True)
    for mine, theirs, bits in list(pairs)[:2]:
        assert rec.functional_information(mine, theirs) == pytest.approx(float(bits), abs=1e-12)


def test_custom_targets() -> None:
    known = stats.norm(0.5, 0.3)
    q = rec.CustomTarget(cdf=known.cdf, sf=known.sf, shape=())
    expected = rec.functional_information(rec.Normal(0.5, 0.3), P)
    assert rec.functional_information(q, P) == pytest.approx(float(expected), abs=1e-9)
    p = rec.CustomProposal(quantile=special.ndtri, shape=())
    assert rec.functional_information(known, p) == pytest.approx(float(expected), abs=1e-5)


def test_shapes() -> None:
    q, p = rec.Normal(np.zeros((3, 1)), 0.5), rec.Normal(np.zeros(4), 1.0)
    assert rec.functional_information(q, p).shape == (3, 4)
    assert rec.functional_information(q, p, block=3).shape == (3, 2)
    assert rec.functional_information(rec.Normal(np.zeros((2, 0)), 1.0), P).shape == (2, 0)
    assert rec.functional_information(rec.Normal(np.zeros((2, 0)), 1.0), P, block=2).shape == (2, 0)


def test_nothing_to_send() -> None:
    same = rec.Normal([0.0, 1.0, -3.0], [1.0, 0.2, 5.0])
    assert rec.functional_information(same, same) == pytest.approx(0.0, abs=1e-9)
    assert rec.functional_information(same, same, block=3) == pytest.approx(0.0, abs=1e-9)


# --- Blocks --------------------------------------------------------------------------------------


@pytest.mark.parametrize("elements", [2, 3, 8, 40])
def test_blocks_of_normals(elements: int) -> None:
    rng = np.random.default_rng(elements)
    means = rng.normal(size=(3, elements)) * 0.8
    made = rec.functional_information(rec.Normal(means, 0.5), P, block=elements)
    expected = [normals_by_quadrature(float((row**2).sum()), elements, 0.5) for row in means]
    np.testing.assert_allclose(made.reshape(-1), expected, rtol=1e-6, atol=3e-5)


def test_a_block_of_one_is_an_element() -> None:
    q = rec.Laplace(np.linspace(-2.0, 2.0, 5), 0.3)
    p = rec.Laplace(0.0, 1.0)
    one = rec.functional_information(q, p)
    # The last block of a row may be of one element: the lattice's value beside the cells'.
    alone = [float(rec.functional_information(q[i : i + 1], p, block=2)[0]) for i in range(5)]
    np.testing.assert_allclose(alone, one, rtol=0, atol=3e-5)


def test_rows_fall_into_blocks() -> None:
    rng = np.random.default_rng(5)
    q = rec.Normal(rng.normal(size=(2, 5)), rng.uniform(0.2, 0.8, size=(2, 5)))
    made = rec.functional_information(q, P, block=2)
    for row in range(2):
        for number, begin in enumerate((0, 2, 4)):
            own = rec.functional_information(q[row, begin : begin + 2], P, block=2)
            assert made[row, number] == pytest.approx(float(own[0]), abs=1e-9)


def test_blocks_of_different_families_by_sampling() -> None:
    # w(h) by the proposal's samples, the density of which is integrated by the target's:
    # E[-log₂ w(U r(X))] for X of the target and U uniform.
    rng = np.random.default_rng(9)
    loc, scale = np.array([0.4, -1.2, 0.0]), np.array([0.5, 0.2, 0.9])
    draws = 400_000
    x, y = rng.normal(size=(draws, 3)), loc + scale * rng.normal(size=(draws, 3))
    q = stats.norm(loc, scale)
    at_p = np.sort((q.logpdf(x) - stats.norm.logpdf(x)).sum(axis=1))
    h = (q.logpdf(y) - stats.norm.logpdf(y)).sum(axis=1) + np.log(rng.random(draws))
    w = (draws - np.searchsorted(at_p, h)) / draws
    bits = -np.log2(np.maximum(w, 0.5 / draws))
    made = float(rec.functional_information(rec.Normal(loc, scale), P, block=3)[0])
    # Five standard errors of the mean, and what few samples of high ratios leave open.
    assert made == pytest.approx(bits.mean(), abs=5 * bits.std() / math.sqrt(draws) + 2e-3)


def test_many_elements_of_little_information() -> None:
    means = np.full(200, 0.15)
    made = float(rec.functional_information(rec.Normal(means, 1.0), P, block=200)[0])
    # One shift along the means' direction: exactly that of one element.
    one = float(rec.functional_information(rec.Normal(0.15 * math.sqrt(200), 1.0), P))
    assert made == pytest.approx(one, abs=1e-4)


def test_a_block_takes_less_than_its_elements() -> None:
    q = rec.Normal(np.random.default_rng(2).normal(size=16), 0.3)
    totals = [rec.functional_information(q, P, block=k).sum() for k in (1, 2, 4, 8, 16)]
    assert (np.diff(totals) < 0).all()
    assert totals[-1] > rec.kl_bits(q, P).sum()


def test_lattices_of_known_laws() -> None:
    # One log ratio t: the density is 2^-t on (0, 2^t).
    assert bits_of_lattice(8, 0.5, np.array([1.0])) == pytest.approx(4.0 / math.log(2))
    # Two ratios, 3/2 and 1/2, each of half the proposal's mass: w is 1 below 1/2, and 1/2 above.
    q = np.zeros(3000)
    step = math.log(3.0) / 2999
    q[0], q[-1] = 0.25, 0.75
    first = round(math.log(0.5) / step)
    assert bits_of_lattice(first, step, q) == pytest.approx(0.5, abs=1e-3)


# --- What is refused -----------------------------------------------------------------------------


def test_what_it_refuses() -> None:
    with pytest.raises(rec.ParameterError, match="with cdf"):
        rec.functional_information(rec.CustomTarget(lambda x: -x * x, mode=0.0, shape=()), P)
    with pytest.raises(rec.ParameterError, match="broadcast"):
        rec.functional_information(rec.Normal([0.0, 1.0], 1.0), rec.Normal([0.0] * 3, 1.0))
    for block in (0, -1, 2**16 + 1, 1.5):
        with pytest.raises(rec.ParameterError, match="block is"):
            rec.functional_information(P, P, block=block)  # type: ignore[arg-type]
    with pytest.raises(rec.DivergenceError, match="lies outside"):
        rec.functional_information(rec.Uniform(0.0, 2.0), rec.Uniform(0.0, 1.0))
    with pytest.raises(rec.DivergenceError, match="lies outside"):
        rec.functional_information(rec.Laplace(0.0, 9.0), P)


def test_targets_finer_than_samples() -> None:
    # Doubles near 2 are 4e-16 apart, positions there 4e-19 and more.
    q = rec.Normal([[0.0], [2.0]], [1e-9, 1e-12])
    with pytest.raises(rec.DivergenceError, match="finer than") as caught:
        rec.functional_information(q, P)
    assert caught.value.element == (1, 1)
    with pytest.raises(rec.DivergenceError, match="finer than"):
        rec.functional_information(q, P, block=2)
    made = rec.functional_information(q[0], P)
    np.testing.assert_allclose(made - rec.kl_bits(q[0], P), 0.5208, rtol=0, atol=1e-3)


# --- Beside the bits of containers ---------------------------------------------------------------


def of_information(bits: float, shape: tuple[int, ...]) -> rec.Normal:
    """Targets of one scale whose samples follow N(0, 1)."""
    scale = 2.0**-bits
    return rec.Normal(np.sqrt(1 - scale**2) * np.random.default_rng(1).normal(size=shape), scale)


@pytest.mark.parametrize(
    ("block", "shape"), [(1, (6, 20)), (4, (6, 20)), (16, (3, 5)), (3, (4, 7))]
)
def test_inspect_says_it(block: int, shape: tuple[int, ...]) -> None:
    q, p = of_information(1.0, shape), rec.Normal(0.0, 1.0)
    data = rec.compress(q, p, codec=rec.ADStar(1, block=block))
    told = rec.inspect(data, q, p)
    size = min(block, shape[-1])
    assert told.functional_bits == rec.functional_information(q, p, block=size).sum()
    assert f"functional    {told.functional_bits:.1f}" in str(told)
    assert rec.inspect(data).functional_bits is None


@pytest.mark.parametrize("codec", [rec.ADStar(1), rec.ADStar(1, block=2), rec.PolarCoding(1)])
def test_inspect_estimates_it_of_many(codec: rec.Codec) -> None:
    q = of_information(1.0, (40, 25))
    told = rec.inspect(rec.compress(q, P, codec=codec), q, P)
    # The last block of a row is shorter, and has no part in the estimate.
    block = codec.block if codec.block == 2 else 1
    each = rec.functional_information(q[:, :24], P, block=block) / block
    assert told.functional_bits is not None
    # 256 of 1,000, or 128 of 480: a mean is off by that many standard errors once in 10^8 times.
    error = each.std() / np.sqrt(256 // block)
    assert abs(told.functional_bits / 1000 - each.mean()) < 5.7 * error


def test_inspect_of_targets_without_it() -> None:
    nothing = rec.Normal(np.zeros(0), 1.0)
    assert rec.inspect(rec.compress(nothing, P), nothing, P).functional_bits is None
    by_ratio = rec.CustomTarget(lambda x: -np.square(x), bound=0.0, shape=(3,))
    assert _functional(rec.ADStar(1), by_ratio, P, (3,)) is None
    by_cdf = rec.CustomTarget(cdf=scipy_cdf, shape=(300,))
    assert _functional(rec.PolarCoding(1), by_cdf, P, (300,)) is None
    assert _functional(rec.PolarCoding(1), by_cdf, None, (300,)) is None
    few = rec.CustomTarget(cdf=scipy_cdf, shape=(2,))
    found = _functional(rec.PolarCoding(1), few, P, (2,))
    assert found == pytest.approx(2 * rec.functional_information(rec.Normal(0.0, 0.5), P), abs=1e-4)


def scipy_cdf(x: Any) -> Any:
    return stats.norm.cdf(x, scale=0.5)
