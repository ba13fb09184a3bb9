"""Checks of arguments: every number, shape and seed that a user gives passes through here once.

Arrays pass through `_arrays`.
"""

from __future__ import annotations

import math
import operator
import os
from collections.abc import Sequence
from contextlib import suppress
from typing import TYPE_CHECKING

import numpy as np

from .errors import ParameterError

if TYPE_CHECKING:
    from ._elements import Shape

__all__ = [
    "ELEMENT_LIMIT",
    "MAX_AXES",
    "SEED_LIMIT",
    "Buffer",
    "as_bytes",
    "broadcast_shape",
    "checked_size",
    "integer",
    "require_axes_for_words",
    "seed_of",
    "shape_of",
    "threads_of",
]

Buffer = bytes | bytearray | memoryview

SEED_LIMIT = 2**64
ELEMENT_LIMIT = 2**48
MAX_AXES = 32
# What NumPy's own arrays may have: one more, for words of blocks' indices, only from NumPy 2 on.
_NUMPY_AXES = 64 if int(np.__version__.partition(".")[0]) >= 2 else 32


def broadcast_shape(**shapes: Shape) -> Shape:
    """Returns the common shape of arguments that broadcast against each other."""
    for name, shape in shapes.items():
        if len(shape) > MAX_AXES:  # np.broadcast_to goes no further
            raise ParameterError(f"shape of {name}", shape, f"at most {MAX_AXES} axes")
    different = set(shapes.values()) - {()}  # a number goes with any shape
    if len(different) <= 1:
        return different.pop() if different else ()
    try:
        return np.broadcast_shapes(*shapes.values())
    except ValueError:
        (last, shape), others = shapes.popitem(), dict(shapes)
        against = ", ".join(f"{name} {other}" for name, other in others.items())
        raise ParameterError(
            f"shape of {last}", shape, f"one that broadcasts with {against}"
        ) from None


def require_axes_for_words(shape: Shape) -> None:
    """Refuses shapes of samples whose blocks' indices NumPy has no array for: these have one more.

    Raises:
        ParameterError: As many axes as NumPy allows.
    """
    if len(shape) >= _NUMPY_AXES:
        raise ParameterError(
            "shape of samples",
            shape,
            f"at most {_NUMPY_AXES - 1} axes with blocks, whose indices have one more: reshape "
            "target and proposal, code with blocks of 1, or use NumPy 2",
        )


def integer(argument: str, value: object, low: int, high: int) -> int:
    """Returns an integer of [low, high]; bools and floats are refused."""
    number = None
    if not isinstance(value, (bool, np.bool_)):  # older NumPys warn of these as integers
        with suppress(TypeError):
            number = operator.index(value)  # type: ignore[arg-type]
    if number is None or not low <= number <= high:
        raise ParameterError(argument, value, f"an integer from {low} to {high}")
    return number


def seed_of(value: object) -> int:
    """Returns a seed."""
    return integer("seed", value, 0, SEED_LIMIT - 1)


def threads_of(value: object, most: int = 4096) -> int:
    """Returns a number of threads; None stands for all processors that this process may use.

    Where there is no work for more than ``most``, processors need not be counted.
    """
    if value is not None:
        return integer("threads", value, 1, 4096)
    if most <= 1:
        return 1
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def shape_of(argument: str, value: object) -> Shape:
    """Returns a shape, given as an integer or a sequence of integers."""
    sizes = value if isinstance(value, Sequence) else (value,)
    return tuple(integer(argument, size, 0, ELEMENT_LIMIT) for size in sizes)


def checked_size(shape: Shape, offset: int) -> int:
    """Returns the number of elements, all of which must have numbers below the limit."""
    size = math.prod(shape)
    if size > ELEMENT_LIMIT - offset:
        raise ParameterError(
            "offset", offset, f"at most 2^48 - {size}: elements are numbered below"
        )
    return size


def as_bytes(value: object) -> memoryview:
    """Returns bytes, or any other contiguous buffer of single bytes, as a memoryview."""
    expected = "bytes, or a contiguous buffer of bytes"
    try:
        view = memoryview(value)  # type: ignore[arg-type]
    except TypeError:
        raise ParameterError("data", type(value).__name__, expected) from None
    if np.ma.is_masked(value):  # of which the view knows nothing
        raise ParameterError("data", "masked in places", expected)
    if view.ndim != 1 or view.itemsize != 1 or not view.contiguous:
        raise ParameterError("data", f"a buffer of format {view.format!r}", expected)
    return view.cast("B")
