"""One reader for threads, for forked processes, and for others that get it pickled."""

from __future__ import annotations

import gzip
import io
import os
import pickle
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

import astar_rec as rec

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

P = rec.Normal(0.0, 1.0)
ROWS = 20_000
Q = rec.Normal(np.random.default_rng(1).normal(size=ROWS), 0.25)
DATA, SAMPLE = rec.compress(Q, P, codec=rec.ADStar(1, threads=1), chunk=64, return_sample=True)

forks = pytest.mark.skipif(not hasattr(os, "fork"), reason="POSIX")


class Wrapped(io.BufferedIOBase):
    """A file of nobody's knowing, over another."""

    def __init__(self, inside: Any) -> None:
        self._inside = inside

    def close(self) -> None:
        self._inside.close()
        super().close()

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET, /) -> int:
        at: int = self._inside.seek(offset, whence)
        return at

    def tell(self) -> int:
        at: int = self._inside.tell()
        return at

    def read(self, size: int | None = -1, /) -> bytes:
        data: bytes = self._inside.read(size)
        return data


@pytest.fixture
def path(tmp_path: Path) -> Path:
    made = tmp_path / "latents.rec"
    made.write_bytes(DATA)
    (tmp_path / "latents.rec.gz").write_bytes(gzip.compress(DATA))
    return made


FILES: dict[str, Callable[[Path], Any]] = {
    "path": lambda path: path,
    "bytes": lambda path: path.read_bytes(),
    "BytesIO": lambda path: io.BytesIO(path.read_bytes()),
    "buffered": lambda path: path.open("rb"),
    "unbuffered": lambda path: path.open("rb", buffering=0),
    "to be written, too": lambda path: path.open("r+b"),
    "unpacked": lambda path: gzip.open(f"{path}.gz"),  # noqa: SIM115
    "of nobody's knowing": lambda path: Wrapped(path.open("rb")),
}


@contextmanager
def reader_of(path: Path, kind: str, **options: Any) -> Iterator[rec.Reader]:
    """A reader of that kind of file, which is closed, too."""
    file = FILES[kind](path)
    with ExitStack() as exits:
        if hasattr(file, "close"):
            exits.enter_context(file)
        yield exits.enter_context(rec.Reader(file, **options))


def agree(reader: rec.Reader, seed: int, reads: int = 150) -> bool:
    """Whether rows at random are what was written."""
    for begin in np.random.default_rng(seed).integers(0, ROWS - 100, reads):
        rows = slice(int(begin), int(begin) + 100)
        if not np.array_equal(reader.read(P, rows, progress=None), SAMPLE[rows]):
            return False
    return True


@pytest.mark.parametrize("kind", FILES)
def test_threads(path: Path, kind: str) -> None:
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-5)
    try:
        with reader_of(path, kind) as reader, ThreadPoolExecutor(6) as pool:
            assert all(pool.map(lambda seed: agree(reader, seed), range(6)))
    finally:
        sys.setswitchinterval(interval)


def in_forks(work: Callable[[int], bool], count: int = 4) -> list[int]:
    """The exit codes of forked processes: 0 where the work was right, 2 where it raised."""
    children = []
    for number in range(count):
        child = os.fork()
        if not child:
            code = 2
            try:
                code = 0 if work(number) else 1
            except rec.ParameterError as error:
                code = 3 if error.argument == "file" else 2
            finally:
                os._exit(code)
        children.append(child)
    return [os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) for child in children]


@forks
@pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")
@pytest.mark.parametrize("kind", FILES)
def test_forks(path: Path, kind: str) -> None:
    with reader_of(path, kind) as reader:
        codes = in_forks(lambda number: agree(reader, number))
        refused = kind in ("unpacked", "of nobody's knowing")
        assert codes == [3 if refused else 0] * 4
        assert agree(reader, 9)


@pytest.mark.parametrize("kind", ["path", "bytes", "BytesIO"])
def test_pickles(path: Path, kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(path.parent)
    file = path.name if kind == "path" else FILES[kind](path)
    with rec.Reader(file, on_corrupt="skip") as reader:
        reader.read(P, slice(5, 10))
        data = pickle.dumps(reader)
    monkeypatch.chdir(path.anchor)
    with pickle.loads(data) as again:
        assert (again.shape, again.codec, again.missing) == (reader.shape, reader.codec, [])
        assert agree(again, 1, 10)


def test_files_that_cannot_be_pickled(path: Path) -> None:
    for kind in ("buffered", "of nobody's knowing"):
        with reader_of(path, kind) as reader, pytest.raises(TypeError, match="pickled"):
            pickle.dumps(reader)


def test_another_file_in_its_place_is_noticed(path: Path) -> None:
    with rec.Reader(path) as reader:
        data = pickle.dumps(reader)
    path.write_bytes(rec.compress(Q, P, codec=rec.ADStar(2), chunk=64))
    with pickle.loads(data) as again, pytest.raises(rec.CorruptDataError):
        again.read(P)


def test_a_file_object_may_be_closed_or_moved(path: Path) -> None:
    with path.open("rb") as file:
        reader = rec.Reader(file)
        assert file.tell() == 0
        file.seek(77)
        assert agree(reader, 1, 3)
        assert file.tell() == 77
    with reader:
        assert agree(reader, 2, 3)
