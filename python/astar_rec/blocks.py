"""Blocks: several elements of the last axis coded together, with one search and one index.

The overhead of an index over the information is paid once a block and hardly grows with the block,
while steps grow with the number of elements in a block, not with their information.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from . import _core
from ._validate import Floats, Indices, Shape, integer, real_array
from .errors import ParameterError

if TYPE_CHECKING:
    from .distributions import Distribution
    from .encoded import Arrays

MAX_BLOCK = 16


class Blocks:
    """How the elements of an array fall into blocks along its last axis.

    Attributes:
        block: Elements in a block, 1 to 16; the last block of a row may hold fewer.
        bits_hint: Expected bits of information for each column, which both sides know; None where
            all are alike. A block's dimensions with more are halved sooner and deeper.
    """

    def __init__(self, block: object, bits_hint: object) -> None:
        self.block = integer("block", block, 1, MAX_BLOCK)
        self.bits_hint: Floats | None = None
        if bits_hint is not None:
            self.bits_hint = real_array("bits_hint", bits_hint)
            if self.bits_hint.ndim != 1:
                raise ParameterError(
                    "shape of bits_hint", self.bits_hint.shape, "one axis: a number per column"
                )
            if self.block == 1:
                raise ParameterError("bits_hint", "given", "None with blocks of 1")

    def columns_of(self, shape: Shape) -> int:
        """The length of the last axis; 1 for an array of no axes."""
        return shape[-1] if shape else 1

    def per_row(self, shape: Shape) -> int:
        """The number of blocks in a row."""
        return -(-self.columns_of(shape) // self.block)

    def hints(self, shape: Shape) -> Floats:
        """A hint for each column."""
        columns = self.columns_of(shape)
        if self.bits_hint is None:
            return np.zeros(columns)
        if self.bits_hint.size != columns:
            raise ParameterError(
                "shape of bits_hint", self.bits_hint.shape, f"({columns},), as the last axis"
            )
        return np.ascontiguousarray(self.bits_hint)

    def steps_shape(self, shape: Shape) -> Shape:
        """The shape of one number per block."""
        return (*shape[:-1], self.per_row(shape))

    def index_shape(self, shape: Shape) -> Shape:
        """The shape of the indices: each block's heap number in 64-bit words, the lowest first."""
        return (*self.steps_shape(shape), self.block)

    def shapes(self, shape: Shape) -> tuple[Shape, Shape, Shape]:
        """The shapes of indices, samples and steps; without blocks, all the same."""
        if self.block == 1:
            return shape, shape, shape
        return self.index_shape(shape), shape, self.steps_shape(shape)

    def samples_shape(self, index: Shape, proposal: Shape, given: Shape | None) -> Shape:
        """The shape of the samples that indices of a shape stand for."""
        if len(index) < 2 or index[-1] != self.block:
            raise ParameterError(
                "shape of index", index, f"(..., blocks, {self.block}): words of blocks' indices"
            )
        columns = index[-2] * self.block
        if given is not None:
            shape = given
        elif self.bits_hint is not None:
            shape = (*index[:-2], self.bits_hint.size)
        elif proposal and proposal[-1] != 1:
            shape = (*index[:-2], proposal[-1])
        else:
            shape = (*index[:-2], columns)
        if self.index_shape(shape) != index:
            raise ParameterError(
                "shape", shape, f"that of samples whose blocks have indices of shape {index}"
            )
        return shape


def encode_blocks(
    method: _core.Method,
    seed: int,
    offset: int,
    threads: int,
    blocks: Blocks,
    target: Distribution,
    proposal: Distribution,
    arrays: Arrays,
) -> int:
    """Encodes an array in blocks; raises what the core raises. Returns how many were cut."""
    index, sample, steps = arrays
    if not sample.size:
        return 0
    index.fill(0)
    return _core.encode_blocks(
        method,
        seed,
        offset,
        threads,
        blocks.block,
        blocks.hints(sample.shape),
        target._family,
        target._first,
        target._second,
        proposal._family,
        proposal._first,
        proposal._second,
        index,
        sample,
        steps,
    )


def decode_blocks(
    method: _core.Method,
    seed: int,
    offset: int,
    threads: int,
    blocks: Blocks,
    index: Indices,
    proposal: Distribution,
    out: Floats,
) -> None:
    """Decodes an array of blocks; raises what the core raises."""
    if out.size:
        _core.decode_blocks(
            method,
            seed,
            offset,
            threads,
            blocks.block,
            blocks.hints(out.shape),
            index,
            proposal._family,
            proposal._first,
            proposal._second,
            out,
        )
