"""Where the bytes of a container come from: memory, a path, or a file object."""

from __future__ import annotations

import io
import os
import shutil
import tempfile
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, cast

from .._validate import Buffer, as_bytes
from ..errors import ParameterError

if TYPE_CHECKING:
    File = Buffer | str | os.PathLike[str] | BinaryIO


class Source:
    """Bytes that may be read at any place. What cannot be sought in is copied to a scratch file.

    Attributes:
        size: The number of bytes.
    """

    def __init__(self, file: File) -> None:
        self._exits = ExitStack()  # what was opened here
        self._view: memoryview | None = None
        # A path first: objects of paths may have the methods of files, too.
        with ExitStack() as opened:
            if isinstance(file, (str, os.PathLike)):
                file = cast("BinaryIO", opened.enter_context(Path(file).open("rb")))
            if hasattr(file, "read"):
                self._file = _seekable(cast("BinaryIO", file), opened)
                self._begin = self._file.tell()
                # Not what seek returns: of some files it returns nothing.
                self._file.seek(0, io.SEEK_END)
                self.size = self._file.tell() - self._begin
            else:
                self._view = opened.enter_context(as_bytes(file))
                self._begin, self.size = 0, len(self._view)
            self._exits = opened.pop_all()

    def read(self, at: int, count: int) -> memoryview:
        """The bytes from a place on; fewer where the source ends."""
        if self._view is not None:
            return self._view[at : at + count]
        self._file.seek(self._begin + at)
        return memoryview(self._file.read(max(0, min(count, self.size - at))))

    def close(self) -> None:
        """Closes what was opened here, and lets go of memory; nothing can be read then."""
        self._exits.close()


def _seekable(file: BinaryIO, exits: ExitStack) -> BinaryIO:
    """Returns the file, or a copy of it where places in it cannot be sought; closed by exits."""
    if not isinstance(file.read(0), (bytes, bytearray, memoryview)):
        raise ParameterError("file", file, "a file opened in binary mode")
    if _can_seek(file):
        return file
    scratch = cast("BinaryIO", exits.enter_context(tempfile.TemporaryFile()))  # noqa: SIM115
    shutil.copyfileobj(file, scratch)
    scratch.seek(0)
    return scratch


def _can_seek(file: BinaryIO) -> bool:
    """Returns whether places can be sought; of objects without ``seekable``, it is tried."""
    if hasattr(file, "seekable"):
        return bool(file.seekable())
    try:
        file.seek(file.tell())
    except (AttributeError, OSError):
        return False
    return True
