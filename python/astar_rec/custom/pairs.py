"""Pairs of families that the core does not have, as custom targets and proposals.

The log ratio is the difference of the families' log densities. Its supremum over an interval is
that of the ratios at the interval's ends and at the pair's peaks inside (`distributions.ratios`).
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import numpy as np

from ..distributions.families import CoreFamily
from ..distributions.ratios import peaks_of
from .callables import LOGARITHMS, NUMBERS, FamilyFunction, PositionFunction
from .distributions import CustomProposal, CustomTarget
from .resolution import resolved_bits

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .._elements import Floats, Indices, Shape
    from ..distributions import Distribution
    from ..distributions.ratios import Peaks
    from .callables import Elements

__all__ = ["NOWHERE", "in_lockstep", "pair_in_lockstep"]


# Of a ratio where the target has mass and the proposal has none.
NOWHERE = sys.float_info.max


class FamilyProposal(CustomProposal):
    """A proposal of a family that the core does not have."""

    def __init__(self, proposal: Distribution) -> None:
        self._proposal = proposal
        self.shape = proposal.shape
        self._at = PositionFunction("quantile", NUMBERS, proposal._samples, proposal)

    def __repr__(self) -> str:
        return repr(self._proposal)

    def _arrays(self) -> Iterator[tuple[str, Floats]]:
        return self._proposal._arrays()

    def _samples(self, position: Indices, element: Elements, shape: Shape) -> Floats:
        if self._proposal.size > 1:
            return self._at(element, shape, position)
        # All elements have the same proposal, and often the same few positions: edges of cells.
        own, where = np.unique(position, return_inverse=True)
        return self._at(element[: own.size], shape, own)[where]

    def _resolved_bits(self, position: Indices) -> Floats:
        if self._proposal._answers("_samples"):
            return np.full(position.shape, 64.0)  # of positions, and not of probabilities
        return resolved_bits(position, precise_above=False)


class PairTarget(CustomTarget):
    """A target with its log ratio to a proposal, by the families of both."""

    def __init__(self, target: Distribution, proposal: Distribution, peaks: Peaks) -> None:
        self._target = target
        self._proposal = proposal
        self._peaks = peaks
        self._split = len(target._parameters)
        self.shape = target.shape
        self._mode = None
        self._log_ratio = FamilyFunction("log_ratio", LOGARITHMS, self._ratio, target, proposal)
        self._bound = FamilyFunction("bound", LOGARITHMS, self._supremum, target, proposal)

    def __repr__(self) -> str:
        return repr(self._target)

    def _arrays(self) -> Iterator[tuple[str, Floats]]:
        return self._target._arrays()

    def _ratio(self, x: Floats, *parameters: Floats) -> Floats:
        q, p = parameters[: self._split], parameters[self._split :]
        with np.errstate(over="ignore"):  # no density at all, then
            log_q, log_p = self._target.log_density(x, *q), self._proposal.log_density(x, *p)
            # Where both are 0, too: the target never lies there.
            nowhere = np.full_like(log_q, -np.inf)
            return np.subtract(log_q, log_p, out=nowhere, where=log_q > -np.inf)

    def _supremum(self, low: Floats, high: Floats, *parameters: Floats) -> Floats:
        inside = (np.clip(peak, low, high) for peak in self._peaks(*parameters))
        supremum = self._largest(low, *parameters)
        for x in (high, *inside):
            supremum = np.maximum(supremum, self._largest(x, *parameters))
        return supremum

    def _largest(self, x: Floats, *parameters: Floats) -> Floats:
        """The ratio at x, the largest number where the target is and the proposal is not."""
        ratio = self._ratio(x, *parameters)
        if not np.isposinf(ratio).any():
            return ratio
        # A density that is infinite itself stays so, and is refused.
        finite = self._target.log_density(x, *parameters[: self._split]) < np.inf
        return np.where(np.isposinf(ratio) & finite, NOWHERE, ratio)


def in_lockstep(proposal: Distribution | CustomProposal) -> CoreFamily | CustomProposal:
    """Returns a proposal whose samples the core makes, or else a custom one."""
    if isinstance(proposal, (CoreFamily, CustomProposal)):
        return proposal
    return FamilyProposal(proposal)


def pair_in_lockstep(
    target: Distribution, proposal: Distribution
) -> tuple[CustomTarget, CoreFamily | CustomProposal] | None:
    """Returns a pair of families as a custom one; None where nobody said where its ratio peaks."""
    peaks = peaks_of(target, proposal)
    return None if peaks is None else (PairTarget(target, proposal, peaks), in_lockstep(proposal))
