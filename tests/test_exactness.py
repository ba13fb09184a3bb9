"""Samples follow their targets and are independent of each other: what all the rest is for.

Every sample is turned into its probability under its own target, which is uniform if the codec is
exact, whatever the targets. Kolmogorov-Smirnov tests look at the middle of that law, the mean and
the mean square of its normal scores at the tails.

Statistical tests, on fixed seeds (see tests/goodness.py), of level 1e-4: 414 of the law, 83 of
positions, 68 of independence; 0.057 false alarms expected over all choices of seeds.
"""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

import numpy as np
import pytest
from scipy import special

import astar_rec as rec
from astar_rec import _core
from astar_rec import reference as ref
from common import CODECS, PAIRS, CodecCase, PairCase, check_codec, each_pair, same_bits
from goodness import (
    check_counts,
    check_moments,
    check_runs,
    check_uncorrelated,
    check_uniform,
    normal_scores,
    seed_for,
)

if TYPE_CHECKING:
    from collections.abc import Callable

EXACT = [case for case in CODECS if case.exact] + [
    # Deep enough to be exact for any experiment.
    CodecCase("dad-63", lambda seed: rec.DADStar(63, seed), ref.DADStar(63))
]
each_exact = pytest.mark.parametrize("case", EXACT, ids=lambda case: case.name)
DIRECT = [case for case in EXACT if not case.needs_bound]
each_direct = pytest.mark.parametrize("case", DIRECT, ids=lambda case: case.name)


# --- The law of the samples ----------------------------------------------------------------------

TAILS: dict[type, Callable[[np.ndarray], np.ndarray]] = {
    rec.Normal: special.ndtr,
    rec.Laplace: lambda y: np.where(y < 0, 0.5 * np.exp(-np.abs(y)), 1 - 0.5 * np.exp(-np.abs(y))),
    rec.Logistic: special.expit,
}


def probabilities(samples: np.ndarray, q: rec.Distribution) -> tuple[np.ndarray, np.ndarray]:
    """Return the probabilities below and above each sample under its target."""
    if isinstance(q, rec.Uniform):
        # Where the floats are coarse, the ends are points like all others, half of them outside.
        room = 0.5 * np.spacing(np.maximum(np.abs(q.low), np.abs(q.high)))
        width = (q.high - q.low) + 2 * room
        return ((samples - q.low) + room) / width, ((q.high - samples) + room) / width
    y = (samples - q.loc) / q.scale
    return TAILS[type(q)](y), TAILS[type(q)](-y)


def check_law(samples: np.ndarray, q: rec.Distribution) -> None:
    below, above = probabilities(samples, q)
    check_uniform(below, "law of the samples")
    if isinstance(q, rec.Uniform):
        # No tails here: the mean and the mean square, in units of the target's own.
        y = below - above
        check_moments(y, 1 / 3, 1 / 5, "law of the samples")
    else:
        check_moments(normal_scores(below, above), 1.0, 3.0, "law of the samples")


def targets(
    pair: PairCase, mean: np.ndarray, scale: np.ndarray, loc: float, unit: float
) -> tuple[rec.Distribution, rec.Distribution]:
    """Return target and proposal; the target's mean and scale are in the proposal's units."""
    p = (loc - unit, loc + unit) if pair.proposal == "Uniform" else (loc, unit)
    q = (loc + unit * mean, unit * scale)
    if pair.target == "Uniform":
        q = (loc + unit * (mean - scale), loc + unit * (mean + scale))
        if pair.proposal == "Uniform":
            q = (np.maximum(q[0], p[0]), np.minimum(q[1], p[1]))
    return getattr(rec, pair.target)(*q), getattr(rec, pair.proposal)(*p)


# Mean and scale of the target in units of the proposal's. The second of each is for the global
# bound, with a bound of 2^12 at most on the ratio over the proposal's positions.
WIDE = {
    "normal/normal": ((0.3, 1.7), (0.1, 1.07)),
    "laplace/laplace": ((0.3, 2.0), (0.1, 1.15)),
    "logistic/logistic": ((0.3, 2.0), (0.1, 1.15)),
    "uniform/normal": ((0.5, 5.0), (0.0, 3.0)),
    "uniform/laplace": ((1.0, 15.0), (0.5, 6.0)),
    "uniform/logistic": ((1.0, 15.0), (0.5, 6.0)),
    "uniform/uniform": ((0.0, 1.0), (0.0, 1.0)),
    "normal/laplace": ((0.5, 4.0), (0.2, 3.0)),
    "laplace/normal": ((0.1, 0.8), (0.0, 0.22)),
}
# Eight standard deviations of the proposal from its middle, or at its end. Global: two.
FAR = {
    "normal/normal": ((8.0, 0.1), (2.0, 0.3)),
    "laplace/laplace": ((-11.3, 0.1), (-2.8, 0.3)),
    "logistic/logistic": ((14.5, 0.1), (3.6, 0.3)),
    "uniform/normal": ((-8.0, 0.2), (-2.0, 0.5)),
    "uniform/laplace": ((11.3, 0.5), (2.8, 0.5)),
    "uniform/logistic": ((14.5, 0.5), (3.6, 0.5)),
    "uniform/uniform": ((0.9999, 0.0001), (-0.99, 0.01)),
    "normal/laplace": ((11.3, 0.2), (2.8, 0.3)),
    "laplace/normal": ((-8.0, 0.05), (-2.0, 0.1)),
}


