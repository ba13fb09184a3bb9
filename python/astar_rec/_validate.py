"""Checks of arguments: every array and number that a user gives passes through here once."""

from __future__ import annotations

import math
import operator
import os
import sys
from collections.abc import Sequence
from typing import Any, NoReturn, TypeVar

import numpy as np
import numpy.typing as npt

from . import _core
from .errors import ParameterError

Floats = npt.NDArray[np.float64]
Indices = npt.NDArray[np.uint64]
Shape = tuple[int, ...]
Number = TypeVar("Number", np.uint64, np.float64)
Buffer = bytes | bytearray | memoryview

SEED_LIMIT = 2**64
ELEMENT_LIMIT = 2**48
MAX_AXES = 32
CONTEXT_LIMIT = 2**16

_FLOAT64 = np.dtype(np.float64)
_LARGEST = sys.float_info.max  # whatever is not larger is finite


def real_array(
    argument: str, value: object, most: float = _LARGEST, what: str = "a finite number"
) -> Floats:
    """Returns real numbers of at most some size, as a native float64 array.

    It is copied only where it must be.
    """
    array = to_numpy(value)
    if array.dtype.kind not in "fiu":
        raise ParameterError(argument, _sample_of(array, value), "real numbers")
    floats = array if array.dtype == _FLOAT64 else _to_float64(array)
    require_between(argument, floats, -most, most, what)
    return floats


def _to_float64(array: npt.NDArray[Any]) -> Floats:
    with np.errstate(over="ignore"):  # what overflows is infinite, and refused as that
        return array.astype(np.float64)


def to_numpy(value: object) -> npt.NDArray[Any]:
    """Returns an array; PyTorch tensors are detached and brought to the CPU first."""
    detach = getattr(value, "detach", None)
    if callable(detach):
        tensor: Any = detach()
        # NumPy has no bfloat16; float64 holds every floating type of PyTorch.
        value = tensor.cpu().double() if tensor.is_floating_point() else tensor.cpu()
    try:
        return np.asarray(value)
    except ValueError:  # a ragged sequence
        return np.asarray(value, dtype=object)


def require_all(argument: str, array: npt.NDArray[Any], good: npt.NDArray[Any], what: str) -> None:
    """Raises ParameterError for the first element that is not good, broadcast to all of those."""
    if not good.all():
        _refuse(argument, np.broadcast_to(array, good.shape), int(np.argmin(good)), what)


def require_between(argument: str, array: Floats, low: float, high: float, what: str) -> None:
    """Raises ParameterError for the first element outside [low, high], or NaN; in one pass."""
    first = _core.first_outside(array, low, high)
    if first < array.size:
        _refuse(argument, array, first, what)


def _refuse(argument: str, array: npt.NDArray[Any], element: int, what: str) -> NoReturn:
    where = unravel(element, array.shape)
    raise ParameterError(argument, array[where].item(), what, where)


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


def integer(argument: str, value: object, low: int, high: int) -> int:
    """Returns an integer of [low, high]; bools and floats are refused."""
    try:
        number = operator.index(value)  # type: ignore[arg-type]
    except TypeError:
        number = None
    if number is None or isinstance(value, (bool, np.bool_)) or not low <= number <= high:
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


def index_array(argument: str, value: object) -> Indices:
    """Returns indices as a native, C-contiguous uint64 array.

    An array must be of unsigned 64-bit integers already: a cast could change an index silently.
    Python integers are taken as they are.
    """
    if hasattr(value, "dtype"):
        array = np.asarray(value)
        if array.dtype.kind != "u" or array.dtype.itemsize != 8:
            raise ParameterError(f"dtype of {argument}", str(array.dtype), "uint64")
    else:
        array = np.asarray(value, dtype=object)
        for position, item in np.ndenumerate(array):
            if isinstance(item, bool) or not isinstance(item, (int, np.integer)):
                raise ParameterError(argument, item, "an unsigned 64-bit integer", position)
            if not 0 <= item < 2**64:
                raise ParameterError(argument, item, "an unsigned 64-bit integer", position)
    return np.asarray(array, dtype=np.uint64, order="C")


def context_array(value: object, shape: Shape) -> npt.NDArray[np.uint16]:
    """Returns context numbers as a uint16 array of a shape, a view where it can be."""
    array = to_numpy(value)
    if array.size and array.dtype.kind not in "iu":
        raise ParameterError("contexts", _sample_of(array, value), "integers")
    good = (array >= 0) & (array < CONTEXT_LIMIT)
    require_all("contexts", array, good, f"an integer from 0 to {CONTEXT_LIMIT - 1}")
    try:
        return np.broadcast_to(array.astype(np.uint16, copy=False), shape)
    except ValueError:
        what = f"one that broadcasts to {shape}"
        raise ParameterError("shape of contexts", array.shape, what) from None


def output_array(
    argument: str, value: Any, dtype: type[Number], shape: Shape
) -> npt.NDArray[Number]:
    """Returns an array that is to be filled, checked."""
    name = np.dtype(dtype).name
    expected = f"a writable, aligned, C-contiguous {name} array of shape {shape}"
    if not isinstance(value, np.ndarray):
        raise ParameterError(argument, type(value).__name__, expected)
    if value.dtype != dtype or value.shape != shape:
        raise ParameterError(argument, f"{value.dtype} of shape {value.shape}", expected)
    if not value.flags.carray:
        raise ParameterError(argument, "read-only, not contiguous or not aligned", expected)
    return value


def as_bytes(value: object) -> memoryview:
    """Returns bytes, or any other contiguous buffer of single bytes, as a memoryview."""
    expected = "bytes, or a contiguous buffer of bytes"
    try:
        view = memoryview(value)  # type: ignore[arg-type]
    except TypeError:
        raise ParameterError("data", type(value).__name__, expected) from None
    if view.ndim != 1 or view.itemsize != 1 or not view.contiguous:
        raise ParameterError("data", f"a buffer of format {view.format!r}", expected)
    return view.cast("B")


def unravel(element: int, shape: Shape) -> tuple[int, ...]:
    """Returns an element's position in a shape from its number in C order."""
    return tuple(int(i) for i in np.unravel_index(element, shape)) if shape else ()


def _sample_of(array: npt.NDArray[Any], value: object) -> object:
    return value if array.ndim == 0 else f"an array of dtype {array.dtype}"
