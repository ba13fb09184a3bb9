"""The tree code: AD*'s indices, predicted from the tree that both sides can draw."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any

import numpy as np

from . import _core
from ._validate import ELEMENT_LIMIT, Indices, Shape, integer, shape_of
from .errors import CorruptDataError, ParameterError
from .index_codes import LearningCode, Parts

if TYPE_CHECKING:
    import numpy.typing as npt

    from .codecs import Codec
    from .index_codes import Contexts

__all__ = ["TreeCode"]


class TreeCode(LearningCode):
    """AD*'s indices in the fewest bits: nearly their entropy, given the shared random numbers.

    Which node of a tree wins depends on the target, but the receiver can draw the tree: arrivals
    and samples. Given these, most nodes can hardly win. So each step of a path, "does it end here?"
    and "does it go right?", is said with the probability that a model gives it for what the tree
    looks like there. It starts from normal targets of unknown scale whose marginal is the proposal,
    and learns from the indices before what is different. docs/tree_code.md says how.

    At 2 bits of information an element takes 2.8 bits alone, where `AdaptiveCode` takes 3.7, and
    2.3 in blocks of eight, where that takes 2.4. The price is time, some 2 µs an element both ways.
    Of contexts, each learns its own information.

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
        if not codec.draws_tree or codec.block != self.block:
            raise ParameterError("codec", codec, f"an ADStar with blocks of {self.block}")
        bound = copy.copy(self)
        first = integer("offset", offset, 0, ELEMENT_LIMIT)
        number = integer("begin", begin, 0, ELEMENT_LIMIT)
        bound._tree = _Tree(codec, shape_of("shape", shape), first, number)
        return bound

    def parts(self, index: Any, contexts: Any = None) -> Parts:
        """Returns where the bits go. Where a path ends is a part of it: depths take none."""
        data, bits = self._pack(self._checked(index), contexts)
        used = min(bits, 8 * len(data))
        return Parts(0, used, 8 * len(data) - used)

    def _encode(self, codes: Indices, contexts: Contexts) -> tuple[bytes, int]:
        if not codes.size:
            return b"", 0
        return _core.pack_tree(codes, *self._place(codes.size // self.block), self._start, contexts)

    def _decode(self, data: memoryview, contexts: Contexts, index: Indices) -> None:
        if index.size:
            _core.unpack_tree(data, *self._place(len(index)), self._start, contexts, index)
        elif len(data):
            raise CorruptDataError(f"{len(data)} bytes for no index")

    def _place(self, count: int) -> tuple[int, int, int, npt.NDArray[np.float64], int]:
        if self._tree is None:
            raise ParameterError("code", self, "one that knows whose indices they are: use at()")
        return self._tree.place(count)


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
