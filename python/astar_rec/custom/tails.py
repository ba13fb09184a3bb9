"""What polar coding asks of a pair: the target's mass between positions in the proposal's CDF."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from .._elements import unravel
from ..distributions import Distribution
from ..distributions.tails import LEAST, mass, tails_of
from ..errors import DivergenceError, ParameterError
from .callables import FamilyFunction, Results
from .distributions import CustomTarget
from .lockstep import Sampler
from .resolution import require_resolved
from .standing_in import StandIn

if TYPE_CHECKING:
    from collections.abc import Iterator

    import numpy.typing as npt

    from .._elements import Floats, Indices, Shape
    from .callables import ElementFunction, Elements
    from .distributions import CustomProposal

__all__ = ["LARGEST_PART_BEYOND", "Tails", "tails_at"]

_TAILS = Results(-1.0, 1.0, "a signed tail, from -1 to 1")
# What lies where the proposal has no sample is too little to be found there.
_NOTHING = 2.0**-64
# And where a CDF near 1 is all that tells of it, what rounding may leave of that.
_ROUNDING = 2.0**-48
# Where its density goes on, what is beyond the last position is a matter of 64 bits.
LARGEST_PART_BEYOND = 2.0**-10
_LIMIT = 64.0
# What a single position may have of a target. Of as many cells as that, halves are looked at.
_MUCH = 2.0**-4
_AT_ONCE = 1 << 14


class Tails:
    """Signed tails of targets at edges between the 64-bit positions of proposals.

    Edge e, from 1 to 2^64 - 1, lies between the positions e - 1 and e. A tail there is the target's
    at the proposal's sample at position e; of pairs with a row in `distributions.tails`, what that
    says. The mass of the positions from a to b - 1 is then s(b) - s(a), and 1 more where s(a) >= 0
    and s(b) < 0.

    Args:
        target: What `as_target` returns.
        proposal: What `as_proposal` returns.
        shape: The shape to which both broadcast.

    Attributes:
        precise_above: Whether upper tails are as precise as lower ones. Where they are not, they
            are multiples of 2^-53.

    Raises:
        ParameterError: A target without a CDF; a discrete and a continuous one; different numbers
            of categories.
    """

    def __init__(
        self,
        target: Distribution | CustomTarget,
        proposal: Distribution | CustomProposal,
        shape: Shape,
    ) -> None:
        self._shape = shape
        self._replaced: npt.NDArray[np.bool_] | None = None
        if isinstance(target, StandIn):
            self._replaced, target = target.replaced, target.original
        self._positions: ElementFunction | None = None
        self._points: ElementFunction | CustomTarget
        self.precise_above = True
        if isinstance(target, CustomTarget):
            if target._cdf is None:
                raise ParameterError("target", target, "a CustomTarget with cdf, for polar coding")
            self.precise_above = target._precise_above
            self._points = target
        else:
            self._points = FamilyFunction("tail", _TAILS, target._tail, target)
        self._require_kind(target, proposal)
        if isinstance(target, Distribution) and isinstance(proposal, Distribution):
            positions = tails_of(target, proposal)
            if positions is not None:
                self._positions = FamilyFunction("tail", _TAILS, positions, target, proposal)
        self._sampler = Sampler(proposal, shape)
        self._proposal = proposal
        self._ends = proposal._ends() if isinstance(proposal, Distribution) else None

    def __call__(self, edge: Indices, element: Elements) -> Floats:
        """Returns tails at edges.

        Args:
            edge: Edges, uint64, from 1 to 2^64 - 1; flat.
            element: The elements' numbers, in C order over the shape; int64 of the shape of
                ``edge``.

        Returns:
            Signed tails, float64 of that shape.

        Raises:
            ParameterError: Results of the user's or of another library's functions that are no
                probabilities.
        """
        return self.places(element, edge)[1]

    def places(self, element: Elements, edge: Indices) -> tuple[Floats, Floats]:
        """Returns where edges lie on the proposal's scale, and the tails there.

        Args:
            element: As for a call.
            edge: Likewise.

        Returns:
            Places, NaN where tails do not depend on them, and tails; flat.
        """
        if self._positions is not None:
            place, tail = np.full(edge.shape, math.nan), self._positions(element, self._shape, edge)
        else:
            place = self._sampler(edge, element)
            tail = self._at(place, element)
        if self._replaced is None:
            return place, tail
        return place, np.where(self._replaced[element], _own_tail(edge), tail)

    def at_points(self, x: Floats, element: Elements) -> Floats:
        """Returns targets' signed tails at points.

        Args:
            x: The points; flat.
            element: As for a call.
        """
        return self._at(x, element)

    def _at(self, x: Floats, element: Elements) -> Floats:
        if isinstance(self._points, CustomTarget):
            return self._points._tail(x, element, self._shape)
        return self._points(element, self._shape, x)

    def require_resolved(self, position: Indices) -> None:
        """Refuses targets that are finer than the proposal's function tells: see `resolution`.

        Args:
            position: The positions that were drawn, of all elements; flat.

        Raises:
            DivergenceError: A target of which a value of the proposal's stands for too much.
        """
        bits = None if self._positions is not None else self._sampler.resolved_bits(position)
        if bits is None:
            return
        some = np.flatnonzero(bits < 64)
        if not some.size:
            return
        own, first, last = position[some], np.uint64(1), np.uint64(2**64 - 1)
        # From the value before to the one behind.
        reach = np.uint64(1) << (64.0 - bits[some]).astype(np.uint64)
        low = np.where(own > reach, own - reach, first)
        high = np.where(own < last - reach, own + reach, last)
        inside = mass(self(low, some), self(high, some))
        width = (high - low).astype(np.float64) * 2.0**-64
        with np.errstate(divide="ignore"):
            ratio = np.log(inside / width)
        require_resolved(ratio, bits[some], some, self._shape)

    def require_reached(self, beyond_ends: float = _NOTHING) -> None:
        """Refuses targets of which too much lies where the proposal has no positions.

        Args:
            beyond_ends: What may lie beyond the ends of proposals that end; more where the target
                has a CDF alone, which does not tell so little.

        Raises:
            DivergenceError: More than 2^-10 beyond the outermost positions, or more than that
                beyond ends; between values that the proposal has, more than 2^-64.
        """
        self._require_none(self._beyond(beyond_ends))

    def require_support(self) -> None:
        """Refuses targets with mass between those values that the proposal has.

        Raises:
            DivergenceError: More than 2^-64 of it.
        """
        self._require_none(self._between_values())

    def _require_none(self, found: Iterator[_Beyond]) -> None:
        for beyond in found:
            if beyond.element.size:
                first = unravel(int(beyond.element[0]), self._shape)
                raise DivergenceError(first, math.inf, _LIMIT, beyond.reason())

    def unreached(self) -> Elements:
        """Returns which elements `require_reached` refuses; increasing."""
        found = [beyond.element for beyond in self._beyond()]
        return np.unique(np.concatenate([np.empty(0, np.int64), *found]))

    def too_fine(self, element: Elements) -> Elements:
        """Returns which of some elements have much of their mass at single positions.

        More than 2^-4 at one of them: positions are too coarse for such a target.

        Args:
            element: The elements' numbers; flat.
        """
        parts = [
            self._too_fine(element[begin : begin + _AT_ONCE])
            for begin in range(0, element.size, _AT_ONCE)
        ]
        return np.unique(np.concatenate([np.empty(0, np.int64), *parts]))

    def _too_fine(self, element: Elements) -> Elements:
        """Halves cells as long as they hold so much."""
        begin = np.zeros(element.size, np.uint64)
        low, high = np.zeros(element.size), np.full(element.size, -LEAST)
        for depth in range(1, 65):
            middle = begin + np.uint64(1 << (64 - depth))
            between = self(middle, element)
            left, right = mass(low, between) > _MUCH, mass(between, high) > _MUCH
            begin = np.concatenate((begin[left], middle[right]))
            low, high = (
                np.concatenate((low[left], between[right])),
                np.concatenate((between[left], high[right])),
            )
            element = np.concatenate((element[left], element[right]))
            if not element.size:
                break
        return element

    def _beyond(self, ends: float = _NOTHING) -> Iterator[_Beyond]:
        """Yields elements with mass where there are no positions."""
        yield from self._between_values()
        if self._positions is None:  # which are of numbers of positions, not of points
            yield self._beyond_ends(ends if self.precise_above else max(ends, _ROUNDING))

    def _between_values(self) -> Iterator[_Beyond]:
        if isinstance(self._proposal, Distribution):
            for element, low, high in self._proposal._gaps(self._shape):
                inside = mass(self._at(low, element), self._at(high, element))
                yield self._of_those(inside > _NOTHING, element, low, high)

    def _beyond_ends(self, most: float) -> _Beyond:
        element = np.arange(math.prod(self._shape), dtype=np.int64)
        ends = None if self._ends is None else [self._ends_at(each) for each in self._ends]
        if ends is None:
            outermost = (np.uint64(0), np.uint64(2**64 - 1))
            ends = [self._sampler(np.full(element.size, each), element) for each in outermost]
        low, high = (self._at(end, element) for end in ends)
        beyond = mass(np.zeros(1), low) + mass(high, np.full(1, -LEAST))
        much = beyond > (LARGEST_PART_BEYOND if self._ends is None else most)
        return self._of_those(much, element, *ends, beyond)

    def _of_those(self, much: npt.NDArray[np.bool_], element: Elements, *arrays: Floats) -> _Beyond:
        """Returns what lies beyond of those elements that have much of it, and are not replaced."""
        if self._replaced is not None:
            much = much & ~self._replaced[element]
        some = np.flatnonzero(much)
        return _Beyond(element[some], *(array[some] for array in arrays))

    def _ends_at(self, end: Floats) -> Floats:
        """One of the proposals' ends, of all elements; flat."""
        return np.broadcast_to(end, self._shape).reshape(-1)

    def _require_kind(
        self, target: Distribution | CustomTarget, proposal: Distribution | CustomProposal
    ) -> None:
        """Refuses pairs that no positions go with."""
        q, p = (isinstance(each, Distribution) and each._discrete for each in (target, proposal))
        if q != p:
            kind = "discrete" if p else "continuous"
            pair = f"{type(target).__name__} against {type(proposal).__name__}"
            raise ParameterError("target", pair, f"a {kind} target, as the proposal is")
        if isinstance(target, Distribution) and not target._answers("_tail"):
            expected = "a family with tails, or a CustomTarget with cdf and sf"
            raise ParameterError("target", type(target).__name__, expected)
        if q and isinstance(target, Distribution) and isinstance(proposal, Distribution):
            mine, theirs = target._numbers, proposal._numbers
            if mine != theirs:
                expected = f"{theirs} categories, as the proposal has"
                raise ParameterError("target", f"of {mine} categories", expected)


