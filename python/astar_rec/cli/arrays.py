"""Distributions in .npz files, which may hold anything."""

from __future__ import annotations

import errno
import math
import os
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

import numpy as np

from .._kinds import what_it_is
from ..distributions import Distribution, Normal, families
from .failures import Failure, about

if TYPE_CHECKING:
    from collections.abc import Callable

    from .places import Input

__all__ = ["read_proposal", "read_targets"]

Read = TypeVar("Read")

_PROPOSAL = "proposal_"


def read_targets(path: Input) -> tuple[Distribution, Distribution]:
    """Returns targets and proposals; these are standard normal unless the file has others."""

    def read(file: _Arrays) -> tuple[_Parameters, _Parameters | None]:
        target = file.parameters("")
        of_any = {_PROPOSAL + name for family in families() for name in _names_of(family)}
        if not any(name in file.names for name in (_PROPOSAL + _FAMILY, *of_any)):
            return target, None
        return target, file.parameters(_PROPOSAL)

    target, proposal = _read_npz(path, read, proposal=True)
    with about(path):
        q = target.made()
    if proposal is None:
        return q, Normal(0.0, 1.0)
    with about(f"{path}, proposal"):
        return q, proposal.made()


def read_proposal(path: Input) -> Distribution:
    """Returns the distribution in a file that holds one."""
    found = _read_npz(path, lambda file: file.parameters(""), proposal=False)
    with about(path):
        return found.made()


_FAMILY = "family"


class _Parameters(NamedTuple):
    """A family, and arrays for its parameters."""

    family: type[Distribution]
    arrays: dict[str, np.ndarray[Any, Any]]

    def made(self) -> Distribution:
        """The distribution."""
        return self.family(**self.arrays)


class _Arrays:
    """An .npz file of which some arrays are read."""

    def __init__(self, path: Input, content: Any, size: int) -> None:
        self.names: list[str] = content.files
        self._path, self._content, self._most = path, content, _EXPANSION * size

    def parameters(self, prefix: str) -> _Parameters:
        """The family of which the file has parameters; a normal unless it has the name of one."""
        family: type[Distribution] = Normal
        if prefix + _FAMILY in self.names:
            family = self._family(prefix + _FAMILY)
        wanted = [prefix + name for name in _names_of(family)]
        there = [name for name in wanted if name in self.names]
        if prefix and len(there) == 1 < len(wanted):
            both = " and ".join(wanted)
            raise Failure(f"{self._path}: {there[0]} alone; expected both {both}, or none")
        for name in wanted:
            if name not in there:
                holds = ", ".join(self.names) or "nothing"
                said = f"{self._path}: no array {name!r}, it holds {holds}; "
                raise Failure(said + _expected(family, proposal=False, prefix=prefix))
        return _Parameters(
            family, {name.removeprefix(prefix): self._array(name) for name in wanted}
        )

    def _family(self, name: str) -> type[Distribution]:
        array = self._array(name)
        known = {family.__name__.lower(): family for family in families()}
        said = str(array.item()) if array.dtype.kind == "U" and array.size == 1 else "no name"
        if said.lower() not in known:
            names = ", ".join(family.__name__ for family in known.values())
            raise Failure(f"{self._path}: {name} is {said!r}; expected one of {names}")
        return known[said.lower()]

    def _array(self, name: str) -> np.ndarray[Any, Any]:
        return _read_array(self._content, name, self._most)


def _names_of(family: type[Distribution]) -> list[str]:
    return [parameter.name for parameter in family._declared]


def _expected(family: type[Distribution], *, proposal: bool, prefix: str = "") -> str:
    """What a file should hold, for errors."""
    own = _names_of(family)
    expected = f"expected arrays {' and '.join(prefix + name for name in own)}"
    if proposal:
        others = " and ".join(_PROPOSAL + name for name in own)
        expected += f" (and {others}, if the proposal is not N(0, 1))"
    return expected


# With what a file with a single array begins.
_ARRAY = np.lib.format.MAGIC_PREFIX

# Compressed arrays are as large as this many files at most; zlib reaches 1032.
_EXPANSION = 1100


def _read_npz(path: Input, read: Callable[[_Arrays], Read], *, proposal: bool) -> Read:
    """Returns what is read of a file; anything in it but plain arrays is refused."""
    expected = _expected(Normal, proposal=proposal)
    with path.opened() as file:
        # A file can be wrong in ways that make NumPy, zipfile and zlib raise nearly anything.
        begin, other = file.tell(), ""
        size = file.seek(0, os.SEEK_END)
        file.seek(begin)
        try:
            start = file.read(len(_ARRAY))
            other = "" if start.startswith(b"PK") else what_it_is(start)
            if start == _ARRAY:
                raise Failure(f"{path}: a single array, not an .npz file; {expected}{other}")
            file.seek(begin)
            content = np.load(file, allow_pickle=False)
            return read(_Arrays(path, content, size))
        except (Failure, MemoryError):
            raise
        except Exception as error:
            # Places before the file's beginning (EINVAL) and bad bzip2 are the content's fault, all
            # else is the system's.
            if isinstance(error, OSError) and error.errno not in (None, errno.EINVAL):
                raise
            said = f"{path}: not an .npz file of plain numbers; {expected}{other}"
            raise Failure(said) from error


def _read_array(content: Any, name: str, most: int) -> np.ndarray[Any, Any]:
    """Returns an array of an .npz file, of at most so many bytes.

    NumPy makes room for what is said to be there before it looks: so that is checked first.
    """
    member = name if name in content.zip.namelist() else f"{name}.npy"
    with content.zip.open(member) as file:
        version = np.lib.format.read_magic(file)
        headers = {
            (1, 0): np.lib.format.read_array_header_1_0,
            (2, 0): np.lib.format.read_array_header_2_0,
        }
        shape, _, dtype = headers[version](file)
    size = content.zip.getinfo(member).file_size
    if size > most or math.prod(shape) * dtype.itemsize > size:
        raise ValueError(f"{name} of shape {shape} in {size} bytes")
    return np.asarray(content[name])
