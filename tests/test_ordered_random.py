"""Ordered random coding: what is special about it. (The general tests run on it as on all codecs.)

Statistical tests, on fixed seeds: 4 Kolmogorov-Smirnov tests, 4 chi-square tests, 2 of a count, of
level 1e-4 each. 0.001 false alarms expected over all choices of seeds.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

import astar_rec as rec
from astar_rec import reference
from choices import P, by_weight, chosen, normal_targets, places, weights
from common import SEEDS, PairCase, check_codec, each_pair, same_bits
from goodness import check, check_counts, check_uniform, seed_for

# --- The law: minimal random coding's ------------------------------------------------------------


@pytest.mark.parametrize(("candidates", "block"), [(3, 1), (20, 1), (8, 3), (12, 40)])
def test_choices_follow_the_weights(candidates: int, block: int) -> None:
    """Of candidates in falling order of their weights. (By number they do not, and must not.)"""
    seed = seed_for("ordered weights", candidates, block)
    size = 40_000 if block == 1 else 10_000
    q = normal_targets((size, block) if block > 1 else (size,), seed)
    if block > 3:
        q = rec.Normal(0.2 * q.loc, 1.0)
    codec = rec.OrderedRandomCoding(candidates, seed, block=block)
    w, number = weights(codec, q, candidates), chosen(codec.encode(q, P).index)
    falling, rank = by_weight(w, number)
    place = places(falling, rank, seed + 1)
    check_uniform(place, "places by weight")
    check_counts(np.floor(32 * place), 32, "places by weight")
    assert stats.kstest(places(w, number, seed + 1), "uniform").pvalue < 1e-10


def test_low_indices_are_likelier() -> None:
    """Even without information, where all weights are alike: always the first."""
    q = rec.Normal(np.zeros(1000), 1.0)
    r = rec.OrderedRandomCoding(2**10, 3).encode(q, P)
    assert (r.index == 1).all()
    assert (r.steps == 1).all()


def test_many_candidates_are_the_global_bound() -> None:
    """What differs is one arrival in a million for each of the few samples that count."""
    q = normal_targets((20_000,), seed_for("ordered, global"))
    r = rec.OrderedRandomCoding(2**20, 5).encode(q, P)
    exact = rec.GlobalAStar(5).encode(q, P)
    assert np.count_nonzero(r.index != exact.index) < 20
    assert np.count_nonzero(r.steps != exact.steps) < 20


def test_bits_do_not_grow_with_candidates() -> None:
    """2 bits of information: an index takes what those of the global bound do."""
    rng = np.random.default_rng(1)
    q = rec.Normal(rng.normal(size=20_000) * math.sqrt(1 - 2.0**-4), 0.25)
    exact = len(rec.compress(q, P, codec=rec.GlobalAStar(3)))
    sizes = [
        len(rec.compress(q, P, codec=rec.OrderedRandomCoding(2**bits, 3))) for bits in (8, 12, 16)
    ]
    fixed = len(rec.compress(q, P, codec=rec.MinimalRandomCoding(2**8 - 1, 3)))
    assert sizes == sorted(sizes)
    assert 0.98 * exact < sizes[0]
    assert sizes[-1] < 1.001 * exact < 0.5 * fixed


@pytest.mark.parametrize("candidates", [2, 16])
def test_bias_is_that_of_minimal_random_coding(candidates: int) -> None:
    """Counts of samples on the proposal's side, where the bias shows."""
    seed = seed_for("ordered bias", candidates)
    q = rec.Normal(np.full(40_000, 1.0), 0.25)
    below = [
        np.count_nonzero(codec.encode(q, P, offset=offset).sample < 0.7)
        for codec, offset in (
            (rec.OrderedRandomCoding(candidates, seed), 0),
            (rec.MinimalRandomCoding(candidates, seed), 10**6),
        )
    ]
    p = sum(below) / 80_000
    z = (below[0] - below[1]) / math.sqrt(2 * 40_000 * p * (1 - p))
    assert p > 1.3 * stats.norm.cdf(-0.3 / 0.25)
    check(2 * stats.norm.sf(abs(z)), "samples on the proposal's side")


# --- Against the reference -----------------------------------------------------------------------


@each_pair
@settings(max_examples=15, deadline=None)
@given(data=st.data(), seed=SEEDS, offset=st.integers(0, 2**40), candidates=st.integers(1, 80))
def test_blocks_of_the_reference(
    pair: PairCase, data: st.DataObject, seed: int, offset: int, candidates: int
) -> None:
    size = data.draw(st.integers(2, 5))
    parameters = data.draw(pair.strategy(size, bounded=True))
    codec = rec.OrderedRandomCoding(candidates, seed, block=size)
    method = reference.OrderedRandomCoding(candidates)
    q, p = zip(*pair.references(parameters), strict=True)
    try:
        expected = reference.choose_block(method, q, p, seed, offset)
    except reference.TooMuchInformationError:
        with pytest.raises(rec.DivergenceError, match="no sample within"):
            codec.encode(*pair.distributions(parameters), offset=offset)
        return
    r = codec.encode(*pair.distributions(parameters), offset=offset)
    assert r.index.tolist() == [expected.index]
    assert same_bits(r.sample, expected.samples)
    assert r.steps.tolist() == [expected.steps]
    assert r.cut == 0


