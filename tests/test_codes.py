"""What every index code fulfils, whoever wrote it: the contract of `astar_rec.codes.code`."""

from __future__ import annotations

import dataclasses
import io
import pickle
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

import astar_rec as rec
from astar_rec.codes import (
    ByteCode,
    LearningCode,
    RefusedIndexError,
    code_named,
    code_numbered,
    codes,
    register,
    unregister,
)
from common import same_bits
from extension.toy_code import FibonacciCode

if TYPE_CHECKING:
    from collections.abc import Iterator

P = rec.Normal(0.0, 1.0)

# Of each class, with all kinds of parameters; no two are equal.
EXAMPLES: list[rec.IndexCode] = [
    rec.FixedCode(9),
    rec.FixedCode(64),
    rec.GammaCode(),
    rec.DeltaCode(),
    rec.ZetaCode(2.0),
    rec.ZetaCode(1.25),
    rec.ZetaCode(1.01),
    rec.AdaptiveCode(),
    rec.AdaptiveCode(1),
    rec.AdaptiveCode(16),
    rec.AdaptiveCode(3, expected_bits=2.3),
    rec.AdaptiveCode(expected_bits=2.3),
    rec.TreeCode(),
    rec.TreeCode(1, expected_bits=0),
    rec.TreeCode(4, expected_bits=1e300),
    FibonacciCode(),
]
BYTES = ByteCode()
each_code = pytest.mark.parametrize("code", EXAMPLES, ids=repr)
each_object = pytest.mark.parametrize("code", [*EXAMPLES, BYTES], ids=repr)


@pytest.fixture(autouse=True)
def _toy() -> Iterator[None]:
    """Makes the toy code known, for as long as a test takes."""
    register(FibonacciCode)
    yield
    unregister(FibonacciCode)


def test_all_are_here() -> None:
    assert {type(code) for code in [*EXAMPLES, BYTES]} == set(codes())


def test_wire_numbers() -> None:
    """They are in every container: a change is one of the format."""
    known = {kind.number: kind for kind in codes() if kind is not FibonacciCode}
    assert known == {
        0: rec.FixedCode,
        1: rec.GammaCode,
        2: rec.DeltaCode,
        3: rec.ZetaCode,
        4: rec.AdaptiveCode,
        5: rec.TreeCode,
        6: ByteCode,
    }


def test_registry() -> None:
    for kind in codes():
        assert code_numbered(kind.number) is kind
        assert code_named(kind.name) is kind
        assert register(kind) is kind  # again
    assert code_numbered(14) is None
    assert code_named("unheard of") is None
    assert len({kind.name for kind in codes()}) == len(codes())

    class Other(FibonacciCode):
        pass

    for name, number, argument in (("other", 200, "number"), ("fibonacci", 14, "name")):
        Other.name, Other.number = name, number
        with pytest.raises(rec.ParameterError) as caught:
            register(Other)
        assert caught.value.argument == argument
    for number in (-1, 256):
        Other.name, Other.number = "other", number
        with pytest.raises(rec.ParameterError):
            register(Other)
    unregister(Other)  # which is not there
    assert Other not in codes()
    assert FibonacciCode in codes()


# --- Objects ------------------------------------------------------------------------------------


@each_object
def test_immutable(code: rec.IndexCode) -> None:
    for name in ("block", "width", "k", "expected_bits", "anything"):
        with pytest.raises((dataclasses.FrozenInstanceError, AttributeError)):
            setattr(code, name, 1)


@each_object
def test_equal_to_itself_alone(code: rec.IndexCode) -> None:
    namespace = {**vars(rec), "FibonacciCode": FibonacciCode, "ByteCode": ByteCode}
    for other in (pickle.loads(pickle.dumps(code)), eval(repr(code), namespace)):
        assert other == code
        assert hash(other) == hash(code)
        assert type(other) is type(code)
        assert repr(other) == repr(code)
    assert [other for other in [*EXAMPLES, BYTES] if other == code] == [code]
    assert code != "a code"


def test_zeta_codes_of_one_k_are_equal() -> None:
    assert rec.ZetaCode(1.5) == rec.ZetaCode(1.45)
    assert rec.ZetaCode(1.5) != rec.ZetaCode(1.4)


def test_a_bound_tree_code() -> None:
    codec = rec.ADStar(3)
    bound = rec.TreeCode().at(codec, (4,), offset=7, begin=2)
    assert bound == rec.TreeCode().at(codec, (4,), offset=7, begin=2)
    others = [{"shape": (5,)}, {"offset": 8}, {"begin": 1}, {"codec": rec.ADStar(4)}]
    for other in others:
        at: dict[str, Any] = {"codec": codec, "shape": (4,), "offset": 7, "begin": 2, **other}
        assert rec.TreeCode().at(**at) != bound
    assert bound != rec.TreeCode(1)
    assert bound.with_block(1) is bound
    assert bound.expecting(2.0) == rec.TreeCode(expected_bits=2).at(codec, (4,), offset=7, begin=2)
    sent = pickle.loads(pickle.dumps(bound))
    assert sent.pack([1, 5]) == bound.pack([1, 5])


@each_object
def test_header(code: rec.IndexCode) -> None:
    bound = code if code.block else code.with_block(2)
    numbers = bound.header_numbers()
    assert [type(number) for number in numbers] == [int] * code.header_size
    assert type(code).from_header(numbers, bound.block or 1) == bound


@pytest.mark.parametrize("kind", codes(), ids=lambda kind: kind.name)
def test_any_header_is_refused_or_written_again(kind: Any) -> None:
    for first in (*range(300), 2**64 - 1):
        for block in (1, 2, 16):
            numbers = (first,) * kind.header_size
            try:
                code = kind.from_header(numbers, block).with_block(block)
            except rec.ParameterError:
                continue
            assert code.header_numbers() == numbers


