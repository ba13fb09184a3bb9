"""KL divergences of any targets from any proposals, by masses of cells alone.

What cells tell and what their halves add. Where the ratio is smooth, halves of a halved cell carry
a fourth of what it carried, all further ones together a third.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from .._validate import broadcast_shape
from .halving import halved_cells
from .tails import Tails

if TYPE_CHECKING:
    from .._elements import Floats
    from ..distributions import Distribution
    from .callables import Elements
    from .distributions import CustomProposal, CustomTarget

__all__ = ["divergence_bits"]

# Bits of a cell that is halved no more.
_NEGLIGIBLE = 1e-6
# Elements at once.
_BATCH = 1 << 12


def divergence_bits(
    target: Distribution | CustomTarget,
    proposal: Distribution | CustomProposal,
    elements: Elements | None = None,
) -> Floats:
    """Returns KL[target ‖ proposal] in bits, element by element: an estimate, good to a percent.

    Where there is a closed form, `kl_bits` has it, and is faster.

    Args:
        target: What `as_target` returns.
        proposal: What `as_proposal` returns.
        elements: Which elements, by their numbers in C order, int64; None for all.

    Returns:
        Divergences in bits, float64, of the broadcast shape, or of that of ``elements``: of the
        target as far as it lies between the proposal's outermost positions.

    Raises:
        ParameterError, DivergenceError: As for `Tails`.
    """
    shape = broadcast_shape(target=target.shape, proposal=proposal.shape)
    tails = Tails(target, proposal, shape)
    own = np.arange(math.prod(shape)) if elements is None else elements
    parts = [
        _of_elements(tails, own[begin : begin + _BATCH]) for begin in range(0, own.size, _BATCH)
    ]
    found = np.concatenate([*parts, np.empty(0)])
    return found.reshape(shape if elements is None else own.shape)


def _of_elements(tails: Tails, elements: Elements) -> Floats:
    cells = halved_cells(tails, elements, _NEGLIGIBLE)
    own = cells.lower + cells.upper
    bits = own * np.log2(own / (2.0 * cells.half)) + cells.gain * (4.0 / 3.0)
    return np.asarray(np.bincount(cells.element, bits, elements.size), np.float64)
