"""Files and folders that are there whole or not at all."""

from __future__ import annotations

import errno
import os
import secrets
import shutil
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["destination", "new_folder", "whole_file", "whole_folder"]


def destination(path: str | os.PathLike[str]) -> Path:
    """Returns where a file of that name would be written, links followed.

    To be asked before a long computation, too, whose result would be lost to a misspelt folder.

    Raises:
        OSError: Nothing can be written there.
    """
    final = Path(os.path.realpath(path))
    if final.is_dir():
        raise _refusal(errno.EISDIR, path)
    if not final.parent.is_dir():
        raise _refusal(errno.ENOENT, os.fspath(final.parent))
    if not os.access(final if final.exists() else final.parent, os.W_OK):
        raise _refusal(errno.EACCES, path)
    return final


@contextmanager
def whole_file(path: str | os.PathLike[str]) -> Iterator[BinaryIO]:
    """Opens a file for writing that gets its name when all of it is written.

    Until then it is a temporary file in the same folder; if anything goes wrong, Ctrl-C included,
    it is removed and what had the name before is untouched. Permissions are those that an ordinary
    ``open`` would leave: the umask's for a new file, the old file's for one that is replaced.

    Only a process that is killed while it writes leaves the temporary file behind.

    Devices and pipes cannot be replaced and are written to directly.

    Raises:
        OSError: The file cannot be written.
    """
    final = destination(path)
    if final.exists() and not final.is_file():
        with final.open("wb") as stream:
            yield stream
        return
    part = _beside(final)
    try:
        with part.open("xb") as file:
            if final.exists():
                shutil.copymode(final, part)
            yield file
            file.flush()
            os.fsync(file.fileno())
        part.replace(final)
    except BaseException:
        part.unlink(missing_ok=True)
        raise


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


def _beside(final: Path) -> Path:
    """A temporary name in the same folder."""
    return final.with_name(f".astar_rec-{secrets.token_hex(8)}.part")


def _refusal(number: int, path: str | os.PathLike[str]) -> OSError:
    return OSError(number, os.strerror(number), os.fspath(path))
