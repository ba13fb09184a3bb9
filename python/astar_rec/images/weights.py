"""Files of weights: .npz archives that hold what `quantise` returns, and what they were made by."""

from __future__ import annotations

import hashlib
import json
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from .._files import whole_file
from ..errors import CorruptDataError

if TYPE_CHECKING:
    import os
    from collections.abc import Mapping

__all__ = ["Array", "Weights", "load_weights", "save_weights"]

Array = npt.NDArray[Any]

_VERSION = 1
_DECODER = ("sketch.", "support.", "values.", "independent.")


@dataclass(frozen=True, eq=False)
class Weights:
    """The weights of a model.

    Attributes:
        settings: What it was trained with.
        arrays: As `quantise` returns them.
    """

    settings: Mapping[str, Any]
    arrays: Mapping[str, Array]

    @property
    def fingerprint(self) -> bytes:
        """Eight bytes that tell apart models that decode differently."""
        digest = hashlib.sha256()
        for name in sorted(self.arrays):
            if name.startswith(_DECODER):
                array = self.arrays[name]
                digest.update(f"{name} {array.shape};".encode())
                digest.update(array.astype("<i4").tobytes())
        return digest.digest()[:8]


def save_weights(
    path: str | os.PathLike[str], arrays: Mapping[str, Array], settings: Mapping[str, Any]
) -> None:
    """Writes a file of weights.

    Args:
        path: The .npz file.
        arrays: What `quantise` returned.
        settings: What the model was trained with; anything that JSON can hold.
    """
    about = json.dumps({"version": _VERSION, "settings": dict(settings)})
    with whole_file(path) as file:
        members: dict[str, Any] = {"about": np.array(about), **arrays}
        np.savez_compressed(file, **members)


def load_weights(path: str | os.PathLike[str]) -> Weights:
    """Reads a file of weights.

    Raises:
        CorruptDataError: Not a file of weights, or damaged.
        OSError: The file cannot be read.
    """
    try:
        # Opened here, as NumPy leaves a file open that is no archive.
        with Path(path).open("rb") as file, np.load(file, allow_pickle=False) as members:
            arrays = {name: members[name] for name in members.files}
        about = json.loads(str(arrays.pop("about")))
    except (ValueError, KeyError, EOFError, AttributeError, zipfile.BadZipFile) as error:
        raise CorruptDataError(f"{path}: not a file of weights: {error}") from None
    if about.get("version") != _VERSION:
        raise CorruptDataError(
            f"{path}: weights of version {about.get('version')}; this release reads {_VERSION}"
        )
    return Weights(about["settings"], arrays)
