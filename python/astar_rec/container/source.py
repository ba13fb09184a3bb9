"""Where the bytes of a container come from: memory, a path, or a file object.

Bytes are read at places, and not from where a file stands: threads, and processes that were forked
off, may read the same source at the same time. Each kind of source is a class here.
"""

from __future__ import annotations

import io
import os
import threading
from abc import ABC, abstractmethod
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, cast

from .._bytes import read_all, scratch_copy
from .._validate import Buffer, as_bytes
from ..errors import ParameterError

if TYPE_CHECKING:
    from collections.abc import Callable


__all__ = ["Source", "source_of"]


class Source(ABC):
    """Bytes that may be read at any place, by any number of threads.

    Attributes:
        size: The number of bytes.
    """

    size: int

    @abstractmethod
    def read(self, at: int, count: int) -> memoryview:
        """The bytes from a place on; fewer where the source ends."""

    @abstractmethod
    def close(self) -> None:
        """Closes what was opened here, and lets go of memory; nothing can be read then."""


if TYPE_CHECKING:
    File = Buffer | str | os.PathLike[str] | BinaryIO | Source


def source_of(file: File) -> Source:
    """Returns the source for what was given as a file; a source itself is one.

    What can be read in one direction only is copied to a scratch file first.

    Raises:
        ParameterError: A file that was opened for text; what is no file, path or buffer.
        OSError: The file cannot be read.
    """
    if isinstance(file, Source):
        return file
    if isinstance(file, (str, os.PathLike)):
        return _of_path(os.fspath(file))
    if not hasattr(file, "read"):
        return _Memory(as_bytes(file))
    given = cast("BinaryIO", file)
    if not isinstance(given.read(0), (bytes, bytearray, memoryview)):
        raise ParameterError("file", file, "a file opened in binary mode")
    if not _can_seek(given):
        return _scratch(given)
    begin = given.tell()
    raw = _raw_of(given)
    if raw is None:
        return _Shared(given, begin)
    size = given.seek(0, io.SEEK_END) - begin
    given.seek(begin)
    # A descriptor of its own: the file may be closed, and its number be another file's then.
    return _Placed(io.FileIO(os.dup(raw.fileno())), begin, size)


def _can_seek(file: BinaryIO) -> bool:
    """Returns whether places can be sought; of objects without ``seekable``, it is tried."""
    if hasattr(file, "seekable"):
        return bool(file.seekable())
    try:
        file.seek(file.tell())
    except (AttributeError, OSError):
        return False
    return True


# --- Memory ---------------------------------------------------------------------------------------


class _Memory(Source):
    """Bytes in memory."""

    def __init__(self, view: memoryview) -> None:
        self._view = view
        self.size = len(view)

    def read(self, at: int, count: int) -> memoryview:
        return self._view[at : at + count]

    def close(self) -> None:
        """Lets go of the memory."""
        self._view.release()

    def __reduce__(self) -> tuple[Callable[[bytes], Source], tuple[bytes]]:
        return source_of, (bytes(self._view),)


# --- Files of the operating system ----------------------------------------------------------------


class _Placed(Source):
    """A file that the operating system reads at places.

    A descriptor's position is one for all threads, and for all processes that were forked off: so
    it is never used.
    """

    def __init__(self, file: io.FileIO, begin: int, size: int, path: str | None = None) -> None:
        self._file = file
        self._begin = begin
        self._path = path
        self.size = size

    def read(self, at: int, count: int) -> memoryview:
        left, place, parts = max(0, min(count, self.size - at)), self._begin + at, []
        while left > 0 and (part := os.pread(self._file.fileno(), left, place)):
            parts.append(part)
            left -= len(part)
            place += len(part)
        return memoryview(parts[0] if len(parts) == 1 else b"".join(parts))

    def close(self) -> None:
        self._file.close()

    def __reduce__(self) -> tuple[Callable[[str], Source], tuple[str]]:
        if self._path is None:
            raise TypeError("only readers of paths and of bytes can be pickled")
        return source_of, (self._path,)


def _of_path(path: str) -> Source:
    if not hasattr(os, "pread"):
        return _Shared(cast("BinaryIO", io.FileIO(path)), 0, own=True, path=_absolute(path))
    file = io.FileIO(path)
    try:
        if not file.seekable():
            with file:
                return _scratch(cast("BinaryIO", file))
        return _Placed(file, 0, file.seek(0, io.SEEK_END), _absolute(path))
    except BaseException:
        file.close()
        raise


def _absolute(path: str) -> str:
    """The path, for processes that may be in another folder."""
    return str(Path(path).absolute())


def _raw_of(file: BinaryIO) -> io.FileIO | None:
    """The operating system's file that holds a file object's bytes, and nothing but these.

    A file that unpacks another has a descriptor, too, of the packed bytes: so only Python's own
    classes are known to be what they seem.
    """
    if not hasattr(os, "pread"):
        return None
    if type(file) in (io.BufferedReader, io.BufferedRandom):
        file.flush()
        file = cast("BinaryIO", file.raw)  # type: ignore[attr-defined]
    return file if type(file) is io.FileIO else None


# --- Other files ----------------------------------------------------------------------------------


class _Shared(Source):
    """A file object with one position for all, which threads use one after the other."""

    def __init__(
        self, file: BinaryIO, begin: int, own: bool = False, path: str | None = None
    ) -> None:
        self._file = file
        self._begin = begin
        self._own = own
        self._path = path
        self._process = os.getpid()
        self._lock = threading.Lock()
        # Not what seek returns: of some files it returns nothing.
        file.seek(0, io.SEEK_END)
        self.size = file.tell() - begin

    def read(self, at: int, count: int) -> memoryview:
        if self._process != os.getpid():
            self._after_fork()
        with self._lock:
            self._file.seek(self._begin + at)
            return memoryview(read_all(self._file, max(0, min(count, self.size - at))))

    def _after_fork(self) -> None:
        # What is in memory was copied, and belongs to this process.
        if not isinstance(self._file, io.BytesIO):
            what = "a path, or bytes: a file object has one position for all forked processes"
            raise ParameterError("file", self._file, what)
        # Another thread may have held the lock; there is no other thread in this process yet.
        self._process, self._lock = os.getpid(), threading.Lock()

    def close(self) -> None:
        if self._own:
            self._file.close()

    def __reduce__(self) -> tuple[Callable[[File], Source], tuple[File]]:
        if self._path is not None:
            return source_of, (self._path,)
        if isinstance(self._file, io.BytesIO):
            return source_of, (self._file.getvalue()[self._begin :],)
        raise TypeError("only readers of paths and of bytes can be pickled")


def _scratch(file: BinaryIO) -> Source:
    """A copy of what can be read in one direction only."""
    scratch = scratch_copy(file)
    raw = _raw_of(scratch)
    if raw is None:
        return _Shared(scratch, 0, own=True)
    return _Placed(raw, 0, scratch.tell())