def _own_tail(edge: Indices) -> Floats:
    """Returns a proposal's own signed tails at edges."""
    upper = edge >= np.uint64(2**63)
    share = np.where(upper, ~edge + np.uint64(1), edge).astype(np.float64) * 2.0**-64
    return np.asarray(np.where(upper, -share, share))


class _Beyond(NamedTuple):
    """Elements with mass where there are no positions.

    Attributes:
        element: Their numbers.
        low: Where an interval begins: of positions, or of a gap between them.
        high: Where it ends.
        outside: How much lies outside of the interval; None where mass lies inside.
    """

    element: Elements
    low: Floats
    high: Floats
    outside: Floats | None = None

    def reason(self) -> str:
        """Returns what is wrong with the first of them."""
        low, high = float(self.low[0]), float(self.high[0])
        if self.outside is None:
            return f"the target has mass in ({low!r}, {high!r}], and the proposal has none"
        return (
            f"a part {float(self.outside[0]):.3g} of the target lies outside [{low!r}, {high!r}], "
            "all that 64-bit positions of this proposal reach: use a wider one"
        )


def tails_at(
    target: Distribution | CustomTarget,
    proposal: Distribution | CustomProposal,
    edge: Indices,
    element: Elements,
    shape: Shape,
) -> Floats:
    """Returns signed tails of targets at edges between positions of proposals: see `Tails`.

    Args:
        target: What `as_target` returns.
        proposal: What `as_proposal` returns.
        edge: Edges, uint64, from 1 to 2^64 - 1; flat.
        element: The elements' numbers, in C order over the shape; flat.
        shape: The shape to which both broadcast.

    Raises:
        DivergenceError: A target with mass between those values that the proposal has.
        ParameterError: As for `Tails`.
    """
    tails = Tails(target, proposal, shape)
    tails.require_support()
    return tails(edge, element)
