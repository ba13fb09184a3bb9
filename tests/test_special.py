"""The portable functions against mpmath, to the last place, and the laws of what they make.

Every error is measured in units in the last place (ulp) of the exact result. The largest found in
searches of 24,000 positions, the required bound for the normal quantile being 4:

    quantile       anywhere   in the tails, beyond the quartiles
      normal          2.4        1.3
      Laplace         2.4        1.9    (also: exponential)
      logistic        2.4        2.0
    log               1.9        and 1.3 * 2^-53, absolute, from 1/2 to 1
    exp               1.2

Near the median quantiles are products of a distance and a polynomial, whose roundings add up; they
are relatively accurate all the same.

Statistical tests: 8 of level 1e-4, on fixed seeds; 0.0008 false alarms expected over all choices of
seeds (see tests/goodness.py).
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import mpmath as mp
import numpy as np
import pytest
from scipy import stats

from astar_rec import _core, reference
from goodness import check, check_uniform, seed_for

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

QUANTILES = ["normal", "laplace", "logistic", "uniform"]
CENTRE = 2**63  # the first position of the upper half


@pytest.fixture(autouse=True)
def _precise() -> Iterator[None]:
    with mp.workprec(160):
        yield


def ulps(value: float, exact: mp.mpf) -> float:
    """Distance in ulp of the exact value."""
    return float(abs(mp.mpf(value) - exact) / math.ulp(float(exact)))


def worst(values: Iterable[float], exact: Iterable[mp.mpf]) -> tuple[float, int]:
    """The largest distance, and where it is."""
    return max((ulps(v, e), i) for i, (v, e) in enumerate(zip(values, exact, strict=True)))


def positions_of_lower_half() -> np.ndarray:
    """Ends, powers of two and segment boundaries with their neighbours, and random ones."""
    draws = np.random.default_rng(seed_for("positions"))
    chosen = {0, 1, 2, CENTRE - 1, CENTRE - 2}
    for k in range(64):
        chosen.update((1 << k) + d for d in (-1, 0, 1))
        chosen.update(CENTRE - (1 << k) + d for d in (-1, 0, 1))
    for octave in range(64):
        for segment in range(32, 64):
            first = segment << 58 >> octave >> 1  # the position where a segment begins
            chosen.update(first + d for d in (-1, 0, 1))
    for bits in draws.uniform(0, 63, 2000):  # log-uniform in the tail and near the median
        chosen.update((int(2.0**bits), CENTRE - int(2.0**bits)))
    chosen.update(int(u * 2.0**63) for u in draws.random(1000))
    # The worst that a search of many millions found.
    chosen.update((5764548938306972982, 8347633959640537663, 9216199505277669685))  # normal
    chosen.update((8158885323424731838, 8695508314663370207))  # Laplace
    chosen.update((8688084631941738651,))  # logistic
    return np.array(sorted(k for k in chosen if 0 <= k < CENTRE), np.uint64)


LOWER = positions_of_lower_half()


def tail_probability(position: int) -> mp.mpf:
    return mp.mpf(2 * position + 1) / 2**65


def exact_quantiles(family: str, positions: np.ndarray, values: np.ndarray) -> Iterator[mp.mpf]:
    """Quantiles in the lower half, with the sign turned; the values are Newton's first guess."""
    for k, value in zip(positions.tolist(), values.tolist(), strict=True):
        t = tail_probability(k)
        if family == "laplace":
            yield -mp.log(2 * t)
        elif family == "logistic":
            yield mp.log1p(-2 * t + t) - mp.log(t)
        elif family == "uniform":
            yield 1 - 2 * t
        else:
            # Newton's method on log P(Z > z) squares the error of a guess: one step will do.
            z = mp.mpf(value)
            tail = mp.erfc(z / mp.sqrt(2)) / 2
            density = mp.exp(-z * z / 2) / mp.sqrt(2 * mp.pi)
            yield z + mp.log(tail / t) * tail / density


def quantile(family: str, positions: np.ndarray | list[int]) -> np.ndarray:
    return _core.quantile(family, np.ascontiguousarray(positions, np.uint64))


