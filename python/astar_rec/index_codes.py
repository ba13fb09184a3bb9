"""Codes for indices: unsigned integers from 1 to 2^64 - 1 as bits.

==================  ==================================  ==========================================
code                bits for an index n, D = ⌊log2 n⌋   made for
==================  ==================================  ==========================================
`FixedCode` (w)     w                                   DAD*, with w = depth + 1
`GammaCode`         2 D + 1                             indices that are mostly 1 or 2
`DeltaCode`         D + 2 ⌊log2(D + 1)⌋ + 1             depths that vary a lot
`ZetaCode` (s)      (⌊D/k⌋ + 1) (k + 1), k = 1/(s-1)    a power law n^-s, s from 1 to 2
`AdaptiveCode`      D + the entropy of the depths       whole arrays; blocks
`TreeCode`          entropy, given the random numbers   AD*: the fewest bits, but slower
==================  ==================================  ==========================================

(Zeta takes one bit less in the lower part of a block of k octaves.) The D path bits of an index are
random and take D bits in any code; codes differ in how they say D. Words follow each other without
gaps, the most significant bit of a byte first, and the last byte is padded with zeros.

References: P. Elias, "Universal codeword sets and representations of the integers", IEEE Trans.
Inf. Theory 21, 1975 (gamma, delta); P. Boldi, S. Vigna, "Codes for the World Wide Web", Internet
Mathematics 2, 2005 (zeta).
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from . import _core
from ._validate import (
    ELEMENT_LIMIT,
    Buffer,
    Indices,
    as_bytes,
    context_array,
    index_array,
    integer,
    to_numpy,
    unravel,
)
from .errors import CorruptDataError, ParameterError

if TYPE_CHECKING:
    import numpy.typing as npt

    from ._validate import Shape
    from .codecs import Codec

    Contexts = npt.NDArray[np.uint16]

__all__ = [
    "AdaptiveCode",
    "DeltaCode",
    "FixedCode",
    "GammaCode",
    "IndexCode",
    "LearningCode",
    "Parts",
    "ZetaCode",
    "shortest_code",
]


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


class IndexCode:
    """What all codes share. Only `AdaptiveCode` and `TreeCode` take contexts."""

    _parameter: int = 0  # in the header of a container

    def at(self, codec: Codec, shape: Shape, *, offset: int = 0, begin: int = 0) -> IndexCode:
        """Returns the code for certain indices: itself, but for `TreeCode.at`."""
        del codec, shape, offset, begin
        return self

    def bits(self, index: Any, contexts: Any = None) -> int:
        """Returns how many bits all indices take, without padding.

        Args:
            index: Indices, an array of uint64 of any shape.
            contexts: As for `pack`.

        Raises:
            ParameterError: What `pack` raises.
        """
        parts = self.parts(index, contexts)
        return parts.depth + parts.path

    def parts(self, index: Any, contexts: Any = None) -> Parts:
        """Returns where the bits of ``pack(index, contexts)`` go; they add up to all of them.

        Args:
            index: Indices, an array of uint64 of any shape.
            contexts: As for `pack`.

        Raises:
            ParameterError: What `pack` raises.

        Examples:
            >>> import numpy as np
            >>> GammaCode().parts(np.array([1, 2, 3], np.uint64))
            Parts(depth=5, path=2, padding=1)
        """
        raise NotImplementedError

    def pack(self, index: Any, contexts: Any = None) -> bytes:
        """Returns all indices as bytes, in C order.

        Args:
            index: Indices, an array of uint64 of any shape.
            contexts: None; see `AdaptiveCode`.

        Raises:
            ParameterError: An index of 0, or one too large for the code; an array of another dtype;
                contexts for a code that has none.

        Examples:
            >>> import numpy as np
            >>> GammaCode().pack(np.array([1, 2, 3], np.uint64)).hex()
            'a6'
        """
        raise NotImplementedError

    def unpack(self, data: Buffer, count: int, contexts: Any = None) -> Indices:
        """Returns the indices that bytes hold; the inverse of `pack`.

        Args:
            data: What `pack` returned, as bytes or another contiguous buffer of them.
            count: The number of indices.
            contexts: What `pack` was given.

        Raises:
            ParameterError: ``data`` is no such buffer; contexts for a code that has none.
            CorruptDataError: Bytes that are not those of exactly ``count`` indices.
        """
        raise NotImplementedError

    def __repr__(self) -> str:
        return f"{type(self).__name__}()"


class _WordCode(IndexCode):
    """Every index is a word by itself."""

    _code: _core.Code

    def bits(self, index: Any, contexts: Any = None) -> int:
        """Returns how many bits all indices take: see `IndexCode.bits`."""
        self._refuse(contexts)
        codes = index_array("index", index)
        try:
            return _core.coded_bits(codes, self._code, self._parameter)
        except _core.CoreIndexError as error:
            raise self._refusal(error, codes) from None

    def parts(self, index: Any, contexts: Any = None) -> Parts:
        """Returns where the bits go: see `IndexCode.parts`."""
        codes = index_array("index", index)
        bits = self.bits(codes, contexts)
        path = _core.path_bits(codes, 1)
        return Parts(bits - path, path, -bits % 8)

    def pack(self, index: Any, contexts: Any = None) -> bytes:
        """Returns all indices as bytes: see `IndexCode.pack`."""
        self._refuse(contexts)
        codes = index_array("index", index)
        try:
            return _core.pack(codes, self._code, self._parameter)
        except _core.CoreIndexError as error:
            raise self._refusal(error, codes) from None

    def unpack(self, data: Buffer, count: int, contexts: Any = None) -> Indices:
        """Returns the indices that bytes hold: see `IndexCode.unpack`."""
        self._refuse(contexts)
        try:
            number = integer("count", count, 0, ELEMENT_LIMIT)
            return _core.unpack(as_bytes(data), number, self._code, self._parameter)
        except _core.CoreCorruptDataError as error:
            raise CorruptDataError(str(error)) from None

    def _refuse(self, contexts: Any) -> None:
        if contexts is not None:
            raise ParameterError("contexts", contexts, "None: only codes that learn have contexts")

    def _refusal(self, error: _core.CoreIndexError, codes: Indices) -> ParameterError:
        position = unravel(error.args[1], codes.shape)
        return ParameterError("index", int(codes[position]), self._range(), position)

    def _range(self) -> str:
        return "an integer from 1 to 2^64 - 1"


class FixedCode(_WordCode):
    """Every index in the same number of bits.

    Args:
        width: Bits per index, 1 to 64.

    Examples:
        >>> import numpy as np
        >>> FixedCode(4).pack(np.array([1, 15], np.uint64)).hex()
        '1f'
    """

    _code = _core.Code.fixed

    def __init__(self, width: int) -> None:
        self.width = self._parameter = integer("width", width, 1, 64)

    def _range(self) -> str:
        return f"an integer from 1 to 2^{self.width} - 1"

    def __repr__(self) -> str:
        return f"FixedCode({self.width})"


class GammaCode(_WordCode):
    """Elias gamma: as many zeros as the index has bits after its leading one, then the index."""

    _code = _core.Code.gamma


class DeltaCode(_WordCode):
    """Elias delta: the number of the index's bits in gamma, then its bits after the leading one."""

    _code = _core.Code.delta


