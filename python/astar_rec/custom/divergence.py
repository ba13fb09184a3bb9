"""KL divergences of any targets from any proposals, by masses of cells alone.

The chain rule over the bits of positions, the first bit first: each bit of a cell of mass m, of
which the halves have m₀ and m₁, carries m₀ log₂(2 m₀ / m) + m₁ log₂(2 m₁ / m) bits. Cells are
halved until that is negligible twice in a row: once may be by chance, where halves that are alike
are not even. Where the ratio is smooth, halves of a halved cell carry a fourth of what it carried,
all further ones together a third.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from .._validate import broadcast_shape
from ..distributions.tails import LEAST, mass
from .tails import Tails

if TYPE_CHECKING:
    from .._elements import Floats
    from ..distributions import Distribution
    from .callables import Elements
    from .distributions import CustomProposal, CustomTarget

__all__ = ["divergence_bits"]

# Bits of positions: those in which every cell is halved, and all that are looked at.
_FIRST, _DEEPEST = 6, 60
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
    size = elements.size
    which = np.arange(size)
    bits = np.zeros(size)
    begin = np.zeros(size, np.uint64)
    low, high = np.zeros(size), np.full(size, -LEAST)
    was_little = np.zeros(size, bool)
    for depth in range(1, _DEEPEST + 1):
        middle = begin + np.uint64(1 << (64 - depth))
        between = tails(middle, elements[which])
        halves = mass(low, between), mass(between, high)
        own = halves[0] + halves[1]
        gain = sum(_bits(half, own) for half in halves)
        little = np.asarray(gain) <= _NEGLIGIBLE
        further = ~(little & was_little) | (depth <= _FIRST)
        # What cells carry that are halved no more.
        gain = np.where(further, gain, gain * (4.0 / 3.0))
        bits += np.bincount(which, gain, size)
        left, right = (further & (half > 0.0) for half in halves)
        begin = np.concatenate((begin[left], middle[right]))
        low, high = (
            np.concatenate((low[left], between[right])),
            np.concatenate((between[left], high[right])),
        )
        was_little = np.concatenate((little[left], little[right]))
        which = np.concatenate((which[left], which[right]))
        if not which.size:
            break
    return bits


def _bits(half: Floats, own: Floats) -> Floats:
    there = half > 0.0
    ratio = np.divide(2.0 * half, own, out=np.ones(half.shape), where=there)
    return np.asarray(half * np.log2(ratio))