@given(seed=SEEDS, mean=st.floats(-1.0, 1.0), candidates=st.integers(1, 60))
@settings(max_examples=30, deadline=None)
def test_it_ends_early_with_what_it_would_end_with(seed: int, mean: float, candidates: int) -> None:
    ratio = reference.log_ratio(reference.Normal(mean, 0.3), reference.Normal(0.0, 1.0))
    random = reference.NodeRandom(seed, 0)
    method = reference.OrderedRandomCoding(candidates)

    def ratio_of(number: int) -> float:
        return ratio(reference.Normal.quantile(method.replay(random, number)))

    whole = method.choose(ratio_of, math.inf, random)
    codec = rec.OrderedRandomCoding(candidates, seed)
    r = codec.encode(rec.Normal(mean, 0.3), P)
    assert whole.steps == candidates
    assert int(r.index) == whole.number
    assert int(r.steps) <= candidates


def test_custom_targets() -> None:
    q = normal_targets((1000,), 6)

    def log_ratio(x: np.ndarray, element: np.ndarray) -> np.ndarray:
        z = (x - q.loc[element]) / q.scale[element]
        return 0.5 * (x * x) - 0.5 * (z * z) - np.log(q.scale[element])

    codec = rec.OrderedRandomCoding(500, 7)
    r = check_codec(codec, rec.CustomTarget(log_ratio, bound=50.0, shape=1000), P)
    own = codec.encode(q, P)
    assert np.array_equal(r.index, own.index)
    assert (r.steps == 500).all()
    assert (own.steps < 500).any()


# --- Blocks of thousands -------------------------------------------------------------------------


@pytest.mark.parametrize("block", [1000, 4096, 2**16])
def test_blocks_of_thousands(block: int) -> None:
    shape = (2, 5000) if block < 2**16 else (2**16 + 5,)
    q = rec.Normal(np.full(shape, 0.02), 1.0)
    codec = rec.OrderedRandomCoding(64, 3, block=block)
    data, sample = rec.compress(q, P, codec=codec, return_sample=True)
    r = codec.encode(q, P)
    assert same_bits(r.sample, sample)
    assert same_bits(rec.decompress(data, P), sample)
    assert r.index.size == math.prod(shape[:-1]) * -(-shape[-1] // block)
    assert len(data) < 60
    again = codec.with_threads(2).encode(q, P)
    assert np.array_equal(again.index, r.index)
    # An element's sample, from the first block's first candidates, has random bits of its own.
    assert np.unique(r.sample).size == q.size


@pytest.mark.parametrize("candidates", [rec.MinimalRandomCoding, rec.OrderedRandomCoding])
@pytest.mark.parametrize("size", [1, 2, 15, 16, 17, 1000, 2**16])
def test_lanes_choose_as_the_reference_does(candidates: Any, size: int) -> None:
    """Of so few candidates in large blocks, as the reference takes its time."""
    number = 2 if size == 2**16 else 2 + 4000 // size
    rng = np.random.default_rng(size)
    mean = rng.normal(0.0, math.sqrt(4.0 / size), size)
    scale = np.exp(rng.normal(0.0, math.sqrt(1.0 / size), size))
    r = candidates(number, 5, block=size).encode(rec.Normal(mean, scale), P)
    expected = reference.choose_block(
        getattr(reference, candidates.__name__)(number),
        [reference.Normal(*numbers) for numbers in zip(mean, scale, strict=True)],
        [reference.Normal(0.0, 1.0)] * size,
        5,
        0,
    )
    assert (r.index.item(), r.steps.item()) == (expected.index, expected.steps)
    assert same_bits(r.sample, np.array(expected.samples))


def test_blocks_by_their_bits() -> None:
    assert rec.block_for_bits(16, 0.01) == 1600
    assert rec.block_for_bits(10, 3) == 3
    assert rec.block_for_bits(1, 3) == 1
    for next_to_none in (0, 16 / 2**17, 1e-300):
        assert rec.block_for_bits(16, next_to_none) == 2**16


@pytest.mark.parametrize("bad", [-1, math.nan, math.inf, True, None, "3", [2]], ids=repr)
def test_bits_that_are_none(bad: Any) -> None:
    for name in ("chunk_bits", "expected_bits"):
        with pytest.raises(rec.ParameterError, match=f"{name} is .* finite number"):
            rec.block_for_bits(**({"chunk_bits": 16, "expected_bits": 1} | {name: bad}))
    with pytest.raises(rec.ParameterError, match=r"chunk_bits is 0.* above 0"):
        rec.block_for_bits(0, 1)


# --- Errors --------------------------------------------------------------------------------------


@pytest.mark.parametrize("bad", [0, -1, 2**32 + 1, 1.5, True, None, "3", [2]], ids=repr)
def test_candidates_that_are_none(bad: Any) -> None:
    with pytest.raises(rec.ParameterError, match=r"candidates is .* from 1 to 4294967296"):
        rec.OrderedRandomCoding(bad, 0)


def test_nothing_to_choose() -> None:
    q = rec.Uniform(0.5, 0.5 + 1e-9)
    with pytest.raises(rec.DivergenceError, match="no sample within") as caught:
        rec.OrderedRandomCoding(100, 0).encode(q, rec.Uniform(0.0, 1.0))
    assert caught.value.limit == pytest.approx(math.log2(100))
