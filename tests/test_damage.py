"""Every bit flipped, every truncation: an error, or exactly what is lost.

Also what the rescue of a damaged container finds, whatever was done to it.
"""

from __future__ import annotations

import functools
import io
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import astar_rec as rec
from common import same_bits
from fuzz.layout import split
from words import compress, writer_of

P = rec.Normal(0.0, 1.0)

CONTAINERS: dict[str, dict[str, Any]] = {
    "ad": {},
    "open": {"open": True},
    "blocks": {"block": 4},
    "open, blocks": {"block": 8, "open": True},
    "as": {"method": "as"},
    "dad*, fixed width": {"method": "dad", "depth": 6},
    "gamma": {"code": rec.GammaCode()},
    "column contexts": {"contexts": "column"},
    "hints": {"block": 3, "bits_hint": [0, 1, 2, 1, 0.5, 0.5, 3]},
    "one axis": {"shape": (101,), "block": 2},
    "float32": {"dtype": "float32", "open": True},
    "one chunk": {"chunk": 256},
    "one chunk, open": {"chunk": 256, "open": True},
    "scalar": {"shape": ()},
    "polar": {"method": "polar", "block": 16, "chunk": 1},
    "polar, open": {"method": "polar", "block": 16, "chunk": 2, "open": True},
    "polar, columns": {"method": "polar", "block": 16, "chunk": 1, "contexts": "column"},
    # One scale is said once; of one for each element a file would be ten times as long.
    "dither": {"method": "dither", "block": 16, "chunk": 1, "scale": 0.3},
    "dither, open": {"method": "dither", "block": 16, "chunk": 2, "open": True, "scale": 0.3},
}
each_container = pytest.mark.parametrize("name", CONTAINERS)


@functools.cache
def container(name: str, rows: int = 14) -> tuple[bytes, np.ndarray[Any, Any]]:
    """A sample file of some chunks, and its samples."""
    options = {"shape": (rows, 7), "chunk": 16, "seed": 3, **CONTAINERS[name]}
    shape, known = options.pop("shape"), not options.pop("open", False)
    rng = np.random.default_rng(8)
    loc = rng.normal(size=shape) * 0.7
    q = rec.Normal(loc, options.pop("scale", rng.uniform(0.2, 0.6, size=shape)))
    file = io.BytesIO()
    with writer_of(file, shape=shape if known else None, **options) as writer:
        writer.write(q, P)
    return file.getvalue(), rec.decompress(file.getvalue(), P)


def header_size(data: bytes) -> int:
    return rec.inspect(data).bits["header"] // 8


def check_refused(damaged: bytes) -> None:
    for call in (
        lambda: rec.decompress(damaged, P),
        lambda: rec.inspect(damaged),
        lambda: rec.Reader(io.BytesIO(damaged)).read(P),
    ):
        with pytest.raises(rec.CorruptDataError) as caught:
            call()
        assert 5 < len(str(caught.value)) < 250


def check_rescued(damaged: bytes, expected: np.ndarray[Any, Any]) -> int:
    """What is there is right, what is not is reported; returns how much is not.

    All of it must be, but for the rows of an open container whose end is missing.
    """
    with rec.Reader(damaged, on_corrupt="skip") as reader:
        x = reader.read(P)
        missing = np.zeros(x.size, bool)
        for part in reader.missing:
            missing[part.start : part.stop] = True
        rows = reader.shape[0] if reader.shape else 1
        complete = reader.complete
    whole = expected[:rows] if expected.ndim else expected
    assert x.shape == whole.shape
    mask = np.ma.getmaskarray(x)
    assert (mask.reshape(-1) == missing).all()
    assert np.isnan(x.data[mask]).all()
    assert same_bits(np.ascontiguousarray(x.data[~mask]), np.ascontiguousarray(whole[~mask]))
    if complete:
        assert x.shape == expected.shape
    return int(missing.sum()) + expected.size - whole.size


