"""Functions that a search calls for some of its elements, with checked results."""

from __future__ import annotations

import inspect
import math
import sys
from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import numpy.typing as npt

from .._arrays import to_numpy
from .._elements import Floats, unravel
from ..distributions.distribution import probabilities
from ..errors import ParameterError

if TYPE_CHECKING:
    from collections.abc import Callable

    from .._elements import Shape
    from ..distributions import Distribution

__all__ = [
    "LOGARITHMS",
    "NUMBERS",
    "PROBABILITIES",
    "ElementFunction",
    "Elements",
    "FamilyFunction",
    "PositionFunction",
    "Results",
    "UserFunction",
]

Elements = npt.NDArray[np.int64]

# Of parameters at once: 32 MiB.
_NUMBERS = 1 << 22


class Results(NamedTuple):
    """What results of a function may be: the least, the largest, and both in words."""

    least: float
    largest: float
    expected: str


NUMBERS = Results(-sys.float_info.max, sys.float_info.max, "a number, not infinite")
# Minus infinity where there is no density at all.
LOGARITHMS = Results(-math.inf, sys.float_info.max, "a number below infinity")
PROBABILITIES = Results(0.0, 1.0, "a probability, from 0 to 1")


class ElementFunction(ABC):
    """A function of some arrays and of elements, with checked results.

    Args:
        name: The name for errors.
        results: What results may be.
    """

    def __init__(self, name: str, results: Results) -> None:
        self._name = name
        self._results = results

    @abstractmethod
    def _call(self, element: Elements, shape: Shape, *arrays: Any) -> object:
        """Returns the results, of any kind of array; arguments may be kept or overwritten."""

    def __call__(self, element: Elements, shape: Shape, *arrays: Any) -> Floats:
        """Returns the function's results: see `measured`."""
        return self.measured(element, shape, *arrays)[0]

    def measured(self, element: Elements, shape: Shape, *arrays: Any) -> tuple[Floats, float]:
        """Returns the function's results, and a unit in the last place of 1 in their type.

        Args:
            element: The elements' numbers, in C order over the shape; flat.
            shape: The shape of the batch.
            arrays: The arguments, each of the shape of ``element``.

        Raises:
            ParameterError: Results of another shape, or none that may be.
        """
        returned = self._call(element, shape, *arrays)
        out = to_numpy(returned, f"result of {self._name}")
        if out.shape != element.shape or out.dtype.kind not in "fiu":
            raise ParameterError(
                f"result of {self._name}",
                f"{out.dtype} of shape {out.shape}",
                f"real numbers of shape {element.shape}",
            )
        # What was returned may be overwritten by the next call.
        values = np.array(out, dtype=np.float64, order="C")
        least, largest, expected = self._results
        good = (values >= least) & (values <= largest)
        if not good.all():
            first = int(np.argmin(good))
            points = ", ".join(self._shown(array[first]) for array in arrays)
            where = unravel(int(element[first]), shape)
            name = f"result of {self._name}({points})"
            raise ParameterError(name, float(values[first]), expected, where)
        return values, _unit(returned, out)

    def _shown(self, argument: Any) -> str:
        """An argument, for errors."""
        return repr(float(argument))


# Types that NumPy does not have, and the coarsest unit of those of the name.
_SHORT_TYPES = {"bfloat16": 2.0**-7, "float8": 2.0**-2}


def _unit(returned: object, array: npt.NDArray[Any]) -> float:
    """Returns the rounding unit of numbers, by the type that they came in."""
    kind = str(getattr(returned, "dtype", ""))
    for name, unit in _SHORT_TYPES.items():
        if name in kind:
            return unit
    return float(np.finfo(array.dtype).eps) if array.dtype.kind == "f" else 0.0


class UserFunction(ElementFunction):
    """A function of the user's of some arrays, and of elements where it asks for them."""

    def __init__(self, name: str, results: Results, function: object, arrays: int) -> None:
        super().__init__(name, results)
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
        self,
        name: str,
        results: Results,
        function: Callable[..., object],
        *distributions: Distribution,
    ) -> None:
        super().__init__(name, results)
        self._function = function
        self._distributions = distributions

    def _call(self, element: Elements, shape: Shape, *arrays: Any) -> Floats:
        # Parameters of many numbers an element would fill the memory for all elements at once.
        numbers = sum(distribution._numbers for distribution in self._distributions)
        length = max(1, _NUMBERS // numbers)
        if element.size <= length:
            return self._piece(element, shape, *arrays)
        pieces = [slice(begin, begin + length) for begin in range(0, element.size, length)]
        return np.concatenate(
            [self._piece(element[part], shape, *(a[part] for a in arrays)) for part in pieces]
        )

    def _piece(self, element: Elements, shape: Shape, *arrays: Any) -> Floats:
        parameters = (
            array
            for distribution in self._distributions
            for array in distribution._at(element, shape)
        )
        given = [np.array(array) for array in arrays]
        # No function of the user's, who may have NumPy raise where this is right.
        with np.errstate(all="ignore"):
            return np.asarray(self._function(*given, *parameters))


class PositionFunction(FamilyFunction):
    """The same of 64-bit positions, which errors tell as probabilities."""

    def _shown(self, argument: Any) -> str:
        return repr(float(probabilities(argument)))


def _required_arguments(function: Callable[..., Any]) -> int:
    """How many positional arguments a callable requires; 1 where it does not say."""
    try:
        parameters = inspect.signature(function).parameters.values()
    except (TypeError, ValueError):  # a ufunc, say
        return 1
    positional = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
    return sum(p.kind in positional and p.default is p.empty for p in parameters)
