"""Methods of the core that choose one of numbered samples of the proposal: what they share."""

from __future__ import annotations

from .engine import CoreCodec

__all__ = ["CandidateCodec"]

LARGEST_BLOCK = 1 << 16


class CandidateCodec(CoreCodec):
    """A choice among candidates, which are samples of all of a block's elements.

    An index is a candidate's number, whatever the block, and nothing is halved: so blocks may have
    thousands of elements.
    """

    largest_block = LARGEST_BLOCK
    # A number has a bit at least, and stands for a block.
    elements_per_byte = 1 << 16

    @property
    def words(self) -> int:
        """One: a number."""
        return 1
