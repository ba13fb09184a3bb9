"""Escapes of the core's families: what is too hard is known without a search (`difficulty`)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from ..distributions import Uniform
from ..distributions.families import CoreFamily
from .difficulty import (
    Difficulty,
    boxes_bits,
    centre_and_scale,
    difficulty,
    doubt_bits,
    halving_order,
    out_of_reach,
    suprema,
)
from .reach import MOST_GLOBAL_BITS, Reach

if TYPE_CHECKING:
    from collections.abc import Iterator

    import numpy.typing as npt

    from .._elements import Floats, Shape
    from .a_star import ADStar
    from .codec import Codec
    from .reach import Elements

__all__ = ["CoreReach"]

# Blocks of more boxes at a depth are coded in single elements: some 0.1 s in lanes.
_MOST_BOXES = 18.0
# Of searches that end by their doubt, which are not in lanes: of boxes or arrivals, the fewer.
_MOST_OF_DOUBT = 15.0
_EASY = 12.0  # bits of suprema together, which no search minds
_BLOCKS_AT_ONCE = 1 << 10

# How much narrower targets of another family are than the proposals in whose place they stand.
_STAND_IN = 0.25
_WITHIN_ENDS = 2.0**-6


class CoreReach(Reach):
    """A pair of families of the core.

    Args:
        target: The targets.
        proposal: The proposals.
        shape: The shape that both broadcast to.
    """

    def __init__(self, target: CoreFamily, proposal: CoreFamily, shape: Shape) -> None:
        self._target, self._proposal, self._shape = target, proposal, shape

    def escaped(self, codec: Codec) -> tuple[Elements, Elements]:
        """Returns which elements escape: see `Reach`."""
        target, proposal, shape = self._target, self._proposal, self._shape
        given = out_of_reach(target, proposal, shape, codec.most_bits)
        if codec.hard_by is None or not np.prod(shape):
            return np.empty(0, np.int64), given
        return _hard(codec, target, proposal, shape, given), given

    def stood_in(self, elements: Elements) -> CoreFamily:
        """Returns targets of the same family: see `Reach`."""
        return _stood_in(self._target, self._proposal, self._shape, elements)

    def drawn(self, elements: Elements, gifts: ADStar, offset: int) -> Floats:
        """Returns samples: see `Reach`."""
        # The root's own sample, with the target as a proposal.
        drawn = gifts.decode(np.ones(self._shape, np.uint64), self._target, offset=offset)
        return np.asarray(drawn.reshape(-1)[elements])


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
    found = [np.empty(0, np.int64)]
    for own_hints, begins in _alike(codec.blocks.hints(shape), codec.block):
        order = halving_order(own_hints)
        firsts = (np.arange(rows)[:, None] * columns + begins).reshape(-1)
        for at in range(0, firsts.size, _BLOCKS_AT_ONCE):
            some = firsts[at : at + _BLOCKS_AT_ONCE]
            element = some[:, None] + np.arange(len(own_hints))
            bits = suprema(target, proposal, element.reshape(-1), shape).reshape(element.shape)
            element = element[~(bits.sum(axis=1) <= _EASY)]
            own = difficulty(target, proposal, element.reshape(-1), shape)
            taken = is_given[element]
            normals = None
            if codec.hard_by == "doubt":
                normals = _standardised(target, proposal, element, shape)
            alone = _taken_out(codec, own, taken, stand_in, order, normals)
            found.append(element[alone])
    return np.sort(np.concatenate(found))


def _alike(hints: Floats, block: int) -> Iterator[tuple[tuple[float, ...], Elements]]:
    """Yields what hints blocks of a row have, each once, and where the blocks that do begin."""
    whole = hints.size // block * block
    if whole:
        blocks = hints[:whole].reshape(-1, block)
        order = np.lexsort(blocks.T)
        blocks = blocks[order]
        others = 1 + np.flatnonzero((blocks[1:] != blocks[:-1]).any(axis=1))
        for number in np.split(order, others):
            yield tuple(hints[number[0] * block :][:block].tolist()), number * block
    if whole < hints.size:
        yield tuple(hints[whole:].tolist()), np.array([whole])


def _taken_out(
    codec: Codec,
    own: Difficulty,
    taken: npt.NDArray[np.bool_],
    stand_in: Difficulty,
    order: tuple[int, ...],
    normals: tuple[Floats, Floats] | None,
) -> npt.NDArray[np.bool_]:
    """Returns which elements are taken out of blocks, shape (blocks, block), until none is hard.

    Args:
        codec: The codec.
        own: The elements' difficulty.
        taken: Those that are taken out already.
        stand_in: The difficulty of what stands in their places.
        order: Which element of a block is halved at each level.
        normals: Where searches end by their doubt, means and scales in the proposals' units.
    """
    supremum = own.supremum.reshape(taken.shape).copy()
    renyi = own.renyi.reshape(*taken.shape, own.renyi.shape[-1]).copy()
    supremum[taken], renyi[taken] = stand_in.supremum[0], stand_in.renyi[0]
    alone = np.zeros(taken.shape, bool)
    hard = np.arange(taken.shape[0])
    while True:
        hard = hard[~(taken | alone)[hard].all(axis=1)]
        if codec.hard_by == "supremum":
            hard = hard[supremum[hard].sum(axis=1) > MOST_GLOBAL_BITS]
        elif hard.size:
            some = Difficulty(supremum[hard], renyi[hard])
            deepest = min(codec.deepest, len(order))
            bits = boxes_bits(some, taken.shape[1], order, deepest, _MOST_BOXES + 1.0)
            is_hard = bits > _MOST_BOXES
            if normals is not None and codec.within is not None:
                out = (taken | alone)[hard]
                mean, scale = (
                    np.where(out, 0.0, normals[0][hard]),
                    np.where(out, 1.0, normals[1][hard]),
                )
                arrivals = doubt_bits(mean, scale, supremum[hard].sum(axis=1), codec.within)
                fewest = np.minimum(bits, arrivals)
                is_hard = np.where(np.isinf(arrivals), is_hard, fewest > _MOST_OF_DOUBT)
            hard = hard[is_hard]
        if not hard.size:
            return alone
        left = np.where((taken | alone)[hard], -np.inf, supremum[hard])
        worst = left.argmax(axis=1)
        alone[hard, worst] = True
        supremum[hard, worst], renyi[hard, worst] = stand_in.supremum[0], stand_in.renyi[0]


def _standardised(
    target: CoreFamily, proposal: CoreFamily, element: Elements, shape: Shape
) -> tuple[Floats, Floats]:
    """Returns normal targets' means and scales in the units of their proposals."""
    flat = element.reshape(-1)
    (loc, scale), (own_loc, own_scale) = target._at(flat, shape), proposal._at(flat, shape)
    with np.errstate(all="ignore"):
        mean, width = (loc - own_loc) / own_scale, scale / own_scale
    return mean.reshape(element.shape), width.reshape(element.shape)


def _stand_in_difficulty(target: CoreFamily, proposal: CoreFamily) -> Difficulty:
    """Returns the difficulty of what stands in an escaped element's place: one element's."""
    first = np.zeros(1, np.int64)
    p = proposal._spread(proposal.shape or (1,)).reshape(-1)[:1]
    q = target._spread(target.shape or (1,)).reshape(-1)[:1]
    assert isinstance(q, CoreFamily)
    assert isinstance(p, CoreFamily)
    return difficulty(_stood_in(q, p, (1,), first), p, first, (1,))
