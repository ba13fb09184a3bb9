"""Arrays in .npy files: what headers say, and parts that are mapped to be read, and let go.

A mapping that stays counts as memory of the process for all that was read of it. And an object that
holds none goes to other processes as the file's name, not as numbers.
"""

from __future__ import annotations

import math
import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from ._elements import Shape

__all__ = ["Mapped", "mapped_npy", "npy_header"]

# NumPy reads no longer ones from files that it does not trust.
_LONGEST_HEADER = 10_000


@dataclass(frozen=True)
class Mapped:
    """An array in a file, or an item of its first axis.

    Attributes:
        path: The file's.
        offset: Where the array begins, in bytes.
        dtype: The numbers' type.
        whole: The array's shape in the file.
        order: ``"C"`` or ``"F"``.
        item: Which item of the first axis it is; None for all of the array.
    """

    path: str
    offset: int
    dtype: Any
    whole: Shape
    order: Any = "C"
    item: int | None = None

    @property
    def shape(self) -> Shape:
        """The shape."""
        return self.whole if self.item is None else self.whole[1:]

    @property
    def ndim(self) -> int:
        """The number of axes."""
        return len(self.shape)

    def __getitem__(self, key: Any) -> Any:
        """Returns a copy of a part."""
        if not math.prod(self.whole):  # nothing can be mapped
            return np.empty(self.shape, self.dtype)[key]
        array: Any = np.memmap(self.path, self.dtype, "r", self.offset, self.whole, self.order)
        own = array if self.item is None else array[self.item]
        return np.array(own[key])


def npy_header(file: Any) -> tuple[Shape, bool, Any]:
    """Reads the header of an .npy file, and nothing of its array.

    Args:
        file: A file object, at the file's first byte; afterwards at the array's.

    Returns:
        The shape, whether the first axis runs fastest, and the dtype.

    Raises:
        ValueError: It is no such file.
        KeyError: It is of another version than 1.0 and 2.0, which have arrays of numbers.
    """
    version = np.lib.format.read_magic(file)
    read = {
        (1, 0): np.lib.format.read_array_header_1_0,
        (2, 0): np.lib.format.read_array_header_2_0,
    }[version]
    if version == (2, 0):  # NumPy makes room for a header of 4 GB, and then finds it too long
        length = int.from_bytes(file.read(4), "little")
        if length > _LONGEST_HEADER:
            raise ValueError(f"a header of {length} bytes")
        file.seek(-4, os.SEEK_CUR)
    shape, fortran, dtype = read(file)
    return shape, fortran, dtype


def mapped_npy(path: str) -> Mapped:
    """Returns the array in an .npy file.

    Raises:
        ValueError: It is no such file, or holds objects, or less than it says.
        OSError: It cannot be read.
    """
    with open(path, "rb") as file:  # noqa: PTH123
        shape, fortran, dtype = npy_header(file)
        begin, end = file.tell(), file.seek(0, 2)
    if dtype.hasobject or math.prod(shape) * dtype.itemsize > end - begin:
        raise ValueError(f"{dtype} of shape {shape} in {end - begin} bytes")
    return Mapped(path, begin, dtype, shape, "F" if fortran else "C")
