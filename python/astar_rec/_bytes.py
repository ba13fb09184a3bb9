"""All of what is to be written, and all of what is to be read, from files that do some of it.

Files without a buffer may write or read fewer bytes than they are asked for, and say how many. On a
full disk that is how the error begins: it is raised by the write of what is left.
"""

from __future__ import annotations

import io
import tempfile
from typing import Any, BinaryIO, cast

__all__ = ["read_all", "scratch_copy", "write_all"]

_PIECE = 1 << 20


def write_all(file: BinaryIO, data: bytes) -> None:
    """Writes bytes to a file, however many calls that takes.

    Args:
        file: The file. What returns None has written all of it, as many classes of users' do;
            of those of `io`, it is a file that does not wait, and is full.
        data: The bytes.

    Raises:
        OSError: The file cannot take them.
    """
    left = data
    while left:
        # None, of a raw file: against its annotation, as Python documents.
        count: Any = file.write(left)
        if count is None:
            if isinstance(file, io.RawIOBase):
                raise _not_ready(file)
            return
        if not 0 < count <= len(left):
            raise OSError(f"{file!r} wrote {count} of {len(left)} bytes")
        left = left[count:]


def read_all(file: BinaryIO, count: int) -> bytes:
    """Returns so many bytes from where a file stands; fewer only where it ends."""
    data = _read(file, count)
    if len(data) in (0, count):
        return data
    parts = [data]
    while data and count > len(data):
        count -= len(data)
        data = _read(file, count)
        parts.append(data)
    return b"".join(parts)


def scratch_copy(file: BinaryIO) -> BinaryIO:
    """Returns a temporary file of its own with all bytes from where a file stands, at their end."""
    scratch = cast("BinaryIO", tempfile.TemporaryFile(buffering=0))  # noqa: SIM115
    try:
        while data := _read(file, _PIECE):
            write_all(scratch, data)
    except BaseException:
        scratch.close()
        raise
    return scratch


def _read(file: BinaryIO, count: int) -> bytes:
    data: Any = file.read(count)
    if data is None:
        raise _not_ready(file)
    return bytes(data)


def _not_ready(file: BinaryIO) -> BlockingIOError:
    return BlockingIOError(f"{file!r} does not wait; open it without O_NONBLOCK")
