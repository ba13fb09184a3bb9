"""Escapes: elements of which a codec cannot say a sample, or not in reasonable time.

They are coded by themselves, so that one of them costs no other anything. In the codec's own call
their targets are replaced by their proposals, of which a message says next to nothing.

- *Searched* elements are in blocks that are too hard for one search: each is coded by itself, with
  `ADStar` and random numbers of its own.
- *Given* elements are beyond what indices resolve: their samples are drawn, and sent as they are.

Which elements these are depends on targets and proposals alone (`reach`), and samples of all
follow their targets exactly, independently of each other.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from .. import _core
from .._validate import broadcast_shape
from ..distributions.families import CoreFamily
from .a_star import ADStar
from .called_reach import CalledReach
from .core_reach import CoreReach

if TYPE_CHECKING:
    from .._elements import Floats, Indices, Shape
    from .codec import Codec, Progress, Proposal, Target
    from .encoded import Encoded
    from .reach import Elements, Reach

__all__ = [
    "Escapes",
    "any_escapes",
    "decode_escapes",
    "encode_with_escapes",
    "joined_escapes",
    "none_escaped",
    "without_escapes",
]

# The lane of the seeds of escapes: no node has it.
_LANE = 65534


@dataclass(frozen=True)
class Escapes:
    """Elements that were coded by themselves, by number in C order from the first of an array.

    Attributes:
        searched: Which have indices; increasing.
        index: These indices, of `ADStar`.
        given: Which have their samples as numbers; increasing.
        sample: These samples.
    """

    searched: Elements
    index: Indices
    given: Elements
    sample: Floats

    def __len__(self) -> int:
        return self.searched.size + self.given.size

    def within(self, begin: int, end: int) -> Escapes:
        """Returns those from one element to before another, numbered from there."""
        a, b = np.searchsorted(self.searched, (begin, end))
        c, d = np.searchsorted(self.given, (begin, end))
        return Escapes(
            self.searched[a:b] - begin,
            self.index[a:b],
            self.given[c:d] - begin,
            self.sample[c:d],
        )

    def moved(self, by: int) -> Escapes:
        """Returns the same, of an array in which they are so many elements further on."""
        return replace(self, searched=self.searched + by, given=self.given + by)


def none_escaped() -> Escapes:
    """Returns no escapes."""
    return joined_escapes([])


def joined_escapes(parts: list[Escapes]) -> Escapes:
    """Returns the escapes of parts, one after the other."""
    return Escapes(
        np.concatenate([np.empty(0, np.int64), *(part.searched for part in parts)]),
        np.concatenate([np.empty(0, np.uint64), *(part.index for part in parts)]),
        np.concatenate([np.empty(0, np.int64), *(part.given for part in parts)]),
        np.concatenate([np.empty(0), *(part.sample for part in parts)]),
    )


def encode_with_escapes(
    codec: Codec,
    target: Target,
    proposal: Proposal,
    shape: Shape,
    offset: int,
    progress: Progress | None,
) -> tuple[Encoded, Escapes]:
    """Encodes an array, with elements that the codec itself would refuse, or take long for.

    Args:
        codec: The codec.
        target: The targets, as `Codec.pair` returns them.
        proposal: The proposals.
        shape: The shape that both broadcast to.
        offset: The number of the first element.
        progress: As for `Codec.encode`.

    Returns:
        What `Codec.encode` returns, with the samples of all elements. Steps are the codec's own.
    """
    searched = given = np.empty(0, np.int64)
    if codec.escapes:
        reach = _reach_of(target, proposal, shape)
        searched, given = reach.escaped(codec)
    if not searched.size and not given.size:
        encoded = codec.encode(target, proposal, offset=offset, progress=progress)
        return encoded, none_escaped()
    # What cannot be searched for, after all, stops the array before the work for it.
    searches, gifts = _codecs(codec)
    index, found = np.empty(0, np.uint64), np.empty(0)
    if searched.size:
        others = np.setdiff1d(np.arange(math.prod(shape)), searched, assume_unique=True)
        alone = searches.encode(reach.stood_in(others), proposal, offset=offset)
        index = alone.index.reshape(-1)[searched]
        found = alone.sample.reshape(-1)[searched]
    easier = reach.stood_in(np.union1d(searched, given))
    encoded = codec.encode(easier, proposal, offset=offset, progress=progress)
    sample = encoded.sample.reshape(-1)
    sample[searched] = found
    if given.size:
        sample[given] = reach.drawn(given, gifts, offset)
    return encoded, Escapes(searched, index, given, sample[given])


def any_escapes(codec: Codec, target: Target, proposal: Proposal) -> bool:
    """Whether some elements escape: targets and proposals decide, and no random number.

    Args:
        codec: The codec.
        target: The targets, as for `Codec.encode`.
        proposal: The proposals.
    """
    if not codec.escapes:
        return False
    q, p = codec.pair(target, proposal)
    shape = broadcast_shape(target=q.shape, proposal=p.shape)
    return any(each.size for each in _reach_of(q, p, shape).escaped(codec))


def without_escapes(
    codec: Codec, target: CoreFamily, proposal: CoreFamily, shape: Shape
) -> tuple[CoreFamily, int]:
    """Returns targets of which none is escaped, and how many were.

    Args:
        codec: The codec.
        target: The targets.
        proposal: The proposals.
        shape: The shape that both broadcast to.
    """
    if not codec.escapes:
        return target, 0
    reach = CoreReach(target, proposal, shape)
    both = np.union1d(*reach.escaped(codec))
    return (reach.stood_in(both), both.size) if both.size else (target, 0)


def decode_escapes(
    escapes: Escapes, codec: Codec, proposal: Proposal, offset: int, sample: Floats
) -> None:
    """Puts the samples of escaped elements in their places.

    Args:
        escapes: The escapes.
        codec: The codec that the others were decoded with.
        proposal: The proposals, of a shape that broadcasts to the samples'.
        offset: The number of the samples' first element.
        sample: The samples, C-contiguous.
    """
    flat = sample.reshape(-1)
    if escapes.searched.size:
        index = np.ones(flat.size, np.uint64)
        index[escapes.searched] = escapes.index
        searches, _ = _codecs(codec)
        found = searches.decode(index.reshape(sample.shape), proposal, offset=offset)
        flat[escapes.searched] = found.reshape(-1)[escapes.searched]
    flat[escapes.given] = escapes.sample


def _codecs(codec: Codec) -> tuple[ADStar, ADStar]:
    """Returns the codecs of searched and of given elements, with seeds of their own."""
    words = _core.philox((0, 0, 0, _LANE << 16), (codec.seed & 0xFFFFFFFF, codec.seed >> 32))
    seeds = words[0] | words[1] << 32, words[2] | words[3] << 32
    searches, gifts = (ADStar(seed, threads=codec.threads) for seed in seeds)
    return searches, gifts


def _reach_of(target: Target, proposal: Proposal, shape: Shape) -> Reach:
    """Returns how a pair escapes."""
    if isinstance(target, CoreFamily) and isinstance(proposal, CoreFamily):
        return CoreReach(target, proposal, shape)
    return CalledReach(target, proposal, shape)
