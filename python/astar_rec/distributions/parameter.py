"""A parameter of a family: what it may be, and how many numbers each element has of it.

An element has one number of most parameters. A parameter with an *axis* has an array of them: the
last axis of what is given is the element's own, and those before are the elements'. Such an array
is treated as one item an element, which is sliced and reshaped as a number is.
"""

from __future__ import annotations

import math
import sys
from typing import TYPE_CHECKING, Any, overload

import numpy as np

from .._arrays import real_array
from .._elements import Flat, Floats, require_between
from ..errors import ParameterError

if TYPE_CHECKING:
    import numpy.typing as npt

    from .._elements import Shape
    from .distribution import Distribution

__all__ = ["Parameter", "declared", "extended", "frozen"]

# Standard quantiles reach 45.1: with this much room, no sample overflows.
_LARGEST = sys.float_info.max / 128
_FINITE = f"a finite number, at most {_LARGEST:.3g} in size"
_BYTES = 8


class Parameter:
    """A parameter of a family: an attribute, whose name is that which the class gives it.

    Args:
        doc: What it is.
        positive: Whether it must be above 0.
        nonnegative: Whether it must be at least 0.
        axis: What the numbers of the last axis are for, where each element has more than one.
            Parameters with the same axis broadcast along it.
    """

    def __init__(
        self,
        doc: str,
        *,
        positive: bool = False,
        nonnegative: bool = False,
        axis: str | None = None,
    ) -> None:
        self.__doc__ = doc
        self.positive = positive
        self.nonnegative = nonnegative
        self.axis = axis
        self.name = ""
        self._place = 0

    def __set_name__(self, owner: type[Distribution], name: str) -> None:
        self.name = name
        self._place = declared(owner).index(self)

    def checked(self, value: object) -> Floats:
        """Returns a value as a read-only float64 array."""
        array = real_array(self.name, value, _LARGEST, _FINITE)
        if self.positive:
            require_between(self.name, array, _least_positive(), _LARGEST, "a positive number")
        elif self.nonnegative:
            require_between(self.name, array, 0.0, _LARGEST, "a number of at least 0")
        if self.axis is not None:
            array = np.atleast_1d(array)
            if not array.shape[-1]:
                expected = f"at least one {self.axis} along the last axis"
                raise ParameterError(f"shape of {self.name}", array.shape, expected)
        return frozen(array)

    # --- Elements, of which each has a number or an array of them --------------------------------

    def shape_of(self, array: Floats) -> Shape:
        """The elements' shape."""
        return array.shape if self.axis is None else array.shape[:-1]

    def own_of(self, array: Floats) -> Shape:
        """The shape of what one element has."""
        return () if self.axis is None else array.shape[-1:]

    def spread(self, array: Floats, shape: Shape) -> Floats:
        """Returns a view for elements of a shape."""
        return np.broadcast_to(array, (*shape, *self.own_of(array)))

    def items(self, array: Floats) -> npt.NDArray[Any]:
        """Returns a view with one item for each element."""
        if self.axis is None:
            return array
        return array.view(np.dtype((np.void, _BYTES * array.shape[-1])))[..., 0]

    def numbers(self, items: npt.NDArray[Any]) -> Floats:
        """Returns the numbers of items."""
        return items if self.axis is None else items[..., None].view(np.float64)

    def at(self, array: Floats, element: npt.NDArray[np.int64], shape: Shape) -> Floats:
        """Returns what elements have, by their numbers in C order over a shape."""
        return self.numbers(Flat(self.items(self.spread(array, shape)))[element])

    # --- As an attribute -------------------------------------------------------------------------

    @overload
    def __get__(self, instance: None, owner: type[Distribution]) -> Parameter: ...
    @overload
    def __get__(self, instance: Distribution, owner: type[Distribution]) -> Floats: ...
    def __get__(
        self, instance: Distribution | None, owner: type[Distribution]
    ) -> Parameter | Floats:
        return self if instance is None else instance._parameters[self._place]

    def __set__(self, instance: Distribution, value: object) -> None:
        raise AttributeError(f"{type(instance).__name__} is frozen: cannot set {self.name}")


def _least_positive() -> float:
    """Returns the least number above 0, as this thread's processor has it.

    Where another library has it flush subnormal numbers to zero, these are no scales either.
    """
    least = math.ulp(0.0)
    return least if least > 0.0 else sys.float_info.min


def declared(family: type[Distribution]) -> tuple[Parameter, ...]:
    """Returns the parameters of a family in their order: those of base classes first."""
    members = (vars(kind).values() for kind in reversed(family.__mro__))
    return tuple(each for some in members for each in some if isinstance(each, Parameter))


def extended(parameters: tuple[Parameter, ...], arrays: list[Floats]) -> list[Floats]:
    """Returns parameters' arrays, those with an axis broadcast along it and contiguous there.

    Raises:
        ParameterError: Parameters with the same axis that do not broadcast along it.
    """
    if all(parameter.axis is None for parameter in parameters):
        return arrays
    longest: dict[str, tuple[int, str]] = {}
    for parameter, array in zip(parameters, arrays, strict=True):
        if parameter.axis is not None:
            here = (array.shape[-1], parameter.name)
            longest[parameter.axis] = max(longest.get(parameter.axis, here), here)
    made = []
    for parameter, array in zip(parameters, arrays, strict=True):
        if parameter.axis is None:
            made.append(array)
            continue
        length, name = longest[parameter.axis]
        if array.shape[-1] not in (1, length):
            expected = f"{length} along the last axis, or 1, as {name} has"
            raise ParameterError(f"shape of {parameter.name}", array.shape, expected)
        full = np.broadcast_to(array, (*array.shape[:-1], length))
        # What is one item must lie in one place.
        apart = full.strides[-1] != _BYTES
        made.append(frozen(np.ascontiguousarray(full) if apart else full))
    return made


def frozen(array: Floats) -> Floats:
    """Returns a read-only view."""
    view = array.view()
    view.setflags(write=False)
    return view
