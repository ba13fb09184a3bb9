"""Which elements the indices of a container stand for.

Indices are numbered in C order, and those of an array of blocks so are its blocks. So consecutive
indices stand for consecutive elements.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from ..codecs.units import Blocks

if TYPE_CHECKING:
    import numpy.typing as npt

    from .._elements import Shape


@dataclass(frozen=True)
class Grid:
    """An array of samples, its blocks, and its chunks of indices.

    Attributes:
        shape: The samples'.
        block: Elements of the last axis that share an index.
        chunk: Indices in a chunk; the last one may hold fewer.
        runs_through: Whether blocks run through all axes, in C order, and not along the last one.
    """

    shape: Shape
    block: int
    chunk: int
    runs_through: bool = False

    @cached_property
    def steps_shape(self) -> Shape:
        """The shape of one number for each index."""
        return Blocks(self.block, 1, runs_through=self.runs_through).steps_shape(self.shape)

    @property
    def is_flat(self) -> bool:
        """Whether blocks are of elements one after the other, however many axes there are."""
        return self.runs_through or len(self.shape) == 1

    @property
    def elements(self) -> int:
        """The number of elements."""
        return math.prod(self.shape)

    @cached_property
    def indices(self) -> int:
        """The number of indices."""
        return math.prod(self.steps_shape)

    @property
    def chunks(self) -> int:
        """The number of chunks."""
        return -(-self.indices // self.chunk)

    @property
    def rows(self) -> int:
        """The length of the first axis; 1 for a single element."""
        return self.shape[0] if self.shape else 1

    @property
    def row_elements(self) -> int:
        """How many elements a row of the first axis has."""
        return math.prod(self.shape[1:])

    @property
    def row_indices(self) -> int:
        """How many indices a row of the first axis has, if there is another axis."""
        return math.prod(self.steps_shape[1:])

    def in_chunk(self, number: int) -> int:
        """How many indices a chunk holds."""
        return min(self.chunk, self.indices - number * self.chunk)

    def elements_of(self, begin: int, end: int) -> range:
        """The elements that consecutive indices stand for."""
        return range(self._first_element(begin), self._first_element(end))

    def sizes(self, begin: int, end: int) -> npt.NDArray[np.int64]:
        """How many elements each of consecutive indices stands for."""
        sizes = np.full(end - begin, self.block, np.int64)
        if self.block > 1:
            # Of each line of blocks the last one may be shorter.
            line = self.indices if self.is_flat else self.steps_shape[-1]
            elements = self.elements if self.is_flat or not self.shape else self.shape[-1]
            is_last = np.arange(begin, end) % line == line - 1
            sizes[is_last] = elements - (line - 1) * self.block
        return sizes

    def _first_element(self, index: int) -> int:
        if self.block == 1 or self.is_flat:
            return min(index * self.block, self.elements)
        per_row = self.steps_shape[-1]
        columns = self.shape[-1] if self.shape else 1
        row, place = divmod(index, per_row) if per_row else (0, 0)
        return row * columns + min(columns, place * self.block)

    def indices_of_rows(self, begin: int, end: int) -> range:
        """The indices that rows need: of blocks that rows do not limit, all that they lie in."""
        if self.shape and not self.is_flat:
            return range(begin * self.row_indices, end * self.row_indices)
        begin, end = begin * self.row_elements, end * self.row_elements
        first = begin // self.block
        return range(first, -(-end // self.block) if begin < end else first)
