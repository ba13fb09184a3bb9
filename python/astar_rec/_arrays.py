"""The one door for arrays: whatever a user gives as an array becomes NumPy's here.

NumPy's arrays, numbers and sequences come in, tensors of PyTorch and arrays of CuPy on any device,
and whatever has ``__array__`` (JAX, pandas, xarray) or ``__dlpack__``; bfloat16 of all of these,
where their library hands it over as ml_dtypes' (JAX, CuPy) or can widen it (PyTorch). No library is
imported for that. What cannot be taken is refused with a `ParameterError` that names the argument.

Each kind of array is a function and a row in `_KINDS`.
"""

from __future__ import annotations

import sys
from functools import lru_cache
from itertools import chain
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

import numpy as np
import numpy.typing as npt

from ._elements import Floats, Indices, Shape, require_all, require_between
from .errors import ParameterError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

__all__ = [
    "CONTEXT_LIMIT",
    "LEAST_INTEGER",
    "bytes_array",
    "context_array",
    "index_array",
    "integer_array",
    "output_array",
    "real_array",
    "require_apart",
    "to_numpy",
]

Array = npt.NDArray[Any]
Number = TypeVar("Number", np.uint64, np.float64)

CONTEXT_LIMIT = 2**16
# Of signed integers that are sent: -2^63 has no index, as 2^64 is beyond 64 bits.
LEAST_INTEGER = -(2**63) + 1

_FLOAT64 = np.dtype(np.float64)
_LARGEST = sys.float_info.max  # whatever is not larger is finite
_UNSIGNED = "an unsigned 64-bit integer"
_DLPACK_CPU = 1
# What NumPy makes numbers, or none, of.
_PLAIN = frozenset({float, int, bool, complex, str, bytes, type(None), list, tuple})
_MOST_AXES = 64
_OVERLAP_WORK = 1 << 12


# --- What comes in ------------------------------------------------------------------------------


class _Kind(NamedTuple):
    """A kind of array: which classes are of it, and how NumPy gets one."""

    has: Callable[[type], bool]
    take: Callable[[str, Any], Array]


def _is_sequence(value: object) -> bool:
    return isinstance(value, (list, tuple))


def _descends(kind: type, library: str, name: str) -> bool:
    """Whether a class is a library's of that name, or made from it."""
    return any(
        each.__name__ == name and each.__module__.partition(".")[0] == library
        for each in kind.__mro__
    )


def _take_masked(argument: str, array: Any) -> Array:
    masked = np.ma.getmaskarray(array)
    expected = "an array of which nothing is masked"
    require_all(argument, np.where(masked, "masked", ""), ~masked, expected)
    return np.asarray(array.data)


def _take_as_it_is(_: str, array: Any) -> Array:
    return np.asarray(array)


def _take_sequence(argument: str, sequence: Any) -> Array:
    # Libraries' own arrays in sequences are taken one by one: NumPy would drop masks, and some
    # libraries refuse.
    if _holds_arrays(sequence):
        sequence = [to_numpy(item, argument) for item in sequence]
    try:
        return np.asarray(sequence)
    except ValueError:
        expected = "real numbers, in sequences of one length"
        raise ParameterError(argument, "a ragged sequence", expected) from None


def _holds_arrays(sequence: Any) -> bool:
    """Whether there is anything but numbers in sequences, at whatever depth."""
    for _ in range(_MOST_AXES):
        if not all(map(_is_plain, set(map(type, sequence)))):
            return True
        sequence = list(chain.from_iterable(item for item in sequence if _is_sequence(item)))
        if not sequence:
            return False
    return True


def _is_plain(kind: type) -> bool:
    return kind in _PLAIN or issubclass(kind, np.generic)


def _take_torch(_: str, tensor: Any) -> Array:
    tensor = tensor.detach().cpu()
    # NumPy has no bfloat16; float64 holds every floating type of PyTorch.
    return np.asarray(tensor.double() if tensor.is_floating_point() else tensor)


def _take_cupy(_: str, array: Any) -> Array:
    return np.asarray(array.get())


def _take_dlpack(_: str, array: Any) -> Array:
    device = array.__dlpack_device__()[0]
    if int(device) == _DLPACK_CPU:
        return np.from_dlpack(array)
    # From NumPy 2.1 on; older ones have no such argument.
    from_device: Callable[..., Array] = np.from_dlpack
    return from_device(array, device="cpu")


def _take_anything(_: str, value: Any) -> Array:
    try:
        return np.asarray(value)
    except ValueError:
        return np.asarray(value, dtype=object)


# The first that has a value's class takes the value. What is neither an array nor numbers becomes
# an array of objects, which those who want numbers refuse.
_KINDS = (
    _Kind(lambda kind: issubclass(kind, np.ma.MaskedArray), _take_masked),
    _Kind(lambda kind: issubclass(kind, np.ndarray), _take_as_it_is),
    _Kind(lambda kind: issubclass(kind, (float, int, np.generic)), _take_as_it_is),
    _Kind(lambda kind: issubclass(kind, (list, tuple)), _take_sequence),
    _Kind(lambda kind: _descends(kind, "torch", "Tensor"), _take_torch),
    _Kind(lambda kind: _descends(kind, "cupy", "ndarray"), _take_cupy),
    # JAX's, for one.
    _Kind(lambda kind: hasattr(kind, "__array__"), _take_as_it_is),
    _Kind(lambda kind: hasattr(kind, "__dlpack__"), _take_dlpack),
    _Kind(lambda _: True, _take_anything),
)


@lru_cache(maxsize=64)
def _kind_of(kind: type) -> _Kind:
    return next(row for row in _KINDS if row.has(kind))


