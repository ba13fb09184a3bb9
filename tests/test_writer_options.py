"""A `Writer` takes all that `compress` takes: a time instead of a codec, and no header."""

from __future__ import annotations

import io
import math
from itertools import pairwise
from typing import Any

import numpy as np
import pytest

import astar_rec as rec
from common import same_bits

P = rec.Normal(0.0, 1.0)
CODECS = [
    rec.ADStar(5),
    rec.ADStar(5, 4),
    rec.ADStar(5, 4, bits_hint=(0.5, 1.0, 2.0, 4.0, 1.0, 1.0, 1.0, 1.0)),
    rec.ASStar(5),
    rec.DADStar(6, 5),
    rec.PolarCoding(5, block=64),
]


def marginal(*shape: int, bits: float = 1.0) -> rec.Normal:
    scale = 2.0**-bits
    return rec.Normal(np.random.default_rng(3).normal(size=shape) * math.sqrt(1 - scale**2), scale)


def written(q: rec.Normal, cuts: list[int], **options: Any) -> tuple[bytes, np.ndarray[Any, Any]]:
    """What a writer writes of rows between cuts, and their samples."""
    file, samples = io.BytesIO(), []
    contexts = options.pop("own_contexts", None)
    with rec.Writer(file, **options) as writer:
        for begin, end in pairwise(cuts):
            own = None if contexts is None else contexts[begin:end]
            samples.append(writer.write(q[begin:end], P, own).sample)
    return file.getvalue(), np.concatenate(samples)


# --- Without a header ----------------------------------------------------------------------------


@pytest.mark.parametrize("with_shape", [True, False])
@pytest.mark.parametrize("codec", CODECS, ids=repr)
def test_the_bits_are_those_of_compress(codec: rec.Codec, with_shape: bool) -> None:
    q = marginal(48, 8)
    expected, x = rec.compress(q, P, codec=codec, header=False, return_sample=True)
    for cuts in ([0, 48], [0, 8, 32, 40, 48]):
        shape = q.shape if with_shape else None
        data, sample = written(q, cuts, codec=codec, header=False, shape=shape)
        assert data == expected
        assert same_bits(sample, x)
    with rec.Reader(expected, codec=codec, shape=q.shape) as reader:
        assert same_bits(reader.read(P, slice(8, 24)), x[8:24])


def test_what_is_told_beside_it() -> None:
    q, codec = marginal(40, 8), rec.ADStar(5, 4)
    given = np.arange(80).reshape(40, 2) % 7
    for contexts, own in (("column", None), ("given", given)):
        options: dict[str, Any] = {"codec": codec, "code": rec.AdaptiveCode(), "offset": 24}
        options |= {"dtype": "float32", "header": False}
        data, x = written(q, [0, 16, 40], contexts=contexts, own_contexts=own, **options)
        both = "column" if own is None else own
        assert data == rec.compress(q, P, contexts=both, **options)
        del options["header"]
        again = rec.decompress(data, P, shape=(40, 8), contexts=both, **options)
        assert again.dtype == np.float32
        assert same_bits(again, x)


def test_contexts_of_each_element() -> None:
    q, codec = marginal(40, 8), rec.PolarCoding(5, block=16)
    given = np.arange(320).reshape(40, 8) % 7
    for contexts, own in (("column", None), ("given", given)):
        options: dict[str, Any] = {"codec": codec, "header": False}
        data, x = written(q, [0, 16, 40], contexts=contexts, own_contexts=own, **options)
        both = "column" if own is None else own
        assert data == rec.compress(q, P, contexts=both, **options)
        assert same_bits(rec.decompress(data, P, codec=codec, shape=(40, 8), contexts=both), x)


def test_hints_of_each_element() -> None:
    q, hints = marginal(40, 8), np.linspace(0.5, 3.0, 320).reshape(40, 8)
    codec = rec.ADStar(5, 4, bits_hint="given")
    file = io.BytesIO()
    with rec.Writer(file, codec=codec, header=False) as writer:
        for rows in (slice(0, 12), slice(12, 40)):
            writer.write(q[rows], P, bits_hint=hints[rows])
    assert file.getvalue() == rec.compress(q, P, codec=codec, bits_hint=hints, header=False)


def test_parts_with_headers_are_joined_without() -> None:
    q, codec = marginal(64, 8), rec.ADStar(5)
    file = io.BytesIO()
    with rec.Writer(file, codec=codec, header=False) as writer:
        for rows in (slice(0, 16), slice(16, 64)):
            writer.append(rec.compress(q[rows], P, codec=codec, offset=8 * rows.start, chunk=16))
    assert file.getvalue() == rec.compress(q, P, codec=codec, header=False)


def test_nothing_of_no_rows() -> None:
    data, _ = written(marginal(1, 8), [0, 0], codec=rec.ADStar(5), header=False)
    assert data == b""


