"""The adaptive code: round trips, sizes against the ideal, and bytes that no encoder wrote."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import astar_rec as rec

# Indices whose depths are spread over all there are.
INDICES = st.integers(0, 63).flatmap(lambda depth: st.integers(2**depth, 2 ** (depth + 1) - 1))


def ideal_bits(depths: np.ndarray) -> float:
    """The adaptive code length of the model: binary decisions with frequencies seen so far."""
    ended, went_on, bits = [0.5] * 1100, [0.5] * 1100, 0.0
    for depth in depths:
        for level in range(depth + 1):
            ends = level == depth
            seen = (ended if ends else went_on)[level]
            bits -= math.log2(seen / (ended[level] + went_on[level]))
            (ended if ends else went_on)[level] += 1
    return bits


@settings(deadline=None)
@given(st.lists(INDICES, max_size=60))
def test_round_trip(values: list[int]) -> None:
    index = np.array(values, np.uint64)
    code = rec.AdaptiveCode()
    data = code.pack(index)
    assert code.unpack(data, index.size).tolist() == values
    assert 0 <= 8 * len(data) - code.bits(index) - code.framing_bits(index) < 8


@settings(deadline=None, max_examples=50)
@given(st.lists(st.integers(1, 2**192 - 1), max_size=30), st.integers(3, 16))
def test_round_trip_of_blocks(values: list[int], block: int) -> None:
    words = [[value >> (64 * i) & (2**64 - 1) for i in range(block)] for value in values]
    index = np.array(words, np.uint64).reshape(len(values), block)
    code = rec.AdaptiveCode(block)
    assert np.array_equal(code.unpack(code.pack(index), len(values)), index)


@pytest.mark.parametrize("p", [0.999, 0.8, 0.4, 0.15])
def test_size(p: float) -> None:
    # Within 1 % and 8 bytes of the ideal adaptive code length, within 2 % of the entropy.
    depth = np.minimum(np.random.default_rng(1).geometric(p, size=20_000) - 1, 63)
    index = np.left_shift(np.uint64(1), depth.astype(np.uint64))
    bits = rec.AdaptiveCode().bits(index) - depth.sum()
    assert bits <= 1.01 * ideal_bits(depth) + 64
    counts = np.bincount(depth)[np.bincount(depth) > 0] / depth.size
    entropy = -(counts * np.log2(counts)).sum() * depth.size
    assert bits + depth.sum() <= 1.02 * (entropy + depth.sum()) + 64


def test_ones_cost_next_to_nothing() -> None:
    assert rec.AdaptiveCode().bits(np.ones(60_000, np.uint64)) < 40


def test_damage() -> None:
    index = np.array([1, 5, 9, 2, 700, 1, 3], np.uint64)
    code = rec.AdaptiveCode()
    data = code.pack(index)
    for end in range(len(data)):
        with pytest.raises(rec.CorruptDataError):
            code.unpack(data[:end], 7)
    with pytest.raises(rec.CorruptDataError):
        code.unpack(data + b"\0", 7)


@settings(deadline=None, max_examples=300)
@given(st.binary(max_size=60), st.integers(0, 40), st.sampled_from([1, 2, 16]))
def test_any_bytes(data: bytes, count: int, block: int) -> None:
    code = rec.AdaptiveCode(block)
    try:
        index = code.unpack(data, count)
    except rec.CorruptDataError:
        return
    assert code.unpack(code.pack(index), count).tolist() == index.tolist()


def test_errors() -> None:
    for bad in (0, 17, 1.5, "2", None):
        with pytest.raises(rec.ParameterError):
            rec.AdaptiveCode(bad)
    with pytest.raises(rec.ParameterError) as caught:
        rec.AdaptiveCode().pack([3, 0])
    assert caught.value.position == (1,)
    with pytest.raises(rec.ParameterError):
        rec.AdaptiveCode(2).pack(np.ones(3, np.uint64))
    with pytest.raises(rec.ParameterError):
        rec.AdaptiveCode().unpack(np.zeros(3), 1)