@each_object
def test_blocks(code: rec.IndexCode) -> None:
    if code.block is None:
        bound = code.with_block(code.most_words)
        assert (type(bound), bound.block) == (type(code), code.most_words)
        assert code.block is None
        with pytest.raises(rec.ParameterError):
            code.with_block(code.most_words + 1)
    else:
        assert code.with_block(code.block) is code
        assert 1 <= code.block <= code.most_words
        for block in (code.block + 1, 0):
            with pytest.raises(rec.ParameterError) as caught:
                code.with_block(block)
            assert caught.value.argument == "code"


@each_object
def test_starts(code: rec.IndexCode) -> None:
    index = np.full(code.with_block(code.block or 2).block or 1, 3, np.uint64)[None].repeat(9, 0)
    index = index.reshape(-1) if index.shape[1] == 1 else index
    bound = code.with_block(code.block or 2)
    if isinstance(code, LearningCode):
        assert bound.expecting(6.0) == type(code)(bound.block, expected_bits=6.0)
        tried = [rec.AdaptiveCode(bound.block, expected_bits=bits) for bits in (None, 1.0, 40.0)]
        fitted = rec.AdaptiveCode(bound.block).fitted(index)
        assert fitted.bits(index) <= min(other.bits(index) for other in tried)
        assert bound.fitted(index) == bound.expecting(fitted.expected_bits)
    else:
        assert code.expecting(6.0) is code
        assert code.fitted(index) is code


# --- Packing ------------------------------------------------------------------------------------


@each_code
def test_a_codecs_indices(code: rec.IndexCode) -> None:
    block = code.block or 2
    q = rec.Normal(np.linspace(-1.0, 1.0, 16 * 9).reshape(9, 16), 0.5)
    codec = rec.ADStar(5, block)
    index = codec.encode(q, P).index
    assert code.suits(codec)
    bound = code.at(codec, q.shape)
    data = bound.pack(index)
    count = index.size // block
    assert np.array_equal(bound.unpack(data, count).ravel(), index.ravel())
    parts = bound.parts(index)
    assert min(parts) >= 0
    assert sum(parts) == 8 * len(data)
    assert bound.bits(index) == parts.depth + parts.path
    for bad in (rec.CorruptDataError, data + b"\x01"), (rec.ParameterError, 3.5):
        with pytest.raises(bad[0]):
            bound.unpack(bad[1], count)  # type: ignore[arg-type]


@each_code
def test_contexts(code: rec.IndexCode) -> None:
    codec = rec.ADStar(5)
    index = codec.encode(rec.Normal(np.linspace(-1.0, 1.0, 60).reshape(20, 3), 0.5), P).index
    if code.block not in (None, 1):
        return
    bound = code.at(codec, index.shape)
    if code.takes_contexts:
        data = bound.pack(index, [0, 1, 2])
        back = bound.unpack(data, 60, np.tile([0, 1, 2], 20))
        assert np.array_equal(back, index.ravel())
    else:
        for call in (bound.pack, bound.bits, bound.parts):
            with pytest.raises(rec.ParameterError) as caught:
                call(index, [0, 1, 2])
            assert caught.value.argument == "contexts"
        with pytest.raises(rec.ParameterError):
            bound.unpack(b"", 0, [])


@each_code
def test_index_0(code: rec.IndexCode) -> None:
    bound = code.at(rec.ADStar(5, code.block or 1), (4, 16))
    index = np.ones((4, 16 // (code.block or 1), code.block or 1), np.uint64)
    index[1, 0] = 0
    if index.shape[-1] == 1:
        index = index[..., 0]
    for call in (bound.pack, bound.bits, bound.parts):
        with pytest.raises(rec.ParameterError) as caught:
            call(index)
        assert (caught.value.argument, caught.value.position) == ("index", (1, 0))


# --- Containers ---------------------------------------------------------------------------------


@each_code
@pytest.mark.parametrize("shape", [(), (0,), (40,), (9, 5)], ids=str)
def test_container(code: rec.IndexCode, shape: tuple[int, ...]) -> None:
    block = code.block or 3
    q = rec.Normal(np.full(shape, 0.3), 0.5)
    codec = rec.ADStar(6, block)
    data = rec.compress(q, P, codec=codec, code=code, chunk=16)
    expected = codec.encode(q, P).sample
    assert same_bits(rec.decompress(data, P), expected)
    info = rec.inspect(data)
    assert info.code == code.with_block(block)
    assert info.total_bits == 8 * len(data) == sum(info.bits.values())
    bare = rec.compress(q, P, codec=codec, code=code, header=False)
    x = rec.decompress(bare, P, codec=codec, code=code, shape=shape)
    assert same_bits(x, expected)
    if len(shape) == 2:
        file = io.BytesIO()
        with rec.Writer(file, codec=codec, code=code, chunk=16) as writer:
            writer.write(q, P)
        with rec.Reader(file.getvalue()) as reader:
            assert same_bits(reader.read(P, slice(4, 7)), expected[4:7])


def test_a_code_that_is_not_registered() -> None:
    data = rec.compress(rec.Normal(0.3, 0.5), P, code=FibonacciCode())
    unregister(FibonacciCode)
    with pytest.raises(rec.ParameterError, match="code"):
        rec.compress(rec.Normal(0.3, 0.5), P, code=FibonacciCode())
    with pytest.raises(rec.CorruptDataError):
        rec.decompress(data, P)
    assert FibonacciCode().pack([1, 2, 3, 4]).hex() == "d9d8"  # 11 011 0011 1011
    assert RefusedIndexError("why", 3).args == ("why", 3)
