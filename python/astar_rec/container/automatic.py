"""Choosing what the sender may choose: the block, and hints for its columns."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from .._validate import broadcast_shape
from ..codecs import ADStar
from ..custom import CustomTarget
from ..errors import DivergenceError, ParameterError
from ..information import kl_bits
from .options import HINTS_PER_BIT, MOST_HINT, MOST_HINTS

if TYPE_CHECKING:
    import numpy.typing as npt

    from .._validate import Floats, Shape
    from ..distributions import Distribution

# Hints that differ by less than this within a block, in bits, are not worth their bytes.
_ALIKE = 1.0

# Nor are hints for rows fewer than these.
_ROWS = 16

# A block pays if a search takes no more steps than this on average (some 0.1 ms an element with
# blocks of eight), and none of the pilot's blocks this many.
_STEPS = 2_500
_MOST_STEPS = 40_000
_PILOT = 64
_BLOCKS = (8, 4, 2)


def automatic_hint(name: str, block: int | str, target: Any, proposal: Any) -> Floats | None:
    """Returns the columns' mean divergences; None where blocks are even, or the rows few.

    Args:
        name: What was given as ``bits_hint``.
        block: The block, or "auto".
        target: The targets.
        proposal: The proposal.
    """
    if name != "auto":
        raise ParameterError("bits_hint", name, 'None, "auto" or a number for each column')
    divergence = np.atleast_1d(kl_bits(target, proposal))
    columns = divergence.shape[-1]
    if divergence.size < _ROWS * max(1, columns) or columns > MOST_HINTS:
        return None
    hints = divergence.reshape(-1, columns).mean(axis=0)
    hints = hints.clip(0, MOST_HINT // HINTS_PER_BIT)
    size = block if isinstance(block, int) else _BLOCKS[0]
    starts = range(0, columns, max(1, size))
    uneven = max(float(np.ptp(hints[begin : begin + size])) for begin in starts)
    return hints if uneven > _ALIKE else None


def automatic_block(name: str, method: str, target: Any, proposal: Any, bits_hint: Any) -> int:
    """Returns the largest block of 8, 4, 2 and 1 that pays.

    That is found out on a few blocks, with random numbers of their own: the choice depends on the
    targets alone, so samples stay exact.

    Args:
        name: What was given as ``block``.
        method: The method.
        target: The targets.
        proposal: The proposal.
        bits_hint: Hints for the columns, or None.
    """
    if name != "auto":
        raise ParameterError("block", name, '"auto" or an integer from 1 to 16')
    if method != "ad*" or isinstance(target, CustomTarget):
        return 1
    shape = broadcast_shape(target=target.shape, proposal=proposal.shape)
    columns = shape[-1] if shape else 1
    if 0 in shape:
        return 1
    for block in _BLOCKS:
        if block <= columns and _pays(block, target, proposal, shape, bits_hint):
            return block
    return 1


def _pays(
    block: int,
    target: Distribution,
    proposal: Distribution,
    shape: Shape,
    bits_hint: Any,
) -> bool:
    """Whether searches of the array's blocks are short, as far as a few of them show."""
    per_row = shape[-1] // block
    rows = np.arange(math.prod(shape[:-1]))
    places = np.linspace(0, per_row - 1, min(per_row, 8)).astype(int)
    rows = rows[np.linspace(0, len(rows) - 1, min(len(rows), _PILOT // len(places))).astype(int)]
    steps = 0
    for place in places:
        columns = slice(place * block, (place + 1) * block)
        q, p = _part(target, shape, rows, columns), _part(proposal, shape, rows, columns)
        hint = None if bits_hint is None else np.asarray(bits_hint)[columns]
        codec = ADStar(_PILOT, block, bits_hint=hint, max_steps=_MOST_STEPS)
        try:
            encoded = codec.encode(q, p)
        except DivergenceError:
            return False
        if encoded.cut:
            return False
        steps += int(encoded.steps.sum())
    return steps <= _STEPS * len(places) * len(rows)


def _part(
    distribution: Distribution, shape: Shape, rows: npt.NDArray[np.intp], columns: slice
) -> Distribution:
    """Some rows and columns, where all axes but the last make up the rows."""
    parameters = (each.reshape(-1, shape[-1]) for each in distribution._broadcast(shape))
    return type(distribution)(*(each[rows, columns] for each in parameters))