def size_for(case: CodecCase) -> int:
    return 4_000 if case.needs_bound else 25_000


@each_exact
@each_pair
def test_typical(case: CodecCase, pair: PairCase) -> None:
    seed = seed_for("typical", case.name, pair.name)
    rng = np.random.default_rng(seed)
    q, p = pair.random(rng, size_for(case), bounded=case.needs_bound)
    check_law(check_codec(case.make(seed), q, p).sample, q)


@each_exact
@each_pair
@pytest.mark.parametrize("kind", ["wide", "far"])
def test_wide_and_far(case: CodecCase, pair: PairCase, kind: str) -> None:
    seed = seed_for(kind, case.name, pair.name)
    mean, scale = {"wide": WIDE, "far": FAR}[kind][pair.name][int(case.needs_bound)]
    n = size_for(case)
    q, p = targets(pair, np.full(n, mean), np.full(n, scale), 0.7, 1.3)
    check_law(check_codec(case.make(seed), q, p).sample, q)


@each_direct
@each_pair
def test_narrow(case: CodecCase, pair: PairCase) -> None:
    # 45 bits of information: the target spans some 2^19 positions, or floats.
    seed = seed_for("narrow", case.name, pair.name)
    rng = np.random.default_rng(seed)
    mean = rng.uniform(-0.9, 0.9, 20_000)
    q, p = targets(pair, mean, np.full(mean.size, 2.0**-44.5), 0.0, 1.0)
    assert 43.5 < rec.kl_bits(q, p).mean() < 46.5
    check_law(check_codec(case.make(seed), q, p).sample, q)


@each_direct
def test_one_target_many_times(case: CodecCase) -> None:
    seed = seed_for("one target", case.name)
    q, p = rec.Normal(np.full(100_000, 0.8), 0.2), rec.Normal(0.0, 1.0)
    check_law(check_codec(case.make(seed), q, p).sample, q)


# --- Positions -----------------------------------------------------------------------------------


def positions_of(codec: rec.Codec, index: np.ndarray, offset: int = 0) -> np.ndarray:
    out = np.empty(index.shape, np.uint64)
    _core.replay(codec._method, codec.seed, offset, index, out)
    return out


def check_positions(positions: np.ndarray) -> None:
    """Test that positions are uniform from their highest to their lowest bits."""
    check_uniform((positions >> np.uint64(11)) * 2.0**-53, "positions")
    check_counts(positions >> np.uint64(56), 256, "high bits of the positions")
    check_counts(positions >> np.uint64(28) & np.uint64(255), 256, "middle bits of the positions")
    check_counts(positions & np.uint64(255), 256, "low bits of the positions")


@each_exact
def test_positions_under_the_marginal_of_normals(case: CodecCase) -> None:
    # A mean drawn from N(0, 1 - σ²) and a sample from N(mean, σ²): the sample's law is N(0, 1).
    seed = seed_for("marginal", case.name)
    rng = np.random.default_rng(seed)
    scale = 0.125
    if case.needs_bound:
        mean = np.clip(rng.normal(0, np.sqrt(1 - scale**2), 20_000), -3.5, 3.5)  # 10 outside
    else:
        mean = rng.normal(0, np.sqrt(1 - scale**2), 50_000)
    codec = case.make(seed)
    sent = codec.encode(rec.Normal(mean, scale), rec.Normal(0.0, 1.0))
    check_positions(positions_of(codec, sent.index))


@each_exact
def test_positions_under_the_marginal_of_cells(case: CodecCase) -> None:
    # One of 32 intervals, drawn evenly, and a uniform sample of it.
    seed = seed_for("cells", case.name)
    rng = np.random.default_rng(seed)
    low = rng.integers(0, 32, 40_000) / 32
    codec = case.make(seed)
    sent = codec.encode(rec.Uniform(low, low + 1 / 32), rec.Uniform(0.0, 1.0))
    check_positions(positions_of(codec, sent.index))


