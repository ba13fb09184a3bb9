"""The adaptive code: the reference, sizes against the ideal, and bytes that no encoder wrote."""

from __future__ import annotations

import math
from collections import defaultdict
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import astar_rec as rec
from astar_rec import _core
from astar_rec.reference import adaptive as ref
from astar_rec.reference import depth_prior, range_coder


def indices(block: int = 1) -> st.SearchStrategy[int]:
    """Indices whose depths are spread over all there are."""
    depths = st.integers(0, 64 * block - 1)
    return depths.flatmap(lambda depth: st.integers(2**depth, 2 ** (depth + 1) - 1))


def to_words(values: list[int], block: int) -> np.ndarray:
    words = [[value >> (64 * i) & (2**64 - 1) for i in range(block)] for value in values]
    index = np.array(words, np.uint64).reshape(len(values), block)
    return index[:, 0] if block == 1 else index


def of_normals(bits: Any, shape: tuple[int, ...], block: int = 1, seed: int = 1) -> np.ndarray:
    """Indices of targets whose marginal is the proposal."""
    scale = 2.0 ** -np.asarray(bits, float)
    means = np.random.default_rng(seed).normal(size=shape) * np.sqrt(1 - scale * scale)
    return rec.ADStar(seed, block).encode(rec.Normal(means, scale), rec.Normal(0.0, 1.0)).index


def depths_of(index: np.ndarray, block: int = 1) -> list[int]:
    rows = index.reshape(-1, block).tolist()
    return [sum(word << (64 * i) for i, word in enumerate(row)).bit_length() - 1 for row in rows]


@st.composite
def packed(draw: st.DrawFn) -> tuple[list[int], int, int, list[int] | None]:
    """Indices, their block, a start and contexts."""
    block = draw(st.sampled_from([1, 1, 2, 3, 16]))
    values = draw(st.lists(st.one_of(st.integers(1, 9), indices(block)), max_size=30))
    start = draw(st.sampled_from([0, 0, 1, 3, 16, 100, 255]))
    numbers = st.one_of(st.integers(0, 2), st.integers(0, 65535))
    some = st.lists(numbers, min_size=len(values), max_size=len(values))
    return values, block, start, draw(st.one_of(st.none(), some))


def code_of(block: int, start: int) -> rec.AdaptiveCode:
    return rec.AdaptiveCode(block, expected_bits=start * block / 8 if start else None)


# --- The reference ------------------------------------------------------------------------------


@settings(deadline=None, max_examples=150)
@given(packed())
def test_bytes_are_the_references(given: tuple[list[int], int, int, list[int] | None]) -> None:
    values, block, start, contexts = given
    index, code = to_words(values, block), code_of(block, start)
    data = code.pack(index, contexts)
    assert data == ref.pack(values, block, start, contexts)
    assert ref.unpack(data, len(values), block, start, contexts) == values
    assert np.array_equal(code.unpack(data, len(values), contexts), index)
    parts = code.parts(index, contexts)
    assert sum(parts) == 8 * len(data)
    assert min(parts) >= 0
    assert parts.padding < 8
    bits, path = code.bits(index, contexts), sum(value.bit_length() - 1 for value in values)
    assert bits == parts.depth + parts.path
    # Exact but for zero bytes at the end that are not written.
    assert parts.path == min(path, bits)


@settings(deadline=None, max_examples=150)
@given(st.binary(max_size=40), st.integers(0, 20), st.sampled_from([1, 2]), st.integers(0, 255))
def test_any_bytes_as_the_reference(data: bytes, count: int, block: int, start: int) -> None:
    code = code_of(block, start)
    try:
        values = ref.unpack(data, count, block, start)
    except ValueError:
        with pytest.raises(rec.CorruptDataError):
            code.unpack(data, count)
    else:
        assert np.array_equal(code.unpack(data, count), to_words(values, block))


