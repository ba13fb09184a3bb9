"""Files and folders that are there whole or not at all."""

from __future__ import annotations

import errno
import io
import os
import secrets
import shutil
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, cast

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["Stream", "destination", "is_stream", "new_folder", "whole_file", "whole_folder"]


def destination(path: str | os.PathLike[str]) -> Path:
    """Returns where a file of that name would be written, links followed.

    A device or a pipe is written to under the name that it has: where the system's links to those
    of a process lead to, there is nothing.

    To be asked before a long computation, too, whose result would be lost to a misspelt folder.

    Raises:
        OSError: Nothing can be written there.
    """
    final = Path(path) if is_stream(path) else Path(os.path.realpath(path))
    if final.is_dir():
        raise _refusal(errno.EISDIR, path)
    if not final.exists() and not final.parent.is_dir():
        raise _refusal(errno.ENOENT, os.fspath(final.parent))
    if not os.access(final if final.exists() else final.parent, os.W_OK):
        raise _refusal(errno.EACCES, path)
    return final


@contextmanager
def whole_file(path: str | os.PathLike[str], *, keep: bool = False) -> Iterator[BinaryIO]:
    """Opens a file for writing that gets its name when all of it is written.

    Until then it is a temporary file in the same folder; if anything goes wrong, Ctrl-C included,
    it is removed and what had the name before is untouched. Permissions are those that an ordinary
    ``open`` would leave: the umask's for a new file, the old file's for one that is replaced.

    Only a process that is killed while it writes leaves the temporary file behind.

    A file that can be written but not replaced, as it is mounted or its folder is closed to us, is
    filled at the end: from the temporary file, which lies among the system's if it must.

    Devices and pipes are written to directly.

    Args:
        path: The file's name.
        keep: Whether a file that was written in part gets the name, too, if anything goes wrong.
            Nothing waits in a buffer then: what was written is in the file.

    Raises:
        OSError: The file cannot be written.
    """
    final = destination(path)
    if final.exists() and not final.is_file():
        with final.open("wb") as stream:
            yield cast("BinaryIO", Stream(stream))
        return
    part, file = _new_part(final, 0 if keep else -1)
    try:
        with file:
            if final.exists():
                shutil.copymode(final, part)
            yield file
            file.flush()
            os.fsync(file.fileno())
        _give_name(part, final)
    except BaseException:
        if keep:
            _give_name(part, final)
        else:
            part.unlink(missing_ok=True)
        raise


def is_stream(path: str | os.PathLike[str]) -> bool:
    """Returns whether a path is there and no file or folder: a device, a pipe, a socket."""
    named = Path(path)
    return named.exists() and not named.is_file() and not named.is_dir()


class Stream(io.BufferedIOBase):
    """What a device or a pipe can do: take bytes one after the other.

    NumPy writes arrays past Python into what looks like a file, and fails where it cannot seek.
    """

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream

    def writable(self) -> bool:
        """Returns True."""
        return True

    def write(self, data: Any) -> int:
        """Writes all of it."""
        return self._stream.write(data)

    def flush(self) -> None:
        """Hands on what was written."""
        self._stream.flush()


def new_folder(path: str | os.PathLike[str]) -> Path:
    """Returns where a folder of that name would be made, links followed.

    Raises:
        OSError: It is there already, or none can be made.
    """
    final = Path(os.path.realpath(path))
    if os.path.lexists(final):
        raise OSError(errno.EEXIST, "there already; expected a new name", os.fspath(path))
    return destination(final)


@contextmanager
def whole_folder(path: str | os.PathLike[str]) -> Iterator[Path]:
    """Makes a folder that gets its name when all is in it.

    Until then it is a temporary folder beside it, which is removed if anything goes wrong, Ctrl-C
    included.

    Raises:
        OSError: The folder is there already, or cannot be made.
    """
    final = new_folder(path)
    part = _beside(final)
    try:
        part.mkdir()
        yield part
        part.rename(final)
    except BaseException:
        shutil.rmtree(part, ignore_errors=True)
        raise


def _new_part(final: Path, buffering: int) -> tuple[Path, BinaryIO]:
    """Makes the temporary file of a file: in its folder, if anything may be made there."""
    part = _beside(final)
    try:
        return part, part.open("xb", buffering)
    except OSError:
        if not final.is_file():
            raise
    part = Path(tempfile.gettempdir()) / part.name
    return part, part.open("xb", buffering)


def _give_name(part: Path, final: Path) -> None:
    """Has a temporary file take the place of a file, or fill it."""
    try:
        part.replace(final)
    except OSError:
        if not final.is_file():
            raise
        with part.open("rb") as source, final.open("wb") as file:
            shutil.copyfileobj(source, file)
            file.flush()
            os.fsync(file.fileno())
        part.unlink()


def _beside(final: Path) -> Path:
    """A temporary name in the same folder."""
    return final.with_name(f".astar_rec-{secrets.token_hex(8)}.part")


def _refusal(number: int, path: str | os.PathLike[str]) -> OSError:
    return OSError(number, os.strerror(number), os.fspath(path))
