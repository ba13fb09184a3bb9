"""Contexts of elements: numbers that both sides have, and that tell elements apart.

They are told to codecs whose `Codec.takes_contexts` says so. Contexts of indices are told to codes.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from .._arrays import CONTEXT_LIMIT, context_array, to_numpy
from ..errors import ParameterError

if TYPE_CHECKING:
    import numpy.typing as npt

__all__ = ["ElementContexts", "contexts_of", "require_few_columns", "require_few_contexts"]

_MOST_SHOWN = 16
_WHAT_TO_DO = "join those of elements that are alike, such as by bins"


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


def require_few_contexts(numbers: npt.NDArray[np.uint16], block: int, most: int) -> None:
    """Refuses more different contexts than a block may have.

    Args:
        numbers: Those of consecutive elements, the first of which begins a block.
        block: The elements of a block.
        most: How many different ones there may be in a block.

    Raises:
        ParameterError: A block has more; the first of these.
    """
    if min(block, numbers.size) <= most or np.count_nonzero(np.bincount(numbers)) <= most:
        return
    whole = numbers.size // block
    parts = [numbers[: whole * block].reshape(whole, block), numbers[whole * block :][np.newaxis]]
    counts = np.concatenate([_different(each) for each in parts if each.size])
    (wrong,) = np.nonzero(counts > most)
    if wrong.size:
        number = int(wrong[0])
        expected = f"at most {most} in a block of {block} elements: {_WHAT_TO_DO}"
        found = f"{int(counts[number])} different ones in block {number}"
        raise ParameterError("contexts", found, expected)


def require_few_columns(columns: int, block: int, most: int) -> None:
    """Refuses columns as contexts, where a block has more of them than contexts.

    Args:
        columns: The length of the last axis.
        block: The elements of a block.
        most: How many different contexts there may be in a block.

    Raises:
        ParameterError: There are more.
    """
    if min(columns, block) > most or columns > CONTEXT_LIMIT:
        expected = (
            f"at most {most} in a block of {block} elements, or an array of fewer contexts: "
            + _WHAT_TO_DO
        )
        raise ParameterError("contexts", f"{columns} columns", expected)


def _different(rows: npt.NDArray[np.uint16]) -> npt.NDArray[np.int64]:
    """How many different numbers each row has."""
    ordered = np.sort(rows, axis=1)
    changes: npt.NDArray[np.int64] = np.sum(ordered[:, 1:] != ordered[:, :-1], axis=1)
    return changes + 1
