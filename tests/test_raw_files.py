"""Files without a buffer write and read less than they are asked for: that is no damage."""

from __future__ import annotations

import io
import os
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

import astar_rec as rec
from astar_rec._bytes import read_all, scratch_copy, write_all

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

P = rec.Normal(0.0, 1.0)
Q = rec.Normal(np.random.default_rng(1).normal(size=3000), 0.25)
CODEC = rec.ADStar(seed=1)
DATA, SAMPLE = rec.compress(Q, P, codec=CODEC, chunk=256, return_sample=True)


class Raw(io.RawIOBase):
    """A file of so many bytes, which moves a few at a time, and says how many it moved.

    Args:
        data: What is in it.
        most: How many bytes a call moves at most.
        room: How many bytes it takes in all.
        seekable: Whether it can be sought in.
    """

    def __init__(
        self, data: bytes = b"", most: int = 7, room: int = 1 << 20, seekable: bool = True
    ) -> None:
        self._inside = io.BytesIO(data)
        self._most = most
        self._room = room
        self._can_seek = seekable

    def seekable(self) -> bool:
        return self._can_seek

    def readable(self) -> bool:
        return True

    def writable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET, /) -> int:
        return self._inside.seek(offset, whence)

    def tell(self) -> int:
        return self._inside.tell()

    def readinto(self, buffer: Any, /) -> int:
        part = self._inside.read(min(self._most, len(buffer)))
        buffer[: len(part)] = part
        return len(part)

    def write(self, data: Any, /) -> int:
        count = min(self._most, len(data), self._room)
        if data and not count:
            raise OSError(28, "No space left on device")
        self._room -= count
        return self._inside.write(bytes(data[:count]))

    def content(self) -> bytes:
        return self._inside.getvalue()


def written(file: Any) -> None:
    with rec.Writer(file, codec=CODEC, shape=Q.shape, chunk=256) as writer:
        writer.write(Q, P)


def test_short_writes() -> None:
    file = Raw()
    written(file)
    assert file.content() == DATA


def test_a_full_disk_is_said() -> None:
    for room in (0, 3, 20, 500, len(DATA) - 1):
        with pytest.raises(OSError, match="No space"):
            written(Raw(room=room))
    written(Raw(room=len(DATA)))


@pytest.mark.parametrize("seekable", [False, True])
@pytest.mark.parametrize("most", [1, 7, 1000])
@pytest.mark.parametrize("on_corrupt", ["raise", "skip"])
def test_short_reads(seekable: bool, most: int, on_corrupt: str) -> None:
    file: Any = Raw(DATA, most, seekable=seekable)
    with rec.Reader(file, on_corrupt=on_corrupt) as reader:
        assert not reader.missing
        assert (reader.read(P) == SAMPLE).all()
        assert (reader.read(P, slice(2000, 2100)) == SAMPLE[2000:2100]).all()


def test_unbuffered_files_of_the_system(tmp_path: Path) -> None:
    path = tmp_path / "latents.rec"
    with path.open("wb", buffering=0) as file:
        written(file)
    assert path.read_bytes() == DATA
    with path.open("rb", buffering=0) as file, rec.Reader(file) as reader:
        assert (reader.read(P) == SAMPLE).all()


@pytest.mark.skipif(not hasattr(os, "pread"), reason="POSIX")
def test_short_reads_at_places(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Linux reads 2 GiB at most in a call; other systems are interrupted."""
    path, whole = tmp_path / "latents.rec", os.pread
    path.write_bytes(DATA)
    monkeypatch.setattr(os, "pread", lambda file, count, at: whole(file, min(count, 5), at))
    with rec.Reader(path) as reader:
        assert (reader.read(P) == SAMPLE).all()


@pytest.mark.skipif(not hasattr(os, "set_blocking"), reason="pipes that do not wait")
def test_files_that_do_not_wait() -> None:
    read, write = os.pipe()
    os.set_blocking(read, False)
    os.set_blocking(write, False)
    with os.fdopen(read, "rb", buffering=0) as source, os.fdopen(write, "wb", buffering=0) as sink:
        with pytest.raises(BlockingIOError):
            rec.Reader(source)
        with pytest.raises(BlockingIOError):
            write_all(sink, bytes(1 << 24))


class Silent:
    """What says nothing of how much it wrote wrote all of it."""

    def __init__(self, answer: Callable[[bytes], Any]) -> None:
        self.data = b""
        self._answer = answer

    def write(self, data: bytes) -> Any:
        self.data += data
        return self._answer(data)


def test_answers_of_write() -> None:
    file: Any = Silent(lambda _: None)
    write_all(file, b"abc")
    assert file.data == b"abc"
    for nonsense in (0, -1, 4):
        wrong: Any = Silent(lambda _, n=nonsense: n)
        with pytest.raises(OSError, match=rf"wrote {nonsense} of 3 bytes"):
            write_all(wrong, b"abc")


def test_reading() -> None:
    file: Any = Raw(b"0123456789", most=3)
    assert read_all(file, 0) == b""
    assert read_all(file, 4) == b"0123"
    assert read_all(file, 100) == b"456789"
    assert read_all(file, 1) == b""
    again: Any = Raw(b"0123456789", most=3)
    with scratch_copy(again) as scratch:
        assert scratch.tell() == 10
        scratch.seek(0)
        assert read_all(scratch, 100) == b"0123456789"
