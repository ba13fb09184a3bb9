"""Where the bytes of a container come from: memory, a path, or a file object."""

from __future__ import annotations

import io
import os
import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, cast

from .._validate import Buffer, as_bytes
from ..errors import ParameterError

if TYPE_CHECKING:
    from collections.abc import Callable

    File = Buffer | str | os.PathLike[str] | BinaryIO


class Source:
    """Bytes that may be read at any place. What cannot be sought in is copied to a scratch file.

    Attributes:
        size: The number of bytes.
    """

    def __init__(self, file: File) -> None:
        self._close: Callable[[], object] = lambda: None
        self._view: memoryview | None = None
        if isinstance(file, (str, os.PathLike)):
            self._file = cast("BinaryIO", Path(file).open("rb"))  # noqa: SIM115
            self._close = self._file.close
        elif hasattr(file, "read"):
            self._file = self._seekable(cast("BinaryIO", file))
        else:
            self._view = as_bytes(file)
            self._begin, self.size = 0, len(self._view)
            return
        self._begin = self._file.tell()
        self.size = self._file.seek(0, io.SEEK_END) - self._begin

    def _seekable(self, file: BinaryIO) -> BinaryIO:
        if file.seekable():
            if not isinstance(file.read(0), bytes):
                raise ParameterError("file", file, "a file opened in binary mode")
            return file
        scratch = tempfile.TemporaryFile()  # noqa: SIM115
        try:
            shutil.copyfileobj(file, scratch)
        except BaseException:
            scratch.close()
            raise
        scratch.seek(0)
        self._close = scratch.close
        return cast("BinaryIO", scratch)

    def read(self, at: int, count: int) -> memoryview:
        """The bytes from a place on; fewer where the source ends."""
        if self._view is not None:
            return self._view[at : at + count]
        self._file.seek(self._begin + at)
        return memoryview(self._file.read(max(0, min(count, self.size - at))))

    def close(self) -> None:
        """Closes what was opened here."""
        self._close()
