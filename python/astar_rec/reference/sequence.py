"""The coder of sequences: arrays of indices to bytes and back, by a model of paths that learns.

An index names a node of a tree: its depth D is where the path to the node ends, and its D bits
below the leading one are the sides that the path takes. A model says which decisions lead to an
index and how probable each is; it may learn from all decisions before. Both sides run the same
model. Only the coder at its end differs: the sender's says what the index is, the receiver's hears
it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from .positions import cell_depth
from .range_coder import RAW_BITS, Decoder, Encoder

if TYPE_CHECKING:
    from collections.abc import Sequence


class Coder(Protocol):
    """Says a path's decisions, or hears them: each is given the probability of yes."""

    def ends(self, level: int, probability: int, /) -> bool:
        """Does the path end at a level that it has come to?"""

    def goes_right(self, level: int, probability: int, /) -> bool:
        """Does it go right from there?"""

    def sides(self, depth: int, /) -> None:
        """All sides at once, of a path of that depth: raw bits."""


class PathModel(Protocol):
    """What tells one code that learns from another."""

    def code_path(self, i: int, coder: Coder, /) -> None:
        """Have the i-th path said or heard."""


@dataclass
class PathEncoder:
    """Says an index's decisions."""

    encoder: Encoder
    index: int

    def ends(self, level: int, probability: int) -> bool:
        """Is it as deep as the index?"""
        yes = level == cell_depth(self.index)
        self.encoder.decide(probability, yes)
        return yes

    def goes_right(self, level: int, probability: int) -> bool:
        """The path's bit at the level."""
        yes = self.index >> (cell_depth(self.index) - level - 1) & 1 == 1
        self.encoder.decide(probability, yes)
        return yes

    def sides(self, depth: int) -> None:
        """Write all bits of the path."""
        left = depth
        for size in chunks_of(depth):
            left -= size
            self.encoder.raw(size, (self.index >> left) % 2**size)


@dataclass
class PathDecoder:
    """Hears an index's decisions."""

    decoder: Decoder
    index: int = 1

    def ends(self, _level: int, probability: int) -> bool:
        """Ask the decoder."""
        return self.decoder.decide(probability)

    def goes_right(self, _level: int, probability: int) -> bool:
        """Ask the decoder, and note the bit."""
        yes = self.decoder.decide(probability)
        self.index = 2 * self.index + yes
        return yes

    def sides(self, depth: int) -> None:
        """Read all bits of the path."""
        for size in chunks_of(depth):
            self.index = self.index << size | self.decoder.raw(size)


def chunks_of(depth: int) -> list[int]:
    """Return in how many bits at a time a path is written: 64-bit words, the first cut short.

    >>> chunks_of(70)
    [6, 16, 16, 16, 16]
    """
    words = [depth % 64] + [64] * (depth // 64)
    return [size for word in words for size in [RAW_BITS] * (word // 16) + [word % 16] if size]


def pack(indices: Sequence[int], model: PathModel) -> bytes:
    """Return the bytes of indices."""
    encoder = Encoder()
    for i, index in enumerate(indices):
        model.code_path(i, PathEncoder(encoder, index))
    return encoder.finish()


def unpack(data: bytes, count: int, model: PathModel) -> list[int]:
    """Return what was packed; ValueError for bytes that `pack` did not write."""
    decoder, indices = Decoder(data), []
    for i in range(count):
        path = PathDecoder(decoder)
        model.code_path(i, path)
        indices.append(path.index)
    decoder.finish()
    return indices
