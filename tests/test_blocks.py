"""Blocks: several elements of the last axis coded with one index.

Statistical tests: 8 Kolmogorov-Smirnov tests of level 1e-4 on fixed seeds; 0.0008 false alarms
expected over all choices of seeds (see tests/goodness.py).
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from scipy import stats

import astar_rec as rec
from astar_rec import reference
from common import SEEDS, same_bits
from goodness import check_uniform, seed_for

P = rec.Normal(0.0, 1.0)
LAWS = {"Normal": stats.norm, "Laplace": stats.laplace, "Logistic": stats.logistic}


def targets(information: float, shape: tuple[int, ...], seed: int) -> rec.Normal:
    scale = 2.0**-information
    means = np.random.default_rng(seed).normal(size=shape) * np.sqrt(1 - scale * scale)
    return rec.Normal(means, scale)


def number(words: np.ndarray) -> int:
    """The heap number that 64-bit words say, the lowest first."""
    return sum(int(word) << (64 * i) for i, word in enumerate(words))


# --- Against the reference ----------------------------------------------------------------------


@pytest.mark.parametrize("family", LAWS)
@settings(max_examples=25, deadline=None)
@given(
    seed=SEEDS,
    means=st.lists(st.floats(-2, 2), min_size=2, max_size=5),
    bits=st.sampled_from([0.2, 1.0, 2.0]),
    hints=st.one_of(st.none(), st.lists(st.floats(0, 8), min_size=5, max_size=5)),
    offset=st.integers(0, 2**40),
)
def test_reference(
    family: str, seed: int, means: list[float], bits: float, hints: Any, offset: int
) -> None:
    k = len(means)
    hints = hints and hints[:k]
    make, make_reference = getattr(rec, family), getattr(reference, family)
    codec = rec.ADStar(seed, k, bits_hint=hints)
    hints = codec.bits_hint and list(codec.bits_hint)  # in sixteenths
    r = codec.encode(make(means, 2.0**-bits), make(0.0, 1.0), offset=offset)
    assume(r.steps.item() < 2000)  # more take the reference seconds
    p = [make_reference(0.0, 1.0)] * k
    q = [make_reference(mean, 2.0**-bits) for mean in means]
    expected = reference.encode_block(q, p, seed, offset, hints)
    assert number(r.index[0]) == expected.index
    assert r.sample.tolist() == expected.samples
    assert r.steps.tolist() == [expected.steps]
    assert reference.decode_block(expected.index, p, seed, offset, hints) == expected.samples


@pytest.mark.parametrize("depth", [0, 1, 7, 80])
def test_reference_with_a_limit(depth: int) -> None:
    means, scale = [0.3, -1.0, 0.7], 2.0**-25
    r = rec.DADStar(depth, 5, block=3).encode(rec.Normal(means, scale), P)
    p = [reference.Normal(0.0, 1.0)] * 3
    q = [reference.Normal(mean, scale) for mean in means]
    expected = reference.encode_block(q, p, 5, 0, depth=depth)
    assert number(r.index[0]) == expected.index < 2 ** (depth + 1)
    assert r.sample.tolist() == expected.samples


def test_paths_of_several_words() -> None:
    means, scale = np.random.default_rng(0).normal(size=(20, 4)), 2.0**-40
    r = rec.ADStar(3, 4).encode(rec.Normal(means, scale), P)
    lengths = [number(words).bit_length() for words in r.index.reshape(-1, 4)]
    assert min(lengths) > 128
    assert np.abs((r.sample - means) / scale).max() < 5
    p = [reference.Normal(0.0, 1.0)] * 4
    for i in range(3):
        q = [reference.Normal(mean, scale) for mean in means[i]]
        expected = reference.encode_block(q, p, 3, 4 * i)
        assert number(r.index[i, 0]) == expected.index
        assert r.sample[i].tolist() == expected.samples


# --- Shapes and pieces --------------------------------------------------------------------------


@pytest.mark.parametrize("block", [2, 3, 5, 8, 16])
@pytest.mark.parametrize("shape", [(), (1,), (4,), (3, 7), (2, 3, 10), (0,), (3, 0), (0, 4)])
@pytest.mark.parametrize("method", ["ad", "dad", "global"])
def test_shapes(method: str, block: int, shape: tuple[int, ...]) -> None:
    codec = {
        "ad": rec.ADStar(1, block),
        "dad": rec.DADStar(9, 1, block=block),
        "global": rec.GlobalAStar(1, 50, block=block),
    }[method]
    q = rec.Normal(np.full(shape, 0.2), 0.9)
    r = codec.encode(q, P)
    columns = shape[-1] if shape else 1
    blocks = (*shape[:-1], -(-columns // block))
    assert r.sample.shape == shape
    assert r.steps.shape == blocks
    assert r.index.shape == (*blocks, block)
    assert same_bits(codec.decode(r.index, P, shape=shape), r.sample)


def test_the_last_axis_is_found() -> None:
    codec = rec.ADStar(1, 4)
    q, wide = targets(1, (5, 6), 1), rec.Normal(np.zeros(6), 1.0)
    r = codec.encode(q, wide)
    assert same_bits(codec.decode(r.index, wide), r.sample)
    hinted = rec.ADStar(1, 4, bits_hint=[2, 1, 1, 1, 0, 3])
    r = hinted.encode(q, P)
    assert same_bits(hinted.decode(r.index, P), r.sample)
    with pytest.raises(rec.ParameterError, match="shape"):
        codec.decode(r.index, P, shape=(5, 9))


def test_pieces_and_threads() -> None:
    q = targets(1, (40, 6), 2)
    whole = rec.ADStar(9, 4, threads=1).encode(q, P)
    for threads in (2, 3):
        r = rec.ADStar(9, 4, threads=threads).encode(q, P)
        assert same_bits(r.index, whole.index)
    part = rec.ADStar(9, 4).encode(rec.Normal(q.loc[25:], q.scale), P, offset=25 * 6)
    assert same_bits(part.index, whole.index[25:])
    assert same_bits(part.sample, whole.sample[25:])


def test_a_short_block_is_a_block_of_its_own() -> None:
    # The last two of six, in blocks of four, are what they are in blocks of two.
    q = targets(1, (30, 6), 3)
    fours = rec.ADStar(4, 4).encode(q, P)
    twos = rec.ADStar(4, 2).encode(q, P)
    assert same_bits(fours.sample[:, 4:], twos.sample[:, 4:])


def test_hints_go_first() -> None:
    # A column with much more information: round robin would halve the others for nothing.
    scale = np.array([2.0**-9, 0.9, 0.9])
    q = rec.Normal(np.random.default_rng(1).normal(size=(200, 3)) * [1.0, 0.3, 0.3], scale)
    plain = rec.ADStar(2, 3).encode(q, P)
    hinted = rec.ADStar(2, 3, bits_hint=[9, 0, 0]).encode(q, P)
    assert hinted.steps.mean() < 0.5 * plain.steps.mean()


# --- Exactness and lengths ----------------------------------------------------------------------


@pytest.mark.parametrize("family", LAWS)
@pytest.mark.parametrize("block", [2, 5])
def test_exactness(family: str, block: int) -> None:
    seed = seed_for("blocks", family, block)
    means = np.random.default_rng(seed).normal(size=(2000, block))
    make = getattr(rec, family)
    r = rec.ADStar(seed, block).encode(make(means, 0.5), make(0.0, 1.0))
    check_uniform(LAWS[family].cdf((r.sample - means) / 0.5).ravel())


def test_exactness_of_uniform_and_global() -> None:
    low = np.random.default_rng(5).uniform(size=(2000, 3)) * 0.5
    r = rec.ADStar(6, 3).encode(rec.Uniform(low, low + 0.5), rec.Uniform(0.0, 1.0))
    check_uniform(((r.sample - low) / 0.5).ravel())
    means = np.random.default_rng(6).normal(size=(1500, 4)) * 0.3
    r = rec.GlobalAStar(7, block=4).encode(rec.Normal(means, 0.9), P)
    check_uniform(stats.norm.cdf((r.sample - means) / 0.9).ravel())


@pytest.mark.parametrize(
    ("information", "block", "count", "most"),
    [(2, 1, 40000, 3.78), (2, 4, 4000, 2.75), (1, 8, 500, 1.45)],
)
def test_lengths(information: float, block: int, count: int, most: float) -> None:
    # Depth and entropy of the depth, per element: simulation says 3.74, 2.67, 1.375.
    q = targets(information, (count, block), 8)
    index = rec.ADStar(8, block).encode(q, P).index.reshape(count, -1)
    depth = np.array([number(words).bit_length() - 1 for words in index])
    p = np.bincount(depth)[np.bincount(depth) > 0] / count
    assert (depth.mean() - (p * np.log2(p)).sum()) / block < most


def test_bias_shrinks_with_the_depth() -> None:
    q = targets(1, (1500, 4), 9)
    distances = []
    for depth in (0, 2, 4, 8):
        sample = rec.DADStar(depth, 9, block=4).encode(q, P).sample
        u = stats.norm.cdf((sample - q.loc) / q.scale).ravel()
        distances.append(stats.kstest(u, "uniform").statistic)
    assert distances == sorted(distances, reverse=True)
    assert distances[-1] < 0.03


# --- Errors -------------------------------------------------------------------------------------


def test_errors() -> None:
    q = targets(1, (3, 6), 1)
    for bad in (0, 17, -1, 1.5, "4", None, True):
        with pytest.raises(rec.ParameterError, match="block"):
            rec.ADStar(0, bad)
    with pytest.raises(rec.ParameterError, match="bits_hint"):
        rec.ADStar(0, 4, bits_hint=[1, np.nan])
    with pytest.raises(rec.ParameterError, match="bits_hint"):
        rec.ADStar(0, 1, bits_hint=[1.0])
    with pytest.raises(rec.ParameterError, match="bits_hint"):
        rec.ADStar(0, 4, bits_hint=[1.0, 2.0]).encode(q, P)
    with pytest.raises(rec.ParameterError, match="depth"):
        rec.DADStar(127, 0, block=2)
    custom = rec.CustomTarget(lambda x: -x * x, mode=0.0, shape=(3, 6))
    with pytest.raises(rec.ParameterError, match="target"):
        rec.ADStar(0, 4).encode(custom, P)


def test_bad_indices() -> None:
    codec = rec.ADStar(0, 2)
    r = codec.encode(targets(1, (3, 6), 1), P)
    index = r.index.copy()
    index[1, 2] = 0
    with pytest.raises(rec.ParameterError, match="index") as caught:
        codec.decode(index, P)
    assert caught.value.position == (1, 2)
    index[1, 2] = [0, 2**63]  # depth 127, where there are 126 levels
    with pytest.raises(rec.ParameterError, match="index"):
        codec.decode(index, P)
    with pytest.raises(rec.ParameterError, match="shape"):
        codec.decode(r.index[..., 0], P)
    with pytest.raises(rec.ParameterError, match="index"):
        rec.DADStar(3, 0, block=2).decode(np.full((1, 2), [16, 0], np.uint64), P)


def test_divergence_errors_name_the_element() -> None:
    means = np.zeros((4, 6))
    means[2, 3] = 40.0
    with pytest.raises(rec.DivergenceError) as caught:
        rec.ADStar(0, 4).encode(rec.Normal(means, 0.5), P)
    assert caught.value.element == (2, 3)
