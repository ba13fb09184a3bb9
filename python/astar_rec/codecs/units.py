"""Units: what a method codes at once, which is an element or a block of the last axis.

A block is coded with one message. The overhead of an index over the information is paid once a
block and hardly grows with the block, while steps grow with the number of elements in a block, not
with their information.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from .._arrays import real_array
from .._elements import require_all
from .._validate import integer, require_axes_for_words
from ..errors import ParameterError

if TYPE_CHECKING:
    from collections.abc import Callable

    from .._elements import Floats, Shape

__all__ = [
    "GIVEN",
    "MAX_BLOCK",
    "MOST_HINT",
    "MOST_HINTS",
    "Blocks",
    "block_of",
    "hint_numbers",
    "hints_of",
    "take_hints",
]

MAX_BLOCK = 16

# Hints are held, and written into headers, in these parts of a bit.
HINTS_PER_BIT = 16
MOST_HINT = 4096  # bits
MOST_HINTS = 1 << 18

# In the place of hints where sender and receiver give one for each element, and nothing is written.
GIVEN = "given"


class Blocks:
    """How the elements of an array fall into blocks along its last axis.

    Attributes:
        block: Elements in a block; the last block of a row may hold fewer. 1 for single elements.
        words: Numbers that a message has for each block.
        bits_hint: Expected bits of information for each column, which both sides know; None where
            all are alike. A block's dimensions with more are halved sooner and deeper.
        each_is_given: Whether there are hints for each element instead, which are not here.
        runs_through: Whether blocks run through all axes, in C order: rows are not their limits.
    """

    def __init__(
        self,
        block: int,
        words: int,
        bits_hint: tuple[float, ...] | str | None = None,
        *,
        runs_through: bool = False,
    ) -> None:
        self.block = block
        self.words = words
        self.runs_through = runs_through
        self.each_is_given = bits_hint == GIVEN
        columns = None if isinstance(bits_hint, str) else bits_hint
        self.bits_hint: Floats | None = None if columns is None else np.array(columns)

    def columns_of(self, shape: Shape) -> int:
        """The length of the last axis; 1 for an array of no axes."""
        return shape[-1] if shape else 1

    def per_row(self, shape: Shape) -> int:
        """The number of blocks in a row."""
        return -(-self.columns_of(shape) // self.block)

    def hints(self, shape: Shape) -> Floats:
        """A hint for each column."""
        columns = self.columns_of(shape)
        if self.each_is_given:
            expected = "hints: this codec is for compress, Writer and Reader, which are given them"
            raise ParameterError("bits_hint", GIVEN, expected)
        if self.bits_hint is None:
            return np.zeros(columns)
        if self.bits_hint.size != columns:
            raise ParameterError(
                "shape of bits_hint", self.bits_hint.shape, f"({columns},), as the last axis"
            )
        return np.ascontiguousarray(self.bits_hint)

    def steps_shape(self, shape: Shape) -> Shape:
        """The shape of one number for each unit of an array of samples."""
        if self.runs_through:
            return (-(-math.prod(shape) // self.block),)
        return shape if self.block == 1 else (*shape[:-1], self.per_row(shape))

    def message_shape(self, shape: Shape) -> Shape:
        """The shape of an array's message: indices of blocks are in words, the lowest first.

        Raises:
            ParameterError: More axes than NumPy allows.
        """
        units = self.steps_shape(shape)
        if self.words == 1:
            return units
        require_axes_for_words(units)
        return (*units, self.words)

    def samples_shape(self, message: Shape, proposal: Shape, given: Shape | None) -> Shape:
        """The shape of the samples that a message of a shape stands for."""
        if self.runs_through:
            return self._any_shape(message, proposal if given is None else given)
        if self.block == 1:
            return self._elements_shape(message, given)
        words = () if self.words == 1 else (self.words,)
        if len(message) < 1 + len(words) or message[len(message) - len(words) :] != words:
            raise ParameterError(
                "shape of index", message, f"(..., blocks, {self.words}): words of blocks' indices"
            )
        units = message[: len(message) - len(words)]
        if given is not None:
            shape = given
        elif self.bits_hint is not None:
            shape = (*units[:-1], self.bits_hint.size)
        elif proposal and proposal[-1] != 1:
            shape = (*units[:-1], proposal[-1])
        else:
            shape = (*units[:-1], units[-1] * self.block)
        if self.message_shape(shape) != message:
            raise ParameterError(
                "shape", shape, f"that of samples whose blocks have indices of shape {message}"
            )
        return shape

    def _any_shape(self, message: Shape, shape: Shape) -> Shape:
        if self.message_shape(shape) != message:
            expected = f"that of samples whose blocks have messages of shape {message}"
            raise ParameterError("shape", shape, expected)
        return shape

    def _elements_shape(self, message: Shape, given: Shape | None) -> Shape:
        if given is not None and given != message:
            raise ParameterError("shape", given, f"the indices' {message}, without blocks")
        return message


def hints_of(value: object, block: int) -> tuple[float, ...] | str | None:
    """Returns hints as codecs and headers hold them, in whole sixteenths of a bit.

    Raises:
        ParameterError: Not a number from 0 to 4096 for each column; hints without blocks.
    """
    if value is None:
        return None
    if isinstance(value, str):
        if value != GIVEN or block == 1:
            expected = f'None, "{GIVEN}" with blocks, or a number for each column'
            raise ParameterError("bits_hint", value, expected)
        return value
    hints = real_array("bits_hint", value)
    if hints.ndim != 1 or not 0 < hints.size <= MOST_HINTS:
        raise ParameterError("shape of bits_hint", hints.shape, "one axis: a number per column")
    if block == 1:
        raise ParameterError("bits_hint", "given", "None with blocks of 1")
    good = (hints >= 0) & (hints <= MOST_HINT)
    require_all("bits_hint", hints, good, f"a number from 0 to {MOST_HINT}")
    return tuple((np.rint(hints * HINTS_PER_BIT) / HINTS_PER_BIT).tolist())


def block_of(value: object, most: int = MAX_BLOCK) -> int:
    """Returns a block."""
    return integer("block", value, 1, most)


def hint_numbers(hints: tuple[float, ...] | str | None) -> tuple[int, ...]:
    """Returns what a header holds of hints: how many there are, and these in sixteenths.

    One more than the most stands for those that are given with the elements.
    """
    if isinstance(hints, str):
        return (MOST_HINTS + 1,)
    given = hints or ()
    return (len(given), *(round(hint * HINTS_PER_BIT) for hint in given))


def take_hints(take: Callable[[], int]) -> tuple[float, ...] | str | None:
    """Returns what `hint_numbers` was given.

    Raises:
        ParameterError: Too many of them, or one that is too large.
    """
    count = take()
    if count == MOST_HINTS + 1:
        return GIVEN
    if count > MOST_HINTS:
        raise ParameterError("number of hints", count, f"at most {MOST_HINTS}")
    return tuple(take() / HINTS_PER_BIT for _ in range(count)) or None