@pytest.mark.parametrize("block", [1, 2])
def test_few_bytes_hold_few_decisions(monkeypatch: pytest.MonkeyPatch, block: int) -> None:
    """No search finds what goes on far behind its bytes; all refuse it, from the same index on."""
    data, code = b"\x9e\x37\x79", rec.AdaptiveCode(block)
    for count in [7, *range(190, 220), 400]:
        with monkeypatch.context() as patch:
            patch.setattr(range_coder, "MOST_BEHIND", 1 << 20)
            values = ref.unpack(data, count, block)
            assert ref.pack(values, block) == data
        index = to_words(values, block)
        try:
            assert ref.unpack(data, count, block) == values
        except ValueError:
            assert count > 190
            with pytest.raises(ValueError, match="too far behind its last byte"):
                ref.pack(values, block)
            with pytest.raises(rec.ParameterError, match="too far behind its last byte"):
                code.pack(index)
            with pytest.raises(rec.CorruptDataError, match="more decisions than its bytes can"):
                code.unpack(data, count)
        else:
            assert count < 219
            assert ref.pack(values, block) == data
            assert code.pack(index) == data
            assert np.array_equal(code.unpack(data, count), index)


def test_any_number_of_zeros_may_follow() -> None:
    """Where the number is low, decisions cost next to nothing."""
    values = [5, 2, 9, *[1] * 3000]
    code, index = rec.AdaptiveCode(), to_words(values, 1)
    data = code.pack(index)
    assert data == ref.pack(values)
    assert np.array_equal(code.unpack(data, index.size), index)
    assert ref.unpack(data, index.size) == values


def test_long_arrays_are_the_references() -> None:
    # Enough for frequent carries.
    index = of_normals([0.5, 2, 5], (1000, 3)).ravel()
    contexts = np.arange(index.size) % 3
    data = rec.AdaptiveCode(expected_bits=2).pack(index, contexts)
    assert data == ref.pack(index.tolist(), 1, 16, contexts.tolist())


def test_starts_are_the_references() -> None:
    for block in range(1, 17):
        for start in (0, 1, 2, 7, 8, 16, 33, 100, 254, 255):
            for level in {*range(0, 64 * block, 7), 64 * block - 1}:
                expected = depth_prior(block, start, level)[0]
                assert _core.depth_prior(block, start, level) == expected


# --- Sizes --------------------------------------------------------------------------------------


def prior(block: int, bits: float | None, level: int) -> tuple[float, float]:
    """What the model starts from, in floating point."""
    if bits is None:
        return 0.5, 1.0
    log2_block = np.interp(block, [1, 2, 4, 8, 16], range(5))

    def fitted(a: int, b: int, c: int, d: int) -> float:
        return float((a + b * log2_block + (c + d * log2_block) / (bits + 0.5)) / 256)

    power = fitted(245, -44, 70, -13) * (fitted(-156, 46, -408, 18) + bits * block - level)
    octave = math.floor(power)
    odds = 2.0 ** min(max(octave, -12), 12) * (1 + power - octave)
    return min(max(fitted(201, -47, 11, 19), 0.2), 0.98) / (1 + odds), 32.0


def ideal_bits(
    depths: list[int], block: int = 1, bits: float | None = None, contexts: Any = None
) -> float:
    """The adaptive code length of the model: binary decisions with frequencies seen so far."""
    shared: dict[Any, list[float]] = defaultdict(lambda: [0.0, 0.0])
    own: dict[Any, list[float]] = defaultdict(lambda: [0.0, 0.0])
    priors = [prior(block, bits, level) for level in range(max(depths, default=0) + 1)]
    total = float(sum(depths))
    for i, depth in enumerate(depths):
        for level in range(depth + 1):
            reached, ended = seen = shared[level]
            chance, weight = priors[level]
            chance = (ended + weight * chance) / (reached + weight)
            all_seen = [seen]
            if contexts is not None:
                reached, ended = seen = own[contexts[i], level]
                chance = (ended + 16 * chance) / (reached + 16)
                all_seen.append(seen)
            total -= math.log2(chance if level == depth else 1 - chance)
            for seen in all_seen:
                seen[0] += 1
                seen[1] += level == depth
    return total


@pytest.mark.parametrize("count", [1, 2, 5, 30, 300, 10_000])
@pytest.mark.parametrize("bits", [0.25, 1, 2, 5, 12])
@pytest.mark.parametrize("known", [False, True])
@pytest.mark.parametrize("columns", [0, 4, 1000])
def test_size_is_the_ideal(count: int, bits: float, known: bool, columns: int) -> None:
    # Within 1 % and 8 bytes is promised; less than one byte above it is what there is.
    index = of_normals(bits, (count,), seed=count)
    contexts = np.arange(count) % columns if columns else None
    expected = bits if known else None
    size = 8 * len(rec.AdaptiveCode(expected_bits=expected).pack(index, contexts))
    ideal = ideal_bits(depths_of(index), 1, expected, contexts)
    assert size <= 1.01 * ideal + 64
    assert size < ideal + 8 + count * 1e-5


