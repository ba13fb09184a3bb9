"""The tree code: AD*'s indices, predicted from the tree that both sides can draw."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any

import numpy as np

from . import _core
from ._validate import (
    ELEMENT_LIMIT,
    Buffer,
    Indices,
    Shape,
    as_bytes,
    context_array,
    index_array,
    integer,
    shape_of,
    to_numpy,
    unravel,
)
from .codecs import ADStar
from .errors import CorruptDataError, ParameterError
from .index_codes import IndexCode, Parts, start_of

if TYPE_CHECKING:
    import numpy.typing as npt

    from .codecs import Codec

__all__ = ["TreeCode"]


class TreeCode(IndexCode):
    """AD*'s indices in the fewest bits: nearly their entropy, given the shared random numbers.

    Which node of a tree wins depends on the target, but the receiver can draw the tree: arrivals
    and samples. Given these, most nodes can hardly win. So each step of a path, "does it end here?"
    and "does it go right?", is said with the probability that a model gives it for what the tree
    looks like there. It starts from normal targets of unknown scale whose marginal is the proposal,
    and learns from the indices before what is different. docs/tree_code.md says how.

    At 2 bits of information an element takes 2.8 bits alone, where `AdaptiveCode` takes 3.7, and
    2.3 in blocks of eight, where that takes 2.4. The price is time, some 2 µs an element
    both ways.

    It must know whose indices it codes: see `at`. `compress` and `Writer` say so themselves.

    Args:
        block: The codec's block.
        expected_bits: The information of an index in bits, of the whole block, as far as both sides
            know it; None to learn it. Rounded to eighths of a bit an element.

    Raises:
        ParameterError: A block not from 1 to 16; expected bits that are no finite number from 0 on.

    Examples:
        >>> import numpy as np
        >>> import astar_rec as rec
        >>> means = np.random.default_rng(0).normal(size=5000) * np.sqrt(15 / 16)
        >>> q, p = rec.Normal(means, 0.25), rec.Normal(0.0, 1.0)
        >>> codec = rec.ADStar(seed=1)
        >>> index = codec.encode(q, p).index
        >>> code = rec.TreeCode().at(codec, index.shape)
        >>> data = code.pack(index)
        >>> bool((code.unpack(data, index.size) == index).all())
        True
        >>> 8 * len(data) < 0.8 * rec.AdaptiveCode().bits(index)
        True
    """

    _tree: _Tree | None = None

    def __init__(self, block: int = 1, *, expected_bits: float | None = None) -> None:
        self.block = self._parameter = integer("block", block, 1, 16)
        self._start = 0 if expected_bits is None else start_of(expected_bits, self.block)
        self.expected_bits = self._start * self.block / 8 if self._start else None

    def at(self, codec: Codec, shape: Shape, *, offset: int = 0, begin: int = 0) -> TreeCode:
        """Returns the code for indices of an array.

        Args:
            codec: The `ADStar` that makes them, with the code's block.
            shape: The samples' shape.
            offset: The number of the array's first element, as for `Codec.encode`.
            begin: The number, in C order, of the first index that is coded.

        Raises:
            ParameterError: Another codec, or one of another block.
        """
        if not isinstance(codec, ADStar) or codec.block != self.block:
            raise ParameterError("codec", codec, f"an ADStar with blocks of {self.block}")
        bound = copy.copy(self)
        first = integer("offset", offset, 0, ELEMENT_LIMIT)
        number = integer("begin", begin, 0, ELEMENT_LIMIT)
        bound._tree = _Tree(codec, shape_of("shape", shape), first, number)
        return bound

    def parts(self, index: Any, contexts: Any = None) -> Parts:
        """Returns where the bits go. Where a path ends is a part of it: depths take none."""
        data, bits = self._pack(index, contexts)
        used = min(bits, 8 * len(data))
        return Parts(0, used, 8 * len(data) - used)

    def pack(self, index: Any, contexts: Any = None) -> bytes:
        """Returns all indices as bytes.

        Args:
            index: Indices, an array of uint64; with blocks (..., block).
            contexts: Integers from 0 to 65535 that broadcast to the indices' shape, or None. Each
                context learns its own information.

        Raises:
            ParameterError: An index that the codec cannot make; an array of another dtype or shape;
                contexts that are no such integers; a code that has not been told whose indices they
                are.
        """
        return self._pack(index, contexts)[0]

    def unpack(self, data: Buffer, count: int, contexts: Any = None) -> Indices:
        """Returns the indices that bytes hold, of shape (count,) or (count, block).

        Args:
            data: What `pack` returned, as bytes or another contiguous buffer of them.
            count: The number of indices.
            contexts: What `pack` was given.

        Raises:
            ParameterError: ``data`` is no such buffer; contexts that `pack` would refuse.
            CorruptDataError: Bytes that no ``count`` indices are packed to.
        """
        number = integer("count", count, 0, ELEMENT_LIMIT)
        view = as_bytes(data)
        shape: Shape = (number,)
        if contexts is not None and to_numpy(contexts).size == number:
            shape = to_numpy(contexts).shape
        numbers = _contexts(contexts, shape)
        if number == 0:
            if len(view):
                raise CorruptDataError(f"{len(view)} bytes for no index")
            return np.empty(0 if self.block == 1 else (0, self.block), np.uint64)
        place = self._place(number)
        index = np.empty(number if self.block == 1 else (number, self.block), np.uint64)
        try:
            _core.unpack_tree(view, *place, self._start, numbers, index)
        except _core.CoreCorruptDataError as error:
            raise CorruptDataError(str(error)) from None
        return index

    def _pack(self, index: Any, contexts: Any) -> tuple[bytes, int]:
        codes = index_array("index", index)
        if self.block > 1 and codes.shape[-1:] != (self.block,):
            raise ParameterError("shape of index", codes.shape, f"(..., {self.block})")
        shape = codes.shape if self.block == 1 else codes.shape[:-1]
        numbers = _contexts(contexts, shape)
        if not codes.size:
            return b"", 0
        try:
            return _core.pack_tree(
                codes, *self._place(codes.size // self.block), self._start, numbers
            )
        except _core.CoreIndexError as error:
            position = unravel(error.args[1], shape)
            value = codes[position].tolist()
            raise ParameterError("index", value, f"an index ({error.args[0]})", position) from None

    def _place(self, count: int) -> tuple[int, int, int, npt.NDArray[np.float64], int]:
        if self._tree is None:
            raise ParameterError("code", self, "one that knows whose indices they are: use at()")
        return self._tree.place(count)

    def __repr__(self) -> str:
        known = "" if self.expected_bits is None else f", expected_bits={self.expected_bits}"
        return f"TreeCode(block={self.block}{known})"


class _Tree:
    """Whose indices are coded."""

    def __init__(self, codec: Codec, shape: Shape, offset: int, begin: int) -> None:
        self._codec = codec
        self._shape = shape
        self._offset = offset
        self._begin = begin

    def place(self, count: int) -> tuple[int, int, int, npt.NDArray[np.float64], int]:
        """Returns seed, first element, block, columns' hints, and the first index's number."""
        codec, begin = self._codec, self._begin
        if codec.block == 1:
            return codec.seed, self._offset, 1, np.zeros(1), begin
        if len(self._shape) > 1:
            hints = codec.blocks.hints(self._shape)
            return codec.seed, self._offset, codec.block, hints, begin
        # A single row may be long: only its part is looked at.
        first, last = begin * codec.block, (begin + count) * codec.block
        columns = max(1, min(last, codec.blocks.columns_of(self._shape)) - first)
        given = codec.blocks.bits_hint
        hints = np.zeros(columns) if given is None else np.ascontiguousarray(given[first:last])
        return codec.seed, self._offset + first, codec.block, hints, 0


def _contexts(contexts: Any, shape: Shape) -> npt.NDArray[np.uint16]:
    if contexts is None:
        return np.empty(0, np.uint16)
    return np.ascontiguousarray(context_array(contexts, shape).reshape(-1))
