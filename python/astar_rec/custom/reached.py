"""What searches for custom targets refuse before any work: bounds, and targets that are cut off.

A log ratio is normalised: over all of the proposal, the density ratio's mean is 1. What it lacks of
1 between the proposal's outermost positions lies beyond them. Bounds over cells of positions, each
times the cell's share, add up to no less than what lies between. Where that is below 1, a part of
the target is lost, and it is a proof: no target whose ratio and bounds are as they must be is
refused by mistake.

To prove it takes thousands of bounds. They are asked for where the ratio at the ends gives reason
to: with s the logarithm of what the proposal has further out, the target has exp(log ratio - s) ds,
and if the log ratio goes on along s with the slope g that it has at the end, there lies

    share beyond the end × density ratio at the end / (1 - g)

beyond, which is within some 10 % for normal targets; with g above 1 the target grows outwards. A
target that lies further out and shows nothing at the ends is not seen.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from .. import _core
from .._elements import unravel
from ..distributions import Distribution
from ..errors import DivergenceError
from .lockstep import Bounds, Sampler, suprema
from .pairs import NOWHERE, PairTarget
from .standing_in import StandIn
from .tails import LARGEST_PART_BEYOND, Tails

if TYPE_CHECKING:
    import numpy.typing as npt

    from .._elements import Floats, Indices, Shape
    from .callables import Elements
    from .distributions import CustomProposal, CustomTarget

__all__ = ["require_searchable"]

# A search with one bound for all intervals takes a number of steps that is its power.
_MOST_CONSTANT_BITS = 32.0
_LIMIT = 64.0
_FIRST, _LAST = np.uint64(0), np.uint64(2**64 - 1)
# A part beyond the ends, as the slope there tells it, that gives reason to look closer; and a slope
# with which that part is as good as any.
_SUSPECT = 2.0**-8
_OUTWARDS = 1.0 - 2.0**-6
# How many cells an element is looked at in: what lies beyond is known to some 2^-8 then.
_MOST_CELLS = 1 << 12
_FEW_CELLS = 1 << 7
_AT_ONCE = 1 << 14  # elements at their ends
_CLOSELY_AT_ONCE = 1 << 8


def require_searchable(
    method: _core.Method,
    target: CustomTarget,
    proposal: Distribution | CustomProposal,
    shape: Shape,
    *,
    unbounded: bool,
) -> None:
    """Refuses what a search would not end for, and what it would cut off in silence.

    Args:
        method: The method.
        target: The target, with a log ratio.
        proposal: The proposal.
        shape: The shape to which both broadcast.
        unbounded: Whether the search has no budget: a constant bound makes it too long sooner.

    Raises:
        DivergenceError: A bound that is too large; a target of which more than 2^-10 lies beyond
            the proposal's outermost positions, by its CDF, or by its ratio if that shows it.
    """
    # Positions have 64 bits whatever the seed and the elements are.
    limit = _core.Lockstep(method, 0, 0, 1).most_bound_bits
    if unbounded and isinstance(target._bound, np.ndarray):
        limit = min(limit, _MOST_CONSTANT_BITS)
    supremum = suprema(target, proposal, shape)
    _check_bound(limit, supremum, shape)
    if not supremum.size:
        return
    tails = _tails_of(target, proposal, shape)
    if tails is not None:
        tails.require_reached(LARGEST_PART_BEYOND)
        return
    _Ratio(target, proposal, shape).require_inside(supremum)


def _check_bound(limit: float, supremum: Floats, shape: Shape) -> None:
    """Refuses bounds with which an exact search would not end in reasonable time."""
    above = ~((supremum <= limit * math.log(2)) & (supremum < NOWHERE))
    if above.any():
        first = int(np.argmax(above))
        bits = math.inf
        if supremum[first] < NOWHERE:
            bits = float(supremum[first]) / math.log(2)
        reason = "the bound of the log ratio is too large for an exact search"
        if math.isinf(bits):
            reason = "the target has mass where the proposal has none"
        raise DivergenceError(unravel(first, shape), bits, limit, reason)


def _tails_of(
    target: CustomTarget, proposal: Distribution | CustomProposal, shape: Shape
) -> Tails | None:
    """Returns the targets' masses, if they have any."""
    replaced = target.replaced if isinstance(target, StandIn) else None
    own = target.original if isinstance(target, StandIn) else target
    source = own._target if isinstance(own, PairTarget) else own
    theirs = own._proposal if isinstance(own, PairTarget) else proposal
    if isinstance(source, Distribution):
        if not source._answers("_tail"):
            return None
    elif source._cdf is None:
        return None
    if replaced is not None:
        source = StandIn(source, replaced.reshape(shape))
    return Tails(source, theirs, shape)


def _unwarned() -> np.errstate:
    """What is set, but without warnings: for ratios that a search may never need."""
    own: Any = {kind: "ignore" if how == "warn" else how for kind, how in np.geterr().items()}
    return np.errstate(**own)


def _shares_between(begin: Indices, depth: npt.NDArray[np.int64]) -> Floats:
    """Returns what proposals have between the first positions of cells and those of the next.

    The last one ends at its last position, as there is no other.
    """
    within = _LAST >> np.minimum(depth, 63).astype(np.uint64)
    is_last = begin == np.where(depth < 64, _LAST - within, _LAST)
    return np.asarray(np.ldexp(1.0, -depth) - np.where(is_last, 0.5**64, 0.0))