@pytest.mark.parametrize(
    ("family", "most", "most_in_tails"),
    [("normal", 3.0, 2.0), ("laplace", 3.0, 2.5), ("logistic", 3.0, 2.5), ("uniform", 0.5, 0.5)],
)
def test_quantile(family: str, most: float, most_in_tails: float) -> None:
    values = -quantile(family, LOWER)
    exact = list(exact_quantiles(family, LOWER, values))
    error, where = worst(values, exact)
    assert error <= most, (int(LOWER[where]), values[where])
    tail = np.count_nonzero(np.uint64(2**62) > LOWER)
    error, where = worst(values[:tail], exact[:tail])
    assert error <= most_in_tails, (int(LOWER[where]), values[where])


def test_first_and_last_position() -> None:
    # Tail probability 2^-65.
    with mp.workdps(40):
        z = mp.findroot(lambda z: mp.log(mp.erfc(z / mp.sqrt(2))) + 64 * mp.log(2), 9.16)
    assert ulps(quantile("normal", [2**64 - 1])[0], z) <= 2
    assert ulps(quantile("laplace", [2**64 - 1])[0], 64 * mp.log(2)) <= 1
    assert ulps(quantile("logistic", [2**64 - 1])[0], mp.log(2**65 - 1)) <= 1
    assert quantile("uniform", [0, 2**64 - 1]).tolist() == [-1.0, 1.0]


@pytest.mark.parametrize("family", QUANTILES)
def test_quantile_is_symmetric(family: str) -> None:
    draws = np.random.default_rng(seed_for("symmetric", family))
    positions = np.concatenate([LOWER, draws.integers(0, 2**64, 100_000, np.uint64)])
    assert np.array_equal(quantile(family, ~positions), -quantile(family, positions))


@pytest.mark.parametrize("family", QUANTILES)
def test_quantile_is_monotone(family: str) -> None:
    # Neighbours may come out in the wrong order by rounding, also where two segments meet.
    values = quantile(family, np.concatenate([LOWER, ~LOWER[::-1]]))
    falls = -np.diff(values)
    assert (falls <= 5 * np.spacing(np.abs(values[1:]))).all()
    # Never if they are a little farther apart.
    tail = 2.0 * LOWER.astype(np.float64) + 1
    apart = LOWER[np.concatenate([[True], np.diff(tail) > 2.0**-45 * tail[1:]])]
    apart = np.concatenate([[apart[0]], apart[1:][np.diff(apart) > 2**18]])
    assert (np.diff(quantile(family, apart)) > 0).all()


@pytest.mark.parametrize("family", QUANTILES)
def test_quantile_follows_the_distribution(family: str) -> None:
    # Equal steps of the position are equal steps of probability.
    frozen = {
        "normal": stats.norm(),
        "laplace": stats.laplace(),
        "logistic": stats.logistic(),
        "uniform": stats.uniform(-1, 2),
    }[family]
    k = np.arange(1, 2**16, dtype=np.uint64)
    np.testing.assert_allclose(frozen.cdf(quantile(family, k << np.uint64(48))), k / 2**16, 1e-14)


def test_samples_apply_location_and_scale() -> None:
    positions = LOWER[::7].copy()
    draws = np.random.default_rng(seed_for("samples"))
    loc, scale = draws.normal(size=positions.size), draws.exponential(size=positions.size)
    for family in QUANTILES[:3]:
        expected = loc + scale * quantile(family, positions)
        kind = family
        assert np.array_equal(_core.samples(kind, [loc, scale], positions), expected)
    low, high = loc, loc + scale
    samples = _core.samples("uniform", [low, high], positions)
    assert ((samples >= low) & (samples <= high)).all()


# --- log, log_one_plus, exp, exponential ---------------------------------------------------------


def arguments_of_log() -> np.ndarray:
    draws = np.random.default_rng(seed_for("log"))
    powers = 2.0 ** np.arange(-1074, 1024)
    ends = np.concatenate([powers, np.nextafter(powers, 0), np.nextafter(powers, np.inf)])
    segments = 1 + np.arange(33) / 32
    ends = np.concatenate([ends, segments, np.nextafter(segments, 0), np.nextafter(segments, 3)])
    return np.concatenate(
        [
            ends[(ends > 0) & np.isfinite(ends)],
            np.exp2(draws.uniform(-1074, 1024, 3000)),
            draws.uniform(0.25, 4, 3000),
            1 + np.exp2(draws.uniform(-52, 0, 2000)),
            1 - np.exp2(draws.uniform(-53, -1, 2000)),
            [np.finfo(float).max, float.fromhex("0x1.9cf16bbd0fc70p+0")],
        ]
    )


