"""Targets of which some elements are replaced by their proposals, whatever tells the others."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from .callables import ElementFunction, Elements
from .distributions import CustomTarget

if TYPE_CHECKING:
    import numpy.typing as npt

    from .._elements import Floats, Shape
    from ..distributions import Distribution

__all__ = ["StandIn"]


class StandIn(CustomTarget):
    """A target of which some elements are their proposals: their log ratio is 0 everywhere.

    Polar coding asks for their masses by position: `Tails` knows them.

    Args:
        target: The target; for searches one with a log ratio.
        replaced: Which elements are replaced, a mask of the shape to which all broadcasts.

    Attributes:
        original: The target.
        replaced: The mask, flat.
    """

    def __init__(
        self, target: Distribution | CustomTarget, replaced: npt.NDArray[np.bool_]
    ) -> None:
        self.shape, self.original = replaced.shape, target
        self.replaced = replaced.reshape(-1)
        if not isinstance(target, CustomTarget):
            return
        if target._log_ratio is not None:
            self._log_ratio = _Zeroed(target._log_ratio, self.replaced)
        self._mode, bound = target._mode, target._bound
        if isinstance(bound, np.ndarray):
            self._bound = np.where(replaced, 0.0, bound)
        elif bound is not None:
            self._bound = _Zeroed(bound, self.replaced)

    def __repr__(self) -> str:
        return repr(self.original)


class _Zeroed(ElementFunction):
    """A function that is 0 of some elements, and not called for them."""

    def __init__(self, function: ElementFunction, zero: npt.NDArray[np.bool_]) -> None:
        super().__init__(function._name, function._results)
        self._function, self._zero = function, zero

    def _call(self, element: Elements, shape: Shape, *arrays: Any) -> Floats:
        return self.measured(element, shape, *arrays)[0]

    def measured(self, element: Elements, shape: Shape, *arrays: Any) -> tuple[Floats, float]:
        """Returns the function's results and their unit: see `ElementFunction.measured`."""
        own = np.flatnonzero(~self._zero[element])
        values, unit = np.zeros(element.shape), 0.0
        if own.size:
            some = (array[own] for array in arrays)
            values[own], unit = self._function.measured(element[own], shape, *some)
        return values, unit