@pytest.mark.parametrize("block", [2, 3, 4])
@pytest.mark.parametrize("known", [False, True])
def test_size_of_blocks_is_the_ideal(block: int, known: bool) -> None:
    index = of_normals(1.0, (3000, block), block)
    depths = depths_of(index, block)
    code = rec.AdaptiveCode(block, expected_bits=block if known else None)
    size = 8 * len(code.pack(index))
    assert size < ideal_bits(depths, block, 1.0 if known else None) + 8.1


@pytest.mark.parametrize("p", [0.9999, 0.999, 0.8, 0.4, 0.15, 0.03])
def test_size_is_the_entropy(p: float) -> None:
    depth = np.minimum(np.random.default_rng(1).geometric(p, size=100_000) - 1, 63)
    index = np.left_shift(np.uint64(1), depth.astype(np.uint64))
    size = 8 * len(rec.AdaptiveCode().pack(index))
    share = np.bincount(depth)[np.bincount(depth) > 0] / depth.size
    entropy = -(share * np.log2(share)).sum() * depth.size
    assert size <= 1.02 * (entropy + depth.sum()) + 64
    assert size <= 1.01 * ideal_bits(depth.tolist()) + 8


@pytest.mark.parametrize("bits", [0.5, 2, 5])
def test_100_000_latents(bits: float) -> None:
    index = of_normals(bits, (100_000,))
    depth = np.array(depths_of(index))
    share = np.bincount(depth)[np.bincount(depth) > 0] / depth.size
    entropy = -(share * np.log2(share)).sum()
    bits_each = 8 * len(rec.AdaptiveCode().pack(index)) / depth.size
    assert bits_each <= 1.02 * (entropy + depth.mean())
    assert bits_each >= 0.999 * (entropy + depth.mean())


def test_ones_cost_next_to_nothing() -> None:
    code = rec.AdaptiveCode()
    assert code.bits(np.ones(60_000, np.uint64)) == 0
    # Nothing at all, where they are the first number of the interval.
    assert code.pack(np.ones(60_000, np.uint64)) == b""
    assert code.unpack(b"", 60_000).tolist() == [1] * 60_000
    assert code.parts(np.ones(1, np.uint64)) == (0, 0, 0)
    # And next to nothing where they are not.
    index = np.ones(60_000, np.uint64)
    index[0] = 2
    assert code.bits(index) < 24


def test_contexts_learn_columns() -> None:
    bits = np.linspace(0.25, 5, 16)
    index = of_normals(bits, (2000, 16))
    code = rec.AdaptiveCode()
    apart = sum(len(code.pack(index[:, j])) for j in range(16))
    assert len(code.pack(index, np.arange(16))) < 0.94 * len(code.pack(index))
    assert len(code.pack(index, np.arange(16))) < apart
    # Of ten indices each, too.
    assert len(code.pack(index[:10], np.arange(16))) < len(code.pack(index[:10]))


def test_contexts_without_a_meaning_cost_little() -> None:
    index = of_normals(2.0, (20_000,))
    code = rec.AdaptiveCode()
    for contexts in (2, 16, 2000):
        size = len(code.pack(index, np.arange(index.size) % contexts))
        assert size < 1.005 * len(code.pack(index))


@pytest.mark.parametrize("block", [1, 4])
@pytest.mark.parametrize("bits", [0.5, 2.0])
@pytest.mark.parametrize("iso", [False, True])
def test_a_known_start_saves_learning(block: int, bits: float, iso: bool) -> None:
    # A hundred indices cost at most 1.2 bytes more than with the code of the true depths.
    rng = np.random.default_rng(5)
    means = rng.normal(size=(20, 100, block)) * math.sqrt(1 - 4.0**-bits)
    target = rec.Normal(means, 2.0**-bits)
    if iso:
        limit = 0.95 * math.sqrt(2 * math.log(2) * bits)
        target = rec.isokl_normal(np.clip(means, -limit, limit), bits)
    index = rec.ADStar(5, block).encode(target, rec.Normal(0.0, 1.0)).index
    index = index.reshape(20, 100) if block == 1 else index.reshape(20, 100, block)
    depth = np.array(depths_of(index, block))
    share = np.bincount(depth) / depth.size
    ideal = (depth - np.log2(share[depth])).sum() / 8 / 20
    knowing, learning = (
        np.mean([len(rec.AdaptiveCode(block, expected_bits=known).pack(row)) for row in index])
        for known in (bits * block, None)
    )
    assert knowing < ideal + 1.3
    assert knowing < learning - 0.5


