"""Steps, code lengths, bias: what the paper promises, in figures; divergences by quadrature.

Bounds on means leave room for five standard errors or more: correct code fails none of them (1e-6,
all together). Hypothesis tests of level 1e-4, on fixed seeds (see tests/goodness.py): 6; 0.0006
false alarms expected over all choices of seeds.
"""

from __future__ import annotations

import itertools
import math
from typing import TYPE_CHECKING

import mpmath as mp
import numpy as np
import pytest
from scipy import special, stats

import astar_rec as rec
from common import CODECS, PAIRS, CodecCase, PairCase, each_pair
from goodness import check_uniform, seed_for

if TYPE_CHECKING:
    from collections.abc import Callable

STANDARD = rec.Normal(0.0, 1.0)
DIRECT = [case for case in CODECS if case.exact and not case.needs_bound]
each_direct = pytest.mark.parametrize("case", DIRECT, ids=lambda case: case.name)
each_exact = pytest.mark.parametrize(
    "case", [case for case in CODECS if case.exact], ids=lambda case: case.name
)


def depths(index: np.ndarray) -> np.ndarray:
    """Return floor(log2 index)."""
    high = index >> np.uint64(32)
    low = index & np.uint64(0xFFFF_FFFF)
    part = np.where(high > 0, high, low).astype(np.float64)  # exact
    return np.frexp(part)[1] - 1 + 32 * (high > 0)


def entropy(values: np.ndarray) -> float:
    """Return the entropy of integers' empirical law, in bits."""
    p = np.bincount(values) / values.size
    return float(special.entr(p).sum() / math.log(2))


def d_infinity(mean: np.ndarray, scale: np.ndarray) -> np.ndarray:
    """Return the largest log2 of N(mean, scale²) over N(0, 1), scale < 1."""
    return np.square(mean) / (2 * (1 - np.square(scale)) * math.log(2)) - np.log2(scale)


def marginal(information: float, count: int, seed: int) -> rec.Normal:
    """Return normals, with means such that their samples follow N(0, 1) and tell so many bits."""
    scale = 2.0**-information
    spread = math.sqrt((1 - scale) * (1 + scale))
    return rec.Normal(np.random.default_rng(seed).normal(0.0, spread, count), scale)


# --- Steps ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(("name", "most"), [("ad", 6.5), ("as", 7.5)])
def test_steps_at_5_bits(name: str, most: float) -> None:
    case = next(case for case in CODECS if case.name == name)
    seed = seed_for("steps at 5 bits", name)
    steps = case.make(seed).encode(marginal(5.0, 100_000, seed), STANDARD).steps
    assert 5.0 < steps.mean() < most
    assert np.quantile(steps, 0.999) < 4 * most


@pytest.mark.parametrize(("name", "low", "high"), [("ad", 0.97, 1.03), ("as", 1.33, 1.44)])
def test_steps_grow_linearly(name: str, low: float, high: float) -> None:
    case = next(case for case in CODECS if case.name == name)
    bound, mean_steps = [], []
    for bits in range(5, 56, 5):
        seed = seed_for("linear", name, bits)
        mean = np.random.default_rng(seed).uniform(-0.25, 0.25, 10_000)
        scale = np.full(mean.size, 2.0**-bits)
        steps = case.make(seed).encode(rec.Normal(mean, scale), STANDARD).steps
        bound.append(d_infinity(mean, scale).mean())
        mean_steps.append(steps.mean())
    slope, constant = np.polyfit(bound, mean_steps, 1)
    residuals = np.polyval((slope, constant), bound) - mean_steps
    assert low < slope < high
    assert abs(constant) < 1
    assert np.abs(residuals).max() < 0.4


def test_steps_of_the_global_bound() -> None:
    # The number of samples until a bound of 2^D∞ ends the search: 2^D∞ on average.
    for bits in (1, 3, 6):
        seed = seed_for("global steps", bits)
        mean = np.random.default_rng(seed).uniform(-0.5, 0.5, 20_000)
        scale = np.full(mean.size, 2.0**-bits)
        steps = rec.GlobalAStar(seed).encode(rec.Normal(mean, scale), STANDARD).steps
        expected = np.exp2(d_infinity(mean, scale)).mean()
        assert abs(steps.mean() / expected - 1) < 0.05


def test_steps_of_wide_targets() -> None:
    # A ratio without a bound on the real line: of no harm to any but the global bound.
    seed = seed_for("wide")
    q = rec.Normal(np.zeros(5_000), 2.0)
    assert rec.ADStar(seed).encode(q, STANDARD).steps.mean() < 100
    assert rec.ASStar(seed).encode(q, STANDARD).steps.mean() < 75
    with pytest.raises(rec.DivergenceError):
        rec.GlobalAStar(seed).encode(q, STANDARD)