class _Ratio:
    """A ratio that is all there is to tell a target by."""

    def __init__(
        self, target: CustomTarget, proposal: Distribution | CustomProposal, shape: Shape
    ) -> None:
        self._shape = shape
        self._sampler, self._bounds = Sampler(proposal, shape), Bounds(target, shape)
        self._constant = isinstance(target._bound, np.ndarray)

    def require_inside(self, supremum: Floats) -> None:
        """Refuses the first element that is known to lie beyond the ends in part.

        Args:
            supremum: Bounds over all that positions reach, of all elements.
        """
        # One number bounds the ratio everywhere, beyond the ends, too: so nothing lies there.
        size = 0 if self._constant else supremum.size
        for begin in range(0, size, _AT_ONCE):
            element = np.arange(begin, min(size, begin + _AT_ONCE))
            some = element[self._grows_outwards(element)]
            for at in range(0, some.size, _CLOSELY_AT_ONCE):
                own = some[at : at + _CLOSELY_AT_ONCE]
                try:
                    with _unwarned():
                        inside = self._inside(own, supremum[own])
                except Exception:  # likewise
                    continue
                self._require(inside, own)

    @property
    def _most(self) -> float:
        """What a target that is all there has at least, as far as ratios' type tells."""
        return (1.0 - LARGEST_PART_BEYOND) * math.exp(-50.0 * self._bounds.tolerance)

    def _grows_outwards(self, element: Elements) -> npt.NDArray[np.bool_]:
        """Whether the ratio at the ends gives reason to look closer, of some elements."""
        found = np.zeros(element.size, bool)
        last = self._sampler.resolved_bits(np.array([_LAST]))
        fine = 64 if last is None else int(last[0])
        for upper, bits in ((False, 64), (True, fine)):
            # Where values stand for many positions, the ends are further in.
            within = np.uint64((8 << (64 - bits)) - 1)
            outer, inner = (np.full(element.size, each) for each in (_FIRST, within))
            if upper:
                outer, inner = ~outer, ~inner
            own = np.concatenate((element, element))
            x = self._sampler(np.concatenate((outer, inner)), own)
            try:
                with _unwarned():
                    ratio = self._bounds.at(x, own)
            except Exception:  # a search may do without, and say what it is where it does not
                return np.zeros(element.size, bool)
            end, before = ratio[: element.size], ratio[element.size :]
            beyond, around = 0.5**65 if bits == 64 else 0.5**bits, 7.5 * 0.5**bits
            with np.errstate(all="ignore"):
                slope = (end - before) / math.log(around / beyond)
                part = beyond * np.exp(end) / (1.0 - slope)
                found |= (slope >= _OUTWARDS) | ((slope < _OUTWARDS) & (part > _SUSPECT))
        return found

    def _inside(self, element: Elements, supremum: Floats) -> Floats:
        """Returns upper bounds of what lies between the ends; 1 where none is below that in time.

        Args:
            element: The elements' numbers.
            supremum: Bounds over all that positions reach.
        """
        most, found = self._most, np.ones(element.size)
        which, depth = np.arange(element.size), np.zeros(element.size, np.int64)
        begin, bound = np.zeros(element.size, np.uint64), supremum
        low, high = self._sampler(begin, element), self._sampler(~begin, element)
        at_low, at_high = (self._bounds.ratio(x, element, supremum) for x in (low, high))
        while which.size:
            share = _shares_between(begin, depth)
            with np.errstate(all="ignore"):
                own = share * np.exp(bound)
                slack = own - share * np.exp(np.minimum(at_low, at_high))
            total, open_ = (np.bincount(which, each, element.size) for each in (own, slack))
            cells = np.bincount(which, minlength=element.size)
            lost = (cells > 0) & (total < most)
            found[lost] = total[lost]
            # Of few cells, the ratio at their ends tells little.
            whole = (total - open_ >= most) & (cells >= _FEW_CELLS)
            going = ~lost & ~whole & (cells <= _MOST_CELLS)
            # Those that may tell the most; the others stay as they are.
            halved = (slack * cells[which] >= 0.5 * open_[which]) & (depth < 64)
            going &= np.bincount(which, halved, element.size) > 0
            halved &= going[which]
            kept = ~halved & going[which]
            of = which[halved]
            middle = begin[halved] + (np.uint64(1) << (63 - depth[halved]).astype(np.uint64))
            x = self._sampler(middle, element[of])
            at_middle = self._bounds.ratio(x, element[of], bound[halved])
            lows = np.concatenate((low[halved], x))
            highs = np.concatenate((x, high[halved]))
            twice = np.concatenate((of, of))
            tighter = self._bounds.supremum(lows, highs, element[twice])
            bound = np.concatenate((bound[kept], np.minimum(tighter, np.tile(bound[halved], 2))))
            at_low = np.concatenate((at_low[kept], at_low[halved], at_middle))
            at_high = np.concatenate((at_high[kept], at_middle, at_high[halved]))
            depth = np.concatenate((depth[kept], np.tile(depth[halved] + 1, 2)))
            begin = np.concatenate((begin[kept], begin[halved], middle))
            low, high = np.concatenate((low[kept], lows)), np.concatenate((high[kept], highs))
            which = np.concatenate((which[kept], twice))
        return found

    def _require(self, inside: Floats, element: Elements) -> None:
        lost = np.flatnonzero(inside < self._most)
        if not lost.size:
            return
        first = element[lost[:1]]
        low, high = (float(self._sampler(np.array([end]), first)[0]) for end in (_FIRST, _LAST))
        reason = (
            f"a part {1.0 - float(inside[lost[0]]):.3g} of the target at least lies outside "
            f"[{low!r}, {high!r}], all that 64-bit positions of this proposal reach, or log_ratio "
            "is not normalised: use a wider proposal, or give cdf and sf and call compress"
        )
        raise DivergenceError(unravel(int(first[0]), self._shape), math.inf, _LIMIT, reason)
