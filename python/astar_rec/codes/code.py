"""What a code for indices is: the contract that every one of them fulfils.

A code is one file with one class. It says of itself its name and its number on the wire, how many
words an index of it may have, whether it takes contexts and which codecs it suits, and how its
parameters stand in a header. It packs checked arrays and unpacks checked bytes; what is public,
with all checks of arguments, is here. `registry.register` makes it known to containers.

    class                what it says
    `name`, `number`     what it is called, and its number in a header
    `header_size`        how many numbers its parameters are there
    `carried`            the dtype of what it codes
    `takes_contexts`     whether indices may have contexts
    `most_words`         the largest block whose indices it takes
    `in_threads`         whether several threads pack chunks of a container
    `elements_in_chunk`  how large these are, and `seconds_per_element` what they take

    object               what it does
    `block`              the words of an index; None where whoever packs says
    `with_block`, `at`   the same code for a block, or for the indices of an array
    `suits`              whether it can code a codec's indices
    `expecting`          the same code with another start, and `fitted` with the best one
    `header_numbers`     its parameters, and `from_header` the code from them
    `_pack`, `_unpack`   indices to bytes and back

Codes are immutable. Two are equal if they are of one class and have the same parameters; they can
be pickled, and what `repr` says of one makes it again.
"""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple

import numpy as np

from .. import _core
from .._arrays import context_array, index_array, to_numpy
from .._elements import Indices, unravel
from .._validate import ELEMENT_LIMIT, Buffer, as_bytes, integer
from ..errors import CorruptDataError, ParameterError

if TYPE_CHECKING:
    import sys
    from collections.abc import Iterator

    import numpy.typing as npt

    from .._elements import Shape
    from ..codecs import Codec

    if sys.version_info >= (3, 11):
        from typing import Self
    else:
        from typing_extensions import Self

    Contexts = npt.NDArray[np.uint16]

__all__ = ["IndexCode", "Parts", "RefusedIndexError"]

# What `_pack` raises for an index that it cannot hold, with the reason and the index's number.
RefusedIndexError = _core.CoreIndexError


class Parts(NamedTuple):
    """Where the bits of packed indices went.

    Zero bytes at the end of an `AdaptiveCode` are not written. Where that leaves less than what the
    indices hold, of a few indices, depths are said to take less, and then paths.

    Attributes:
        depth: What the code spends on depths.
        path: The bits of the paths themselves, the depths of all indices together.
        padding: What is left of the last byte.
    """

    depth: int
    path: int
    padding: int


