"""`Writer.append`: chunks are copied where they can be, and the result is one writer's anyway."""

from __future__ import annotations

import io
from itertools import pairwise
from typing import Any

import numpy as np
import pytest

import astar_rec as rec

P = rec.Normal(0.0, 1.0)
COLUMNS, CHUNK = 8, 32
Q = rec.Normal(np.random.default_rng(2).normal(size=(96, COLUMNS)) * 0.8, 0.5)
CONTEXTS = np.random.default_rng(3).integers(0, 5, size=(96, 2))
CASES: dict[str, dict[str, Any]] = {
    "tree": {"codec": rec.ADStar(4, 4), "code": rec.TreeCode(expected_bits=4.0)},
    "adaptive": {"codec": rec.ADStar(4, 4), "code": rec.AdaptiveCode(expected_bits=4.0)},
    "columns": {
        "codec": rec.ADStar(4, 4),
        "code": rec.TreeCode(expected_bits=4.0),
        "contexts": "column",
    },
    "given": {
        "codec": rec.ADStar(4, 4),
        "code": rec.TreeCode(expected_bits=4.0),
        "contexts": "given",
    },
    "words": {"codec": rec.ADStar(4), "code": rec.GammaCode()},
    "bytes": {"codec": rec.PolarCoding(4, block=8)},
    "bytes, columns": {"codec": rec.PolarCoding(4, block=8), "contexts": "column"},
    "bytes, given": {"codec": rec.PolarCoding(4, block=8), "contexts": "given"},
}
each_case = pytest.mark.parametrize("name", CASES)
each_kind = pytest.mark.parametrize("known", [True, False], ids=["shape known", "open"])


def options(name: str) -> dict[str, Any]:
    return {"chunk": CHUNK, **CASES[name]}


def own_contexts(name: str, begin: int, end: int) -> Any:
    given = {"given": CONTEXTS, "bytes, given": CONTEXTS[:, :1]}
    return given[name][begin:end] if name in given else None


def part(name: str, begin: int, end: int) -> bytes:
    words = options(name)
    if words.get("contexts") == "given":
        words["contexts"] = own_contexts(name, begin, end)
    return rec.compress(Q[begin:end], P, offset=COLUMNS * begin, **words)


def whole(name: str, known: bool) -> bytes:
    file = io.BytesIO()
    with rec.Writer(file, shape=Q.shape if known else None, **options(name)) as writer:
        writer.write(Q, P, own_contexts(name, 0, len(Q)))
    return file.getvalue()


def joined(name: str, known: bool, cuts: list[int]) -> bytes:
    file = io.BytesIO()
    with rec.Writer(file, shape=Q.shape if known else None, **options(name)) as writer:
        for begin, end in pairwise([0, *cuts, len(Q)]):
            writer.append(part(name, begin, end), own_contexts(name, begin, end))
    return file.getvalue()


@each_case
@each_kind
@pytest.mark.parametrize("cuts", [[], [32], [64], [32, 64], [32, 40, 64], [5, 37]], ids=str)
def test_joined_as_if_by_one_writer(name: str, known: bool, cuts: list[int]) -> None:
    assert joined(name, known, cuts) == whole(name, known)


@each_case
@each_kind
def test_full_chunks_are_copied(name: str, known: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    expected, parts = whole(name, known), [part(name, 0, 32), part(name, 32, 96)]
    kind = type(rec.Reader(parts[0], contexts=own_contexts(name, 0, 32))._header.code)

    def refuse(*_: Any) -> Any:
        raise AssertionError("coded anew")

    file = io.BytesIO()
    with rec.Writer(file, shape=Q.shape if known else None, **options(name)) as writer:
        monkeypatch.setattr(kind, "_pack", refuse)
        monkeypatch.setattr(kind, "_unpack", refuse)
        writer.append(parts[0], own_contexts(name, 0, 32))
        writer.append(parts[1], own_contexts(name, 32, 96))
    assert file.getvalue() == expected


def test_starts_that_parts_choose() -> None:
    """The first part's start is that of all; what starts elsewhere is coded anew."""
    codec = rec.ADStar(4, 4)
    scale = np.repeat([0.9, 0.01], 48)[:, None]
    q = rec.Normal(Q.loc * 0.1, scale)

    def some(begin: int, end: int) -> bytes:
        return rec.compress(q[begin:end], P, codec=codec, chunk=CHUNK, offset=COLUMNS * begin)

    starts = [rec.inspect(some(begin, begin + 48)).code for begin in (0, 48)]
    assert starts[0] != starts[1]
    file = io.BytesIO()
    with rec.Writer(file, codec=codec, chunk=CHUNK, shape=q.shape) as writer:
        writer.append(some(0, 48))
        writer.append(some(48, 96))
    assert file.getvalue() == rec.compress(q, P, codec=codec, chunk=CHUNK)


@each_kind
def test_damaged_parts_leave_the_writer_as_it_was(known: bool) -> None:
    file, damaged = io.BytesIO(), bytearray(part("tree", 32, 96))
    damaged[-3] ^= 1
    with rec.Writer(file, shape=Q.shape if known else None, **options("tree")) as writer:
        writer.append(part("tree", 0, 32))
        with pytest.raises(rec.CorruptDataError, match="chunk 3"):
            writer.append(bytes(damaged))
        assert writer.rows == 32
        writer.append(part("tree", 32, 96))
    assert file.getvalue() == whole("tree", known)


def test_other_contexts_leave_the_writer_as_it_was() -> None:
    file, other = io.BytesIO(), CONTEXTS[:32] + 1
    with rec.Writer(file, **options("given")) as writer:
        with pytest.raises(rec.ParameterError, match="contexts"):
            writer.append(part("given", 0, 32), other)
        writer.append(part("given", 0, 32), CONTEXTS[:32])
        writer.append(part("given", 32, 96), CONTEXTS[32:])
    assert file.getvalue() == whole("given", False)


class Full(io.BytesIO):
    """A file that can take so many bytes."""

    room = 150

    def write(self, data: Any) -> int:
        if self.tell() + len(data) > self.room:
            raise OSError(28, "No space left on device")
        return super().write(data)


@pytest.mark.parametrize("append", [True, False], ids=["append", "write"])
def test_a_writer_that_wrote_in_part_says_so(append: bool) -> None:
    """What is missing cannot be put back: so nothing may follow it."""
    file = Full()
    writer = rec.Writer(file, **options("tree"))

    def add_all() -> None:
        for begin in (0, 32, 64):
            if append:
                writer.append(part("tree", begin, begin + 32))
            else:
                writer.write(Q[begin : begin + 32], P)

    with pytest.raises(OSError, match="No space"):
        add_all()
    file.room = 10**6
    for call in (lambda: writer.write(Q[:32], P), writer.close):
        with pytest.raises(rec.ParameterError, match=r"failed.*No space"):
            call()
    with rec.Reader(file.getvalue(), on_corrupt="skip") as reader:
        assert not reader.complete
        assert reader.shape[0] >= 16
