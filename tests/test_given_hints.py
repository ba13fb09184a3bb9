"""Hints that sender and receiver give for each element: nothing of them is in the stream."""

from __future__ import annotations

import io
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

import astar_rec as rec
from common import same_bits

P = rec.Normal(0.0, 1.0)
RNG = np.random.default_rng(5)
BITS = RNG.uniform(0.1, 3.0, size=(40, 8))
SCALE = 2.0**-BITS
Q = rec.Normal(RNG.normal(size=(40, 8)) * np.sqrt(1 - SCALE**2), SCALE)
CODECS = [rec.ADStar(3, 4), rec.ADStar(3, 8), rec.DADStar(20, 3, block=2)]
each_codec = pytest.mark.parametrize("codec", CODECS, ids=repr)


def expected(codec: Any, q: rec.Normal, bits: np.ndarray[Any, Any]) -> Any:
    """Rows by themselves, each with the hints of its columns in the codec."""
    rows = [
        replace(codec, bits_hint=bits[row]).encode(q[row], P, offset=q.shape[1] * row).sample
        for row in range(q.shape[0])
    ]
    return np.array(rows)


@each_codec
@pytest.mark.parametrize("code", [None, rec.AdaptiveCode()], ids=repr)
@pytest.mark.parametrize("chunk", [16, None])
def test_round_trip(codec: Any, code: Any, chunk: int | None) -> None:
    data, sample = rec.compress(
        Q, P, codec=codec, code=code, bits_hint=BITS, chunk=chunk, return_sample=True
    )
    assert same_bits(sample, expected(codec, Q, BITS))
    assert same_bits(rec.decompress(data, P, bits_hint=BITS), sample)
    with rec.Reader(data, bits_hint=BITS) as reader:
        assert same_bits(reader.read(P, slice(11, 31)), sample[11:31])
    info = rec.inspect(data, bits_hint=BITS)
    assert info.codec.bits_hint == "given"
    assert sum(info.bits.values()) == info.total_bits == 8 * len(data)


def test_nothing_of_them_is_written() -> None:
    """Of an array in one row, a codec's own hints take a byte each, and the rest is equal."""
    q, bits = rec.Normal(Q.loc.reshape(-1), Q.scale.reshape(-1)), BITS.reshape(-1)
    codec = rec.ADStar(3, 4)
    code = rec.TreeCode(expected_bits=6.0)
    own = rec.compress(q, P, codec=replace(codec, bits_hint=bits), code=code)
    given = rec.compress(q, P, codec=codec, code=code, bits_hint=bits)
    assert same_bits(rec.decompress(own, P), rec.decompress(given, P, bits_hint=bits))
    without = rec.compress(q, P, codec=codec, code=code)
    # A byte for each, and two say how many; three that they are given, and a checksum.
    assert len(own) - len(given) == bits.size + 2 - 3 - 4
    header = [
        rec.inspect(data, **more).bits["header"]
        for data, more in ((given, {"bits_hint": bits}), (without, {}))
    ]
    assert header[0] == header[1] + 16  # that there are some
    assert rec.decompress(given, P, bits_hint=bits).shape == (320,)


@pytest.mark.parametrize("shape", [(320,), (1, 320), (40, 8), (5, 2, 32), (0, 8), (40, 0), (37,)])
@pytest.mark.parametrize("header", [True, False])
def test_shapes(shape: tuple[int, ...], header: bool) -> None:
    size = int(np.prod(shape))
    loc, scale, bits = (array.reshape(-1)[:size].reshape(shape) for array in (Q.loc, Q.scale, BITS))
    codec: Any = rec.ADStar(3, 8)
    q = rec.Normal(loc, scale)
    data, sample = rec.compress(
        q, P, codec=codec, bits_hint=bits, header=header, return_sample=True
    )
    more = {} if header else {"codec": codec, "shape": shape}
    assert same_bits(rec.decompress(data, P, bits_hint=bits, **more), sample)


def test_numbers_and_columns_are_hints_of_all_rows() -> None:
    column = BITS[0]
    data = rec.compress(Q, P, codec=rec.ADStar(3, 8), bits_hint=column)
    own = rec.compress(Q, P, codec=rec.ADStar(3, 8, bits_hint=column))
    assert same_bits(rec.decompress(data, P, bits_hint=column), rec.decompress(own, P))
    data = rec.compress(Q, P, codec=rec.ADStar(3, 8), bits_hint=2)
    plain = rec.compress(Q, P, codec=rec.ADStar(3, 8))
    assert same_bits(rec.decompress(data, P, bits_hint=2.0), rec.decompress(plain, P))