@dataclass(frozen=True)
class IndexCode:
    """What all codes share. Only `AdaptiveCode` and `TreeCode` take contexts, which are of indices.

    Attributes:
        name: What the command line calls it.
        number: What a container's header calls it, from 0 to 255; those from 128 are for codes
            elsewhere.
        header_size: How many numbers of a header are its parameters.
        carried: The dtype of what it codes: uint64, or object for bytes.
        takes_contexts: Whether indices may have contexts.
        most_words: The most 64-bit words that an index may have: the largest block.
        in_threads: Whether containers pack and unpack several chunks at once. It pays where that
            takes long and lets other threads of Python run.
        seconds_per_element: What packing an element takes, roughly, for progress.
        elements_in_chunk: How many elements a container's chunk holds unless asked otherwise, a
            power of two: a row that is read alone costs as much as these.
    """

    name: ClassVar[str]
    number: ClassVar[int]
    header_size: ClassVar[int] = 0
    carried: ClassVar[type[np.uint64] | type[np.object_]] = np.uint64
    takes_contexts: ClassVar[bool] = False
    most_words: ClassVar[int] = 1
    in_threads: ClassVar[bool] = False
    elements_in_chunk: ClassVar[int] = 1 << 16
    seconds_per_element: ClassVar[float] = 30e-9

    @property
    def block(self) -> int | None:
        """The words of an index, as many as the codec's block has elements; None if unknown yet."""
        return 1

    def with_block(self, block: int) -> Self:
        """Returns the code for indices of so many words: itself, where it knows its block.

        Args:
            block: The words of an index of the codec.

        Raises:
            ParameterError: The code is for another block, or for none so large.
        """
        if block != self.block:
            raise ParameterError("code", self, f"a code for blocks of {block}, or None")
        return self

    def suits(self, codec: Codec) -> bool:
        """Returns whether the code can hold a codec's indices, apart from the block."""
        return codec.kind.carried is self.carried

    def at(self, codec: Codec, shape: Shape, *, offset: int = 0, begin: int = 0) -> Self:
        """Returns the code for certain indices: that for the codec's block, but for `TreeCode`.

        Args:
            codec: The codec that makes the indices.
            shape: The samples' shape.
            offset: The number of the array's first element, as for `Codec.encode`.
            begin: The number, in C order, of the first index that is coded.

        Raises:
            ParameterError: The code does not suit the codec, or its block.
        """
        del shape, offset, begin
        return self.with_block(codec.words)

    def expecting(self, expected_bits: float | None) -> Self:
        """Returns the code that starts from so much information: itself, where it does not learn.

        Args:
            expected_bits: The information of an index in bits; None if unknown.

        Raises:
            ParameterError: No finite number from 0 on.
        """
        del expected_bits
        return self

    def fitted(self, index: Any, contexts: Any = None) -> Self:
        """Returns the code that starts from where it does best: itself, where it does not learn.

        Args:
            index: Some of the indices that are to be packed.
            contexts: Their contexts, as for `pack`.

        Raises:
            ParameterError: What `pack` raises.
        """
        del index, contexts
        return self

    def header_numbers(self) -> tuple[int, ...]:
        """Returns the parameters as a header has them: `header_size` integers, 0 to 2^64 - 1."""
        return ()

    @classmethod
    def from_header(cls, numbers: tuple[int, ...], block: int) -> Self:
        """Returns the code whose `header_numbers` these are.

        Args:
            numbers: `header_size` integers.
            block: The words of an index, which follow from what the header says of the codec. A
                code that is always for one word need not look at it: see `with_block`.

        Raises:
            ParameterError: No code's.
        """
        del numbers, block
        return cls()

    def bits(self, index: Any, contexts: Any = None) -> int:
        """Returns how many bits all indices take, without padding.

        Args:
            index: Indices, an array of uint64 of any shape.
            contexts: As for `pack`.

        Raises:
            ParameterError: What `pack` raises.
        """
        return self._measured(index, contexts)[1]

    def parts(self, index: Any, contexts: Any = None) -> Parts:
        """Returns where the bits of ``pack(index, contexts)`` go; they add up to all of them.

        Args:
            index: Indices, an array of uint64 of any shape.
            contexts: As for `pack`.

        Raises:
            ParameterError: What `pack` raises.

        Examples:
            >>> import astar_rec as rec, numpy as np
            >>> rec.GammaCode().parts(np.array([1, 2, 3], np.uint64))
            Parts(depth=5, path=2, padding=1)
        """
        codes, used, size = self._measured(index, contexts)
        bits = self._path_bits(codes)
        path = used if bits is None else min(bits, used)
        return Parts(used - path, path, 8 * size - used)

    def pack(self, index: Any, contexts: Any = None) -> bytes:
        """Returns all indices as bytes, in C order.

        Args:
            index: Indices, an array of uint64 of any shape; with blocks (..., block).
            contexts: For codes that take them, integers from 0 to 65535 that broadcast to the
                indices' shape (with blocks: without its last axis); or None.

        Raises:
            ParameterError: An index of 0, or one too large for the code; an array of another dtype
                or shape; contexts that are no such integers, or for a code that has none.

        Examples:
            >>> import astar_rec as rec, numpy as np
            >>> rec.GammaCode().pack(np.array([1, 2, 3], np.uint64)).hex()
            'a6'
        """
        codes, numbers = self._checked(index, contexts)
        with self._refusals(codes):
            return self._pack(codes, numbers)[0]

    def unpack(self, data: Buffer, count: int, contexts: Any = None) -> Indices:
        """Returns the indices that bytes hold, of shape (count,) or (count, block).

        Args:
            data: What `pack` returned, as bytes or another contiguous buffer of them.
            count: The number of indices.
            contexts: What `pack` was given: an array that broadcasts to (count,), or any array of
                as many.

        Raises:
            ParameterError: ``data`` is no such buffer; contexts that `pack` would refuse.
            CorruptDataError: Bytes that no ``count`` indices are packed to.
        """
        number = integer("count", count, 0, ELEMENT_LIMIT)
        view = as_bytes(data)
        shape: Shape = (number,)
        if contexts is not None and to_numpy(contexts).size == number:
            shape = to_numpy(contexts).shape
        numbers = self._context_numbers(contexts, shape)
        try:
            return self._unpack(view, number, numbers)
        except _core.CoreCorruptDataError as error:
            raise CorruptDataError(str(error)) from None

    # --- What a code of one's own says ---------------------------------------------------------

    @property
    def _words(self) -> int:
        """The words of an index that is packed now: one, where the block is unknown."""
        return self.block or 1

    def _pack(self, codes: Indices, contexts: Contexts) -> tuple[bytes, int]:
        """Returns the bytes of indices, and how many bits of information they hold.

        Args:
            codes: C-contiguous, of any shape, or (..., block).
            contexts: One number for each index, flat; or none at all.

        Raises:
            RefusedIndexError: An index of 0, or one that the code cannot hold.
        """
        raise NotImplementedError

    def _unpack(self, data: memoryview, count: int, contexts: Contexts) -> Indices:
        """Returns the indices that bytes hold, of shape (count,) or (count, block).

        Raises:
            CorruptDataError: Bytes that `_pack` never returns for so many.
        """
        raise NotImplementedError

    def _size(self, codes: Indices, contexts: Contexts) -> tuple[int, int]:
        """Returns the bits of information of indices, and how many bytes they take.

        Raises:
            RefusedIndexError: What `_pack` raises.
        """
        data, bits = self._pack(codes, contexts)
        return bits, len(data)

    def _path_bits(self, codes: Indices) -> int | None:
        """Returns how many bits of the indices are paths; None if depths take none of their own."""
        return _core.path_bits(codes, self._words)

    def _refusal(self, value: object, reason: str) -> tuple[object, str]:
        """Returns what is said of a refused index: its value, and what was expected."""
        return value, f"an index ({reason})"

    # --- Checks --------------------------------------------------------------------------------

    def _array(self, index: Any) -> Indices:
        """Returns indices as a C-contiguous array of what the code carries.

        Raises:
            ParameterError: They are something else.
        """
        return index_array("index", index)

    def _checked(self, index: Any, contexts: Any) -> tuple[Indices, Contexts]:
        codes = self._array(index)
        if self._words > 1 and codes.shape[-1:] != (self._words,):
            raise ParameterError("shape of index", codes.shape, f"(..., {self._words})")
        return codes, self._context_numbers(contexts, self._shape_of(codes))

    def _shape_of(self, codes: Indices) -> Shape:
        return codes.shape if self._words == 1 else codes.shape[:-1]

    def _context_numbers(self, contexts: Any, shape: Shape) -> Contexts:
        """Returns contexts as codes take them: flat, and none at all for None."""
        if contexts is None:
            return np.empty(0, np.uint16)
        if not self.takes_contexts:
            raise ParameterError("contexts", contexts, "None: only codes that learn have contexts")
        return np.ascontiguousarray(context_array(contexts, shape).reshape(-1))

    def _measured(self, index: Any, contexts: Any) -> tuple[Indices, int, int]:
        """Returns the checked indices, the bits that they take of their bytes, and the bytes."""
        codes, numbers = self._checked(index, contexts)
        with self._refusals(codes):
            bits, size = self._size(codes, numbers)
        return codes, min(bits, 8 * size), size

    @contextmanager
    def _refusals(self, codes: Indices) -> Iterator[None]:
        """Says of a refused index where it is and what it should be."""
        try:
            yield
        except RefusedIndexError as error:
            reason, number = error.args
            position = unravel(number, self._shape_of(codes))
            value, expected = self._refusal(codes[position].tolist(), reason)
            raise ParameterError("index", value, expected, position) from None
