"""The tree code: the reference, sizes, containers, and bytes that no encoder wrote."""

from __future__ import annotations

import io
import signal
import tracemalloc
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import astar_rec as rec
from astar_rec.reference import start_of
from astar_rec.reference import tree as ref
from common import SEEDS, same_bits
from words import bare, compress, writer_of

if TYPE_CHECKING:
    from collections.abc import Callable

P = rec.Normal(0.0, 1.0)
few = settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def to_words(values: list[int], block: int) -> np.ndarray:
    words = [[value >> (64 * i) & (2**64 - 1) for i in range(block)] for value in values]
    index = np.array(words, np.uint64).reshape(len(values), block)
    return index[:, 0] if block == 1 else index


def to_integers(index: np.ndarray, block: int) -> list[int]:
    rows = index.reshape(-1, block).tolist()
    return [sum(word << (64 * i) for i, word in enumerate(row)) for row in rows]


def dimensions_of(shape: tuple[int, ...], block: int, number: int) -> int:
    columns = shape[-1] if shape else 1
    return min(block, columns - number % -(-columns // block) * block)


def of_normals(bits: Any, shape: tuple[int, ...], seed: int = 1) -> rec.Normal:
    """Targets whose marginal is the proposal."""
    scale = 2.0 ** -np.asarray(bits, float)
    means = np.random.default_rng(seed).normal(size=shape) * np.sqrt(1 - scale * scale)
    return rec.Normal(means, scale)


def encoded(codec: rec.ADStar, target: rec.Distribution, offset: int = 0) -> np.ndarray:
    index = codec.encode(target, P, offset=offset).index
    return index.ravel() if codec.block == 1 else index.reshape(-1, codec.block)


def expected_of(start: int, block: int) -> float | None:
    return start * block / 8 if start else None


# --- The reference ------------------------------------------------------------------------------


def check(
    codec: rec.ADStar,
    shape: tuple[int, ...],
    values: list[int],
    offset: int = 0,
    begin: int = 0,
    start: int = 0,
    contexts: list[int] | None = None,
) -> bytes:
    """Requires that code and reference agree, and returns the bytes."""
    code = rec.TreeCode(codec.block, expected_bits=expected_of(start, codec.block))
    code = code.at(codec, shape, offset=offset, begin=begin)
    columns = shape[-1] if shape else 1
    if codec.block == 1:  # of which columns do not matter
        columns = 1
    given = codec.blocks.bits_hint
    hints = [0.0] * columns if given is None else given.tolist()
    known = (codec.seed, offset, codec.block, hints, begin, start, contexts)
    index = to_words(values, codec.block)
    data = code.pack(index, contexts)
    assert data == ref.pack(values, *known)
    assert ref.unpack(data, len(values), *known) == values
    assert np.array_equal(code.unpack(data, len(values), contexts), index)
    return data


@pytest.mark.parametrize(
    ("block", "shape", "options"),
    [
        (1, (12,), {}),
        (1, (), {"offset": 2**48 - 1}),
        (1, (4, 3), {"begin": 5, "start": 3}),
        (1, (3, 4), {"contexts": [0, 7, 65535]}),
        (2, (8,), {}),
        (2, (7,), {"offset": 9, "start": 16}),
        (2, (3, 5), {"begin": 2, "contexts": [1, 0]}),
        (3, (2, 7), {"bits_hint": [0, 2.5, 1, 1, 1, 4, 0]}),
        (3, (8,), {"bits_hint": [0, 2.5, 1, 1, 1, 4, 0, 1], "begin": 1}),
        (8, (2, 8), {"start": 8}),
        (8, (19,), {"begin": 1, "contexts": [3]}),
        (16, (2, 17), {}),
        (16, (3,), {"start": 255}),
    ],
    ids=str,
)
def test_codecs_indices_are_the_references(
    block: int, shape: tuple[int, ...], options: dict[str, Any]
) -> None:
    codec = rec.ADStar(77, block, bits_hint=options.pop("bits_hint", None))
    values = to_integers(
        encoded(codec, of_normals(1.0 if block < 8 else 0.25, shape), options.get("offset", 0)),
        block,
    )
    values = values[options.get("begin", 0) :]
    if contexts := options.get("contexts"):
        options["contexts"] = (contexts * len(values))[: len(values)]
    check(codec, shape, values, **options)


@pytest.mark.parametrize(("block", "count"), [(1, 150), (2, 60), (8, 20)])
def test_what_is_learnt_is_the_references(block: int, count: int) -> None:
    codec, shape = rec.ADStar(3, block), (count * block,)
    values = to_integers(encoded(codec, of_normals(2.0 if block < 8 else 0.5, shape)), block)
    check(codec, shape, values, contexts=[i % 3 for i in range(count)])


def test_a_surprise_is_the_references() -> None:
    # After so many ones the model is as certain as it can be.
    check(rec.ADStar(3), (350,), [1] * 320 + [2**20, 5, 1, 77] * 3, start=1)


@pytest.mark.parametrize(
    ("block", "depths", "hints"),
    [
        (1, [63, 62, 61, 0], None),
        (2, [126, 70], None),
        (2, [64], [0.0, 50.0]),
        (3, [70], [60.0, 0.0, 3.0]),
        (16, [70], None),
    ],
)
@pytest.mark.parametrize("path", [-1, 0x6B3F94D1E57A2C80D9_43B1F6A0C85E27A9D3_62F0])
def test_deep_paths_are_the_references(
    block: int, depths: list[int], hints: list[float] | None, path: int
) -> None:
    # Beyond 63 levels random numbers have another key.
    values = [2**depth + path % 2**depth for depth in depths]
    codec = rec.ADStar(2**64 - 1, block, bits_hint=hints)
    check(codec, (len(depths), block), values, offset=2**48 - block * len(depths))


@pytest.mark.parametrize("block", [2, 3])
@pytest.mark.parametrize("side", [0, 1])
def test_paths_to_the_median_are_the_references(block: int, side: int) -> None:
    # Boxes around 0, where a sum of squares may be rounded to less than nothing.
    depth = 40 * block
    first, others = (2**block - 1) * side, (2 ** (depth - block) - 1) * (1 - side)
    check(rec.ADStar(3, block), (block,), [2**depth + (first << (depth - block)) + others])


@st.composite
def arrays(draw: st.DrawFn, deep: bool = True, most_columns: int = 40) -> dict[str, Any]:
    """Indices, likely or not, and what both sides know of them."""
    block = draw(st.integers(1, 16) if deep else st.sampled_from([1, 1, 2, 3]))
    shape = draw(
        st.one_of(
            st.just(()),
            st.tuples(st.integers(1, most_columns)),
            st.tuples(st.integers(1, 9), st.integers(1, most_columns)),
        )
    )
    columns = shape[-1] if shape else 1
    hints = None
    if block > 1 and draw(st.booleans()):
        numbers = st.one_of(st.integers(0, 80), st.floats(0, 5))
        hints = draw(st.lists(numbers, min_size=columns, max_size=columns))
    count = -(-columns // block) * (shape[0] if len(shape) == 2 else 1)
    begin = draw(st.integers(0, count - 1))
    values = []
    for number in range(begin, min(count, begin + (12 if deep else 4))):
        deepest = 63 * dimensions_of(shape, block, number) if deep else 9
        depth = draw(st.one_of(st.integers(0, 4), st.integers(0, deepest)))
        values.append(draw(st.integers(2**depth, 2 ** (depth + 1) - 1)))
    numbers = st.one_of(st.integers(0, 2), st.integers(0, 65535))
    contexts = st.lists(numbers, min_size=len(values), max_size=len(values))
    return {
        "codec": rec.ADStar(draw(SEEDS), block, bits_hint=hints),
        "shape": shape,
        "values": values,
        "offset": draw(st.integers(0, 2**40)),
        "begin": begin,
        "start": draw(st.sampled_from([0, 0, 1, 8, 20, 255])),
        "contexts": draw(st.one_of(st.none(), contexts)),
    }


@few
@given(arrays(deep=False, most_columns=7))
def test_any_indices_are_the_references(array: dict[str, Any]) -> None:
    check(**array)


@few
@given(st.binary(max_size=6), st.integers(0, 3), st.sampled_from([1, 2]), st.sampled_from([0, 16]))
def test_any_bytes_as_the_reference(data: bytes, count: int, block: int, start: int) -> None:
    code = rec.TreeCode(block, expected_bits=expected_of(start, block))
    code = code.at(rec.ADStar(1, block), (count * block,))
    try:
        values = ref.unpack(data, count, 1, block=block, hints=[0.0] * block, start=start)
    except ValueError:
        with pytest.raises(rec.CorruptDataError):
            code.unpack(data, count)
    else:
        assert np.array_equal(code.unpack(data, count), to_words(values, block))


# --- Round trips --------------------------------------------------------------------------------


@settings(deadline=None, max_examples=100)
@given(arrays())
def test_round_trip(array: dict[str, Any]) -> None:
    codec, values, contexts = array["codec"], array["values"], array["contexts"]
    code = rec.TreeCode(codec.block, expected_bits=expected_of(array["start"], codec.block))
    code = code.at(codec, array["shape"], offset=array["offset"], begin=array["begin"])
    index = to_words(values, codec.block)
    data = code.pack(index, contexts)
    assert np.array_equal(code.unpack(data, len(values), contexts), index)
    # No probability is small.
    decisions = sum(2 * value.bit_length() - 1 for value in values)
    assert 8 * len(data) <= 12.01 * decisions + 8
    parts = code.parts(index, contexts)
    assert sum(parts) == 8 * len(data)
    assert min(parts) >= 0
    assert parts.depth == 0
    assert parts.padding < 8
    assert code.bits(index, contexts) == parts.path


@pytest.mark.parametrize("block", [1, 4])
def test_a_part_is_coded_by_its_place(block: int) -> None:
    codec, shape, offset = rec.ADStar(5, block), (50, 10), 1000
    index = encoded(codec, of_normals(1.0, shape), offset)
    code, begin, end = rec.TreeCode(block), len(index) // 3, len(index) // 2
    there = code.at(codec, shape, offset=offset, begin=begin)
    data = there.pack(index[begin:end])
    assert np.array_equal(there.unpack(data, end - begin), index[begin:end])
    elsewhere = [
        code.at(codec, shape, offset=offset),
        code.at(codec, shape, begin=begin),
        code.at(rec.ADStar(6, block), shape, offset=offset, begin=begin),
    ]
    for other in elsewhere:
        assert len(other.pack(index[begin:end])) > 1.05 * len(data)


def test_a_long_row_is_as_rows() -> None:
    codec = rec.ADStar(5, 4)
    index = encoded(codec, of_normals(1.0, (400,)))
    for shape in ((400,), (50, 8), (100, 4)):
        code = rec.TreeCode(4).at(codec, shape, begin=30)
        assert code.pack(index[30:]) == rec.TreeCode(4).at(codec, (400,), begin=30).pack(index[30:])


@pytest.mark.parametrize("columns", [1, 4, 5, 8, 21, 40])
@pytest.mark.parametrize("begin", range(0, 24, 3))
def test_rows_are_looked_at_where_indices_lie(columns: int, begin: int) -> None:
    """The same bytes as with hints of nothing, of which there is one for each column."""
    block, shape = 4, (40, columns)
    codec = rec.ADStar(5, block)
    index = encoded(codec, of_normals(1.0, shape), 1000)
    for count in (1, 2, 3, 5, 9, 10, 11, 16):
        own = index[begin : begin + count]
        part = rec.TreeCode(block).at(codec, shape, offset=1000, begin=begin)
        hinted = rec.ADStar(5, block, bits_hint=[0.0] * columns)
        whole = rec.TreeCode(block).at(hinted, shape, offset=1000, begin=begin)
        data = part.pack(own)
        assert data == whole.pack(own)
        assert np.array_equal(part.unpack(data, count), own)


@pytest.mark.parametrize("begin", [0, 2**27 - 9, 2**27 - 1])
def test_long_rows_take_no_memory(begin: int) -> None:
    """Eight bytes for each column before, of which a damaged container may claim any number."""
    code = rec.TreeCode(2).at(rec.ADStar(5, 2), (3, 2**28), begin=begin)
    index = np.ones((10, 2), np.uint64)
    index[:, 1] = 0
    tracemalloc.start()
    try:
        assert np.array_equal(code.unpack(code.pack(index), 10), index)
        assert tracemalloc.get_traced_memory()[1] < 1 << 20
    finally:
        tracemalloc.stop()


# --- Sizes --------------------------------------------------------------------------------------


def bits_each(
    target: rec.Distribution, block: int, proposal: rec.Distribution = P
) -> tuple[float, float]:
    """Bits of an element by the tree code and by the adaptive one."""
    codec = rec.ADStar(2, block)
    index = codec.encode(target, proposal).index
    tree = rec.TreeCode(block).at(codec, target.shape).pack(index)
    adaptive = rec.AdaptiveCode(block).pack(index)
    count = np.prod(target.shape)
    return 8 * len(tree) / count, 8 * len(adaptive) / count


@pytest.mark.parametrize(
    ("bits", "block", "most"),
    [
        (0.5, 1, 1.21),
        (2.0, 1, 2.84),
        (5.0, 1, 6.03),
        (1.0, 2, 1.70),
        (2.0, 2, 2.75),
        (2.0, 4, 2.52),
        (1.0, 8, 1.31),
    ],
)
def test_size(bits: float, block: int, most: float) -> None:
    tree, adaptive = bits_each(of_normals(bits, (20_000 // block, block)), block)
    assert tree <= most
    # Most of what there is to save.
    assert tree < adaptive - {1: 0.6, 2: 0.3, 4: 0.12, 8: 0.05}[block]


def laplace(bits: float, shape: tuple[int, ...]) -> tuple[rec.Distribution, rec.Distribution]:
    """Targets of a narrow scale around samples of the proposal."""
    means = np.random.default_rng(1).laplace(size=shape)
    return rec.Laplace(means, 2.0**-bits), rec.Laplace(0.0, 1.0)


def mixed(_bits: float, shape: tuple[int, ...]) -> tuple[rec.Distribution, rec.Distribution]:
    """Information between 1/4 and 4 bits."""
    return of_normals(np.random.default_rng(2).uniform(0.25, 4, size=shape), shape), P


def isokl(bits: float, shape: tuple[int, ...]) -> tuple[rec.Distribution, rec.Distribution]:
    """The same information for each element."""
    means = 0.5 * np.random.default_rng(3).normal(size=shape)
    return rec.isokl_normal(np.clip(means, -1, 1), bits), P


@pytest.mark.parametrize("make", [laplace, mixed, isokl])
@pytest.mark.parametrize(("block", "saved"), [(1, 0.6), (2, 0.24), (4, 0.1)])
def test_other_targets(make: Callable[..., Any], block: int, saved: float) -> None:
    target, proposal = make(1.5, (4000 // block, block))
    tree, adaptive = bits_each(target, block, proposal)
    assert tree < adaptive - saved


def test_contexts_tell_columns_apart() -> None:
    target = of_normals([0.25, 4.0], (1000, 2))
    codec = rec.ADStar(1)
    index = codec.encode(target, P).index
    code = rec.TreeCode().at(codec, index.shape)
    assert code.bits(index, [0, 1]) < 0.92 * code.bits(index)
    # Of columns alike they cost little.
    alike = codec.encode(of_normals(2.0, (1000, 2)), P).index
    assert code.bits(alike, [0, 1]) < 1.02 * code.bits(alike)


@pytest.mark.parametrize("bits", [0.5, 4.0])
def test_a_known_start_saves_learning(bits: float) -> None:
    codec = rec.ADStar(1)
    index = codec.encode(of_normals(bits, (40, 10)), P).index
    codes = [rec.TreeCode(expected_bits=expected) for expected in (None, bits)]
    learning, knowing = (
        sum(code.at(codec, (10,), offset=10 * i).bits(index[i]) for i in range(40))
        for code in codes
    )
    assert knowing < learning - 40


def test_large_arrays_follow_a_change() -> None:
    codec = rec.ADStar(1)
    bits = np.repeat([0.5, 4.0], 5000)
    index = codec.encode(of_normals(bits, (10_000,)), P).index
    code = rec.TreeCode()
    apart = sum(
        code.at(codec, (10_000,), begin=begin).bits(index[begin : begin + 5000])
        for begin in (0, 5000)
    )
    assert code.at(codec, (10_000,)).bits(index) < 1.08 * apart


# --- What no encoder wrote ----------------------------------------------------------------------


def is_the_only_way(code: rec.TreeCode, data: bytes, count: int) -> bool:
    """Whether bytes decode; if they do, to indices that have no others."""
    try:
        index = code.unpack(data, count)
    except rec.CorruptDataError:
        return False
    assert code.pack(index) == data
    return True


@pytest.mark.parametrize("block", [1, 3])
def test_damage(block: int) -> None:
    codec, count = rec.ADStar(1, block), 60
    index = encoded(codec, of_normals(2.0, (count * block,)))
    code = rec.TreeCode(block).at(codec, (count * block,))
    data = code.pack(index)
    for end in range(len(data)):
        is_the_only_way(code, data[:end], count)
    damaged = [data[:i] + bytes([data[i] ^ 1 << i % 8]) + data[i + 1 :] for i in range(len(data))]
    assert sum(is_the_only_way(code, other, count) for other in damaged) < len(damaged)
    # More bytes than are read, and zeros, are never right; one more may be those of other indices.
    for extra in (b"\1", b"\xff"):
        is_the_only_way(code, data + extra, count)
    for extra in (b"\0", bytes(8) + b"\1"):
        with pytest.raises(rec.CorruptDataError):
            code.unpack(data + extra, count)
    for less in (0, 1, count // 2):
        with pytest.raises(rec.CorruptDataError):
            code.unpack(data, less)


@settings(deadline=None, max_examples=150)
@given(st.binary(max_size=40), st.integers(0, 10), st.sampled_from([1, 2, 16]))
def test_any_bytes(data: bytes, count: int, block: int) -> None:
    code = rec.TreeCode(block).at(rec.ADStar(1, block), (count, block + block // 2))
    is_the_only_way(code, data, count)


def test_errors() -> None:
    for bad in (0, 17, 1.5, "2", True):
        with pytest.raises(rec.ParameterError):
            rec.TreeCode(bad)  # type: ignore[arg-type]
    with pytest.raises(rec.ParameterError) as caught:
        rec.TreeCode(expected_bits=-1)
    assert caught.value.argument == "expected_bits"
    # Whose indices?
    index, code = np.ones(4, np.uint64), rec.TreeCode()
    for call in (code.pack, code.bits, code.parts, lambda _: code.unpack(b"", 4)):
        with pytest.raises(rec.ParameterError, match=r"at\(\)"):
            call(index)
    for codec in (rec.ADStar(0, block=2), rec.ASStar(0), rec.GlobalAStar(0), rec.DADStar(9, 0)):
        for other in (rec.TreeCode(1), rec.TreeCode(3), code):
            if other is code and isinstance(codec, rec.ADStar):
                continue  # any block suits it
            with pytest.raises(rec.ParameterError) as caught:
                other.at(codec, (4,))
            assert caught.value.argument == "codec"
    for options in ({"offset": -1}, {"begin": 2**48 + 1}):
        with pytest.raises(rec.ParameterError) as caught:
            code.at(rec.ADStar(0), (4,), **options)
        assert caught.value.argument in options
    # It stays as it was.
    bound = code.at(rec.ADStar(0), (4,))
    assert bound.unpack(bound.pack(index), 4).tolist() == [1] * 4
    with pytest.raises(rec.ParameterError):
        code.pack(index)
    assert repr(rec.TreeCode(2, expected_bits=3)) == "TreeCode(block=2, expected_bits=3.0)"
    assert repr(bound).startswith("TreeCode(block=1).at(")
    assert repr(bound).endswith("(4,), offset=0, begin=0)")
    assert rec.TreeCode(expected_bits=2.3).start == start_of(2.3)


def test_block_of_the_codec() -> None:
    """It need not be said twice."""
    target, codec = of_normals(1.0, (40, 8)), rec.ADStar(4, 2)
    index = codec.encode(target, P).index
    unbound, given = rec.TreeCode(expected_bits=2.3), rec.TreeCode(2, expected_bits=2.3)
    data = given.at(codec, (40, 8)).pack(index)
    assert unbound.at(codec, (40, 8)).pack(index) == data
    assert unbound.at(codec, (40, 8)).unpack(data, 160).tolist() == index.reshape(160, 2).tolist()
    assert unbound.with_block(2) == given
    packed = {rec.compress(target, P, codec=codec, code=code) for code in (unbound, given)}
    assert len(packed) == 1
    assert rec.inspect(packed.pop()).code == given


def test_indices_that_the_codec_cannot_make() -> None:
    bound = rec.TreeCode().at(rec.ADStar(0), (4,))
    with pytest.raises(rec.ParameterError) as caught:
        bound.pack([3, 0])
    assert caught.value.position == (1,)
    # The second block of a row has one element, so 63 levels.
    blocks = rec.TreeCode(2).at(rec.ADStar(0, block=2), (4, 3))
    assert blocks.pack(to_words([5, 2**63], 2))
    for value in (0, 2**64):
        with pytest.raises(rec.ParameterError) as caught:
            blocks.pack(to_words([5, value], 2))
        assert caught.value.position == (1,)
    for bad in (np.ones(3, np.uint64), np.ones((2, 3), np.uint64)):
        with pytest.raises(rec.ParameterError):
            blocks.pack(bad)


@pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="needs POSIX signals")
@pytest.mark.parametrize("direction", ["pack", "unpack"])
def test_signals(direction: str) -> None:
    """Handlers run in the middle of a long call, and what one raises ends it."""

    class AlarmError(Exception):
        pass

    seen: list[int] = []

    def handler(number: int, _: object) -> None:
        seen.append(number)
        if len(seen) == 3:  # a call that lets none in would run one at its end
            raise AlarmError

    count = 4_000_000
    code = rec.TreeCode().at(rec.ADStar(1), (count,))
    index = np.ones(count, np.uint64)
    before = signal.signal(signal.SIGALRM, handler)
    try:
        signal.setitimer(signal.ITIMER_REAL, 0.05, 0.05)
        with pytest.raises(AlarmError):
            code.pack(index) if direction == "pack" else code.unpack(b"", count)
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0.0)
        signal.signal(signal.SIGALRM, before)


def test_contexts() -> None:
    codec = rec.ADStar(1)
    index = codec.encode(of_normals([0.5, 2, 4], (50, 3)), P).index
    code = rec.TreeCode().at(codec, index.shape)
    data = code.pack(index, [0, 1, 2])
    every = np.broadcast_to([0, 1, 2], index.shape)
    for same in (every, every.astype(np.uint8), np.asfortranarray(every), every.tolist()):
        assert code.pack(index, same) == data
        assert code.unpack(data, 150, same).tolist() == index.ravel().tolist()
    assert code.unpack(code.pack(index, 7), 150, 7).tolist() == index.ravel().tolist()
    bad: list[Any] = [
        [0, -1, 2],
        [0, 65536, 0],
        [0.0, 1.0, 2.0],
        "abc",
        [1, 2],
        np.zeros((9, 50, 3)),
    ]
    for contexts in bad:
        for call in (code.pack, code.bits, code.parts):
            with pytest.raises(rec.ParameterError, match="contexts"):
                call(index, contexts)
    blocks = rec.ADStar(1, 2)
    index = blocks.encode(of_normals(1.0, (30, 4)), P).index
    code = rec.TreeCode(2).at(blocks, (30, 4))
    data = code.pack(index, [5, 65535])
    assert np.array_equal(code.unpack(data, 60, np.tile([5, 65535], 30)), index.reshape(60, 2))


# --- Containers ---------------------------------------------------------------------------------


def test_names() -> None:
    target = of_normals(1.0, (40, 8))
    options: dict[str, Any] = {"seed": 4, "expected_bits": 1.0}
    sizes = {}
    for block in (1, 4):
        data = {
            name: compress(target, P, block=block, code=name, **options)
            for name in (None, "tree", "adaptive")
        }
        assert data[None] == data["adaptive" if block == 1 else "tree"]
        given = rec.TreeCode(block, expected_bits=block)
        assert compress(target, P, block=block, seed=4, code=given) == data["tree"]
        expected = rec.ADStar(4, block).encode(target, P).sample
        for some in data.values():
            assert same_bits(rec.decompress(some, P), expected)
        sizes[block] = {name: len(some) for name, some in data.items()}
        assert isinstance(rec.inspect(data["tree"]).code, rec.TreeCode)
    assert sizes[4]["tree"] < sizes[1]["tree"] < sizes[1]["adaptive"]
    assert sizes[4]["tree"] < sizes[4]["adaptive"]


def test_methods_that_have_no_tree() -> None:
    target = of_normals(1.0, (4,))
    for options in (
        {"method": "as"},
        {"method": "dad", "depth": 9},
        {"method": "global"},
        {"method": "mrc", "candidates": 9},
    ):
        for code in ("tree", rec.TreeCode()):
            with pytest.raises(rec.ParameterError) as caught:
                compress(target, P, code=code, **options)
            assert caught.value.argument == "code"
    with pytest.raises(rec.ParameterError):
        rec.compress(target, P, code="tree")
    with pytest.raises(rec.ParameterError):
        rec.compress(target, P, codec=rec.ADStar(seed=1), code=rec.TreeCode(2))
    # Without a codec one is taken that goes with the code.
    assert rec.inspect(rec.compress(target, P, code=rec.TreeCode(2))).codec.block == 2
    assert compress(target, P, method="dad", depth=9, block=2)  # is adaptive


@pytest.mark.parametrize("shape", [(), (0,), (5, 0), (1,), (50,), (9, 7), (3, 4, 6)], ids=str)
@pytest.mark.parametrize("block", [1, 3])
def test_shapes(shape: tuple[int, ...], block: int) -> None:
    target = of_normals(1.0, shape)
    options: dict[str, Any] = {"code": "tree", "block": block, "seed": 4, "offset": 11}
    expected = rec.ADStar(4, block).encode(target, P, offset=11).sample
    data = compress(target, P, chunk=16, **options)
    assert same_bits(rec.decompress(data, P), expected)
    report = rec.inspect(data)
    assert report.total_bits == 8 * len(data) == sum(report.bits.values())
    assert report.bits["depth"] == 0
    data = compress(target, P, header=False, **options)
    assert same_bits(bare(data, P, shape=shape, **options), expected)


@pytest.mark.parametrize("known", [True, False], ids=["shape known", "open"])
@pytest.mark.parametrize(
    ("shape", "block", "cuts", "options"),
    [
        ((100,), 1, [7, 50], {}),
        ((101,), 2, [10, 64], {}),
        ((101,), 3, [33], {"expected_bits": 1}),
        ((30, 7), 4, [1, 2, 20], {}),
        ((30, 7), 4, [29], {"bits_hint": [0, 1, 1, 1, 1, 3, 1], "contexts": "column"}),
        ((12, 3, 5), 1, [5], {"contexts": "column"}),
    ],
    ids=str,
)
def test_pieces(
    known: bool, shape: tuple[int, ...], block: int, cuts: list[int], options: dict[str, Any]
) -> None:
    if not known and len(shape) == 1:
        options = {name: value for name, value in options.items() if name != "bits_hint"}
    target = of_normals(1.0, shape)
    all_options = {"code": "tree", "block": block, "seed": 4, "chunk": 16, "offset": 3, **options}

    def write(pieces: list[int]) -> bytes:
        file = io.BytesIO()
        with writer_of(file, shape=shape if known else None, **all_options) as writer:
            for begin, end in zip([0, *pieces], [*pieces, shape[0]], strict=True):
                writer.write(rec.Normal(target.loc[begin:end], target.scale), P)
        return file.getvalue()

    data = write([])
    assert write(cuts) == data
    if known:
        assert compress(target, P, **all_options) == data
    codec = rec.ADStar(4, block, bits_hint=options.get("bits_hint"))
    expected = codec.encode(target, P, offset=3).sample
    assert same_bits(rec.decompress(data, P), expected)
    with rec.Reader(data) as reader:  # any rows, from any chunk
        for rows in (slice(0, 1), slice(cuts[0], cuts[0] + 9), slice(shape[0] - 2, None)):
            assert same_bits(reader.read(P, rows), expected[rows])
    report = rec.inspect(data)
    assert report.total_bits == 8 * len(data) == sum(report.bits.values())


def test_a_damaged_chunk_loses_no_other() -> None:
    target = of_normals(1.0, (200,))
    data = bytearray(compress(target, P, code="tree", chunk=16, seed=4))
    data[len(data) // 2] ^= 1
    with pytest.raises(rec.CorruptDataError):
        rec.decompress(data, P)
    left = rec.decompress(data, P, on_corrupt="skip")
    expected = rec.ADStar(4).encode(target, P).sample
    kept = ~np.ma.getmaskarray(left)
    assert kept.sum() >= 200 - 2 * 16
    assert same_bits(np.ma.getdata(left)[kept], expected[kept])


def test_threads() -> None:
    # Tables are made when first used, whoever comes first.
    target = of_normals(0.25, (60, 11))

    def pack(threads: int) -> bytes:
        return compress(target, P, block=11, seed=4, threads=1 + threads % 3)

    with ThreadPoolExecutor(8) as pool:
        results = list(pool.map(pack, range(8)))
    assert results == [results[0]] * 8
