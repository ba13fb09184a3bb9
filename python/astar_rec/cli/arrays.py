"""Normal distributions in .npz files, which may hold anything."""

from __future__ import annotations

import errno
import math
import os
from typing import TYPE_CHECKING, Any

import numpy as np

from .._kinds import what_it_is
from ..distributions import Normal
from .failures import Failure, about

if TYPE_CHECKING:
    from .places import Input

__all__ = ["read_normal", "read_targets"]


def read_targets(path: Input) -> tuple[Normal, Normal]:
    """Returns targets and proposals; these are standard normal unless the file has others."""
    optional = ("proposal_loc", "proposal_scale")
    arrays = _read_npz(path, ("loc", "scale"), optional)
    given = [name for name in optional if name in arrays]
    if len(given) == 1:
        raise Failure(f"{path}: {given[0]} alone; expected both {' and '.join(optional)}, or none")
    with about(path):
        target = Normal(arrays["loc"], arrays["scale"])
    if not given:
        return target, Normal(0.0, 1.0)
    with about(f"{path}, proposal"):
        return target, Normal(arrays["proposal_loc"], arrays["proposal_scale"])


def read_normal(path: Input) -> Normal:
    """Returns the distribution in a file with ``loc`` and ``scale``."""
    arrays = _read_npz(path, ("loc", "scale"), ())
    with about(path):
        return Normal(arrays["loc"], arrays["scale"])


# With what a file with a single array begins.
_ARRAY = np.lib.format.MAGIC_PREFIX

# Compressed arrays are as large as this many files at most; zlib reaches 1032.
_EXPANSION = 1100


def _read_npz(
    path: Input, required: tuple[str, ...], optional: tuple[str, ...]
) -> dict[str, np.ndarray[Any, Any]]:
    """Returns the arrays of those names; anything in the file but plain arrays is refused."""
    expected = f"expected arrays {' and '.join(required)}"
    if optional:
        expected += f" (and {' and '.join(optional)}, if the proposal is not N(0, 1))"
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
            found = content.files
            wanted = [name for name in (*required, *optional) if name in found]
            most = _EXPANSION * size
            arrays = {name: _read_array(content, name, most) for name in wanted}
        except (Failure, MemoryError):
            raise
        except Exception as error:
            # Places before the file's beginning (EINVAL) and bad bzip2 are the content's fault, all
            # else is the system's.
            if isinstance(error, OSError) and error.errno not in (None, errno.EINVAL):
                raise
            said = f"{path}: not an .npz file of plain numbers; {expected}{other}"
            raise Failure(said) from error
    for name in required:
        if name not in arrays:
            holds = ", ".join(found) or "nothing"
            raise Failure(f"{path}: no array {name!r}, it holds {holds}; {expected}")
    return arrays


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
