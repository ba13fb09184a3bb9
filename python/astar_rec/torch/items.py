"""Items of a batch as lines of elements: channel by channel, whatever axis channels are."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

import numpy as np

from .._elements import unravel
from .priors import axis_of

if TYPE_CHECKING:
    import numpy.typing as npt

    from .grid import GridPrior

    Number = TypeVar("Number", np.float64, np.int64, np.bool_)

__all__ = ["Lines"]


@dataclass(frozen=True)
class Lines:
    """How a batch falls into lines, each of which becomes a string.

    Attributes:
        shape: The batch's shape, items first.
        axis: Which axis the channels are.
        together: Whether all items make one line.
    """

    shape: tuple[int, ...]
    axis: int
    together: bool

    @property
    def count(self) -> int:
        """How many lines there are."""
        return 1 if self.together else self.shape[0]

    @property
    def item(self) -> tuple[int, ...]:
        """The shape of what a line stands for: an item, or the whole batch."""
        return self.shape if self.together else self.shape[1:]

    @property
    def size(self) -> int:
        """How many elements a line has."""
        return math.prod(self.item)

    def of(self, array: npt.NDArray[Number]) -> npt.NDArray[Number]:
        """Returns an array that broadcasts to the batch's shape as lines, (count, size)."""
        whole = np.broadcast_to(array, self.shape)
        return self._moved(whole).reshape(self.count, self.size)

    def of_prior(self, prior: GridPrior) -> list[GridPrior]:
        """Returns the prior of each line."""
        pairs = zip(self.of(prior.loc), self.of(prior.log_scale), strict=True)
        return [prior._replace(loc=loc, log_scale=log_scale) for loc, log_scale in pairs]

    def back(self, lines: npt.NDArray[Number]) -> npt.NDArray[Number]:
        """Returns the array of the batch's shape that lines are of."""
        moved = self._moved(np.empty(self.shape, np.bool_)).shape
        array = lines.reshape(moved)
        return array if len(self.shape) < 2 else np.moveaxis(array, 1, self._channels)

    def place(self, line: int, element: int) -> tuple[int, ...]:
        """Returns where in the batch an element of a line stands."""
        numbers = np.arange(math.prod(self.shape)).reshape(self.shape)
        return unravel(int(self.of(numbers)[line, element]), self.shape)

    @property
    def _channels(self) -> int:
        return axis_of(self.axis, len(self.shape))

    def _moved(self, array: npt.NDArray[Number]) -> npt.NDArray[Number]:
        return array if len(self.shape) < 2 else np.moveaxis(array, self._channels, 1)