def test_log() -> None:
    x = arguments_of_log()
    values = _core.log(x)
    exact = [mp.log(v) for v in x.tolist()]
    absolute = (x >= 0.5) & (x < 1)
    for i in np.flatnonzero(absolute):
        assert abs(mp.mpf(float(values[i])) - exact[i]) <= 1.5 * 2.0**-53, x[i]
    rest = np.flatnonzero(~absolute & (x != 1))
    error, where = worst(values[rest], [exact[i] for i in rest])
    assert error <= 3, x[rest[where]]
    assert (values[x == 1] == 0).all()


def test_log_one_plus() -> None:
    draws = np.random.default_rng(seed_for("log one plus"))
    d = np.concatenate(
        [
            draws.random(2000),
            np.exp2(draws.uniform(-1000, 0, 2000)),
            [1.0, math.nextafter(1.0, 0.0), 0.5, 2.0**-52, 2.0**-53, 2.0**-54, 1e-300],
        ]
    ).tolist()
    error, where = worst(map(reference.log_one_plus, d), map(mp.log1p, d))
    assert error <= 3, d[where]
    assert reference.log_one_plus(0.0) == 0.0


def test_exp() -> None:
    draws = np.random.default_rng(seed_for("exp"))
    turns = (np.arange(-1009, 1009) + 0.5) * math.log(2)  # where the power of two changes
    x = np.concatenate(
        [
            *(turns, np.nextafter(turns, -np.inf), np.nextafter(turns, np.inf)),
            *(draws.uniform(-700, 700, 3000), draws.uniform(-1, 1, 2000)),
            -np.exp2(draws.uniform(-60, 9, 2000)),
            [0.0, -0.0, 700.0, -700.0, 1.0, -1.0, float.fromhex("0x1.473fd6a7ecc60p+4")],
        ]
    )
    error, where = worst(_core.exp(x), map(mp.exp, x.tolist()))
    assert error <= 1.5, x[where]
    assert _core.exp(np.array([0.0, -700.1, -1e300, -np.inf])).tolist() == [1.0, 0.0, 0.0, 0.0]


def test_exponential() -> None:
    draws = np.random.default_rng(seed_for("exponential"))
    odd = 2 * LOWER + np.uint64(1)
    odd = np.concatenate([odd, np.uint64(0) - odd, draws.integers(0, 2**64, 2000, np.uint64)])
    values = _core.exponential(odd)
    exact = (-mp.log1p(-mp.mpf(2**64 - v) / 2**64) for v in (odd | np.uint64(1)).tolist())
    error, where = worst(values, exact)
    assert error <= 5, int(odd[where])
    assert (values > 0).all()
    # The lowest bit is not used; the largest and the smallest value.
    assert np.array_equal(_core.exponential(odd & ~np.uint64(1)), values)
    ends = _core.exponential(np.array([0, 2**64 - 1], np.uint64))
    assert ulps(ends[0], 64 * mp.log(2)) <= 1
    assert ulps(ends[1], mp.mpf(2) ** -64) <= 1


def test_exponential_is_exponential() -> None:
    draws = np.random.default_rng(seed_for("exponential's law"))
    values = _core.exponential(draws.integers(0, 2**64, 100_000, np.uint64))
    check_uniform(stats.expon.cdf(values), "exponential")
    check(2 * stats.norm.sf(abs(values.mean() - 1) * math.sqrt(values.size)), "exponential, mean")


# --- Truncated Gumbels and arrival times ---------------------------------------------------------


def exact_truncated_gumbel(location: float, bound: float, u: float) -> mp.mpf:
    """A* sampling's formula, with all digits it takes."""
    location, u = mp.mpf(location), mp.mpf(u)
    with mp.workprec(160):
        smaller = mp.mpf(0) if mp.isinf(bound) else mp.exp(location - mp.mpf(bound))
        return +(location - mp.log(smaller - mp.log(u)))


