"""Hybrid coding: what is special about it. (The general tests run on it as on all codecs.)

Statistical tests, on fixed seeds: 4 Kolmogorov-Smirnov tests and 2 chi-square tests of choices, 12
of the law of samples (4 times a Kolmogorov-Smirnov test, a mean and a mean square) and 1 of a
share, of level 1e-4 each. 0.002 false alarms expected over all choices of seeds.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from scipy import optimize, special, stats

import astar_rec as rec
from astar_rec import reference
from choices import by_weight, places
from common import SEEDS, PairCase, check_codec, each_pair, same_bits
from goodness import check, check_counts, check_moments, check_uniform, normal_scores, seed_for

P = rec.Normal(0.0, 1.0)


def narrow_targets(shape: tuple[int, ...], bits: float, seed: int) -> rec.Normal:
    """Normals of about so much information, not far out: there it is more."""
    mean = np.random.default_rng(seed).uniform(-1.5, 1.5, size=shape)
    return rec.Normal(mean, np.full(shape, 2.0**-bits))


# --- Where candidates lie ------------------------------------------------------------------------


def interval_of(q: reference.Distribution, p: reference.Distribution, halvings: int) -> Any:
    method = reference.HybridCoding(1, halvings)
    found = method.interval(reference.log_ratio(q, p), p.quantile)
    return found, found.first * 2.0**-64, (found.first + method.width) * 2.0**-64


@settings(max_examples=50, deadline=None)
@given(mean=st.floats(-3.0, 3.0), log_scale=st.floats(-15.0, -2.0), halvings=st.integers(1, 10))
@example(mean=0.08207178475627774, log_scale=-2.0, halvings=6)  # the best is between two steps
def test_intervals_leave_out_the_least(mean: float, log_scale: float, halvings: int) -> None:
    """For a normal target: none of that width has more than the best within a step of the grid."""
    scale = math.exp(log_scale)
    q, p = reference.Normal(mean, scale), reference.Normal(0.0, 1.0)
    found, low, high = interval_of(q, p, halvings)
    assert 0.0 <= low < high <= 1.0

    def mass(first: float) -> float:
        ends = special.ndtri([first, min(first + 2.0**-halvings, 1.0)])
        return float(np.diff(special.ndtr((ends - mean) / scale))[0])

    others = np.linspace(0.0, 1.0 - 2.0**-halvings, 400)
    step = 2.0 ** (-halvings - 10)
    last = 1.0 - 2.0**-halvings
    ends = max(low - step, 0.0), min(low + step, last)
    best = optimize.minimize_scalar(
        lambda at: -mass(at), bounds=ends, method="bounded", options={"xatol": 1e-9 * step}
    )
    own = max(-best.fun, *map(mass, (low, *ends)))
    assert own >= max(map(mass, others)) - 1e-12
    # Where the target is nowhere more than 2^-10 as dense outside as it is on average inside, that
    # is for sigmas of 4 and more on both sides, little is left out.
    if not reference.HybridCoding(1, halvings).is_cut_off(found):
        assert 1.0 - mass(low) < 1e-4
        assert found.outside <= (halvings - 10) * math.log(2.0) * (1 - 1e-15)


def test_intervals_of_bounded_targets_hold_them() -> None:
    for low, high, halvings in ((0.0, 0.2, 2), (0.3, 0.52, 2), (0.8, 1.0, 2), (0.4, 0.401, 9)):
        found, first, last = interval_of(
            reference.Uniform(low, high), reference.Uniform(0.0, 1.0), halvings
        )
        assert first <= low
        assert last >= high
        assert found.outside == -math.inf


@pytest.mark.parametrize("mean", [-8.0, -4.35, -3.84, 3.84, 4.35, 8.0])
def test_intervals_reach_to_the_ends(mean: float) -> None:
    """Of positions in the tails, the first step of the grid holds as good as all."""
    found, low, high = interval_of(reference.Normal(mean, 2.0**-6), reference.Normal(0.0, 1.0), 4)
    assert (low == 0.0) if mean < 0.0 else (high == 1.0)
    assert found.outside < -1000.0


def test_candidates_are_even_on_the_interval() -> None:
    """With one candidate the sample is the first, whatever the target."""
    q = narrow_targets((20_000,), 6.0, 3)
    codec = rec.HybridCoding(1, seed_for("even"), 4)
    r = codec.encode(q, P)
    position = special.ndtr(r.sample)
    assert np.abs(position - special.ndtr(q.loc)).max() < 2.0**-4
    # Modulo the interval's width, that is the receiver's random number.
    check_uniform(position * 16 % 1.0, "last bits")
    assert (r.index >> np.uint64(4) == 1).all()
    assert np.array_equal(r.index & np.uint64(15), np.floor(position * 16).astype(np.uint64))


# --- The choice: ordered random coding's, of these candidates -------------------------------------


@pytest.mark.parametrize(("candidates", "block"), [(12, 1), (8, 3)])
def test_choices_follow_the_weights(candidates: int, block: int) -> None:
    """Each candidate in the interval is found among its cells: the one nearest to the target."""
    seed, halvings, rows = seed_for("hybrid weights", candidates, block), 3, 10_000
    q = narrow_targets((rows, block), 5.5, seed)
    codec = rec.HybridCoding(candidates, seed, halvings, block=block)
    r = codec.encode(q, P)
    bits = halvings * block
    # Decode each candidate in all cells, an element at a time, and keep what lies in the interval.
    log_weights = np.empty((rows, candidates))
    intervals = reference.HybridCoding(candidates, halvings)
    first = np.array(
        [
            intervals.interval(
                reference.log_ratio(reference.Normal(m, s), reference.Normal(0.0, 1.0)),
                reference.Normal.quantile,
            ).first
            for m, s in zip(q.loc.flat, q.scale.flat, strict=True)
        ],
        np.uint64,
    ).reshape(rows, block)
    low = special.ndtri(first.astype(float) * 2.0**-64)
    high = special.ndtri(np.minimum(first.astype(float) * 2.0**-64 + 2.0**-halvings, 1.0))
    cells = sum(1 << (halvings * j) for j in range(block))
    for number in range(1, candidates + 1):
        total, found = np.zeros((rows, block)), np.zeros((rows, block))
        for cell in range(2**halvings):
            index = np.full((rows, 1), (number << bits) + cell * cells, np.uint64)
            x = codec.decode(index, P, shape=q.shape)
            inside = (x >= low) & (x < high)
            ratio = stats.norm.logpdf(x, q.loc, q.scale) - stats.norm.logpdf(x)
            total, found = np.where(inside, ratio, total), found + inside
        assert (found == 1).all()
        log_weights[:, number - 1] = total.sum(axis=1)
    w = special.softmax(log_weights, axis=1)
    number = (r.index >> np.uint64(bits)).reshape(-1).astype(np.int64) - 1
    place = places(*by_weight(w, number), seed + 1)
    check_uniform(place, "places by weight")
    check_counts(np.floor(32 * place), 32, "places by weight")


# --- The law -------------------------------------------------------------------------------------


@pytest.mark.parametrize(("bits", "halvings"), [(5.0, 2), (8.0, 6), (8.0, 5), (20.0, 18)])
def test_law_of_many_candidates(bits: float, halvings: int) -> None:
    """Nothing is seen of a bias where there are many, and nothing is cut off."""
    seed = seed_for("hybrid law", bits, halvings)
    q = narrow_targets((20_000,), bits, seed)
    r = check_codec(rec.HybridCoding(2**12, seed, halvings), q, P)
    assert r.cut == 0
    y = (r.sample - q.loc) / q.scale
    below, above = special.ndtr(y), special.ndtr(-y)
    check_uniform(below, "law of the samples")
    check_moments(normal_scores(below, above), 1.0, 3.0, "law of the samples")


def test_bias_of_few_candidates() -> None:
    """Towards an even distribution on the interval, the less the more there are."""
    q = narrow_targets((20_000,), 6.0, 5)
    spread = [
        float(np.std((rec.HybridCoding(2**k, 1, 4).encode(q, P).sample - q.loc) / q.scale))
        for k in (0, 2, 4, 10)
    ]
    assert spread == sorted(spread, reverse=True)
    assert spread[0] > 1.8
    assert spread[-1] == pytest.approx(1.0, abs=0.03)


def test_bias_of_what_is_cut_off() -> None:
    """A target wider than its interval: the samples are those of the target within."""
    size, seed = 20_000, seed_for("cut off")
    q = rec.Normal(np.zeros(size), 0.5)
    codec = rec.HybridCoding(2**10, seed, 2)
    with pytest.warns(rec.ApproximationWarning, match="20000 of 20000 blocks were cut off"):
        data, sample = rec.compress(q, P, codec=codec, return_sample=True)
    assert same_bits(rec.decompress(data, P), sample)
    end = special.ndtri(0.625)
    assert np.abs(sample).max() < end + 0.001
    inner = np.count_nonzero(np.abs(sample) < 0.1)
    share = (2 * special.ndtr(0.2) - 1) / (2 * special.ndtr(2 * end) - 1)
    check(stats.binomtest(inner, size, share).pvalue, "share within")


def test_time_is_that_of_the_information_about_the_interval() -> None:
    """Six bits more, and six halvings more: the same steps, and six bits more in the file."""
    rows = []
    for bits, halvings in ((6.0, 4), (12.0, 10), (18.0, 16)):
        q = narrow_targets((20_000,), bits, 8)
        codec = rec.HybridCoding(2**10, 3, halvings)
        steps = codec.encode(q, P).steps.mean()
        rows.append((steps, 8 * len(rec.compress(q, P, codec=codec)) / q.size - bits))
    steps, beyond = np.array(rows).T
    assert steps.max() < 1.15 * steps.min() < 15
    assert np.ptp(beyond) < 0.2
    assert beyond.max() < 2.0


# --- Against the reference -----------------------------------------------------------------------


@each_pair
@settings(max_examples=15, deadline=None)
@given(
    data=st.data(),
    seed=SEEDS,
    offset=st.integers(0, 2**40),
    candidates=st.integers(1, 40),
    halvings=st.integers(1, 31),
)
def test_blocks_of_the_reference(
    pair: PairCase,
    data: st.DataObject,
    seed: int,
    offset: int,
    candidates: int,
    halvings: int,
) -> None:
    size = data.draw(st.integers(1, 6))
    parameters = data.draw(pair.strategy(size))
    codec = rec.HybridCoding(candidates, seed, halvings, block=size)
    method = reference.HybridCoding(candidates, halvings)
    q, p = zip(*pair.references(parameters), strict=True)
    try:
        expected = method.choose_block(q, p, seed, offset)
    except reference.TooMuchInformationError:
        with pytest.raises(rec.DivergenceError, match="no sample within"):
            codec.encode(*pair.distributions(parameters), offset=offset)
        return
    r = codec.encode(*pair.distributions(parameters), offset=offset)
    index = sum(int(word) << (64 * i) for i, word in enumerate(r.index.reshape(-1)))
    assert index == expected.index
    assert same_bits(r.sample, expected.samples)
    assert r.steps.tolist() == [expected.steps]
    assert r.cut == expected.cut


@pytest.mark.parametrize(("halvings", "block"), [(1, 991), (2, 495), (9, 110), (31, 31)])
def test_largest_blocks(halvings: int, block: int) -> None:
    """Indices of 16 words; the last block of a row is shorter."""
    q = rec.Normal(np.linspace(-1.0, 1.0, 2 * (block + 5)).reshape(2, -1), 2.0**-halvings / 16)
    codec = rec.HybridCoding(5, 3, halvings, block=block)
    assert codec.words == 16
    data, sample = rec.compress(q, P, codec=codec, return_sample=True)
    r = codec.encode(q, P)
    assert r.index.shape == (2, 2, 16)
    assert same_bits(r.sample, sample)
    assert same_bits(rec.decompress(data, P), sample)
    assert np.array_equal(codec.with_threads(2).encode(q, P).index, r.index)
    # Of few indices the depths are hardly known; the cells are raw bits.
    assert halvings * q.size < 8 * len(data) < 1.5 * halvings * q.size + 600
    with pytest.raises(rec.ParameterError, match=f"block is {block + 1}; .* from 1 to {block}"):
        rec.HybridCoding(5, 3, halvings, block=block + 1)


# --- Errors --------------------------------------------------------------------------------------


@pytest.mark.parametrize("bad", [0, -1, 32, 1.5, True, None, "3", [2]], ids=repr)
def test_halvings_that_are_none(bad: Any) -> None:
    with pytest.raises(rec.ParameterError, match=r"halvings is .* from 1 to 31"):
        rec.HybridCoding(10, 0, bad)


@pytest.mark.parametrize("bad", [0, -1, 2**32 + 1, 1.5, True, None, "3", [2]], ids=repr)
def test_candidates_that_are_none(bad: Any) -> None:
    with pytest.raises(rec.ParameterError, match=r"candidates is .* from 1 to 4294967296"):
        rec.HybridCoding(bad, 0, 1)


@pytest.mark.parametrize("block", [1, 2, 40])
def test_indices_that_are_none(block: int) -> None:
    codec = rec.HybridCoding(10, 0, 3, block=block)
    for number, above in ((0, 0), (11, 0), (1, 1)):
        value = (number << 3 * block) + (above << 64 * codec.words - 1) | 5
        index = np.zeros((1, codec.words), np.uint64)
        for i in range(codec.words):
            index[0, i] = value >> 64 * i & (2**64 - 1)
        with pytest.raises(rec.ParameterError, match="the candidate's number is not between 1 and"):
            codec.decode(index if codec.words > 1 else index[0], P, shape=(block,))


def test_nothing_to_choose() -> None:
    q = rec.Uniform(0.5, 0.5 + 1e-9)
    with pytest.raises(rec.DivergenceError, match="no sample within") as caught:
        rec.HybridCoding(100, 0, 3).encode(q, rec.Uniform(0.0, 1.0))
    assert caught.value.limit == pytest.approx(3 + math.log2(100))


@pytest.mark.parametrize(
    ("target", "proposal"),
    [
        (rec.CustomTarget(lambda x: -x, bound=1.0), P),
        (rec.Histogram(np.array([0.0, 1.0, 2.0]), np.array([0.5, 0.5])), P),
    ],
)
def test_pairs_that_the_core_lacks(target: Any, proposal: Any) -> None:
    with pytest.raises(rec.ParameterError, match="in the core, for hybrid coding"):
        rec.HybridCoding(10, 0, 3).encode(target, proposal)
