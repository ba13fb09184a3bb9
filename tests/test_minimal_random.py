"""Minimal random coding: what is special about it. (The general tests run on it as on all codecs.)

Statistical tests, on fixed seeds: 7 Kolmogorov-Smirnov tests, 7 chi-square tests and 6 of a count,
of level 1e-4 each; 4 distances of two laws, further from their true values than `within` says with
a chance of 1e-4 each (see tests/goodness.py). 0.0024 false alarms expected over all choices of
seeds.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import special, stats

import astar_rec as rec
from astar_rec import reference
from choices import P, by_weight, chosen, normal_targets, places, weights
from common import SEEDS, PairCase, check_codec, each_pair, same_bits
from goodness import ALPHA, check, check_counts, check_uniform, seed_for

# --- It chooses by importance weights ------------------------------------------------------------


@pytest.mark.parametrize(("candidates", "block"), [(3, 1), (20, 1), (8, 3)])
def test_choices_follow_the_weights(candidates: int, block: int) -> None:
    seed = seed_for("weights", candidates, block)
    size = 40_000 if block == 1 else 10_000
    q = normal_targets((size, block) if block > 1 else (size,), seed)
    codec = rec.MinimalRandomCoding(candidates, seed, block=block)
    w, number = weights(codec, q, candidates), chosen(codec.encode(q, P).index)
    falling, rank = by_weight(w, number)
    for name, place in (
        ("by number", places(w, number, seed + 1)),
        ("by weight", places(falling, rank, seed + 1)),
    ):
        check_uniform(place, f"places {name}")
        check_counts(np.floor(32 * place), 32, f"places {name}")
    # How often the heaviest candidate, and the lightest, is chosen.
    for column in (0, candidates - 1):
        p = falling[:, column]
        expected, variance = p.sum(), (p * (1 - p)).sum()
        z = (np.count_nonzero(rank == column) - expected) / math.sqrt(variance)
        check(2 * stats.norm.sf(abs(z)), f"rank {column}")


def test_the_global_bound_chooses_otherwise() -> None:
    """The same samples, and another law: so the test above can fail."""
    seed, candidates = seed_for("other weights"), 20
    q = normal_targets((40_000,), seed)
    codec = rec.MinimalRandomCoding(candidates, seed)
    index = rec.GlobalAStar(seed, candidates).encode(q, P).index
    place = places(weights(codec, q, candidates), chosen(index), seed + 1)
    assert stats.kstest(place, "uniform").pvalue < 1e-10


def test_numbers_say_nothing_where_there_is_no_information() -> None:
    # All weights are 1: any candidate, as likely as another.
    codec = rec.MinimalRandomCoding(16, seed_for("no information"))
    r = codec.encode(rec.Normal(np.zeros(20_000), 1.0), P)
    assert np.bincount(r.index.astype(np.int64)).size == 17
    assert stats.chisquare(np.bincount(r.index.astype(np.int64))[1:]).pvalue > ALPHA


# --- Bias ----------------------------------------------------------------------------------------


def within(size: int) -> float:
    """How far an empirical law of so many samples is from the true one, but with chance ALPHA."""
    # By the inequality of Dvoretzky, Kiefer, Wolfowitz and Massart.
    return math.sqrt(math.log(2 / ALPHA) / (2 * size))


def test_bias_falls_with_candidates() -> None:
    size, distances = 20_000, []
    q = rec.Normal(np.full(size, 1.0), 0.25)  # 2.0 bits of KL divergence
    for candidates in (1, 4, 16, 256):
        seed = seed_for("bias", candidates)
        sample = rec.MinimalRandomCoding(candidates, seed).encode(q, P).sample
        if candidates == 1:
            check_uniform(special.ndtr(sample), "one candidate is the proposal's")
        u = special.ndtr((sample - 1.0) / 0.25)
        distances.append(float(stats.kstest(u, "uniform").statistic))
    assert distances[0] > distances[1] + 2 * within(size)
    assert distances[1] > distances[2] + 2 * within(size)
    assert distances[2] > distances[3] + 2 * within(size)


# --- Against its sibling and the reference -------------------------------------------------------


def test_candidates_are_the_samples_of_the_global_bound() -> None:
    index = np.arange(1, 65, dtype=np.uint64)
    codec, sibling = rec.MinimalRandomCoding(64, 9), rec.GlobalAStar(9)
    assert same_bits(codec.decode(index, P, offset=7), sibling.decode(index, P, offset=7))
    words = np.zeros((5, 3, 4), np.uint64)
    words[..., 0] = np.arange(1, 16).reshape(5, 3)
    codec, sibling = rec.MinimalRandomCoding(64, 9, block=4), rec.GlobalAStar(9, block=4)
    assert same_bits(codec.decode(words[..., 0], P), sibling.decode(words, P))


def test_one_candidate() -> None:
    r = rec.MinimalRandomCoding(1, 3).encode(normal_targets(50, 1), P)
    assert (r.index == 1).all()
    assert (r.steps == 1).all()
    assert r.cut == 0


@each_pair
@settings(max_examples=15, deadline=None)
@given(data=st.data(), seed=SEEDS, offset=st.integers(0, 2**40), candidates=st.integers(1, 80))
def test_blocks_of_the_reference(
    pair: PairCase, data: st.DataObject, seed: int, offset: int, candidates: int
) -> None:
    size = data.draw(st.integers(2, 5))
    parameters = data.draw(pair.strategy(size, bounded=True))
    codec = rec.MinimalRandomCoding(candidates, seed, block=size)
    q, p = zip(*pair.references(parameters), strict=True)
    try:
        method = reference.MinimalRandomCoding(candidates)
        expected = reference.choose_block(method, q, p, seed, offset)
    except reference.TooMuchInformationError:
        with pytest.raises(rec.DivergenceError, match="no sample within"):
            codec.encode(*pair.distributions(parameters), offset=offset)
        return
    r = codec.encode(*pair.distributions(parameters), offset=offset)
    assert r.index.tolist() == [expected.index]
    assert same_bits(r.sample, expected.samples)
    assert r.steps.tolist() == [candidates]
    assert r.cut == 0
    assert reference.decode_number(expected.index, p, seed, offset) == expected.samples


@pytest.mark.parametrize("shape", [(), (1,), (4,), (3, 7), (2, 3, 10), (0,), (3, 0), (0, 4)])
@pytest.mark.parametrize("block", [2, 5, 16, 1000])
def test_shapes_of_blocks(shape: tuple[int, ...], block: int) -> None:
    codec = rec.MinimalRandomCoding(30, 1, block=block)
    q = rec.Normal(np.full(shape, 0.2), 0.9)
    r = codec.encode(q, P)
    blocks = (*shape[:-1], -(-(shape[-1] if shape else 1) // block))
    assert r.sample.shape == shape
    assert r.steps.shape == blocks
    assert r.index.shape == blocks
    assert (r.steps == 30).all()
    assert same_bits(codec.decode(r.index, P, shape=shape), r.sample)
    for threads in (1, 3):
        again = rec.MinimalRandomCoding(30, 1, block=block, threads=threads).encode(q, P)
        assert np.array_equal(again.index, r.index)


# --- Width ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("width", [1, 5, 10])
def test_indices_have_a_fixed_width(width: int) -> None:
    codec = rec.MinimalRandomCoding(2**width - 1, 4)
    q = normal_targets(1000, 5)
    index = check_codec(codec, q, P).index
    code = rec.FixedCode(width)
    packed = code.pack(index)
    assert len(packed) == -(-width * 1000 // 8)
    assert np.array_equal(code.unpack(packed, 1000), index)


# --- Custom targets ------------------------------------------------------------------------------


@pytest.mark.parametrize(("elements", "candidates", "most"), [(1, 10_000, 3), (1000, 64, 16)])
def test_few_python_calls(elements: int, candidates: int, most: int) -> None:
    q, calls = normal_targets(elements, 6), 0

    def log_ratio(x: np.ndarray, element: np.ndarray) -> np.ndarray:
        nonlocal calls
        calls += 1
        z = (x - q.loc[element]) / q.scale[element]
        return 0.5 * (x * x) - 0.5 * (z * z) - np.log(q.scale[element])

    codec = rec.MinimalRandomCoding(candidates, 7)
    r = check_codec(codec, rec.CustomTarget(log_ratio, bound=50.0, shape=elements), P)
    assert calls <= most
    assert np.array_equal(r.index, codec.encode(q, P).index)
    assert (r.steps == candidates).all()


# --- Errors --------------------------------------------------------------------------------------


@pytest.mark.parametrize("bad", [0, -1, 2**32 + 1, 1.5, True, None, "3", [2]], ids=repr)
def test_candidates_that_are_none(bad: Any) -> None:
    with pytest.raises(rec.ParameterError, match="candidates") as caught:
        rec.MinimalRandomCoding(bad, 0)
    assert caught.value.argument == "candidates"
    assert caught.value.value is bad
    assert "from 1 to 4294967296" in str(caught.value)


def test_other_arguments() -> None:
    for name, bad in (("seed", -1), ("block", 2**16 + 1), ("threads", 0)):
        with pytest.raises(rec.ParameterError, match=name):
            rec.MinimalRandomCoding(5, **{"seed": 0, name: bad})
    assert repr(rec.MinimalRandomCoding(2**32, 1, block=2)) == (
        "MinimalRandomCoding(candidates=4294967296, seed=1, block=2)"
    )


def test_nothing_to_choose() -> None:
    low = np.array([0.0, 0.0, 0.5, 0.0])
    q = rec.Uniform(low, low + np.array([1.0, 1.0, 1e-9, 1.0]))
    for block in (1, 4):
        with pytest.raises(rec.DivergenceError, match="no sample within") as caught:
            rec.MinimalRandomCoding(100, 0, block=block).encode(q, rec.Uniform(0.0, 1.0))
        assert caught.value.element == ((2,) if block == 1 else (0,))
        assert caught.value.bits == pytest.approx(-np.log2(1e-9), rel=1e-3)
        assert caught.value.limit == pytest.approx(math.log2(100))


def test_what_is_refused_and_what_not() -> None:
    # However narrow, the nearest candidates weigh most; what cannot be had at all is refused.
    for block in (1, 2):
        codec = rec.MinimalRandomCoding(1000, 2, block=block)
        r = codec.encode(rec.Normal([0.25, 0.5], 1e-25), P)
        assert np.isfinite(r.sample).all()
        with pytest.raises(rec.DivergenceError, match="use a wider") as caught:
            codec.encode(rec.Normal([0.0, 100.0], 1.0), P)
        assert caught.value.element == (1,)


def test_bad_indices_of_blocks() -> None:
    codec = rec.MinimalRandomCoding(10, 0, block=2)
    index = codec.encode(normal_targets((3, 6), 1), P).index
    for bad in (0, 11, 2**64 - 1):
        index[1, 2] = bad
        with pytest.raises(rec.ParameterError, match="index") as caught:
            codec.decode(index, P)
        assert caught.value.position == (1, 2)
