"""Codes of words: every index is a word by itself.

Words follow each other without gaps, the most significant bit of a byte first, and the last byte is
padded with zeros.

References: P. Elias, "Universal codeword sets and representations of the integers", IEEE Trans.
Inf. Theory 21, 1975 (gamma, delta); P. Boldi, S. Vigna, "Codes for the World Wide Web", Internet
Mathematics 2, 2005 (zeta).
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar

from .. import _core
from .._validate import integer
from ..errors import ParameterError
from .code import IndexCode

if TYPE_CHECKING:
    from .._elements import Indices
    from .code import Contexts

__all__ = ["DeltaCode", "FixedCode", "GammaCode", "WordCode", "ZetaCode"]


@dataclass(frozen=True)
class WordCode(IndexCode):
    """Every index is a word by itself."""

    _kind: ClassVar[_core.Code]  # by which the core knows it, with _parameter

    @property
    def _parameter(self) -> int:
        return 0

    @property
    def _range(self) -> str:
        return "an integer from 1 to 2^64 - 1"

    def _pack(self, codes: Indices, contexts: Contexts) -> tuple[bytes, int]:
        data = _core.pack(codes, self._kind, self._parameter)
        return data, self._size(codes, contexts)[0]

    def _unpack(self, data: memoryview, count: int, contexts: Contexts) -> Indices:
        del contexts
        return _core.unpack(data, count, self._kind, self._parameter)

    def _size(self, codes: Indices, contexts: Contexts) -> tuple[int, int]:
        del contexts
        bits = _core.coded_bits(codes, self._kind, self._parameter)
        return bits, (bits + 7) // 8

    def _refusal(self, value: object, reason: str) -> tuple[object, str]:
        del reason
        return value, self._range


@dataclass(frozen=True)
class FixedCode(WordCode):
    """Every index in the same number of bits.

    Args:
        width: Bits per index, 1 to 64.

    Raises:
        ParameterError: Another width.

    Examples:
        >>> import numpy as np
        >>> FixedCode(4).pack(np.array([1, 15], np.uint64)).hex()
        '1f'
    """

    width: int

    name = "fixed"
    number = 0
    header_size = 1
    _kind = _core.Code.fixed

    def __post_init__(self) -> None:
        object.__setattr__(self, "width", integer("width", self.width, 1, 64))

    def header_numbers(self) -> tuple[int, ...]:
        """Returns the width."""
        return (self.width,)

    @classmethod
    def from_header(cls, numbers: tuple[int, ...], block: int) -> FixedCode:
        """Returns the code of a width: see `IndexCode.from_header`."""
        del block
        return cls(*numbers)

    @property
    def _parameter(self) -> int:
        return self.width

    @property
    def _range(self) -> str:
        return f"an integer from 1 to 2^{self.width} - 1"


@dataclass(frozen=True)
class GammaCode(WordCode):
    """Elias gamma: as many zeros as the index has bits after its leading one, then the index."""

    name = "gamma"
    number = 1
    _kind = _core.Code.gamma


@dataclass(frozen=True)
class DeltaCode(WordCode):
    """Elias delta: the number of the index's bits in gamma, then its bits after the leading one."""

    name = "delta"
    number = 2
    _kind = _core.Code.delta


@dataclass(frozen=True)
class ZetaCode(WordCode):
    """Boldi and Vigna's zeta code, for indices whose probability falls like n^-exponent.

    Args:
        exponent: Above 1. The code's parameter is k = 1 / (exponent - 1), rounded, from 1 (exponent
            2, the gamma code) to 63. Codes of one k are equal.

    Raises:
        ParameterError: An exponent that is no number above 1.

    Examples:
        >>> import numpy as np
        >>> ZetaCode(4 / 3).k, ZetaCode(4 / 3).bits(np.array([1, 8], np.uint64))
        (3, 10)
    """

    exponent: float = field(compare=False)
    k: int = field(init=False, repr=False)

    name = "zeta"
    number = 3
    header_size = 1
    _kind = _core.Code.zeta

    def __post_init__(self) -> None:
        exponent: Any = self.exponent
        try:
            number = float(exponent)
        except (TypeError, ValueError, OverflowError):
            raise ParameterError("exponent", exponent, "a number above 1") from None
        if not 1 < number < math.inf or isinstance(exponent, str):
            raise ParameterError("exponent", exponent, "a number above 1")
        object.__setattr__(self, "exponent", number)
        object.__setattr__(self, "k", max(1, round(min(63.0, 1 / (number - 1)))))

    def header_numbers(self) -> tuple[int, ...]:
        """Returns k."""
        return (self.k,)

    @classmethod
    def from_header(cls, numbers: tuple[int, ...], block: int) -> ZetaCode:
        """Returns the code of a k: see `IndexCode.from_header`."""
        del block
        return cls(1 + 1 / integer("k", numbers[0], 1, 63))

    @property
    def _parameter(self) -> int:
        return self.k
