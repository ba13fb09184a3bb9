"""Normal distributions in .npz files, which may hold anything."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from ..distributions import Normal
from .failures import Failure, about

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["read_normal", "read_targets"]


def read_targets(path: Path) -> tuple[Normal, Normal]:
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


def read_normal(path: Path) -> Normal:
    """Returns the distribution in a file with ``loc`` and ``scale``."""
    arrays = _read_npz(path, ("loc", "scale"), ())
    with about(path):
        return Normal(arrays["loc"], arrays["scale"])


def _read_npz(
    path: Path, required: tuple[str, ...], optional: tuple[str, ...]
) -> dict[str, np.ndarray[Any, Any]]:
    """Returns the arrays of those names; anything in the file but plain arrays is refused."""
    expected = f"expected arrays {' and '.join(required)}"
    if optional:
        expected += f" (and {' and '.join(optional)}, if the proposal is not N(0, 1))"
    with path.open("rb") as file:
        # A file can be wrong in ways that make NumPy, zipfile and zlib raise nearly anything.
        try:
            content = np.load(file, allow_pickle=False)
            if not isinstance(content, np.lib.npyio.NpzFile):
                raise Failure(f"{path}: a single array, not an .npz file; {expected}")
            found = content.files
            wanted = [name for name in (*required, *optional) if name in found]
            arrays = {name: content[name] for name in wanted}
        except (Failure, MemoryError, OSError):
            raise
        except Exception as error:
            raise Failure(f"{path}: not an .npz file of plain numbers; {expected}") from error
    for name in required:
        if name not in arrays:
            holds = ", ".join(found) or "nothing"
            raise Failure(f"{path}: no array {name!r}, it holds {holds}; {expected}")
    return arrays