def test_the_bits_alone_carry_no_escapes() -> None:
    far, codec = rec.Normal(np.array([[0.0], [8.0]]), 1.0), rec.ADStar(5)
    with (
        rec.Writer(io.BytesIO(), codec=codec, header=False, keep=True) as writer,
        pytest.raises(rec.DivergenceError) as caught,
    ):
        writer.write(far, P)
    assert caught.value.element == (1, 0)
    part = rec.compress(far, P, codec=codec)
    with (
        rec.Writer(io.BytesIO(), codec=codec, header=False) as writer,
        pytest.raises(rec.ParameterError, match="escapes"),
    ):
        writer.append(part)


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("codec", {"codec": None}),
        ("codec", {"codec": None, "time": 1e-4}),
        ("time", {"time": 1e-4}),
        ("chunk", {"chunk": 64}),
        ("fingerprint", {"fingerprint": True}),
    ],
)
def test_what_goes_with_a_header_only(name: str, options: dict[str, Any]) -> None:
    for call in (
        lambda **own: rec.Writer(io.BytesIO(), header=False, **own),
        lambda **own: rec.compress(marginal(8), P, header=False, **own),
    ):
        with pytest.raises(rec.ParameterError) as caught:
            call(**{"codec": rec.ADStar(5), **options})
        assert caught.value.argument == name


# --- With a time ---------------------------------------------------------------------------------


@pytest.mark.parametrize("time", [1e-6, 1e-4, math.inf])
def test_the_plan_of_the_first_piece(time: float) -> None:
    """Where it is all, exactly the plan."""
    for q in (marginal(2000, 8), marginal(4, 8), marginal(4000)):
        file = io.BytesIO()
        with rec.Writer(file, time=time, shape=q.shape) as writer:
            assert "time=" in repr(writer)
            with pytest.raises(rec.ParameterError, match="codec of writer"):
                writer.codec  # noqa: B018
            x = writer.write(q, P).sample
            assert writer.codec == rec.plan(q, P, time=time, seed=writer.codec.seed).codec
        assert same_bits(rec.decompress(file.getvalue(), P), x)


@pytest.mark.parametrize("shape", [(4096,), (64, 1000), (200, 8), (3, 5, 7), (200, 1)])
@pytest.mark.parametrize("time", [1e-6, 1e-4])
def test_any_number_of_rows_follows(shape: tuple[int, ...], time: float) -> None:
    q = marginal(*shape)
    for cuts in ([0, 1, shape[0]], [0, shape[0] // 2, shape[0] // 2 + 1, shape[0]]):
        for known in (None, shape):
            data, x = written(q, cuts, time=time, shape=known)
            assert same_bits(rec.decompress(data, P), x)


def test_long_rows_are_blocks_of_polar_coding() -> None:
    q = marginal(3, 3 << 17)
    file = io.BytesIO()
    with rec.Writer(file, time=1e-4) as writer:
        writer.write(q[:1], P)
        assert writer.codec == rec.PolarCoding(writer.codec.seed, block=3 << 17)
        writer.write(q[1:], P)
    bits = 8 * len(file.getvalue()) / q.size
    assert bits < 1.08


def test_a_time_goes_with_contexts_and_codes() -> None:
    q = marginal(40, 8)
    data, x = written(q, [0, 20, 40], time=1e-4, contexts="column")
    assert rec.inspect(data).codec.block == 1
    assert same_bits(rec.decompress(data, P), x)
    data, _ = written(q, [0, 20, 40], time=1e-4, code=rec.GammaCode())
    assert isinstance(rec.inspect(data).code, rec.GammaCode)


def test_a_failed_first_piece_decides_nothing() -> None:
    file, few = io.BytesIO(), marginal(4, 8)
    with rec.Writer(file, time=1e-4) as writer:
        with pytest.raises(rec.ParameterError):
            writer.write(rec.Categorical(np.full((4, 8, 2), 0.5)), P)
        x = writer.write(few, P).sample
        assert writer.codec.block == 8
    assert same_bits(rec.decompress(file.getvalue(), P), x)


def test_nothing_was_written_and_what_cannot_be_first() -> None:
    file = io.BytesIO()
    with rec.Writer(file, time=1e-4):
        pass
    assert rec.decompress(file.getvalue(), P).size == 0
    writer = rec.Writer(io.BytesIO(), time=1e-4)
    with pytest.raises(rec.ParameterError, match="time"):
        writer.append(rec.compress(marginal(4, 8), P))
    writer.close()
    for time in (0, -1.0, math.nan, "fast"):
        with pytest.raises(rec.ParameterError, match="time"):
            rec.Writer(io.BytesIO(), time=time)
    with pytest.raises(rec.ParameterError, match="time"):
        rec.Writer(io.BytesIO(), codec=rec.ADStar(5), time=1e-4)