class ZetaCode(_WordCode):
    """Boldi and Vigna's zeta code, for indices whose probability falls like n^-exponent.

    Args:
        exponent: Above 1. The code's parameter is k = 1 / (exponent - 1), rounded, from 1 (exponent
            2, the gamma code) to 63.

    Examples:
        >>> import numpy as np
        >>> ZetaCode(4 / 3).k, ZetaCode(4 / 3).bits(np.array([1, 8], np.uint64))
        (3, 10)
    """

    _code = _core.Code.zeta

    def __init__(self, exponent: float) -> None:
        try:
            self.exponent = float(exponent)
        except (TypeError, ValueError, OverflowError):
            raise ParameterError("exponent", exponent, "a number above 1") from None
        if not 1 < self.exponent < math.inf or isinstance(exponent, str):
            raise ParameterError("exponent", exponent, "a number above 1")
        self.k = self._parameter = max(1, round(min(63.0, 1 / (self.exponent - 1))))

    def __repr__(self) -> str:
        return f"ZetaCode({self.exponent})"


class LearningCode(IndexCode):
    """What codes for whole arrays share, which learn from the indices before.

    The methods take ``contexts``: for every index a number from 0 to 65535 that the decoder also
    has, such as its column, or what it knows of the information there. Each context learns by
    itself, starting from what all have in common. Integers that broadcast to the indices' shape
    (with blocks: without its last axis); for `unpack`, to (count,), or any count of them.
    """

    def __init__(self, block: int = 1, *, expected_bits: float | None = None) -> None:
        self.block = self._parameter = integer("block", block, 1, 16)
        self._start = 0 if expected_bits is None else _start_of(expected_bits, self.block)
        self.expected_bits = self._start * self.block / 8 if self._start else None

    def pack(self, index: Any, contexts: Any = None) -> bytes:
        """Returns all indices as bytes.

        Args:
            index: Indices, an array of uint64 of any shape; with blocks (..., block).
            contexts: Integers from 0 to 65535 that broadcast to the indices' shape, or None.

        Raises:
            ParameterError: An index of 0, or one that the codec cannot make; an array of another
                dtype or shape; contexts that are no such integers.
        """
        return self._pack(self._checked(index), contexts)[0]

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
        numbers = _context_numbers(contexts, shape)
        index = np.empty(number if self.block == 1 else (number, self.block), np.uint64)
        try:
            self._decode(view, numbers, index)
        except _core.CoreCorruptDataError as error:
            raise CorruptDataError(str(error)) from None
        return index

    def _checked(self, index: Any) -> Indices:
        codes = index_array("index", index)
        if self.block > 1 and codes.shape[-1:] != (self.block,):
            raise ParameterError("shape of index", codes.shape, f"(..., {self.block})")
        return codes

    def _pack(self, codes: Indices, contexts: Any) -> tuple[bytes, int]:
        """Returns the bytes of checked indices, and how many bits of information they hold."""
        shape = codes.shape if self.block == 1 else codes.shape[:-1]
        numbers = _context_numbers(contexts, shape)
        try:
            return self._encode(codes, numbers)
        except _core.CoreIndexError as error:
            reason, number = error.args
            position = unravel(number, shape)
            value, expected = self._refusal(codes[position].tolist(), reason)
            raise ParameterError("index", value, expected, position) from None

    def _encode(self, codes: Indices, contexts: Contexts) -> tuple[bytes, int]:
        raise NotImplementedError

    def _decode(self, data: memoryview, contexts: Contexts, index: Indices) -> None:
        raise NotImplementedError

    def _refusal(self, value: object, reason: str) -> tuple[object, str]:
        """What is said of an index that the core refuses: its value, and what was expected."""
        return value, f"an index ({reason})"

    def __repr__(self) -> str:
        known = "" if self.expected_bits is None else f", expected_bits={self.expected_bits}"
        return f"{type(self).__name__}(block={self.block}{known})"