def to_numpy(value: object, argument: str = "array") -> Array:
    """Returns an array of whatever dtype, without a copy where that is possible.

    Args:
        value: An array of any library, a number, or sequences of these; anything else becomes an
            array of objects.
        argument: The argument's name, for errors.

    Raises:
        ParameterError: A masked element; a ragged sequence; an array that its library does not
            hand over.
    """
    own: Any = type(value)
    try:
        array = _kind_of(own).take(argument, value)
    except (ParameterError, MemoryError):
        raise
    except Exception as error:  # any library's, of any class
        what = f"an array that NumPy can read ({type(error).__name__}: {error})"
        raise ParameterError(argument, _class_of(value), what) from error
    return array if array.dtype.kind != "V" else _widened(array)


def _widened(array: Array) -> Array:
    """Returns float64 for the short floats of ml_dtypes, which are no floats to NumPy."""
    # Structured arrays, whose scalars are np.void itself, stay what they are.
    short = array.dtype.type is not np.void and array.dtype.name.startswith(("bfloat", "float"))
    return array.astype(np.float64) if short else array


# --- What is made of it -------------------------------------------------------------------------


def real_array(
    argument: str, value: object, most: float = _LARGEST, what: str = "a finite number"
) -> Floats:
    """Returns real numbers of at most some size, as a native float64 array.

    It is copied only where it must be.
    """
    array = to_numpy(value, argument)
    if array.dtype.kind not in "fiu":
        raise ParameterError(argument, _sample_of(array, value), "real numbers")
    floats = array if array.dtype == _FLOAT64 else _to_float64(array)
    require_between(argument, floats, -most, most, what)
    return floats


def index_array(argument: str, value: object) -> Indices:
    """Returns indices as a native, C-contiguous uint64 array.

    An array must be of unsigned 64-bit integers already: a cast could change an index silently.
    Python integers are taken as they are.
    """
    if hasattr(value, "dtype") or hasattr(type(value), "__dlpack__"):
        array = to_numpy(value, argument)
        if array.dtype.kind != "u" or array.dtype.itemsize != 8:
            raise ParameterError(f"dtype of {argument}", str(array.dtype), "uint64")
    else:
        array = _objects(argument, value)
        for position, item in np.ndenumerate(array):
            if isinstance(item, bool) or not isinstance(item, (int, np.integer)):
                raise ParameterError(argument, item, _UNSIGNED, position)
            if not 0 <= item < 2**64:
                raise ParameterError(argument, item, _UNSIGNED, position)
    return np.asarray(array, dtype=np.uint64, order="C")


def integer_array(argument: str, value: object) -> npt.NDArray[np.int64]:
    """Returns signed 64-bit integers as a native, C-contiguous array; no other dtype is cast."""
    array = to_numpy(value, argument)
    if array.dtype.kind != "i" or array.dtype.itemsize != 8:
        raise ParameterError(f"dtype of {argument}", str(array.dtype), "int64")
    numbers = np.asarray(array, dtype=np.int64, order="C")
    what = f"an integer from {LEAST_INTEGER}"
    require_all(argument, numbers, numbers >= LEAST_INTEGER, what)
    return numbers


def bytes_array(argument: str, value: object) -> Array:
    """Returns an array of objects, all of them bytes."""
    given = isinstance(value, np.ndarray)
    array = to_numpy(value, argument) if given else np.asarray(value, dtype=object)
    if array.dtype != object:
        raise ParameterError(f"dtype of {argument}", str(array.dtype), "object, of bytes")
    for position, item in np.ndenumerate(array):
        if not isinstance(item, bytes):
            raise ParameterError(argument, item, "bytes", position)
    return np.ascontiguousarray(array).reshape(array.shape)


def context_array(value: object, shape: Shape) -> npt.NDArray[np.uint16]:
    """Returns context numbers as a uint16 array of a shape, a view where it can be."""
    array = to_numpy(value, "contexts")
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
    if np.ma.is_masked(value):  # what is filled would stay masked
        raise ParameterError(argument, "masked in places", expected)
    if not value.flags.carray:
        raise ParameterError(argument, "read-only, not contiguous or not aligned", expected)
    return value


def require_apart(argument: str, array: Array, others: Iterable[tuple[str, Array]]) -> None:
    """Refuses an array that is to be filled where it shares memory with what is read meanwhile.

    Args:
        argument: The argument's name, for errors.
        array: The array that is to be filled.
        others: Arrays, each with what it is.
    """
    for what, other in others:
        if _overlap(array, other):
            raise ParameterError(argument, f"in the memory of {what}", "an array of its own")


def _overlap(array: Array, other: Array) -> bool:
    """Whether two arrays have a byte in common; also where that would take long to say."""
    # NumPy's stubs know two of its numbers alone.
    share: Callable[..., bool] = np.may_share_memory
    return share(array, other, max_work=_OVERLAP_WORK)


def _objects(argument: str, value: object) -> Array:
    try:
        return np.asarray(value, dtype=object)
    except Exception as error:  # what a foreign class raises, or a ragged sequence of arrays
        raise ParameterError(argument, _class_of(value), f"integers ({error})") from error


def _to_float64(array: Array) -> Floats:
    with np.errstate(all="ignore"):  # what overflows is infinite, and refused as that
        return array.astype(np.float64)


def _sample_of(array: Array, value: object) -> object:
    return value if array.ndim == 0 else f"an array of dtype {array.dtype}"


def _class_of(value: object) -> str:
    kind = type(value)
    return f"{kind.__module__.partition('.')[0]}.{kind.__qualname__}"