@each_container
def test_every_flipped_bit(name: str) -> None:
    # Half of the rows have a first chunk, a last one and some between, but for those in blocks.
    data, samples = container(name, rows=14 if "block" in CONTAINERS[name] else 7)
    per_chunk = CONTAINERS[name].get("chunk", 16) * CONTAINERS[name].get("block", 1)
    begin = header_size(data)
    for bit in range(8 * len(data)):
        damaged = bytearray(data)
        damaged[bit // 8] ^= 1 << bit % 8
        check_refused(bytes(damaged))
        if bit // 8 < begin:
            with pytest.raises(rec.CorruptDataError):
                rec.Reader(bytes(damaged), on_corrupt="skip")
        else:
            # One damaged chunk costs only itself.
            assert 0 < check_rescued(bytes(damaged), samples) <= per_chunk


@each_container
def test_every_truncation(name: str) -> None:
    data, samples = container(name)
    begin, lost = header_size(data), []
    for length in range(len(data)):
        check_refused(data[:length])
        if length < begin:
            with pytest.raises(rec.CorruptDataError):
                rec.Reader(data[:length], on_corrupt="skip")
        else:
            lost.append(check_rescued(data[:length], samples))
    assert lost == sorted(lost, reverse=True)
    assert lost[0] == samples.size


@each_container
def test_every_byte_deleted_doubled_or_inserted(name: str) -> None:
    data, samples = container(name)
    begin = header_size(data)
    for i in range(len(data)):
        for damaged in (data[:i] + data[i + 1 :], data[:i] + b"\xc5" + data[i:]):
            check_refused(damaged)
            if i > begin:
                check_rescued(damaged, samples)


def test_chunks_that_change_places() -> None:
    data, samples = container("ad")
    head, frames = split(data)
    assert len(frames) == 7
    for order in ([1, 0, 2, 3, 4, 5, 6], [6, 5, 4, 3, 2, 1, 0], [0, 0, 1, 2, 3, 4, 5, 6]):
        damaged = head + b"".join(frames[i] for i in order)
        check_refused(damaged)
    assert check_rescued(head + b"".join(frames[i] for i in (0, 2, 1, 3, 4, 5, 6)), samples) == 16
    assert check_rescued(head + b"".join(frames[i] for i in (0, 3, 6)), samples) == 64
    # Chunks of another container do not pass for its own.
    other, _ = container("float32")
    _, strangers = split(other)
    check_rescued(head + b"".join([frames[0], strangers[1], *frames[2:]]), samples)


def test_decompress_skips_too() -> None:
    data, samples = container("blocks")
    damaged = bytearray(data)
    damaged[-20] ^= 1
    with pytest.raises(rec.CorruptDataError):
        rec.decompress(damaged, P)
    x = rec.decompress(damaged, P, on_corrupt="skip")
    assert isinstance(x, np.ma.MaskedArray)
    assert 0 < np.ma.count_masked(x) < samples.size
    whole = rec.decompress(data, P, on_corrupt="skip")
    assert isinstance(whole, np.ma.MaskedArray)
    assert np.ma.count_masked(whole) == 0
    for wrong in ("ignore", None, True):
        with pytest.raises(rec.ParameterError, match="on_corrupt"):
            rec.decompress(data, P, on_corrupt=wrong)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "codec",
    [
        rec.ADStar(1, block=4),
        rec.HybridCoding(1000, 1, halvings=2, block=4),
        rec.PolarCoding(1, block=4),
    ],
)
def test_a_single_element_of_a_block_is_missing(codec: rec.Codec) -> None:
    """An IndexError before: found by the fuzzer."""
    data = bytearray(rec.compress(rec.Normal(0.5, 0.02), P, codec=codec))
    data[-1] ^= 1
    x = rec.decompress(data, P, on_corrupt="skip")
    assert isinstance(x, np.ma.MaskedArray)
    assert x.shape == ()
    assert np.ma.count_masked(x) == 1


def test_a_large_file_with_much_damage() -> None:
    q = rec.Normal(np.random.default_rng(1).normal(size=(30_000, 3)), 0.3)
    data = bytearray(compress(q, P, chunk=256))
    samples = rec.decompress(data, P)
    rng = np.random.default_rng(2)
    begin = header_size(bytes(data))
    # A third is overwritten, with bytes that look like the beginnings of frames.
    third = len(data) // 3
    data[third : 2 * third] = b"\xc5\x85" * (third // 2) + b"\xc5" * (third % 2)
    for at in rng.integers(begin, len(data), size=20):
        data[at] ^= 0x10
    lost = check_rescued(bytes(data), samples)
    assert samples.size // 3 < lost < samples.size * 2 // 3


@settings(deadline=None, max_examples=300)
@given(st.data())
def test_any_damage(data: st.DataObject) -> None:
    name = data.draw(st.sampled_from([*CONTAINERS]))
    good, samples = container(name)
    begin = data.draw(st.integers(0, len(good)))
    end = data.draw(st.integers(begin, min(len(good), begin + 80)))
    damaged = good[:begin] + data.draw(st.binary(max_size=40)) + good[end:]
    if damaged == good:
        return
    check_refused(damaged)
    if begin >= header_size(good) and begin < len(good):
        check_rescued(damaged, samples)


def test_an_orphan_without_its_end() -> None:
    """What is left of a writer that was killed."""
    data, samples = container("open")
    head, frames = split(data)
    with rec.Reader(head + b"".join(frames[:-1]), on_corrupt="skip") as reader:
        assert not reader.complete
        assert reader.shape == (-(-16 * (len(frames) - 1) // 7), 7)
    check_rescued(head + b"".join(frames[:-1]), samples)
    with rec.Reader(head, on_corrupt="skip") as reader:
        assert reader.shape == (0, 7)
        assert reader.missing == []
        assert reader.read(P).shape == (0, 7)
