"""Where containers and their parts lie: in a folder, or in an object store that fsspec knows.

A `Store` is a folder that takes whole files, and gives parts of them. It can be pickled, and holds
nothing open. `Pieces` are some of its files, one after the other, as a container.
"""

from __future__ import annotations

import shutil
from abc import ABC, abstractmethod
from bisect import bisect_right
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import accumulate
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

from .._files import destination, new_folder, whole_file
from ..container.source import Source
from ..errors import ParameterError

if TYPE_CHECKING:
    import os
    from collections.abc import Iterator

__all__ = ["Pieces", "Store", "located", "part_name", "pieces_of", "store_of"]

_PART = "part-"


def part_name(number: int) -> str:
    """Returns what a part is called: in the order of names, parts are the container."""
    return f"{_PART}{number:09d}.rec"


class Store(ABC):
    """A folder."""

    @abstractmethod
    def create(self) -> None:
        """Makes the folder; OSError if there is anything of that name."""

    @abstractmethod
    def put(self, name: str, data: bytes) -> None:
        """Writes a file: it is there whole or not at all."""

    @abstractmethod
    def read(self, name: str, at: int, count: int) -> bytes:
        """Returns bytes of a file from a place on; fewer where it ends."""

    @abstractmethod
    def sizes(self) -> dict[str, int]:
        """Returns the files, and their numbers of bytes."""

    @abstractmethod
    def size(self, name: str) -> int:
        """Returns a file's number of bytes; OSError if there is none."""

    @abstractmethod
    def remove(self) -> None:
        """Removes the folder, as far as that is possible."""

    @abstractmethod
    def check(self, name: str) -> None:
        """Raises OSError where no file of that name can be written."""

    @abstractmethod
    def writing(self, name: str) -> Any:
        """Opens a file for writing, piece by piece, that gets its name at the end; a context."""


@dataclass(frozen=True)
class Folder(Store):
    """A folder of this machine, or one that all workers see under the same name."""

    path: Path

    def create(self) -> None:
        """Makes the folder."""
        new_folder(self.path).mkdir()

    def put(self, name: str, data: bytes) -> None:
        """Writes a file."""
        with whole_file(self.path / name) as file:
            file.write(data)

    def read(self, name: str, at: int, count: int) -> bytes:
        """Returns bytes of a file."""
        with (self.path / name).open("rb") as file:
            file.seek(at)
            return file.read(count)

    def sizes(self) -> dict[str, int]:
        """Returns the files."""
        return {each.name: each.stat().st_size for each in self.path.iterdir() if each.is_file()}

    def size(self, name: str) -> int:
        """Returns a file's number of bytes."""
        return (self.path / name).stat().st_size

    def remove(self) -> None:
        """Removes the folder."""
        shutil.rmtree(self.path, ignore_errors=True)

    def check(self, name: str) -> None:
        """Raises OSError where no file can be written."""
        destination(self.path / name)

    @contextmanager
    def writing(self, name: str) -> Iterator[BinaryIO]:
        """Opens a file for writing."""
        with whole_file(self.path / name) as file:
            yield file


@dataclass(frozen=True)
class Bucket(Store):
    """A folder of a file system of fsspec, by its address; there, files appear whole."""

    address: str

    def _found(self) -> tuple[Any, str]:
        from fsspec.core import url_to_fs

        system, path = url_to_fs(self.address)
        return system, str(path).rstrip("/")

    def create(self) -> None:
        """Makes the folder, where the store has any."""
        system, path = self._found()
        if system.exists(path):
            raise FileExistsError(17, "there already; expected a new name", self.address)
        system.makedirs(path, exist_ok=True)

    def put(self, name: str, data: bytes) -> None:
        """Writes a file."""
        system, path = self._found()
        system.pipe_file(f"{path}/{name}", data)

    def read(self, name: str, at: int, count: int) -> bytes:
        """Returns bytes of a file."""
        system, path = self._found()
        return bytes(system.cat_file(f"{path}/{name}", start=at, end=at + count))

    def sizes(self) -> dict[str, int]:
        """Returns the files."""
        system, path = self._found()
        found = system.ls(path, detail=True)
        files = (each for each in found if each["type"] == "file")
        return {each["name"].rpartition("/")[2]: int(each["size"]) for each in files}

    def size(self, name: str) -> int:
        """Returns a file's number of bytes."""
        system, path = self._found()
        return int(system.info(f"{path}/{name}")["size"])

    def remove(self) -> None:
        """Removes the folder."""
        system, path = self._found()
        if system.exists(path):
            system.rm(path, recursive=True)

    def check(self, name: str) -> None:
        """Nothing is known before it is tried."""

    @contextmanager
    def writing(self, name: str) -> Iterator[BinaryIO]:
        """Opens a file for writing."""
        system, path = self._found()
        with system.transaction, system.open(f"{path}/{name}", "wb") as file:
            yield file


def store_of(path: str | os.PathLike[str]) -> Store:
    """Returns the store of a folder's name, or of an address with ``://`` in it."""
    if isinstance(path, str) and "://" in path:
        return Bucket(path)
    try:
        return Folder(Path(path).absolute())
    except TypeError:
        raise ParameterError("path", path, "a path, or an address for fsspec") from None


def located(path: str | os.PathLike[str]) -> tuple[Store, str]:
    """Returns the store in which a file lies, and its name there."""
    if isinstance(path, str) and "://" in path:
        folder, _, name = path.rpartition("/")
        return Bucket(folder + "/" if folder.endswith("/") else folder), name
    whole = store_of(path)
    assert isinstance(whole, Folder)
    return Folder(whole.path.parent), whole.path.name


class Pieces(Source):
    """Files of a store, one after the other, as one.

    Args:
        store: The store.
        files: Their names and numbers of bytes.
    """

    def __init__(self, store: Store, files: list[tuple[str, int]]) -> None:
        self._store = store
        self._names = [name for name, _ in files]
        self._ends = list(accumulate(size for _, size in files))
        self.size = self._ends[-1] if files else 0

    def read(self, at: int, count: int) -> memoryview:
        """Returns the bytes from a place on."""
        parts, end = [], min(at + count, self.size)
        number = bisect_right(self._ends, at)
        while at < end:
            begin = self._ends[number - 1] if number else 0
            length = min(end, self._ends[number]) - at
            parts.append(self._store.read(self._names[number], at - begin, length))
            at, number = at + length, number + 1
        return memoryview(parts[0] if len(parts) == 1 else b"".join(parts))

    def close(self) -> None:
        """Nothing is open."""


def pieces_of(path: str | os.PathLike[str]) -> Pieces:
    """Returns a container that is a file, or a folder of parts.

    Raises:
        ParameterError: A folder without the part that is written last.
        OSError: There is none, or it cannot be read.
    """
    folder = store_of(path)
    is_folder = folder.path.is_dir() if isinstance(folder, Folder) else _is_prefix(folder)
    if not is_folder:
        store, name = located(path)
        return Pieces(store, [(name, store.size(name))])
    sizes = folder.sizes()
    if part_name(0) not in sizes:
        expected = f"a container, or a folder with {part_name(0)}, which is written last"
        raise ParameterError("path", str(path), expected)
    return Pieces(folder, sorted(item for item in sizes.items() if item[0].startswith(_PART)))


def _is_prefix(bucket: Store) -> bool:
    assert isinstance(bucket, Bucket)
    system, path = bucket._found()
    return bool(system.isdir(path))