@pytest.mark.parametrize("bits", [2.0, 8.0])
@pytest.mark.parametrize("wrong", [0, 0.5, 4, 16, 31])
def test_a_wrong_start_costs_little(bits: float, wrong: float) -> None:
    index = of_normals(bits, (10_000,))
    right, other = (rec.AdaptiveCode(expected_bits=b).bits(index) for b in (bits, wrong))
    assert other < 1.011 * right


def test_one_latent() -> None:
    # With 2 bits of information: 0.76 bytes on average.
    index = of_normals(2.0, (2000,))
    code = rec.AdaptiveCode(expected_bits=2)
    assert np.mean([len(code.pack(index[i : i + 1])) for i in range(2000)]) < 0.8


# --- Arrays and contexts ------------------------------------------------------------------------


def test_contexts_broadcast() -> None:
    index = of_normals([0.5, 2, 4], (50, 3))
    code = rec.AdaptiveCode()
    data = code.pack(index, [0, 1, 2])
    every = np.broadcast_to([0, 1, 2], index.shape)
    for same in (every, every.astype(np.uint8), np.asfortranarray(every), every.tolist()):
        assert code.pack(index, same) == data
        assert code.unpack(data, 150, same).tolist() == index.ravel().tolist()
    assert code.unpack(data, 150, every.ravel()).tolist() == index.ravel().tolist()
    assert code.pack(index, 7) == code.pack(index, np.full(150, 7).reshape(50, 3))
    assert code.unpack(code.pack(index, 7), 150, 7).tolist() == index.ravel().tolist()
    rows = np.arange(50)[:, np.newaxis]
    assert code.pack(index, rows) == code.pack(index, np.broadcast_to(rows, (50, 3)))
    assert code.pack([], []) == b""
    assert code.unpack(b"", 0, []).tolist() == []


def test_contexts_of_blocks() -> None:
    index = of_normals(1.0, (30, 4), 2)
    assert index.shape == (30, 2, 2)
    code = rec.AdaptiveCode(2)
    data = code.pack(index, [5, 65535])
    assert np.array_equal(code.unpack(data, 60, np.tile([5, 65535], 30)), index.reshape(60, 2))


def test_all_contexts() -> None:
    index = of_normals(1.0, (65536,))
    contexts = np.random.default_rng(1).permutation(65536)
    code = rec.AdaptiveCode()
    assert np.array_equal(code.unpack(code.pack(index, contexts), 65536, contexts), index)


def test_expected_bits() -> None:
    assert rec.AdaptiveCode().expected_bits is None
    assert rec.AdaptiveCode(expected_bits=2).expected_bits == 2.0
    assert rec.AdaptiveCode(4, expected_bits=3).expected_bits == 3.0
    assert rec.AdaptiveCode(1, expected_bits=2.3).expected_bits == 2.25
    assert rec.AdaptiveCode(1, expected_bits=0).expected_bits == 0.125
    # It is of the whole block, so it is not rounded before that is known.
    unbound = rec.AdaptiveCode(expected_bits=2.3)
    assert unbound.expected_bits == 2.3
    assert unbound.with_block(1) == rec.AdaptiveCode(1, expected_bits=2.3)
    assert unbound.with_block(2).expected_bits == 2.25
    index = [1, 5, 2, 2**60]
    assert unbound.pack(index) == unbound.with_block(1).pack(index)
    assert rec.AdaptiveCode(2, expected_bits=1e300).expected_bits == 63.75
    assert repr(rec.AdaptiveCode(2)) == "AdaptiveCode(block=2)"
    assert repr(rec.AdaptiveCode(2, expected_bits=3)) == "AdaptiveCode(block=2, expected_bits=3.0)"


# --- What no encoder wrote ----------------------------------------------------------------------


def is_the_only_way(code: rec.AdaptiveCode, data: bytes, count: int, contexts: Any = None) -> bool:
    """Whether bytes decode; if they do, to indices that have no others."""
    try:
        index = code.unpack(data, count, contexts)
    except rec.CorruptDataError:
        return False
    assert code.pack(index, contexts) == data
    return True


