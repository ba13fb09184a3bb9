"""Functions that a search calls for some of its elements, with checked results."""

from __future__ import annotations

import inspect
from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from .._arrays import to_numpy
from .._elements import Floats, unravel
from ..errors import ParameterError

if TYPE_CHECKING:
    from collections.abc import Callable

    from .._elements import Shape
    from ..distributions import Distribution

__all__ = ["ElementFunction", "Elements", "FamilyFunction", "Flat", "UserFunction"]

Elements = npt.NDArray[np.int64]


class ElementFunction(ABC):
    """A function of some arrays and of elements, with checked results.

    Args:
        name: The name for errors. A ``quantile`` must be finite; all others may be minus infinity,
            where there is no density at all.
    """

    def __init__(self, name: str) -> None:
        self._name = name

    @abstractmethod
    def _call(self, element: Elements, shape: Shape, *arrays: Floats) -> object:
        """Returns the results, of any kind of array; arguments may be kept or overwritten."""

    def __call__(self, element: Elements, shape: Shape, *arrays: Floats) -> Floats:
        """Returns the function's results.

        Args:
            element: The elements' numbers, in C order over the shape; flat.
            shape: The shape of the batch.
            arrays: The arguments, each of the shape of ``element``.

        Raises:
            ParameterError: Results of another shape, or none that may be.
        """
        out = to_numpy(self._call(element, shape, *arrays), f"result of {self._name}")
        if out.shape != element.shape or out.dtype.kind not in "fiu":
            raise ParameterError(
                f"result of {self._name}",
                f"{out.dtype} of shape {out.shape}",
                f"real numbers of shape {element.shape}",
            )
        # What was returned may be overwritten by the next call.
        values = np.array(out, dtype=np.float64, order="C")
        good = np.isfinite(values)
        if self._name != "quantile":
            good |= np.isneginf(values)
        if not good.all():
            first = int(np.argmin(good))
            points = ", ".join(repr(float(array[first])) for array in arrays)
            raise ParameterError(
                f"result of {self._name}({points})",
                float(values[first]),
                "a number, not infinite" if self._name == "quantile" else "a number below infinity",
                unravel(int(element[first]), shape),
            )
        return values


class UserFunction(ElementFunction):
    """A function of the user's of some arrays, and of elements where it asks for them."""

    def __init__(self, name: str, function: object, arrays: int) -> None:
        super().__init__(name)
        if not callable(function):
            raise ParameterError(name, function, "a callable")
        self._function = function
        self._takes_elements = _required_arguments(function) > arrays

    def _call(self, element: Elements, shape: Shape, *arrays: Floats) -> object:
        del shape
        # Callables may keep or overwrite what they get: it is not used again.
        given = [*arrays, element] if self._takes_elements else list(arrays)
        return self._function(*(np.array(array) for array in given))


class FamilyFunction(ElementFunction):
    """A function of some arrays and of the parameters of distributions, one after the other."""

    def __init__(
        self, name: str, function: Callable[..., object], *distributions: Distribution
    ) -> None:
        super().__init__(name)
        self._function = function
        self._distributions = distributions

    def _call(self, element: Elements, shape: Shape, *arrays: Floats) -> object:
        parameters = (
            Flat(array)[element]
            for distribution in self._distributions
            for array in distribution._broadcast(shape)
        )
        return self._function(*(np.array(array) for array in arrays), *parameters)


class Flat:
    """A broadcast array, indexed by element numbers in C order, without a copy of the whole."""

    def __init__(self, array: Floats) -> None:
        self._array = array
        self._constant = array.size > 0 and all(stride == 0 for stride in array.strides)

    def __getitem__(self, element: Elements) -> Floats:
        if self._constant:
            return np.full(element.shape, self._array.flat[0])
        if self._array.flags.c_contiguous:
            return self._array.reshape(-1)[element]
        return self._array[np.unravel_index(element, self._array.shape)]


def _required_arguments(function: Callable[..., Any]) -> int:
    """How many positional arguments a callable requires; 1 where it does not say."""
    try:
        parameters = inspect.signature(function).parameters.values()
    except (TypeError, ValueError):  # a ufunc, say
        return 1
    positional = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
    return sum(p.kind in positional and p.default is p.empty for p in parameters)