# --- Code lengths --------------------------------------------------------------------------------


def code_lengths(index: np.ndarray) -> tuple[float, float]:
    """Return bits per index: with the best fixed code, and with the entropy of the depth."""
    depth = depths(index)
    with_code = rec.shortest_code(index).bits(index) / index.size
    return with_code, float(depth.mean()) + entropy(depth)


KL = [0.5, 1.0, 2.0, 4.0, 8.0, 12.0, 20.0, 35.0, 50.0]
EXACT_AND_DAD = [*(case.name for case in CODECS if case.exact), "dad"]


@pytest.mark.parametrize(
    ("name", "kl"),
    # The global bound takes 2^D∞ steps.
    [(name, kl) for name in EXACT_AND_DAD for kl in KL if kl <= 12 or name != "global"],
)
def test_mean_bits(name: str, kl: float) -> None:
    seed = seed_for("bits", name, kl)
    if name == "dad":
        codec: rec.Codec = rec.DADStar(min(63, math.ceil(kl) + 8), seed)
    else:
        codec = next(case for case in CODECS if case.name == name).make(seed)
    count = 1_000 if name == "global" and kl > 5 else 20_000
    largest = min(2.0, 0.9 * math.sqrt(2 * kl * math.log(2)))
    mean = np.random.default_rng(seed).uniform(-largest, largest, count)
    index = codec.encode(rec.isokl_normal(mean, kl), STANDARD).index
    with_code, with_entropy = code_lengths(index)
    assert with_code <= kl + 2 * math.log2(kl + 1) + 5
    # Measured: at most 3 bits above the divergence, however much it is.
    assert with_entropy <= kl + 3
    assert with_entropy <= with_code


@each_exact
@pytest.mark.parametrize("information", [2.0, 5.0])
def test_no_code_beats_the_information(case: CodecCase, information: float) -> None:
    # Samples follow the proposal, so that the receiver learns the mutual information and no less.
    count = 5_000 if case.needs_bound else 50_000
    seed = seed_for("information", case.name, information)
    q = marginal(information, count, seed)
    if case.needs_bound:
        q = rec.Normal(np.clip(q.loc, -3, 3), q.scale)
    index = case.make(seed).encode(q, STANDARD).index
    with_code, with_entropy = code_lengths(index)
    assert abs(rec.kl_bits(q, STANDARD).mean() - information) < 5 / math.sqrt(count)
    assert information < with_entropy <= information + 3
    assert with_code < information + 4
    assert entropy(depths(index)) < 3.3


def test_no_information_costs_a_bit() -> None:
    # The only index is 1, and codes of variable length have a word of one bit for it.
    for case in CODECS:
        if not case.ends_early:
            continue
        index = case.make(3).encode(STANDARD, rec.Normal(np.zeros(100), 1.0)).index
        assert code_lengths(index) == (1.0, 0.0)


@each_direct
@each_pair
def test_mean_bits_of_all_pairs(case: CodecCase, pair: PairCase) -> None:
    seed = seed_for("bits of pairs", case.name, pair.name)
    q, p = pair.random(np.random.default_rng(seed), 10_000)
    kl = float(rec.kl_bits(q, p).mean())
    index = case.make(seed).encode(q, p).index
    assert code_lengths(index)[0] <= kl + 2 * math.log2(kl + 1) + 5


# --- DAD*: bias ----------------------------------------------------------------------------------


@pytest.mark.parametrize("kl", [3, 6, 12])
def test_bias_shrinks_with_depth(kl: int) -> None:
    seed = seed_for("bias", kl)
    mean = np.random.default_rng(seed).uniform(-1.8, 1.8, 100_000)
    q = rec.isokl_normal(mean, kl)

    def probabilities(depth: int) -> np.ndarray:
        sample = rec.DADStar(depth, seed).encode(q, STANDARD).sample
        return special.ndtr((sample - q.loc) / q.scale)

    bias = [
        stats.kstest(probabilities(kl + more), "uniform").statistic for more in (-2, -1, 0, 1, 2)
    ]
    # The noise of the distance is about 0.003 here.
    assert all(later < 0.8 * earlier for earlier, later in itertools.pairwise(bias[:4]))
    assert bias[0] > 0.2
    assert bias[3] < 0.02
    assert bias[4] < 0.01
    check_uniform(probabilities(kl + 4), "DAD* at 4 bits above the divergence")
    check_uniform(probabilities(kl + 8), "DAD* at 8 bits above the divergence")


