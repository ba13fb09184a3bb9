"""What codes share that learn: they pack whole arrays, an index by what those before were like."""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from .._validate import integer
from ..errors import ParameterError
from .code import IndexCode

if TYPE_CHECKING:
    import sys

    from .._elements import Indices
    from .code import Contexts

    if sys.version_info >= (3, 11):
        from typing import Self
    else:
        from typing_extensions import Self

__all__ = ["STARTS_PER_BIT", "LearningCode"]

STARTS_PER_BIT = 8  # where a model starts: eighths of a bit an element
_MOST_START = 255
_STARTS = (0.125, 0.25, 0.5, 0.75, 1, 1.5, 2, 3, 4, 6, 8, 12, 16, 24)  # that are tried: bits


@dataclass(frozen=True, repr=False)
class LearningCode(IndexCode):
    """What codes for whole arrays share, which learn from the indices before.

    The methods take ``contexts``: for every index a number from 0 to 65535 that the decoder also
    has, such as its column, or what it knows of the information there. Each context learns by
    itself, starting from what all have in common. Integers that broadcast to the indices' shape
    (with blocks: without its last axis); for `unpack`, to (count,), or any count of them.
    """

    block: int | None = None
    expected_bits: float | None = field(default=None, kw_only=True)

    header_size = 1
    takes_contexts = True
    most_words = 16
    in_threads = True

    def __post_init__(self) -> None:
        if self.block is not None:
            object.__setattr__(self, "block", integer("block", self.block, 1, self.most_words))
        if self.expected_bits is not None:
            bits = _finite(self.expected_bits)
            if self.block is not None:
                bits = _start_of(bits, self.block) * self.block / STARTS_PER_BIT
            object.__setattr__(self, "expected_bits", bits)

    def with_block(self, block: int) -> Self:
        """Returns the code for indices of so many words: see `IndexCode.with_block`."""
        return replace(self, block=block) if self.block is None else super().with_block(block)

    def expecting(self, expected_bits: float | None) -> Self:
        """Returns the code that starts from so much information: see `IndexCode.expecting`."""
        return replace(self, expected_bits=expected_bits)

    def fitted(self, index: Any, contexts: Any = None) -> Self:
        """Returns the code that starts from where it does best: see `IndexCode.fitted`."""
        starts = (self.expecting(self._words * bits) for bits in _STARTS)
        return min(self.expecting(None), *starts, key=lambda code: code.bits(index, contexts))

    @property
    def start(self) -> int:
        """The expected information of an element in eighths of a bit, 1 to 255; 0 if unknown."""
        return 0 if self.expected_bits is None else _start_of(self.expected_bits, self._words)

    def header_numbers(self) -> tuple[int, ...]:
        """Returns the start."""
        return (self.start,)

    @classmethod
    def from_header(cls, numbers: tuple[int, ...], block: int) -> Self:
        """Returns the code of a start and a block: see `IndexCode.from_header`."""
        start = integer("start", numbers[0], 0, _MOST_START)
        return cls(block, expected_bits=start * block / STARTS_PER_BIT if start else None)

    def _unpack(self, data: memoryview, count: int, contexts: Contexts) -> Indices:
        index = np.empty(count if self._words == 1 else (count, self._words), np.uint64)
        self._fill(data, contexts, index)
        return index

    def _fill(self, data: memoryview, contexts: Contexts, index: Indices) -> None:
        """Unpacks indices to an array of them."""
        raise NotImplementedError

    def __repr__(self) -> str:
        block = [] if self.block is None else [f"block={self.block}"]
        known = [] if self.expected_bits is None else [f"expected_bits={self.expected_bits}"]
        return f"{type(self).__name__}({', '.join(block + known)})"


def _finite(expected_bits: Any) -> float:
    what = "a finite number, at least 0"
    if isinstance(expected_bits, (bool, np.bool_, str)):
        raise ParameterError("expected_bits", expected_bits, what)
    try:
        bits = float(expected_bits)
    except (TypeError, ValueError, OverflowError):
        raise ParameterError("expected_bits", expected_bits, what) from None
    if not 0 <= bits < math.inf:
        raise ParameterError("expected_bits", expected_bits, what)
    return bits


def _start_of(bits: float, block: int) -> int:
    """Returns eighths of a bit an element, 1 to 255."""
    return max(1, round(min(float(_MOST_START), STARTS_PER_BIT * bits / block)))
