"""Contexts of elements: numbers that both sides have, and that tell elements apart.

They are told to codecs whose `Codec.takes_contexts` says so. Contexts of indices are told to codes.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from .._arrays import context_array, to_numpy

if TYPE_CHECKING:
    import numpy.typing as npt

__all__ = ["ElementContexts", "contexts_of"]

_MOST_SHOWN = 16


@dataclass(frozen=True, repr=False)
class ElementContexts:
    """A context for each of some elements, in C order: immutable, comparable and hashable.

    Attributes:
        data: The numbers, two bytes each, little-endian.
    """

    data: bytes

    @property
    def numbers(self) -> npt.NDArray[np.uint16]:
        """The numbers, flat and read-only."""
        return np.frombuffer(self.data, "<u2").astype(np.uint16, copy=False)

    def __len__(self) -> int:
        return len(self.data) // 2

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> npt.NDArray[Any]:
        del copy  # of a copy nothing else knows
        return self.numbers.astype(dtype or np.uint16)

    def __repr__(self) -> str:
        """What makes an equal one as an argument, if they are few."""
        few = len(self) <= _MOST_SHOWN
        return repr(self.numbers.tolist()) if few else f"<{len(self)} numbers>"


def contexts_of(value: Any) -> ElementContexts | None:
    """Returns contexts as a codec holds them, of an array of any shape; None for None.

    Raises:
        ParameterError: No integers from 0 to 65,535.
    """
    if value is None or isinstance(value, ElementContexts):
        return value
    shape = to_numpy(value, "contexts").shape
    return ElementContexts(context_array(value, shape).astype("<u2", copy=False).tobytes())