def test_deep_enough_is_exact() -> None:
    seed = seed_for("deep")
    q = rec.isokl_normal(np.random.default_rng(seed).uniform(-1.8, 1.8, 20_000), 6.0)
    exact = rec.ADStar(seed).encode(q, STANDARD)
    deep = rec.DADStar(63, seed).encode(q, STANDARD)
    assert np.array_equal(deep.index, exact.index)
    # At 8 bits above the divergence hardly any index differs.
    limited = rec.DADStar(14, seed).encode(q, STANDARD)
    assert np.count_nonzero(limited.index != exact.index) < 5


# --- Divergences ---------------------------------------------------------------------------------

Number = mp.mpf
SURPRISE: dict[str, Callable[[Number], Number]] = {
    "Normal": lambda z: z * z / 2 + mp.log(2 * mp.pi) / 2,
    "Laplace": lambda z: abs(z) + mp.log(2),
    "Logistic": lambda z: abs(z) + 2 * mp.log1p(mp.exp(-abs(z))),
}
ENTROPY: dict[str, Callable[[], Number]] = {
    "Normal": lambda: (1 + mp.log(2 * mp.pi)) / 2,
    "Laplace": lambda: 1 + mp.log(2),
    "Logistic": lambda: Number(2),
}
REACH = {"Normal": 15, "Laplace": 80, "Logistic": 80}


def divergence(target: str, proposal: str, mean: float, scale: float) -> Number:
    """Return KL in bits by quadrature; mean and scale (half the width) in the proposal's units."""
    m, s = Number(mean), Number(scale)
    # Break points in the target's units: the tails, and the proposal's middle at all its scales.
    middle = -m / s
    near = [middle + sign * Number(d) / s for d in (0, 2, 8, 40) for sign in (-1, 1)]
    if target == "Uniform":
        points = sorted({Number(-1), Number(1), *(x for x in near if abs(x) < 1)})
        cross = mp.quad(lambda y: SURPRISE[proposal](m + s * y), points) / 2
        return (cross - mp.log(2 * s)) / mp.log(2)
    reach = REACH[target]
    tails = [sign * Number(y) for y in (0, 1, 3, 8, 20, 40, reach) for sign in (-1, 1)]
    points = sorted({y for y in (*tails, *near) if abs(y) <= reach})
    cross = mp.quad(lambda y: mp.exp(-SURPRISE[target](y)) * SURPRISE[proposal](m + s * y), points)
    return (cross - ENTROPY[target]() - mp.log(s)) / mp.log(2)


LOCATIONS_AND_SCALES = [
    *((0.3, 0.2), (0.0, 1.0), (5.0, 0.01), (-3.0, 2.0), (0.0, 6.0), (-12.3, 4.5)),
    *((1e-4, 1.0), (0.0, 1 + 1e-5), (0.0, 1 - 1e-5), (-1e-8, 1.0)),
    *((0.7, 1.37 * 2.0**-30), (-0.7, 1.37 * 2.0**-45), (9.0, 1.37 * 2.0**-50)),
]
EXTREME = [(0.001, 1e-18), (0.0, 1.37e-100), (300.0, 1.0), (1e5, 3e3), (0.0, 50.0), (2.0, 300.0)]
REAL = [pair for pair in PAIRS if pair.proposal != "Uniform"]


@pytest.mark.parametrize("pair", REAL, ids=lambda pair: pair.name)
@pytest.mark.parametrize("kind", ["usual", "extreme"])
def test_divergence_by_quadrature(pair: PairCase, kind: str) -> None:
    for mean, scale in {"usual": LOCATIONS_AND_SCALES, "extreme": EXTREME}[kind]:
        p = getattr(rec, pair.proposal)(0.0, 1.0)
        if pair.target == "Uniform":
            low, high = mean - scale, mean + scale
            if not low < high:
                continue
            q = rec.Uniform(low, high)
            mean = float((Number(low) + Number(high)) / 2)
            scale = float((Number(high) - Number(low)) / 2)
        else:
            q = getattr(rec, pair.target)(mean, scale)
        with mp.workdps(25):
            exact = float(divergence(pair.target, pair.proposal, mean, scale))
        assert abs(float(rec.kl_bits(q, p)) - exact) <= 1e-13 + 1e-11 * abs(exact), (mean, scale)


def test_divergence_is_of_relative_place_and_scale() -> None:
    rng = np.random.default_rng(seed_for("relative"))
    for pair in PAIRS:
        parameters = pair.parameters(rng.random((4, 50)))
        q, p = pair.distributions(parameters)
        expected = rec.kl_bits(q, p)
        # A power of two changes no rounding.
        for factor in (2.0**-300, 2.0**300):
            q, p = pair.distributions(factor * parameters)
            np.testing.assert_allclose(rec.kl_bits(q, p), expected, 1e-14)


