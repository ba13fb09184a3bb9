"""Distributions in .npz files, which may hold anything; and in .npy files and folders of zarr.

What is in the latter two is not read here: see `Stored`.
"""

from __future__ import annotations

import errno
import math
import os
from dataclasses import replace
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

import numpy as np

from .._kinds import what_it_is
from .._npy import mapped_npy, npy_header
from ..distributions import Distribution, Normal, families
from ..distributions.stored import Stored
from .failures import Failure, MissingPackage, about

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from .places import Input

__all__ = ["read_proposal", "read_targets", "stored_targets"]

Read = TypeVar("Read")

_PROPOSAL = "proposal_"


def read_targets(path: Input) -> tuple[Distribution, Distribution]:
    """Returns targets and proposals; these are standard normal unless the file has others."""
    target, proposal = _read_npz(path, _both, proposal=True)
    with about(path):
        q = target.made()
    if proposal is None:
        return q, Normal(0.0, 1.0)
    with about(f"{path}, proposal"):
        return q, proposal.made()


def stored_targets(path: Input) -> tuple[Stored, Stored] | None:
    """Returns targets and proposals that are read piece by piece; None of a file that is not so.

    They are in a folder of zarr, in arrays with the names that those of an .npz file have, the
    families' names as attributes; or in an .npy file of normals, whose first axis has means, then
    standard deviations.
    """
    if path.path is None:
        return None
    if path.path.is_dir():
        target, proposal = _both(_zarr_arrays(path, path.path))
        with about(path):
            q = target.stored()
        with about(f"{path}, proposal"):
            return q, Stored.of(Normal(0.0, 1.0)) if proposal is None else proposal.stored()
    if not path.path.is_file():  # a pipe: what is looked at there is gone
        return None
    with path.opened() as file:
        if file.read(len(_ARRAY)) != _ARRAY:
            return None
    return _stored_npy(path, path.path), Stored.of(Normal(0.0, 1.0))


def read_proposal(path: Input) -> Distribution:
    """Returns the distribution in a file that holds one."""
    found = _read_npz(path, lambda file: file.parameters(""), proposal=False)
    with about(path):
        return found.made()


_FAMILY = "family"


class _Parameters(NamedTuple):
    """A family, and arrays for its parameters."""

    family: type[Distribution]
    arrays: dict[str, Any]

    def made(self) -> Distribution:
        """The distribution."""
        return self.family(**self.arrays)

    def stored(self) -> Stored:
        """The same, for arrays that are read when they are needed."""
        return Stored(self.family, list(self.arrays.values()))


class _Arrays:
    """Arrays by name, of which some are read.

    Args:
        path: Where they are, for errors.
        names: Their names.
        read: Returns the array of a name.
    """

    def __init__(self, path: Input, names: list[str], read: Callable[[str], Any]) -> None:
        self.names = names
        self._path, self._array = path, read

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


def _both(file: _Arrays) -> tuple[_Parameters, _Parameters | None]:
    """Targets and proposals, None for the standard normal."""
    target = file.parameters("")
    of_any = {_PROPOSAL + name for family in families() for name in _names_of(family)}
    if not any(name in file.names for name in (_PROPOSAL + _FAMILY, *of_any)):
        return target, None
    return target, file.parameters(_PROPOSAL)


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
            most = _EXPANSION * size
            names: list[str] = content.files
            return read(_Arrays(path, names, lambda name: _read_array(content, name, most)))
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
        shape, _, dtype = npy_header(file)
    size = content.zip.getinfo(member).file_size
    if size > most or math.prod(shape) * dtype.itemsize > size:
        raise ValueError(f"{name} of shape {shape} in {size} bytes")
    return np.asarray(content[name])


# --- Arrays that are not read here ----------------------------------------------------------------

# Smaller arrays of zarr are read at once: of those, there is one for many elements.
_SMALL = 1 << 16


def _stored_npy(path: Input, place: Path) -> Stored:
    """Returns the normals in an .npy file."""
    expected = (
        "expected numbers of shape (2, …): means, and then standard deviations; "
        "`compress` is for images"
    )
    try:
        array = mapped_npy(str(place))
    except (ValueError, KeyError, EOFError, SyntaxError) as error:
        raise Failure(f"{path}: not an .npy file of plain numbers ({error}); {expected}") from None
    if array.dtype.kind not in "fiu" or array.shape[:1] != (2,):
        raise Failure(f"{path}: {array.dtype} of shape {array.shape}; {expected}")
    both = [replace(array, item=item) for item in range(2)]
    return Stored(Normal, both)


def _zarr_arrays(path: Input, place: Path) -> _Arrays:
    """Returns the arrays of a folder of zarr."""
    try:
        import zarr
    except ModuleNotFoundError:
        said = f"{path}: a folder, which needs zarr: pip install zarr"
        raise MissingPackage(said) from None
    try:
        group = zarr.open_group(str(place), mode="r")
    except Exception as error:  # of any class, by zarr's version
        raise Failure(f"{path}: a folder, but no group of zarr ({error})") from error
    attributes = dict(group.attrs)
    named = {name: np.array(attributes[name]) for name in attributes if name.endswith(_FAMILY)}

    def read(name: str) -> Any:
        if name in named:
            return named[name]
        array = group[name]
        return array[...] if array.size <= _SMALL else array

    return _Arrays(path, [*group.array_keys(), *named], read)
