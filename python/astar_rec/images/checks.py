"""What images must be."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from .._arrays import to_numpy
from ..errors import ParameterError
from .order import SIDE

if TYPE_CHECKING:
    from .networks import Images

__all__ = ["as_images"]


def as_images(value: object) -> Images:
    """Returns images as a contiguous array: uint8, shape (n, 28, 28).

    Raises:
        ParameterError: Another type, or another shape.
    """
    array = to_numpy(value, "images")
    if array.dtype != np.uint8:
        raise ParameterError("dtype of images", array.dtype, "uint8")
    if array.ndim != 3 or array.shape[1:] != (SIDE, SIDE):
        raise ParameterError("shape of images", array.shape, f"(n, {SIDE}, {SIDE})")
    return np.ascontiguousarray(array)
