"""The tree code: AD*'s indices, predicted from the tree that both sides can draw."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from .. import _core
from .._validate import ELEMENT_LIMIT, integer, shape_of
from ..errors import CorruptDataError, ParameterError
from .adaptive import AdaptiveCode
from .learning import LearningCode

if TYPE_CHECKING:
    import numpy.typing as npt

    from .._elements import Indices, Shape
    from ..codecs import Codec
    from .code import Contexts

    # Seed, first element, block, columns' hints, and the first index's number.
    _Place = tuple[int, int, int, npt.NDArray[np.float64], int]

__all__ = ["TreeCode"]


@dataclass(frozen=True, repr=False)
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

    `pack` and `unpack` are work for one thread, as what an index costs is learnt from those before.
    The chunks of a container are independent: `compress`, `Writer`, `Reader` and `inspect` have as
    many threads at them as the codec, or ``threads=``, says.

    Args:
        block: The codec's block; None leaves that to `at`.
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

    _tree: _Tree | None = field(default=None, init=False)

    name = "tree"
    number = 5
    seconds_per_element = 2.5e-6
    elements_in_chunk = 1 << 14  # some 30 ms, for 0.3 % of the bits

    def suits(self, codec: Codec) -> bool:
        """Returns whether indices name nodes of a tree that can be drawn: those of `ADStar` do."""
        return super().suits(codec) and codec.draws_tree

    def at(self, codec: Codec, shape: Shape, *, offset: int = 0, begin: int = 0) -> TreeCode:
        """Returns the code for indices of an array.

        Args:
            codec: The `ADStar` that makes them, with the code's block if it has one.
            shape: The samples' shape.
            offset: The number of the array's first element, as for `Codec.encode`.
            begin: The number, in C order, of the first index that is coded.

        Raises:
            ParameterError: Another codec, or one of another block.
        """
        if not self.suits(codec) or self.block not in (None, codec.block):
            blocks = "" if self.block is None else f" with blocks of {self.block}"
            raise ParameterError("codec", codec, f"an ADStar{blocks}")
        first = integer("offset", offset, 0, ELEMENT_LIMIT)
        number = integer("begin", begin, 0, ELEMENT_LIMIT)
        bound = TreeCode(codec.block, expected_bits=self.expected_bits)
        object.__setattr__(bound, "_tree", _Tree(codec, shape_of("shape", shape), first, number))
        return bound

    def expecting(self, expected_bits: float | None) -> TreeCode:
        """Returns the code, of the same indices, that starts from so much information."""
        other = super().expecting(expected_bits)
        object.__setattr__(other, "_tree", self._tree)
        return other

    def fitted(self, index: Any, contexts: Any = None) -> TreeCode:
        """Returns the code that starts from where `AdaptiveCode` does best, which is faster."""
        return self.expecting(AdaptiveCode(self.block).fitted(index, contexts).expected_bits)

    def _pack(self, codes: Indices, contexts: Contexts) -> tuple[bytes, int]:
        if not codes.size:
            return b"", 0
        place = self._place(codes.size // self._words)
        return _core.pack_tree(codes, *place, self.start, contexts)

    def _fill(self, data: memoryview, contexts: Contexts, index: Indices) -> None:
        if index.size:
            _core.unpack_tree(data, *self._place(len(index)), self.start, contexts, index)
        elif len(data):
            raise CorruptDataError(f"{len(data)} bytes for no index")

    def _path_bits(self, codes: Indices) -> int | None:
        """Where a path ends is a part of it."""
        del codes
        return None

    def _place(self, count: int) -> _Place:
        if self._tree is None:
            raise ParameterError("code", self, "one that knows whose indices they are: use at()")
        return self._tree.place(count)

    def __repr__(self) -> str:
        said = super().__repr__()
        if self._tree is None:
            return said
        tree = self._tree
        return f"{said}.at({tree.codec}, {tree.shape}, offset={tree.offset}, begin={tree.begin})"


@dataclass(frozen=True)
class _Tree:
    """Whose indices are coded."""

    codec: Codec
    shape: Shape
    offset: int
    begin: int

    def place(self, count: int) -> _Place:
        codec, begin = self.codec, self.begin
        if codec.block == 1:
            return codec.seed, self.offset, 1, np.zeros(1), begin
        blocks = codec.blocks
        if len(self.shape) > 1 and (blocks.bits_hint is not None or blocks.each_is_given):
            return codec.seed, self.offset, codec.block, blocks.hints(self.shape), begin
        if len(self.shape) > 1:
            return self._place_without_hints(count)
        # A single row may be long: only its part is looked at.
        first, last = begin * codec.block, (begin + count) * codec.block
        columns = max(1, min(last, blocks.columns_of(self.shape)) - first)
        given = blocks.bits_hint
        hints = np.zeros(columns) if given is None else np.ascontiguousarray(given[first:last])
        return codec.seed, self.offset + first, codec.block, hints, 0

    def _place_without_hints(self, count: int) -> _Place:
        """Rows may be long: of these only columns are looked at that the indices lie in.

        Blocks of columns without hints are alike, so that rows may begin at another block.
        """
        codec = self.codec
        columns, per_row = codec.blocks.columns_of(self.shape), codec.blocks.per_row(self.shape)
        row, at = divmod(self.begin, per_row)
        beyond = at + count - per_row  # the row's end
        first, last = at, min((at + count) * codec.block, columns)
        if beyond > 0:  # the next row's blocks are to be there, and to be as long
            first = max(0, min(at, per_row - beyond - 1))
        first_element = first * codec.block
        hints = np.zeros(last - first_element)
        offset = self.offset + row * columns + first_element
        return codec.seed, offset, codec.block, hints, at - first