@pytest.mark.parametrize("seed", range(4))
def test_truncated_gumbels_from_the_root_down(seed: int) -> None:
    # A path of halvings to depth 60: both forms against A* sampling's formula, step by step.
    draws = np.random.default_rng(seed_for("path", seed))
    after, bound = 0.0, math.inf
    for depth in range(61):
        bits = int(draws.integers(0, 2**64, dtype=np.uint64)) | 1
        u = mp.mpf(bits) / 2**64
        location = -depth * math.log(2)
        arrival = _core.next_arrival(after, 2.0**-depth, bits)
        exact = mp.mpf(after) - mp.log(u) * mp.mpf(2) ** depth
        assert ulps(arrival, exact) <= 5
        assert arrival > after
        gumbel = reference.gumbel_of(arrival)
        exact = exact_truncated_gumbel(-depth * mp.log(2), -mp.log(after) if after else mp.inf, u)
        # The logarithm of a time: the time's relative error becomes an absolute one.
        assert abs(gumbel - exact) <= 2.0**-50 + 3 * math.ulp(float(exact))
        # The receiver of a bound has it rounded.
        exact = exact_truncated_gumbel(location, bound, float(u))
        textbook = reference.truncated_gumbel(location, bound, float(u))
        assert abs(textbook - exact) <= 2.0**-51 * (2 + abs(location) + abs(float(exact)))
        assert textbook <= bound
        after, bound = arrival, gumbel


BOUNDS = [
    -1e300,
    -1e6,
    -745.2,
    -700.0,
    -37.0,
    -1.0,
    0.0,
    1e-12,
    1.0,
    40.0,
    699.0,
    701.0,
    1e6,
    math.inf,
]


@pytest.mark.parametrize("bound", BOUNDS)
@pytest.mark.parametrize("location", [0.0, -math.log(3), -43.7, -700.0, 700.0])
def test_truncated_gumbel_with_extreme_bounds(location: float, bound: float) -> None:
    for u in (2.0**-65, 1e-10, 0.25, 0.5, 0.99, 1 - 2.0**-53):
        value = reference.truncated_gumbel(location, bound, u)
        assert value <= bound
        if bound < -1e5:  # the parent's Gumbel is all there is, to the last place
            assert value == bound
            continue
        exact = exact_truncated_gumbel(location, bound, u)
        size = 1 + abs(location) + abs(float(exact)) + (abs(bound) if bound < 1000 else 0)
        assert abs(value - exact) <= 2.0**-52 * size


def test_arrivals_at_the_extremes() -> None:
    for mass in (1.0, 0.75, 2.0**-30, 2.0**-64):
        for bits in (0, 1, 2**63, 2**64 - 1):
            for after in (0.0, 2.0**-64, 1.0, 1e19):
                exact = mp.mpf(after) - mp.log(mp.mpf(bits | 1) / 2**64) / mp.mpf(mass)
                assert ulps(_core.next_arrival(after, mass, bits), exact) <= 5


def test_gumbel_law_of_the_root() -> None:
    draws = np.random.default_rng(seed_for("root"))
    bits = draws.integers(0, 2**64, 20_000, np.uint64).tolist()
    gumbel = [reference.gumbel_of(_core.next_arrival(0.0, 1.0, b)) for b in bits]
    check_uniform(stats.gumbel_r.cdf(gumbel), "root's Gumbel")


@pytest.mark.parametrize(("mass", "bound"), [(0.5, 0.3), (0.01, -6.0), (2.0**-50, -30.0)])
def test_gumbel_law_below_a_bound(mass: float, bound: float) -> None:
    draws = np.random.default_rng(seed_for("truncated", mass))
    bits = draws.integers(0, 2**64, 20_000, np.uint64).tolist()
    arrivals = np.array([_core.next_arrival(math.exp(-bound), mass, b) for b in bits])
    # P(G < g | G < bound) = exp(-exp(location - g) + exp(location - bound)), location = log mass
    check_uniform(np.exp(-mass * (arrivals - math.exp(-bound))), "truncated Gumbel")


def test_largest_of_a_split_is_the_whole() -> None:
    # Of two parts' Gumbels, each with the mass of its part, the larger is the whole's, and it lies
    # in a part with the part's probability.
    draws = np.random.default_rng(seed_for("split"))
    bits = draws.integers(0, 2**64, (20_000, 2), np.uint64).tolist()
    masses = (0.25, 0.75)
    arrivals = np.array([[_core.next_arrival(0.0, masses[i], b[i]) for i in (0, 1)] for b in bits])
    first = arrivals.min(axis=1)
    check_uniform(np.exp(-first), "split")
    in_first_part = int(np.count_nonzero(arrivals[:, 0] < arrivals[:, 1]))
    check(stats.binomtest(in_first_part, len(bits), masses[0]).pvalue, "split, part")
