"""Codes for indices: unsigned integers from 1 to 2^64 - 1 as bits.

==================  ==================================  ==========================================
code                bits for an index n, D = ⌊log2 n⌋   made for
==================  ==================================  ==========================================
`FixedCode` (w)     w                                   DAD*, with w = depth + 1
`GammaCode`         2 D + 1                             indices that are mostly 1 or 2
`DeltaCode`         D + 2 ⌊log2(D + 1)⌋ + 1             depths that vary a lot
`ZetaCode` (s)      (⌊D/k⌋ + 1) (k + 1), k = 1/(s-1)    a power law n^-s, s from 1 to 2
`AdaptiveCode`      D + the entropy of the depths       whole arrays; blocks
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
from typing import Any

import numpy as np

from . import _core
from ._validate import ELEMENT_LIMIT, Buffer, Indices, as_bytes, index_array, integer, unravel
from ._varint import read_varint, varint
from .errors import CorruptDataError, ParameterError

__all__ = [
    "AdaptiveCode",
    "DeltaCode",
    "FixedCode",
    "GammaCode",
    "IndexCode",
    "ZetaCode",
    "shortest_code",
]


class IndexCode:
    """What all codes share."""

    _code: _core.Code
    _parameter: int = 0

    def bits(self, index: Any) -> int:
        """Returns how many bits the words of all indices take, without padding.

        Args:
            index: Indices, an array of uint64 of any shape.

        Raises:
            ParameterError: An index of 0, or one too large for the code; an array of another dtype.
        """
        codes = index_array("index", index)
        try:
            return _core.coded_bits(codes, self._code, self._parameter)
        except _core.CoreIndexError as error:
            raise self._refusal(error, codes) from None

    def path_bits(self, index: Any) -> int:
        """Returns how many bits the paths take, the depths of all indices together.

        Args:
            index: Indices, an array of uint64 of any shape.
        """
        return _core.pack_adaptively(index_array("index", index), 1)[2]

    def framing_bits(self, _index: Any) -> int:
        """Returns how many bits `pack` spends on lengths of parts."""
        return 0

    def pack(self, index: Any) -> bytes:
        """Returns the words of all indices, in C order.

        Args:
            index: Indices, an array of uint64 of any shape.

        Raises:
            ParameterError: An index of 0, or one too large for the code; an array of another dtype.

        Examples:
            >>> import numpy as np
            >>> GammaCode().pack(np.array([1, 2, 3], np.uint64)).hex()
            'a6'
        """
        codes = index_array("index", index)
        try:
            return _core.pack(codes, self._code, self._parameter)
        except _core.CoreIndexError as error:
            raise self._refusal(error, codes) from None

    def unpack(self, data: Buffer, count: int) -> Indices:
        """Returns the indices that bytes hold; the inverse of `pack`.

        Args:
            data: What `pack` returned, as bytes or another contiguous buffer of them.
            count: The number of indices.

        Raises:
            ParameterError: ``data`` is no such buffer.
            CorruptDataError: Bytes that are not the words of exactly ``count`` indices.
        """
        try:
            number = integer("count", count, 0, ELEMENT_LIMIT)
            return _core.unpack(as_bytes(data), number, self._code, self._parameter)
        except _core.CoreCorruptDataError as error:
            raise CorruptDataError(str(error)) from None

    def _refusal(self, error: _core.CoreIndexError, codes: Indices) -> ParameterError:
        position = unravel(error.args[1], codes.shape)
        return ParameterError("index", int(codes[position]), self._range(), position)

    def _range(self) -> str:
        return "an integer from 1 to 2^64 - 1"

    def __repr__(self) -> str:
        return f"{type(self).__name__}()"


class FixedCode(IndexCode):
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


class GammaCode(IndexCode):
    """Elias gamma: as many zeros as the index has bits after its leading one, then the index."""

    _code = _core.Code.gamma


class DeltaCode(IndexCode):
    """Elias delta: the number of the index's bits in gamma, then its bits after the leading one."""

    _code = _core.Code.delta


class ZetaCode(IndexCode):
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


class AdaptiveCode(IndexCode):
    """Depths by a model that learns from those before, paths in raw bits.

    The best there is for arrays: after the first few hundred indices a depth costs its entropy. The
    words of different indices cannot be told apart, so `bits` speaks of all of them together.

    Args:
        block: The number of 64-bit words of an index, the lowest first: that of the codec's block.
            With 1, arrays of indices may have any shape; otherwise their last axis holds the words.

    Examples:
        >>> import numpy as np
        >>> index = np.array([1, 3, 1, 1, 2, 1] * 1000, np.uint64)
        >>> AdaptiveCode().bits(index) < 0.85 * shortest_code(index).bits(index)
        True
    """

    _code = _core.Code.gamma  # not used: all that would use it is overridden

    def __init__(self, block: int = 1) -> None:
        self.block = self._parameter = integer("block", block, 1, 16)

    def bits(self, index: Any) -> int:
        """Returns how many bits all indices take, without lengths and padding."""
        depths, _, path_bits = self._pack(index)
        return 8 * len(depths) + path_bits

    def path_bits(self, index: Any) -> int:
        """Returns how many of them are bits of paths."""
        return self._pack(index)[2]

    def pack(self, index: Any) -> bytes:
        """Returns all indices, in C order: the depths' number of bytes, the depths, the paths."""
        depths, paths, _ = self._pack(index)
        return varint(len(depths)) + depths + paths

    def unpack(self, data: Buffer, count: int) -> Indices:
        """Returns the indices that bytes hold, of shape (count,) or (count, block)."""
        number = integer("count", count, 0, ELEMENT_LIMIT)
        view = as_bytes(data)
        length, begin = read_varint(view, 0)
        end = begin + length
        if len(view) < end:
            raise CorruptDataError("the data end in the middle of the depths")
        index = np.empty(number if self.block == 1 else (number, self.block), np.uint64)
        try:
            _core.unpack_adaptively(view[begin:end], view[end:], self.block, index)
        except _core.CoreCorruptDataError as error:
            raise CorruptDataError(str(error)) from None
        return index

    def framing_bits(self, index: Any) -> int:
        """Returns how many bits `pack` spends on the length of the depths."""
        return 8 * len(varint(len(self._pack(index)[0])))

    def _pack(self, index: Any) -> tuple[bytes, bytes, int]:
        codes = index_array("index", index)
        if self.block > 1 and codes.shape[-1:] != (self.block,):
            raise ParameterError("shape of index", codes.shape, f"(..., {self.block})")
        try:
            return _core.pack_adaptively(codes, self.block)
        except _core.CoreIndexError as error:
            shape = codes.shape if self.block == 1 else codes.shape[:-1]
            raise ParameterError("index", 0, "at least 1", unravel(error.args[1], shape)) from None

    def __repr__(self) -> str:
        return f"AdaptiveCode(block={self.block})"


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
    candidates = [GammaCode(), DeltaCode(), *(ZetaCode(1 + 1 / k) for k in range(2, 33))]
    return min(candidates, key=lambda code: code.bits(codes))
