"""Proposals of some elements of an array, as one of a single axis."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from .distributions import CustomProposal

if TYPE_CHECKING:
    from .._elements import Floats, Indices, Shape
    from ..distributions import Distribution
    from .callables import Elements

__all__ = ["elements_of"]


class _Selected(CustomProposal):
    """A custom proposal whose elements are some of another array's."""

    def __init__(self, proposal: CustomProposal, shape: Shape, places: Elements) -> None:
        self.shape = (places.size,)
        self._original, self._within, self._places = proposal, shape, places

    def _samples(self, position: Indices, element: Elements, shape: Shape) -> Floats:
        del shape
        return self._original._samples(position, self._places[element], self._within)

    def _resolved_bits(self, position: Indices) -> Floats:
        return self._original._resolved_bits(position)


def elements_of(
    proposal: Distribution | CustomProposal, shape: Shape, places: Elements
) -> Distribution | CustomProposal:
    """Returns a proposal of one axis, or of none where all elements share it.

    Args:
        proposal: The proposal, whose shape broadcasts to ``shape``.
        shape: The shape of an array of samples.
        places: Which of its elements, in C order.
    """
    if isinstance(proposal, CustomProposal):
        return _Selected(proposal, shape, places)
    if proposal.size == 1:
        return proposal.reshape(())
    own = np.arange(proposal.size).reshape(proposal.shape)
    return proposal.reshape(-1)[np.broadcast_to(own, shape).reshape(-1)[places]]
