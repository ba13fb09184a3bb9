"""Chunks do not depend on each other: several threads pack, unpack and measure them."""

from __future__ import annotations

import io
import threading
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

import astar_rec as rec
from astar_rec._parallel import in_order
from common import same_bits

if TYPE_CHECKING:
    from collections.abc import Callable

P = rec.Normal(0.0, 1.0)
Q = rec.Normal(np.random.default_rng(1).normal(size=(64, 8)), 0.5)
CHUNK = 64  # eight of them, at one index an element
SECONDS = 60.0


def codec(threads: int | None) -> rec.ADStar:
    return rec.ADStar(3, threads=threads)


def packed(threads: int | None, code: rec.IndexCode | None = None) -> bytes:
    code = rec.TreeCode() if code is None else code
    return rec.compress(Q, P, codec=codec(threads), code=code, chunk=CHUNK)


def written(threads: int | None) -> bytes:
    file = io.BytesIO()
    with rec.Writer(
        file, codec=codec(threads), code=rec.TreeCode(), shape=Q.shape, chunk=CHUNK
    ) as writer:
        writer.write(Q, P)
    return file.getvalue()


DATA = packed(1)


@pytest.mark.parametrize(
    ("step", "call"),
    [
        ("_pack", packed),
        ("_pack", written),
        ("_unpack", lambda threads: rec.decompress(DATA, P, threads=threads)),
        ("_unpack", lambda threads: rec.Reader(DATA, threads=threads).read(P)),
    ],
    ids=["compress", "Writer", "decompress", "Reader"],
)
def test_two_chunks_at_a_time(
    monkeypatch: pytest.MonkeyPatch, step: str, call: Callable[[int], Any]
) -> None:
    """Each call waits until another thread is in one, too."""
    expected, inner = call(1), getattr(rec.TreeCode, step)
    both = threading.Barrier(2)

    def together(code: rec.TreeCode, *arguments: Any) -> Any:
        both.wait(SECONDS)
        return inner(code, *arguments)

    monkeypatch.setattr(rec.TreeCode, step, together)
    assert np.array_equal(call(2), expected)


@pytest.mark.parametrize("code", [rec.TreeCode(), rec.AdaptiveCode(), rec.GammaCode(), None])
@pytest.mark.parametrize("threads", [2, 3, None])
def test_same_bytes(code: rec.IndexCode | None, threads: int | None) -> None:
    data = packed(threads, code)
    assert data == packed(1, code)
    x = rec.decompress(data, P, threads=1)
    assert same_bits(rec.decompress(data, P, threads=threads), x)
    with rec.Reader(data, threads=threads) as reader:
        assert same_bits(reader.read(P, slice(7, 31)), x[7:31])
        assert same_bits(reader.read(P, slice(30, 33)), x[30:33])


def test_damage_in_a_thread_is_reported() -> None:
    data = bytearray(packed(1))
    data[-10] ^= 1
    with pytest.raises(rec.CorruptDataError, match="chunk 7"):
        rec.decompress(bytes(data), P, threads=2)


# --- In order ------------------------------------------------------------------------------------


@pytest.mark.parametrize("threads", [1, 2, 5])
@pytest.mark.parametrize("count", [0, 1, 2, 3, 40])
def test_results_are_in_order(threads: int, count: int) -> None:
    assert list(in_order(lambda i: i * i, range(count), threads)) == [i * i for i in range(count)]


@pytest.mark.parametrize("threads", [1, 2])
def test_what_follows_an_error_is_left_out(threads: int) -> None:
    begun: list[int] = []

    def work(number: int) -> int:
        begun.append(number)
        return 1 // (number - 3)

    results = in_order(work, iter(range(10_000)), threads)
    assert [next(results) for _ in range(3)] == [-1, -1, -1]
    with pytest.raises(ZeroDivisionError):
        next(results)
    assert len(begun) < 20


def test_items_are_taken_as_they_are_needed() -> None:
    taken: list[int] = []

    def items() -> Any:
        for number in range(1000):
            taken.append(number)
            yield number

    results = in_order(str, items(), 2)
    assert next(results) == "0"
    assert len(taken) <= 4
    results.close()  # type: ignore[attr-defined]
