"""Escapes of targets that the core does not know: families by their functions, and the user's own.

What they can be asked is what decides: where a log ratio is largest, and how much of a target lies
where proposals have no positions, or all at one of them. A target is drawn from by its quantile, or
by its CDF turned around. One that has neither is not given: whoever codes it refuses it.
"""

from __future__ import annotations

import math
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from .. import _core
from ..custom import CustomTarget, Tails
from ..custom.inversion import inverted
from ..custom.lockstep import Sampler, suprema
from ..custom.pairs import PairTarget
from ..custom.standing_in import StandIn
from ..distributions import Distribution
from .reach import MOST_GLOBAL_BITS, Reach

if TYPE_CHECKING:
    import numpy.typing as npt

    from .._elements import Floats, Shape
    from .a_star import ADStar
    from .codec import Codec, Proposal, Target
    from .reach import Elements

__all__ = ["CalledReach"]

_LOG2_E = 1.0 / math.log(2.0)
# What a component of a mixture has of it at least to matter: polar coding leaves out as much.
_LEAST_PART = 2.0**-42
# Components that are no denser than that at their means are not too fine anywhere.
_COARSE_BITS = 40.0
# What a ratio of a user's own may have: a bound is often loose.
_MOST_OWN_BITS = 64.0
# Of a bound that is the same everywhere, to the power of which searches take steps: some 0.5 s.
_MOST_CONSTANT_BITS = 18.0


class CalledReach(Reach):
    """A pair of which Python knows targets, proposals or both.

    Args:
        target: The targets, as `Codec.pair` returns them.
        proposal: The proposals.
        shape: The shape that both broadcast to.
    """

    def __init__(self, target: Target, proposal: Proposal, shape: Shape) -> None:
        self._target, self._shape = target, shape
        # Who says what the target is, whichever functions are made of it for searches.
        self._source: Target = target._target if isinstance(target, PairTarget) else target
        self._proposal = proposal
        self._theirs = target._proposal if isinstance(target, PairTarget) else proposal
        self._size = math.prod(shape)

    def escaped(self, codec: Codec) -> tuple[Elements, Elements]:
        """Returns which elements escape: see `Reach`."""
        none = np.empty(0, np.int64)
        if not self._size:
            return none, none
        given = none if self._tails is None else self._tails.unreached()
        if codec.by_masses:
            if self._tails is not None and not math.isinf(codec.most_bits):
                others = np.setdiff1d(np.arange(self._size), given, assume_unique=True)
                given = np.union1d(given, self._tails.too_fine(others))
                given = np.union1d(given, self._with_fine_parts())
            return none, given
        return self._searched(codec, given)

    def _with_fine_parts(self) -> Elements:
        """Returns elements of which some component is too fine by itself, little as it may be."""
        found = [np.empty(0, np.int64)]
        components = self._source._components() if isinstance(self._source, Distribution) else ()
        for share, part in components:
            some = np.flatnonzero(np.broadcast_to(share, self._shape) > _LEAST_PART)
            some = some[_may_be_fine(part, self._theirs, some, self._shape)]
            found.append(Tails(part, self._theirs, self._shape).too_fine(some))
        return np.unique(np.concatenate(found))

    def _searched(self, codec: Codec, given: Elements) -> tuple[Elements, Elements]:
        assert isinstance(self._target, CustomTarget)
        none = np.empty(0, np.int64)
        own = not isinstance(self._target, PairTarget)
        constant = isinstance(self._target._bound, np.ndarray)
        most = max(codec.most_bits, _MOST_OWN_BITS) if own else codec.most_bits
        if constant and codec.unbounded:
            most = _MOST_CONSTANT_BITS
        with np.errstate(over="ignore"):  # where there is no proposal at all
            bits = suprema(self._target, self._proposal, self._shape) * _LOG2_E
        there = (bits <= most) & (bits < math.inf)
        if self._drawn_from:
            given = np.union1d(given, np.flatnonzero(~there))
        if codec.hard_by != "supremum" or constant:
            return none, given
        hard = np.flatnonzero((bits > MOST_GLOBAL_BITS) & there)
        return np.setdiff1d(hard, given, assume_unique=True), given

    def stood_in(self, elements: Elements) -> Target:
        """Returns targets some of which are their proposals: see `Reach`."""
        replaced = np.zeros(self._shape, bool)
        replaced.reshape(-1)[elements] = True
        return StandIn(self._target, replaced)

    def drawn(self, elements: Elements, gifts: ADStar, offset: int) -> Floats:
        """Returns samples: see `Reach`."""
        position = _roots(gifts, offset, elements)
        if isinstance(self._source, Distribution):
            return Sampler(self._source, self._shape)(position, elements)
        tails = self._tails
        assert tails is not None
        # At points where a float64 ends.
        with np.errstate(all="ignore"):
            return inverted(lambda x: tails.at_points(x, elements), position)

    @property
    def _drawn_from(self) -> bool:
        return isinstance(self._source, Distribution) or self._tails is not None

    @cached_property
    def _tails(self) -> Tails | None:
        """The targets' masses, if they have any."""
        source = self._source
        if isinstance(source, Distribution):
            there = source._answers("_tail")
        else:
            there = source._cdf is not None
        return Tails(source, self._theirs, self._shape) if there else None


def _may_be_fine(
    part: Distribution, proposal: Proposal, element: Elements, shape: Shape
) -> npt.NDArray[np.bool_]:
    """Whether normal distributions may be too fine for positions, by their densities' peaks."""
    if not isinstance(proposal, Distribution) or not element.size:
        return np.ones(element.size, bool)
    q, p = part._at(element, shape), proposal._at(element, shape)
    with np.errstate(all="ignore"):
        bits = (part.log_density(q[0], *q) - proposal.log_density(q[0], *p)) * _LOG2_E
    return ~(bits < _COARSE_BITS)


def _roots(gifts: ADStar, offset: int, elements: Elements) -> npt.NDArray[np.uint64]:
    """Returns the positions of elements' first random numbers."""
    first, last = int(elements[0]), int(elements[-1])
    found = np.empty(last - first + 1, np.uint64)
    ones = np.ones(found.size, np.uint64)
    _core.replay(gifts._method, gifts.seed, offset + first, ones, found)
    return found[elements - first]
