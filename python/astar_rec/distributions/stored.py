"""Distributions whose parameters lie elsewhere: on a disk, in a library's lazy arrays.

`Stored` needs a shape and slices of an array: NumPy's memory-mapped ones have these, zarr's,
dask's. What is asked for is a *run*: elements that follow each other in C order. A run is cut from
each parameter as boxes (`boxes_of`), and from boxes a distribution is made (`Cut.made`), possibly
elsewhere: where slices are lazy, what they stand for has come into their place by then.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from .._elements import unravel
from .._validate import broadcast_shape
from ..errors import ParameterError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .._elements import Shape
    from .distribution import Distribution

    Box = tuple[slice, ...]

__all__ = ["Cut", "Stored", "boxes_of"]


def boxes_of(shape: Shape, begin: int, end: int) -> Iterator[Box]:
    """Yields boxes that hold consecutive elements, in C order: at most 2 n - 1 of n axes.

    Args:
        shape: The array's shape.
        begin: The number of the first element.
        end: That behind the last one.

    Yields:
        A slice of each axis.

    Examples:
        >>> [tuple((a.start, a.stop) for a in box) for box in boxes_of((3, 4), 2, 12)]
        [((0, 1), (2, 4)), ((1, 3), (0, 4))]
    """
    if begin >= end:
        return
    if not shape:
        yield ()
        return
    row = math.prod(shape[1:])
    first, last = begin // row, (end - 1) // row
    here = slice(first, first + 1)
    if first == last:
        for box in boxes_of(shape[1:], begin - first * row, end - first * row):
            yield here, *box
        return
    if begin % row:
        for box in boxes_of(shape[1:], begin % row, row):
            yield here, *box
        first += 1
    if end // row > first:
        yield slice(first, end // row), *(slice(0, length) for length in shape[1:])
    if end % row:
        for box in boxes_of(shape[1:], 0, end % row):
            yield slice(last, last + 1), *box


@dataclass(frozen=True)
class Cut:
    """What a run needs of an array of distributions.

    Attributes:
        family: The family.
        parameters: What each parameter has: an array for each box, or a single one where all
            elements have the same.
        boxes: The shapes of the boxes.
        shape: The shape of the whole array, for errors.
        begin: The number of the run's first element there.
    """

    family: type[Distribution]
    parameters: list[Any]
    boxes: list[Shape]
    shape: Shape
    begin: int

    def made(self) -> Distribution:
        """Returns the distributions of the run, flat.

        Raises:
            ParameterError: A parameter is not what it must be; the error says where in the whole.
        """
        declared = self.family._declared
        try:
            pairs = zip(declared, self.parameters, strict=True)
            return self.family(*(self._gathered(each.axis, own) for each, own in pairs))
        except ParameterError as error:
            if not error.position:
                raise
            number, *own_place = error.position
            place = (*unravel(self.begin + number, self.shape), *own_place)
            expected = str(error).partition("; expected ")[2]
            raise ParameterError(error.argument, error.value, expected, place) from None

    def _gathered(self, axis: str | None, own: Any) -> Any:
        """Returns a parameter of all boxes, flat but for its own axis."""
        if not isinstance(own, list):
            return own
        numbers = 0 if axis is None else 1
        parts = []
        for box, given in zip(self.boxes, own, strict=True):
            part = np.asarray(given)
            tail = part.shape[part.ndim - numbers :]
            parts.append(np.broadcast_to(part, (*box, *tail)).reshape(-1, *tail))
        return parts[0] if len(parts) == 1 else np.concatenate(parts)


class Stored:
    """An array of distributions of a family, with parameters that are read when they are needed.

    Attributes:
        family: The family.
        arrays: The parameters, in the family's order.
        shape: The shape that the parameters broadcast to, less their axes of their own.

    Examples:
        >>> import numpy as np
        >>> import astar_rec as rec
        >>> q = Stored(rec.Normal, [np.arange(6.0).reshape(2, 3), np.array([1.0, 2.0, 4.0])])
        >>> q.run(1, 4)
        Normal(loc=[1.0, 2.0, 3.0], scale=[2.0, 4.0, 1.0])
    """

    def __init__(self, family: type[Distribution], arrays: list[Any]) -> None:
        self.family = family
        # A number is an axis of one number, for parameters that have one of their own.
        self.arrays = [
            array[None] if each.axis is not None and not array.shape else array
            for each, array in zip(family._declared, arrays, strict=True)
        ]
        pairs = zip(family._declared, self.arrays, strict=True)
        self.shape = broadcast_shape(**{p.name: self._shape_of(a, p.axis) for p, a in pairs})

    @classmethod
    def of(cls, distribution: Distribution) -> Stored:
        """Returns what a distribution in memory is."""
        return cls(type(distribution), list(distribution._parameters))

    @property
    def size(self) -> int:
        """The number of elements."""
        return math.prod(self.shape)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.family.__name__}, shape={self.shape})"

    def cut(self, begin: int, end: int, shape: Shape | None = None) -> Cut:
        """Returns what a run needs: the slices of parameters.

        Args:
            begin: The number of the run's first element, in C order.
            end: That behind its last.
            shape: The shape, to which this broadcasts, in which elements are numbered; None for
                this one's own.
        """
        whole = self.shape if shape is None else shape
        # Of no elements there is a box, too: parameters keep the axes of their own.
        boxes = list(boxes_of(whole, begin, end)) or [tuple(slice(0, 0) for _ in whole)]
        parameters: list[Any] = []
        for each, array in zip(self.family._declared, self.arrays, strict=True):
            own = self._shape_of(array, each.axis)
            if math.prod(own) == 1:
                # One for all: it keeps the axis of its own and no other.
                parameters.append(array[tuple(0 for _ in own)])
            else:
                parameters.append([array[_within(own, box)] for box in boxes])
        lengths = [tuple(axis.stop - axis.start for axis in box) for box in boxes]
        return Cut(self.family, parameters, lengths, whole, begin)

    def run(self, begin: int, end: int, shape: Shape | None = None) -> Distribution:
        """Returns the distributions of a run, flat, in memory: see `cut`.

        A distribution with the same parameters for all elements has no axes.

        Raises:
            ParameterError: See `Cut.made`.
        """
        return self.cut(begin, end, shape).made()

    @staticmethod
    def _shape_of(array: Any, axis: str | None) -> Shape:
        whole = tuple(array.shape)
        return whole if axis is None else whole[:-1]


def _within(own: Shape, box: Box) -> Box:
    """Returns what a box is of an array that is repeated along axes: those it lacks, those of 1."""
    last = box[len(box) - len(own) :]
    return tuple(
        slice(0, 1) if length == 1 else axis for length, axis in zip(own, last, strict=True)
    )