class AdaptiveCode(LearningCode):
    """Depths by a model that learns from those before, paths in raw bits.

    For arrays of any codec's indices, and fast: after the first few hundred a depth costs its
    entropy. The words of different indices cannot be told apart, so `bits` speaks of all of them
    together. Indices have one stream of bytes and no other, but damaged bytes may well be that of
    others, and bytes cut short nearly always are: where that may happen, add a checksum.

    Args:
        block: The number of 64-bit words of an index, the lowest first: that of the codec's block.
            With 1, arrays of indices may have any shape; otherwise their last axis holds the words.
        expected_bits: The information of an index in bits, of the whole block, as far as both sides
            know it: the model then starts from the depths that AD* makes of normals with so much.
            Worth a few bytes, so for short arrays. It is rounded to eighths of a bit an element,
            from 1 to 255 of them. None starts from nothing.

    Raises:
        ParameterError: A block not from 1 to 16; expected bits that are no finite number from 0 on.

    Examples:
        >>> import numpy as np
        >>> AdaptiveCode(expected_bits=2).pack(np.array([1, 2, 3], np.uint64)).hex()
        '1c'
        >>> index = np.array([1, 3, 1, 1, 2, 1] * 1000, np.uint64)
        >>> AdaptiveCode().bits(index) < 0.85 * shortest_code(index).bits(index)
        True
        >>> columns = np.arange(6000) % 6
        >>> AdaptiveCode().bits(index, columns) < 0.6 * AdaptiveCode().bits(index)
        True
    """

    def parts(self, index: Any, contexts: Any = None) -> Parts:
        """Returns where the bits go: see `IndexCode.parts`."""
        codes = self._checked(index)
        data, bits = self._pack(codes, contexts)
        used = min(bits, 8 * len(data))
        path = min(_core.path_bits(codes, self.block), used)
        return Parts(used - path, path, 8 * len(data) - used)

    def _encode(self, codes: Indices, contexts: Contexts) -> tuple[bytes, int]:
        return _core.pack_adaptively(codes, self.block, self._start, contexts)

    def _decode(self, data: memoryview, contexts: Contexts, index: Indices) -> None:
        _core.unpack_adaptively(data, self.block, self._start, contexts, index)

    def _refusal(self, value: object, reason: str) -> tuple[object, str]:
        del value, reason
        return 0, "at least 1"


def _context_numbers(contexts: Any, shape: Shape) -> Contexts:
    """Returns contexts as the core takes them: flat, and none at all for None."""
    if contexts is None:
        return np.empty(0, np.uint16)
    return np.ascontiguousarray(context_array(contexts, shape).reshape(-1))


def _start_of(expected_bits: float, block: int) -> int:
    """Returns eighths of a bit an element, 1 to 255."""
    what = "a finite number, at least 0"
    if isinstance(expected_bits, (bool, np.bool_, str)):
        raise ParameterError("expected_bits", expected_bits, what)
    try:
        bits = float(expected_bits)
    except (TypeError, ValueError, OverflowError):
        raise ParameterError("expected_bits", expected_bits, what) from None
    if not 0 <= bits < math.inf:
        raise ParameterError("expected_bits", expected_bits, what)
    return max(1, round(min(255.0, 8 * bits / block)))


def shortest_code(index: Any) -> IndexCode:
    """Returns the code, of all with variable length, that takes the fewest bits for these indices.

    Args:
        index: Indices, an array of uint64 of any shape.

    Examples:
        >>> import numpy as np
        >>> shortest_code(np.array([1, 1, 2, 1, 3], np.uint64))
        GammaCode()
    """
    codes = index_array("index", index)
    candidates: list[IndexCode] = [GammaCode(), DeltaCode()]
    candidates += (ZetaCode(1 + 1 / k) for k in range(2, 33))
    return min(candidates, key=lambda code: code.bits(codes))