def test_damage() -> None:
    index = of_normals(3.0, (200,))
    code = rec.AdaptiveCode()
    data = code.pack(index)
    # Nothing is redundant: what is cut short is what other indices pack to, as if zeros followed.
    for end in range(len(data)):
        if not is_the_only_way(code, data[:end], 200) and data[end - 1] != 0:
            assert end < len(data) - 40
            with pytest.raises(rec.CorruptDataError, match="more decisions than its bytes can"):
                code.unpack(data[:end], 200)
    assert not is_the_only_way(code, data[: len(data) - 80], 200)
    damaged = [
        data[:i] + bytes([data[i] ^ 1 << bit]) + data[i + 1 :]
        for i in range(len(data))
        for bit in range(8)
    ]
    assert 0 < sum(is_the_only_way(code, other, 200) for other in damaged) < 0.5 * len(damaged)
    for extra in (b"\0", b"\1", b"\xff", b"\0\0\0\0\1", bytes(8) + b"\1"):
        with pytest.raises(rec.CorruptDataError):
            code.unpack(data + extra, 200)
    for count in (0, 1, 100, 190):
        with pytest.raises(rec.CorruptDataError):
            code.unpack(data, count)
    with pytest.raises(rec.CorruptDataError):
        code.unpack(b"\0", 0)


@settings(deadline=None, max_examples=300)
@given(st.binary(max_size=60), st.integers(0, 60), st.sampled_from([1, 2, 16]), st.integers(0, 255))
def test_any_bytes(data: bytes, count: int, block: int, start: int) -> None:
    contexts = None if start % 2 else np.arange(count) % 3
    is_the_only_way(code_of(block, start), data, count, contexts)


def test_indices_too_large() -> None:
    # Depth 70 needs two words.
    data = rec.AdaptiveCode(2).pack(to_words([2**70], 2))
    with pytest.raises(rec.CorruptDataError, match="too large"):
        rec.AdaptiveCode().unpack(data, 1)


def test_errors() -> None:
    for bad in (0, 17, 1.5, "2", True):
        with pytest.raises(rec.ParameterError):
            rec.AdaptiveCode(bad)
    for bad in (-1, math.nan, math.inf, "2", True, [1, 2], 10**400):
        with pytest.raises(rec.ParameterError) as caught:
            rec.AdaptiveCode(expected_bits=bad)
        assert caught.value.argument == "expected_bits"
    with pytest.raises(rec.ParameterError) as caught:
        rec.AdaptiveCode().pack([3, 0])
    assert caught.value.position == (1,)
    with pytest.raises(rec.ParameterError):
        rec.AdaptiveCode(2).pack(np.ones(3, np.uint64))
    with pytest.raises(rec.ParameterError):
        rec.AdaptiveCode().unpack(np.zeros(3), 1)


@pytest.mark.parametrize(
    ("contexts", "position", "argument"),
    [
        ([[0, 1], [65536, 2]], (1, 0), "contexts"),
        ([0, -1], (1,), "contexts"),
        ([0.0, 1.0], None, "contexts"),
        ([True, False], None, "contexts"),
        ("ab", None, "contexts"),
        ([0, 1, 2], None, "shape of contexts"),
        (np.zeros((2, 2, 2), int), None, "shape of contexts"),
    ],
)
def test_wrong_contexts(contexts: Any, position: Any, argument: str) -> None:
    code, index = rec.AdaptiveCode(), np.ones((2, 2), np.uint64)
    calls = [code.pack, code.bits, code.parts]
    calls.append(lambda index, contexts: code.unpack(b"", index.size, contexts))
    for call in calls:
        with pytest.raises(rec.ParameterError) as caught:
            call(index, contexts)
        assert (caught.value.argument, caught.value.position) == (argument, position)


def test_other_codes_have_no_contexts() -> None:
    for code in (rec.FixedCode(3), rec.GammaCode(), rec.DeltaCode(), rec.ZetaCode(1.5)):
        for call in (code.pack, code.bits, code.parts):
            with pytest.raises(rec.ParameterError):
                call([1, 2], [0, 0])
        with pytest.raises(rec.ParameterError):
            code.unpack(b"\x80", 1, 0)


def test_parts_of_words() -> None:
    index = np.array([1, 2, 3, 700], np.uint64)
    for code in (rec.FixedCode(10), rec.GammaCode(), rec.DeltaCode(), rec.ZetaCode(1.5)):
        parts = code.parts(index)
        assert sum(parts) == 8 * len(code.pack(index))
        assert parts.path == 0 + 1 + 1 + 9
        assert parts.depth + parts.path == code.bits(index)
        assert 0 <= parts.padding < 8
