"""The adaptive index code: depths by a model that learns, paths in raw bits.

An index is a leading one and D bits of path: D + 1 decisions, "does it end at this level?", with
the probabilities of a model that learns, and then the path, bits that are 0 or 1 alike.

>>> from astar_rec.reference import start_of
>>> data = pack([1, 3, 1, 6, 2], start=start_of(1.5))
>>> data.hex(), unpack(data, 5, start=start_of(1.5))
('3c67', [1, 3, 1, 6, 2])
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from . import sequence
from .depths import DepthModel

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .sequence import Coder


class AdaptivePaths:
    """Paths whose depths are coded first, all alike or by context."""

    def __init__(self, block: int, start: int, contexts: Sequence[int] | None) -> None:
        self.levels = 64 * block
        self.depths = DepthModel(block, start)
        self.contexts = contexts

    def code_path(self, i: int, coder: Coder) -> None:
        """Code the i-th index."""
        context = None if self.contexts is None else self.contexts[i]
        for level in range(self.levels):
            ends = coder.ends(level, self.depths.probability(context, level))
            self.depths.count(context, level, ends)
            if ends:
                coder.sides(level)
                return
        raise ValueError("an index too large for its words")


def pack(
    indices: Sequence[int],
    block: int = 1,
    start: int = 0,
    contexts: Sequence[int] | None = None,
) -> bytes:
    """Return the bytes of indices, integers from 1 to 2^(64 block) - 1.

    Args:
        indices: Of whole blocks: with several words, their number as one integer.
        block: Elements of an index, and its 64-bit words.
        start: See `start_of`.
        contexts: A number for every index, which the receiver also has; or none.
    """
    return sequence.pack(indices, AdaptivePaths(block, start, contexts))


def unpack(
    data: bytes,
    count: int,
    block: int = 1,
    start: int = 0,
    contexts: Sequence[int] | None = None,
) -> list[int]:
    """Return what was packed; ValueError for bytes that `pack` did not write."""
    return sequence.unpack(data, count, AdaptivePaths(block, start, contexts))