def test_divergence_of_uniforms() -> None:
    p = rec.Uniform(-1.0, 3.0)
    q = rec.Uniform([-1.0, 0.0, 2.5, -1.5, 2.0, 2.0], [3.0, 1.0, 3.0, 0.0, 4.0, 2.0 + 2.0**-50])
    assert rec.kl_bits(q, p).tolist() == [0.0, 2.0, 3.0, math.inf, math.inf, 52.0]


def test_divergence_of_very_narrow_normals() -> None:
    scale = np.exp2(-np.arange(20.0, 1000.0, 7.3))
    expected = (0.5 * np.square(0.3) - 0.5 - np.log(scale)) / math.log(2)
    np.testing.assert_allclose(rec.kl_bits(rec.Normal(0.3, scale), STANDARD), expected, 1e-11)


# --- IsoKL normals -------------------------------------------------------------------------------


def exact_kl(mean: float, scale: float) -> Number:
    """Return KL[N(mean, scale²) ‖ N(0, 1)] in bits."""
    m, s = Number(mean), Number(scale)
    return ((m * m + s * s - 1) / 2 - mp.log(s)) / mp.log(2)


ISOKL = [1e-9, 1e-6, 1e-3, 0.05, 0.5, 1.0, 3.0, 5.0, 8.0, 13.0, 20.0, 32.0, 45.0, 52.0, 99.0, 900.0]
# Of the largest mean, sqrt(2 kappa); the last is as near to the edge as floats with room to spare.
PARTS = [0.0, 1e-9, 0.1, -0.5, 0.9, 0.97, -0.999, 1 - 1e-6, 1 - 1e-12]


@pytest.mark.parametrize("kl", ISOKL)
def test_isokl_has_the_divergence_asked_for(kl: float) -> None:
    mean = np.array(PARTS) * math.sqrt(2 * kl * math.log(2))
    q = rec.isokl_normal(mean, kl)
    assert np.array_equal(q.loc, mean)
    assert ((q.scale > 0) & (q.scale < 1)).all()
    with mp.workdps(40):
        for m, s in zip(q.loc.tolist(), q.scale.tolist(), strict=True):
            assert abs(exact_kl(m, s) / kl - 1) <= 2e-15 * (1 + 1 / math.sqrt(kl))
    np.testing.assert_allclose(rec.kl_bits(q, STANDARD), kl, 1e-10)


@pytest.mark.parametrize("kl", ISOKL)
def test_isokl_is_lamberts_w(kl: float) -> None:
    mean = np.array(PARTS[:-2]) * math.sqrt(2 * kl * math.log(2))
    q = rec.isokl_normal(mean, kl)
    with mp.workdps(1200 if kl > 100 else 200):
        kappa = kl * mp.log(2)
        for m, s in zip(q.loc.tolist(), q.scale.tolist(), strict=True):
            square = -mp.lambertw(-mp.exp(Number(m) ** 2 - 2 * kappa - 1)).real
            # A rounding of 2 kappa - m² moves log s² by so much of it:
            sensitivity = 2 * kappa / (1 - square)
            assert abs(Number(s) / mp.sqrt(square) - 1) <= 4e-16 * (2 + sensitivity)


def test_isokl_at_the_edge() -> None:
    for kl in (1e-6, 1.0, 5.0, 50.0):
        edge = math.sqrt(2 * kl * math.log(2))
        near = edge * (1 - 2.0 ** -np.arange(1, 50.0))
        scale = rec.isokl_normal(near, kl).scale
        assert (np.diff(scale) >= 0).all()
        assert (scale < 1).all()
        assert scale[-1] > 1 - 1e-6 * max(1, edge)
        with pytest.raises(rec.ParameterError, match="loc"):
            rec.isokl_normal(edge * (1 + 1e-15), kl)
        with pytest.raises(rec.ParameterError, match="loc"):
            rec.isokl_normal([0.0, -2 * edge], kl)


def test_isokl_with_a_proposal() -> None:
    p = rec.Normal([-3.0, 10.0, 1e6], [0.01, 7.0, 1e3])
    q = rec.isokl_normal(p.loc + p.scale * np.array([0.5, -1.0, 1.2]), 4.0, proposal=p)
    np.testing.assert_allclose(rec.kl_bits(q, p), 4.0, 1e-12)
    standard = rec.isokl_normal([0.5, -1.0, 1.2], 4.0)
    np.testing.assert_allclose(q.scale, p.scale * standard.scale, 1e-9)
    assert rec.isokl_normal(np.zeros((4, 1)), [1.0, 2.0, 3.0]).shape == (4, 3)
