"""What a method sends for a unit, and how the container's index codes carry it.

Index codes code unsigned integers from 1 to 2^64 - 1. Indices are that already. Signed integers
become indices by zigzag: 0, -1, 1, -2, 2, … are 1, 2, 3, 4, 5, …, so that numbers near 0 are short.
Bytes, of any number for each unit, are in an array of objects, and have a code of their own,
`ByteCode`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from .._arrays import LEAST_INTEGER, bytes_array, index_array, integer_array

if TYPE_CHECKING:
    from collections.abc import Callable

    from .._elements import Indices

__all__ = ["BYTES", "INDICES", "INTEGERS", "Message", "MessageKind"]

Message = npt.NDArray[Any]


@dataclass(frozen=True)
class MessageKind:
    """What a message has for a unit.

    Attributes:
        argument: What errors call such a message.
        dtype: The dtype of its arrays.
        least: The least number there is; of bytes, 0.
        largest: The largest; of bytes, 255.
        is_number: Whether it has numbers, which a codec has a range for.
        carried: The dtype of what codes get.
        filler: What a code may have for a unit that is missing, of one number (`Codec.fillers`).
        checked: Makes an array of that dtype of what a user gives.
        to_index: Messages to what codes get.
        from_index: The inverse.
    """

    argument: str
    dtype: type[np.uint64] | type[np.int64] | type[np.object_]
    least: int
    largest: int
    is_number: bool
    carried: type[np.uint64] | type[np.object_]
    filler: int | bytes
    checked: Callable[[str, object], Message]
    to_index: Callable[[Message], Indices]
    from_index: Callable[[Indices], Message]


def _zigzag(message: Message) -> Indices:
    magnitude = np.abs(message).astype(np.uint64)
    twice = magnitude << np.uint64(1)
    index: Indices = np.where(message < 0, twice, twice | np.uint64(1))
    return index


def _unzigzag(index: Indices) -> Message:
    magnitude = (index >> np.uint64(1)).astype(np.int64)
    return np.where(index & np.uint64(1), magnitude, -magnitude)


def _itself(array: Any) -> Any:
    return array


INDICES = MessageKind(
    "index", np.uint64, 1, 2**64 - 1, True, np.uint64, 1, index_array, _itself, _itself
)
INTEGERS = MessageKind(
    "message",
    np.int64,
    LEAST_INTEGER,
    2**63 - 1,
    True,
    np.uint64,
    1,
    integer_array,
    _zigzag,
    _unzigzag,
)
BYTES = MessageKind(
    "message", np.object_, 0, 255, False, np.object_, b"", bytes_array, _itself, _itself
)
