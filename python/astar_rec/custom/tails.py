"""What polar coding asks of a pair: the target's mass between positions in the proposal's CDF."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from .._elements import unravel
from ..distributions import Distribution
from ..distributions.tails import LEAST, mass, tails_of
from ..errors import DivergenceError, ParameterError
from .callables import FamilyFunction, Results
from .distributions import CustomTarget
from .lockstep import Sampler
from .resolution import require_resolved

if TYPE_CHECKING:
    from .._elements import Floats, Indices, Shape
    from .callables import ElementFunction, Elements
    from .distributions import CustomProposal

__all__ = ["Tails", "tails_at"]

_TAILS = Results(-1.0, 1.0, "a signed tail, from -1 to 1")
# What lies where the proposal has no sample is too little to be found there.
_NOTHING = 2.0**-64
# Where its density goes on, what is beyond the last position is a matter of 64 bits.
_LITTLE = 2.0**-10
_LIMIT = 64.0


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
        DivergenceError: A target with mass between those values that the proposal has.
    """

    def __init__(
        self,
        target: Distribution | CustomTarget,
        proposal: Distribution | CustomProposal,
        shape: Shape,
    ) -> None:
        self._shape = shape
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
        self._ends = proposal._ends() if isinstance(proposal, Distribution) else None
        self._require_support(proposal)

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
        if self._positions is not None:
            return self._positions(element, self._shape, edge)
        return self._at(self._sampler(edge, element), element)

    def places(self, element: Elements, edge: Indices) -> tuple[Floats, Floats]:
        """Returns where edges lie on the proposal's scale, and the tails there.

        Args:
            element: As for a call.
            edge: Likewise.

        Returns:
            Places, NaN where tails do not depend on them, and tails; flat.
        """
        if self._positions is not None:
            return np.full(edge.shape, math.nan), self._positions(element, self._shape, edge)
        x = self._sampler(edge, element)
        return x, self._at(x, element)

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

    def require_ends(self) -> None:
        """Refuses targets of which too much lies beyond the proposal's outermost positions.

        Raises:
            DivergenceError: More than 2^-10; of a proposal with hard ends, more than 2^-64.
        """
        if self._positions is not None:
            return  # of numbers of positions, not of points
        element = np.arange(math.prod(self._shape), dtype=np.int64)
        ends = None if self._ends is None else [self._ends_at(each) for each in self._ends]
        if ends is None:
            outermost = (np.uint64(0), np.uint64(2**64 - 1))
            ends = [self._sampler(np.full(element.size, each), element) for each in outermost]
        low, high = (self._at(end, element) for end in ends)
        beyond = mass(np.zeros(1), low) + mass(high, np.full(1, -LEAST))
        good = beyond <= (_LITTLE if self._ends is None else _NOTHING)
        if not good.all():
            first = int(np.argmin(good))
            span = f"[{float(ends[0][first])!r}, {float(ends[1][first])!r}]"
            reason = (
                f"a part {float(beyond[first]):.3g} of the target lies outside {span}, all that "
                "64-bit positions of this proposal reach: use a wider one"
            )
            raise DivergenceError(unravel(first, self._shape), math.inf, _LIMIT, reason)

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

    def _require_support(self, proposal: Distribution | CustomProposal) -> None:
        """Refuses targets with mass between those values that the proposal has."""
        if not isinstance(proposal, Distribution):
            return
        for element, low, high in proposal._gaps(self._shape):
            inside = mass(self._at(low, element), self._at(high, element)) > _NOTHING
            if inside.any():
                first = int(np.argmax(inside))
                where = unravel(int(element[first]), self._shape)
                span = f"({float(low[first])!r}, {float(high[first])!r}]"
                reason = f"the target has mass in {span}, and the proposal has none"
                raise DivergenceError(where, math.inf, _LIMIT, reason)


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
    """
    return Tails(target, proposal, shape)(edge, element)
