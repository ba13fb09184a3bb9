"""Escapes: elements of which a codec cannot say a sample, or not in reasonable time.

They are coded by themselves, so that one of them costs no other anything. In the codec's own call
their targets are replaced by their proposals, of which a message says next to nothing.

- *Searched* elements are in blocks that are too hard for one search: each is coded by itself, with
  `ADStar` and random numbers of its own.
- *Given* elements are beyond what indices resolve: their samples are drawn, and sent as they are.

Which elements these are depends on targets and proposals alone (`difficulty`), and samples of all
follow their targets exactly, independently of each other.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from .. import _core
from ..distributions import Uniform
from ..distributions.families import CoreFamily
from .a_star import ADStar
from .difficulty import (
    Difficulty,
    boxes_bits,
    centre_and_scale,
    difficulty,
    halving_order,
    out_of_reach,
    suprema,
)

if TYPE_CHECKING:
    import numpy.typing as npt

    from .._elements import Floats, Indices, Shape
    from ..distributions import Distribution
    from .codec import Codec, Progress, Proposal, Target
    from .encoded import Encoded

    Elements = npt.NDArray[np.int64]

__all__ = [
    "Escapes",
    "decode_escapes",
    "encode_with_escapes",
    "joined_escapes",
    "none_escaped",
    "without_escapes",
]

# Blocks of more boxes at a depth are coded in single elements: some 0.1 s in lanes.
_MOST_BOXES = 18.0
_MOST_GLOBAL_BITS = 24.0
_EASY = 12.0  # bits of suprema together, which no search minds
_BLOCKS_AT_ONCE = 1 << 10

# The lane of the seeds of escapes: no node has it.
_LANE = 65534
# How much narrower targets of another family are than the proposals in whose place they stand.
_STAND_IN = 0.25
_WITHIN_ENDS = 2.0**-6


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
    searched, given = _escaped(codec, target, proposal, shape)
    if not searched.size and not given.size:
        encoded = codec.encode(target, proposal, offset=offset, progress=progress)
        return encoded, none_escaped()
    assert isinstance(target, CoreFamily)
    assert isinstance(proposal, CoreFamily)
    both = np.union1d(searched, given)
    easier = _stood_in(target, proposal, shape, both)
    encoded = codec.encode(easier, proposal, offset=offset, progress=progress)
    sample = encoded.sample.reshape(-1)
    searches, gifts = _codecs(codec)
    index = np.empty(0, np.uint64)
    if searched.size:
        others = np.setdiff1d(np.arange(sample.size), searched, assume_unique=True)
        alone = _stood_in(target, proposal, shape, others)
        found = searches.encode(alone, proposal, offset=offset)
        index = found.index.reshape(-1)[searched]
        sample[searched] = found.sample.reshape(-1)[searched]
    if given.size:
        # The root's own sample, with the target as a proposal.
        drawn = gifts.decode(np.ones(shape, np.uint64), target, offset=offset)
        sample[given] = drawn.reshape(-1)[given]
    return encoded, Escapes(searched, index, given, sample[given])


def without_escapes(
    codec: Codec, target: Distribution, proposal: Distribution, shape: Shape
) -> tuple[Distribution, int]:
    """Returns targets of which none is escaped, and how many were.

    Args:
        codec: The codec.
        target: The targets.
        proposal: The proposals.
        shape: The shape that both broadcast to.
    """
    both = np.union1d(*_escaped(codec, target, proposal, shape))
    if not both.size:
        return target, 0
    assert isinstance(target, CoreFamily)
    assert isinstance(proposal, CoreFamily)
    return _stood_in(target, proposal, shape, both), both.size


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


def _stood_in(
    target: CoreFamily, proposal: CoreFamily, shape: Shape, elements: Elements
) -> CoreFamily:
    """Returns targets of which some are replaced by targets that searches find at once."""
    there = np.zeros(shape, bool)
    there.reshape(-1)[elements] = True
    loc, scale = (np.broadcast_to(each, shape) for each in centre_and_scale(proposal))
    own_loc, own_scale = (np.broadcast_to(each, shape) for each in target._parameters)
    if type(target) is type(proposal):
        other_loc, other_scale = (np.broadcast_to(each, shape) for each in proposal._parameters)
    elif isinstance(target, Uniform):
        other_loc, other_scale = loc - _STAND_IN * scale, loc + _STAND_IN * scale
    else:
        narrower = _WITHIN_ENDS if isinstance(proposal, Uniform) else _STAND_IN
        other_loc, other_scale = loc, narrower * scale
    kind: Any = type(target)
    made: CoreFamily = kind(
        np.where(there, other_loc, own_loc), np.where(there, other_scale, own_scale)
    )
    return made


# --- Which elements these are --------------------------------------------------------------------


def _escaped(
    codec: Codec, target: Target, proposal: Proposal, shape: Shape
) -> tuple[Elements, Elements]:
    """Returns the elements that are searched for alone, and those that are given."""
    none = np.empty(0, np.int64)
    if (
        not codec.escapes
        or not isinstance(target, CoreFamily)
        or not isinstance(proposal, CoreFamily)
    ):
        return none, none
    given = out_of_reach(target, proposal, shape, codec.most_bits)
    if codec.hard_by is None or not np.prod(shape):
        return none, given
    return _hard(codec, target, proposal, shape, given), given


def _hard(
    codec: Codec,
    target: CoreFamily,
    proposal: CoreFamily,
    shape: Shape,
    given: Elements,
) -> Elements:
    """Returns the elements that make blocks hard, those with the largest suprema first."""
    columns = shape[-1] if shape else 1
    rows = int(np.prod(shape)) // columns
    is_given = np.zeros(rows * columns, bool)
    is_given[given] = True
    stand_in = _stand_in_difficulty(target, proposal)
    hints = codec.blocks.hints(shape)
    groups: dict[tuple[float, ...], list[int]] = {}
    for begin in range(0, columns, codec.block):
        groups.setdefault(tuple(hints[begin : begin + codec.block].tolist()), []).append(begin)
    found = [np.empty(0, np.int64)]
    for own_hints, begins in groups.items():
        order = halving_order(own_hints)
        firsts = (np.arange(rows)[:, None] * columns + np.array(begins)).reshape(-1)
        for at in range(0, firsts.size, _BLOCKS_AT_ONCE):
            some = firsts[at : at + _BLOCKS_AT_ONCE]
            element = some[:, None] + np.arange(len(own_hints))
            bits = suprema(target, proposal, element.reshape(-1), shape).reshape(element.shape)
            element = element[~(bits.sum(axis=1) <= _EASY)]
            own = difficulty(target, proposal, element.reshape(-1), shape)
            taken = is_given[element]
            alone = _taken_out(codec, own, taken, stand_in, order)
            found.append(element[alone])
    return np.sort(np.concatenate(found))


def _taken_out(
    codec: Codec,
    own: Difficulty,
    taken: npt.NDArray[np.bool_],
    stand_in: Difficulty,
    order: tuple[int, ...],
) -> npt.NDArray[np.bool_]:
    """Returns which elements are taken out of blocks, shape (blocks, block), until none is hard."""
    supremum = own.supremum.reshape(taken.shape).copy()
    renyi = own.renyi.reshape(*taken.shape, own.renyi.shape[-1]).copy()
    supremum[taken], renyi[taken] = stand_in.supremum[0], stand_in.renyi[0]
    alone = np.zeros(taken.shape, bool)
    hard = np.arange(taken.shape[0])
    while True:
        hard = hard[~(taken | alone)[hard].all(axis=1)]
        if codec.hard_by == "supremum":
            hard = hard[supremum[hard].sum(axis=1) > _MOST_GLOBAL_BITS]
        elif hard.size:
            some = Difficulty(supremum[hard], renyi[hard])
            deepest = min(codec.deepest, len(order))
            bits = boxes_bits(some, taken.shape[1], order, deepest, _MOST_BOXES + 1.0)
            hard = hard[bits > _MOST_BOXES]
        if not hard.size:
            return alone
        left = np.where((taken | alone)[hard], -np.inf, supremum[hard])
        worst = left.argmax(axis=1)
        alone[hard, worst] = True
        supremum[hard, worst], renyi[hard, worst] = stand_in.supremum[0], stand_in.renyi[0]


def _stand_in_difficulty(target: CoreFamily, proposal: CoreFamily) -> Difficulty:
    """Returns the difficulty of what stands in an escaped element's place: one element's."""
    first = np.zeros(1, np.int64)
    p = proposal._spread(proposal.shape or (1,)).reshape(-1)[:1]
    q = target._spread(target.shape or (1,)).reshape(-1)[:1]
    assert isinstance(q, CoreFamily)
    assert isinstance(p, CoreFamily)
    return difficulty(_stood_in(q, p, (1,), first), p, first, (1,))