def test_pieces_and_parts() -> None:
    codec = rec.ADStar(3, 8, bits_hint="given")
    whole = rec.compress(Q, P, codec=codec, bits_hint=BITS, chunk=16)
    for append in (False, True):
        file = io.BytesIO()
        with rec.Writer(file, codec=codec, shape=Q.shape, chunk=16) as writer:
            for begin in (0, 16, 32):
                rows = slice(begin, min(40, begin + 16))
                if append:
                    part = rec.compress(
                        Q[rows], P, codec=codec, bits_hint=BITS[rows], chunk=16, offset=8 * begin
                    )
                    writer.append(part, bits_hint=BITS[rows])
                else:
                    writer.write(Q[rows], P, bits_hint=BITS[rows])
        assert file.getvalue() == whole


def test_with_contexts() -> None:
    contexts = np.arange(40)[:, None] % 3
    codec = rec.ADStar(3, 8)
    data, sample = rec.compress(
        Q, P, codec=codec, bits_hint=BITS, contexts=contexts, chunk=16, return_sample=True
    )
    x = rec.decompress(data, P, bits_hint=BITS, contexts=contexts)
    assert same_bits(x, sample)
    with pytest.raises(rec.ParameterError, match="contexts is"):
        rec.decompress(data, P, bits_hint=BITS, contexts=contexts + 1)
    with pytest.raises(rec.ParameterError, match="bits_hint is"):
        rec.decompress(data, P, bits_hint=BITS + 1, contexts=contexts)


def test_other_hints_are_told() -> None:
    data = rec.compress(Q, P, codec=rec.ADStar(3, 8), bits_hint=BITS, chunk=16)
    other = BITS.copy()
    other[39, 7] += 0.1
    with pytest.raises(rec.ParameterError, match=r"bits_hint is.*in chunk 2"):
        rec.decompress(data, P, bits_hint=other)
    with rec.Reader(data, bits_hint=other) as reader:  # which reads what is not concerned
        assert reader.read(P, slice(0, 32)).shape == (32, 8)
    close = BITS + 1e-9 * (np.rint(16 * BITS) - 16 * BITS)
    assert same_bits(
        rec.decompress(data, P, bits_hint=close), rec.decompress(data, P, bits_hint=BITS)
    )


def test_refused() -> None:
    codec = rec.ADStar(3, 8)
    plain = rec.compress(Q, P, codec=codec)
    given = rec.compress(Q, P, codec=codec, bits_hint=BITS)
    marked = rec.ADStar(3, 8, bits_hint="given")
    cases = [
        ("bits_hint", lambda: rec.decompress(given, P)),
        ("bits_hint", lambda: rec.decompress(plain, P, bits_hint=BITS)),
        ("bits_hint", lambda: rec.compress(Q, P, codec=marked)),
        ("bits_hint", lambda: rec.compress(Q, P, codec=rec.ADStar(3), bits_hint=BITS)),
        ("bits_hint", lambda: rec.compress(Q, P, codec=rec.ASStar(3), bits_hint=BITS)),
        ("bits_hint", lambda: rec.compress(Q, P, codec=rec.PolarCoding(3), bits_hint=BITS)),
        ("bits_hint", lambda: marked.encode(Q, P)),
        ("bits_hint", lambda: rec.ADStar(3, 8, bits_hint="none")),
        ("bits_hint", lambda: rec.ADStar(3, bits_hint="given")),
        ("codec", lambda: rec.compress(Q, P, bits_hint=BITS)),
        ("shape of bits_hint", lambda: rec.compress(Q, P, codec=codec, bits_hint=BITS[:3])),
        ("shape of bits_hint", lambda: rec.decompress(given, P, bits_hint=BITS[:3])),
        ("bits_hint", lambda: rec.compress(Q, P, codec=codec, bits_hint=-BITS)),
        ("bits_hint", lambda: rec.compress(Q, P, codec=codec, bits_hint=BITS * np.nan)),
        (
            "length of the last axis",
            lambda: rec.compress(Q, P, codec=rec.ADStar(3, 3), bits_hint=BITS),
        ),
    ]
    for name, call in cases:
        with pytest.raises(rec.ParameterError) as found:
            call()
        assert found.value.argument == name


def test_errors_say_which_element() -> None:
    scale = SCALE.copy()
    scale[7, 3] = 1e-30
    with pytest.raises(rec.DivergenceError) as found:
        rec.compress(rec.Normal(Q.loc, scale), P, codec=rec.ADStar(3, 8), bits_hint=BITS)
    assert found.value.element[0] == 7