@each_exact
@pytest.mark.parametrize("family", ["Normal", "Laplace", "Logistic"])
def test_positions_where_target_and_proposal_agree(case: CodecCase, family: str) -> None:
    p = getattr(rec, family)(np.full(40_000, -0.4), 2.5)
    codec = case.make(seed_for("no information", case.name, family))
    sent = check_codec(codec, p, p)
    assert (sent.index == 1).all()
    assert (sent.steps == 1).all()
    check_positions(positions_of(codec, sent.index))


@each_direct
def test_low_bits_of_narrow_targets(case: CodecCase) -> None:
    # Wherever and however narrow the target is, the last bits of its samples' positions are free.
    seed = seed_for("low bits", case.name)
    rng = np.random.default_rng(seed)
    codec = case.make(seed)
    q = rec.Normal(rng.normal(size=40_000), np.exp2(-rng.uniform(0, 40, 40_000)))
    low = positions_of(codec, codec.encode(q, rec.Normal(0.0, 1.0)).index) & np.uint64(255)
    check_counts(low, 256, "low bits")


# --- Independence --------------------------------------------------------------------------------

ONE = rec.Normal(np.full(40_000, -0.6), 0.3)
STANDARD = rec.Normal(0.0, 1.0)


def scores_of(codec: rec.Codec, offset: int = 0, q: rec.Normal = ONE) -> np.ndarray:
    return (codec.encode(q, STANDARD, offset=offset).sample - q.loc) / q.scale


@each_exact
def test_neighbouring_elements_are_independent(case: CodecCase) -> None:
    scores = scores_of(case.make(seed_for("neighbours", case.name)))
    for lag in (1, 2, 3, 8, 64, 1024):
        check_uncorrelated(scores[:-lag], scores[lag:], f"elements {lag} apart")
    check_runs(scores > 0, "elements")
    # Pairs of neighbours in 8 x 8 cells.
    cells = np.floor(8 * special.ndtr(scores)).astype(np.int64).reshape(-1, 2)
    check_counts(8 * cells[:, 0] + cells[:, 1], 64, "pairs of neighbours")


@each_exact
def test_seeds_are_independent(case: CodecCase) -> None:
    seeds = [5, 6, 7, 5 + 2**32, 5 + 2**63]
    rows = [scores_of(case.make(seed)) for seed in seeds]
    for seed, row in zip(seeds[1:], rows[1:], strict=True):
        check_uncorrelated(rows[0], row, f"seeds 5 and {seed}")
    cells = np.floor(8 * special.ndtr(np.array(rows[:2]))).astype(np.int64)
    check_counts(8 * cells[0] + cells[1], 64, "pairs of seeds")


@each_exact
def test_blocks_of_elements_are_independent(case: CodecCase) -> None:
    # Elements that differ in one half of the generator's address only.
    codec = case.make(seed_for("blocks", case.name))
    first = scores_of(codec)
    check_uncorrelated(first, scores_of(codec, offset=2**16), "blocks 2^16 apart")
    check_uncorrelated(first, scores_of(codec, offset=2**32), "blocks 2^32 apart")
    check_uncorrelated(first, scores_of(codec, offset=2**48 - first.size), "the last block")


@each_exact
def test_index_says_nothing_of_the_element(case: CodecCase) -> None:
    # The same target for all: no trend of the indices along the array.
    index = case.make(seed_for("trend", case.name)).encode(ONE, STANDARD).index
    depth = np.floor(np.log2(index.astype(np.float64)))
    place = np.linspace(-1, 1, depth.size)
    check_uncorrelated(place, depth, "depth along the array")


@each_exact
@pytest.mark.parametrize("offset", [0, 12_345, 2**32 - 500, 2**48 - 1000])
def test_pieces_and_the_whole_agree(case: CodecCase, offset: int) -> None:
    seed = seed_for("pieces", case.name, offset)
    rng = np.random.default_rng(seed)
    codec = case.make(seed)
    mean = rng.uniform(-1, 1, 1000)
    whole = check_codec(codec, rec.Normal(mean, 0.2), STANDARD, offset=offset)
    cuts = [0, 1, 2, 500, 501, 999, 1000]
    for begin, end in itertools.pairwise(cuts):
        part = codec.encode(rec.Normal(mean[begin:end], 0.2), STANDARD, offset=offset + begin)
        for piece, all_of_it in zip(part, whole, strict=True):
            assert np.array_equal(piece, all_of_it[begin:end])
        again = codec.decode(whole.index[begin:end], STANDARD, offset=offset + begin)
        assert same_bits(again, whole.sample[begin:end])


def test_all_pairs_are_in_the_tables() -> None:
    names = {pair.name for pair in PAIRS}
    assert names == set(WIDE) == set(FAR)
