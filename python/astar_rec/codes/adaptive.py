"""The adaptive code: depths by a model that learns, paths in raw bits. docs/range_coder.md."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from .. import _core
from .learning import LearningCode

if TYPE_CHECKING:
    from .._elements import Indices
    from .code import Contexts

__all__ = ["AdaptiveCode"]


@dataclass(frozen=True, repr=False)
class AdaptiveCode(LearningCode):
    """Depths by a model that learns from those before, paths in raw bits.

    For arrays of any codec's indices, and fast: after the first few hundred a depth costs its
    entropy. The words of different indices cannot be told apart, so `bits` speaks of all of them
    together. Indices have one stream of bytes and no other, but damaged bytes may well be that of
    others, and bytes cut short nearly always are: where that may happen, add a checksum.

    Args:
        block: The number of 64-bit words of an index, the lowest first: that of the codec's block.
            With 1, arrays of indices may have any shape; otherwise their last axis holds the words.
            None leaves that to whoever packs (`compress`, or `at`); by itself the code then takes
            indices of one word.
        expected_bits: The information of an index in bits, of the whole block, as far as both sides
            know it: the model then starts from the depths that AD* makes of normals with so much.
            Worth a few bytes, so for short arrays. It is rounded to eighths of a bit an element,
            from 1 to 255 of them. None starts from nothing.

    Raises:
        ParameterError: A block not from 1 to 16; expected bits that are no finite number from 0 on.

    Examples:
        >>> import numpy as np
        >>> from astar_rec import shortest_code
        >>> AdaptiveCode(expected_bits=2).pack(np.array([1, 2, 3], np.uint64)).hex()
        '1c'
        >>> index = np.array([1, 3, 1, 1, 2, 1] * 1000, np.uint64)
        >>> AdaptiveCode().bits(index) < 0.85 * shortest_code(index).bits(index)
        True
        >>> columns = np.arange(6000) % 6
        >>> AdaptiveCode().bits(index, columns) < 0.6 * AdaptiveCode().bits(index)
        True
    """

    name = "adaptive"
    number = 4

    def _pack(self, codes: Indices, contexts: Contexts) -> tuple[bytes, int]:
        return _core.pack_adaptively(codes, self._words, self.start, contexts)

    def _fill(self, data: memoryview, contexts: Contexts, index: Indices) -> None:
        _core.unpack_adaptively(data, self._words, self.start, contexts, index)

    def _refusal(self, value: Any, reason: str) -> tuple[object, str]:
        return super()._refusal(value, reason) if np.any(value) else (0, "at least 1")
